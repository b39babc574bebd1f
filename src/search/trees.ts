// Operators on expressions: settle's own trees grown, crossed, mutated and evaluated over all cases at once. In a genome `div` is
// the protected quotient, 1 where the divisor is 0; `shown` writes that out, so that the text means what was evolved.
import { meanings } from '../expr/evaluate.ts';
import { simplify } from '../expr/derivative.ts';
import { call, name, num, print } from '../expr/tools.ts';
import { type FunctionName, functionArity, type Tree } from '../expr/tree.ts';
import type { Draws } from './draws.ts';
import type { Recombination } from './generational.ts';

type Meaning = (a: number, b: number) => number;

export interface Language {
  readonly functions: readonly Exclude<FunctionName, 'logsumexp'>[];
  readonly names: readonly string[];
  /** Constants are uniform in +/- this; 0: none. */
  readonly constants: number;
}

const childrenOf = (tree: Tree): readonly Tree[] => (tree.kind === 'call' ? tree.args : []);

export function treeSize(tree: Tree): number {
  return childrenOf(tree).reduce((sum, child) => sum + treeSize(child), 1);
}

/** A leaf alone has height 0. */
export function treeHeight(tree: Tree): number {
  return childrenOf(tree).reduce((most, child) => Math.max(most, 1 + treeHeight(child)), 0);
}

function leaf({ names, constants }: Language, random: Draws): Tree {
  const at = random.below(names.length + (constants > 0 ? 1 : 0));
  return at < names.length ? name(names[at]!) : num((2 * random.uniform() - 1) * constants);
}

/** `full`: functions down to the depth; `grow`: a branch may end earlier. */
export function grown(language: Language, depth: number, method: 'full' | 'grow', random: Draws): Tree {
  const { functions, names } = language;
  const leaves = names.length + (language.constants > 0 ? 1 : 0);
  if (depth === 0 || (method === 'grow' && random.below(functions.length + leaves) < leaves))
    return leaf(language, random);
  const chosen = random.one(functions);
  return call(
    chosen,
    ...Array.from({ length: functionArity[chosen] }, () => grown(language, depth - 1, method, random)),
  );
}

/** Koza's ramped half and half: depths and both methods in turn. */
export function halfAndHalf(language: Language, least: number, most: number, individual: number, random: Draws): Tree {
  const depth = least + (Math.floor(individual / 2) % (most - least + 1));
  return grown(language, depth, individual % 2 === 0 ? 'full' : 'grow', random);
}

/** Node number `at` in the order in which a tree is written, and the tree with another in its place. */
export function subtree(tree: Tree, at: number): Tree {
  if (at === 0) return tree;
  let left = at - 1;
  for (const child of childrenOf(tree)) {
    const size = treeSize(child);
    if (left < size) return subtree(child, left);
    left -= size;
  }
  throw new RangeError(`a tree without node ${at}`);
}
export function replaced(tree: Tree, at: number, by: Tree): Tree {
  if (at === 0) return by;
  if (tree.kind !== 'call') throw new RangeError(`a tree without node ${at}`);
  let left = at - 1;
  const args = tree.args.map((child) => {
    const size = treeSize(child);
    const inside = left >= 0 && left < size;
    const next = inside ? replaced(child, left, by) : child;
    left -= size;
    return next;
  });
  return { ...tree, args };
}

/** A place in the tree: a function with probability 0.9, a leaf otherwise (Koza). */
function place(tree: Tree, random: Draws): number {
  const calls: number[] = [];
  const leaves: number[] = [];
  let at = 0;
  const walk = (node: Tree): void => {
    (node.kind === 'call' ? calls : leaves).push(at++);
    childrenOf(node).forEach(walk);
  };
  walk(tree);
  return random.one(calls.length > 0 && random.chance(0.9) ? calls : leaves);
}

/** The cap on height: a child that is too high is replaced by its parent. */
export const capped = (child: Tree, parent: Tree, height: number): Tree =>
  treeHeight(child) > height ? parent : child;

/** Swaps a subtree of each, under the cap. */
export const subtreeSwap = (probability: number, height: number): Recombination<Tree> => ({
  parents: 2,
  children: 2,
  cross([a, b], random) {
    if (!random.chance(probability)) return [a!, b!];
    const [i, j] = [place(a!, random), place(b!, random)];
    const children = [replaced(a!, i, subtree(b!, j)), replaced(b!, j, subtree(a!, i))];
    return children.map((child, k) => capped(child, [a!, b!][k]!, height));
  },
});

export type TreeMutation = (tree: Tree, random: Draws) => Tree;

/** A new small tree in the place of a subtree. */
export const subtreeMutation =
  (language: Language, depth: number): TreeMutation =>
  (tree, random) =>
    replaced(tree, place(tree, random), grown(language, random.below(depth + 1), 'grow', random));

/** Another symbol of the same arity. */
export const pointMutation =
  (language: Language): TreeMutation =>
  (tree, random) => {
    const at = random.below(treeSize(tree));
    const old = subtree(tree, at);
    if (old.kind !== 'call') return replaced(tree, at, leaf(language, random));
    const alike = language.functions.filter((each) => functionArity[each] === old.args.length);
    return replaced(tree, at, { ...old, call: random.one(alike) });
  };

/** One of the tree's own subtrees in its place. */
export const hoistMutation: TreeMutation = (tree, random) => subtree(tree, random.below(treeSize(tree)));

/** A node gives way to one of its children. */
export const shrinkMutation: TreeMutation = (tree, random) => {
  const at = random.below(treeSize(tree));
  const old = subtree(tree, at);
  return old.kind === 'call' ? replaced(tree, at, random.one(old.args)) : tree;
};

const protectedQuotient: Meaning = (a, b) => (b === 0 ? 1 : a / b);

/** Values over all cases at once, by name. */
export function evaluateCases(tree: Tree, cases: Readonly<Record<string, Float64Array>>, count: number): Float64Array {
  if (tree.kind === 'number') return new Float64Array(count).fill(tree.value);
  if (tree.kind === 'name') return cases[tree.name]!;
  const [a, b, c] = tree.args.map((arg) => evaluateCases(arg, cases, count));
  const f = tree.call === 'div' ? (protectedQuotient as (...args: number[]) => number) : meanings[tree.call as Exclude<FunctionName, 'logsumexp'>];
  const values = new Float64Array(count);
  if (!b) for (let k = 0; k < count; k++) values[k] = f(a![k]!);
  else if (!c) for (let k = 0; k < count; k++) values[k] = f(a![k]!, b[k]!);
  else for (let k = 0; k < count; k++) values[k] = f(a![k]!, b[k]!, c[k]!);
  return values;
} // prettier-ignore

/** The tree with protection written out: `div(a, b)` as `b == 0 ? 1 : a / b`, unless the divisor is a number other than 0. */
export function protectedTree(tree: Tree): Tree {
  if (tree.kind !== 'call') return tree;
  const args = tree.args.map(protectedTree);
  if (tree.call !== 'div') return { ...tree, args };
  const [a, b] = args as [Tree, Tree];
  return b.kind === 'number' && b.value !== 0 ? call('div', a, b) : call('if', call('eq', b, num(0)), num(1), call('div', a, b)); // prettier-ignore
}

/** The expression as text of settle's language, simplified. */
export const shown = (tree: Tree): string => print(simplify(protectedTree(tree)));
