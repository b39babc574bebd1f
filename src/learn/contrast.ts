// The contrast of local gradients dE/dw between two phases of a settling network, over beta: what EP's one-sided, random-sign
// and symmetric estimators share. It runs no phase; it says what to keep of the first and how both make directions of descent.
import type { Source, Strand } from '../engine/energies.ts';
import type { SettlingNetwork } from '../engine/settling.ts';
import { call, name as named, num } from '../expr/tools.ts';
import type { Tree } from '../expr/tree.ts';
import type { Population } from '../model/model.ts';
import type { Builder } from '../program/builder.ts';
import type { Operation, OuterTerm } from '../program/program.ts';
import type { Directions, Learned } from './optimiser.ts';

export interface Contrast {
  /** Operations at the end of the free phase (a vector field keeps what each end showed then). */
  readonly free: readonly Operation[];
  /** Operations at the end of the first phase. */
  readonly first: readonly Operation[];
  readonly directions: Directions;
}

export interface ContrastOptions {
  /** 1 / beta (or 1 / 2 beta), times the mean over the batch. */
  readonly perBeta: Tree;
  /** First phase +beta and last -beta; otherwise first free and last +beta. */
  readonly symmetric: boolean;
  /** One-way projections between settling populations move by their receiver's change alone. */
  readonly vectorField: 'same' | 'different';
}

type Terms = Map<string, { outer?: OuterTerm[]; reduce?: string; scale: Tree }>;

/**
 * Values of the first phase are kept in buffers of their own, those of the last are where the network leaves them. Descent is
 * -(dE/dw at +beta less dE/dw at -beta, or free) perBeta.
 */
export function contrast(builder: Builder, network: SettlingNetwork, learned: readonly Learned[], options: ContrastOptions): Contrast {
  const { strands, settled, readout } = network;
  const { perBeta, symmetric, vectorField } = options;
  const learns = (buffer: string): boolean => learned.some((one) => one.buffer === buffer);
  const terms: Terms = new Map();
  const kept = new Map<string, string>();
  const free = new Map<string, string>();
  const changes = new Map<string, Operation>();
  const unitsOf = (buffer: string): number => builder.shapeOf(buffer)[0]!;
  const copied = (to: Map<string, string>, buffer: string, label: string): string => {
    const into = builder.buffer(`${buffer}:${label}`, [unitsOf(buffer)], { batch: true });
    to.set(buffer, into);
    return into;
  };
  const keep = (buffer: string): string => copied(kept, buffer, 'first');
  /** What the buffer held at +beta less what it held at -beta (or free). */
  const change = ({ buffer, sign }: Source): Source => {
    const into = builder.buffer(`${buffer}:change`, [unitsOf(buffer)], { batch: true });
    const [plus, other] = symmetric ? [keep(buffer), buffer] : [buffer, keep(buffer)];
    changes.set(into, { op: 'map', units: unitsOf(buffer), assign: [{ into, value: call('sub', named(plus), named(other)) }] });
    return { buffer: into, sign };
  };
  const flipped = (sign: 1 | -1): 1 | -1 => (sign === 1 ? -1 : 1);
  function product({ pre, facing: post, clamped, projection }: Strand): OuterTerm[] {
    const sign = pre.sign === post.sign ? -1 : 1;
    if (clamped) return [{ pre: pre.buffer, post: change(post).buffer, sign }];
    if (vectorField === 'different' && !projection.symmetric)
      return [{ pre: copied(free, pre.buffer, 'free'), post: change(post).buffer, sign }];
    const first: OuterTerm = { pre: keep(pre.buffer), post: keep(post.buffer), sign };
    const last: OuterTerm = { pre: pre.buffer, post: post.buffer, sign };
    return symmetric ? [first, { ...last, sign: flipped(sign) }] : [last, { ...first, sign: flipped(sign) }];
  }
  for (const strand of strands) {
    const buffer = network.weightOf(strand.projection);
    if (!learns(buffer)) continue;
    terms.set(buffer, { outer: [...(terms.get(buffer)?.outer ?? []), ...product(strand)], scale: perBeta });
  }
  for (const p of settled) {
    const source = network.biasSource(p);
    if (!source || !learns(network.biasOf(p))) continue;
    const moved = change(source);
    terms.set(network.biasOf(p), { reduce: moved.buffer, scale: moved.sign === 1 ? call('neg', perBeta) : perBeta });
  }
  if (readout) readoutTerms(readout);

  /** Delta rule at the nudged states, no 1 / beta (Laborieux et al. 2021): the mean over both, or at +beta alone. */
  function readoutTerms(population: Population): void {
    const error = network.errorOf!;
    const scale = symmetric ? call('mul', num(0.5), named('perExample')) : named('perExample');
    for (const projection of network.readouts) {
      const buffer = network.weightOf(projection);
      if (!learns(buffer)) continue;
      const state = network.stateOf(settled.find(({ name }) => name === projection.from)!);
      const last: OuterTerm = { pre: state, post: error, sign: -1 };
      terms.set(buffer, { outer: symmetric ? [{ pre: keep(state), post: keep(error), sign: -1 }, last] : [last], scale });
    }
    if (!learns(network.biasOf(population))) return;
    const into = builder.buffer(`${error}:sum`, [population.units], { batch: true });
    const value = symmetric ? call('add', named(keep(error)), named(error)) : named(error);
    changes.set(into, { op: 'map', units: population.units, assign: [{ into, value }] });
    terms.set(network.biasOf(population), { reduce: into, scale: call('neg', scale) });
  }

  const copies = (pairs: ReadonlyMap<string, string>): Operation[] =>
    [...pairs].map(([from, into]) => ({ op: 'copy', from, into }));
  const now = [...network.gradient(), ...network.read()];
  return {
    free: free.size > 0 ? [...network.gradient(), ...copies(free)] : [],
    first: [...now, ...copies(kept)],
    directions: { prepare: [...now, ...changes.values()], terms },
  };
} // prettier-ignore
