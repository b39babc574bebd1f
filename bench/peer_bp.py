# Backpropagation by hand in PyTorch: 784-512-512-10, tanh, softmax with cross-entropy, plain SGD.
# python3 peer_bp.py BATCH TORCH_THREADS: training examples a second. Random inputs with MNIST's share of zeros.
import sys

import torch

from peer import rate

batch, threads = int(sys.argv[1]), int(sys.argv[2])
torch.set_num_threads(threads)
torch.manual_seed(1)
torch.set_grad_enabled(False)
sizes, eta = (784, 512, 512, 10), 0.05
weights = [(torch.rand(a, b) * 2 - 1) * (6 / (a + b)) ** 0.5 for a, b in zip(sizes, sizes[1:])]
biases = [torch.zeros(b) for b in sizes[1:]]


def train(x, target):
    h1 = torch.addmm(biases[0], x, weights[0]).tanh_()
    h2 = torch.addmm(biases[1], h1, weights[1]).tanh_()
    error = torch.addmm(biases[2], h2, weights[2]).softmax(1).sub_(target)
    d2 = (error @ weights[2].t()).mul_(1 - h2 * h2)
    d1 = (d2 @ weights[1].t()).mul_(1 - h1 * h1)
    for layer, (before, delta) in enumerate(((x, d1), (h1, d2), (h2, error))):
        weights[layer].addmm_(before.t(), delta, alpha=-eta / batch)
        biases[layer].add_(delta.sum(0), alpha=-eta / batch)


print(rate(train, batch))
