// Kernels one after the other: each fills one new array, one number a thread. It knows where buffers lie and how to read and
// write one number of them; what operations mean is operations.ts's.
import { elements } from '../../program/builder.ts';
import type { Buffer, Program } from '../../program/program.ts';
import { type Layout, tick, type View } from './layout.ts';
import { divided, literal, text, type Text } from './text.ts';

/** Numbers of an argument of a kernel: base + (row or column) across + k along. */
export interface Operand {
  readonly argument: number;
  readonly base: number;
  readonly across: number;
  readonly along: number;
}

/**
 * A dense product as the sum of a kernel of rows x columns threads: over terms and k < depth, sign left[row, k] right[k, column].
 * The kernel's text has it in `total`; it is for a device to see how the sum is made.
 */
export interface Tiles {
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
  readonly terms: readonly { readonly left: Operand; readonly right: Operand; readonly sign: 1 | -1 }[];
}

/** One launch: `length` threads; `args` and `into` are numbers of arrays. */
export interface Call {
  readonly source: string;
  readonly tiles?: Tiles;
  readonly length: number;
  readonly args: readonly number[];
  readonly into: number;
}

/** What a run of a slot does to a layout: the first `entries` arrays are there before it. */
export interface Plan {
  readonly entries: number;
  readonly lengths: readonly number[];
  readonly calls: readonly Call[];
  readonly exit: Layout<number>;
}

/** The number a thread computes: unit u of example e of a buffer, i = e units + u. All are texts. */
export interface Cell {
  readonly i: string;
  readonly e: () => string;
  readonly u: () => string;
}

export interface Kernel extends Text {
  /** Element `index` of an array. */
  element(array: number, index: string): string;
  /** The number of the kernel's argument that an array is. */
  argument(array: number): number;
  /** The text of a sum that the device makes in tiles. */
  total(tiles: Tiles): string;
  /** Number `unit` of a buffer of example `example`; of a ring, its present place and `at` steps on. */
  read(name: string, example: string, unit: string, at?: number): string;
  /** The number of a buffer that belongs to a cell: its unit, or the only one there is. */
  own(name: string, cell: Cell): string;
  /** Place in a ring, `at` steps from now. */
  place(history: number, at: number): string;
  thread: string;
}

export interface Cells {
  readonly used: number;
  /** Whether kernels may have a `total`. */
  readonly tiling: boolean;
  readonly env: Map<string, View<number>>;
  readonly calls: Call[];
  readonly lengths: number[];
  info(name: string): Buffer;
  examples(name: string): number;
  /** Makes room: the buffers lie in few enough arrays for one kernel. */
  fit(names: readonly string[]): void;
  /** A kernel of so many threads; the body returns the text of a thread's number. Returns the new array. */
  kernel(length: number, body: (kernel: Kernel) => string): number;
  /** The cell of thread or index `i` of [examples][units]. */
  cell(kernel: Kernel, i: string, units: number, examples: number): Cell;
  /** One value for each number of a buffer, of the ring's place `at` steps on where it has one. */
  write(into: string, at: number, value: (kernel: Kernel, cell: Cell, old: () => string) => string): void;
  view(array: number, units: number): View<number>;
}

/** Arrays that one kernel may read: a WebGPU device has 8 storage buffers for certain, one of which is written. */
const mostArrays = 7;

export function cells(
  program: Program,
  used: number,
  entry: Layout<number>,
  entryLengths: readonly number[],
  period: number,
  { shading, tiling }: { readonly shading: boolean; readonly tiling: boolean },
): Cells {
  const env = new Map(entry);
  const lengths = [...entryLengths];
  const calls: Call[] = [];
  const info = (name: string): Buffer => program.buffers.get(name)!;
  const examples = (name: string): number => (info(name).batch ? used : 1);

  function kernel(length: number, body: (kernel: Kernel) => string): number {
    const plain = text(shading);
    const arrays: number[] = [];
    const places = new Map<string, string>();
    let tiles = null as Tiles | null;
    const argument = (array: number): number => {
      const known = arrays.indexOf(array);
      return known < 0 ? arrays.push(array) - 1 : known;
    };
    const element = (array: number, index: string): string => `a${argument(array)}[${index}]`;
    function place(history: number, at: number): string {
      if (history === 1) return '0';
      const key = `${history} ${at}`;
      const known = places.get(key);
      if (known) return known;
      const view = env.get(tick)!;
      const now = 'constant' in view ? literal(view.constant) : element(view.array, '0');
      // Ahead of 0, as steps back may be.
      const [, remainder] = divided(plain.head, plain, `(${now} + ${(((at % history) + history) % history) + history})`, history); // prettier-ignore
      places.set(key, remainder);
      return remainder;
    }
    const plus = (...parts: (string | number)[]): string => parts.filter((part) => part !== 0 && part !== '0').join(' + ') || '0'; // prettier-ignore
    const times = (part: string, by: number): string | number => (by === 0 || part === '0' ? 0 : by === 1 ? part : `${part} * ${by}`); // prettier-ignore
    const self: Kernel = {
      ...plain,
      thread: 'x',
      element,
      argument,
      total(sum) {
        tiles = sum;
        return 'total';
      },
      place,
      read(name, example, unit, at = 0) {
        const view = env.get(name)!;
        if ('constant' in view) return literal(view.constant);
        const { history } = info(name);
        const ring = times(place(history, at), elements(info(name)));
        return element(view.array, plus(view.base, times(example, view.stride), ring, unit));
      },
      own(name, cell) {
        const view = env.get(name)!;
        if ('constant' in view) return literal(view.constant);
        const units = elements(info(name));
        if (units === 1) return self.read(name, view.stride === 0 ? '0' : cell.e(), '0');
        if (view.stride === 0) return self.read(name, '0', cell.u());
        if (view.stride === units && info(name).history === 1) return element(view.array, plus(view.base, cell.i));
        return self.read(name, cell.e(), cell.u());
      },
    };
    plain.head('const x = this.thread.x;');
    const result = body(self);
    plain.line(`return ${result};`);
    const into = lengths.push(length) - 1;
    const source = plain.source(arrays.map((_, index) => `a${index}`));
    calls.push({ source, length, args: arrays, into, ...(tiles && { tiles }) });
    return into;
  }

  function cell(k: Kernel, i: string, units: number, count: number): Cell {
    if (count === 1) return { i, e: () => '0', u: () => i };
    if (units === 1) return { i, e: () => i, u: () => '0' };
    let parts: [string, string] | null = null;
    const both = (): [string, string] => (parts ??= divided(k.head, k, i, units));
    return { i, e: () => both()[0], u: () => both()[1] };
  }
  const view = (array: number, units: number): View<number> => ({ array, base: 0, stride: units });

  function write(into: string, at: number, value: (kernel: Kernel, cell: Cell, old: () => string) => string): void {
    const { history, batch } = info(into);
    const units = elements(info(into));
    const count = examples(into);
    const array = kernel(count * history * units, (k) => {
      if (history === 1) {
        const own = cell(k, k.thread, units, count);
        return value(k, own, () => k.own(into, own));
      }
      const [row, unit] = divided(k.head, k, k.thread, units);
      const [example, slot] = divided(k.head, k, row, history);
      const held = env.get(into)!;
      const old = 'constant' in held ? literal(held.constant) : k.element(held.array, `${held.base} + ${example} * ${held.stride} + ${slot} * ${units} + ${unit}`); // prettier-ignore
      const result = k.fresh('t');
      k.line(`let ${result} = ${old};`);
      k.block(`if (${slot} == ${k.place(history, at)})`, () => {
        const index = k.fresh('i');
        k.head(`const ${index} = ${example} * ${units} + ${unit};`);
        k.line(`${result} = ${value(k, { i: index, e: () => example, u: () => unit }, () => result)};`);
      });
      return result;
    });
    env.set(into, { array, base: 0, stride: batch ? units * history : 0 });
  }

  /** Puts small arrays behind one another, and every view of them over what they make. */
  function fit(names: readonly string[]): void {
    if (period > 1) names = [...names, tick];
    for (;;) {
      const arrays = new Set<number>();
      for (const name of names) {
        const at = env.get(name);
        if (at && 'array' in at) arrays.add(at.array);
      }
      if (arrays.size <= mostArrays) return;
      const small = [...arrays].toSorted((a, b) => lengths[a]! - lengths[b]!).slice(0, Math.min(mostArrays, arrays.size - mostArrays + 1)); // prettier-ignore
      const begins: number[] = [];
      let length = 0;
      for (const array of small) {
        begins.push(length);
        length += lengths[array]!;
      }
      const packed = kernel(length, (k) => {
        const result = k.fresh('t');
        k.line(`let ${result} = 0.0;`);
        small.forEach((array, index) => {
          const test = `if (x >= ${begins[index]} && x < ${begins[index]! + lengths[array]!})`;
          k.block(test, () => k.line(`${result} = ${k.element(array, `x - ${begins[index]}`)};`));
        });
        return result;
      });
      for (const [name, at] of env)
        if ('array' in at && small.includes(at.array))
          env.set(name, { ...at, array: packed, base: at.base + begins[small.indexOf(at.array)]! });
    }
  }

  return { used, tiling, env, calls, lengths, info, examples, fit, kernel, cell, write, view };
}
