// What weights are after an update under a profile. Digital: the host keeps real numbers and writes the nearest value of the
// grid. Devices: each update becomes pulses. Phase change: real numbers on the host, programmed anew after each update. Copies
// of a weight that need a value of their own (mismatch, signs or scales by neuron) get a buffer of their own.
import { formula } from '../../expr/formula.ts';
import { name as named, num } from '../../expr/tools.ts';
import type { Tree } from '../../expr/tree.ts';
import { hash32, normal, uniform24 } from '../../math/random.ts';
import type { Model, Projection } from '../../model/model.ts';
import type { Assignment, Operation } from '../../program/program.ts';
import type { Draft, WriteCounters } from './draft.ts';
import { drawDevices, normals, phaseChange, pulsed } from './devices.ts';
import type { Profile } from '../profile/profile.ts';
import { sharesScale } from './substitute.ts';
import { gridOf, gridTree, powerTree, unitTree } from './weights.ts';

export interface Matrix {
  readonly buffer: string;
  readonly projection: Projection | null;
  readonly learned: boolean;
  readonly count: number;
}

export interface Written {
  readonly load: readonly Operation[];
  readonly write: readonly Operation[];
  readonly learned: readonly string[];
  initial(seed: number): ReadonlyMap<string, Float64Array>;
  readonly counters: Readonly<Record<string, WriteCounters>>;
  /** By population that receives: buffers [1] with the units of the matrices that reach it. */
  readonly units: ReadonlyMap<string, readonly string[]>;
  /** By matrix (and its copy): buffer [1] with the value of 1 on the array. */
  readonly scales: ReadonlyMap<string, string>;
}

/** Device ranges are the power of two nearest to this many times the mean magnitude of the weights put in. */
const rangeOfMean = 16;

export function writes(draft: Draft, model: Model, profile: Profile, matrices: readonly Matrix[]): Written {
  const grid = gridOf(profile);
  const { devices, variation, weight } = profile;
  const mismatch = variation.weight.value ?? 0;
  const apart = variation.copies.value ?? 0;
  const stuck = variation.stuck.value ?? 0;
  const bySource = weight.signs.value === 'source' && grid !== null;
  const shared = sharesScale(profile);
  const load: Operation[] = [];
  const write: Operation[] = [];
  const learned: string[] = [];
  const counters: Record<string, WriteCounters> = {};
  const units = new Map<string, string[]>();
  const scales = new Map<string, string>();
  const draws: ((seed: number) => readonly (readonly [string, Float64Array])[])[] = [];
  const nothing: Written = { load, write, learned, counters, units, scales, initial: () => new Map() };
  if (!grid && !devices && mismatch === 0 && stuck === 0 && apart === 0) return nothing;

  const kept = (name: string, shape: readonly number[]): string => {
    learned.push(draft.buffer(name, shape));
    return name;
  };
  const map = (count: number, ...assign: Assignment[]): Operation => ({ op: 'map', units: count, assign });
  /** Mean of a buffer into another [1]. */
  const mean = (from: string, into: string, count: number): Operation => ({ op: 'reduce', from, into, how: 'sum', over: 'units', scale: num(1 / count) }); // prettier-ignore
  const isPulsed = devices !== null && devices.model !== 'phase-change';

  /** Matrices (and copies going back) that share a unit: by the population they reach, or each by itself. */
  const groups = new Map<string, { unit: string; means: { mean: string; count: number }[] }>();
  function groupOf(matrix: Matrix, back: boolean): string {
    const { projection } = matrix;
    const key = shared && projection ? `into ${back ? projection.from : projection.to}` : matrix.buffer;
    const group = groups.get(key) ?? { unit: kept(`chip.unit:${key}`, [1]), means: [] };
    groups.set(key, group);
    const own = { mean: `${matrix.buffer}:chip.mean`, count: matrix.count };
    if (!group.means.some((other) => other.mean === own.mean)) group.means.push(own);
    if (projection) {
      const into = back ? projection.from : projection.to;
      const list = units.get(into) ?? [];
      units.set(into, list);
      if (!list.includes(group.unit)) list.push(group.unit);
    }
    return group.unit;
  }

  const later: { matrix: Matrix; finish: (operations: Operation[]) => void }[] = [];
  matrices.forEach((matrix, index) => {
    const { buffer: w, projection, count } = matrix;
    const shape = draft.shapeOf(w);
    const back = projection?.symmetric === true || hasBackward(draft, w);
    const copies = back && (mismatch > 0 || apart > 0 || bySource || (shared && projection !== null)) ? `${w}:back` : null;
    if (copies) {
      kept(copies, shape);
      draft.rewrite((operation) =>
        (operation.op === 'deliverBack' || operation.op === 'gatherBack') && operation.weight === w ? [{ ...operation, weight: copies }] : [operation],
      );
    }
    const held = kept(`${w}:held`, shape);
    if (isPulsed) return pulsedMatrix(matrix, index, held, copies);
    const master = kept(`${w}:master`, shape);
    const size = draft.buffer(`${w}:chip.size`, shape);
    draft.buffer(`${w}:chip.mean`, [1]);
    const loaded = named(w);
    const updated = formula('m + (w - h)', { m: master, w, h: held });
    for (const [operations, value] of [[load, loaded], [write, updated]] as const) {
      if (operations === write && !matrix.learned) continue;
      operations.push(map(count, { into: master, value }, { into: size, value: formula('abs(x)', { x: value }) }));
      operations.push(mean(size, `${w}:chip.mean`, count));
    }
    const unit = grid ? groupOf(matrix, false) : null;
    const backUnit = grid && copies ? groupOf(matrix, true) : unit;
    const physical = (towards: 'forward' | 'back', unitName: string | null): Tree => {
      const part = (suffix: string): string => `${w}:${towards}.${suffix}`;
      let value: Tree = named(master);
      if (bySource) {
        draft.buffer(part('sign'), shape);
        draws.push((seed) => [[part('sign'), signsOf(model, matrix, towards, seed, shape)]]);
        value = formula('max(s * x, 0) * s', { s: part('sign'), x: value });
      }
      if (grid) value = gridTree(value, grid, named(unitName!));
      if (devices) value = programmed(matrix, index, towards);
      if (stuck > 0) {
        draft.buffer(part('stuck'), shape);
        draft.buffer(part('rest'), shape);
        draws.push((seed) => stuckOf(part, count, stuck, hash32(seed, 8300, index, towards === 'back' ? 1 : 0, 0)));
        value = formula('stuck ? rest * 3 * mean : x', { stuck: part('stuck'), rest: part('rest'), mean: `${w}:chip.mean`, x: value });
      }
      const spread = towards === 'back' ? Math.hypot(mismatch, apart) : mismatch;
      if (spread > 0) {
        draft.buffer(part('gain'), shape);
        draws.push((seed) => {
          const own = hash32(seed, 8301, index, towards === 'back' ? 1 : 0, 0);
          return [[part('gain'), Float64Array.from({ length: count }, (_, k) => 1 + spread * normal(own, 8302, 0, k, 0))]];
        });
        value = formula('g * x', { g: part('gain'), x: value });
      }
      return value;
    };
    const forward = physical('forward', unit);
    const backward = copies ? physical('back', backUnit) : null;
    later.push({
      matrix,
      finish: (operations) => {
        operations.push(...randomsOf(w));
        operations.push(map(count, { into: held, value: forward }, { into: w, value: forward }, ...(copies ? [{ into: copies, value: backward! }] : [])));
      },
    });
  }); // prettier-ignore

  // Units once all means are known, then every matrix.
  for (const operations of [load, write])
    for (const { unit, means } of groups.values()) {
      const whole = means.reduce((sum, { count }) => sum + count, 0);
      const value = means.reduce<Tree>((sum, { mean: one, count }) => formula('sum + share * one', { sum, share: count / whole, one }), num(0)); // prettier-ignore
      operations.push(map(1, { into: unit, value: unitTree(value, grid!) }));
    }
  for (const { matrix, finish } of later) {
    finish(load);
    if (matrix.learned) finish(write);
  }
  return { ...nothing, initial: (seed) => new Map(draws.flatMap((draw) => draw(seed))) };

  function randomsOf(w: string): Operation[] {
    if (devices?.model !== 'phase-change') return [];
    return ['u', 'v'].map((part): Operation => ({ op: 'random', into: `${w}:chip.${part}`, stream: draft.stream(), low: 0, high: 1 })); // prettier-ignore
  }
  function scaleOf(w: string): string {
    const scale = kept(`${w}:scale`, [1]);
    scales.set(w, scale);
    if (draft.buffers.has(`${w}:back`)) scales.set(`${w}:back`, scale);
    return scale;
  }
  /** A phase-change array: both copies are of one programming, by the same noise. */
  function programmed({ buffer: w, count }: Matrix, index: number, towards: 'forward' | 'back'): Tree {
    const shape = draft.shapeOf(w);
    const scale = scales.get(w) ?? scaleOf(w);
    if (towards === 'forward') {
      for (const part of ['u', 'v', 'device']) draft.buffer(`${w}:chip.${part}`, shape);
      draws.push((seed) => {
        const own = hash32(seed, 8303, index, 0, 0);
        return [[`${w}:chip.device`, Float64Array.from({ length: count }, (_, k) => normal(own, 8304, 0, k, 0))]];
      });
      load.push(map(1, { into: scale, value: powerTree(formula('k * m', { k: rangeOfMean, m: `${w}:chip.mean` })) }));
    }
    const [program, read] = normals(`${w}:chip.u`, `${w}:chip.v`);
    const inRange = formula('m / s', { m: `${w}:master`, s: scale });
    return formula('s * x', {
      s: scale,
      x: phaseChange(devices!, inRange, { program, read, device: named(`${w}:chip.device`) }),
    });
  }
  /** Devices that are moved by pulses: the request is what the rule has added since the last write. */
  function pulsedMatrix(matrix: Matrix, index: number, held: string, copies: string | null): void {
    const { buffer: w, count } = matrix;
    const shape = draft.shapeOf(w);
    const hidden = kept(`${w}:hidden`, shape);
    const [up, down, low, high] = (['up', 'down', 'low', 'high'] as const).map((part) => draft.buffer(`${w}:chip.${part}`, shape)) as [string, string, string, string];
    draws.push((seed) => {
      const drawn = drawDevices(devices!, count, seed, index);
      return [[up, drawn.up], [down, drawn.down], [low, drawn.low], [high, drawn.high]];
    });
    const size = draft.buffer(`${w}:chip.size`, shape);
    const average = draft.buffer(`${w}:chip.mean`, [1]);
    const scale = scaleOf(w);
    const both = (value: Tree): Assignment[] => [{ into: held, value }, { into: w, value }, ...(copies ? [{ into: copies, value }] : [])];
    const [u, v] = ['u', 'v'].map((part) => draft.buffer(`${w}:chip.${part}`, shape)) as [string, string];
    const [turn, noise] = normals(u, v);
    const step = devices!.step.value!;
    /** What is read after a write: the device and an error that each write draws anew. */
    const error = (devices!.writeNoise.value ?? 0) * step;
    const read = formula('s * (h + k * x)', { s: scale, h: hidden, k: error, x: noise });
    const drawn = (...into: string[]): Operation[] => into.map((one) => ({ op: 'random', into: one, stream: draft.stream(), low: 0, high: 1 }));
    load.push(
      map(count, { into: size, value: formula('abs(w)', { w }) }),
      mean(size, average, count),
      map(1, { into: scale, value: powerTree(formula('k * m', { k: rangeOfMean, m: average })) }),
      map(count, { into: hidden, value: formula('clip(w / s, low, high)', { w, s: scale, low, high }) }),
      ...(error === 0 ? [] : drawn(u, v)),
      map(count, ...both(error === 0 ? formula('s * h', { s: scale, h: hidden }) : read)),
    );
    if (!matrix.learned) return;
    const [r, pulses] = ['r', 'pulses'].map((part) => draft.buffer(`${w}:chip.${part}`, shape)) as [string, string];
    const most = devices!.pulses.value ?? Infinity;
    const asked = formula('(w - h) / (s * step)', { w, h: held, s: scale, step });
    const part = devices!.pulseRounding.value === 'nearest' ? num(0.5) : named(r);
    const whole = formula('floor(abs(x) + r)', { x: asked, r: part });
    const limited = Number.isFinite(most) ? formula('min(n, most)', { n: whole, most }) : whole;
    const count3: WriteCounters = { pulses: kept(`${w}:chip.pulses.sum`, [1]), asked: kept(`${w}:chip.asked.sum`, [1]), lost: kept(`${w}:chip.lost.sum`, [1]) };
    counters[w] = count3;
    const one = draft.buffer(`${w}:chip.sum`, [1]);
    const counted = (value: Tree, into: string): Operation[] => [
      map(count, { into: size, value }),
      { op: 'reduce', from: size, into: one, how: 'sum', over: 'units' },
      map(1, { into, value: formula('a + b', { a: into, b: one }) }),
    ];
    const moved = pulsed(devices!, { hidden, up, down, low, high }, named(pulses), turn);
    const visible = error === 0 ? formula('s * h', { s: scale, h: hidden }) : formula('p == 0 ? old : now', { p: pulses, old: held, now: read });
    write.push(
      ...drawn(u, v, r),
      map(count, { into: pulses, value: formula('sign(x) * n', { x: asked, n: limited }) }),
      ...counted(formula('w == h ? 0 : 1', { w, h: held }), count3.asked),
      ...counted(formula('w != h and p == 0 ? 1 : 0', { w, h: held, p: pulses }), count3.lost),
      ...counted(formula('abs(p)', { p: pulses }), count3.pulses),
      map(count, { into: hidden, value: formula('p == 0 ? h : m', { p: pulses, h: hidden, m: moved }) }),
      map(count, ...both(visible)),
    );
  } // prettier-ignore
}

/** Whether a Program takes signals back through a matrix. */
function hasBackward(draft: Draft, weight: string): boolean {
  for (const operations of draft.slots.values())
    if (operations.some((one) => (one.op === 'deliverBack' || one.op === 'gatherBack') && one.weight === weight)) return true;
  return false;
} // prettier-ignore

/** +1 or -1 of the sender of each synapse: the same for all synapses of a unit, half of the units each way. */
function signsOf(model: Model, { projection, buffer }: Matrix, towards: 'forward' | 'back', seed: number, shape: readonly number[]): Float64Array {
  const [pre, post] = shape as [number, number];
  const sender = projection ? (towards === 'forward' ? projection.from : projection.to) : buffer;
  const number = model.populations.findIndex(({ name }) => name === sender);
  const sign = (unit: number): number => (hash32(seed, 8305, number, unit, 0) & 1 ? 1 : -1);
  return Float64Array.from({ length: pre * post }, (_, k) => sign(towards === 'forward' ? Math.floor(k / post) : k % post));
} // prettier-ignore

function stuckOf(
  part: (suffix: string) => string,
  count: number,
  share: number,
  own: number,
): (readonly [string, Float64Array])[] {
  // prettier-ignore
  const isStuck = (k: number): boolean => uniform24(own, 8306, 0, k, 0) < share;
  return [
    [part('stuck'), Float64Array.from({ length: count }, (_, k) => (isStuck(k) ? 1 : 0))],
    [part('rest'), Float64Array.from({ length: count }, (_, k) => 2 * uniform24(own, 8307, 0, k, 0) - 1)],
  ];
}
