// Models for tests, as data: the two kinds of units of docs/method.md, at any size.
import type { Model, Population, Projection } from '../src/model/model.ts';

type Part<T> = { readonly [K in keyof T]?: Part<T[K]> | undefined };

/** `base` with `over` laid on it, object by object; arrays are replaced. */
export function merged<T>(base: T, over: Part<T>): T {
  if (typeof base !== 'object' || base === null || Array.isArray(base)) return over as T;
  const result = { ...base } as Record<string, unknown>;
  for (const [key, value] of Object.entries(over as object))
    result[key] =
      value !== null && typeof value === 'object' && !Array.isArray(value) && result[key]
        ? merged(result[key], value)
        : value;
  return result as T;
}

const plain = {
  encode: { kind: 'current', rate: 200 },
  rest: 0,
  resistance: 1,
  energy: null,
  activation: null,
  range: null,
  dropout: 0,
  leak: 0,
} as const;

/** What `learning` says by default to rules that need it. */
export const plainLearning = {
  optimiser: { kind: 'sgd', beta1: 0, beta2: 0, epsilon: 0 },
  feedback: { init: { scheme: 'glorot', gain: 1 }, shared: false, decay: 0, rate: 0.1 },
  targets: {
    step: 0.1, top: null, inverse: 'trained', loss: 'corrupted', reduction: 'sum', noise: 0.1, rate: 0.001,
    optimiser: { kind: 'sgd', beta1: 0, beta2: 0, epsilon: 0 }, schedule: 'batches', decoderSteps: 1, decoders: null, decay: 0, auxiliary: 0,
  },
  vectorField: 'same',
} as const; // prettier-ignore

/** N2: leaky, hard reset, at rheobase by its bias. */
export function leaky(name: string, units: number): Population {
  return {
    name, units, kind: 'lif', ...plain, membraneTimeConstant: 0.01, threshold: 1, reset: { mode: 'to', value: 0 },
    refractory: { duration: 0.002, membrane: 'clamp', arrivals: 'keep' }, floor: -1, cap: Infinity, bias: { init: 1, spread: 0, rate: 0.1 },
    initial: { low: 0, high: 1 }, traceTimeConstant: 0.01, slowTraceTimeConstant: 0.02, activityTime: 0.01,
  }; // prettier-ignore
}

/** N1: perfect integrator, soft reset; its activity is the hard sigmoid of its current. */
export function integrator(name: string, units: number): Population {
  return {
    ...leaky(name, units), kind: 'integrate-and-fire', membraneTimeConstant: Infinity, reset: { mode: 'by', value: 1 },
    refractory: { duration: 0.002, membrane: 'integrate', arrivals: 'keep' }, floor: 0, cap: 1, bias: { init: 0, spread: 0, rate: 0.1 }, activityTime: 0.002,
  }; // prettier-ignore
}

export function dense(from: string, to: string, symmetric: boolean, over: Part<Projection> = {}): Projection {
  const base: Projection = {
    name: `${from}${symmetric ? '<->' : '->'}${to}`, from, to, symmetric, kind: 'dense', init: { scheme: 'glorot', gain: 1 },
    features: { input: 's' }, bounds: null, synapse: { kind: 'exponential', timeConstant: 0.01 }, delay: 0,
  }; // prettier-ignore
  return merged(base, over);
}

/** Layers x, h (or h1, h2, ...), y, all settling pairs symmetric. */
export function layered(neuron: typeof leaky, sizes: readonly number[], over: Part<Model> = {}): Model {
  const hidden = sizes.length - 2;
  const names = sizes.map((_, k) => (k === 0 ? 'x' : k === sizes.length - 1 ? 'y' : hidden === 1 ? 'h' : `h${k}`));
  const lif = neuron === leaky;
  const ms = (n: number): number => n / 1000;
  const base: Model = {
    settle: 1, name: 'test', kind: 'spiking', source: 'docs/method.md',
    data: { set: 'mnist', path: null, train: null, test: null, validation: 0, batch: 20 },
    populations: names.map((name, k) => (k === 0 ? { ...neuron(name, sizes[k]!), kind: 'input' } : neuron(name, sizes[k]!))),
    projections: names.slice(1).map((to, k) => dense(names[k]!, to, k > 0)),
    cost: { on: 'y', kind: 'text', text: '1/2 * (s - target)^2' },
    dynamics: { kind: 'map', step: 1, order: 'synchronous', nudge: 'inside' },
    phases: {
      free: { duration: ms(60), window: ms(20), tolerance: 0, start: 'rest' },
      nudge: { duration: lif ? ms(120) : ms(80), window: lif ? ms(60) : ms(40), beta: lif ? 1 : 0.5, estimator: 'symmetric', points: 0 },
      predict: { duration: lif ? ms(120) : ms(100), window: lif ? ms(60) : ms(40) },
      restart: 'copy', relaxDuration: ms(60),
    },
    learning: {
      rule: 'ep', update: 'contrast', rates: Object.fromEntries(names.slice(1).map((to, k) => [dense(names[k]!, to, k > 0).name, k === hidden ? 0.05 : 0.1])),
      ...plainLearning, rateDecay: 1, warmup: 0, momentum: 0, weightDecay: 0, epochs: 1,
    },
    record: [], engine: 'clocked', step: lif ? ms(1) : ms(2), spikeTimes: 'grid', backend: 'wasm', seed: 1,
  }; // prettier-ignore
  return merged(base, over);
}
