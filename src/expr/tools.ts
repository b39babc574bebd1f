// Small functions on trees: constructors, names, substitution, printing. They evaluate nothing.
import type { FunctionName, Tree } from './tree.ts';

export function num(value: number): Tree {
  return { kind: 'number', value };
}
export function name(text: string): Tree {
  return { kind: 'name', name: text };
}
export function call(text: FunctionName, ...args: Tree[]): Tree {
  return { kind: 'call', call: text, args };
}

/** The names a tree reads. */
export function namesOf(tree: Tree, into: Set<string> = new Set()): Set<string> {
  if (tree.kind === 'name') into.add(tree.name);
  if (tree.kind === 'call') for (const arg of tree.args) namesOf(arg, into);
  return into;
}

/** Replaces names by trees, all at once. */
export function substitute(tree: Tree, map: Readonly<Record<string, Tree>>): Tree {
  if (tree.kind === 'name') return Object.hasOwn(map, tree.name) ? map[tree.name]! : tree;
  if (tree.kind === 'number') return tree;
  return { ...tree, args: tree.args.map((arg) => substitute(arg, map)) };
}

/** Puts `by` wherever `part` stands in a tree. */
export function replacePart(tree: Tree, part: Tree, by: Tree): Tree {
  const searched = print(part);
  const walk = (inner: Tree): Tree => {
    if (print(inner) === searched) return by;
    return inner.kind === 'call' ? { ...inner, args: inner.args.map(walk) } : inner;
  };
  return walk(tree);
}

const infix: Partial<Record<FunctionName, string>> = {
  add: '+', sub: '-', mul: '*', div: '/', pow: '^', lt: '<', le: '<=', gt: '>', ge: '>=', eq: '==', ne: '!=', and: 'and', or: 'or',
}; // prettier-ignore

/** Text that parses back to an equal tree (every operation in brackets). */
export function print(tree: Tree): string {
  if (tree.kind === 'number')
    return tree.value < 0 || Object.is(tree.value, -0) ? `(${tree.value})` : String(tree.value);
  if (tree.kind === 'name') return tree.name;
  const args = tree.args.map(print);
  const operator = infix[tree.call];
  if (operator) return `(${args[0]} ${operator} ${args[1]})`;
  if (tree.call === 'neg') return `(-${args[0]})`;
  if (tree.call === 'not') return `(not ${args[0]})`;
  if (tree.call === 'if') return `(${args[0]} ? ${args[1]} : ${args[2]})`;
  return `${tree.call}(${args.join(', ')})`;
}
