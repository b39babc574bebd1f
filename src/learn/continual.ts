// Continual EP (Ernoult et al. 2020, arXiv 2005.04168): weights move at every nudged step by the change of the local gradient
// dE/dw over that step, so that no phase's end is stored.
import type { SettlingNetwork } from '../engine/settling.ts';
import { call, name as named, num } from '../expr/tools.ts';
import type { Tree } from '../expr/tree.ts';
import type { Builder } from '../program/builder.ts';
import type { Operation, OuterTerm } from '../program/program.ts';
import type { Learned, Optimiser } from './optimiser.ts';

/** Adds to a slot one nudged step and the change of weights it makes. `sign` is the nudge's. */
export function addContinualStep(
  builder: Builder,
  network: SettlingNetwork,
  learned: readonly Learned[],
  optimiser: Optimiser,
  { slot, beta, sign, perBeta }: { slot: string; beta: Tree; sign: 1 | -1; perBeta: Tree },
): void {
  const learns = (buffer: string): boolean => learned.some((one) => one.buffer === buffer);
  const before = new Map<string, string>();
  const keep = (buffer: string): string => {
    const into = builder.buffer(`${buffer}:before`, builder.shapeOf(buffer), { batch: true });
    before.set(buffer, into);
    return into;
  };
  const scaled = (buffer: string, factor: 1 | -1): Tree => optimiser.direct(buffer, call('mul', num(sign * factor), perBeta))!;
  const update: Operation[] = [];
  const outer = new Map<string, OuterTerm[]>();
  for (const { projection, pre, facing: post } of network.strands) {
    const weight = network.weightOf(projection);
    if (!learns(weight)) continue;
    const s = pre.sign === post.sign ? -1 : 1;
    const after: OuterTerm = { pre: pre.buffer, post: post.buffer, sign: s };
    // A clamped sender's buffer does not change: before and after are the same.
    const sender = network.inputs.some(({ name }) => name === projection.from) ? pre.buffer : keep(pre.buffer);
    const was: OuterTerm = { pre: sender, post: keep(post.buffer), sign: s === 1 ? -1 : 1 };
    outer.set(weight, [...(outer.get(weight) ?? []), after, was]);
  }
  for (const [weight, terms] of outer) update.push({ op: 'outer', terms, scale: scaled(weight, 1), into: weight, add: true });
  for (const p of network.settled) {
    const source = network.biasSource(p);
    const bias = network.biasOf(p);
    if (!source || !learns(bias)) continue;
    const change = builder.buffer(`${source.buffer}:step`, [p.units], { batch: true });
    const total = builder.like(`${bias}:step`, bias);
    const value = call('sub', named(source.buffer), named(keep(source.buffer)));
    update.push(
      { op: 'map', units: p.units, assign: [{ into: change, value }] },
      { op: 'reduce', from: change, into: total, how: 'sum', over: 'batch', scale: scaled(bias, source.sign === 1 ? -1 : 1) },
      { op: 'map', units: builder.shapeOf(bias)[0]!, assign: [{ into: bias, value: call('add', named(bias), named(total)) }] },
    );
  }
  const copies = [...before].map(([from, into]): Operation => ({ op: 'copy', from, into }));
  builder.add(slot, ...network.gradient(), ...copies, ...network.step(beta), ...network.gradient(), ...update, ...builder.operations('begin'));
} // prettier-ignore
