// The populations of a feed-forward model as layers, each after all that project to it; refuses what has no such order and
// what a plain pass s = f(W s + b) does not compute. It adds nothing to a Program.
import { SettleError } from '../errors.ts';
import { derivative } from '../expr/derivative.ts';
import { parseExpression } from '../expr/parse.ts';
import { call, name as named, num, print, replacePart, substitute } from '../expr/tools.ts';
import type { Tree } from '../expr/tree.ts';
import type { Model, Population, Projection } from '../model/model.ts';
import { activationOf, energyOf } from '../model/rate.ts';

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
  /** The bias at each unit: `bias` itself, or one number a channel at all its places. */
  readonly offset: string;
  /** ds/da over the buffers above, of the last pass (dropout included). */
  readonly slope: Tree;
}

/** The sentence that refuses a model. */
export function cannot(rule: string, why: string, path: string, found: string, expected: string): SettleError {
  return new SettleError(`the rule ${rule} cannot train this model: ${why}`, { kind: 'input', path, found, expected });
}

/** Refuses kernels. @throws SettleError of kind `input`, in one sentence */
export function refuseKernels(rule: string, model: Model, why: string): void {
  const kernel = model.projections.find(({ kind }) => kind === 'conv');
  if (kernel) throw cannot(rule, why, `projections.${kernel.name}.kind`, 'conv', 'dense');
}

const defaultEnergy = print(parseExpression('-s * (input + b)'));

/**
 * Layers sorted by their projections, read in the direction they are written; the output is the last.
 * @throws SettleError of kind `input`, in one sentence
 */
export function layersOf(model: Model, rule: string): { input: Population; layers: Layer[] } {
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
    name, units, incoming, outgoing, activation, total, state, error: `${name}.e`, bias: `${name}.bias`, offset: population.bias.shared ? `${name}.bias:spread` : `${name}.bias`,
    slope: dropout > 0 ? call('mul', named(`${name}.mask`), slope) : slope,
  }; // prettier-ignore
}
