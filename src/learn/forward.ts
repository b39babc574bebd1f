// The feed-forward core that BP, its relatives and target propagation share: layers in topological order, a pass, the
// output's error, slopes, initial values, rates, a recipe. It carries no error back and refuses what a pass cannot compute.
import { targetBuffer } from '../engine/clocked.ts';
import { type Wire, wire } from '../engine/wire.ts';
import { call, name as named, num, substitute } from '../expr/tools.ts';
import type { Tree } from '../expr/tree.ts';
import type { Model, Population, Projection } from '../model/model.ts';
import { biasesOf, matrixOf } from '../model/shapes.ts';
import type { Builder } from '../program/builder.ts';
import { macsOf } from '../program/macs.ts';
import type { Operation, Sequence } from '../program/program.ts';
import { initialBias, initialWeights } from './initial.ts';
import { type Layer, layersOf } from './layers.ts';
import type { Learned } from './optimiser.ts';
import { outputCost, type OutputCost } from './outputCost.ts';
import type { Recipe } from './rule.ts';
import { rateNames, rateOf, ratesAt } from './schedule.ts';

/** Where a layer reads and writes in a pass beside the usual one, such as with noise. */
export interface PassBuffers {
  state(population: string): string;
  readonly total: string;
  readonly into: string;
}

export interface Forward extends OutputCost {
  readonly input: Population;
  /** Each after all that project to it; the output is the last. */
  readonly layers: readonly Layer[];
  readonly hidden: readonly Layer[];
  readonly output: Layer;
  layer(name: string): Layer;
  /** Buffer of a population's state; the input's is its name. */
  stateOf(population: string): string;
  wireOf(projection: Projection): Wire;
  /** One layer of a pass. `training`: with units left out. */
  through(layer: Layer, training: boolean, buffers?: PassBuffers): Operation[];
  /** A whole pass from the input. */
  pass(training: boolean): Operation[];
  /** Buffers with a rate above 0. */
  readonly learned: readonly Learned[];
  /** Adds the slots `predict` and `cost` (each example's cost, into `OUTPUT.cost`). */
  recipe(parts: RecipeParts): Recipe;
}

export interface RecipeParts extends Pick<Recipe, 'probe' | 'demands'> {
  readonly train: readonly Sequence[];
  /** All that checkpoints keep. */
  readonly learned: readonly string[];
  /** Initial values beside those of weights and biases. */
  initial?(seed: number): Iterable<readonly [string, Float64Array]>;
  parameters?: Recipe['parameters'];
}

export const weightOf = ({ name }: Pick<Projection, 'name'>): string => `${name}.weight`;

/** Streams of random numbers: masks of units left out. */
const dropoutStream = 24576;

/** @throws SettleError of kind `input`, in one sentence, for a model that is no feed-forward network with a cost */
export function forward(builder: Builder, model: Model, rule: string): Forward {
  const { input, layers } = layersOf(model, rule);
  const output = layers.at(-1)!;
  const batch = { batch: true };
  const populationOf = (name: string): Population => model.populations.find((p) => p.name === name)!;
  const dropout = new Map(model.populations.map((p) => [p.name, p.dropout]));
  const maskOf = (name: string): string => `${name}.mask`;
  const isMasked = (name: string): boolean => dropout.get(name)! > 0;
  const stateOf = (name: string): string => (name === input.name && !isMasked(name) ? name : `${name}.s`);

  builder.buffer(input.name, [input.units], batch);
  builder.buffer(targetBuffer, [output.units], batch);
  for (const { name, units } of [input, ...layers])
    if (isMasked(name)) for (const buffer of [maskOf(name), stateOf(name)]) builder.buffer(buffer, [units], batch);
  for (const { units, total, state, error } of layers) {
    for (const buffer of [total, state, error]) builder.buffer(buffer, [units], batch);
  }
  for (const { name, units, bias, offset } of layers) {
    builder.buffer(bias, [biasesOf(populationOf(name))]);
    builder.buffer(offset, [units]);
  }
  for (const projection of model.projections)
    builder.buffer(weightOf(projection), matrixOf(projection, model.populations), { conv: projection.conv ?? null });
  const wires = new Map(model.projections.map((p) => [p.name, wire(builder, p, weightOf(p))]));
  const wireOf = ({ name }: Projection): Wire => wires.get(name)!;
  for (const parameter of ['perExample', ...rateNames(model)]) builder.parameter(parameter);
  builder.add('clearCounts');

  /** The value of each unit, left out or scaled so that its mean stays (inverted dropout), and the mask itself. */
  function masked(name: string, units: number, training: boolean, into: string, value: Tree, more: { into: string; value: Tree }[] = []): Operation[] {
    const map = (...assign: { into: string; value: Tree }[]): Operation => ({ op: 'map', units, assign: [...more, ...assign] });
    if (!isMasked(name)) return [map({ into, value })];
    const mask = maskOf(name);
    if (!training) return [{ op: 'fill', into: mask, value: 1 }, map({ into, value })];
    const share = dropout.get(name)!;
    const kept = call('mul', call('ge', named(mask), num(share)), num(1 / (1 - share)));
    const stream = dropoutStream + [input.name, ...layers.map((l) => l.name)].indexOf(name);
    return [
      { op: 'random', into: mask, stream, low: 0, high: 1 },
      map({ into, value: call('mul', kept, value) }, { into: mask, value: kept }),
    ];
  } // prettier-ignore

  function through(layer: Layer, training: boolean, buffers?: PassBuffers): Operation[] {
    const { state = stateOf, total = layer.total, into = layer.state } = buffers ?? {};
    const gathers = layer.incoming.flatMap((projection, k) => {
      // What windows note in a pass of its own stays apart from what the usual pass leaves.
      const wired = buffers ? wire(builder, projection, weightOf(projection), total) : wireOf(projection);
      return wired.gather(state(projection.from), total, k > 0);
    });
    const a = call('add', named(total), named(layer.offset));
    const value = substitute(layer.activation, { u: a });
    return [...gathers, ...masked(layer.name, layer.units, training, into, value, [{ into: total, value: a }])];
  }

  const { outputError, costOfExamples } = outputCost(builder, model, output);

  const learned: Learned[] = [
    ...model.projections
      .filter(({ name }) => model.learning.rates[name]! > 0)
      .map((p): Learned => ({ buffer: weightOf(p), rate: rateOf(p.name), decays: true, bounds: p.bounds })),
    ...layers
      .filter(({ name }) => populationOf(name).bias.rate > 0)
      .map(({ name, bias }): Learned => ({ buffer: bias, rate: rateOf(`${name}.bias`), decays: false })),
  ];

  const pass = (training: boolean): Operation[] => [
    ...layers.flatMap(({ bias, offset }): Operation[] =>
      bias === offset ? [] : [{ op: 'spread', from: bias, into: offset }],
    ),
    ...(isMasked(input.name) ? masked(input.name, input.units, training, stateOf(input.name), named(input.name)) : []),
    ...layers.flatMap((layer) => through(layer, training)),
  ];

  function initial(seed: number): Map<string, Float64Array> {
    const values = new Map<string, Float64Array>();
    model.projections.forEach((projection, index) => {
      const [pre, post] = matrixOf(projection, model.populations);
      values.set(weightOf(projection), initialWeights(projection, index, pre, post, seed));
    });
    layers.forEach(({ name, bias }, index) => values.set(bias, initialBias(populationOf(name), index, seed)));
    return values;
  }

  return {
    input,
    layers,
    hidden: layers.slice(0, -1),
    output,
    layer: (name) => layers.find((layer) => layer.name === name)!,
    stateOf,
    wireOf,
    through,
    pass,
    outputError,
    costOfExamples,
    learned,
    recipe({ train, learned: kept, initial: more, parameters, probe, demands }) {
      builder.add('predict', ...pass(false));
      builder.add('cost', ...pass(false), ...costOfExamples());
      return {
        train,
        predict: [['predict', 1]],
        input: input.name,
        target: targetBuffer,
        trainOutput: output.state,
        predictOutput: output.state,
        learned: kept,
        initial: (seed) => new Map([...initial(seed), ...(more?.(seed) ?? [])]),
        parameters: (progress) => ({
          perExample: 1 / progress.batchExamples,
          ...ratesAt(model, progress),
          ...parameters?.(progress),
        }),
        spikeLists: {},
        clearCounts: 'clearCounts',
        fanOut: {},
        recorded: [],
        variables: {},
        activities: Object.fromEntries(layers.map(({ name, state }) => [name, state])),
        macs: train.reduce((sum, sequence) => sum + macsOf(builder, sequence), 0),
        ...(probe && { probe }),
        ...(demands && { demands }),
      };
    },
  };
}
