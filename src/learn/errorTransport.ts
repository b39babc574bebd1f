// The mechanism behind BP, feedback alignment and their relatives: each hidden layer's error is something carried to it times
// its slope, and every weight moves by (sender's state) x (receiver's error). What is carried, and by which matrices, a rule says.
import { call, name as named, num } from '../expr/tools.ts';
import type { Model, Projection } from '../model/model.ts';
import type { Builder } from '../program/builder.ts';
import type { Operation } from '../program/program.ts';
import { type Forward, forward, weightOf } from './forward.ts';
import { initialWeights } from './initial.ts';
import type { Layer } from './layers.ts';
import { type Directions, type Learned, sgd } from './optimiser.ts';
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
      const { feedback = [], follows = [], beforeUpdate = [], afterUpdate = [], frozen = [] } = circuit;
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
      const optimiser = sgd(builder, [...learned, ...followers], model.learning);

      builder.add('train', ...core.pass(true), ...core.outputError(), ...circuit.transport);
      builder.add('update', ...beforeUpdate);
      optimiser.addUpdate('update', directionsOf(core, model, follows));
      builder.add('update', ...core.withinBounds(), ...afterUpdate);

      return core.recipe({
        train: [
          [
            ['train', 1],
            ['update', 1],
          ],
        ],
        learned: [...new Set([...[...learned, ...feedback].map(({ buffer }) => buffer), ...optimiser.state])],
        initial: (seed) => feedback.map(({ buffer, initial }): [string, Float64Array] => [buffer, initial(seed)]),
        probe: probeOf(builder, model, core, circuit, learned),
        demands: rule.demands,
      });
    },
  };
}

/** Minus the gradient that the errors stand for: - s (x) e, averaged over the batch. */
function directionsOf(core: Forward, model: Model, follows: NonNullable<Circuit['follows']>): Directions {
  const scale = named('perExample');
  const terms = new Map<string, ReturnType<Directions['terms']['get']> & object>();
  const outer = ({ from, to }: Projection) => [{ pre: core.stateOf(from), post: core.layer(to).error, sign: -1 as const }];
  for (const projection of model.projections) terms.set(weightOf(projection), { outer: outer(projection), scale });
  for (const { projection, buffer } of follows) terms.set(buffer, { outer: outer(projection), scale });
  for (const { bias, error } of core.layers) terms.set(bias, { reduce: error, scale: call('neg', scale) });
  return { prepare: [], terms };
} // prettier-ignore

/** The errors times the layer's slope, in place. */
export function timesSlope({ units, slope }: Layer, error: string): Operation {
  return { op: 'map', units, assign: [{ into: error, value: call('mul', named(error), slope) }] };
}

/** Down the projections: e_P = (sum over P's projections of M e_Q) * f'(a_P), by the matrix that `matrix` names. */
export function carryDown(
  { hidden, layer }: Forward,
  matrix: (projection: Projection) => string,
  errorOf: (population: string) => string = (name) => layer(name).error,
): Operation[] {
  return [...hidden].reverse().flatMap(({ name, outgoing, ...rest }) => [
    ...outgoing.map((projection, k): Operation => ({
      op: 'gatherBack', from: errorOf(projection.to), weight: matrix(projection), into: errorOf(name), add: k > 0,
    })), // prettier-ignore
    timesSlope({ name, outgoing, ...rest }, errorOf(name)),
  ]);
}

/** Both directions of every learned projection on one batch, with no unit left out; BP's own are its reference. */
function probeOf(builder: Builder, model: Model, core: Forward, circuit: Circuit, learned: readonly Learned[]): Probe {
  const { hidden, output } = core;
  const reference = (name: string): string => (name === output.name ? output.error : `${name}.bp`);
  for (const { name, units } of hidden) builder.buffer(reference(name), [units], { batch: true });
  const operations: Operation[] = [...core.pass(false), ...core.outputError(), ...circuit.transport];
  operations.push(...carryDown(core, weightOf, reference));
  const layers: { layer: string; own: string; reference: string }[] = [];
  for (const projection of model.projections) {
    const { name, from, to } = projection;
    if (!learned.some(({ buffer }) => buffer === weightOf(projection))) continue;
    const shape = builder.shapeOf(weightOf(projection));
    const direction = (buffer: string, post: string): string => {
      const into = builder.buffer(buffer, shape);
      operations.push({ op: 'outer', terms: [{ pre: core.stateOf(from), post, sign: -1 }], scale: named('perExample'), into, add: false }); // prettier-ignore
      return into;
    };
    const own = direction(`${name}:own`, core.layer(to).error);
    layers.push({ layer: name, own, reference: direction(`${name}:reference`, reference(to)) });
  }
  builder.add('probe', ...operations);
  const { pairs } = circuit;
  return { reference: 'BP', sequence: [['probe', 1]], layers, ...(pairs && { weights: pairs }) };
}

/** Streams of feedback lie apart from those of weights, so that both start at about 90 degrees. */
const feedbackIndex = 16384;

/** One feedback matrix for each projection that leaves a hidden layer, shaped like its weights: B carries by gatherBack. */
export function matrixBeside({ builder, model, input }: Workbench, suffix = 'feedback'): (FeedbackMatrix & { readonly projection: Projection })[] {
  return model.projections
    .map((projection, index) => ({ projection, index }))
    .filter(({ projection }) => projection.from !== input.name)
    .map(({ projection, index }) => {
      const [pre, post] = builder.shapeOf(weightOf(projection)) as [number, number];
      const buffer = builder.buffer(`${projection.name}.${suffix}`, [pre, post]);
      return { projection, buffer, initial: (seed) => feedbackValues(model, index, pre, post, seed) };
    });
} // prettier-ignore

/** A feedback matrix [pre, post] from `learning.feedback.init`. */
export function feedbackValues(model: Model, index: number, pre: number, post: number, seed: number): Float64Array {
  const like = { ...model.projections[0]!, init: model.learning.feedback.init };
  return initialWeights(like, feedbackIndex + index, pre, post, seed);
}

/** w <- (1 - decay) w, in place. */
export function decayed(builder: Builder, buffer: string, decay: number): Operation {
  const units = builder.shapeOf(buffer).reduce((a, b) => a * b, 1);
  return { op: 'map', units, assign: [{ into: buffer, value: call('mul', num(1 - decay), named(buffer)) }] };
}
