// Equilibrium propagation on rate networks: a free phase, one or two nudged ones, and the contrast of local gradients
// dE/dw between them. Energies and steps are engine/settling.ts's; estimators and bias orders: docs/method.md.
import type { Source, Strand } from '../engine/energies.ts';
import { settling, type SettlingNetwork, targetBuffer } from '../engine/settling.ts';
import { SettleError } from '../errors.ts';
import { call, name as named, num } from '../expr/tools.ts';
import type { Tree } from '../expr/tree.ts';
import type { Model, Population } from '../model/model.ts';
import type { Builder } from '../program/builder.ts';
import { macsOf } from '../program/macs.ts';
import type { Operation, OuterTerm, Sequence } from '../program/program.ts';
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
  network.addStep('plus', beta);
  if (symmetric) network.addStep('minus', call('neg', beta));
  builder.add('hold', ...copies(stateOf, freeOf), ...readAt('free'));
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
  const contrast = contrastOf(builder, network, learned, { perBeta, symmetric });
  builder.add('first', ...contrast.first);
  optimiser.addUpdate('update', contrast.directions);

  const free: Sequence = [['begin', 1], ['rest', 1], ['free', phases.free.duration], ['hold', 1]]; // prettier-ignore
  const plus: Sequence = [['plus', phases.nudge.duration]]; // prettier-ignore
  const nudged: Sequence = symmetric
    ? [...plus, ['first', 1], ['restore', 1], ['minus', phases.nudge.duration]]
    : [['first', 1], ...plus]; // prettier-ignore
  const train: Sequence = [...free, ...nudged, ['update', 1]];
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
      phases: symmetric ? 3 : 2,
      nonLocalSignals: false,
      activationDerivative: false,
      decoder: false,
    },
    macs: macsOf(builder, train),
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

/**
 * -dE/dw of one phase less that of the other, over beta. The values of the first phase are kept in buffers of their own;
 * those of the last are where the network leaves them. First and last are +beta and -beta, or the free state and +beta.
 */
function contrastOf(
  builder: Builder,
  network: SettlingNetwork,
  learned: readonly Learned[],
  { perBeta, symmetric }: { perBeta: Tree; symmetric: boolean },
): { first: Operation[]; directions: Directions } {
  const { strands, settled, readout } = network;
  const learns = (buffer: string): boolean => learned.some((l) => l.buffer === buffer);
  const terms = new Map<string, { outer?: OuterTerm[]; reduce?: string; scale: Tree }>();
  const kept = new Map<string, string>();
  const changes = new Map<string, Operation>();
  const unitsOf = (buffer: string): number => builder.shapeOf(buffer)[0]!;
  const keep = (buffer: string): string => {
    const into = builder.buffer(`${buffer}:first`, [unitsOf(buffer)], { batch: true });
    kept.set(buffer, into);
    return into;
  };
  /** sign * (plus - minus), or (+beta - free). */
  const change = ({ buffer, sign }: Source): Source => {
    const into = builder.buffer(`${buffer}:change`, [unitsOf(buffer)], { batch: true });
    const [plus, other] = symmetric ? [keep(buffer), buffer] : [buffer, keep(buffer)];
    const value = call('sub', named(plus), named(other));
    changes.set(into, { op: 'map', units: unitsOf(buffer), assign: [{ into, value }] });
    return { buffer: into, sign };
  };
  const flipped = (sign: 1 | -1): 1 | -1 => (sign === 1 ? -1 : 1);
  const product = ({ pre, post, clamped }: Strand): OuterTerm[] => {
    if (clamped) {
      const moved = change(post);
      return [{ pre: pre.buffer, post: moved.buffer, sign: pre.sign === moved.sign ? -1 : 1 }];
    }
    const sign = pre.sign === post.sign ? -1 : 1;
    const first: OuterTerm = { pre: keep(pre.buffer), post: keep(post.buffer), sign };
    const last: OuterTerm = { pre: pre.buffer, post: post.buffer, sign };
    return symmetric ? [first, { ...last, sign: flipped(sign) }] : [last, { ...first, sign: flipped(sign) }];
  };
  for (const strand of strands) {
    const buffer = network.weightOf(strand.projection);
    if (!learns(buffer)) continue;
    const known = terms.get(buffer)?.outer ?? [];
    terms.set(buffer, { outer: [...known, ...product(strand)], scale: perBeta });
  }
  for (const p of settled) {
    const source = network.biasSource(p);
    if (!source || !learns(network.biasOf(p))) continue;
    const moved = change(source);
    terms.set(network.biasOf(p), { reduce: moved.buffer, scale: moved.sign === 1 ? call('neg', perBeta) : perBeta });
  }
  const readsOut = readout ? readoutTerms(readout) : null;
  const first = [...network.gradient(), ...(readsOut?.now ?? []), ...copiesOf(kept)];
  const prepare = [...network.gradient(), ...(readsOut?.now ?? []), ...changes.values()];
  return { first, directions: { prepare, terms } };

  /** Delta rule at the nudged states, no 1 / beta (Laborieux et al. 2021): the mean over both, or at +beta alone. */
  function readoutTerms(population: Population): { now: Operation[] } {
    const error = network.errorOf!;
    const scale = symmetric ? call('mul', num(0.5), named('perExample')) : named('perExample');
    for (const projection of network.readouts) {
      const buffer = network.weightOf(projection);
      if (!learns(buffer)) continue;
      const state = network.stateOf(settled.find(({ name }) => name === projection.from)!);
      const last: OuterTerm = { pre: state, post: error, sign: -1 };
      terms.set(buffer, {
        outer: symmetric ? [{ pre: keep(state), post: keep(error), sign: -1 }, last] : [last],
        scale,
      });
    }
    if (learns(network.biasOf(population))) {
      const into = builder.buffer(`${error}:sum`, [population.units], { batch: true });
      const value = symmetric ? call('add', named(keep(error)), named(error)) : named(error);
      changes.set(into, { op: 'map', units: population.units, assign: [{ into, value }] });
      terms.set(network.biasOf(population), { reduce: into, scale: call('neg', scale) });
    }
    return { now: network.read() };
  }
}

function copiesOf(kept: ReadonlyMap<string, string>): Operation[] {
  return [...kept].map(([from, into]) => ({ op: 'copy', from, into }));
}
