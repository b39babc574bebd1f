// Small tasks made from a seed, for tests and first steps. Inputs lie in [0, 1].
import { uniform24 } from '../math/random.ts';
import type { Examples } from './dataset.ts';

/** Makes one example: writes its inputs and returns its class. `u(k)` is the k-th uniform number of this example. */
type Maker = (u: (k: number) => number, out: Float32Array) => number;

export interface Task {
  readonly shape: readonly number[];
  readonly classes: number;
  readonly make: Maker;
}

const clamp = (value: number): number => Math.min(1, Math.max(0, value));
/** Roughly normal noise of unit size: the sum of three uniforms, made symmetric. */
const noise = (u: (k: number) => number, k: number): number => 2 * (u(k) + u(k + 1) + u(k + 2) - 1.5);

/** Two interleaved half circles. */
function moons(u: (k: number) => number, out: Float32Array): number {
  const label = u(0) < 0.5 ? 0 : 1;
  const angle = Math.PI * u(1);
  const x = label === 0 ? Math.cos(angle) : 1 - Math.cos(angle);
  const y = label === 0 ? Math.sin(angle) : 0.5 - Math.sin(angle);
  out[0] = clamp((x + 1.25 + 0.1 * noise(u, 2)) / 3.5);
  out[1] = clamp((y + 0.75 + 0.1 * noise(u, 5)) / 2);
  return label;
}

/** Exclusive or: points near the corners of the unit square; both bits and their opposites are inputs. */
function xor(u: (k: number) => number, out: Float32Array): number {
  const [a, b] = [u(0) < 0.5 ? 0 : 1, u(1) < 0.5 ? 0 : 1];
  out[0] = clamp(0.1 + 0.8 * a + 0.05 * noise(u, 2));
  out[1] = clamp(0.1 + 0.8 * b + 0.05 * noise(u, 5));
  out[2] = 1 - out[0];
  out[3] = 1 - out[1];
  return a ^ b;
}

/** One bar across or down a picture of side x side, with noise; the class is its place (rows, then columns). */
export function bars(side: number): Task {
  function make(u: (k: number) => number, out: Float32Array): number {
    const label = Math.floor(u(0) * 2 * side);
    for (let row = 0; row < side; row++)
      for (let column = 0; column < side; column++) {
        const on = label < side ? row === label : column === label - side;
        const k = row * side + column;
        out[k] = clamp((on ? 0.9 : 0.05) + 0.1 * (u(1 + k) - 0.5));
      }
    return label;
  }
  return { shape: [side, side], classes: 2 * side, make };
}

export const tasks: Readonly<Record<string, Task>> = {
  moons: { shape: [2], classes: 2, make: moons },
  xor: { shape: [4], classes: 2, make: xor },
  bars: bars(4),
};

/** Data sets do not change with a run's seed: they have their own. */
const dataSeed = 20_000;

/** `count` examples of a task from a seed; `part` keeps training and test sets apart. */
export function synthesise(task: Task, count: number, part: 0 | 1, seed: number = dataSeed): Examples {
  const size = task.shape.reduce((a, b) => a * b, 1);
  const inputs = new Float32Array(count * size);
  const labels = new Uint8Array(count);
  for (let example = 0; example < count; example++)
    labels[example] = task.make(
      (k) => uniform24(seed, part, example, k, 0),
      inputs.subarray(example * size, (example + 1) * size),
    );
  return { count, shape: task.shape, inputs, scale: 1, labels };
}
