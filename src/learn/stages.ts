// Layers as target propagation sees them: a chain of maps F_l from one state to the next, the last one ending in the output's
// probabilities or in what they are made of. It knows no target and no decoder, and refuses what is no chain.
import { targetBuffer } from '../engine/clocked.ts';
import { derivative } from '../expr/derivative.ts';
import { parseExpression } from '../expr/parse.ts';
import { call, name as named, substitute } from '../expr/tools.ts';
import type { Tree } from '../expr/tree.ts';
import type { Model } from '../model/model.ts';
import type { Builder } from '../program/builder.ts';
import type { Operation } from '../program/program.ts';
import type { Forward } from './forward.ts';
import { initialMatrix } from './initial.ts';
import { cannot, type Layer } from './layers.ts';

/** A layer and what counts as its state h_l. */
export interface Stage {
  readonly layer: Layer;
  /** Buffers of h_l in the usual pass: one, or the output's and its auxiliary units'. */
  readonly state: readonly string[];
  /** h_l as a function of the total input, in `u`; null where it is none of each unit alone (softmax). */
  readonly activation: Tree | null;
  /** What the usual pass does not leave in `state` yet. */
  readonly ready: readonly Operation[];
  /** F_l of the buffer `from`, into buffers whose names end in `suffix`. */
  through(from: string, suffix: string): { readonly operations: Operation[]; readonly into: readonly string[] };
}

/** The last stage, with the slope of the cost in its state and the matrices that never learn. */
export interface TopStage extends Stage {
  /** dC/dh_L: the cost's slope for a cost as text, p - y for the cross-entropies (in p and in what p is made of alike). */
  readonly gradient: Tree;
  readonly fixed: readonly { readonly buffer: string; initial(seed: number): Float64Array }[];
}

export interface StageOptions {
  /** h_L: probabilities, or the logits they are made of (a cost as text: the output's state either way). */
  readonly output: 'probability' | 'linear';
  /** Units of fixed random features of the last hidden layer beside the output. */
  readonly auxiliary: number;
}

/** The populations as a chain. @throws SettleError of kind `input`, in one sentence */
export function checkChain(core: Forward, model: Model, rule: string): void {
  for (const { name, incoming } of core.layers)
    if (incoming.length > 1)
      throw cannot(rule, 'its targets go down a chain of layers', `populations.${name}`, incoming.map((p) => p.name).join(' and '), 'one projection into each population'); // prettier-ignore
  for (const { name, dropout } of model.populations)
    if (dropout > 0)
      throw cannot(rule, 'decoders read whole layers', `populations.${name}.dropout`, String(dropout), '0');
}

export function stagesOf(builder: Builder, model: Model, core: Forward, options: StageOptions): { stages: readonly Stage[]; top: TopStage } {
  const hidden = core.hidden.map((layer) => stageOf(builder, core, layer));
  const top = topOf(builder, model, core, options);
  return { stages: [...hidden, top], top };
} // prettier-ignore

/** One layer of a pass from `from`, into two buffers of its own. */
function passFrom(builder: Builder, core: Forward, layer: Layer, from: string, suffix: string) {
  const [total, into] = ['Total', ''].map((part) => builder.buffer(`${layer.name}.${suffix}${part}`, [layer.units], { batch: true })) as [string, string]; // prettier-ignore
  return { operations: core.through(layer, false, { state: () => from, total, into }), total, into };
}

function stageOf(builder: Builder, core: Forward, layer: Layer): Stage {
  return {
    layer,
    state: [layer.state],
    activation: layer.activation,
    ready: [],
    through(from, suffix) {
      const { operations, into } = passFrom(builder, core, layer, from, suffix);
      return { operations, into: [into] };
    },
  };
}

function topOf(builder: Builder, model: Model, core: Forward, { output, auxiliary }: StageOptions): TopStage {
  const layer = core.output;
  const { kind, text } = model.cost!;
  const plain = stageOf(builder, core, layer);
  const p = `${layer.name}.p`;
  const stage = plainTop();
  return auxiliary > 0 ? withFeatures(builder, model, core, stage, auxiliary) : stage;

  function plainTop(): TopStage {
    if (kind === 'text') {
      const slope = derivative(parseExpression(text, { names: ['s', 'target'] }), 's');
      const gradient = substitute(slope, { s: named(layer.state), target: named(targetBuffer) });
      return { ...plain, gradient, fixed: [] };
    }
    const ready = probabilities(layer.state, layer.total, p);
    const gradient = call('sub', named(p), named(targetBuffer));
    if (output === 'probability')
      return {
        layer, state: [p], ready, gradient, fixed: [], activation: kind === 'cross-entropy' ? null : call('sigmoid', named('u')),
        through(from, suffix) {
          const { operations, total, into } = passFrom(builder, core, layer, from, suffix);
          return { operations: [...operations, ...probabilities(into, total, `${p}.${suffix}`)], into: [`${p}.${suffix}`] };
        },
      }; // prettier-ignore
    if (kind === 'cross-entropy') return { ...plain, ready, gradient, fixed: [] };
    return {
      layer, state: [layer.total], activation: named('u'), ready, gradient, fixed: [],
      through(from, suffix) {
        const { operations, total } = passFrom(builder, core, layer, from, suffix);
        return { operations, into: [total] };
      },
    }; // prettier-ignore
  }

  /** Softmax of the states, or the logistic function of the total inputs. */
  function probabilities(state: string, total: string, into: string): Operation[] {
    const { units } = layer;
    builder.buffer(into, [units], { batch: true });
    if (kind === 'binary-cross-entropy')
      return [{ op: 'map', units, assign: [{ into, value: call('sigmoid', named(total)) }] }];
    const [max, sum] = ['max', 'sum'].map((part) => builder.buffer(`${into}.${part}`, [1], { batch: true })) as [string, string]; // prettier-ignore
    return [
      { op: 'reduce', from: state, into: max, how: 'max', over: 'units' },
      { op: 'map', units, assign: [{ into, value: call('exp', call('sub', named(state), named(max))) }] },
      { op: 'reduce', from: into, into: sum, how: 'sum', over: 'units' },
      { op: 'map', units, assign: [{ into, value: call('div', named(into), named(sum)) }] },
    ];
  }
}

/** The output and fixed random features f(U h) of the last hidden layer beside it, f that layer's own activation. */
function withFeatures(builder: Builder, model: Model, core: Forward, top: TopStage, units: number): TopStage {
  const below = core.hidden.at(-1)!;
  const weight = builder.buffer(`${top.layer.name}.features.weight`, [below.units, units]);
  const state = `${top.layer.name}.features`;
  const features = (from: string, into: string): Operation[] => [
    { op: 'gather', from, weight, into: builder.buffer(into, [units], { batch: true }), add: false },
    { op: 'map', units, assign: [{ into, value: substitute(below.activation, { u: named(into) }) }] },
  ];
  const { init } = model.learning.feedback;
  return {
    ...top,
    state: [...top.state, state],
    ready: [...top.ready, ...features(below.state, state)],
    fixed: [{ buffer: weight, initial: (seed) => initialMatrix(init, 'feedback', 0, below.units, units, seed) }],
    through(from, suffix) {
      const { operations, into } = top.through(from, suffix);
      const noisy = `${state}.${suffix}`;
      return { operations: [...operations, ...features(from, noisy)], into: [...into, noisy] };
    },
  };
}
