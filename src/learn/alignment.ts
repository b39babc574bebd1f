// How far a rule's update points where a named gradient points: angles by layer on a fixed batch of training examples.
// It measures what the rule's probe leaves in its buffers; it trains nothing and knows no rule.
import type { Machine, Values } from '../backends/backend.ts';
import type { Examples } from '../data/dataset.ts';
import { SettleError } from '../errors.ts';
import type { Probe, Progress, Recipe } from './rule.ts';
import { feeder, readOutClock } from './trainer.ts';

/** Between two matrices as vectors; all null where one of them is 0 or not finite. */
export interface Angle {
  readonly cosine: number | null;
  /** Degrees, 0 to 180. */
  readonly angle: number | null;
  /** Length of the first over that of the second. */
  readonly ratio: number | null;
}

export interface Alignment {
  readonly reference: Probe['reference'];
  /** Examples that the mean update is of. */
  readonly examples: number;
  /** The rule's update against the reference's, by projection. */
  readonly layers: Readonly<Record<string, Angle>>;
  /** Pairs of weights, feedback against forward, by layer. */
  readonly weights: Readonly<Record<string, Angle>>;
}

/** Training examples, from the first on, that the mean update is taken over. */
export const probeExamples = 500;

/** The angle between two matrices of equal size, summed in float64. */
export function angleBetween(a: ArrayLike<number>, b: ArrayLike<number>): Angle {
  if (a.length !== b.length) throw new RangeError(`an angle between ${a.length} and ${b.length} numbers`);
  let [aa, bb, ab] = [0, 0, 0];
  for (let k = 0; k < a.length; k++) {
    aa += a[k]! * a[k]!;
    bb += b[k]! * b[k]!;
    ab += a[k]! * b[k]!;
  }
  if (!(aa > 0 && bb > 0 && Number.isFinite(aa) && Number.isFinite(bb)))
    return { cosine: null, angle: null, ratio: null };
  const cosine = Math.min(1, Math.max(-1, ab / Math.sqrt(aa) / Math.sqrt(bb)));
  return { cosine, angle: (Math.acos(cosine) * 180) / Math.PI, ratio: Math.sqrt(aa) / Math.sqrt(bb) };
}

/** b [n, m] read as its transpose [m, n]. */
function transposed(b: ArrayLike<number>, [rows, columns]: readonly [number, number]): Float64Array {
  const turned = new Float64Array(b.length);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) turned[j * rows + i] = b[i * columns + j]!;
  return turned;
}

export interface AlignmentOptions {
  readonly recipe: Recipe;
  readonly machine: Machine;
  /** The training set. */
  readonly examples: Examples;
  readonly classes: number;
  readonly progress: Omit<Progress, 'batchExamples'>;
}

/**
 * Runs the probe over the first 500 training examples and compares the mean updates (of the whole 500, weighted by batch).
 * Null for a recipe without a probe.
 * @throws SettleError of kind `defect` for a probe that moves what the rule learns
 */
export async function alignment(options: AlignmentOptions): Promise<Alignment | null> {
  const { recipe, machine, examples, classes, progress } = options;
  const { probe } = recipe;
  if (!probe) return null;
  const before = await learnedValues(recipe, machine);
  const feed = feeder(recipe, machine, examples, classes);
  const count = Math.min(probeExamples, examples.count);
  const sums = probe.layers.map(({ own, reference }) => ({ own: zeros(machine, own), reference: zeros(machine, reference) })); // prettier-ignore
  for (let begin = 0; begin < count; begin += machine.batch) {
    const indices = Int32Array.from({ length: Math.min(machine.batch, count - begin) }, (_, k) => begin + k);
    await feed.write(indices, readOutClock(progress.seed));
    const parameters = recipe.parameters({ ...progress, batchExamples: indices.length });
    for (const name in parameters) machine.setParameter(name, parameters[name]!);
    await machine.perform(probe.sequence);
    for (const [k, layer] of probe.layers.entries())
      for (const side of ['own', 'reference'] as const) {
        const values = await machine.read(layer[side]);
        const sum = sums[k]![side];
        for (let i = 0; i < sum.length; i++) sum[i]! += (indices.length / count) * values[i]!;
      }
  }
  const layers = Object.fromEntries(
    probe.layers.map(({ layer }, k) => [layer, angleBetween(sums[k]!.own, sums[k]!.reference)]),
  );
  const weights: Record<string, Angle> = {};
  for (const { layer, a, b, transposed: turned } of probe.weights ?? []) {
    const [left, right] = [await machine.read(a), await machine.read(b)];
    const [rows = 1, columns = 1] = machine.program.buffers.get(b)!.shape;
    weights[layer] = angleBetween(left, turned ? transposed(right, [rows, columns]) : right);
  }
  await machine.run(recipe.clearCounts);
  machine.use(machine.batch);
  for (const [name, values] of await learnedValues(recipe, machine))
    if (values.some((value, k) => !Object.is(value, before.get(name)![k])))
      throw new SettleError(`the probe of the rule changed ${name}, which it may not`, { kind: 'defect' });
  return { reference: probe.reference, examples: count, layers, weights };
}

function zeros(machine: Machine, buffer: string): Float64Array {
  return new Float64Array(machine.program.buffers.get(buffer)!.shape.reduce((a, b) => a * b, 1));
}

async function learnedValues(recipe: Recipe, machine: Machine): Promise<Map<string, Values>> {
  const learned = new Map<string, Values>();
  for (const name of recipe.learned) learned.set(name, await machine.read(name));
  return learned;
}

/** An alignment as metrics.jsonl keeps it. */
export interface AlignmentLine {
  readonly kind: 'alignment';
  readonly epoch: number;
  readonly examples: number;
  readonly reference: string;
  readonly probeExamples: number;
  readonly layers: Readonly<Record<string, Angle>>;
  /** Absent where a rule has no weights of its own to compare. */
  readonly weights?: Readonly<Record<string, Angle>>;
}

/** The line of metrics.jsonl: figures to nine digits, so that no last bit of a host's arc cosine gets into a file. */
export function alignmentLine(found: Alignment, epoch: number, examples: number): AlignmentLine {
  const told = (angles: Readonly<Record<string, Angle>>): Readonly<Record<string, Angle>> =>
    Object.fromEntries(
      Object.entries(angles).map(([layer, { cosine, angle, ratio }]) => [
        layer,
        { cosine: fine(cosine), angle: fine(angle), ratio: fine(ratio) },
      ]),
    );
  const { reference, layers, weights } = found;
  return {
    kind: 'alignment',
    epoch,
    examples,
    reference,
    probeExamples: found.examples,
    layers: told(layers),
    ...(Object.keys(weights).length > 0 ? { weights: told(weights) } : {}),
  };
}

const fine = (value: number | null): number | null => (value === null ? null : Number(value.toPrecision(9)));
