// Weights on devices that pulses move: each update of the rule becomes pulses, what is read after a write has an error that each
// write draws anew. It draws no network and knows no rule.
import { formula } from '../../expr/formula.ts';
import { name as named, num } from '../../expr/tools.ts';
import type { Tree } from '../../expr/tree.ts';
import type { Assignment, Operation } from '../../program/program.ts';
import type { Devices } from '../profile/profile.ts';
import { drawDevices, normals, pulsed } from './devices.ts';
import type { WriteCounters } from './draft.ts';
import { powerTree } from './weights.ts';
import { map, type Matrix, sum, uniforms, type Writing } from './writing.ts';

/** Device ranges are the power of two nearest to this many times the mean magnitude of the weights put in. */
export const rangeOfMean = 16;

/** Adds a matrix of devices; the counters of its writes, if it learns. */
export function pulsedMatrix(to: Writing, devices: Devices, matrix: Matrix): WriteCounters | null {
  const { draft, kept, load, write } = to;
  const { buffer: w, count, index, back } = matrix;
  const shape = draft.shapeOf(w);
  const whole = (part: string): string => draft.buffer(`${w}:${part}`, shape);
  const held = kept(`${w}:held`, shape);
  const hidden = kept(`${w}:hidden`, shape);
  const scale = kept(`${w}:scale`, [1]);
  to.scales.set(w, scale);
  if (back) to.scales.set(back, scale);
  const at = { hidden, up: whole('up'), down: whole('down'), low: whole('low'), high: whole('high') };
  to.draws.push((seed) => {
    const { up, down, low, high } = drawDevices(devices, count, seed, index);
    return [[at.up, up], [at.down, down], [at.low, low], [at.high, high]]; // prettier-ignore
  });
  const [size, u, v] = [whole('size'), whole('u'), whole('v')];
  const average = draft.buffer(`${w}:mean`, [1]);
  const all = (value: Tree): Assignment[] => [held, w, ...(back ? [back] : [])].map((into) => ({ into, value }));
  const [turn, noise] = normals(u, v);
  const step = devices.step.value!;
  const error = (devices.writeNoise.value ?? 0) * step;
  const exact = formula('s * h', { s: scale, h: hidden });
  const read = error === 0 ? exact : formula('s * (h + k * x)', { s: scale, h: hidden, k: error, x: noise });
  load.push(
    map(count, { into: size, value: formula('abs(w)', { w }) }),
    sum(size, average, 1 / count),
    map(1, { into: scale, value: powerTree(formula('k * m', { k: rangeOfMean, m: average })) }),
    map(count, { into: hidden, value: formula('clip(w / s, low, high)', { w, s: scale, low: at.low, high: at.high }) }),
    ...(error === 0 ? [] : uniforms(draft, u, v)),
    map(count, ...all(read)),
  );
  if (!matrix.learned) return null;
  const [r, pulses] = [whole('r'), whole('pulses')];
  const one = draft.buffer(`${w}:sum`, [1]);
  const counter = (part: string): string => kept(`${w}:${part}.sum`, [1]);
  const counters = { pulses: counter('pulses'), asked: counter('asked'), lost: counter('lost') };
  const counted = (value: Tree, into: string): Operation[] => [
    map(count, { into: size, value }),
    sum(size, one),
    map(1, { into, value: formula('a + b', { a: into, b: one }) }),
  ];
  const asked = formula('(w - h) / (s * step)', { w, h: held, s: scale, step });
  const part = devices.pulseRounding.value === 'nearest' ? num(0.5) : named(r);
  const wanted = formula('floor(abs(x) + r)', { x: asked, r: part });
  const most = devices.pulses.value ?? Infinity;
  const limited = Number.isFinite(most) ? formula('min(n, most)', { n: wanted, most }) : wanted;
  const moved = pulsed(devices, at, named(pulses), turn);
  write.push(
    ...uniforms(draft, u, v, r),
    map(count, { into: pulses, value: formula('sign(x) * n', { x: asked, n: limited }) }),
    ...counted(formula('w == h ? 0 : 1', { w, h: held }), counters.asked),
    ...counted(formula('w != h and p == 0 ? 1 : 0', { w, h: held, p: pulses }), counters.lost),
    ...counted(formula('abs(p)', { p: pulses }), counters.pulses),
    map(count, { into: hidden, value: formula('p == 0 ? h : m', { p: pulses, h: hidden, m: moved }) }),
    map(count, ...all(error === 0 ? exact : formula('p == 0 ? old : now', { p: pulses, old: held, now: read }))),
  );
  return counters;
}
