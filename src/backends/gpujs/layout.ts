// Where the numbers of buffers lie: views into flat arrays that are written once and then only read, so that a copy is a
// second view and a fill is a constant. It computes nothing.
import { elements } from '../../program/builder.ts';
import { type Buffer, clockBuffer, exampleBuffer, type Program } from '../../program/program.ts';

/** Number u of example e, at place p of a ring of h: array[base + e stride + p (units of one) + u]. Or the same everywhere. */
export type View<Of> =
  { readonly constant: number } | { readonly array: Of; readonly base: number; readonly stride: number };

export type Layout<Of> = ReadonlyMap<string, View<Of>>;

/** Arrays beside the buffers: place in rings, its mark, run of the slot, transposed weights, uploaded random numbers. */
export const tick = '#tick';
export const marked = '#marked';
export const iteration = '#iteration';
export const transposed = (weight: string): string => `#transposed ${weight}`;
export const uniforms = (index: number): string => `#random ${index}`;

/** Whole numbers are exact in float32 up to here, and gpu.js has no other numbers for an index. */
export const mostElements = 2 ** 24;

/** Numbers of a buffer that so many examples have. */
export const lengthOf = (buffer: Buffer, examples: number): number =>
  elements(buffer) * buffer.history * (buffer.batch ? examples : 1);

/** Buffers that only the host reads. */
export const isHost = (name: string): boolean => name === clockBuffer || name === exampleBuffer;

/** Least common multiple of the lengths of a program's rings: the place in every ring follows from the clock modulo it. */
export function ringPeriod(program: Program): number {
  const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b));
  let period = 1;
  for (const { history } of program.buffers.values()) period = (period / divisor(period, history)) * history;
  return period;
}

/** The same layout with its arrays numbered in order of appearance, a text that names it, and the arrays. */
export function numbered<Of>(layout: Layout<Of>, names: readonly string[], lengthOfArray: (array: Of) => number) {
  const arrays: Of[] = [];
  const places = new Map<string, View<number>>();
  const key = names.map((name) => {
    const view = layout.get(name);
    if (!view) return '';
    if ('constant' in view) {
      places.set(name, view);
      return `=${view.constant}`;
    }
    let index = arrays.indexOf(view.array);
    if (index < 0) index = arrays.push(view.array) - 1;
    places.set(name, { ...view, array: index });
    return `${index}:${view.base}:${view.stride}`;
  });
  const lengths = arrays.map(lengthOfArray);
  return { key: `${key.join()} ${lengths.join()}`, arrays, lengths, places };
}
