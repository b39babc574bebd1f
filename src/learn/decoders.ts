// Decoders g_l(h) = f(V h + c) from a layer back to the one below, and the losses by which they learn to invert, each as
// operations that leave output deltas and the outer products of its gradient. They set no target.
import { derivative } from '../expr/derivative.ts';
import { call, name as named, num, substitute } from '../expr/tools.ts';
import type { Tree } from '../expr/tree.ts';
import type { Model } from '../model/model.ts';
import type { Builder } from '../program/builder.ts';
import type { Operation } from '../program/program.ts';
import { initialMatrix } from './initial.ts';
import type { Layer } from './layers.ts';
import { normalNoise } from './noise.ts';
import type { Stage } from './stages.ts';

export interface Decoder {
  readonly stage: Stage;
  readonly below: Layer;
  /** One [units of the part, units below] for each part of the stage's state. */
  readonly matrices: readonly string[];
  readonly bias: string;
  /** V h + c without c, of the parts `from`, into the buffer `total`. */
  drive(from: readonly string[], total: string): Operation[];
  /** f and its slope at the drive in a buffer. */
  value(total: string): Tree;
  slope(total: string): Tree;
  initial(seed: number): [buffer: string, values: Float64Array][];
}

/** Name of the matrix that decodes a layer. */
export const decoderOf = (layer: Pick<Layer, 'name'>): string => `${layer.name}.decoder`;

/** The decoder of stage number `index` (from 1: the second layer). */
export function decoder(
  builder: Builder,
  model: Model,
  stages: readonly Stage[],
  index: number,
  linear: boolean,
): Decoder {
  const stage = stages[index]!;
  const below = stages[index - 1]!.layer;
  const bias = builder.buffer(`${stage.layer.name}.decoderBias`, [below.units]);
  const matrices = stage.state.map((part, k) => {
    const units = builder.shapeOf(part)[0]!;
    return builder.buffer(k === 0 ? decoderOf(stage.layer) : `${part}.decoder`, [units, below.units]);
  });
  const f = linear ? named('u') : below.activation;
  const at = (tree: Tree, total: string): Tree => substitute(tree, { u: call('add', named(total), named(bias)) });
  return {
    stage, below, matrices, bias,
    drive(from, total) {
      builder.buffer(total, [below.units], { batch: true });
      return from.map((part, k): Operation => ({ op: 'gather', from: part, weight: matrices[k]!, into: total, add: k > 0 }));
    },
    value: (total) => at(f, total),
    slope: (total) => at(derivative(f, 'u'), total),
    initial: (seed) =>
      matrices.map((buffer, k) => {
        const [pre, post] = builder.shapeOf(buffer) as [number, number];
        return [buffer, initialMatrix(model.learning.feedback.init, 'decoders', 2 * index + k, pre, post, seed)];
      }),
  }; // prettier-ignore
}

/** What a loss leaves: for each place where the decoder was used, its inputs and the buffer of dLoss/d(V h + c). */
export interface DecoderLoss {
  readonly operations: readonly Operation[];
  readonly deltas: readonly { readonly from: readonly string[]; readonly delta: string }[];
}

export type LossKind = Model['learning']['targets']['loss'] | 'through-output';

/** Streams of the noise: four a decoder, apart from those of weights and masks. */
const noiseStream = 32768;

const two = (tree: Tree): Tree => call('mul', num(2), tree);
/** The standard deviation of the noise, a parameter. */
export const deviation = 'targetNoise';

/** The loss of decoder number `index` of `decoders` (in the order of their layers), summed over units. */
export function decoderLoss(
  builder: Builder,
  decoders: readonly Decoder[],
  index: number,
  kind: LossKind,
): DecoderLoss {
  const own = decoders[index]!;
  const { stage, below } = own;
  const { units } = below;
  const buffer = (what: string): string => builder.buffer(`${below.name}.${what}`, [units], { batch: true });
  const map = (...assign: { into: string; value: Tree }[]): Operation => ({ op: 'map', units, assign });
  const noise = buffer('noise');
  const noisy = call('mul', named(deviation), named(noise));
  /** h + epsilon of the layer below, and where F_l takes it. */
  const corrupted = buffer('corrupted');
  const perturb: Operation[] = [
    ...normalNoise(builder, noise, units, noiseStream + 4 * index),
    map({ into: corrupted, value: call('add', named(below.state), noisy) }),
  ];
  if (kind === 'difference') return difference();
  if (kind === 'through-output') return throughOutput();

  // ||g(F(h + e)) - h'||^2, h' the corrupted activity (Lee et al. 2015) or the clean one (Bartunov et al. 2018, as printed).
  const { operations, into } = stage.through(corrupted, 'noisy');
  const [total, delta] = [`${below.name}.decoded`, buffer('decoderDelta')];
  const error = call('sub', own.value(total), named(kind === 'clean' ? below.state : corrupted));
  return {
    operations: [...perturb, ...operations, ...own.drive(into, total), map({ into: delta, value: two(call('mul', error, own.slope(total))) })],
    deltas: [{ from: into, delta }],
  }; // prettier-ignore

  /**
   * -2 e . [g(F(h + e)) - g(F(h))] + ||g(F(h) + e') - g(F(h))||^2: least where the decoder's Jacobian is the transpose of the
   * layer's (Ernoult et al. 2022).
   */
  function difference(): DecoderLoss {
    const { operations, into } = stage.through(corrupted, 'noisy');
    const shifted = stage.state.map((part, k) => {
      const width = builder.shapeOf(part)[0]!;
      const [e, to] = [`${part}.noise`, `${part}.shifted`];
      builder.buffer(to, [width], { batch: true });
      const value = call('add', named(part), call('mul', named(deviation), named(e)));
      return {
        to,
        operations: [
          ...normalNoise(builder, e, width, noiseStream + 4 * index + 2 + 256 * k),
          { op: 'map', units: width, assign: [{ into: to, value }] } satisfies Operation,
        ],
      };
    });
    const from = { forward: into, shifted: shifted.map(({ to }) => to), clean: stage.state };
    const [a, c, b] = ['Forward', 'Shifted', 'Clean'].map((what) => `${below.name}.decoded${what}`) as [string, string, string]; // prettier-ignore
    const [da, dc, db] = ['Forward', 'Shifted', 'Clean'].map((what) => buffer(`decoderDelta${what}`)) as [string, string, string]; // prettier-ignore
    const moved = call('sub', own.value(c), own.value(b));
    return {
      operations: [
        ...perturb, ...operations, ...shifted.flatMap((part) => part.operations),
        ...own.drive(from.forward, a), ...own.drive(from.shifted, c), ...own.drive(from.clean, b),
        map(
          { into: da, value: call('mul', call('mul', num(-2), noisy), own.slope(a)) },
          { into: dc, value: two(call('mul', moved, own.slope(c))) },
          { into: db, value: two(call('mul', call('sub', noisy, moved), own.slope(b))) },
        ),
      ],
      deltas: [{ from: from.forward, delta: da }, { from: from.shifted, delta: dc }, { from: from.clean, delta: db }],
    }; // prettier-ignore
  }

  /**
   * ||T(F_L ... F_l(h + e)) - (h + e)||^2 / sigma^2, T the difference-corrected way back from the output, of which this loss
   * moves the last decoder only (Meulemans et al. 2020).
   */
  function throughOutput(): DecoderLoss {
    const operations: Operation[] = [...perturb];
    let from: readonly string[] = [corrupted];
    for (const { stage: next } of decoders.slice(index)) {
      const step = next.through(from[0]!, `noisy${index}`);
      operations.push(...step.operations);
      from = step.into;
    }
    for (const { below: lower, ...upper } of decoders.slice(index + 1).reverse()) {
      const [there, here] = [`${lower.name}.reached`, `${lower.name}.decodedClean`];
      operations.push(...upper.drive(from, there), ...upper.drive(upper.stage.state, here));
      const into = builder.buffer(`${lower.name}.way${index}`, [lower.units], { batch: true });
      const value = call('add', named(lower.state), call('sub', upper.value(there), upper.value(here)));
      operations.push({ op: 'map', units: lower.units, assign: [{ into, value }] });
      from = [into];
    }
    const [there, here] = [`${below.name}.reached`, `${below.name}.decodedClean`];
    const [dThere, dHere] = [buffer('decoderDeltaReached'), buffer('decoderDeltaClean')];
    const error = call('sub', call('sub', own.value(there), own.value(here)), noisy);
    const scaled = call('div', two(error), call('mul', named(deviation), named(deviation)));
    operations.push(
      ...own.drive(from, there),
      ...own.drive(stage.state, here),
      map(
        { into: dThere, value: call('mul', scaled, own.slope(there)) },
        { into: dHere, value: call('neg', call('mul', scaled, own.slope(here))) },
      ),
    );
    return { operations, deltas: [{ from, delta: dThere }, { from: stage.state, delta: dHere }] }; // prettier-ignore
  }
}
