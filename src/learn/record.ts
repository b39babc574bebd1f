// Records examples step by step: runs the recorded slots of a recipe and makes Frames of what a model asks for.
// It writes no file; whoever receives the frames does.
import type { Machine, Values } from '../backends/backend.ts';
import { fillInputs } from '../data/batches.ts';
import type { Examples } from '../data/dataset.ts';
import { SettleError } from '../errors.ts';
import type { Column, Frame } from '../frames/frame.ts';
import type { Model, RecordSpec } from '../model/model.ts';
import { meanField } from './meanField.ts';
import type { Progress, Recipe } from './rule.ts';
import { feeder, readOutClock } from './trainer.ts';

export interface RecordOptions {
  readonly model: Model;
  readonly recipe: Recipe;
  readonly machine: Machine;
  /** The set that example numbers refer to. */
  readonly examples: Examples;
  readonly classes: number;
  readonly run: string;
  readonly progress: Progress;
  /** Instead of what the model records. */
  readonly specs?: readonly RecordSpec[];
  /** About how often the mean field's energy is looked at in a phase (default 60). */
  readonly energySamples?: number;
  readonly signal?: { readonly aborted: boolean } | undefined;
  /** After every phase: the place to let other events happen. */
  between?(): Promise<void> | undefined;
  /** Awaited: a slow receiver slows the recording, nothing piles up. */
  emit(frame: Frame): Promise<void>;
}

/** What a model without `record:` gets: all spikes and the outputs' traces of test example 0. */
export function defaultRecord(model: Model, recipe: Recipe): RecordSpec[] {
  const common = { units: null, interval: model.step, examples: [0], phases: ['free', 'plus', 'minus'] as const };
  const specs: RecordSpec[] = [];
  for (const [population, variables] of Object.entries(recipe.variables))
    if (variables['spikes']) specs.push({ population, variable: 'spikes', ...common });
  const output = model.cost?.on;
  if (output && recipe.variables[output]?.['trace']) specs.push({ population: output, variable: 'trace', ...common });
  return specs;
}

/**
 * Every record of a model has to be one that its rule and its test examples can give.
 * @throws SettleError of kind `input` for a variable that a population does not have, or an example beyond the set
 */
export function checkRecords(model: Model, recipe: Recipe, testExamples: number): void {
  for (const [index, { population, variable, examples }] of model.record.entries()) {
    const beyond = examples.find((example) => example >= testExamples);
    if (beyond !== undefined)
      throw new SettleError('no such test example', {
        kind: 'input', path: `record.${index}.examples`, found: String(beyond), expected: `0 to ${testExamples - 1}`,
      }); // prettier-ignore
    const known = Object.keys(recipe.variables[population ?? ''] ?? {});
    if (known.includes(variable) || (variable === 'energy' && recipe.energy)) continue;
    throw new SettleError(`${population ?? 'the network'} has no such variable to record here`, {
      kind: 'input', path: `record.${index}.variable`, found: variable, expected: known.join(', ') || (recipe.energy ? 'energy, without a population' : 'another population'),
    }); // prettier-ignore
  }
}

/** Energies of a phase are looked at about so many times. */
const usualSamples = 60;

/** Energy of a rate network's states, or of the mean field at the activity traces, if every settling population has one. */
async function energyAt(options: RecordOptions, example: number): Promise<(() => Promise<number>) | null> {
  const { model, recipe, machine, examples } = options;
  const own = recipe.energy;
  if (own)
    return async () => {
      await machine.run(own.slot);
      return (await machine.read(own.buffer))[0]!;
    };
  const neurons = model.populations.filter(({ kind }) => kind !== 'input');
  const traces = neurons.map(({ name }) => recipe.variables[name]?.['trace']);
  const names = [
    ...model.projections.map(({ name }) => `${name}.weight`),
    ...neurons.map(({ name }) => `${name}.bias`),
  ];
  if (!model.cost || neurons.some(({ kind }) => kind === 'rate')) return null;
  if (traces.some((trace) => trace === undefined) || !names.every((name) => machine.program.buffers.has(name)))
    return null;
  const parameters = new Map<string, Values>();
  for (const name of names) parameters.set(name, await machine.read(name));
  const field = meanField(model, parameters);
  const size = examples.inputs.length / examples.count;
  const input = new Float32Array(size);
  fillInputs(examples, [example], input);
  const drive = field.drive(input);
  const activities = new Float64Array(field.units);
  return async () => {
    for (const [index, { name }] of neurons.entries())
      activities.set(await machine.read(traces[index]!), field.offsetOf(name));
    return field.energy(activities, drive);
  };
}

/**
 * Emits the frames of every example that the model records: for each phase its spikes, its samples and its energy.
 * False when the signal came before the last of them.
 */
export async function recordExamples(options: RecordOptions): Promise<boolean> {
  const { model, recipe, machine, examples } = options;
  const specs = options.specs ?? (model.record.length > 0 ? model.record : defaultRecord(model, recipe));
  const parameters = recipe.parameters({ ...options.progress, batchExamples: 1 });
  for (const name in parameters) machine.setParameter(name, parameters[name]!);
  const feed = feeder(recipe, machine, examples, options.classes);
  const wanted = [...new Set(specs.flatMap((spec) => spec.examples))].filter((example) => example < examples.count);
  const stopped = (): boolean => options.signal?.aborted === true;
  for (const example of wanted.sort((a, b) => a - b)) {
    if (stopped()) break;
    await feed.write(Int32Array.of(example), readOutClock(options.progress.seed));
    await recordExample(
      options,
      example,
      specs.filter((spec) => spec.examples.includes(example)),
    );
  }
  await machine.run(recipe.clearCounts);
  machine.use(machine.batch);
  return !stopped();
}

/** What one `record:` entry has gathered in the present phase. */
interface Track {
  readonly spec: RecordSpec;
  readonly buffer: string;
  readonly every: number;
  readonly time: number[];
  readonly unit: number[];
  readonly rows: number[][];
}

async function recordExample(options: RecordOptions, example: number, specs: readonly RecordSpec[]): Promise<void> {
  const { model, recipe, machine } = options;
  const energyOf = await energyAt(options, example);
  let now = 0;
  for (let part = 0; part < recipe.recorded.length;) {
    const { phase } = recipe.recorded[part]!;
    if (phase === null) {
      const { slot, times } = recipe.recorded[part]!;
      await machine.run(slot, times);
      part += 1;
      continue;
    }
    const begin = now;
    const energies: { time: number[]; values: number[] } = { time: [], values: [] };
    const tracks = specs
      .filter((spec) => (spec.phases as readonly string[]).includes(phase))
      .flatMap((spec) => track(spec));
    const asked = specs.some(({ variable, phases }) => variable === 'energy' && phases.includes(phase as 'free'));
    const energy = recipe.energy && !asked ? null : energyOf;
    const every = asked ? 1 : Math.max(1, Math.floor(stepsFrom(part) / (options.energySamples ?? usualSamples)));
    // Parts of one phase that follow each other (settling, window) make one frame; pauses between them are run through.
    for (; part < recipe.recorded.length && (recipe.recorded[part]!.phase ?? phase) === phase; part++) {
      const { slot, times } = recipe.recorded[part]!;
      if (recipe.recorded[part]!.phase === null || (tracks.length === 0 && !asked)) {
        await machine.run(slot, times);
        if (recipe.recorded[part]!.phase !== null) now += times;
        continue;
      }
      for (let step = 0; step < times; step++, now++) {
        await machine.run(slot, 1);
        for (const each of tracks) await sample(each, now);
        if (!energy || (now - begin) % every !== 0) continue;
        const value = await energy();
        if (!Number.isFinite(value)) continue;
        energies.time.push(now);
        energies.values.push(value);
      }
    }
    for (const each of tracks) await options.emit(frameOf(each, begin, phase));
    if (energies.time.length > 0) await options.emit(energyFrame(energies, begin, phase));
    const pause = options.between?.();
    if (pause) await pause;
    if (options.signal?.aborted) return;
  }

  /** Steps of the phase that begins with this part. */
  function stepsFrom(first: number): number {
    let steps = 0;
    for (let k = first; k < recipe.recorded.length; k++) {
      const { phase, times } = recipe.recorded[k]!;
      if (phase !== null && phase !== recipe.recorded[first]!.phase) break;
      if (phase !== null) steps += times;
    }
    return steps;
  }
  function energyFrame({ time, values }: { time: number[]; values: number[] }, begin: number, phase: string): Frame {
    const shape = [time.length];
    const common = { run: options.run, epoch: options.progress.epoch, example, phase, t0: begin, t1: now };
    return {
      kind: 'energy',
      ...common,
      columns: {
        'energy.time': { dtype: 'i32', shape, data: Int32Array.from(time) },
        energy: { dtype: 'f64', shape, data: Float64Array.from(values) },
      },
    };
  }

  function track(spec: RecordSpec): Track[] {
    const buffer = recipe.variables[spec.population ?? '']?.[spec.variable];
    if (!buffer) return [];
    const every = Math.max(1, Math.round(spec.interval / model.step));
    return [{ spec, buffer, every, time: [], unit: [], rows: [] }];
  }
  async function sample({ spec, buffer, every, time, unit, rows }: Track, step: number): Promise<void> {
    if (spec.variable !== 'spikes') {
      if (step % every !== 0) return;
      const values = await machine.read(buffer);
      time.push(step);
      rows.push(spec.units ? spec.units.map((index) => values[index]!) : Array.from(values));
      return;
    }
    const values: Values = await machine.read(buffer);
    const count = (index: number): void => {
      if (values[index] === 0 || values[index] === undefined) return;
      time.push(step);
      unit.push(index);
    };
    if (spec.units) spec.units.forEach(count);
    else for (let index = 0; index < values.length; index++) count(index);
  }
  function frameOf({ spec, time, unit, rows }: Track, begin: number, phase: string): Frame {
    const common = { run: options.run, epoch: options.progress.epoch, example, phase, t0: begin, t1: now };
    const name = `${spec.population}.${spec.variable}`;
    const times: Column = { dtype: 'i32', shape: [time.length], data: Int32Array.from(time) };
    if (spec.variable === 'spikes') {
      const units: Column = { dtype: 'i32', shape: [unit.length], data: Int32Array.from(unit) };
      return { kind: 'spikes', ...common, columns: { [`${name}.time`]: times, [`${name}.unit`]: units } };
    }
    const width = rows[0]?.length ?? spec.units?.length ?? 0;
    const units = spec.units ?? Array.from({ length: width }, (_, index) => index);
    return {
      kind: 'samples',
      ...common,
      columns: {
        [`${name}.time`]: times,
        [`${name}.unit`]: { dtype: 'i32', shape: [width], data: Int32Array.from(units) },
        [name]: { dtype: 'f32', shape: [rows.length, width], data: Float32Array.from(rows.flat()) },
      },
    };
  }
}
