// Where each buffer of a Program lies in linear memory. Rows are padded to whole vectors of 16 bytes; nothing runs here.
import { SettleError } from '../../errors.ts';
import { elements } from '../../program/builder.ts';
import type { Buffer, Conv, Operation, Program } from '../../program/program.ts';

/** The first page holds control words (threads.ts) and a table of patterns, before the first buffer. */
const firstAddress = 65536;
/** Sixteen byte patterns that move the set lanes of a mask to the front. */
export const compressTable = 256;
/** Counts that stand before a thread's lists in its scratch memory. */
export const listsBytes = 64;
/** The most examples that go through a part together where its products are dense: three tiles of four. */
export const blockExamples = 12;
/** The rows of a shared buffer that a thread does at a time. */
export const rowsPerTask = 48;
/** Arrays of sums of a task's rows that a kernel's outer product keeps: kernels/pictures.ts. */
const levelsOfSums = 3;
const pageBytes = 65536;

/** Words of the control block at address 0 (32-bit). */
export const words = {
  /** Rises by one for each command; workers sleep on it. */
  command: 0,
  /** Rises by one when all threads have passed a barrier. */
  barrier: 1,
  arrived: 2,
  next: 3,
  plan: 4,
  stop: 5,
  examples: 6,
  failed: 7,
  /** The clock's step at the last `mark`. */
  marked: 8,
  /** How often a plan of one slot runs it. */
  times: 9,
} as const;

export interface Place {
  readonly buffer: Buffer;
  readonly address: number;
  /** Rows of one array, units in a row, vectors of 4 in a padded row. */
  readonly rows: number;
  readonly units: number;
  readonly vectors: number;
  /** Bytes from one ring slot to the next, and from one example to the next (0 for shared buffers). */
  readonly ringStride: number;
  readonly exampleStride: number;
}

/**
 * How a copy of weights lies: `transposed` rows for `deliverBack`; `panels` of columns, each with its rows one after the
 * other, for a dense `gather`; panels of the transposed matrix for a dense `gatherBack`.
 */
export type MirrorForm = 'transposed' | 'panels' | 'transposedPanels';

/** A copy of weights that this backend keeps beside them. */
export interface Mirror {
  readonly weight: string;
  readonly form: MirrorForm;
  /** Rows and vectors of the mirrored matrix (post and pre exchanged where it is transposed). */
  readonly place: Place;
}

export interface Layout {
  /** Dense products use relaxed SIMD's multiply-add. */
  readonly fused: boolean;
  /** Examples there is room for. */
  readonly batch: number;
  readonly places: ReadonlyMap<string, Place>;
  readonly parameterIndex: ReadonlyMap<string, number>;
  readonly mirrors: readonly Mirror[];
  readonly scratch: number;
  /** Of a thread's scratch memory: what lists take, before what pictures do. */
  readonly listBytes: number;
  readonly scratchBytes: number;
  readonly bytes: number;
  readonly pages: number;
}

function align(value: number, to: number): number {
  return Math.ceil(value / to) * to;
}

export function layout(program: Program, batch: number, threads: number, fused = false): Layout {
  let next = firstAddress;
  function place(buffer: Buffer): Place {
    const units = buffer.shape.at(-1) ?? 1;
    const rows = elements(buffer) / units;
    const vectors = Math.ceil(units / 4);
    const ringStride = rows * vectors * 16;
    // A vector of slack behind each example: lists are written four entries at a time.
    const exampleStride = buffer.batch ? ringStride * buffer.history + 16 : 0;
    const address = next;
    next = align(next + (buffer.batch ? exampleStride * batch : ringStride * buffer.history), 64);
    return { buffer, address, rows, units, vectors, ringStride, exampleStride };
  }
  const places = new Map([...program.buffers].map(([name, buffer]) => [name, place(buffer)]));
  const mirrors: Mirror[] = [];
  let terms = 1;
  let widest = 1;
  let [pictures, channels, sums] = [0, 0, 0];
  for (const operation of [...program.slots.values()].flat()) {
    if (operation.op === 'outer') {
      terms = Math.max(terms, operation.terms.length);
      const { buffer, vectors } = places.get(operation.into)!;
      if (buffer.conv) sums = Math.max(sums, levelsOfSums * rowsPerTask * vectors * 16);
    }
    const form = formOf(operation);
    if (!form) continue;
    const { weight } = operation as { weight: string };
    const { conv } = program.buffers.get(weight)!;
    if (conv) [pictures, channels] = [Math.max(pictures, scratchOf(conv)), Math.max(channels, conv.into[2])];
    else if ('from' in operation) widest = Math.max(widest, places.get(operation.from)!.units);
    if (mirrors.some((mirror) => mirror.weight === weight && mirror.form === form)) continue;
    const { shape } = program.buffers.get(weight)!;
    const own = form === 'panels' ? shape : [...shape].reverse();
    mirrors.push({ weight, form, place: place({ name: weight, shape: own, dtype: 'real', batch: false, history: 1 }) });
  }
  const entries = Math.max(blockExamples * (widest + 4), placesTogether * (channels + 4));
  const listBytes = align(listsBytes + Math.max(32 * batch * terms, 8 * entries, sums), 64);
  const scratchBytes = align(listBytes + pictures, 64);
  const scratch = next;
  next += scratchBytes * threads;
  if (next > 2 ** 32 - pageBytes)
    throw new SettleError('the model needs more memory than WebAssembly can address', {
      kind: 'input', found: `${(next / 2 ** 30).toFixed(1)} GiB`, expected: 'under 4 GiB', hint: 'a smaller data.batch or population',
    }); // prettier-ignore
  const parameterIndex = new Map(program.parameters.map((name, index) => [name, index]));
  return {
    fused,
    batch,
    places,
    mirrors,
    parameterIndex,
    scratch,
    listBytes,
    scratchBytes,
    bytes: next,
    pages: Math.ceil(next / pageBytes),
  };
}

/** Places whose patches are made together on a kernel's way back; a list of non-zeros has room for as many. */
export const placesTogether = 16;

/** Bytes of a picture with its zeros, and a line to spare. */
export function pictureBytes({ from, padding }: Conv): number {
  return align((from[0] + 2 * padding) * (from[1] + 2 * padding) * from[2] * 4, 64) + 64;
}

/** Bytes of a thread's scratch memory that a kernel needs: a picture, and all results or some patches in padded rows. */
function scratchOf(conv: Conv): number {
  const [rows, columns, out] = conv.into;
  const results = rows * columns * align(out * 4, 16);
  const patches = placesTogether * align(conv.size ** 2 * conv.from[2] * 4, 16);
  return pictureBytes(conv) + Math.max(results, patches);
}

/** The copy of its weights that an operation reads, if it reads one. */
export function formOf(operation: Operation): MirrorForm | null {
  if (operation.op === 'deliverBack') return 'transposed';
  if (operation.op === 'gather' && !operation.list) return 'panels';
  return operation.op === 'gatherBack' ? 'transposedPanels' : null;
}

export function mirrorOf(layout: Layout, weight: string, form: MirrorForm): Place {
  return layout.mirrors.find((mirror) => mirror.weight === weight && mirror.form === form)!.place;
}

/** The table at `compressTable`: for each mask of four lanes, the bytes of its set lanes first. */
export function compressPatterns(): Uint8Array {
  const table = new Uint8Array(256);
  for (let mask = 0; mask < 16; mask++) {
    const lanes = [0, 1, 2, 3].filter((lane) => (mask >> lane) & 1);
    lanes.forEach((lane, k) => {
      for (let byte = 0; byte < 4; byte++) table[mask * 16 + k * 4 + byte] = lane * 4 + byte;
    });
  }
  return table;
}
