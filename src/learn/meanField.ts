// The mean field of a spiking model: the rate network with the populations' own f-I curves, noise-free, in float64. It is
// what the spiking network computes on average; its energy, fixed points and exact gradient judge the spiking rules.
// Energy and equivalence: docs/method.md.
import { parseExpression } from '../expr/parse.ts';
import { derivative } from '../expr/derivative.ts';
import { evaluate } from '../expr/evaluate.ts';
import { solve } from '../math/linear.ts';
import type { Model, Population } from '../model/model.ts';

/** Activity s = rate * activityTime of a population at constant current, its slope, its inverse and the inverse's integral. */
export interface Activation {
  activity(current: number): number;
  slope(current: number): number;
  /** The current that gives the activity s > 0 (the least one, where the curve is flat). */
  current(activity: number): number;
  /** G(s): the integral of the inverse from 0 to s. */
  potential(activity: number): number;
}

/**
 * f-I curve of a population: one spike each wait + rise, where the membrane is clamped in the refractory time `wait`, and
 * each max(wait, rise) where it runs on. lif: rise = tau ln((V - low) / (V - threshold)), V = rest + R I; integrate-and-
 * fire: rise = T gap / (R I - T leak).
 */
export function activation(population: Population): Activation {
  const { threshold, rest, resistance: R, membraneTimeConstant: tau, activityTime: T, refractory, reset } = population;
  const wait = refractory.duration;
  const clamped = refractory.membrane === 'clamp';
  const ceiling = wait > 0 ? T / wait : Infinity;
  const low = reset.mode === 'to' ? reset.value : threshold - reset.value;
  const gap = threshold - low;
  const perfect = tau === Infinity;
  /** Current below which there is no spike. */
  const rheobase = perfect ? (population.leak * T) / R : (threshold - rest) / R;
  const rise = (I: number): number => {
    if (perfect) return (T * gap) / (R * (I - rheobase));
    const V = rest + R * I;
    return tau * Math.log((V - low) / (V - threshold));
  };
  const activity = (I: number): number => {
    if (I <= rheobase) return 0;
    return T / (clamped ? wait + rise(I) : Math.max(wait, rise(I)));
  };
  const current = (s: number): number => {
    const time = T / s - (clamped ? wait : 0);
    if (perfect) return rheobase + (T * gap) / (R * time);
    const L = time / tau;
    return ((threshold - low * Math.exp(-L)) / -Math.expm1(-L) - rest) / R;
  };
  return {
    activity,
    current,
    slope(I) {
      // The closed interval: a unit at the edge of the perfect integrator's linear range can still leave it.
      if (perfect && !clamped) return I >= rheobase && (R * (I - rheobase)) / gap <= ceiling ? R / gap : 0;
      if (I <= rheobase || (!clamped && rise(I) < wait)) return 0;
      const s = activity(I);
      if (perfect) return (s * s * gap) / (R * (I - rheobase) ** 2);
      const V = rest + R * I;
      return (s * s * tau * R * (1 / (V - threshold) - 1 / (V - low))) / T;
    },
    potential(s) {
      if (perfect && !clamped) return ((s * s) / 2) * (gap / R) + rheobase * s;
      // Simpson's rule; the integrand is smooth from rheobase (at s = 0) up.
      const pieces = 64;
      const at = (k: number): number => (k === 0 ? rheobase : current((s * k) / pieces));
      if (s <= 0) return 0;
      let sum = at(0) + at(pieces);
      for (let k = 1; k < pieces; k++) sum += (k % 2 === 1 ? 4 : 2) * at(k);
      return (sum * s) / (3 * pieces);
    },
  };
}

/** Learned buffers by name: `P->Q.weight` [pre, post] and `P.bias`. */
export type Parameters = ReadonlyMap<string, ArrayLike<number>>;

export interface MeanField {
  /** Numbers of settling units, in the order of the model's populations. */
  readonly units: number;
  offsetOf(population: string): number;
  /** Constant current into every unit: biases and inputs. */
  drive(input: ArrayLike<number>): Float64Array;
  /** Currents W s + drive. */
  currents(activities: Float64Array, drive: Float64Array): Float64Array;
  energy(activities: Float64Array, drive: Float64Array): number;
  cost(activities: Float64Array, target: ArrayLike<number>): number;
  /** Settles by s <- s + rate (f(W s + u - beta dC/ds) - s) until the largest change is below `tolerance`. `visit` sees every step. */
  settle(drive: Float64Array, options?: SettleOptions): Float64Array;
  /** dC/d(parameter) of the free fixed point, exact (implicit differentiation), by buffer name. */
  gradient(input: ArrayLike<number>, target: ArrayLike<number>): Map<string, Float64Array>;
}

export interface SettleOptions {
  readonly beta?: number;
  readonly target?: ArrayLike<number>;
  readonly start?: Float64Array;
  readonly rate?: number;
  readonly tolerance?: number;
  readonly steps?: number;
  readonly visit?: (activities: Float64Array) => void;
}

/** The mean field of a model with these parameters. Shapes: activities and currents [units]. */
export function meanField(model: Model, parameters: Parameters): MeanField {
  const neurons = model.populations.filter(({ kind }) => kind !== 'input');
  const inputs = model.populations.filter(({ kind }) => kind === 'input');
  const offsets = new Map<string, number>();
  let units = 0;
  for (const population of neurons) {
    offsets.set(population.name, units);
    units += population.units;
  }
  const size = new Map(model.populations.map(({ name, units: n }) => [name, n]));
  const curves = neurons.flatMap((population) => Array<Activation>(population.units).fill(activation(population)));
  const weight = (name: string): ArrayLike<number> => parameters.get(`${name}.weight`)!;
  const isInput = (name: string): boolean => inputs.some((p) => p.name === name);
  const recurrent = model.projections.filter(({ from }) => !isInput(from));
  const feeding = model.projections.filter(({ from }) => isInput(from));
  const costTree = parseExpression(model.cost!.text, { names: ['s', 'target'] });
  const costSlope = derivative(costTree, 's');
  const out = offsets.get(model.cost!.on)!;
  const outputs = size.get(model.cost!.on)!;
  const atCost = (tree: typeof costTree, s: number, target: number): number =>
    evaluate(tree, (name) => (name === 's' ? s : target));

  function drive(input: ArrayLike<number>): Float64Array {
    const u = new Float64Array(units);
    for (const { name, units: n } of neurons) {
      const bias = parameters.get(`${name}.bias`)!;
      for (let j = 0; j < n; j++) u[offsets.get(name)! + j] = bias[j]!;
    }
    for (const { name, from, to } of feeding) {
      const [pre, post, first, w] = [size.get(from)!, size.get(to)!, offsets.get(to)!, weight(name)];
      for (let i = 0; i < pre; i++)
        if (input[i] !== 0) for (let j = 0; j < post; j++) u[first + j]! += w[i * post + j]! * input[i]!;
    }
    return u;
  }
  function currents(s: Float64Array, u: Float64Array): Float64Array {
    const total = Float64Array.from(u);
    for (const { name, from, to, symmetric } of recurrent) {
      const [pre, post, a, b, w] = [size.get(from)!, size.get(to)!, offsets.get(from)!, offsets.get(to)!, weight(name)];
      for (let i = 0; i < pre; i++)
        for (let j = 0; j < post; j++) {
          total[b + j]! += w[i * post + j]! * s[a + i]!;
          if (symmetric) total[a + i]! += w[i * post + j]! * s[b + j]!;
        }
    }
    return total;
  }
  function cost(s: Float64Array, target: ArrayLike<number>): number {
    let sum = 0;
    for (let k = 0; k < outputs; k++) sum += atCost(costTree, s[out + k]!, target[k]!);
    return sum;
  }
  function settle(u: Float64Array, options: SettleOptions = {}): Float64Array {
    const { beta = 0, target, start, rate = 0.2, tolerance = 1e-10, steps = 20000, visit } = options;
    const s = start ? Float64Array.from(start) : new Float64Array(units);
    for (let step = 0; step < steps; step++) {
      const total = currents(s, u);
      if (beta !== 0)
        for (let k = 0; k < outputs; k++) total[out + k]! -= beta * atCost(costSlope, s[out + k]!, target![k]!);
      let change = 0;
      for (let i = 0; i < units; i++) {
        const move = rate * (curves[i]!.activity(total[i]!) - s[i]!);
        change = Math.max(change, Math.abs(move));
        s[i]! += move;
      }
      visit?.(s);
      if (change < tolerance) break;
    }
    return s;
  }
  return {
    units,
    offsetOf: (population) => offsets.get(population)!,
    drive,
    currents,
    cost,
    settle,
    energy(s, u) {
      let sum = 0;
      for (let i = 0; i < units; i++) sum += curves[i]!.potential(s[i]!) - u[i]! * s[i]!;
      for (const { name, from, to } of recurrent) {
        const [pre, post, a, b, w] = [
          size.get(from)!,
          size.get(to)!,
          offsets.get(from)!,
          offsets.get(to)!,
          weight(name),
        ];
        for (let i = 0; i < pre; i++) for (let j = 0; j < post; j++) sum -= w[i * post + j]! * s[a + i]! * s[b + j]!;
      }
      return sum;
    },
    gradient(input, target) {
      // lambda = D (dC/ds + W' lambda), D = f'(I): the adjoint of s = f(W s + u). A one-way projection lacks its other half.
      const u = drive(input);
      const s = settle(u);
      const total = currents(s, u);
      const a = new Float64Array(units * units);
      const right = new Float64Array(units);
      const slope = Float64Array.from(total, (I, i) => curves[i]!.slope(I));
      for (let i = 0; i < units; i++) a[i * units + i] = 1;
      for (const { name, from, to, symmetric } of recurrent) {
        const [pre, post, p, q, w] = [
          size.get(from)!,
          size.get(to)!,
          offsets.get(from)!,
          offsets.get(to)!,
          weight(name),
        ];
        for (let i = 0; i < pre; i++)
          for (let j = 0; j < post; j++) {
            a[(p + i) * units + q + j]! -= slope[p + i]! * w[i * post + j]!;
            if (symmetric) a[(q + j) * units + p + i]! -= slope[q + j]! * w[i * post + j]!;
          }
      }
      for (let k = 0; k < outputs; k++) right[out + k] = slope[out + k]! * atCost(costSlope, s[out + k]!, target[k]!);
      const adjoint = solve(a, right);
      const result = new Map<string, Float64Array>();
      for (const { name, from, to, symmetric } of model.projections) {
        const [pre, post, q] = [size.get(from)!, size.get(to)!, offsets.get(to)!];
        const values = new Float64Array(pre * post);
        const p = offsets.get(from);
        for (let i = 0; i < pre; i++)
          for (let j = 0; j < post; j++) {
            values[i * post + j] = (p === undefined ? input[i]! : s[p + i]!) * adjoint[q + j]!;
            if (p !== undefined && symmetric) values[i * post + j]! += s[q + j]! * adjoint[p + i]!;
          }
        result.set(`${name}.weight`, values);
      }
      for (const { name, units: n } of neurons)
        result.set(`${name}.bias`, adjoint.slice(offsets.get(name)!, offsets.get(name)! + n));
      return result;
    },
  };
}
