# What the PyTorch peers share: random images with MNIST's share of zeros, one-hot labels, examples trained a second, the most
# memory that the process held, and equilibrium propagation by automatic differentiation.
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


def contrast(phi, activation, zeros, parameters, beta, rates, batch, free, nudged):
    """Training by symmetric EP in its usual formulation: every step, and the update, is the gradient of phi(x, states)."""

    def settle(x, target, states, steps, strength):
        for _ in range(steps):
            states = [s.detach().requires_grad_(True) for s in states]
            value = phi(x, states)
            if strength:
                value = value - strength * 0.5 * ((states[-1] - target) ** 2).sum()
            states = [activation(d) for d in torch.autograd.grad(value, states)]
        return [s.detach() for s in states]

    def train(x, target):
        for p in parameters:
            p.requires_grad_(True)
        settled = settle(x, target, zeros(), free, 0)
        plus, minus = (settle(x, target, settled, nudged, sign * beta) for sign in (1, -1))
        value = (phi(x, plus) - phi(x, minus)) / (2 * beta * batch)
        gradients = torch.autograd.grad(value, parameters)
        with torch.no_grad():
            for p, g, rate in zip(parameters, gradients, rates + rates):
                p += rate * g

    return train
