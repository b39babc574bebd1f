// Every bundled model that settles, shrunk to a few units (an energy does not know how many), in float64 for tests.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { reference } from '../../src/backends/reference.ts';
import { inverseTerm } from '../../src/engine/energy.ts';
import { derivative, simplify } from '../../src/expr/derivative.ts';
import { evaluate } from '../../src/expr/evaluate.ts';
import { call } from '../../src/expr/tools.ts';
import { equilibrium, type Equilibrium } from '../../src/learn/equilibrium.ts';
import { contributeRate } from '../../src/learn/epRate.ts';
import { uniform24 } from '../../src/math/random.ts';
import { loadModel } from '../../src/model/load.ts';
import type { Model, Population } from '../../src/model/model.ts';
import { isNetwork } from '../../src/model/network.ts';
import { activationOf } from '../../src/model/rate.ts';
import { readModel, readNetwork } from '../../src/model/read.node.ts';
import { builder } from '../../src/program/builder.ts';

const folder = fileURLToPath(new URL('../../models', import.meta.url));

/** Names of the model files of rate networks that learn by settling; those of pictures cannot be shrunk and have tests of their own. */
export const settlingModels = readdirSync(folder)
  .filter((file) => !isNetwork(readFileSync(`${folder}/${file}`, 'utf8')))
  .map((file) => file.replace(/\.yaml$/, ''))
  .filter((name) => {
    if (readNetwork(name)) return false;
    const { model } = readModel(name, { set: [] });
    return model.kind === 'rate' && model.learning.rule === 'ep' && model.projections.every(({ conv }) => !conv);
  });

/** Those that have an energy: a projection between settling populations acts both ways. */
export const energyModels = settlingModels.filter((name) => {
  const { projections, populations } = readModel(name, { set: [] }).model;
  const settles = (of: string): boolean => populations.some((p) => p.name === of && p.kind === 'rate');
  return projections.every(({ from, to, symmetric }) => symmetric || !settles(from) || !settles(to));
});

/** The model with at most seven units a population, and a step of one's own. */
export function small(name: string, over: Partial<Model['dynamics']> = {}): Model {
  const { model } = readModel(name, { set: [] });
  const sizes = [5, 7, 6, 4, 3];
  const units = model.populations.map((p, k) => `populations.${p.name}.units=${sizes[k % sizes.length]!}`);
  const set = ['data.set=csv', 'data.path=none', 'data.batch=1', 'data.train=null', ...units];
  const less = readModel(name, { set }).model;
  return { ...less, dynamics: { ...less.dynamics, ...over } };
}

/** A model of one's own, of units x -> h <-> y. */
export function written(energy: string, more: readonly string[] = []): Model {
  const text = `
settle: 1
name: written
data: { set: csv, path: none, batch: 1 }
populations:
  x: { units: 4, kind: input }
  h: { units: 5, kind: rate, energy: "${energy}" }
  y: { units: 3, kind: rate, energy: "1/2 * s^2 - s * (input + b)" }
projections: { x->h: {}, h<->y: {} }
cost: { on: y, text: 1/2 * (s - target)^2 }
dynamics: { kind: flow }
`;
  return loadModel(text, { file: 'written.yaml', set: more }).model;
}

/** A network with its seed's weights, a random input and target; the slot `slope` leaves dE/ds in `P.dE`. */
export async function open(model: Model, seed = 1): Promise<Equilibrium> {
  const net = await equilibrium(model, {
    backend: reference,
    examples: 1,
    extend(b, network) {
      b.add('slope', ...network.pulls());
      for (const p of network.settled) {
        const into = b.buffer(`${p.name}.dE`, [p.units], { batch: true });
        const state = network.stateOf(p);
        const value = simplify(call('sub', derivative(inverseTerm(model, p, state), state), network.force(p)));
        b.add('slope', { op: 'map', units: p.units, assign: [{ into, value }] });
      }
    },
  });
  const weights = contributeRate(builder('weights'), model).initial(seed);
  const middle = (name: string): number => {
    const range = model.populations.find((p) => name === `${p.name}.bias`)?.range;
    return range?.[0] === 0 && range[1] === 1 ? 0.4 : 0;
  };
  const biased = new Map([...weights].map(([name, values], index) => [
    name, name.endsWith('.bias') ? values.map((value, k) => value + middle(name) + 0.2 * draw(seed, 100 + index, k)) : values,
  ])); // prettier-ignore
  const [input, output] = [net.network.inputs[0]!, model.populations.find(({ name }) => name === model.cost!.on)!];
  const inputs = Float64Array.from({ length: input.units }, (_, k) => 0.5 + 0.45 * draw(seed, 99, k));
  await net.write(
    biased,
    inputs,
    Float64Array.from({ length: output.units }, (_, k) => (k === 1 ? 1 : 0)),
  );
  return net;
}

/** Settled, with the first seed at which every layer has a gradient: no layer wholly at the ends of its range. */
export async function openSettled(model: Model): Promise<{ net: Equilibrium; gradient: Map<string, Float64Array> }> {
  for (let seed = 1; ; seed++) {
    const net = await open(model, seed);
    await net.rest();
    await net.settle();
    const gradient = await net.gradient();
    if (seed > 20 || [...gradient.values()].every((values) => values.some((value) => Math.abs(value) > 1e-6)))
      return { net, gradient };
    await net.close();
  }
}

/** Uniform in (-1, 1). */
export const draw = (seed: number, stream: number, unit: number): number => 2 * uniform24(seed, stream, 0, unit, 0) - 1;

/** A state away from the ends of its range: what the activation gives, or a number inside the range. */
export function inside(model: Model, p: Population, u: number): number {
  const [low, high] = p.range ?? [-Infinity, Infinity];
  if (model.dynamics.kind === 'map') return evaluate(activationOf(p), () => 0.5 + 0.4 * u);
  if (low > -Infinity && high < Infinity) return (low + high) / 2 + (0.4 * (high - low) * u);
  if (low > -Infinity) return low + 0.8 + 0.7 * u;
  return high < Infinity ? high - 0.8 + 0.7 * u : 0.8 * u;
} // prettier-ignore

export async function randomState(net: Equilibrium, seed: number): Promise<void> {
  await net.restore(
    net.network.settled.map((p, index) =>
      Float64Array.from({ length: p.units }, (_, k) => inside(net.model, p, draw(seed, 200 + index, k))),
    ),
  );
}

/** Central difference of fourth order. */
export async function slopeOf(f: (shift: number) => Promise<number>, h = 1e-3): Promise<number> {
  const [a, b, c, d] = [await f(h), await f(-h), await f(2 * h), await f(-2 * h)];
  return (8 * (a - b) - (c - d)) / (12 * h);
}
