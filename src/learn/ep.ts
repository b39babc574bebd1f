// Equilibrium propagation on spiking populations: free phase, nudge, free or opposite nudge; every synapse changes by
// what its own two neurons did. Estimators, protocol and the event rule: docs/method.md.
import { type ClockedNetwork, targetBuffer } from '../engine/clocked.ts';
import { spiking } from '../engine/event/spiking.ts';
import { SettleError } from '../errors.ts';
import { call, name as named, num } from '../expr/tools.ts';
import type { Tree } from '../expr/tree.ts';
import type { Model, Population } from '../model/model.ts';
import type { Builder } from '../program/builder.ts';
import type { Operation, OuterTerm, Sequence } from '../program/program.ts';
import { contributeRate } from './epRate.ts';
import { coin, initialBias, initialWeights } from './initial.ts';
import { isPlain, type Learned, notPlain, optimiser as optimiserOf } from './optimiser.ts';
import type { Progress, Recipe, RecordedPart, Rule } from './rule.ts';
import { rateOf, ratesAt } from './schedule.ts';
import { spikingReadOut } from './spikingReadOut.ts';

export function ep(): Rule {
  return { name: 'ep', contribute };
}

/** A nudged phase: which buffers collect its activity, and the sign of its nudge (0: the free copy beside it). */
interface NudgedPhase {
  readonly name: 'plus' | 'minus';
  readonly sign: 1 | 0 | -1;
}

function contribute(builder: Builder, model: Model): Recipe {
  if (model.kind === 'rate') return contributeRate(builder, model);
  const { phases, learning, cost } = model;
  if (!cost) throw cannot('cost', 'no cost', 'cost: { on: OUTPUT, text: ... }');
  const { update } = learning;
  if (update === 'continual' && !isPlain(learning))
    throw cannot('learning.update', `continual with ${notPlain}`, 'plain gradient steps, or another update');
  if (model.engine === 'event' && update !== 'contrast' && update !== 'end-point')
    throw cannot('learning.update', `${update}, under engine: event`, 'contrast, end-point, or engine: clocked');
  const byEvents = update === 'events' || update === 'single-trace';
  const network = spiking(builder, model, { slowTraces: byEvents });
  const { neurons, inputs } = network;
  if (inputs.length !== 1) throw cannot('populations', `${inputs.length} input populations`, 'one');
  const input = inputs[0]!;
  const output = neurons.find(({ name }) => name === cost.on)!;
  for (const { name, from, to, symmetric } of model.projections)
    if (!symmetric && from !== input.name && learning.rates[name] !== 0)
      throw cannot(
        `projections.${name}`,
        'a one-way projection between settling populations',
        `${from}<->${to}, or learning.rates.${name}: 0`,
      );

  for (const parameter of [
    'beta',
    'perExample',
    ...model.projections.map((p) => rateOf(p.name)),
    ...neurons.map((p) => rateOf(`${p.name}.bias`)),
  ])
    builder.parameter(parameter);
  const beta = named('beta');
  const { estimator } = phases.nudge;
  const nudged: NudgedPhase[] = [{ name: 'plus', sign: 1 }, { name: 'minus', sign: estimator === 'symmetric' ? -1 : 0 }]; // prettier-ignore
  /** 1 / (2 beta) for the symmetric estimate, 1 / beta otherwise (beta signed), times the mean over the batch. */
  const perBeta = call('div', named('perExample'), call('mul', num(estimator === 'symmetric' ? 2 : 1), beta));
  const nudgeOf = ({ sign }: NudgedPhase): Tree | null => (sign === 0 ? null : sign === 1 ? beta : call('neg', beta));

  const steps = (duration: number): number => Math.round(duration / model.step);
  const batch = { batch: true };
  for (const { name, units } of neurons) {
    for (const part of ['plus', 'minus', 'delta']) builder.buffer(`${name}.${part}`, [units], batch);
    builder.add('start', fill(`${name}.plus`), fill(`${name}.minus`));
  }
  builder.buffer(`${output.name}.free`, [output.units], batch);
  builder.add('start', fill(`${output.name}.free`));

  // Free phase, and its read-out while training.
  const average = (population: Population, into: string, window: number) => ({
    [population.name]: { into, weight: num(1 / steps(window)) },
  });
  network.addStep('free');
  network.addStep('free.window', { average: average(output, `${output.name}.free`, phases.free.window) });
  const readOut = spikingReadOut(builder, model, network);
  const free: Sequence = split('free', phases.free.duration, phases.free.window);

  const learned = learnedBuffers(model, network);
  const optimiser = optimiserOf(builder, learned, learning);
  const contrast = contrastOf(builder, network, perBeta);
  const phase: Record<string, Sequence> = {};
  for (const part of nudged) phase[part.name] = nudgedPhase(part);

  function split(slot: string, duration: number, window: number): Sequence {
    return [[slot, steps(duration) - steps(window)], [`${slot}.window`, steps(window)]]; // prettier-ignore
  }
  /** One phase after the free one, by the kind of update. */
  function nudgedPhase(part: NudgedPhase): Sequence {
    const { name } = part;
    const nudge = nudgeOf(part);
    const { duration, window } = phases.nudge;
    switch (update) {
      case 'contrast':
        network.addStep(name, { nudge });
        network.addStep(`${name}.window`, {
          nudge,
          average: Object.assign({}, ...neurons.map((p) => average(p, `${p.name}.${name}`, window))),
        });
        return split(name, duration, window);
      case 'end-point':
        network.addStep(name, { nudge });
        builder.add(`${name}.end`, ...neurons.map(({ name: p }): Operation => ({ op: 'copy', from: `${p}.s`, into: `${p}.${name}` })));
        return [[name, steps(duration)], [`${name}.end`, 1]]; // prettier-ignore
      case 'events':
      case 'single-trace': {
        // The slow trace (or the trace itself) at the ends of the phase serves the input layer and the biases.
        const slot = update === 'events' ? 'q' : 's';
        builder.add(
          `${name}.begin`,
          ...neurons.map((p) => difference(p, `${p.name}.${name}`, num(0), named(`${p.name}.${slot}`))),
        );
        builder.add(`${name}.end`, ...neurons.map((p) => sum(p, `${p.name}.${name}`, named(`${p.name}.${slot}`))));
        // Without a nudge the free copy's own slopes are taken off (sign -1), as in the contrast.
        const sign = part.sign === 0 ? -1 : part.sign;
        const onSpikes = contrast.events(sign);
        network.addStep(name, { nudge, slopes: update === 'events' ? 'slow' : 'single', onSpikes });
        return [[`${name}.begin`, 1], [name, steps(duration)], [`${name}.end`, 1]]; // prettier-ignore
      }
      case 'continual': {
        // Weights move at every step: products after the step less products before it (Ernoult et al. 2020).
        const sign = part.sign === 0 ? -1 : part.sign;
        for (const { name: p, units } of neurons) builder.buffer(`${p}.before`, [units], batch);
        builder.add(
          name,
          ...neurons.map(({ name: p }): Operation => ({ op: 'copy', from: `${p}.s`, into: `${p}.before` })),
        );
        network.addStep(name, { nudge });
        builder.add(name, ...contrast.continual(sign, optimiser.direct), ...builder.operations('redrive'));
        return [[name, steps(duration)]]; // prettier-ignore
      }
    }
  }

  if (update === 'events' || update === 'single-trace') builder.add('start', ...contrast.clearEvents());
  if (update !== 'continual') optimiser.addUpdate('update', contrast.gradient(update));
  const begin: Sequence = [['beginTraining', 1], ['start', 1], ...free]; // prettier-ignore
  const relax: Sequence = [['free', steps(phases.relaxDuration)]]; // prettier-ignore
  const between: Record<Model['phases']['restart'], { before: Sequence; between: Sequence }> = {
    copy: { before: [['save', 1]], between: [['restore', 1]] }, // prettier-ignore
    relax: { before: [], between: relax },
    reset: { before: [], between: [['reset', 1], ['free', steps(phases.free.duration)]] }, // prettier-ignore
  };
  const restart = between[phases.restart];
  const settle: Sequence = [...begin, ...restart.before, ...phase['plus']!, ...restart.between, ...phase['minus']!];
  const train: Sequence = update === 'continual' ? settle : [...settle, ['update', 1]];

  return {
    ...readOut,
    train: [train],
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
      for (const p of neurons) values.set(network.biasOf(p), initialBias(p, model.populations.indexOf(p), seed));
      return values;
    },
    parameters: (progress) => parametersOf(model, progress),
    recorded: recordedParts([...begin], restart, phase),
    variables: byEvents
      ? {
          ...readOut.variables,
          ...Object.fromEntries(
            neurons.map(({ name }) => [name, { ...readOut.variables[name], slowTrace: `${name}.q` }]),
          ),
        }
      : readOut.variables,
    demands: {
      symmetricWeights: model.projections.some(({ symmetric }) => symmetric),
      secondCircuit: false,
      phases: phases.restart === 'copy' ? 3 : 4,
      nonLocalSignals: false,
      activationDerivative: false,
      decoder: false,
    },
  };
}

function cannot(path: string, found: string, expected: string): SettleError {
  return new SettleError('the rule ep cannot train this model', { kind: 'input', path, found, expected });
}
function fill(into: string): Operation {
  return { op: 'fill', into, value: 0 };
}
function difference({ units }: Population, into: string, a: Tree, b: Tree): Operation {
  return { op: 'map', units, assign: [{ into, value: call('sub', a, b) }] };
}
function sum({ units }: Population, into: string, b: Tree): Operation {
  return { op: 'map', units, assign: [{ into, value: call('add', named(into), b) }] };
}

/** Rates at this point of the schedule; beta with the random sign's coin. */
function parametersOf(model: Model, progress: Progress): Record<string, number> {
  const { beta, estimator } = model.phases.nudge;
  const sign = estimator === 'random-sign' ? coin(progress.seed, progress.batch) : 1;
  return { ...ratesAt(model, progress), beta: sign * beta, perExample: 1 / progress.batchExamples };
}

function learnedBuffers(model: Model, network: ClockedNetwork): Learned[] {
  const weights = model.projections
    .filter(({ name }) => (model.learning.rates[name] ?? 0) !== 0)
    .map((projection): Learned => ({
      buffer: network.weightOf(projection),
      rate: rateOf(projection.name),
      decays: true,
    }));
  const biases = network.neurons
    .filter(({ bias }) => bias.rate !== 0)
    .map((p): Learned => ({ buffer: network.biasOf(p), rate: rateOf(`${p.name}.bias`), decays: false }));
  return [...weights, ...biases];
}

/** What each learned buffer is moved by: outer products for weights, sums over the batch for biases. */
function contrastOf(builder: Builder, network: ClockedNetwork, perBeta: Tree) {
  const isInput = (name: string): boolean => network.inputs.some((p) => p.name === name);
  const recurrent = network.projections.filter(({ from }) => !isInput(from));
  const fromInput = network.projections.filter(({ from }) => isInput(from));
  const eventBuffer = (name: string): string => `${name}:events`;
  return {
    clearEvents(): Operation[] {
      return recurrent.map((projection) => {
        const into = builder.buffer(eventBuffer(projection.name), builder.shapeOf(network.weightOf(projection)), {
          batch: true,
        });
        return fill(into);
      });
    },
    /** Every spike moves its own synapses by the partner's slope (docs/method.md). */
    events(sign: 1 | -1): Operation[] {
      return recurrent.flatMap(({ name, from, to }): Operation[] => {
        const into = builder.buffer(eventBuffer(name), builder.shapeOf(`${name}.weight`), { batch: true });
        return [
          { op: 'outerActive', list: `${from}.list`, row: `${to}.slope`, side: 'pre', scale: num(sign), into },
          { op: 'outerActive', list: `${to}.list`, row: `${from}.slope`, side: 'post', scale: num(sign), into },
        ];
      });
    },
    /** The update's direction (minus the gradient) for `addUpdate`: operations that leave deltas, and terms by buffer. */
    gradient(update: Model['learning']['update']) {
      const prepare: Operation[] = network.neurons.map((p) =>
        difference(p, `${p.name}.delta`, named(`${p.name}.plus`), named(`${p.name}.minus`)),
      );
      const terms = new Map<string, { outer?: OuterTerm[]; reduce?: string; scale: Tree }>();
      for (const projection of fromInput)
        terms.set(network.weightOf(projection), {
          outer: [{ pre: projection.from, post: `${projection.to}.delta`, sign: 1 }],
          scale: perBeta,
        });
      for (const projection of recurrent) {
        const { from, to, name } = projection;
        const both: OuterTerm[] = [
          { pre: `${from}.plus`, post: `${to}.plus`, sign: 1 },
          { pre: `${from}.minus`, post: `${to}.minus`, sign: -1 },
        ];
        const byEvents = update === 'events' || update === 'single-trace';
        terms.set(
          network.weightOf(projection),
          byEvents ? { reduce: eventBuffer(name), scale: perBeta } : { outer: both, scale: perBeta },
        );
      }
      for (const p of network.neurons) terms.set(network.biasOf(p), { reduce: `${p.name}.delta`, scale: perBeta });
      return { prepare, terms };
    },
    /** One step's change of the products, applied at once. */
    continual(sign: 1 | -1, direct: (buffer: string, scale: Tree) => Tree | null): Operation[] {
      const operations: Operation[] = [];
      const scaled = (buffer: string): Tree | null => direct(buffer, call('mul', num(sign), perBeta));
      for (const p of network.neurons)
        operations.push(difference(p, `${p.name}.delta`, named(`${p.name}.s`), named(`${p.name}.before`)));
      for (const projection of [...fromInput, ...recurrent]) {
        const { from, to } = projection;
        const scale = scaled(network.weightOf(projection));
        if (!scale) continue;
        const terms: OuterTerm[] = isInput(from)
          ? [{ pre: from, post: `${to}.delta`, sign: 1 }]
          : [{ pre: `${from}.s`, post: `${to}.s`, sign: 1 }, { pre: `${from}.before`, post: `${to}.before`, sign: -1 }]; // prettier-ignore
        operations.push({ op: 'outer', terms, scale, into: network.weightOf(projection), add: true });
      }
      for (const p of network.neurons) {
        const scale = scaled(network.biasOf(p));
        if (!scale) continue;
        const change = builder.buffer(`${p.name}.bias:change`, [p.units]);
        operations.push(
          { op: 'reduce', from: `${p.name}.delta`, into: change, how: 'sum', over: 'batch', scale },
          {
            op: 'map',
            units: p.units,
            assign: [{ into: network.biasOf(p), value: call('add', named(network.biasOf(p)), named(change)) }],
          },
        );
      }
      return operations;
    },
  };
}

function recordedParts(
  begin: Sequence,
  restart: { before: Sequence; between: Sequence },
  phase: Record<string, Sequence>,
): RecordedPart[] {
  const timed = (name: string) => ([slot, times]: Sequence[number]): RecordedPart => {
    const takesTime = slot === name || slot === `${name}.window`;
    return { phase: takesTime ? name : null, slot, times };
  }; // prettier-ignore
  return [
    ...begin.map(timed('free')),
    ...restart.before.map(timed('free')),
    ...phase['plus']!.map(timed('plus')),
    ...restart.between.map(timed('free')),
    ...phase['minus']!.map(timed('minus')),
  ];
}
