# Prototypical EP 784-512-...-10 (symmetric, beta 0.1, logistic of slope 1 at 1/2, MSE, plain SGD) in PyTorch, and the same network
# by backpropagation through the steps of its free phase.
# python3 peer_ep.py autograd|hand|bptt TORCH_THREADS SECONDS BATCH FREE NUDGED HIDDEN_LAYERS: JSON with training examples a second
# and the most bytes held. Random inputs with MNIST's share of zeros.
# autograd: the usual formulation, every step the gradient of Phi by automatic differentiation. hand: its formulas written
# out, the input's product taken once an example. bptt: all steps in one graph.
import sys

import torch

from peer import contrast, tell

how = sys.argv[1]
threads, seconds, batch, free, nudged, depth = map(int, sys.argv[2:])
torch.set_num_threads(threads)
torch.manual_seed(1)
sizes, beta, rates = [784] + depth * [512] + [10], 0.1, [0.08] * depth + [0.04]
weights = [(torch.rand(a, b) * 2 - 1) / a**0.5 for a, b in zip(sizes, sizes[1:])]
biases = [torch.zeros(b) for b in sizes[1:]]
parameters = weights + biases


def activation(u):
    return torch.sigmoid(4 * (u - 0.5))


def zeros():
    return [torch.zeros(batch, size) for size in sizes[1:]]


def phi(x, states):
    below = [x] + states[:-1]
    return sum((s * (a @ w + b)).sum() for a, s, w, b in zip(below, states, weights, biases))


by_autograd = contrast(phi, activation, zeros, parameters, beta, rates, batch, free, nudged)


@torch.no_grad()
def by_hand(x, target):
    u = torch.addmm(biases[0], x, weights[0])
    back = [w.t().contiguous() for w in weights[1:]]

    def settle(states, steps, strength):
        for _ in range(steps):
            drives = []
            for k, s in enumerate(states):
                drive = u if k == 0 else torch.addmm(biases[k], states[k - 1], weights[k])
                if k < depth:
                    drive = torch.addmm(drive, states[k + 1], back[k])
                elif strength:
                    drive = drive + strength * (target - s)
                drives.append(drive)
            states = [drive.sub_(0.5).mul_(4).sigmoid_() for drive in drives]
        return states

    settled = settle(zeros(), free, 0)
    plus, minus = settle(settled, nudged, beta), settle(settled, nudged, -beta)
    scale = 1 / (2 * beta * batch)
    for k, rate in enumerate(rates):
        difference = plus[k] - minus[k]
        if k == 0:
            weights[0].addmm_(x.t(), difference, alpha=rate * scale)
        else:
            weights[k].add_(plus[k - 1].t() @ plus[k] - minus[k - 1].t() @ minus[k], alpha=rate * scale)
        biases[k].add_(difference.sum(0), alpha=rate * scale)


def by_unrolling(x, target):
    for p in parameters:
        p.requires_grad_(True)
    u = torch.addmm(biases[0], x, weights[0])
    states = zeros()
    for _ in range(free):
        drives = [u if k == 0 else torch.addmm(biases[k], states[k - 1], weights[k]) for k in range(depth + 1)]
        drives = [d + states[k + 1] @ weights[k + 1].t() if k < depth else d for k, d in enumerate(drives)]
        states = [activation(d) for d in drives]
    cost = 0.5 * ((states[-1] - target) ** 2).sum() / batch
    gradients = torch.autograd.grad(cost, parameters)
    with torch.no_grad():
        for p, g, rate in zip(parameters, gradients, rates + rates):
            p -= rate * g


tell({'autograd': by_autograd, 'hand': by_hand, 'bptt': by_unrolling}[how], batch, seconds)
