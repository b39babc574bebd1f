// The health of a run: what usually goes wrong in a spiking network, each with a hint. It judges; it changes nothing.
import type { Machine, Values } from '../backends/backend.ts';
import type { Examples } from '../data/dataset.ts';
import type { Model, Population } from '../model/model.ts';
import type { Sequence } from '../program/program.ts';
import type { Recipe } from './rule.ts';
import { countWrong, type Evaluation, feeder, readOutClock, restore, type TrainState } from './trainer.ts';

export interface HealthItem {
  readonly name: string;
  /** As printed: `0 of 10`, `1.2 %`. */
  readonly value: string;
  /** What to do about it; null when all is well. */
  readonly hint: string | null;
}

/** A unit at this share of the activity its refractory time allows counts as saturated; below the other, as silent. */
const saturatedAbove = 0.9;
const silentBelow = 1e-6;

/** A class is silent when the network (almost) never answers it although it is there. */
const silentShare = 0.02;

/** Largest activity a population can have: one spike a refractory time. */
export function ceilingOf({ activityTime, refractory }: Pick<Population, 'activityTime' | 'refractory'>): number {
  return refractory.duration > 0 ? activityTime / refractory.duration : Infinity;
}

/** The items of the health line, in the order they are printed; what is null was not measured and is left out. */
export function health(
  model: Pick<Model, 'populations'>,
  test: Evaluation,
  unsettled: number | null,
  roundedAway: number | null,
): HealthItem[] {
  const items: HealthItem[] = [];
  if (unsettled !== null)
    items.push({
      name: 'examples not settled',
      value: percent(unsettled),
      hint: unsettled > 0.05 ? 'lengthen phases.predict.duration and phases.free.duration' : null,
    });
  const silent = silentClasses(test);
  items.push({
    name: 'silent output classes',
    value: silent.length === 0 ? '0' : `${silent.length} (${silent.join(', ')})`,
    hint: silent.length > 0 ? 'raise phases.nudge.beta, lower the rates or warm them up (learning.warmup)' : null,
  });
  for (const [population, activities] of Object.entries(test.activities)) {
    const described = model.populations.find(({ name }) => name === population);
    // States of rate units have a sign: a unit of tanh may sit at -1, and one of mean -0.3 is not silent.
    const isRate = described?.kind === 'rate' || described?.kind === 'readout';
    const sizes = isRate ? activities.map(Math.abs) : activities;
    const ceiling = described && described.kind !== 'rate' ? ceilingOf(described) : 1;
    const saturated = share(sizes, (value) => value >= saturatedAbove * ceiling);
    const quiet = share(sizes, (value) => value <= silentBelow);
    items.push({
      name: `saturated units of ${population}`,
      value: percent(saturated),
      hint: saturated > 0.2 ? `lower the init gain or the bias into ${population}` : null,
    });
    items.push({
      name: `silent units of ${population}`,
      value: percent(quiet),
      hint: quiet > 0.2 ? `raise the init gain or the bias of ${population}` : null,
    });
  }
  if (roundedAway !== null)
    items.push({
      name: 'updates rounded to nothing',
      value: percent(roundedAway),
      // A network that makes no mistakes has nothing left to learn.
      hint: roundedAway > 0.2 && test.wrong > 0 ? 'raise learning.rates or the number of weight bits' : null,
    });
  return items;
}

/** One line for a terminal: `health: examples not settled 0.0 %, ... ; hint: ...`. */
export function healthLine(items: readonly HealthItem[]): string {
  const values = items.map(({ name, value }) => `${name} ${value}`).join(', ');
  const hints = items.filter(({ hint }) => hint !== null).map(({ name, hint }) => `${name}: ${hint}`);
  return `health: ${values}` + (hints.length > 0 ? `\nhint: ${hints.join('\nhint: ')}` : '');
}

/** Classes that occur and are answered right in less than one case of fifty. */
export function silentClasses({ confusion, classes }: Pick<Evaluation, 'confusion' | 'classes'>): number[] {
  return recalls({ confusion, classes })
    .map((recall, index) => (recall !== null && recall < silentShare ? index : -1))
    .filter((index) => index >= 0);
}

/** Share of each class that is answered right; null for a class that does not occur. */
export function recalls({ confusion, classes }: Pick<Evaluation, 'confusion' | 'classes'>): (number | null)[] {
  return Array.from({ length: classes }, (_, truth) => {
    const row = confusion.subarray(truth * classes, (truth + 1) * classes);
    const count = row.reduce((sum, value) => sum + value, 0);
    return count === 0 ? null : row[truth]! / count;
  });
}

/** The read-out with its settling time, the part before the last (the window), longer by the whole of it. */
function extended(sequence: Sequence): Sequence | null {
  const settling = sequence[sequence.length - 2];
  if (!settling || settling[1] === 1) return null;
  const steps = sequence.reduce((sum, [, times]) => sum + (times > 1 ? times : 0), 0);
  return sequence.map((part) => (part === settling ? [part[0], part[1] + steps] : part));
}

/**
 * Share of examples that have not settled when the read-out ends: the mean activity of some population still changes, by
 * more than 0.02 and a tenth of itself, when everything is given twice the time.
 */
export async function unsettledShare(
  recipe: Recipe,
  machine: Machine,
  set: Examples,
  options: { seed: number; classes: number; examples: number },
): Promise<number | null> {
  const populations = Object.entries(recipe.activities);
  if (populations.length === 0) return null;
  const feed = feeder(recipe, machine, set, options.classes);
  const longer = extended(recipe.predict);
  if (longer === null) return null;
  const count = Math.min(options.examples, set.count);
  let unsettled = 0;
  for (let begin = 0; begin < count; begin += machine.batch) {
    const indices = Int32Array.from({ length: Math.min(machine.batch, count - begin) }, (_, k) => begin + k);
    const means: Float64Array[][] = [];
    for (const sequence of [recipe.predict, longer]) {
      await feed.write(indices, readOutClock(options.seed));
      await machine.perform(sequence);
      const round: Float64Array[] = [];
      for (const [, buffer] of populations) round.push(meanOfEach(await machine.read(buffer), indices.length));
      means.push(round);
    }
    for (let k = 0; k < indices.length; k++) {
      const moved = populations.some((_, p) => {
        const [once, twice] = [means[0]![p]![k]!, means[1]![p]![k]!];
        return Math.abs(twice - once) > 0.02 + 0.1 * Math.abs(twice);
      });
      if (moved) unsettled += 1;
    }
  }
  machine.use(machine.batch);
  return count === 0 ? 0 : unsettled / count;
}

/** Rates are raised by this to see which updates there would be. */
const magnified = 2 ** 20;

/** So many batches are looked at for one that the network does not read right as a whole. */
const looked = 10;

/**
 * Share of the updates of one batch that are lost in the rounding of the weights: numbers that would move at rates a
 * million times higher and do not move at the present ones. The batch is one with a mistake in it, if there is one early
 * on: what is known already moves nothing but by the rounding of sums. Null for a rule without rates. The state is put
 * back.
 */
export async function roundedShare(
  recipe: Recipe,
  machine: Machine,
  set: Examples,
  options: RoundedOptions,
): Promise<number | null> {
  const { state, seed, classes } = options;
  const count = Math.min(machine.batch, set.count);
  const { epoch, batches, examples } = state;
  const parameters = recipe.parameters({ seed, epoch, batch: batches, examples, batchExamples: count });
  const rates = Object.keys(parameters).filter((name) => name.startsWith('rate'));
  if (rates.length === 0) return null;
  const feed = feeder(recipe, machine, set, classes);
  /** What is learned after one batch from `begin` on, and how many of it were read wrongly. */
  async function after(begin: number, factor: number): Promise<{ learned: Map<string, Values>; wrong: number }> {
    const indices = Int32Array.from({ length: count }, (_, k) => begin + k);
    await restore(recipe, machine, seed, state);
    for (const name in parameters) machine.setParameter(name, parameters[name]! * (rates.includes(name) ? factor : 1));
    await feed.write(indices, readOutClock(seed));
    for (const sequence of recipe.train) await machine.perform(sequence);
    const learned = new Map<string, Values>();
    for (const name of state.learned.keys()) learned.set(name, await machine.read(name));
    return { learned, wrong: countWrong(await machine.read(recipe.trainOutput), indices, set.labels) };
  }
  let begin = 0;
  let small = await after(begin, 1);
  while (small.wrong === 0 && begin + 2 * count <= Math.min(set.count, looked * count))
    small = await after((begin += count), 1);
  const large = await after(begin, magnified);
  await restore(recipe, machine, seed, state);
  await machine.run(recipe.clearCounts);
  machine.use(machine.batch);
  let [meant, lost] = [0, 0];
  for (const [name, before] of state.learned)
    before.forEach((value, k) => {
      if (large.learned.get(name)![k] === value) return;
      meant += 1;
      if (small.learned.get(name)![k] === value) lost += 1;
    });
  return meant === 0 ? 0 : lost / meant;
}

export interface RoundedOptions {
  readonly state: TrainState;
  readonly seed: number;
  readonly classes: number;
}

function meanOfEach(values: ArrayLike<number>, examples: number): Float64Array {
  const units = values.length / examples;
  const means = new Float64Array(examples);
  for (let k = 0; k < values.length; k++) means[Math.floor(k / units)]! += values[k]! / units;
  return means;
}

const percent = (part: number): string => `${(100 * part).toFixed(1)} %`;

function share(values: Float64Array, test: (value: number) => boolean): number {
  return values.length === 0 ? 0 : values.filter(test).length / values.length;
}
