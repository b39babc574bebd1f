# What the PyTorch peers share: random images with MNIST's share of zeros, one-hot labels, and examples trained a second.
import time

import torch

count = 4000
images = torch.rand(count, 784) * (torch.rand(count, 784) < 0.19)
labels = torch.nn.functional.one_hot(torch.randint(0, 10, (count,)), 10).float()


def rate(train, batch, seconds=3):
    """Examples a second of train(x, target) on random batches, after a warm-up."""
    for _ in range(3):
        train(images[:batch], labels[:batch])
    begun, done = time.perf_counter(), 0
    while time.perf_counter() - begun < seconds:
        index = torch.randint(0, count, (batch,))
        train(images[index], labels[index])
        done += batch
    return done / (time.perf_counter() - begun)
