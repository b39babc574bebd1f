// The mechanism behind BP, feedback alignment and their relatives: each hidden layer's error is something carried to it times
// its slope, and every weight moves by (sender's state) x (receiver's error). What is carried, and by which matrices, a rule says.
import { call, name as named } from '../expr/tools.ts';
import type { Conv, Model, Projection } from '../model/model.ts';
import type { Builder } from '../program/builder.ts';
import type { Operation, Sequence } from '../program/program.ts';
import { type Forward, forward, weightOf } from './forward.ts';
import { initialMatrix, tapsOf } from './initial.ts';
import type { Layer } from './layers.ts';
import { type Directions, type Learned, optimiser } from './optimiser.ts';
import type { Demands, Probe, Rule } from './rule.ts';

/** A matrix that carries errors and is no weight of the forward pass. */
export interface FeedbackMatrix {
  readonly buffer: string;
  initial(seed: number): Float64Array;
}

/** What a rule adds to a forward pass and an output error. */
export interface Circuit {
  readonly feedback?: readonly FeedbackMatrix[];
  /** Leaves the error of every hidden layer in its buffer `error`, slope included. */
  readonly transport: readonly Operation[];
  /** Feedback that learns with the weights: the same direction as the projection's own. */
  readonly follows?: readonly { readonly projection: Projection; readonly buffer: string }[];
  /** Between the errors and the update of the weights. */
  readonly beforeUpdate?: readonly Operation[];
  /** After the update, on the new weights. */
  readonly afterUpdate?: readonly Operation[];
  /** Pairs that should align (Probe). */
  readonly pairs?: Probe['weights'];
  /** Layers that stay as they are. */
  readonly frozen?: readonly Layer[];
  /** Parameters of its own and their values. */
  readonly parameters?: Readonly<Record<string, number>>;
}

/** What a circuit is built from. */
export interface Workbench extends Forward {
  readonly builder: Builder;
  readonly model: Model;
}

export interface ErrorRule {
  readonly name: string;
  readonly demands: Demands;
  circuit(workbench: Workbench): Circuit;
}

/** What every rule with an error path asks; `over` says where one differs. */
export function demandsOf(over: Partial<Demands> = {}): Demands {
  return {
    symmetricWeights: false, secondCircuit: true, phases: 2, nonLocalSignals: true, activationDerivative: true, decoder: false,
    ...over,
  }; // prettier-ignore
}

export function errorTransport(rule: ErrorRule): Rule {
  return {
    name: rule.name,
    contribute(builder, model) {
      const core = forward(builder, model, rule.name);
      const circuit = rule.circuit({ ...core, builder, model });
      const { feedback = [], follows = [], beforeUpdate = [], afterUpdate = [], frozen = [], parameters = {} } = circuit; // prettier-ignore
      const isFrozen = (name: string): boolean => frozen.some((layer) => layer.name === name);
      const still = new Set([
        ...model.projections.filter(({ to }) => isFrozen(to)).map(weightOf),
        ...frozen.map(({ bias }) => bias),
      ]);
      const learned: Learned[] = core.learned.filter(({ buffer }) => !still.has(buffer));
      const followers = follows.flatMap(({ projection, buffer }): Learned[] => {
        const own = learned.find((entry) => entry.buffer === weightOf(projection));
        return own ? [{ ...own, buffer }] : [];
      });
      const method = optimiser(builder, [...learned, ...followers], model.learning);

      for (const parameter of Object.keys(parameters)) builder.parameter(parameter);
      builder.add('train', ...core.pass(true), ...core.outputError(), ...circuit.transport);
      builder.add('update', ...beforeUpdate);
      method.addUpdate('update', directionsOf(core, model, follows, circuit.transport));
      builder.add('update', ...afterUpdate);

      return core.recipe({
        train: [[['train', 1], ['update', 1]]], // prettier-ignore
        learned: [...new Set([...[...learned, ...feedback].map(({ buffer }) => buffer), ...method.state])],
        initial: (seed) => feedback.map(({ buffer, initial }): [string, Float64Array] => [buffer, initial(seed)]),
        parameters: () => parameters,
        probe: probeOf(builder, model, core, circuit, learned),
        demands: rule.demands,
      });
    },
  };
}

/** Minus the gradient that the errors stand for: - s (x) e, averaged over the batch. What `done` did of the errors is not done again. */
export function directionsOf(core: Forward, model: Model, follows: NonNullable<Circuit['follows']> = [], done: readonly Operation[] = []): Directions {
  const scale = named('perExample');
  const terms = new Map<string, ReturnType<Directions['terms']['get']> & object>();
  const outer = (projection: Projection) => {
    const { buffer } = core.wireOf(projection).facing(core.layer(projection.to).error);
    return [{ pre: core.stateOf(projection.from), post: buffer, sign: -1 as const }];
  };
  const known = new Set(done.map((operation) => JSON.stringify(operation)));
  const prepare = model.projections
    .flatMap((projection) => core.wireOf(projection).facing(core.layer(projection.to).error).operations)
    .filter((operation) => !known.has(JSON.stringify(operation)));
  for (const projection of model.projections) terms.set(weightOf(projection), { outer: outer(projection), scale });
  for (const { projection, buffer } of follows) terms.set(buffer, { outer: outer(projection), scale });
  for (const { bias, error } of core.layers) terms.set(bias, { reduce: error, scale: call('neg', scale) });
  return { prepare, terms };
} // prettier-ignore

/** The errors times the layer's slope, in place. */
export function timesSlope({ units, slope }: Layer, error: string): Operation {
  return { op: 'map', units, assign: [{ into: error, value: call('mul', named(error), slope) }] };
}

/** Down the projections: e_P = (sum over P's projections of M e_Q) * f'(a_P), by the matrix that `matrix` names. */
export function carryDown(
  { hidden, layer, wireOf }: Forward,
  matrix: (projection: Projection) => string,
  errorOf: (population: string) => string = (name) => layer(name).error,
): Operation[] {
  return [...hidden]
    .reverse()
    .flatMap(({ name, outgoing, ...rest }) => [
      ...outgoing.flatMap((projection, k) =>
        wireOf(projection).back(errorOf(projection.to), errorOf(name), k > 0, matrix(projection)),
      ),
      timesSlope({ name, outgoing, ...rest }, errorOf(name)),
    ]);
}

/**
 * Both directions of every learned projection on one batch, with no unit left out; BP's own are its reference. What takes a
 * sequence to find the errors runs it `before`.
 */
export function probeOf(
  builder: Builder,
  model: Model,
  core: Forward,
  circuit: Pick<Circuit, 'transport' | 'pairs'>,
  learned: readonly Learned[],
  before: Sequence = [],
): Probe {
  const { hidden, output } = core;
  const reference = (name: string): string => (name === output.name ? output.error : `${name}.bp`);
  for (const { name, units } of hidden) builder.buffer(reference(name), [units], { batch: true });
  const operations: Operation[] = [...core.pass(false), ...core.outputError(), ...circuit.transport];
  operations.push(...carryDown(core, weightOf, reference));
  const layers: { layer: string; own: string; reference: string }[] = [];
  for (const projection of model.projections) {
    const { name, from, to } = projection;
    if (!learned.some(({ buffer }) => buffer === weightOf(projection))) continue;
    const direction = (buffer: string, error: string): string => {
      const into = builder.like(buffer, weightOf(projection));
      const { buffer: post, operations: facing } = core.wireOf(projection).facing(error);
      operations.push(...facing);
      operations.push({ op: 'outer', terms: [{ pre: core.stateOf(from), post, sign: -1 }], scale: named('perExample'), into, add: false }); // prettier-ignore
      return into;
    };
    const own = direction(`${name}:own`, core.layer(to).error);
    layers.push({ layer: name, own, reference: direction(`${name}:reference`, reference(to)) });
  }
  builder.add('probe', ...operations);
  const { pairs } = circuit;
  return { reference: 'BP', sequence: [...before, ['probe', 1]], layers, ...(pairs && { weights: pairs }) };
}

/** A feedback matrix [pre, post] as `learning.feedback.init` draws it, from streams apart from the weights': the first angle is about 90 degrees. */
export function feedbackMatrix(bench: Workbench, buffer: string, index: number, [pre, post]: readonly number[], conv?: Conv): FeedbackMatrix {
  const { init } = bench.model.learning.feedback;
  bench.builder.buffer(buffer, [pre!, post!], { conv: conv ?? null });
  return { buffer, initial: (seed) => initialMatrix(init, 'feedback', index, pre!, post!, seed, tapsOf(conv)) };
} // prettier-ignore

/** Name of the matrix beside a projection's weights: of the same shape, so that errors come through it by gatherBack. */
export const feedbackOf = ({ name }: Pick<Projection, 'name'>): string => `${name}.feedback`;

/** A matrix beside each projection that leaves a hidden layer and that `wanted` picks. */
export function matricesBeside(bench: Workbench, wanted: (projection: Projection) => boolean = () => true) {
  const { builder, model, input } = bench;
  return model.projections.flatMap((projection, index) => {
    if (projection.from === input.name || !wanted(projection)) return [];
    const shape = builder.shapeOf(weightOf(projection));
    return [{ projection, ...feedbackMatrix(bench, feedbackOf(projection), index, shape, projection.conv) }];
  });
}

/**
 * A matrix [units, outputs] from the output's error to a layer. It is numbered like the layer's first projection: with one
 * hidden layer FA, DFA and IFA draw the same one.
 */
export function matrixTo(bench: Workbench, layer: Layer): FeedbackMatrix {
  const index = bench.model.projections.indexOf(layer.outgoing[0]!);
  return feedbackMatrix(bench, `${layer.name}.feedback`, index, [layer.units, bench.output.units]);
}

/** Pairs of the Probe: every matrix beside the weights it stands for. */
export function pairsOf(matrices: readonly { readonly projection: Projection; readonly buffer: string }[]) {
  return matrices.map(({ projection, buffer }) => ({ layer: projection.name, a: weightOf(projection), b: buffer }));
}
