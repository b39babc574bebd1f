// Equilibrium propagation on rate networks: a free phase, one or two nudged ones, and the contrast of local gradients
// dE/dw between them. Energies and steps are engine/settling.ts's; estimators and bias orders: docs/method.md.
import { settling, type SettlingNetwork, targetBuffer } from '../engine/settling.ts';
import { addContinualStep } from './continual.ts';
import { contrast } from './contrast.ts';
import { epProbe } from './epProbe.ts';
import { holomorphic } from './holomorphic.ts';
import { SettleError } from '../errors.ts';
import { call, name as named, num } from '../expr/tools.ts';
import type { Model, Population } from '../model/model.ts';
import type { Builder } from '../program/builder.ts';
import { macsOf } from '../program/macs.ts';
import type { Operation, Sequence } from '../program/program.ts';
import { coin, initialBias, initialWeights } from './initial.ts';
import { type Directions, type Learned, optimiser as optimiserOf } from './optimiser.ts';
import type { Progress, Recipe } from './rule.ts';
import { rateNames, rateOf, ratesAt } from './schedule.ts';

/** @throws SettleError of kind `input`, in one sentence, for a model it cannot train */
export function contributeRate(builder: Builder, model: Model): Recipe {
  const { phases, cost, learning } = model;
  if (!cost) throw cannot('cost', 'no cost', 'cost: { on: OUTPUT, text: ... }');
  const network = settling(builder, model);
  const { inputs, settled, readout, stateOf } = network;
  if (inputs.length !== 1) throw cannot('populations', `${inputs.length} input populations`, 'one');
  refuseOneWay(model, network);
  const input = inputs[0]!;
  const output = readout ?? settled.find(({ name }) => name === cost.on)!;
  const { estimator } = phases.nudge;
  const symmetric = estimator === 'symmetric';
  for (const parameter of ['beta', 'perExample', ...rateNames(model)]) builder.parameter(parameter);
  const beta = named('beta');
  const perBeta = call('div', named('perExample'), call('mul', num(symmetric ? 2 : 1), beta));

  // Slots: begin, rest | free ... | hold | plus ... | first | restore | minus ... | update.
  const batch = { batch: true };
  const copies = (from: (p: Population) => string, into: (p: Population) => string): Operation[] =>
    settled.map((p) => ({ op: 'copy', from: from(p), into: into(p) }));
  const freeOf = (p: Population): string => `${p.name}.free`;
  for (const p of settled) {
    builder.buffer(freeOf(p), [p.units], batch);
    builder.buffer(`${p.name}.mean`, [p.units], batch);
  }
  network.addStep('free', null);
  builder.add('restore', ...copies(freeOf, stateOf));
  builder.add('answer', ...copies(stateOf, (p) => `${p.name}.mean`), ...readAt('mean'));
  builder.add('clearCounts');

  /** Keeps the readout's total input under a name of its own. */
  function readAt(what: string): Operation[] {
    if (!readout) return [];
    const into = builder.buffer(`${readout.name}.${what}`, [readout.units], batch);
    return [...network.read(), { op: 'copy', from: `${readout.name}.a`, into }];
  }

  const learned = learnedBuffers(model, network);
  const optimiser = optimiserOf(builder, learned, learning);
  const free: Sequence = [['begin', 1], ['rest', 1], ['free', phases.free.duration], ['hold', 1]]; // prettier-ignore
  const { nudged, directions, count } = nudgedPhases();
  builder.add('hold', ...copies(stateOf, freeOf), ...readAt('free'));
  if (directions) optimiser.addUpdate('update', directions);
  const train: Sequence = directions ? [...free, ...nudged, ['update', 1]] : [...free, ...nudged];
  const probe = directions
    ? epProbe(builder, network, { directions, free, nudged, steps: phases.free.duration })
    : null;

  /** The phases after the free one by estimator and update, and the directions they leave (null where weights have moved). */
  function nudgedPhases(): { nudged: Sequence; directions: Directions | null; count: number } {
    const steps = phases.nudge.duration;
    const minusBeta = call('neg', beta);
    if (estimator === 'holomorphic') {
      if (learning.update === 'continual') throw cannot('learning.update', 'continual with the holomorphic estimator', 'contrast');
      const points = holomorphic(builder, network, learned, { points: phases.nudge.points, steps });
      return { nudged: points.phases, directions: points.directions, count: points.count };
    }
    if (learning.update === 'continual') {
      const plain = learning.optimiser.kind === 'sgd' && learning.momentum === 0 && learning.weightDecay === 0;
      if (!plain) throw cannot('learning.update', 'continual with momentum, weight decay or another optimiser than sgd', 'plain gradient steps');
      if (readout) throw cannot('learning.update', 'continual with a readout of its own', 'contrast');
      addContinualStep(builder, network, learned, optimiser, { slot: 'plus', beta, sign: 1, perBeta });
      if (!symmetric) return { nudged: [['plus', steps]], directions: null, count: 1 };
      addContinualStep(builder, network, learned, optimiser, { slot: 'minus', beta: minusBeta, sign: -1, perBeta });
      return { nudged: [['plus', steps], ['restore', 1], ['free', steps], ['minus', steps]], directions: null, count: 2 };
    }
    const pair = contrast(builder, network, learned, { perBeta, symmetric, vectorField: learning.vectorField });
    network.addStep('plus', beta);
    builder.add('hold', ...pair.free);
    builder.add('first', ...pair.first);
    if (!symmetric) return { nudged: [['first', 1], ['plus', steps]], directions: pair.directions, count: 1 };
    network.addStep('minus', minusBeta);
    const nudged: Sequence = [['plus', steps], ['first', 1], ['restore', 1], ['minus', steps]];
    return { nudged, directions: pair.directions, count: 2 };
  } // prettier-ignore

  return {
    train: [train],
    predict: [['begin', 1], ['rest', 1], ['free', phases.predict.duration], ['answer', 1]], // prettier-ignore
    input: input.name,
    target: targetBuffer,
    trainOutput: `${output.name}.free`,
    predictOutput: `${output.name}.mean`,
    learned: [...learned.map(({ buffer }) => buffer), ...optimiser.state],
    initial(seed) {
      const values = new Map<string, Float64Array>();
      const units = new Map(model.populations.map((p) => [p.name, p.units]));
      model.projections.forEach((projection, index) =>
        values.set(
          network.weightOf(projection),
          initialWeights(projection, index, units.get(projection.from)!, units.get(projection.to)!, seed),
        ),
      );
      for (const [index, p] of model.populations.entries())
        if (p.kind !== 'input') values.set(network.biasOf(p), initialBias(p, index, seed));
      return values;
    },
    parameters: (progress) => parametersAt(model, progress),
    spikeLists: {},
    clearCounts: 'clearCounts',
    fanOut: {},
    recorded: [],
    variables: {},
    activities: Object.fromEntries(settled.map(({ name }) => [name, `${name}.mean`])),
    demands: {
      symmetricWeights: model.projections.some((p) => p.symmetric),
      secondCircuit: false,
      phases: 1 + count,
      nonLocalSignals: false,
      activationDerivative: false,
      decoder: false,
    },
    macs: macsOf(builder, train),
    ...(probe ? { probe } : {}),
  };
}

function cannot(path: string, found: string, expected: string): SettleError {
  return new SettleError('the rule ep cannot train this model', { kind: 'input', path, found, expected });
}

/** EP needs signals both ways: `<->`, or two projections in opposite directions (a vector field). */
function refuseOneWay(model: Model, { strands }: SettlingNetwork): void {
  for (const { projection, clamped } of strands) {
    const { name, from, to, symmetric } = projection;
    const returns = model.projections.some((other) => other.from === to && other.to === from);
    if (!clamped && !symmetric && !returns && (model.learning.rates[name] ?? 0) !== 0)
      throw cannot(
        `projections.${name}`,
        'a one-way projection between settling populations',
        `${from}<->${to}, ${to}->${from} beside it, or learning.rates.${name}: 0`,
      );
  }
}

function parametersAt(model: Model, progress: Progress): Record<string, number> {
  const { beta, estimator } = model.phases.nudge;
  const sign = estimator === 'random-sign' ? coin(progress.seed, progress.batch) : 1;
  return { ...ratesAt(model, progress), beta: sign * beta, perExample: 1 / progress.batchExamples };
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
