// Whether equilibrium propagation follows the gradient, in float64: its partial updates over time against backpropagation
// through time (the GDU property: Ernoult et al. 2019; Laborieux et al. 2021), and how its error falls with beta. It measures only.
import { dot, norm } from '../math/linear.ts';
import type { Equilibrium, Numbers } from './equilibrium.ts';

/** Of one layer: -grad_W(t) and Delta_W(beta, t), one array of all its synapses for each step t. */
export interface Course {
  readonly layer: string;
  readonly bptt: readonly Float64Array[];
  readonly ep: readonly Float64Array[];
  /** Mean over synapses of sqrt(sum_t (a - b)^2 / max(sum_t a^2, sum_t b^2)), and the share of values of opposite signs. */
  readonly relativeError: number;
  readonly oppositeSigns: number;
}

const guard = 1e-10;

/** Synapses to look at, by layer; all of those that it does not name. */
export type Synapses = ReadonlyMap<string, Int32Array>;

function thinned(numbers: Numbers, some: Synapses): Map<string, Float64Array> {
  return new Map([...numbers].map(([name, values]) => {
    const chosen = some.get(name);
    return [name, chosen ? Float64Array.from(chosen, (k) => values[k]!) : values];
  })); // prettier-ignore
}

/** Delta_W(beta, t) = (dE/dw(s_t) - dE/dw(s_t+1)) / beta; symmetric: half the difference of those at +beta and -beta. */
async function partialUpdates(
  net: Equilibrium,
  beta: number,
  steps: number,
  some: Synapses,
): Promise<Map<string, Float64Array>[]> {
  const updates: Map<string, Float64Array>[] = [];
  let before = thinned(await net.local(), some);
  for (let t = 0; t < steps; t++) {
    await net.step(beta);
    const after = thinned(await net.local(), some);
    updates.push(combined(after, before, (a, b) => (a - b) / beta));
    before = after;
  }
  return updates;
}

function combined(a: Numbers, b: Numbers, of: (a: number, b: number) => number): Map<string, Float64Array> {
  return new Map([...a].map(([name, values]) => [name, values.map((value, k) => of(value, b.get(name)![k]!))]));
}

/** -grad_W(t): minus the share in dC/dw of each of the last steps, from the last one backwards. The network must be settled. */
export async function stepsBack(net: Equilibrium, steps: number): Promise<Map<string, Float64Array>[]> {
  const shares: Map<string, Float64Array>[] = [];
  await net.beginAdjoint();
  for (let t = 0; t < steps; t++)
    shares.push(new Map([...(await net.stepBack())].map(([name, share]) => [name, share.map((value) => -value)])));
  return shares;
}

/** As many nudged steps beside `back`; the network must be settled, and is left so. A readout, outside the dynamics, has none. */
export async function courses(net: Equilibrium, whole: readonly Numbers[], beta: number, symmetric: boolean, some: Synapses = new Map()): Promise<Course[]> {
  const free = await net.states();
  const back = whole.map((numbers) => thinned(numbers, some));
  const updates = await partialUpdates(net, beta, back.length, some);
  await net.restore(free);
  if (symmetric) {
    const minus = await partialUpdates(net, -beta, back.length, some);
    await net.restore(free);
    updates.forEach((plus, t) => (updates[t] = combined(plus, minus[t]!, (a, b) => (a + b) / 2)));
  }
  return [...back[0]!.keys()].map((layer) => {
    const [bptt, ep] = [back, updates].map((steps) => steps.map((step) => step.get(layer)!)) as [Float64Array[], Float64Array[]];
    return { layer, bptt, ep, ...distance(ep, bptt) };
  });
} // prettier-ignore

function distance(a: readonly Float64Array[], b: readonly Float64Array[]): { relativeError: number; oppositeSigns: number } {
  const synapses = a[0]!.length;
  let [errors, opposite] = [0, 0];
  for (let k = 0; k < synapses; k++) {
    let [miss, left, right] = [0, 0, 0];
    for (let t = 0; t < a.length; t++) {
      const [x, y] = [a[t]![k]!, b[t]![k]!];
      miss += (x - y) ** 2;
      left += x * x;
      right += y * y;
      if (x * y < 0) opposite++;
    }
    errors += Math.sqrt(miss / a.length) / (guard + Math.sqrt(Math.max(left, right) / a.length));
  }
  return { relativeError: errors / synapses, oppositeSigns: opposite / (synapses * a.length) };
} // prettier-ignore

/** Of one layer: ||estimate - gradient|| / ||gradient|| at each beta, and the slope of its logarithm against beta's. */
export interface Order {
  readonly layer: string;
  readonly oneSided: readonly number[];
  readonly symmetric: readonly number[];
  readonly orderOneSided: number;
  readonly orderSymmetric: number;
}

export const betas = [1e-1, 1e-2, 1e-3, 1e-4] as const;

/** The network must be settled; nudged phases run until they are still. `gradient` is dC/dw at the settled state. */
export async function orders(net: Equilibrium, gradient: Numbers, at: readonly number[] = betas): Promise<Order[]> {
  const free = await net.states();
  const base = await net.local();
  const { network } = net;
  const readOut = new Set([...network.readouts.map(network.weightOf), ...(network.readout ? [network.biasOf(network.readout)] : [])]); // prettier-ignore
  const errors = { oneSided: [] as Map<string, number>[], symmetric: [] as Map<string, number>[] };
  for (const beta of at) {
    const sides: Numbers[] = [];
    for (const signed of [beta, -beta]) {
      await net.settle(signed);
      sides.push(await net.local());
      await net.restore(free);
    }
    const [plus, minus] = sides as [Numbers, Numbers];
    const off = (estimate: (name: string, k: number) => number): Map<string, number> =>
      new Map([...gradient].map(([name, values]) => {
        return [name, relativeDistance(values.map((_, k) => estimate(name, k)), values.map((value) => -value))];
      })); // prettier-ignore
    // The readout's delta rule is not divided by beta.
    errors.oneSided.push(off((name, k) => {
      const here = plus.get(name)![k]!;
      return readOut.has(name) ? here : (here - base.get(name)![k]!) / beta;
    })); // prettier-ignore
    errors.symmetric.push(off((name, k) => {
      const [above, below] = [plus.get(name)![k]!, minus.get(name)![k]!];
      return readOut.has(name) ? (above + below) / 2 : (above - below) / (2 * beta);
    })); // prettier-ignore
  }
  return [...gradient.keys()].map((layer) => {
    const oneSided = errors.oneSided.map((one) => one.get(layer)!);
    const symmetric = errors.symmetric.map((one) => one.get(layer)!);
    return { layer, oneSided, symmetric, orderOneSided: slope(at, oneSided), orderSymmetric: slope(at, symmetric) };
  });
}

/** A vector this short is none. */
const nothing = 1e-13;

/** ||a - b|| / ||b||; where there is no b, 0 if there is no a either. */
export function relativeDistance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const [miss, size] = [norm(Float64Array.from(a, (value, k) => value - b[k]!)), norm(b)];
  if (size > nothing) return miss / size;
  return miss <= nothing * 100 ? 0 : Infinity;
}

/** Least-squares slope of log y against log x. */
function slope(x: readonly number[], y: readonly number[]): number {
  const centred = (values: readonly number[]): Float64Array => {
    const logs = values.map(Math.log);
    const mean = logs.reduce((a, b) => a + b, 0) / logs.length;
    return Float64Array.from(logs, (value) => value - mean);
  };
  const [a, b] = [centred(x), centred(y)];
  return dot(a, b) / dot(a, a);
}
