// How large pictures are: populations as the file says them or as kernels and windows leave them, refused with both sizes before
// anything takes memory. Pure arithmetic.
import { type Conv, type Picture, type Pool, unitsOf } from './geometry.ts';
import type { Population, Projection } from './model.ts';
import type { ModelFile } from './schema.ts';
import type { ModelText } from './text.ts';

export interface Size {
  readonly units: number;
  readonly shape?: Picture;
}

/** What a projection does between pictures; nothing of a dense one. */
export interface Geometry {
  readonly conv?: Conv;
  readonly pool?: Pool;
}

export interface Ends {
  readonly from: string;
  readonly to: string;
  readonly path: readonly PropertyKey[];
  readonly value: ModelFile['projections'][string];
}

const mostUnits = 1e8;
/** Rows, columns or channels that no machine holds anyway. */
const mostPixels = 65536;
const square = (side: number): string => `${side} x ${side}`;
const sides = ([rows, columns]: readonly number[]): string => `${rows} x ${columns}`;
const whole = (shape: Picture): string => shape.join(' x ');
const kernelKeys = ['kernel', 'stride', 'padding', 'pool'] as const;

/** Numbers in a population's bias. */
export function biasesOf({ units, shape, bias }: Pick<Population, 'units' | 'shape' | 'bias'>): number {
  return bias.shared && shape ? shape[2] : units;
}

/** Rows and columns of a projection's weights. */
export function matrixOf(
  { from, to, conv }: Pick<Projection, 'from' | 'to' | 'conv'>, populations: readonly Pick<Population, 'name' | 'units'>[],
): readonly [number, number] {
  if (conv) return [conv.size ** 2 * conv.from[2], conv.into[2]];
  const units = (end: string): number => populations.find(({ name }) => name === end)!.units;
  return [units(from), units(to)];
} // prettier-ignore

/** Multiply-adds of one example through a projection. */
export function multiplyAddsOf(projection: Projection, populations: readonly Population[]): number {
  const [rows, columns] = projection.conv?.into ?? [1, 1];
  return rows * columns * matrixOf(projection, populations).reduce((a, b) => a * b);
}

/** @throws SettleError of kind `input`, naming what was found and what the other side has */
export function shapesOf(
  raw: ModelFile,
  projections: readonly Ends[],
  fail: ModelText['at'],
): { sizes: ReadonlyMap<string, Size>; geometryOf(projection: Ends): Geometry } {
  const sizes = new Map<string, Size>();
  const geometries = new Map<Ends, Geometry>();
  for (const { path, value } of projections)
    if (value.kind !== 'conv')
      for (const key of kernelKeys)
        if (value[key] !== undefined)
          throw fail([...path, key], 'a dense projection goes from every unit to every unit', {
            found: key,
            expected: 'no such key, or kind: conv',
          });
  for (const [name, value] of Object.entries(raw.populations)) {
    const said = saidSize(name, value, fail);
    if (said) sizes.set(name, said);
  }

  /** Sizes follow from the sender on, projection by projection. */
  const waiting = new Set(projections.filter(({ value }) => value.kind === 'conv'));
  for (let found = true; found;) {
    found = false;
    for (const projection of waiting) {
      const from = sizes.get(projection.from);
      if (!from) continue;
      const geometry = slide(projection, from, raw, fail);
      meet(projection, geometry, sizes, raw, fail);
      geometries.set(projection, geometry);
      waiting.delete(projection);
      found = true;
    }
  }
  for (const [name, { channels }] of Object.entries(raw.populations))
    if (!sizes.has(name))
      throw fail(['populations', name, 'channels'], 'no kernel says how large its pictures are', {
        found: `channels: ${channels}`,
        expected: `a projection of kind conv into ${name}, or shape: [rows, columns, ${channels}]`,
      });
  return { sizes, geometryOf: (projection) => geometries.get(projection) ?? {} };
}

/** What the file itself says; null for channels alone. */
function saidSize(name: string, value: ModelFile['populations'][string], fail: ModelText['at']): Size | null {
  const path = ['populations', name];
  const said = (['units', 'shape', 'channels'] as const).filter((key) => value[key] !== undefined);
  if (said.length === 0)
    throw fail([...path, 'units'], 'a required key is missing', {
      found: 'nothing',
      expected: 'a whole number; of pictures, shape: [rows, columns, channels] or channels',
    });
  if (said.length > 1)
    throw fail([...path, said[1]!], 'two keys say how many units there are', { found: said.join(' and '), expected: 'one of them' }); // prettier-ignore
  const { units, shape, channels } = value;
  if (units !== undefined) {
    if (units < 1 || units > mostUnits)
      throw fail([...path, 'units'], 'impossible number of units', {
        found: String(units),
        expected: 'a whole number from 1 to 100,000,000',
      });
    return { units };
  }
  const each = shape ?? [channels!];
  if (each.some((count) => count < 1 || count > mostPixels) || (shape && unitsOf(shape) > mostUnits))
    throw fail([...path, shape ? 'shape' : 'channels'], 'impossible size', {
      found: `[${each.join(', ')}]`,
      expected: `whole numbers from 1 to ${mostPixels.toLocaleString('en')}, and at most ${mostUnits.toLocaleString('en')} units`,
    });
  return shape ? { units: unitsOf(shape), shape } : null;
}

/** What a kernel and its windows make of the sender's pictures. */
function slide({ path, value, from: sender, to }: Ends, { units, shape }: Size, raw: ModelFile, fail: ModelText['at']): Geometry {
  const at = (key: string): PropertyKey[] => [...path, key];
  if (!shape)
    throw fail(at('kind'), 'a kernel slides over pictures', { found: `${sender} with units: ${units}`, expected: `${sender} with shape: [rows, columns, channels]` });
  if (value.kernel === undefined)
    throw fail(at('kernel'), 'a required key is missing', { found: 'nothing', expected: 'the side of a square, such as 3' });
  const size = positive(value.kernel, at('kernel'), 'an impossible kernel', fail);
  const stride = positive(value.stride ?? 1, at('stride'), 'an impossible stride', fail);
  const padding = paddingOf(value.padding ?? 0, size, stride, at('padding'), fail);
  const channels = raw.populations[to]!.shape?.[2] ?? raw.populations[to]!.channels;
  if (channels === undefined)
    throw fail(at('kind'), 'what a kernel leaves are pictures', { found: `${to} with units: ${raw.populations[to]!.units}`, expected: `${to} with channels, or shape: [rows, columns, channels]` });
  const padded = shape.slice(0, 2).map((side) => side + 2 * padding);
  if (padded.some((side) => size > side))
    throw fail(at('kernel'), 'the kernel is larger than its input', { found: square(size), expected: `at most ${sides(padded)} (${sender} is ${sides(shape)}, padding ${padding})` });
  const [rows, columns] = padded.map((side) => Math.floor((side - size) / stride) + 1) as [number, number];
  const made: Picture = [rows, columns, channels];
  const conv: Conv = { from: shape, into: made, size, stride, padding };
  if (value.pool === undefined) return { conv };
  const spec = typeof value.pool === 'string' ? { kind: value.pool } : value.pool;
  const window = positive(spec.size ?? 2, [...at('pool'), 'size'], 'an impossible window', fail);
  const apart = positive(spec.stride ?? window, [...at('pool'), 'stride'], 'an impossible stride', fail);
  if (apart < window)
    throw fail([...at('pool'), 'stride'], 'windows of a pool may not overlap', { found: `windows of ${square(window)} every ${apart}`, expected: `stride: ${window} or more` });
  if (made[0] < window || made[1] < window)
    throw fail(at('pool'), 'the pool leaves nothing', { found: `windows of ${square(window)}`, expected: `at most ${sides(made)}, what the kernel leaves of ${sides(shape)}` });
  const into: Picture = [Math.floor((rows - window) / apart) + 1, Math.floor((columns - window) / apart) + 1, channels];
  return { conv, pool: { kind: spec.kind ?? 'max', from: made, into, size: window, stride: apart } };
} // prettier-ignore

function positive(value: number, path: readonly PropertyKey[], message: string, fail: ModelText['at']): number {
  if (value < 1 || value > mostPixels) throw fail(path, message, { found: String(value), expected: '1 or more' });
  return value;
}

function paddingOf(value: number | 'same', size: number, stride: number, path: readonly PropertyKey[], fail: ModelText['at']): number {
  if (value === 'same') {
    if (size % 2 === 0 || stride !== 1)
      throw fail(path, 'no padding keeps the size', { found: `same, kernel ${square(size)}, stride ${stride}`, expected: 'an odd kernel and stride 1, or a number' });
    return (size - 1) / 2;
  }
  if (value < 0 || value >= size)
    throw fail(path, value < 0 ? 'padding below zero' : 'some of what the kernel sees is padding alone', { found: String(value), expected: `0 to ${size - 1} (kernel ${square(size)}), or same` });
  return value;
} // prettier-ignore

/** The receiver's size: what arrives there, and nothing else. */
function meet({ path, from, to }: Ends, { conv, pool }: Geometry, sizes: Map<string, Size>, raw: ModelFile, fail: ModelText['at']): void {
  const made = pool?.into ?? conv!.into;
  const known = sizes.get(to);
  if (!known) {
    if (unitsOf(made) > mostUnits)
      throw fail(path, 'impossible size', { found: whole(made), expected: `at most ${mostUnits.toLocaleString('en')} units` });
    sizes.set(to, { units: unitsOf(made), shape: made });
    return;
  }
  if (String(known.shape) !== String(made)) {
    const said = raw.populations[to]!.shape ? ['populations', to, 'shape'] : path;
    throw fail(said, 'the pictures do not fit', { found: `${to} of ${whole(known.shape!)}`, expected: `${whole(made)}, which ${String(path.at(-1))} makes of ${from}'s ${whole(conv!.from)}` });
  }
} // prettier-ignore
