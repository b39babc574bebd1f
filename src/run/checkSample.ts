// How much of a large network a check of settling looks at: as much as the reference backend does in about 20 seconds. It depends
// on sizes, steps and the seed alone, never on a clock: the same check looks at the same things everywhere.
import { waysOf, type Way } from '../learn/differences.ts';
import type { Equilibrium, Numbers } from '../learn/equilibrium.ts';
import { betas } from '../learn/gradientDescent.ts';
import { hash32, uniform24 } from '../math/random.ts';
import type { Model } from '../model/model.ts';
import { multiplyAddsOf } from '../model/shapes.ts';

/** Multiply-adds of all settling of one check. */
const budget = 5e9;
/** A unit's own step takes as long as so many multiply-adds. */
const unitWork = 100;
/** Settlings beside those of finite differences: the free one, the way back, nudged phases at each beta. */
const otherSettlings = 12;
/** Evaluations along one direction. */
const perWay = 4;
/** A network of more multiply-adds a pass than this is checked on one example, unless a number is asked for. */
const largeNetwork = 100_000;
/** Synapses of a layer whose updates are followed over time. */
const followed = 20_000;
/** Stream of samples. */
const stream = 21504;

/** Examples to average over unless said: rate models are checked in float64 and settle to the last bit. */
export function examplesFor(model: Model): number {
  if (model.kind === 'spiking') return 20;
  const weights = model.projections.reduce((sum, p) => sum + multiplyAddsOf(p, model.populations), 0);
  return weights > largeNetwork ? 1 : 2;
}

export interface SettlingPlan {
  /** Directions of finite differences by buffer; a buffer without any is not looked at. */
  readonly ways: ReadonlyMap<string, readonly Way[]>;
  /** Strengths of the nudge, of which the last is the limit. */
  readonly betas: readonly number[];
  /** What was left out, as a sentence, or nothing. */
  readonly sampled: readonly string[];
}

/** All of it if there is time; else one random direction in each buffer; else in a seeded sample of buffers, at fewer betas. */
export function settlingPlan(net: Equilibrium, gradient: Numbers, names: readonly string[], steps: number, examples: number): SettlingPlan {
  const { model, network } = net;
  const weights = network.strands
    .filter(({ clamped }) => !clamped)
    .reduce((sum, { projection }) => sum + (projection.symmetric ? 2 : 1) * multiplyAddsOf(projection, model.populations), 0);
  const step = examples * (weights + unitWork * network.settled.reduce((sum, p) => sum + p.units, 0));
  const settlings = budget / (step * Math.max(1, steps));
  const most = Math.max(1, Math.floor((settlings - otherSettlings) / perWay));
  const all = names.map((name, index) => [name, waysOf(gradient.get(name)!, index)] as const);
  if (all.reduce((sum, [, ways]) => sum + ways.length, 0) <= most) return { ways: new Map(all), betas, sampled: [] };
  const order = names.map((_, k) => k).sort((a, b) => hash32(model.seed, stream, a, 0, 0) - hash32(model.seed, stream, b, 0, 0));
  const chosen = new Set(order.slice(0, most));
  const one = all.filter((_, k) => chosen.has(k)).map(([name, ways]) => [name, ways.slice(0, 1)] as const);
  const where = chosen.size < names.length ? ` in ${chosen.size} of ${names.length} layers (${one.map(([name]) => name).join(', ')})` : '';
  const few = settlings < otherSettlings + perWay;
  return {
    ways: new Map(one),
    betas: few ? betas.slice(-2) : betas,
    sampled: [
      `finite differences${where} along one random direction instead of two directions`,
      ...(few ? [`the limit at beta ${betas.slice(-2).join(' and ')} alone`] : []),
    ],
  };
} // prettier-ignore

/** Numbers of synapses, evenly spread and drawn from the seed, of every layer that has too many to follow; null: none has. */
export function followedSynapses(numbers: Numbers, seed: number): { readonly of: ReadonlyMap<string, Int32Array>; readonly sampled: string } | null {
  const large = [...numbers].filter(([, { length }]) => length > followed);
  if (large.length === 0) return null;
  const of = new Map(large.map(([name, { length }], layer) => {
    const begin = (k: number): number => Math.floor((k * length) / followed);
    const draw = (k: number): number => begin(k) + Math.floor(uniform24(seed, stream + 1, layer, k, 0) * (begin(k + 1) - begin(k)));
    return [name, Int32Array.from({ length: followed }, (_, k) => draw(k))];
  }));
  return { of, sampled: `updates over time in ${followed.toLocaleString('en')} synapses of ${large.map(([name]) => name).join(', ')}` };
} // prettier-ignore
