// Single neurons drawn at random, and their spikes by an integration that shares nothing with the engine: the Taylor
// series of the differential equations, stepped by the fastest current that is still felt; no exponential anywhere.
import { type EventNetwork, compressed, currentSteps, inputEvents } from '../../src/engine/event/network.ts';
import { hash32, uniform24 } from '../../src/math/random.ts';

const order = 20;
const samples = 16;

export interface Drawn {
  readonly network: EventNetwork;
  readonly stop: number;
}

/** Neuron `index`: time constants over four decades, some equal or nearly, up to four synapse types, bias, refractory. */
export function drawn(index: number, seed = 1): Drawn {
  let draws = 0;
  const u = (low: number, high: number): number => low + (high - low) * uniform24(seed, 77, index, draws++, 0);
  const pick = (limit: number): number => hash32(seed, 78, index, draws++, 0) % limit;
  const decades = (): number => 10 ** u(-1, 3);
  const tau = decades();
  const taus: number[] = [];
  const types = Array.from({ length: pick(5) }, () => {
    const near = pick(10);
    const other = [tau, ...taus][pick(taus.length + 1)]!;
    const timeConstant = near < 2 ? other : near < 3 ? other * (1 + 1e-9) : near < 4 ? other * (1 - 1e-5) : decades();
    taus.push(timeConstant);
    const kind = (['exponential', 'exponential', 'alpha'] as const)[pick(3)]!;
    return { kind, timeConstant, amplitude: 'peak' } as const;
  });
  const withJumps = types.length < 4 && pick(3) === 0;
  const all = withJumps ? [...types, { kind: 'delta', timeConstant: 1, amplitude: 'peak' } as const] : types;
  const mean = tau * 10 ** u(-1.5, 0.5);
  const events: { time: number; neuron: number; type: number; weight: number }[] = [];
  let time = 0;
  for (let k = 0; k < 30 && all.length > 0; k++) {
    time += mean * u(0, 2);
    const type = pick(all.length);
    const { kind, timeConstant } = all[type]!;
    const r = timeConstant / tau;
    // Largest response of V to a unit current that decays.
    const peak = kind === 'delta' ? 1 : Math.abs(r - 1) < 1e-3 ? Math.exp(-1) : r ** (-1 / (r - 1));
    events.push({ time, neuron: 0, type, weight: u(-5, 12) / Math.max(peak, 1e-3) });
  }
  const base = pick(3) === 0 ? u(15, 20) : u(-4, 14.5);
  const network: EventNetwork = {
    neurons: 1,
    groups: [
      {
        count: 1, membraneTimeConstant: tau, rest: -65, resistance: 2, threshold: -50, strict: false, reset: u(-70, -55), resetBy: 'value',
        refractory: { duration: pick(2) === 0 ? 0 : tau * u(0, 0.5), membrane: 'clamp', arrivals: 'lose' }, floor: -Infinity, cap: Infinity,
      },
    ],
    types: all,
    connections: compressed(1, []),
    initial: Float64Array.of(u(-70, -51)),
    bias: Float64Array.of(base / 2),
    inputs: inputEvents(events),
    steps: currentSteps([]),
  }; // prettier-ignore
  return { network, stop: Math.max(time, tau) + 3 * mean };
}

/** Spikes with the slope of V there (Infinity for a jump); `margin`: the nearest maximum below threshold, mV. */
export function integrated({ network, stop }: Drawn): { spikes: { time: number; slope: number }[]; margin: number } {
  const { types, inputs } = network;
  const { membraneTimeConstant: tau, rest, resistance, threshold, reset, refractory } = network.groups[0]!;
  const K = types.length;
  const target = rest + resistance * network.bias[0]!;
  const spikes: { time: number; slope: number }[] = [];
  let margin = Infinity;
  let V = network.initial[0]!;
  const I = new Float64Array(K);
  const x = new Float64Array(K);
  let [t, until, next] = [0, -1, 0];
  const v = new Float64Array(order + 1);
  const value = (c: Float64Array, s: number): number => c.reduceRight((sum, coefficient) => sum * s + coefficient, 0);
  const rises = (s: number): number => value(v, s) - threshold;
  const fire = (slope: number): void => {
    spikes.push({ time: t, slope });
    V = reset;
    until = t + refractory.duration;
  };
  if (V >= threshold) fire(Infinity);
  while (t < stop) {
    const clamped = t < until;
    const arrival = inputs.time[next] ?? Infinity;
    let end = Math.min(arrival, stop, clamped ? until : Infinity);
    let step = clamped ? Infinity : tau;
    for (let k = 0; k < K; k++) {
      if (Math.abs(I[k]!) + Math.abs(x[k]!) * types[k]!.timeConstant < 1e-24) I[k] = x[k] = 0;
      else step = Math.min(step, types[k]!.timeConstant);
    }
    end = Math.min(end, t + step);
    let h = end - t;
    // Taylor coefficients of each current, and of V.
    const currents = types.map(({ timeConstant }, k) => {
      const i = new Float64Array(order + 1);
      let rise = x[k]!;
      i[0] = I[k]!;
      for (let j = 0; j < order && (I[k] !== 0 || x[k] !== 0); j++) {
        i[j + 1] = (-i[j]! / timeConstant + rise) / (j + 1);
        rise = -rise / timeConstant / (j + 1);
      }
      return i;
    });
    v.fill(0);
    v[0] = V;
    for (let j = 0; j < order && !clamped; j++) {
      const drive = currents.reduce((sum, i) => sum + i[j]!, 0);
      v[j + 1] = ((j === 0 ? target : 0) - v[j]! + resistance * drive) / tau / (j + 1);
    }
    let crossing = false;
    if (!clamped && h > 0) {
      const at = Array.from({ length: samples + 1 }, (_, k) => rises((h * k) / samples));
      let [low, high] = [0, -1];
      for (let k = 1; k <= samples && high < 0; k++) {
        if (at[k]! >= 0) [low, high] = [(h * (k - 1)) / samples, (h * k) / samples];
        // A maximum beside this sample: by thirds.
        const [before, after] = [at[k - 1]!, at[k + 1] ?? -Infinity];
        const slopes = k === samples ? rises(h * (1 + 1e-7)) < at[k]! : after <= at[k]!;
        if (high >= 0 || !(before <= at[k]!) || !slopes) continue;
        let [left, right] = [(h * (k - 1)) / samples, Math.min(h, (h * (k + 1)) / samples)];
        for (let n = 0; n < 80; n++) {
          const third = (right - left) / 3;
          if (rises(left + third) < rises(right - third)) left += third;
          else right -= third;
        }
        if (rises(left) >= 0) [low, high] = [(h * (k - 1)) / samples, left];
        else margin = Math.min(margin, -rises(left));
      }
      // A maximum before the first sample.
      if (high < 0 && at[0]! > at[1]! && v[1]! > 0) {
        let [left, right] = [0, h / samples];
        for (let n = 0; n < 80; n++) {
          const third = (right - left) / 3;
          if (rises(left + third) < rises(right - third)) left += third;
          else right -= third;
        }
        if (rises(left) >= 0) high = left;
        else margin = Math.min(margin, -rises(left));
      }
      if (high >= 0) {
        for (let n = 0; n < 100; n++) {
          const middle = (low + high) / 2;
          if (rises(middle) >= 0) high = middle;
          else low = middle;
        }
        h = high;
        end = t + h;
        crossing = true;
      }
    }
    const slope = v.reduceRight((sum, c, j) => (j === 0 ? sum : sum * h + j * c), 0);
    V = clamped ? V : value(v, h);
    types.forEach(({ timeConstant }, k) => {
      I[k] = value(currents[k]!, h);
      // x decays by the same series.
      let [term, sum] = [x[k]!, x[k]!];
      for (let j = 1; j <= order; j++) sum += term *= -h / timeConstant / j;
      x[k] = sum;
    });
    t = end;
    if (crossing) fire(slope);
    for (let jumped = false; inputs.time[next] === t; next++) {
      const [type, weight] = [inputs.type[next]!, inputs.weight[next]!];
      const { kind, timeConstant } = types[type]!;
      if (kind === 'exponential') I[type]! += weight;
      else if (kind === 'alpha') x[type]! += (weight * Math.E) / timeConstant;
      else if (!(t < until)) [V, jumped] = [V + weight, true];
      if (jumped && V >= threshold && inputs.time[next + 1] !== t) fire(Infinity);
    }
  }
  return { spikes, margin };
}
