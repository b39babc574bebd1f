// logsumexp over a population in an energy: the population's energy counts it once, and its derivative is each unit's share
// (softmax) times that of what is exponentiated. It stands alone or times a number; anything else is refused.
import { SettleError } from '../errors.ts';
import { simplify } from '../expr/derivative.ts';
import { call, name as named, num, print } from '../expr/tools.ts';
import type { Tree } from '../expr/tree.ts';
import type { Operation } from '../program/program.ts';

/** `factor` * logsumexp(`exponent`), over buffers of `units` and, for `top` and `sum`, of one number. */
export interface Pooled {
  readonly units: number;
  readonly factor: number;
  readonly exponent: Tree;
  /** exp(e) / sum of exp(e). */
  readonly share: string;
  /** The largest exponent, and the sum of exp(e - top): logsumexp is top + log(sum). */
  readonly top: string;
  readonly sum: string;
}

const pools = (tree: Tree): boolean =>
  tree.kind === 'call' && (tree.call === 'logsumexp' || tree.args.some((arg) => pools(arg)));
const plus = (a: Tree, b: Tree): Tree => simplify(call('add', a, b));

/** An energy as an elementwise part and the logsumexp terms added to it. @throws SettleError of kind `input` */
export function splitPooled(tree: Tree, factor = 1): { elementwise: Tree; terms: { factor: number; exponent: Tree }[] } {
  if (!pools(tree)) return { elementwise: simplify(call('mul', num(factor), tree)), terms: [] };
  const refuse = (found: Tree): SettleError =>
    new SettleError('logsumexp is over a population and counts once', {
      kind: 'input', found: print(found), expected: 'a number times logsumexp(elementwise text), added to the rest',
    }); // prettier-ignore
  if (tree.kind !== 'call') throw refuse(tree);
  const [a, b] = tree.args.map(simplify) as [Tree, Tree];
  const value = (side: Tree): number | null => (side?.kind === 'number' ? side.value : null);
  switch (tree.call) {
    case 'logsumexp':
      if (pools(a)) throw refuse(tree);
      return { elementwise: num(0), terms: [{ factor, exponent: a }] };
    case 'neg':
      return splitPooled(a, -factor);
    case 'add':
    case 'sub': {
      const [left, right] = [splitPooled(a, factor), splitPooled(b, tree.call === 'add' ? factor : -factor)];
      return { elementwise: plus(left.elementwise, right.elementwise), terms: [...left.terms, ...right.terms] };
    }
    case 'mul': {
      const [left, right] = [value(a), value(b)];
      if (left !== null) return splitPooled(b, factor * left);
      if (right !== null) return splitPooled(a, factor * right);
      break;
    }
    case 'div': {
      const by = value(b);
      if (by !== null) return splitPooled(a, factor / by);
    }
  }
  throw refuse(tree);
} // prettier-ignore

/** Leaves share, top and sum up to date. */
export function poolOps({ units, exponent, share, top, sum }: Pooled): Operation[] {
  const set = (value: Tree): Operation => ({ op: 'map', units, assign: [{ into: share, value }] });
  return [
    set(exponent),
    { op: 'reduce', from: share, into: top, how: 'max', over: 'units' },
    set(call('exp', call('sub', named(share), named(top)))),
    { op: 'reduce', from: share, into: sum, how: 'sum', over: 'units' },
    set(call('div', named(share), named(sum))),
  ];
}
