// The cost of a feed-forward output as operations after a pass: its error dC/da and its value. Costs as text are differentiated.
import { targetBuffer } from '../engine/clocked.ts';
import { derivative, simplify } from '../expr/derivative.ts';
import { parseExpression } from '../expr/parse.ts';
import { call, name as named, num, print, substitute } from '../expr/tools.ts';
import type { Tree } from '../expr/tree.ts';
import type { Model } from '../model/model.ts';
import type { Builder } from '../program/builder.ts';
import type { Operation } from '../program/program.ts';
import type { Layer } from './layers.ts';

export interface OutputCost {
  /** dC/da of the output into its `error`: the cost's slope times the activation's; p - y for the cross-entropies. */
  outputError(): Operation[];
  /** The cost of each example into the buffer `OUTPUT.cost`. */
  costOfExamples(): Operation[];
}

export function outputCost(builder: Builder, model: Model, output: Layer): OutputCost {
  const cost = model.cost!;
  const batch = { batch: true };
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

  return { outputError, costOfExamples };
}
