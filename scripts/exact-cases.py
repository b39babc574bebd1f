"""Writes the cases of test/cases that begin with n_ to q_: floors, caps, perfect integrators and refractory policies, with
spike times of 50 digits. Arithmetic has 60 digits (mpmath); crossings are found on a fine grid, refined at every local
maximum and bisected: nothing is shared with the engine. Usage: python3 scripts/exact-cases.py [FOLDER]
"""

import json
import pathlib
import random
import sys

from mpmath import mp, mpf, exp, nstr

mp.dps = 60
GRID = 100
INFINITE = "infinity"

CONVENTIONS = (
    "as exact-lif-case/1: all inputs are exact binary64 values; V in mV, t in ms, I in nA, R in MOhm; spike when V >= "
    "V_th; at one instant: end of refractoriness, then all arrivals summed, then the threshold test; further keys: "
    "tau_m 'infinity': V' = R I, with R in mV/(nA ms); floor and cap: V is held there while the drive points outwards; "
    "an instant's summed jumps are cut at them before the threshold test, and so is the reset; refractory_arrivals "
    "'keep': jumps while refractory are summed, each times exp(-(time left)/tau_m), and applied at the end; "
    "refractory_membrane 'integrate': V moves while refractory and is tested at its end; threshold_test '>'"
)


class Neuron:
    """One neuron with its inputs, run from event to event."""

    def __init__(self, case):
        p = self.p = case["neuron"]
        self.leaks = p["tau_m"] != INFINITE
        self.tau = mpf(p["tau_m"]) if self.leaks else None
        self.types = {t["name"]: t for t in case["synapse_types"]}
        self.rate = {n: 1 / mpf(t["tau"]) for n, t in self.types.items() if t["kind"] != "delta"}
        self.V, self.t, self.bias = mpf(p["V0"]), mpf(0), mpf(p["I_bias"])
        self.I = {n: mpf(0) for n in self.rate}
        self.x = {n: mpf(0) for n in self.rate}
        self.until, self.kept, self.held = None, mpf(0), 0
        self.floor = mpf(p["floor"]) if "floor" in p else None
        self.cap = mpf(p["cap"]) if "cap" in p else None
        self.theta = mpf(p["V_th"])
        self.clamps = p.get("refractory_membrane", "clamp") == "clamp"
        self.spikes, self.slopes = [], []

    def current(self, s):
        return self.bias + sum((self.I[n] + self.x[n] * s) * exp(-b * s) for n, b in self.rate.items())

    def slope(self, V, s=0):
        """V' at potential V after s."""
        R = mpf(self.p["R"])
        return (mpf(self.p["E_L"]) - V + R * self.current(s)) / self.tau if self.leaks else R * self.current(s)

    def free(self, s):
        """V after s without anything in the way."""
        R = mpf(self.p["R"])
        if not self.leaks:
            V = self.V + R * self.bias * s
            for n, b in self.rate.items():
                e = exp(-b * s)
                V += R * (self.I[n] * (1 - e) / b + self.x[n] * (1 - e * (1 + b * s)) / b**2)
            return V
        a = 1 / self.tau
        rest = mpf(self.p["E_L"]) + R * self.bias
        V = rest + (self.V - rest) * exp(-a * s)
        for n, b in self.rate.items():
            d = a - b
            if d == 0:
                V += R * a * exp(-a * s) * (self.I[n] * s + self.x[n] * s**2 / 2)
            else:
                V += R * a * self.I[n] * (exp(-b * s) - exp(-a * s)) / d
                V += R * a * self.x[n] * (exp(-b * s) * (s / d - 1 / d**2) + exp(-a * s) / d**2)
        return V

    def fixed(self):
        return self.held != 0 or (self.until is not None and self.clamps)

    def at(self, s):
        return self.V if self.fixed() else self.free(s)

    def move(self, s):
        self.V = self.at(s)
        for n, b in self.rate.items():
            self.I[n], self.x[n] = (self.I[n] + self.x[n] * s) * exp(-b * s), self.x[n] * exp(-b * s)
        self.t += s

    def rise(self, f, span):
        """First s in (0, span] with f(s) >= 0; f is negative just after 0."""
        points = [span * k / GRID for k in range(GRID + 1)]
        values = [f(s) for s in points]
        if values[0] == values[1] == values[-1]:  # Without a drive it stays where it is.
            return None
        for k in range(1, GRID + 1):
            low, high = points[k - 1], points[k]
            if values[k] < 0:
                if k < 2 or not (values[k - 1] >= values[k - 2] and values[k - 1] >= values[k]):
                    continue
                left, right = points[k - 2], points[k]
                for _ in range(120):
                    third = (right - left) / 3
                    if f(left + third) < f(right - third):
                        left += third
                    else:
                        right -= third
                low, high = points[k - 2], (left + right) / 2
                if f(high) < 0:
                    continue
            if k == 1 and f(low) >= 0:
                low = high / mpf(2) ** 40
                assert f(low) < 0
            for _ in range(210):
                middle = (low + high) / 2
                low, high = (low, middle) if f(middle) >= 0 else (middle, high)
            return high
        return None

    def next(self, span):
        """(seconds, kind) of the first located event within span, or None."""
        found = []
        if self.until is not None and self.until <= self.t + span:
            found.append((self.until - self.t, "end"))
        if self.until is None or not self.clamps:
            if self.held:
                level = self.floor if self.held < 0 else self.cap
                sign = -self.held
                when = self.rise(lambda s: sign * self.slope(level, s), span)
                found += [(when, "leave")] if when is not None else []
            else:
                if self.until is None and (self.cap is None or self.cap >= self.theta):
                    when = self.rise(lambda s: self.free(s) - self.theta, span)
                    found += [(when, "spike")] if when is not None else []
                elif self.cap is not None:
                    when = self.rise(lambda s: self.free(s) - self.cap, span)
                    found += [(when, "cap")] if when is not None else []
                if self.floor is not None:
                    when = self.rise(lambda s: self.floor - self.free(s), span)
                    found += [(when, "floor")] if when is not None else []
        return min(found, default=None)

    def hold(self):
        self.held = 0
        if self.floor is not None and self.V <= self.floor:
            self.V = self.floor
            self.held = -1 if self.slope(self.V) <= 0 else 0
        if self.cap is not None and self.V >= self.cap:
            self.V = self.cap
            self.held = 1 if self.slope(self.V) >= 0 else 0

    def fires(self):
        return self.until is None and (self.V > self.theta if self.p.get("threshold_test") == ">" else self.V >= self.theta)

    def spike(self, slope):
        self.spikes.append(self.t)
        self.slopes.append(slope)
        reset = mpf(self.p["V_reset"])
        self.V = reset if self.p["reset"] == "value" else self.V - (self.theta - reset)
        if self.p["t_ref"] > 0:
            self.until = self.t + mpf(self.p["t_ref"])
        self.hold()

    def advance(self, t):
        """Everything up to t; input events at t are applied afterwards."""
        while True:
            event = self.next(t - self.t)
            if event is None:
                return self.move(t - self.t)
            s, kind = event
            self.move(s)
            if kind == "end":
                self.until = None
                self.V += self.kept
                self.kept = mpf(0)
                self.hold()
                while self.fires():
                    self.spike(None)
            elif kind == "leave":
                self.held = 0
            elif kind == "spike":
                self.V = self.theta
                self.spike(self.slope(self.theta))
            else:
                self.V = self.floor if kind == "floor" else self.cap
                self.held = -1 if kind == "floor" else 1

    def arrive(self, name, w):
        kind = self.types[name]["kind"]
        w = mpf(w)
        if kind == "exp":
            self.I[name] += w
        elif kind == "alpha":
            self.x[name] += w * exp(1) * self.rate[name]
        elif self.until is None:
            self.V += w
        elif self.p.get("refractory_arrivals") == "keep":
            if self.clamps:
                self.kept += w * (exp(-(self.until - self.t) / self.tau) if self.leaks else 1)
            else:
                self.V += w


def solve(case, seed):
    """Adds what is expected: spikes, slopes, potentials at random times and at the end."""
    draw = random.Random(seed)
    neuron = Neuron(case)
    probes = sorted(draw.uniform(0, case["t_stop"]) for _ in range(16))
    jobs = [(t, 0, n, w) for t, _, n, w in case.get("input_events", [])]
    jobs += [(t, 1, None, I) for t, _, I in case.get("current_steps", [])]
    jobs += [(t, 2, None, None) for t in probes] + [(case["t_stop"], 3, None, None)]
    jobs.sort(key=lambda job: job[:2])
    told, k = [], 0
    neuron.hold()
    while k < len(jobs):
        t = jobs[k][0]
        neuron.advance(mpf(t))
        touched = False
        while k < len(jobs) and jobs[k][0] == t:
            _, what, name, value = jobs[k]
            if what == 0:
                neuron.arrive(name, value)
            elif what == 1:
                neuron.bias = mpf(value)
            elif what == 2:
                told.append([t, 0, float(neuron.V)])
            touched |= what < 2
            k += 1
        if touched:
            neuron.hold()
            while neuron.fires():
                neuron.spike(None)
    case["expected"] = {
        "n_spikes": len(neuron.spikes),
        "spikes": [[0, float(t)] for t in neuron.spikes],
        "spikes_50": [nstr(t, 50, strip_zeros=False) for t in neuron.spikes],
        "dvdt": [None if v is None else float(nstr(v, 8)) for v in neuron.slopes],
        "probes": told,
        "final_V": [float(neuron.V)],
        "final_I": {n: [float(I)] for n, I in neuron.I.items()},
    }
    return case


def train(seed, count, stop, weights):
    """Random arrivals: `weights` maps a type to its low and high weight."""
    draw = random.Random(seed)
    names = sorted(weights)
    events = []
    for _ in range(count):
        name = draw.choice(names)
        events.append([draw.uniform(0, stop), 0, name, draw.uniform(*weights[name])])
    return sorted(events)


def make(name, description, stop, neuron, types=(), events=(), steps=()):
    base = {"tau_m": 20.0, "E_L": -65.0, "V_th": -50.0, "V_reset": -65.0, "t_ref": 2.0, "R": 1.0, "I_bias": 0.0, "V0": -65.0, "reset": "value"}
    return {
        "schema": "exact-lif-case/1",
        "conventions": CONVENTIONS,
        "id": name,
        "description": description,
        "n_neurons": 1,
        "t_stop": stop,
        "neuron": base | neuron,
        "synapse_types": list(types),
        "input_events": list(events),
        "current_steps": list(steps),
    }


EXC = {"name": "exc", "kind": "exp", "tau": 5.0}
INH = {"name": "inh", "kind": "exp", "tau": 10.0}
JUMP = {"name": "jump", "kind": "delta"}
SLOW = {"name": "slow", "kind": "alpha", "tau": 4.0}
UNIT = {"E_L": 0.0, "V_th": 1.0, "V_reset": 0.0, "V0": 0.25, "tau_m": INFINITE, "R": 0.5}


def cases():
    yield make("n_floor_jumps", "jumps of both signs cut at a floor; bias below the floor holds V there, current steps free it", 400.0,
               {"floor": -68.0, "I_bias": -6.0}, [JUMP], train(1, 160, 400.0, {"jump": (-6.0, 9.0)}),
               [[40.0, 0, 12.0], [120.5, 0, -9.0], [170.25, 0, 16.0], [300.0, 0, 2.0]])
    yield make("n2_floor_two_types", "inhibition pulls V to the floor; it leaves where excitation outgrows it, between events", 400.0,
               {"floor": -67.0, "V_reset": -66.0}, [EXC, INH], train(2, 200, 400.0, {"exc": (20.0, 90.0), "inh": (-30.0, -3.0)}))
    yield make("n3_floor_alpha", "floor reached and left under alpha currents of both signs", 300.0,
               {"floor": -66.0, "I_bias": 1.0, "tau_m": 15.0}, [SLOW, INH], train(3, 140, 300.0, {"slow": (-9.0, 50.0), "inh": (-20.0, -3.0)}))
    yield make("o_cap_below_threshold", "a cap below threshold is reached, held and left; no spike", 300.0,
               {"cap": -56.0, "I_bias": 3.0}, [EXC, INH, JUMP], train(4, 160, 300.0, {"exc": (5.0, 30.0), "inh": (-30.0, -3.0), "jump": (-4.0, 4.0)}))
    yield make("o2_cap_on_overshoot", "reset by subtraction; a cap above threshold limits what survives a jump; no refractoriness", 300.0,
               {"cap": -48.0, "floor": -69.0, "V_reset": -62.0, "t_ref": 0.0, "reset": "subtract", "I_bias": 4.0}, [EXC, JUMP],
               train(5, 160, 300.0, {"exc": (5.0, 25.0), "jump": (-12.0, 16.0)}))
    yield make("p_integrator_constant", "perfect integrator, constant current, refractory", 100.0, UNIT | {"I_bias": 0.3})
    yield make("p2_integrator_jumps_and_currents", "perfect integrator with floor, reset by subtraction, jumps and two exponential types", 300.0,
               UNIT | {"I_bias": 0.02, "floor": 0.0, "reset": "subtract"}, [EXC, INH, JUMP],
               train(6, 240, 300.0, {"exc": (0.02, 0.5), "inh": (-0.15, -0.01), "jump": (-0.4, 0.6)}))
    yield make("p3_integrator_alpha", "perfect integrator with an alpha type, held at floor and cap", 300.0,
               UNIT | {"floor": -0.2, "cap": 0.9, "t_ref": 0.0}, [SLOW, INH], train(7, 140, 300.0, {"slow": (-0.2, 0.35), "inh": (-0.2, 0.15)}))
    yield make("q_refractory_keep", "jumps while refractory are kept, discounted and applied at its end, where V may fire at once", 400.0,
               {"t_ref": 5.0, "refractory_arrivals": "keep", "I_bias": 8.0}, [JUMP, EXC], train(8, 260, 400.0, {"jump": (-4.0, 9.0), "exc": (2.0, 15.0)}))
    yield make("q2_refractory_integrate", "V moves while refractory, meets the floor, and is tested at the end", 400.0,
               {"t_ref": 6.0, "refractory_membrane": "integrate", "refractory_arrivals": "keep", "floor": -66.0, "I_bias": 6.0, "cap": -45.0},
               [JUMP, EXC, INH], train(9, 260, 400.0, {"jump": (-4.0, 7.0), "exc": (2.0, 40.0), "inh": (-30.0, -2.0)}))
    yield make("q3_strictly_above", "jumps of 1 mV that land on the threshold; V has to exceed it", 60.0,
               {"tau_m": INFINITE, "E_L": 0.0, "V_th": 4.0, "V_reset": 0.0, "V0": 0.0, "t_ref": 0.5, "threshold_test": ">"}, [JUMP],
               [[float(t), 0, "jump", 1.0] for t in range(1, 58)])


def main():
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent / "test/cases")
    for seed, case in enumerate(cases()):
        done = solve(case, 100 + seed)
        (folder / f"{case['id']}.json").write_text(json.dumps(done, indent=1) + "\n")
        print(case["id"], done["expected"]["n_spikes"], "spikes")


main()
