: A leaky neuron with an excitatory and an inhibitory exponential current for NEURON's event-driven mode, for peer_neuron.py.
: Like NEURON's own IntFire4 it keeps a self-event at a lower bound of the next threshold crossing and looks again when it
: comes. Potentials in mV from rest: drive - threshold = 1 mV, so that the cell always has a next spike.
NEURON {
  ARTIFICIAL_CELL CubaCell
  RANGE u, refrac
}
PARAMETER {
  taum = 20 (ms)
  taue = 5 (ms)
  taui = 10 (ms)
  refrac = 5 (ms)
  theta = -1
  reset = -11
  eps = 1e-9
}
ASSIGNED {
  u
  e
  i
  t0 (ms)
  waiting
}
INITIAL {
  e = 0
  i = 0
  t0 = 0
  waiting = 0
  net_send(0, 1)
}
PROCEDURE forward(now (ms)) { LOCAL s, a, b, c
  s = now - t0
  if (s > 0) {
    b = exp(-s / taue)
    c = exp(-s / taui)
    if (waiting == 0) {
      a = exp(-s / taum)
      u = u * a + e * taue / (taue - taum) * (b - a) + i * taui / (taui - taum) * (c - a)
    }
    e = e * b
    i = i * c
  }
  t0 = now
}
: u moves by tau u' = -u + e + i; e falls and i, which is negative, rises to 0: the drive is never more than e.
FUNCTION ahead() (ms) {
  ahead = taum * log(1 + (theta - u) / (e - theta))
}
NET_RECEIVE (w) { LOCAL s
  forward(t)
  if (flag == 0) {
    if (w > 0) { e = e + w } else { i = i + w }
    if (waiting == 0) { net_move(t + ahead()) }
  } else if (flag == 2) {
    waiting = 0
    net_send(ahead(), 1)
  } else if (u >= theta - eps) {
    net_event(t)
    u = reset
    waiting = 1
    net_send(refrac, 2)
  } else {
    s = ahead()
    if (s < eps) { s = eps }
    net_send(s, 1)
  }
}
