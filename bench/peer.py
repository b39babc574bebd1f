# What the PyTorch peers share: random images with MNIST's share of zeros, one-hot labels, examples trained a second, and the most
# memory that the process held.
import json
import time

import torch

count = 4000
images = torch.rand(count, 784) * (torch.rand(count, 784) < 0.19)
labels = torch.nn.functional.one_hot(torch.randint(0, 10, (count,)), 10).float()


def rate(train, batch, seconds=3):
    """Examples a second of train(x, target) on random batches, after a warm-up."""
    begun = time.perf_counter()
    for k in range(10):
        if k < 3 or time.perf_counter() - begun < 2:
            train(images[:batch], labels[:batch])
    begun, done = time.perf_counter(), 0
    while time.perf_counter() - begun < seconds:
        index = torch.randint(0, count, (batch,))
        train(images[index], labels[index])
        done += batch
    return done / (time.perf_counter() - begun) if done else 0


def peak():
    """The most bytes that this process held (Linux)."""
    with open('/proc/self/status') as status:
        return next(1024 * int(line.split()[1]) for line in status if line.startswith('VmHWM'))


def tell(train, batch, seconds):
    """Prints the rate and the most bytes held as JSON; in 0 seconds only the warm-up is done."""
    found = rate(train, batch, seconds)
    print(json.dumps({'rate': found, 'peak': peak()}))
