// What is read of a crossbar: its inputs through converters, its outputs with noise, through converters, at every reading.
// It changes no weight.
import { formula } from '../../expr/formula.ts';
import { name as named, num } from '../../expr/tools.ts';
import type { Tree } from '../../expr/tree.ts';
import type { Model } from '../../model/model.ts';
import type { Operation } from '../../program/program.ts';
import type { Draft } from './draft.ts';
import { normals } from './devices.ts';
import type { Profile } from '../profile/profile.ts';

/**
 * Every product with a matrix of the array gets its output converted: y / (scale x amplitude) plus noise, rounded to
 * 2 bound / (2^bits - 2), clipped (aihwkit's order: round, then clip; output noise before). Dense inputs are divided by their largest magnitude and converted too (its
 * noise management); spikes need no converter. `scales`: by matrix, the buffer with the value of 1 on the array.
 */
export function converted(draft: Draft, model: Model, profile: Profile, scales: ReadonlyMap<string, string>): void {
  const { converters } = profile;
  if (!converters || scales.size === 0) return;
  const populations = new Map(model.populations.map((p) => [p.name, p]));
  /** What a spike of a list carries. */
  const amplitudeOf = (list: string): number => {
    const sender = populations.get(list.replace(/\.list$/, ''));
    if (!sender) return 1;
    if (sender.kind !== 'input') return sender.activityTime;
    return sender.encode.kind === 'current' ? 1 : 1 / sender.encode.rate;
  };
  let number = 0;
  const dirty = new Set<string>();
  draft.rewrite((operation, slot) => {
    const dense = operation.op === 'gather' || operation.op === 'gatherBack';
    if (!dense && operation.op !== 'deliver' && operation.op !== 'deliverBack') return [operation];
    const scale = scales.get(operation.weight);
    if (!scale) return [operation];
    const { into } = operation;
    const shape = draft.shapeOf(into);
    const units = shape.reduce((a, b) => a * b, 1);
    const { batch } = draft.buffers.get(into)!;
    let amplitude: Tree = num(1);
    const own = (part: string): string => draft.buffer(`read${number}.${part}`, shape, { batch });
    number += 1;
    const out = own('out');
    const before: Operation[] = [];
    let product: Operation;
    if (dense && !('list' in operation && operation.list)) {
      const from = draft.shapeOf(operation.from);
      const width = from.reduce((a, b) => a * b, 1);
      const of = { batch: draft.buffers.get(operation.from)!.batch };
      const x = draft.buffer(`read${number}.in`, from, of);
      const most = draft.buffer(`read${number}.most`, [1], of);
      const value = quantised(formula('x / most', { x: operation.from, most }), converters.inputBits.value, converters.inputBound.value);
      before.push(
        { op: 'map', units: width, assign: [{ into: x, value: formula('abs(x)', { x: operation.from }) }] },
        { op: 'reduce', from: x, into: most, how: 'max', over: 'units' },
        { op: 'map', units: 1, assign: [{ into: most, value: formula('max(m, 1e-12)', { m: most }) }] },
        { op: 'map', units: width, assign: [{ into: x, value }] },
      );
      amplitude = named(most);
      product = { ...operation, from: x, into: out, add: false };
    } else if (dense) product = { ...operation, into: out, add: false };
    else {
      before.push({ op: 'fill', into: out, value: 0 });
      product = { ...operation, into: out, at: 0 };
    }
    if (!dense) amplitude = num(amplitudeOf(operation.list));
    let y = formula('y / (scale * amplitude)', { y: out, scale, amplitude });
    const noise = converters.outputNoise.value ?? 0;
    if (noise > 0) {
      const [u, v] = [own('u'), own('v')];
      before.push(...[u, v].map((name): Operation => ({ op: 'random', into: name, stream: draft.stream(), low: 0, high: 1 })));
      y = formula('y + k * x', { y, k: noise, x: normals(u, v)[0] });
      dirty.add(slot);
    }
    const read = formula('y * scale * amplitude', { y: quantised(y, converters.outputBits.value, converters.outputBound.value), scale, amplitude });
    const add = dense ? operation.add : true;
    const value = add ? formula('old + read', { old: into, read }) : read;
    return [...before, product, { op: 'map', units, assign: [{ into, value }] }];
  });
  // Noise is new at every step: where the slot does not move the clock, it does so now.
  for (const slot of dirty) {
    const operations = draft.slots.get(slot)!;
    if (!operations.some(({ op }) => op === 'advance')) operations.push({ op: 'advance' });
  }
} // prettier-ignore

/** clip(round(x / d) d, +/- bound), d = 2 bound / (2^bits - 2); unlimited or unknown bits leave a number as it is. */
export function quantised(x: Tree, bits: number | null, bound: number | null): Tree {
  if (bits === null || bound === null || !Number.isFinite(bits)) return x;
  const step = (2 * bound) / (2 ** bits - 2);
  return formula('clip(floor(x / step + 0.5) * step, -bound, bound)', { x, step, bound });
}
