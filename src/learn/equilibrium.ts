// A settling network by itself, for checks: it settles until it is still, gives its cost, dE/dw, and the gradient of the cost
// by backpropagation through time of the free phase, step by step. It knows no estimator and changes no weight.
import type { Backend, Machine } from '../backends/backend.ts';
import { adjoint } from '../engine/adjoint.ts';
import { energyBuffer, energyOps } from '../engine/energy.ts';
import { settling, type SettlingNetwork, targetBuffer } from '../engine/settling.ts';
import { compile } from '../expr/evaluate.ts';
import { parseExpression } from '../expr/parse.ts';
import { name as named, num } from '../expr/tools.ts';
import type { Model } from '../model/model.ts';
import { type Builder, builder } from '../program/builder.ts';
import type { OuterTerm } from '../program/program.ts';
import { SettleError } from '../errors.ts';

/** Numbers by learned buffer. */
export type Numbers = ReadonlyMap<string, Float64Array>;

export interface Equilibrium {
  readonly model: Model;
  readonly machine: Machine;
  readonly network: SettlingNetwork;
  /** Weights and biases that the energy or the readout reads. */
  readonly names: readonly string[];
  /** Whether the slot `energy` exists: every activation has a known energy. */
  readonly hasEnergy: boolean;
  write(parameters: Numbers, inputs: ArrayLike<number>, targets: ArrayLike<number>): Promise<void>;
  writeParameter(name: string, values: Float64Array): Promise<void>;
  /** States at the start of an example. */
  rest(): Promise<void>;
  /** Runs until no state moves in a step, or says how far one still moves; beta null: free. */
  settle(beta?: number | null): Promise<number>;
  step(beta: number | null, times?: number): Promise<void>;
  /** Steps made so far. */
  made(): number;
  states(): Promise<Float64Array[]>;
  restore(states: readonly Float64Array[]): Promise<void>;
  /** Mean cost of the examples in the present states. */
  cost(): Promise<number>;
  /** Energy of each example. */
  energy(): Promise<Float64Array>;
  /** Mean of -dE/dw over the examples; of the readout, minus its delta rule. */
  local(): Promise<Map<string, Float64Array>>;
  /** The cost's slopes at the present state; the share of each step of the free phase, from the last backwards; their sum. */
  beginAdjoint(): Promise<void>;
  stepBack(): Promise<Map<string, Float64Array>>;
  gradient(): Promise<Map<string, Float64Array>>;
  close(): Promise<void>;
}

export interface EquilibriumOptions {
  readonly backend: Backend;
  readonly examples: number;
  /** No state moves further than this in a step of a settled network. */
  readonly still?: number;
  readonly mostSteps?: number;
  /** Adds slots of one's own. */
  extend?(builder: Builder, network: SettlingNetwork): void;
}

/** Steps between two looks at whether the network is still. */
const look = 20;

/** @throws SettleError of kind `input` for a model that does not settle or has no cost */
export async function equilibrium(model: Model, options: EquilibriumOptions): Promise<Equilibrium> {
  const { backend, examples, still = 1e-12, mostSteps = 20_000 } = options;
  const { cost } = model;
  if (!cost) throw new SettleError('nothing to check', { kind: 'input', path: 'cost', found: 'nothing', expected: 'a cost' }); // prettier-ignore
  const b = builder(model.name);
  b.parameter('beta');
  const network = settling(b, model);
  const { settled, readout, readouts, stateOf, weightOf, biasOf } = network;
  network.addStep('free', null);
  network.addStep('nudged', named('beta'));
  const back = adjoint(b, network);
  b.add('adjoint.begin', ...back.begin);
  b.add('adjoint.step', ...back.step);

  // Gradients of weights and biases, as means over the examples.
  const scale = num(1 / examples);
  type Term = { readonly outer?: readonly OuterTerm[]; readonly reduce?: string };
  const into = (slot: string, name: string, { outer, reduce }: Term): string => {
    const buffer = b.like(`${name}:${slot}`, name);
    if (outer) b.add(slot, { op: 'outer', terms: outer, scale, into: buffer, add: false });
    else b.add(slot, { op: 'reduce', from: reduce!, into: buffer, how: 'sum', over: 'batch', scale });
    return buffer;
  };
  const deltaRule = new Map<string, Term>();
  if (readout) {
    for (const projection of readouts)
      deltaRule.set(weightOf(projection), {
        outer: [
          { pre: stateOf(settled.find(({ name }) => name === projection.from)!), post: network.errorOf!, sign: 1 },
        ],
      });
    deltaRule.set(biasOf(readout), { reduce: network.errorOf! });
  }
  const parts = {} as Record<'share' | 'total' | 'local', Map<string, string>>;
  for (const [slot, which] of [
    ['share', 'bar'],
    ['total', 'sum'],
  ] as const) {
    const { operations, terms } = back.gradient(which);
    b.add(slot, ...operations);
    parts[slot] = new Map([...terms].map(([name, term]) => [name, into(slot, name, term)]));
  }
  for (const [name, term] of deltaRule) parts.total.set(name, into('total', name, term));
  b.add('local', ...network.gradient(), ...network.read());
  const outers = new Map<string, OuterTerm[]>();
  for (const { projection, pre, facing: post } of network.strands) {
    const sign = pre.sign === post.sign ? -1 : 1;
    const known = outers.get(weightOf(projection)) ?? [];
    outers.set(weightOf(projection), [...known, { pre: pre.buffer, post: post.buffer, sign }]);
  }
  parts.local = new Map([...outers].map(([name, outer]) => [name, into('local', name, { outer })]));
  const flips = new Set<string>();
  for (const p of settled) {
    const source = network.biasSource(p);
    if (!source) continue;
    parts.local.set(biasOf(p), into('local', biasOf(p), { reduce: source.buffer }));
    if (source.sign === 1) flips.add(biasOf(p));
  }
  for (const [name, term] of deltaRule) {
    parts.local.set(name, into('local', name, term));
    flips.add(name);
  }
  let hasEnergy = true;
  try {
    b.add('energy', ...energyOps(b, model, network));
  } catch (error) {
    if (!(error instanceof SettleError)) throw error;
    hasEnergy = false;
  }
  options.extend?.(b, network);

  const machine = await backend.open(b.build(), { batch: examples, threads: 1 });
  const read = async (buffer: string): Promise<Float64Array> => Float64Array.from(await machine.read(buffer));
  async function readAll(buffers: ReadonlyMap<string, string>): Promise<Map<string, Float64Array>> {
    const found = new Map<string, Float64Array>();
    for (const [name, buffer] of buffers) found.set(name, await read(buffer));
    return found;
  }
  const states = (): Promise<Float64Array[]> => Promise.all(settled.map((p) => read(stateOf(p))));
  let steps = 0;
  const step = async (beta: number | null, times = 1): Promise<void> => {
    steps += times;
    if (beta !== null) machine.setParameter('beta', beta);
    await machine.run(beta === null ? 'free' : 'nudged', times);
  };
  const targets = async (): Promise<Float64Array> => read(targetBuffer);
  const text = cost.kind === 'text' ? compile(parseExpression(cost.text, { names: ['s', 'target'] }), ['s', 'target']) : null; // prettier-ignore
  const output = model.populations.find(({ name }) => name === cost.on)!;

  return {
    model,
    machine,
    network,
    names: [...parts.local.keys()],
    hasEnergy,
    async write(parameters, inputs, wanted) {
      for (const [name, values] of parameters) if (b.has(name)) await machine.write(name, values);
      await machine.write(network.inputs[0]!.name, inputs);
      await machine.write(targetBuffer, wanted);
      await machine.run('begin');
    },
    async writeParameter(name, values) {
      await machine.write(name, values);
      await machine.run('begin');
    },
    rest: () => machine.run('rest'),
    async settle(beta = null) {
      let [moved, last] = [Infinity, Infinity];
      // Below `still`, on until round-off is all that moves.
      for (let made = 0; made < mostSteps && moved > 0 && (moved > still || moved < 0.9 * last); made += look) {
        last = moved;
        await step(beta, look - 1);
        const before = await states();
        await step(beta);
        moved = largest(before, await states());
      }
      return moved;
    },
    step,
    made: () => steps,
    states,
    async restore(kept) {
      for (const [k, p] of settled.entries()) await machine.write(stateOf(p), kept[k]!);
    },
    async cost() {
      const target = await targets();
      if (text) {
        const s = await read(stateOf(output));
        return target.reduce((sum, value, k) => sum + text(Float64Array.of(s[k]!, value)), 0) / examples;
      }
      await machine.run('local');
      return crossEntropy(await read(`${output.name}.a`), target, output.units) / examples;
    },
    async energy() {
      await machine.run('energy');
      return read(energyBuffer);
    },
    async local() {
      await machine.run('local');
      const found = await readAll(parts.local);
      for (const name of flips) found.set(name, found.get(name)!.map((value) => -value)); // prettier-ignore
      return found;
    },
    beginAdjoint: () => machine.run('adjoint.begin'),
    async stepBack() {
      await machine.perform([['adjoint.step', 1], ['share', 1]]); // prettier-ignore
      return readAll(parts.share);
    },
    async gradient() {
      await machine.run('adjoint.begin');
      const slopes = (): Promise<Float64Array[]> => Promise.all(settled.map((p) => read(back.vOf(p))));
      const zero = (await slopes()).map((values) => values.map(() => 0));
      const first = largest(await slopes(), zero);
      for (let made = 0; made < mostSteps; made += look) {
        await machine.run('adjoint.step', look);
        if (largest(await slopes(), zero) <= 1e-16 * first) break;
      }
      await machine.run('total');
      return readAll(parts.total);
    },
    close: () => machine.close(),
  };
}

/** Largest |a - b|. */
function largest(a: readonly Float64Array[], b: readonly Float64Array[]): number {
  let most = 0;
  a.forEach((values, k) => values.forEach((value, i) => (most = Math.max(most, Math.abs(value - b[k]![i]!)))));
  return most;
}

/** Sum over examples of log sum exp(a) - a of the target. */
function crossEntropy(a: Float64Array, target: Float64Array, units: number): number {
  let sum = 0;
  for (let begin = 0; begin < a.length; begin += units) {
    const row = a.subarray(begin, begin + units);
    const top = Math.max(...row);
    const above = Math.log(row.reduce((total, value) => total + Math.exp(value - top), 0));
    row.forEach((value, k) => (sum += target[begin + k]! * (top + above - value)));
  }
  return sum;
}
