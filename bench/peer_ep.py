# Prototypical EP 784-512-10 (T 30, K 10, symmetric, beta 0.1, logistic of slope 1 at 1/2, MSE, plain SGD) in PyTorch.
# python3 peer_ep.py autograd|hand BATCH TORCH_THREADS: training examples a second. Random inputs with MNIST's share of zeros.
# autograd: the usual formulation, every step the gradient of Phi by automatic differentiation. hand: its formulas written
# out, the input's product taken once an example.
import sys

import torch

from peer import rate

how, batch, threads = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
torch.set_num_threads(threads)
torch.manual_seed(1)
hidden, free, nudged, beta, rate0, rate1 = 512, 30, 10, 0.1, 0.08, 0.04
w0 = (torch.rand(784, hidden) * 2 - 1) / 28
w1 = (torch.rand(hidden, 10) * 2 - 1) / hidden**0.5
b0, b1 = torch.zeros(hidden), torch.zeros(10)


def activation(u):
    return torch.sigmoid(4 * (u - 0.5))


def by_autograd(x, target):
    parameters = [w0, w1, b0, b1]
    for p in parameters:
        p.requires_grad_(True)

    def phi(h, y):
        return (h * (x @ w0 + b0)).sum() + (y * (h @ w1 + b1)).sum()

    def settle(h, y, steps, strength):
        for _ in range(steps):
            h, y = h.detach().requires_grad_(True), y.detach().requires_grad_(True)
            value = phi(h, y)
            if strength:
                value = value - strength * 0.5 * ((y - target) ** 2).sum()
            dh, dy = torch.autograd.grad(value, (h, y))
            h, y = activation(dh), activation(dy)
        return h.detach(), y.detach()

    h, y = settle(torch.zeros(batch, hidden), torch.zeros(batch, 10), free, 0)
    plus, minus = settle(h, y, nudged, beta), settle(h, y, nudged, -beta)
    value = (phi(*plus) - phi(*minus)) / (2 * beta * batch)
    gradients = torch.autograd.grad(value, parameters)
    with torch.no_grad():
        for p, g, rate in zip(parameters, gradients, (rate0, rate1, rate0, rate1)):
            p += rate * g


@torch.no_grad()
def by_hand(x, target):
    u = torch.addmm(b0, x, w0)
    back = w1.t().contiguous()

    def settle(h, y, steps, strength):
        for _ in range(steps):
            dh = torch.addmm(u, y, back)
            dy = torch.addmm(b1, h, w1)
            if strength:
                dy = dy + strength * (target - y)
            h = dh.sub_(0.5).mul_(4).sigmoid_()
            y = dy.sub_(0.5).mul_(4).sigmoid_()
        return h, y

    h, y = settle(torch.zeros(batch, hidden), torch.zeros(batch, 10), free, 0)
    (hp, yp), (hm, ym) = settle(h, y, nudged, beta), settle(h, y, nudged, -beta)
    scale = 1 / (2 * beta * batch)
    w1.add_(hp.t() @ yp - hm.t() @ ym, alpha=rate1 * scale)
    difference = hp - hm
    w0.addmm_(x.t(), difference, alpha=rate0 * scale)
    b1.add_((yp - ym).sum(0), alpha=rate1 * scale)
    b0.add_(difference.sum(0), alpha=rate0 * scale)


print(rate(by_autograd if how == 'autograd' else by_hand, batch))
