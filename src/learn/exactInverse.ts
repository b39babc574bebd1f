// The exact inverse of a layer, g(h) = W^-1 (f^-1(h) - b), for square weights and increasing activations: f^-1 by bisection,
// W^-1 by conjugate gradients on least squares (CGLS), which end after as many steps as there are units. It learns nothing.
import type { SettleError } from '../errors.ts';
import { derivative } from '../expr/derivative.ts';
import { compile } from '../expr/evaluate.ts';
import { call, name as named, num, print, substitute } from '../expr/tools.ts';
import type { Tree } from '../expr/tree.ts';
import type { Builder } from '../program/builder.ts';
import type { Operation } from '../program/program.ts';
import { weightOf } from './forward.ts';
import { cannot, type Layer } from './layers.ts';
import { inside } from './optimiser.ts';
import type { Sequencer } from './sequencer.ts';
import type { Stage } from './stages.ts';

/** Total inputs are looked for so far to either side of the present ones, and the slope is looked at so far from 0. */
const reach = 64;
const looked = 8;
/** Halvings of 2 reach: below the spacing of float64 around 1. */
const halvings = 60;

/** Why a stage has no exact inverse, or null. */
export function obstacle(rule: string, { layer, activation }: Stage, below: Layer): SettleError | null {
  const { name, kind } = layer.incoming[0]!;
  const instead = 'or learning.targets.inverse: trained';
  if (kind === 'conv')
    return cannot(rule, `${layer.name} has no exact inverse`, `projections.${name}.kind`, kind, `dense, ${instead}`);
  if (layer.units !== below.units)
    return cannot(rule, `${layer.name} has no exact inverse`, `projections.${name}`, `${below.units} x ${layer.units} weights`, `square weights, ${instead}`); // prettier-ignore
  const path = `populations.${layer.name}.activation`;
  if (!activation)
    return cannot(rule, `${layer.name} has no exact inverse`, path, 'softmax', `an increasing function of each unit, ${instead}`); // prettier-ignore
  const slope = compile(derivative(activation, 'u'), ['u']);
  for (let u = -looked; u <= looked; u += 1 / 16)
    if (!(slope(Float64Array.of(u)) > 0))
      return cannot(rule, `${layer.name} has no exact inverse`, path, `${print(activation)}, flat or falling at u = ${u}`, `an increasing function, ${instead}`); // prettier-ignore
  return null;
}

/** The range of an increasing function, a little inside where it is bounded (tanh: +/- (1 - 1e-6)). */
function rangeOf(activation: Tree): readonly [number, number] {
  const f = (u: number): number => compile(activation, ['u'])(Float64Array.of(u));
  const end = (sign: 1 | -1): number => (Math.abs(f(sign * 1000) - f(sign * 500)) < 1e-9 ? f(sign * 1000) : sign * Infinity); // prettier-ignore
  const [low, high] = [end(-1), end(1)];
  const margin = Number.isFinite(high - low) ? 5e-7 * (high - low) : 1e-6;
  return [low + margin, high - margin];
}

/** Steps that leave g(from) [units below] in `into`; the present states of the layer and the one below must be there. */
export function exactInverse(builder: Builder, stage: Stage, below: Layer, from: string, into: string, to: Sequencer): void {
  const { layer, activation } = stage;
  const { name, units, total } = layer;
  const weight = weightOf(layer.incoming[0]!);
  const vector = (what: string): string => builder.buffer(`${name}.${what}`, [units], { batch: true });
  const scalar = (what: string): string => builder.buffer(`${name}.${what}`, [1], { batch: true });
  const map = (...assign: (readonly [into: string, value: Tree])[]): Operation => (
    { op: 'map', units, assign: assign.map(([target, value]) => ({ into: target, value })) }
  );
  const ratio = (a: string, b: string): Tree => call('if', call('gt', named(b), num(0)), call('div', named(a), named(b)), num(0));
  const lengthOf = (of: string, square: string): Operation[] => [
    map([vector('squares'), call('mul', named(of), named(of))]),
    { op: 'reduce', from: vector('squares'), into: scalar(square), how: 'sum', over: 'units' },
  ];
  const [x, r, s, p, q] = ['x', 'r', 's', 'p', 'q'].map((what) => vector(`inverse.${what}`)) as [string, string, string, string, string];
  const [gamma, after, length] = ['gamma', 'after', 'length'].map((what) => scalar(`inverse.${what}`)) as [string, string, string];

  // r = f^-1(h) - a: what the total input lacks.
  if (print(activation!) === 'u') to.once(map([r, call('sub', named(from), named(total))]));
  else {
    const [low, high, goal] = ['low', 'high', 'goal'].map((what) => vector(`inverse.${what}`)) as [string, string, string];
    const reachable = inside(named(from), rangeOf(activation!));
    to.once(map([low, call('sub', named(total), num(reach))], [high, call('add', named(total), num(reach))], [goal, reachable]));
    const middle = call('mul', num(0.5), call('add', named(low), named(high)));
    const isLow = call('lt', substitute(activation!, { u: middle }), named(goal));
    to.repeat(halvings, map([low, call('if', isLow, middle, named(low))], [high, call('if', isLow, named(high), middle)]));
    to.once(map([r, call('sub', middle, named(total))]));
  }

  // CGLS on x W = r, from x = 0.
  to.once(
    { op: 'fill', into: x, value: 0 },
    { op: 'gatherBack', from: r, weight, into: s, add: false },
    { op: 'copy', from: s, into: p },
    ...lengthOf(s, 'inverse.gamma'),
  );
  const alpha = ratio(gamma, length);
  to.repeat(
    2 * units,
    { op: 'gather', from: p, weight, into: q, add: false },
    ...lengthOf(q, 'inverse.length'),
    map([x, call('add', named(x), call('mul', alpha, named(p)))], [r, call('sub', named(r), call('mul', alpha, named(q)))]),
    { op: 'gatherBack', from: r, weight, into: s, add: false },
    ...lengthOf(s, 'inverse.after'),
    map([p, call('add', named(s), call('mul', ratio(after, gamma), named(p)))]),
    { op: 'copy', from: after, into: gamma },
  );
  to.once(map([into, call('add', named(below.state), named(x))]));
} // prettier-ignore
