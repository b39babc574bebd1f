// A model's cost as a function of its weights and biases for forward and reverse differentiation: a feed-forward pass, or steps
// of a prototypical network from a given state. An independent second opinion for checks; it trains nothing.
import { derivative } from '../expr/derivative.ts';
import { compile } from '../expr/evaluate.ts';
import { parseExpression } from '../expr/parse.ts';
import { num, print, substitute } from '../expr/tools.ts';
import type { Tree } from '../expr/tree.ts';
import { type Tape, tape } from '../math/autodiff.ts';
import * as own from '../math/elementary.ts';
import { add, addBias, constant, type Curve, elementwise, input, matmul, type Node, product, scale, softmaxCrossEntropy, sum, transpose } from '../math/differentiable.ts'; // prettier-ignore
import type { Model, Population } from '../model/model.ts';
import { activationOf, energyOf } from '../model/rate.ts';
import type { Numbers } from './equilibrium.ts';
import { layersOf } from './layers.ts';

/** Examples side by side, row-major. */
export interface Batch {
  readonly count: number;
  readonly inputs: ArrayLike<number>;
  /** One-hot. */
  readonly targets: ArrayLike<number>;
}

/** The mean cost of a batch; the inputs are the buffers `names`, in that order. */
export interface CostTape {
  readonly tape: Tape;
  readonly names: readonly string[];
  values(parameters: Numbers): Float64Array[];
}

const curve = (tree: Tree, name: string): Curve => {
  const [f, slope] = [compile(tree, [name]), compile(derivative(tree, name), [name])];
  return { value: (x) => f(Float64Array.of(x)), slope: (x) => slope(Float64Array.of(x)) };
};

/** Inputs by name, made at their first use. */
function parameters(model: Model): { weight(name: string): Node; bias(name: string): Node; end(cost: Node): CostTape } {
  const units = new Map(model.populations.map((p) => [p.name, p.units]));
  const nodes = new Map<string, Node>();
  const of = (name: string, ...shape: number[]): Node => {
    const known = nodes.get(name) ?? input(...shape);
    nodes.set(name, known);
    return known;
  };
  return {
    weight(name) {
      const { from, to } = model.projections.find((p) => p.name === name)!;
      return of(`${name}.weight`, units.get(from)!, units.get(to)!);
    },
    bias: (name) => of(`${name}.bias`, units.get(name)!),
    end(cost) {
      const names = [...nodes.keys()];
      return { tape: tape([...nodes.values()], cost), names, values: (all) => names.map((name) => all.get(name)!) };
    },
  };
}

/** `total` is the output's input, `state` what it gives. */
function costOf(model: Model, total: Node, state: Node, { count, targets }: Batch): Node {
  const { kind, text } = model.cost!;
  const mean = (node: Node): Node => scale(node, 1 / count);
  if (kind === 'cross-entropy') return mean(softmaxCrossEntropy(state, targets));
  const shape = state.shape;
  const hot = constant(shape, targets);
  const cold = constant(shape, Array.from(targets, (value) => 1 - value));
  // Targets are 0 or 1, so a cost is one curve where they are 1 and another where they are 0.
  const at = (target: number): Node => {
    if (kind === 'text') return elementwise(state, curve(substitute(parseExpression(text, { names: ['s', 'target'] }), { target: num(target) }), 's'));
    const value = (a: number): number => Math.max(a, 0) - a * target + Math.log1p(Math.exp(-Math.abs(a)));
    return elementwise(total, { value, slope: (a) => own.sigmoid(a) - target });
  };
  const [one, zero] = [at(1), at(0)];
  return mean(add(sum(product(hot, one)), sum(product(cold, zero))));
} // prettier-ignore

/** The cost after a feed-forward pass, or null where kernels slide. @throws SettleError of kind `input` for a model that has none */
export function passTape(model: Model, batch: Batch): CostTape | null {
  const { input: from, layers } = layersOf(model, model.learning.rule);
  if (model.projections.some(({ kind }) => kind === 'conv')) return null;
  const { weight, bias, end } = parameters(model);
  const states = new Map([[from.name, constant([batch.count, from.units], batch.inputs)]]);
  let cost: Node | null = null;
  for (const { name, incoming, activation } of layers) {
    const sent = incoming.map((p) => matmul(states.get(p.from)!, weight(p.name)));
    const total = addBias(sent.reduce(add), bias(name));
    const state = elementwise(total, curve(activation, 'u'));
    states.set(name, state);
    if (name === model.cost!.on) cost = costOf(model, total, state, batch);
  }
  return end(cost!);
}

const prototypical = print(parseExpression('-s * (input + b)'));

/** Whether the network is one of activations of weighted sums: the energy -s (W s + b), states as features, no readout before its cost. */
function isPrototypical(model: Model): boolean {
  const settled = model.populations.filter(({ kind }) => kind === 'rate');
  return (
    model.dynamics.kind === 'map' &&
    model.projections.every(({ kind }) => kind === 'dense') &&
    settled.every((p) => print(energyOf(p, model.projections)) === prototypical && p.range === null) &&
    model.projections.every(({ features }) => Object.keys(features).join() === 'input' && features['input'] === 's')
  );
}

/** The cost after synchronous steps from these states, or null for a network of another form. */
export function stepsTape(model: Model, states: Numbers, batch: Batch, steps: number): CostTape | null {
  if (!isPrototypical(model)) return null;
  const { weight, bias, end } = parameters(model);
  const { count } = batch;
  const { step } = model.dynamics;
  const settled = model.populations.filter(({ kind }) => kind === 'rate');
  const from = model.populations.find(({ kind }) => kind === 'input')!;
  const x = constant([count, from.units], batch.inputs);
  const drive = new Map(model.projections.filter((p) => p.from === from.name).map((p) => [p.name, matmul(x, weight(p.name))]));
  const back = new Map(model.projections.filter((p) => p.symmetric).map((p) => [p.name, transpose(weight(p.name))]));
  let now = new Map(settled.map((p) => [p.name, constant([count, p.units], states.get(p.name)!)]));
  const total = (p: Population): Node => {
    const sent = model.projections.flatMap((q) => [
      ...(q.to === p.name ? [drive.get(q.name) ?? matmul(now.get(q.from)!, weight(q.name))] : []),
      ...(q.symmetric && q.from === p.name ? [matmul(now.get(q.to)!, back.get(q.name)!)] : []),
    ]);
    return addBias(sent.reduce(add), bias(p.name));
  };
  const curves = new Map(settled.map((p) => [p.name, curve(activationOf(p), 'u')]));
  for (let t = 0; t < steps; t++)
    now = new Map(settled.map((p) => {
      const next = elementwise(total(p), curves.get(p.name)!);
      return [p.name, step === 1 ? next : add(scale(now.get(p.name)!, 1 - step), scale(next, step))];
    }));
  const output = model.populations.find(({ name }) => name === model.cost!.on)!;
  const read = output.kind === 'readout' ? total(output) : now.get(output.name)!;
  return end(costOf(model, read, read, batch));
} // prettier-ignore
