// The feed-forward core that BP, its relatives and target propagation share: layers in topological order, a pass, the
// output's error, slopes, initial values, rates, a recipe. It carries no error back and refuses what a pass cannot compute.
import { targetBuffer } from '../engine/clocked.ts';
import { SettleError } from '../errors.ts';
import { derivative, simplify } from '../expr/derivative.ts';
import { parseExpression } from '../expr/parse.ts';
import { call, name as named, num, print, replacePart, substitute } from '../expr/tools.ts';
import type { Tree } from '../expr/tree.ts';
import { uniform24 } from '../math/random.ts';
import type { Model, Population, Projection } from '../model/model.ts';
import { activationOf, energyOf } from '../model/rate.ts';
import type { Builder } from '../program/builder.ts';
import { macsOf } from '../program/macs.ts';
import type { Operation, Sequence } from '../program/program.ts';
import { initialWeights } from './initial.ts';
import type { Learned } from './optimiser.ts';
import type { Recipe } from './rule.ts';
import { rateNames, rateOf, ratesAt } from './schedule.ts';

/** A population that a pass computes, and its buffers. */
export interface Layer {
  readonly name: string;
  readonly units: number;
  readonly incoming: readonly Projection[];
  readonly outgoing: readonly Projection[];
  /** In `u`; the bounds of `range` included. */
  readonly activation: Tree;
  /** Total input a = sum of W s + b, and the state s = f(a), scaled or 0 where units are left out. */
  readonly total: string;
  readonly state: string;
  /** dC/da, or what a rule puts in its place. */
  readonly error: string;
  readonly bias: string;
  /** ds/da over the buffers above, of the last pass (dropout included). */
  readonly slope: Tree;
}

/** Where a layer reads and writes in a pass beside the usual one, such as with noise. */
export interface PassBuffers {
  state(population: string): string;
  readonly total: string;
  readonly into: string;
}

export interface Forward {
  readonly input: Population;
  /** Each after all that project to it; the output is the last. */
  readonly layers: readonly Layer[];
  readonly hidden: readonly Layer[];
  readonly output: Layer;
  layer(name: string): Layer;
  /** Buffer of a population's state; the input's is its name. */
  stateOf(population: string): string;
  /** One layer of a pass. `training`: with units left out. */
  through(layer: Layer, training: boolean, buffers?: PassBuffers): Operation[];
  /** A whole pass from the input. */
  pass(training: boolean): Operation[];
  /** After a pass: dC/da of the output into its `error`. */
  outputError(): Operation[];
  /** After a pass: the cost of each example into the buffer `OUTPUT.cost`. */
  costOfExamples(): Operation[];
  /** Buffers with a rate above 0. */
  readonly learned: readonly Learned[];
  recipe(parts: RecipeParts): Recipe;
}

export interface RecipeParts extends Pick<Recipe, 'probe' | 'demands'> {
  readonly train: readonly Sequence[];
  /** All that checkpoints keep; by default what is learned here. */
  readonly learned: readonly string[];
  /** Initial values beside those of weights and biases. */
  initial?(seed: number): Iterable<readonly [string, Float64Array]>;
  parameters?: Recipe['parameters'];
}

export const weightOf = ({ name }: Pick<Projection, 'name'>): string => `${name}.weight`;

/** Streams of random numbers: biases; masks of units left out. */
const biasStream = 6144;
const dropoutStream = 24576;

/** The sentence that refuses a model. */
export function cannot(rule: string, why: string, path: string, found: string, expected: string): SettleError {
  return new SettleError(`the rule ${rule} cannot train this model: ${why}`, { kind: 'input', path, found, expected });
}

/** @throws SettleError of kind `input`, in one sentence, for a model that is no feed-forward network with a cost */
export function forward(builder: Builder, model: Model, rule: string): Forward {
  const { input, layers } = graphOf(model, rule);
  const output = layers.at(-1)!;
  const cost = model.cost!;
  const batch = { batch: true };
  const dropout = new Map(model.populations.map((p) => [p.name, p.dropout]));
  const unitsOf = new Map(model.populations.map(({ name, units }) => [name, units]));
  const maskOf = (name: string): string => `${name}.mask`;
  const isMasked = (name: string): boolean => dropout.get(name)! > 0;
  const stateOf = (name: string): string => (name === input.name && !isMasked(name) ? name : `${name}.s`);

  builder.buffer(input.name, [input.units], batch);
  builder.buffer(targetBuffer, [output.units], batch);
  for (const { name, units } of [input, ...layers])
    if (isMasked(name)) for (const buffer of [maskOf(name), stateOf(name)]) builder.buffer(buffer, [units], batch);
  for (const { units, total, state, error, bias } of layers) {
    for (const buffer of [total, state, error]) builder.buffer(buffer, [units], batch);
    builder.buffer(bias, [units]);
  }
  for (const projection of model.projections)
    builder.buffer(weightOf(projection), [unitsOf.get(projection.from)!, unitsOf.get(projection.to)!]);
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
    const gathers = layer.incoming.map((projection, k): Operation => (
      { op: 'gather', from: state(projection.from), weight: weightOf(projection), into: total, add: k > 0 }
    )); // prettier-ignore
    const a = call('add', named(total), named(layer.bias));
    const value = substitute(layer.activation, { u: a });
    return [...gathers, ...masked(layer.name, layer.units, training, into, value, [{ into: total, value: a }])];
  }

  /** p of the output: softmax of its state (with `sum` of exp(s - max)), or the logistic function of its total input. */
  const logistic =
    print(output.activation) === 'sigmoid(u)' ? named(output.state) : call('sigmoid', named(output.total));
  const part = (what: string): string =>
    builder.buffer(`${output.name}.${what}`, [what === 'softmax' ? output.units : 1], batch);
  const shifted = call('sub', named(output.state), named(`${output.name}.max`));
  const softmax = (): Operation[] => [
    { op: 'reduce', from: output.state, into: part('max'), how: 'max', over: 'units' },
    { op: 'map', units: output.units, assign: [{ into: part('softmax'), value: call('exp', shifted) }] },
    { op: 'reduce', from: part('softmax'), into: part('sum'), how: 'sum', over: 'units' },
  ]; // prettier-ignore
  const target = named(targetBuffer);
  const text = parseExpression(cost.kind === 'text' ? cost.text : '0', { names: ['s', 'target'] });
  const bound = (tree: Tree): Tree => substitute(tree, { s: named(output.state), target });

  function outputError(): Operation[] {
    const into = (value: Tree): Operation => (
      { op: 'map', units: output.units, assign: [{ into: output.error, value: simplify(value) }] }
    ); // prettier-ignore
    if (cost.kind === 'binary-cross-entropy') return [into(call('sub', logistic, target))];
    if (cost.kind === 'text') return [into(call('mul', bound(derivative(text, 's')), output.slope))];
    const p = call('div', named(`${output.name}.softmax`), named(`${output.name}.sum`));
    return [...softmax(), into(call('mul', call('sub', p, target), output.slope))];
  }

  function costOfExamples(): Operation[] {
    const each = builder.buffer(`${output.name}.costs`, [output.units], batch);
    const [a, zero] = [named(output.total), num(0)];
    const value: Record<typeof cost.kind, () => Tree> = {
      text: () => bound(text),
      'cross-entropy': () => call('mul', target, call('sub', call('log', named(`${output.name}.sum`)), shifted)),
      // -y log p - (1 - y) log(1 - p) without overflow.
      'binary-cross-entropy': () => call('add', call('sub', call('max', a, zero), call('mul', a, target)), call('log', call('add', num(1), call('exp', call('neg', call('abs', a)))))),
    }; // prettier-ignore
    return [
      ...(cost.kind === 'cross-entropy' ? softmax() : []),
      { op: 'map', units: output.units, assign: [{ into: each, value: value[cost.kind]() }] },
      { op: 'reduce', from: each, into: part('cost'), how: 'sum', over: 'units' },
    ];
  }

  const learned: Learned[] = [
    ...model.projections
      .filter(({ name }) => model.learning.rates[name]! > 0)
      .map((p): Learned => ({ buffer: weightOf(p), rate: rateOf(p.name), decays: true })),
    ...layers
      .filter(({ name }) => model.populations.find((p) => p.name === name)!.bias.rate > 0)
      .map(({ name, bias }): Learned => ({ buffer: bias, rate: rateOf(`${name}.bias`), decays: false })),
  ];

  const pass = (training: boolean): Operation[] => [
    ...(isMasked(input.name) ? masked(input.name, input.units, training, stateOf(input.name), named(input.name)) : []),
    ...layers.flatMap((layer) => through(layer, training)),
  ];

  function initial(seed: number): Map<string, Float64Array> {
    const values = new Map<string, Float64Array>();
    model.projections.forEach((projection, index) => {
      const { from, to } = projection;
      values.set(weightOf(projection), initialWeights(projection, index, unitsOf.get(from)!, unitsOf.get(to)!, seed));
    });
    layers.forEach(({ name, units, bias }, index) => {
      const { init, spread } = model.populations.find((p) => p.name === name)!.bias;
      const draw = (unit: number): number =>
        spread === 0 ? 0 : 2 * uniform24(seed, biasStream + index, 0, unit, 0) - 1;
      values.set(
        bias,
        Float64Array.from({ length: units }, (_, unit) => init + spread * draw(unit)),
      );
    });
    return values;
  }

  return {
    input,
    layers,
    hidden: layers.slice(0, -1),
    output,
    layer: (name) => layers.find((layer) => layer.name === name)!,
    stateOf,
    through,
    pass,
    outputError,
    costOfExamples,
    learned,
    recipe({ train, learned: kept, initial: more, parameters, probe, demands }) {
      builder.add('predict', ...pass(false));
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

const defaultEnergy = print(parseExpression('-s * (input + b)'));

/** Layers sorted by their projections, read in the direction they are written. */
function graphOf(model: Model, rule: string): { input: Population; layers: Layer[] } {
  const refuse = (why: string, path: string, found: string, expected: string): never => {
    throw cannot(rule, why, path, found, expected);
  };
  const spiking = model.populations.find(({ kind }) => kind === 'lif' || kind === 'integrate-and-fire');
  if (spiking)
    return refuse('a spike has no derivative', `populations.${spiking.name}.kind`, spiking.kind, 'kind: rate');
  const { cost, populations, projections } = model;
  if (!cost) return refuse('it has no cost', 'cost', 'nothing', 'cost: { on: OUTPUT, text: ... }');
  const inputs = populations.filter(({ kind }) => kind === 'input');
  if (inputs.length !== 1)
    return refuse('it needs one input', 'populations', `${inputs.length} input populations`, 'one');
  for (const { name, features } of projections)
    if (Object.keys(features).join() !== 'input' || features['input'] !== 's')
      refuse(
        'a feed-forward pass sends states only',
        `projections.${name}.features`,
        Object.values(features).join(', '),
        's',
      );

  const waiting = populations.filter(({ kind }) => kind !== 'input');
  const sorted: Population[] = [];
  const done = new Set(inputs.map(({ name }) => name));
  while (waiting.length > 0) {
    const next = waiting.findIndex(({ name }) => projections.every(({ from, to }) => to !== name || done.has(from)));
    if (next < 0)
      return refuse('its projections form a cycle', 'projections', waiting.map(({ name }) => name).join(', '), 'no way back to a population'); // prettier-ignore
    const [population] = waiting.splice(next, 1);
    done.add(population!.name);
    sorted.push(population!);
  }
  const layers = sorted.map((population): Layer => {
    const { name } = population;
    const path = `populations.${name}`;
    const incoming = projections.filter(({ to }) => to === name);
    const outgoing = projections.filter(({ from }) => from === name);
    if (incoming.length === 0) return refuse(`nothing projects to ${name}`, path, 'no projection', `->${name}`);
    if (name !== cost.on && outgoing.length === 0)
      return refuse(`nothing of ${name} reaches the cost`, path, 'no projection', `${name}->${cost.on}`);
    if (population.energy !== null && print(energyOf(population, projections)) !== defaultEnergy)
      return refuse('it runs activations, not energies', `${path}.energy`, population.energy, '-s * (input + b)');
    if (name === cost.on && (outgoing.length > 0 || population.dropout > 0))
      return refuse('the output is the end of the pass', path, population.dropout > 0 ? `dropout: ${population.dropout}` : outgoing[0]!.name, 'neither projections from it nor dropout'); // prettier-ignore
    return layerOf(population, incoming, outgoing);
  });
  return { input: inputs[0]!, layers };
}

function layerOf(population: Population, incoming: Projection[], outgoing: Projection[]): Layer {
  const { name, units, range, dropout } = population;
  let activation = activationOf(population);
  if (range && range[0] > -Infinity) activation = call('max', activation, num(range[0]));
  if (range && range[1] < Infinity) activation = call('min', activation, num(range[1]));
  const [total, state] = [`${name}.a`, `${name}.s`];
  const rise = derivative(activation, 'u');
  // Without dropout the state holds f(a) already: 1 - tanh(a)^2 is 1 - s^2.
  const short = dropout > 0 ? rise : replacePart(rise, activation, named(state));
  const slope = substitute(short, { u: named(total) });
  return {
    name, units, incoming, outgoing, activation, total, state, error: `${name}.e`, bias: `${name}.bias`,
    slope: dropout > 0 ? call('mul', named(`${name}.mask`), slope) : slope,
  }; // prettier-ignore
}
