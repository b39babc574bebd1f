// From a trained run to a folder that a chip team can run: integer network, vectors, reference core, bench, and how well the
// integers read the test set beside the floats. What the chip cannot hold is refused before anything is written.
import { chmodSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { Examples } from '../data/dataset.ts';
import { loadDataSet } from '../data/load.node.ts';
import { reasonOf, SettleError } from '../errors.ts';
import { readBytes, sha256 } from '../frames/files.node.ts';
import { contrastExample, type ContrastPlan, contrastPlan, learnt, player } from '../hardware/neurons/contrast.ts';
import { type IntegerNetwork, totals } from '../hardware/neurons/network.ts';
import type { Profile } from '../hardware/profile/profile.ts';
import { readProfile } from '../hardware/profile/profileRead.node.ts';
import {
  type IntegerReading,
  largestDrive,
  type Presenter,
  presenter,
  readOut,
  valuesOf,
} from '../hardware/neurons/readOut.ts';
import { substituted } from '../hardware/pass/substitute.ts';
import type { Converted, Learned } from '../hardware/neurons/layout.ts';
import { chipOf, toInteger } from '../hardware/neurons/toInteger.ts';
import { readOutClock } from '../learn/trainer.ts';
import type { Model } from '../model/model.ts';
import { readModel } from '../model/read.node.ts';
import { type Hardware, hardwareOf } from '../trace/rtl/bundle.ts';
import { type Coverage, coverageOf, coverageText } from '../trace/rtl/coverage.ts';
import { addEdges } from '../trace/rtl/edges.ts';
import { readme, registerMap, type Story } from '../trace/rtl/documents.ts';
import { recorder, type Vectors } from '../trace/rtl/vectors.ts';
import { decodedState } from './checkpoint.node.ts';
import { runFiles } from './folder.node.ts';
import { profileLeft } from './profile.node.ts';
import { simulate } from './simulate.node.ts';

export interface RtlOptions {
  /** Folder of a run. */
  readonly run: string;
  /** Name or path of a profile. */
  readonly profile: string;
  readonly out: string;
  /** Test examples in the vectors (with `learning`: one training example). */
  readonly examples: number;
  readonly learning: boolean;
  /** Test examples that both networks read; null: all, 0: none. */
  readonly accuracy: number | null;
}

export interface RtlResult {
  readonly schema: 'settle-rtl/1';
  readonly model: string;
  readonly profile: string;
  readonly ticks: number;
  readonly spikes: number;
  readonly weightsInside: number;
  readonly weightsLearned: number;
  /** Shares of wrong answers of both networks on the same test examples; null where they were not read. */
  readonly accuracy: { readonly examples: number; readonly floatError: number; readonly integerError: number } | null;
  readonly notes: readonly string[];
  readonly notMet: readonly string[];
}

/** A run's integer network, and how to show it examples. */
export interface IntegerRun {
  /** As it was trained, and as the chip holds it. */
  readonly asked: Model;
  readonly model: Model;
  readonly changes: readonly string[];
  readonly learned: Learned;
  readonly profile: Profile;
  readonly converted: Converted;
  readonly presenter: Presenter;
  readonly train: Examples;
  readonly test: Examples;
}

/** @throws SettleError of kind `input` for no run, or a network that the profile's chip cannot hold */
export function openInteger(run: string, profileName: string): IntegerRun & { readonly profileText: string } {
  const { profile, text } = readProfile(profileName);
  chipOf(profile);
  const [modelFile, checkpoint] = [join(run, runFiles.model), join(run, runFiles.checkpoint)];
  for (const file of [modelFile, checkpoint])
    if (!existsSync(file))
      throw new SettleError('not the folder of a trained run', {
        kind: 'input', file: run, found: `no ${file.slice(run.length + 1)}`, expected: 'what settle run leaves',
      }); // prettier-ignore
  const asked = readModel(modelFile).model;
  const { model, changes } = substituted(asked, profile);
  const { learned } = decodedState(checkpoint).state;
  const weights = learned as Learned;
  const data = loadDataSet(model.data);
  const notes = changes.map(
    ({ of, what, wanted, given }) => `${of === '' ? '' : `${of}: `}${what} ${given} instead of ${wanted}`,
  );
  const converted = toInteger(model, weights, profile, { largestDrive: largestDrive(model, weights, data.test) });
  const substitute = profile.substitutes.inputCurrent === 'poisson' ? 'poisson' : 'regular';
  const shown = presenter(model, weights, converted, readOutClock(model.seed), substitute);
  return { asked, changes: notes, model, learned: weights, profile, converted, presenter: shown, train: data.train, test: data.test, profileText: text }; // prettier-ignore
}

/** The integer network's reading of its test set: error, spikes, counts of every edge by neuron. */
export function integerAccuracy({ converted, presenter: shown, test }: IntegerRun, count = test.count): IntegerReading {
  return readOut(converted.network, shown, test, Math.min(count, test.count));
}

/** Writes the folder. @throws SettleError of kind `input` before anything is written */
export async function exportRtl(options: RtlOptions): Promise<RtlResult> {
  const chip = chipOf(readProfile(options.profile).profile);
  if (chip !== 'loihi-1' && chip !== 'tiny-odin')
    throw new SettleError('no RTL of this chip', { kind: 'input', path: '--profile', found: options.profile, expected: 'loihi-1, tiny-odin, or a profile with their arithmetic' }); // prettier-ignore
  const open = openInteger(options.run, options.profile);
  const { model, learned, converted, profile } = open;
  const made = options.learning ? learningVectors(open) : inferenceVectors(open, options.examples);
  const hardware = hardwareOf(made.network, made.vectors, made.update);
  const accuracy = await accuracies(open, options);
  const learnedMatrices = model.projections.map(({ name }) => [name, learned.get(`${name}.weight`)?.length ?? 0] as const); // prettier-ignore
  const inside = learnedMatrices.filter(([name]) => converted.blocks.some((block) => sameMatrix(block.name, name))).reduce((sum, [, count]) => sum + count, 0); // prettier-ignore
  const total = learnedMatrices.reduce((sum, [, count]) => sum + count, 0);
  const coverage = coverageOf(made.network, made.vectors.counts, made.vectors.ticks);
  const notes = [...open.changes, ...converted.notes, ...made.notes];
  const story: Story = {
    model: model.name, profile: profile.name, network: made.network, hardware, vectors: made.vectors, notes, share: inside / total,
    learning: made.update && made.network.blocks.map(({ name }, k) => ({ name, shift: made.update!.shifts[k] ?? null })),
    examples: made.examples, edges: made.edges,
  }; // prettier-ignore
  const { files } = hardware;
  files.set('README.md', readme(story));
  files.set('regmap.md', registerMap(story));
  files.set('coverage.md', coverageText(coverage));
  files.set('coverage.json', `${JSON.stringify(coverage, null, 1)}\n`);
  const result: RtlResult = {
    schema: 'settle-rtl/1', model: model.name, profile: profile.name, ticks: made.vectors.ticks, spikes: made.vectors.spikes,
    weightsInside: inside, weightsLearned: total, accuracy, notes, notMet: coverage.notMet,
  }; // prettier-ignore
  files.set('manifest.yaml', manifest(options, open, made, hardware, result, coverage));
  writeFolder(options.out, files);
  return result;
}

const sameMatrix = (block: string, projection: string): boolean => {
  const [from, to] = projection.split(/<?->/) as [string, string];
  return block === `${from}->${to}` || (projection.includes('<->') && block === `${to}->${from}`);
};

interface Made {
  readonly network: IntegerNetwork;
  readonly vectors: Vectors;
  readonly update: { readonly shifts: readonly (number | null)[]; readonly weightsAfter: readonly Int16Array[] } | null;
  readonly examples: number;
  /** Examples made to reach edges, after the others. */
  readonly edges: number;
  readonly notes: readonly string[];
}

function inferenceVectors({ converted: { network }, presenter: shown, test }: IntegerRun, examples: number): Made {
  if (examples > test.count)
    throw new SettleError('the test set has fewer examples', { kind: 'input', path: '--examples', found: String(examples), expected: `at most ${test.count}` }); // prettier-ignore
  const into = recorder(network);
  for (let k = 0; k < examples; k++) {
    const { stimulus, biases } = shown.show(valuesOf(test, k), k);
    into.clear(k);
    if (biases) into.biases(biases);
    into.run(stimulus);
  }
  const edges = addEdges(network, into, examples);
  return { network, vectors: into.finish(), update: null, examples, edges, notes: [] };
}

/** Training examples that are tried for the vectors of learning. */
const tried = 20;

function learningVectors({ model, learned, converted, presenter: shown, train }: IntegerRun): Made {
  const asked = contrastPlan(model, learned, converted);
  const ticks = asked.ticks.free + asked.ticks.nudge;
  const stimulusOf = (example: number) => shown.show(valuesOf(train, example), example, ticks).stimulus;
  const by = player(asked.network);
  const tries = Array.from({ length: Math.min(tried, train.count) }, (_, k) => contrastExample(asked, by, stimulusOf(k), train.labels[k]!)); // prettier-ignore
  /** Registers that an example moves in each block that learns. */
  const moved = (plan: ContrastPlan, counts: (typeof tries)[number]): number[] =>
    learnt(plan, plan.network, counts).blocks.flatMap(({ registers }, k) =>
      plan.shifts[k] === null ? [] : [registers.filter((value, at) => value !== plan.network.blocks[k]!.registers[at]).length],
    ); // prettier-ignore
  // On a coarse grid one example's share of a batch moves nothing: the shifts are lowered until one moves every block.
  for (let lower = 0; lower < 18; lower++) {
    const plan = { ...asked, shifts: asked.shifts.map((shift) => shift && Math.max(0, shift - lower)) };
    const chosen = tries.findIndex((counts) => Math.min(...moved(plan, counts)) > 0);
    if (chosen < 0) continue;
    const into = recorder(plan.network);
    const counts = contrastExample(plan, into, stimulusOf(chosen), train.labels[chosen]!, chosen);
    into.note('update');
    const weightsAfter = learnt(plan, plan.network, counts).blocks.map(({ registers }) => registers);
    const notes = [
      ...plan.notes,
      `training example ${chosen}, a ${train.labels[chosen]}, moves ${moved(plan, counts).reduce((a, b) => a + b, 0)} weight registers`,
      ...(lower > 0 ? [`the shifts are ${lower} less than the rates of a batch of ${model.data.batch} ask for, at which none of ${tries.length} examples moves a register of every block`] : []),
    ]; // prettier-ignore
    return { network: plan.network, vectors: into.finish(), update: { shifts: plan.shifts, weightsAfter }, examples: 1, edges: 0, notes }; // prettier-ignore
  }
  throw new SettleError('no example moves a weight of every block', {
    kind: 'input', path: '--learning', found: `${tries.length} training examples`, expected: 'a nudge that changes spike counts: a larger phases.nudge.beta',
  }); // prettier-ignore
}

async function accuracies(open: IntegerRun, { accuracy, run }: RtlOptions): Promise<RtlResult['accuracy']> {
  const count = Math.min(accuracy ?? Infinity, open.test.count);
  if (count === 0) return null;
  const { wrong } = integerAccuracy(open, count);
  const file = join(run, runFiles.checkpoint);
  const float = await simulate({
    model: open.asked,
    profile: profileLeft(run),
    examples: count,
    from: { file, state: decodedState(file).state },
  });
  return { examples: count, floatError: float!.testError, integerError: wrong / count };
}

function manifest(options: RtlOptions, { converted, profileText, model }: ReturnType<typeof openInteger>, made: Made, { sizes, files, top }: Hardware, result: RtlResult, coverage: Coverage): string {
  const { network, vectors } = made;
  return stringify({
    settleRtl: 1, model: model.name, checkpointSha256: sha256(readBytes(join(options.run, runFiles.checkpoint))),
    profile: { name: result.profile, sha256: sha256(profileText) }, chip: network.registers.chip, top,
    examples: made.examples, edgeExamples: made.edges, ticks: vectors.ticks, tickSeconds: network.step, spikes: vectors.spikes, inputEvents: vectors.events,
    inputs: network.inputs, populations: network.populations,
    widths: { sender: sizes.senderBits, neuron: sizes.neuronBits, weightAddress: sizes.weightBits, state: sizes.stateBits, stimWord: 20, expectedWord: sizes.stateBits + 4 },
    weights: { learned: result.weightsLearned, inside: result.weightsInside, share: result.weightsInside / result.weightsLearned },
    blocks: converted.blocks, accuracy: result.accuracy, notes: result.notes,
    learning: made.update && { shifts: made.update.shifts, rounding: 'to the nearest, halves up', overflow: 'saturate at 8 bits' },
    coverage: Object.fromEntries(coverage.edges.map(({ edge, count, neurons }) => [edge, { count, neurons }])), totals: totals(vectors.counts),
    files: Object.fromEntries([...files].map(([name, text]) => [name, sha256(text)])),
  });
} // prettier-ignore

/** The whole folder or nothing. */
function writeFolder(path: string, files: ReadonlyMap<string, string>): void {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    mkdirSync(temporary, { recursive: true });
    for (const [name, text] of files) writeFileSync(join(temporary, name), text);
    chmodSync(join(temporary, 'run.sh'), 0o755);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { recursive: true, force: true });
    throw new SettleError(`cannot write: ${reasonOf(error)}`, { kind: 'environment', file: path });
  }
}
