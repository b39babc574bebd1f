// Formulas as text with their symbols bound to numbers, buffers or other trees.
import { simplify } from './derivative.ts';
import { parseExpression } from './parse.ts';
import { substitute } from './tools.ts';
import type { Tree } from './tree.ts';

/** Numbers and buffer names for the symbols of a formula. */
export type Bindings = Readonly<Record<string, number | string | Tree>>;

/** A formula with its symbols bound: numbers fold, strings name buffers or parameters. */
export function formula(text: string, bindings: Bindings): Tree {
  const trees = Object.entries(bindings).map(([symbol, value]): [string, Tree] => {
    if (typeof value === 'number') return [symbol, { kind: 'number', value }];
    return [symbol, typeof value === 'string' ? { kind: 'name', name: value } : value];
  });
  const tree = parseExpression(text, { names: Object.keys(bindings) });
  return simplify(substitute(tree, Object.fromEntries(trees)));
}
