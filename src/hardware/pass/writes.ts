// What weights are after an update under a profile. Digital: the host keeps real numbers and writes the nearest value of the
// grid. Phase change: the same numbers, programmed anew after each update. Pulsed devices are pulses.ts's. Copies of a weight that
// need a value of their own (mismatch, signs or scales by neuron) get a buffer of their own.
import { SettleError } from '../../errors.ts';
import { formula } from '../../expr/formula.ts';
import { name as named, num } from '../../expr/tools.ts';
import type { Tree } from '../../expr/tree.ts';
import { hash32, normal, uniform24 } from '../../math/random.ts';
import type { Model, Projection } from '../../model/model.ts';
import type { Operation } from '../../program/program.ts';
import type { Profile } from '../profile/profile.ts';
import { normals, phaseChange } from './devices.ts';
import type { Draft, WriteCounters } from './draft.ts';
import { pulsedMatrix, rangeOfMean } from './pulses.ts';
import { sharesScale } from './substitute.ts';
import { gridOf, gridTree, powerTree, unitTree, type WeightGrid } from './weights.ts';
import { map, type Matrix, sum, uniforms, type Writing, writing } from './writing.ts';

export interface Written extends Writing {
  readonly counters: Readonly<Record<string, WriteCounters>>;
  /** By population that receives: buffers [1] with the units of the matrices that reach it. */
  readonly units: ReadonlyMap<string, readonly string[]>;
}

/** A weight matrix of the rule's, with the projection that it belongs to; null: feedback of its own. */
export interface WeightRole {
  readonly buffer: string;
  readonly projection: Projection | null;
  readonly learned: boolean;
}

/** What a profile does to weights, as numbers. */
interface Effects {
  readonly grid: WeightGrid | null;
  readonly mismatch: number;
  readonly apart: number;
  readonly stuck: number;
  /** The sign of a weight is that of its sender. */
  readonly bySource: boolean;
  /** All synapses into a population share one unit. */
  readonly shared: boolean;
}

/** @throws SettleError of kind `input` for effects that cannot be had together */
export function writes(draft: Draft, model: Model, profile: Profile, roles: readonly WeightRole[]): Written {
  const { devices, variation, weight } = profile;
  const grid = gridOf(profile);
  const effects: Effects = {
    grid, mismatch: variation.weight.value ?? 0, apart: variation.copies.value ?? 0, stuck: variation.stuck.value ?? 0,
    bySource: weight.signs.value === 'source' && grid !== null, shared: sharesScale(profile),
  }; // prettier-ignore
  const to = writing(draft);
  const counters: Record<string, WriteCounters> = {};
  const units = new Map<string, string[]>();
  const { mismatch, apart, stuck } = effects;
  const varied = mismatch > 0 || apart > 0 || stuck > 0;
  if (!grid && !devices && !varied) return { ...to, counters, units };
  const isPulsed = devices !== null && devices.model !== 'phase-change';
  if (isPulsed && varied)
    throw new SettleError(`the profile ${profile.name} cannot be applied`, {
      kind: 'input', path: 'variation', found: 'variation of synapses beside pulsed devices', expected: 'the spreads of the devices: devices.stepSpread, devices.stuck',
    }); // prettier-ignore
  const matrices = roles.map((role, index): Matrix => {
    const count = draft.shapeOf(role.buffer).reduce((a, b) => a * b, 1);
    return { ...role, count, index, back: wayBack(to, role, effects) };
  });
  if (isPulsed) {
    for (const matrix of matrices) {
      const counted = pulsedMatrix(to, devices, matrix);
      if (counted) counters[matrix.buffer] = counted;
    }
    return { ...to, counters, units };
  }
  const hosted = matrices.map((matrix) => hostedMatrix(to, matrix));
  const unitOf = grid ? unitsOf(to, grid, effects, hosted, units) : () => null;
  for (const one of hosted) written(to, model, profile, effects, one, unitOf);
  return { ...to, counters, units };
}

/** The copy that takes signals back, where it has values of its own; the rule's operations read it from here on. */
function wayBack(to: Writing, { buffer, projection }: WeightRole, { mismatch, apart, bySource, shared }: Effects): string | null {
  const isBack = (one: Operation): boolean => (one.op === 'deliverBack' || one.op === 'gatherBack') && one.weight === buffer;
  const used = [...to.draft.slots.values()].some((operations) => operations.some(isBack));
  if (!used || !(mismatch > 0 || apart > 0 || bySource || (shared && projection))) return null;
  const copy = to.kept(`${buffer}:back`, to.draft.shapeOf(buffer));
  to.draft.rewrite((one) => [isBack(one) ? ({ ...one, weight: copy } as Operation) : one]);
  return copy;
} // prettier-ignore

/** A matrix whose real numbers the host keeps. */
interface Hosted {
  readonly matrix: Matrix;
  /** What the host keeps, what the rule found before it added to it, and the mean magnitude of the former [1]. */
  readonly master: string;
  readonly held: string;
  readonly mean: string;
}

function hostedMatrix({ draft, kept, load, write }: Writing, matrix: Matrix): Hosted {
  const { buffer: w, count } = matrix;
  const shape = draft.shapeOf(w);
  const [held, master] = [kept(`${w}:held`, shape), kept(`${w}:master`, shape)];
  const [size, mean] = [draft.buffer(`${w}:size`, shape), draft.buffer(`${w}:mean`, [1])];
  const put = (operations: Operation[], value: Tree): number =>
    operations.push(
      map(count, { into: master, value }, { into: size, value: formula('abs(x)', { x: value }) }),
      sum(size, mean, 1 / count),
    );
  put(load, named(w));
  if (matrix.learned) put(write, formula('m + (w - h)', { m: master, w, h: held }));
  return { matrix, master, held, mean };
}

/** The unit of a matrix or of its copy: its own, or that of all synapses into the population it reaches. */
function unitsOf(to: Writing, grid: WeightGrid, { shared }: Effects, hosted: readonly Hosted[], reaching: Map<string, string[]>) {
  const groups = new Map<string, { unit: string; of: Hosted[] }>();
  const found = new Map<string, string>();
  for (const one of hosted)
    for (const back of one.matrix.back ? [false, true] : [false]) {
      const { buffer, projection } = one.matrix;
      const into = projection && (back ? projection.from : projection.to);
      const key = shared && into ? `into ${into}` : buffer;
      const group = groups.get(key) ?? { unit: to.kept(`unit:${key}`, [1]), of: [] };
      groups.set(key, group);
      if (!group.of.includes(one)) group.of.push(one);
      found.set(`${buffer} ${back}`, group.unit);
      if (into) reaching.set(into, [...new Set([...(reaching.get(into) ?? []), group.unit])]);
    }
  for (const { unit, of } of groups.values()) {
    const whole = of.reduce((total, { matrix }) => total + matrix.count, 0);
    const mean = of.reduce<Tree>((total, { matrix, mean: own }) => formula('total + share * own', { total, share: matrix.count / whole, own }), num(0));
    for (const operations of [to.load, to.write]) operations.push(map(1, { into: unit, value: unitTree(mean, grid) }));
  }
  return ({ buffer }: Matrix, back: boolean): string | null => found.get(`${buffer} ${back}`) ?? null;
} // prettier-ignore

/** The values that the array holds, forward and back, when weights are put in and after every update. */
function written(to: Writing, model: Model, profile: Profile, effects: Effects, one: Hosted, unitOf: (matrix: Matrix, back: boolean) => string | null): void {
  const { matrix, held } = one;
  const { buffer: w, back, count } = matrix;
  const programmed = profile.devices ? phaseChanged(to, profile, one) : null;
  const forward = physical(to, model, effects, one, false, unitOf(matrix, false), programmed);
  const assign = [held, w].map((into) => ({ into, value: forward }));
  if (back) assign.push({ into: back, value: physical(to, model, effects, one, true, unitOf(matrix, true), programmed) });
  for (const operations of matrix.learned ? [to.load, to.write] : [to.load])
    operations.push(...(programmed ? uniforms(to.draft, ...programmed.drawn) : []), map(count, ...assign));
} // prettier-ignore

/** One physical copy of a matrix: its sign, its grid or its programming, what is stuck, what is off. */
function physical(to: Writing, model: Model, effects: Effects, { matrix, master, mean }: Hosted, back: boolean, unit: string | null, programmed: Programmed | null): Tree {
  const { grid, mismatch, apart, stuck, bySource } = effects;
  const { buffer: w, count, index } = matrix;
  const { draft, draws } = to;
  const shape = draft.shapeOf(w);
  const [towards, number] = back ? ['back', 1] : ['forward', 0];
  const constant = (part: string): string => draft.buffer(`${w}:${towards}.${part}`, shape);
  let value: Tree = named(master);
  if (bySource) {
    const sign = constant('sign');
    draws.push((seed) => [[sign, signsOf(model, matrix, back, seed, shape)]]);
    value = formula('max(s * x, 0) * s', { s: sign, x: value });
  }
  if (grid) value = gridTree(value, grid, named(unit!));
  if (programmed) value = programmed.value;
  if (stuck > 0) {
    const [isStuck, rest] = [constant('stuck'), constant('rest')];
    draws.push((seed) => {
      const own = hash32(seed, 8300, index, number!, 0);
      const drawn = (of: (k: number) => number): Float64Array => Float64Array.from({ length: count }, (_, k) => of(k));
      return [[isStuck, drawn((k) => (uniform24(own, 8306, 0, k, 0) < stuck ? 1 : 0))], [rest, drawn((k) => 2 * uniform24(own, 8307, 0, k, 0) - 1)]];
    });
    value = formula('stuck ? rest * 3 * mean : x', { stuck: isStuck, rest, mean, x: value });
  }
  const spread = back ? Math.hypot(mismatch, apart) : mismatch;
  if (spread > 0) {
    const gain = constant('gain');
    draws.push((seed) => {
      const own = hash32(seed, 8301, index, number!, 0);
      return [[gain, Float64Array.from({ length: count }, (_, k) => 1 + spread * normal(own, 8302, 0, k, 0))]];
    });
    value = formula('g * x', { g: gain, x: value });
  }
  return value;
} // prettier-ignore

interface Programmed {
  readonly value: Tree;
  /** Buffers of uniform numbers that each programming needs anew. */
  readonly drawn: readonly string[];
}

/** A phase-change array: both copies are of one programming, by the same noise. */
function phaseChanged(to: Writing, { devices }: Profile, { matrix, master, mean }: Hosted): Programmed {
  const { buffer: w, count, index, back } = matrix;
  const { draft } = to;
  const shape = draft.shapeOf(w);
  const [u, v, device] = (['u', 'v', 'device'] as const).map((part) => draft.buffer(`${w}:${part}`, shape)) as [string, string, string]; // prettier-ignore
  const scale = to.kept(`${w}:scale`, [1]);
  for (const copy of [w, ...(back ? [back] : [])]) to.scales.set(copy, scale);
  to.draws.push((seed) => {
    const own = hash32(seed, 8303, index, 0, 0);
    return [[device, Float64Array.from({ length: count }, (_, k) => normal(own, 8304, 0, k, 0))]];
  });
  to.load.push(map(1, { into: scale, value: powerTree(formula('k * m', { k: rangeOfMean, m: mean })) }));
  const [program, read] = normals(u, v);
  const inRange = formula('m / s', { m: master, s: scale });
  const x = phaseChange(devices!, inRange, { program, read, device: named(device) });
  return { value: formula('s * x', { s: scale, x }), drawn: [u, v] };
}

/** +1 or -1 of the sender of each synapse: the same for all synapses of a unit, half of the units each way. */
function signsOf(model: Model, { projection, buffer }: Matrix, back: boolean, seed: number, shape: readonly number[]): Float64Array {
  const [pre, post] = shape as [number, number];
  const sender = projection ? (back ? projection.to : projection.from) : buffer;
  const number = model.populations.findIndex(({ name }) => name === sender);
  const sign = (unit: number): number => (hash32(seed, 8305, number, unit, 0) & 1 ? 1 : -1);
  return Float64Array.from({ length: pre * post }, (_, k) => sign(back ? k % post : Math.floor(k / post)));
} // prettier-ignore
