// What rules on settling networks share: the free phase, what is held at its end, read-outs, initial values, rates. A rule
// adds what follows the free phase. It makes no direction of descent.
import { energyBuffer, energyOps } from '../engine/energy.ts';
import { settling, type SettlingNetwork, targetBuffer } from '../engine/settling.ts';
import { SettleError } from '../errors.ts';
import type { Model, Population } from '../model/model.ts';
import { matrixOf } from '../model/shapes.ts';
import type { Builder } from '../program/builder.ts';
import { macsOf } from '../program/macs.ts';
import type { Operation, Sequence } from '../program/program.ts';
import { initialBias, initialWeights } from './initial.ts';
import type { Learned } from './optimiser.ts';
import type { Demands, Kept, Probe, Progress, Recipe, RecordedPart } from './rule.ts';
import { rateNames, rateOf, ratesAt } from './schedule.ts';

export interface SettlingBase {
  readonly network: SettlingNetwork;
  readonly learned: readonly Learned[];
  /** begin, rest, the free steps, and slot `hold`, in which `hold` puts operations. */
  readonly free: Sequence;
  hold(...operations: Operation[]): void;
  recipe(parts: RecipeParts): Recipe;
}

export interface RecipeParts {
  readonly train: Sequence;
  /** Buffers that the optimiser keeps. */
  readonly state: readonly string[];
  readonly demands: Demands;
  /** What follows the free phase in a record; nothing where the nudged phases change more than states. */
  readonly nudged?: readonly RecordedPart[];
  readonly probe?: Probe | null;
  /** Parameters beside the rates and `perExample`. */
  parameters?(progress: Progress): Record<string, number>;
}

/** Free steps between two looks at a tolerance. */
const lookEvery = 5;

/** Declares the network and the slots begin, rest, free, hold, restore, answer. @throws SettleError of kind `input` */
export function settlingBase(builder: Builder, model: Model, rule: string): SettlingBase {
  const { phases, cost } = model;
  if (!cost) throw cannot(rule, 'cost', 'no cost', 'cost: { on: OUTPUT, text: ... }');
  if (model.populations.every(({ kind }) => kind !== 'rate'))
    throw cannot(rule, 'populations', 'no population that settles', 'one of kind rate');
  const network = settling(builder, model);
  const { inputs, settled, readout, stateOf } = network;
  if (inputs.length !== 1) throw cannot(rule, 'populations', `${inputs.length} input populations`, 'one');
  const input = inputs[0]!;
  const output = readout ?? settled.find(({ name }) => name === cost.on)!;
  for (const parameter of ['perExample', ...rateNames(model)]) builder.parameter(parameter);
  const batch = { batch: true };
  const copies = (from: (p: Population) => string, into: (p: Population) => string): Operation[] =>
    settled.map((p) => ({ op: 'copy', from: from(p), into: into(p) }));
  const freeOf = (p: Population): string => `${p.name}.free`;
  for (const p of settled) {
    builder.buffer(freeOf(p), [p.units], batch);
    builder.buffer(`${p.name}.mean`, [p.units], batch);
  }
  /** Keeps the readout's total input under a name of its own. */
  function readAt(what: string): Operation[] {
    if (!readout) return [];
    const into = builder.buffer(`${readout.name}.${what}`, [readout.units], batch);
    return [...network.read(), { op: 'copy', from: `${readout.name}.a`, into }];
  }
  network.addStep('free', null);
  builder.add('hold', ...copies(stateOf, freeOf), ...readAt('free'));
  builder.add('restore', ...copies(freeOf, stateOf));
  builder.add('answer', ...copies(stateOf, (p) => `${p.name}.mean`), ...readAt('mean'));
  builder.add('clearCounts');
  const { tolerance } = phases.free;
  const settle = (steps: number): Sequence[number] =>
    tolerance > 0 ? ['free', steps, { watch: settled.map(stateOf), tolerance, every: lookEvery }] : ['free', steps];
  const recordsEnergy = model.record.some(({ variable }) => variable === 'energy');
  if (recordsEnergy) addEnergy(builder, model, network);
  const freeParts: RecordedPart[] = [
    { phase: null, slot: 'begin', times: 1 },
    { phase: null, slot: 'rest', times: 1 },
    { phase: 'free', slot: 'free', times: phases.free.duration },
    { phase: null, slot: 'hold', times: 1 },
  ];
  const learned = learnedBuffers(model, network);
  const keptBy = (train: Sequence): Kept => ({
    states: settled.map((p) => ({ from: freeOf(p), into: stateOf(p), units: p.units })),
    train: [train.filter(([slot]) => slot !== 'rest')],
  });

  return {
    network,
    learned,
    free: [['begin', 1], ['rest', 1], settle(phases.free.duration), ['hold', 1]],
    hold: (...operations) => builder.add('hold', ...operations),
    recipe: ({ train, state, demands, nudged = [], probe, parameters }) => ({
      train: [train],
      ...(phases.free.start === 'kept' ? { kept: keptBy(train) } : {}),
      predict: [['begin', 1], ['rest', 1], settle(phases.predict.duration), ['answer', 1]],
      input: input.name,
      target: targetBuffer,
      trainOutput: `${output.name}.free`,
      predictOutput: `${output.name}.mean`,
      learned: [...learned.map(({ buffer }) => buffer), ...state],
      initial(seed) {
        const values = new Map<string, Float64Array>();
        model.projections.forEach((projection, index) => {
          const [pre, post] = matrixOf(projection, model.populations);
          values.set(network.weightOf(projection), initialWeights(projection, index, pre, post, seed));
        });
        for (const [index, p] of model.populations.entries())
          if (p.kind !== 'input') values.set(network.biasOf(p), initialBias(p, index, seed));
        return values;
      },
      parameters: (progress) => ({
        ...ratesAt(model, progress),
        perExample: 1 / progress.batchExamples,
        ...parameters?.(progress),
      }),
      spikeLists: {},
      clearCounts: 'clearCounts',
      fanOut: {},
      recorded: recordsEnergy ? [...freeParts, ...nudged] : [],
      variables: {},
      ...(recordsEnergy ? { energy: { slot: 'energy', buffer: energyBuffer } } : {}),
      activities: Object.fromEntries(settled.map(({ name }) => [name, `${name}.mean`])),
      demands,
      macs: macsOf(builder, train),
      ...(probe ? { probe } : {}),
    }),
  };
}

/** @throws SettleError of kind `input` for a network without an energy, or without one in closed form */
function addEnergy(builder: Builder, model: Model, network: SettlingNetwork): void {
  const oneWay = network.strands.find(({ projection, clamped }) => !clamped && !projection.symmetric);
  const path = `record.${model.record.findIndex(({ variable }) => variable === 'energy')}.variable`;
  if (oneWay)
    throw new SettleError('a vector field has no energy to record', {
      kind: 'input', path, found: oneWay.projection.name, expected: `${oneWay.projection.from}<->${oneWay.projection.to}`,
    }); // prettier-ignore
  builder.add('energy', ...energyOps(builder, model, network));
}

export function cannot(rule: string, path: string, found: string, expected: string): SettleError {
  return new SettleError(`the rule ${rule} cannot train this model`, { kind: 'input', path, found, expected });
}

function learnedBuffers(model: Model, network: SettlingNetwork): Learned[] {
  const weights = model.projections
    .filter(({ name }) => (model.learning.rates[name] ?? 0) !== 0)
    .map((p): Learned => ({ buffer: network.weightOf(p), rate: rateOf(p.name), decays: true, bounds: p.bounds }));
  const biased = (p: Population): boolean =>
    p.kind === 'readout' || (p.kind === 'rate' && network.biasSource(p) !== null);
  const biases = model.populations
    .filter((p) => biased(p) && p.bias.rate !== 0)
    .map((p): Learned => ({ buffer: network.biasOf(p), rate: rateOf(`${p.name}.bias`), decays: false }));
  return [...weights, ...biases];
}
