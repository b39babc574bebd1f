# The integrate-and-fire recipe (784-100-10, 2 ms steps, symmetric nudging) written by hand in PyTorch, for comparison.
# python3 peer_torch.py BATCH THREADS: prints training examples a second. Random inputs with MNIST's share of zeros.
import math
import sys

import torch

from peer import rate

batch, threads = int(sys.argv[1]), int(sys.argv[2])
torch.set_num_threads(threads)
torch.manual_seed(1)
torch.set_grad_enabled(False)
hidden, outputs, decay = 100, 10, math.exp(-0.2)
beta, eta0, eta1, mean = 0.5, 0.1, 0.05, (1 - decay) * 5
w0 = (torch.rand(784, hidden) * 2 - 1) * math.sqrt(6 / (784 + hidden))
w1 = (torch.rand(hidden, outputs) * 2 - 1) * math.sqrt(6 / (hidden + outputs)) * 0.7
b0, b1 = torch.zeros(hidden), torch.zeros(outputs)


def step(state, u, target, strength):
    vh, vo, sh, so = state
    vh = (vh + u + mean * (so @ w1.T)).clamp_(min=0)
    vo = vo + b1 + mean * (sh @ w1)
    if strength:
        vo = vo + strength * (target - mean * so)
    vo = vo.clamp_(min=0)
    zh, zo = (vh >= 1).float(), (vo >= 1).float()
    vh = torch.where(zh > 0, (vh - 1).clamp(max=1), vh)
    vo = torch.where(zo > 0, (vo - 1).clamp(max=1), vo)
    return vh, vo, sh * decay + 0.2 * zh, so * decay + 0.2 * zo


def nudged(state, u, target, strength):
    for _ in range(20):
        state = step(state, u, target, strength)
    h, o = torch.zeros_like(state[0]), torch.zeros_like(state[1])
    for _ in range(20):
        h += state[2]
        o += state[3]
        state = step(state, u, target, strength)
    return h * (mean / 20), o * (mean / 20)


def train(x, target):
    global w0, w1, b0, b1
    u = x @ w0 + b0
    state = (torch.rand(batch, hidden), torch.rand(batch, outputs), torch.zeros(batch, hidden), torch.zeros(batch, outputs))
    for _ in range(30):
        state = step(state, u, target, 0)
    hp, op = nudged(state, u, target, beta)
    hm, om = nudged(state, u, target, -beta)
    scale = 1 / (2 * beta * batch)
    w1 += eta1 * scale * (hp.T @ op - hm.T @ om)
    w0 += eta0 * scale * (x.T @ (hp - hm))
    b1 += eta1 * scale * (op - om).sum(0)
    b0 += eta0 * scale * (hp - hm).sum(0)


print(rate(train, batch))
