# Convolutional EP on pictures of 28 x 28 (Ernoult et al. 2019: 32 and 64 kernels of 5 x 5, max pooling of 2, ten outputs; symmetric,
# beta 0.4, clip(u, 0, 1), MSE, plain SGD) in PyTorch.
# python3 peer_ep_conv.py autograd|hand TORCH_THREADS SECONDS BATCH FREE NUDGED: JSON with training examples a second and the most
# bytes held. Random inputs with MNIST's share of zeros.
# autograd: the usual formulation, every step the gradient of Phi by automatic differentiation. hand: its formulas written out,
# the input's convolution taken once an example, states back through the winners of the pools and the turned kernels.
import sys

import torch
import torch.nn.functional as F

from peer import contrast, tell

how = sys.argv[1]
threads, seconds, batch, free, nudged = map(int, sys.argv[2:])
torch.set_num_threads(threads)
torch.manual_seed(1)
beta, rates = 0.4, [0.15, 0.035, 0.015]
shapes = [(32, 1, 5, 5), (64, 32, 5, 5), (10, 1024)]
weights = [(torch.rand(shape) * 2 - 1) / torch.tensor(shape[1:]).prod() ** 0.5 for shape in shapes]
biases = [torch.zeros(shape[0]) for shape in shapes]
parameters = weights + biases


def activation(u):
    return u.clamp(0, 1)


def zeros():
    return [torch.zeros(batch, 32, 12, 12), torch.zeros(batch, 64, 4, 4), torch.zeros(batch, 10)]


def phi(x, states):
    first, second, output = states
    value = (first * F.max_pool2d(F.conv2d(x.view(-1, 1, 28, 28), weights[0], biases[0]), 2)).sum()
    value = value + (second * F.max_pool2d(F.conv2d(first, weights[1], biases[1]), 2)).sum()
    return value + (output * F.linear(second.flatten(1), weights[2], biases[2])).sum()


by_autograd = contrast(phi, activation, zeros, parameters, beta, rates, batch, free, nudged)


@torch.no_grad()
def by_hand(x, target):
    x = x.view(-1, 1, 28, 28)
    drive, winners = F.max_pool2d(F.conv2d(x, weights[0], biases[0]), 2, return_indices=True)
    # A convolution with the turned kernel is faster here than conv_transpose2d.
    turned = weights[1].flip(2, 3).transpose(0, 1).contiguous()

    def settle(states, steps, strength):
        first, second, output = states
        for _ in range(steps):
            up, index = F.max_pool2d(F.conv2d(first, weights[1], biases[1]), 2, return_indices=True)
            down = F.conv2d(F.max_unpool2d(second, index, 2), turned, padding=4)
            out = F.linear(second.flatten(1), weights[2], biases[2])
            if strength:
                out = out + strength * (target - output)
            back = (output @ weights[2]).view_as(second)
            first = down.add_(drive).clamp_(0, 1)
            second = up.add_(back).clamp_(0, 1)
            output = out.clamp_(0, 1)
        return first, second, output

    settled = settle(zeros(), free, 0)
    scale = 1 / (2 * beta * batch)
    gradients = [torch.zeros_like(p) for p in parameters]
    for sign in (1, -1):
        first, second, output = settle(settled, nudged, sign * beta)
        into = F.max_unpool2d(first, winners, 2)
        _, index = F.max_pool2d(F.conv2d(first, weights[1], biases[1]), 2, return_indices=True)
        between = F.max_unpool2d(second, index, 2)
        parts = [
            torch.nn.grad.conv2d_weight(x, weights[0].shape, into),
            torch.nn.grad.conv2d_weight(first, weights[1].shape, between),
            output.t() @ second.flatten(1),
            into.sum((0, 2, 3)),
            between.sum((0, 2, 3)),
            output.sum(0),
        ]
        for g, part in zip(gradients, parts):
            g.add_(part, alpha=sign * scale)
    for p, g, rate in zip(parameters, gradients, rates + rates):
        p.add_(g, alpha=rate)


tell({'autograd': by_autograd, 'hand': by_hand}[how], batch, seconds)
