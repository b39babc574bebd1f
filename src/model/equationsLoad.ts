// Text of equations -> Equations: lines, names, units, and dimensions on both sides of every sign. It draws no number.
import { SettleError } from '../errors.ts';
import { dimensionsOf, dimensionText, perSecond, sameDimensions } from '../expr/dimensions.ts';
import { callable, parseExpression } from '../expr/parse.ts';
import { call, name as named, namesOf } from '../expr/tools.ts';
import type { FunctionName, Tree } from '../expr/tree.ts';
import { anyQuantity, type Dimensions, dimensionless, unitOf } from '../expr/units.ts';
import { type Equations, type EquationParameter, type EquationVariable, inlined, linearSlope, type Subexpression } from './equations.ts'; // prettier-ignore
import type { Drawn } from './network.ts';
import type { DrawnFile, EquationsFile } from './networkSchema.ts';
import { hinted, type ModelText, suggestion } from './text.ts';

type Path = readonly PropertyKey[];

/** What the loader of the whole file lends. */
export interface Lent {
  readonly fail: ModelText['at'];
  /** Puts a place to errors that have none. */
  located<T>(path: Path, read: () => T): T;
  drawn(path: Path, value: DrawnFile | undefined, fallback: number, read: (path: Path, value: number | string) => number): Drawn; // prettier-ignore
}

/** Names that other tools' equations use and these do not have. */
const unsupported: Readonly<Record<string, string>> = {
  t: 'the time', dt: 'the step', i: 'the number of the unit', N: 'the number of units', xi: 'noise', rand: 'random numbers', randn: 'random numbers',
}; // prettier-ignore

/** A unit inside an expression has two letters or more: one letter is a name. */
const inlineUnit = (word: string): boolean => word.length > 1 && /^[A-Za-z]+$/.test(word) && unitOf(word) !== null && !callable.includes(word) && word !== 'pi'; // prettier-ignore

/** Reads a quantity of the given dimensions. */
export function quantityOf(dimensions: Dimensions, { fail, located }: Lent): (path: Path, value: number | string) => number {
  return (path, text) => {
    const found = located(path, () => anyQuantity(text));
    // 0 is 0 of anything.
    if (!sameDimensions(found.dimensions, dimensions) && text !== 0)
      throw fail(path, 'wrong unit', { found: `"${text}", ${dimensionText(found.dimensions)}`, expected: dimensionText(dimensions) });
    return found.value;
  };
} // prettier-ignore

const linesOf = (text: string | readonly string[], separator: RegExp): string[] =>
  (typeof text === 'string' ? text.split(separator) : text).map((line) => line.replace(/#.*$/, '').trim()).filter((line) => line !== ''); // prettier-ignore

/** Columns of what it refuses are those of a text whose quantities were put aside: left out. */
function parsed(...given: Parameters<typeof parseExpression>): Tree {
  try {
    return parseExpression(...given);
  } catch (error) {
    if (!(error instanceof SettleError)) throw error;
    throw new SettleError(error.message, { ...error.place, column: undefined });
  }
}

export function equationsOf(path: Path, raw: EquationsFile, lent: Lent): Equations {
  const { fail, located } = lent;
  const dimensions = new Map<string, Dimensions>();
  const at = (key: string): Path => [...path, key];

  function declare(where: Path, name: string, own: Dimensions): void {
    if (Object.hasOwn(unsupported, name) || callable.includes(name) || name === 'pi' || !/^[A-Za-z]\w*$/.test(name))
      throw fail(where, 'not a name of its own', { found: `"${name}"`, expected: `a letter, then letters, digits or _; not ${Object.keys(unsupported).join(', ')}, nor a function` });
    if (dimensions.has(name)) throw fail(where, 'a name for two things', { found: `"${name}"`, expected: 'one variable, subexpression or parameter of that name' });
    dimensions.set(name, own);
  } // prettier-ignore

  /** Quantities of a text, such as 20 mV, are parameters by their own words. */
  const literals = new Map<string, EquationParameter>();
  function literal(words: string): string {
    const { value, dimensions: own } = anyQuantity(words);
    literals.set(words, { name: words, dimensions: own, value: { kind: 'constant', value } });
    return words;
  }
  function quantities(tree: Tree, units: readonly string[], places: readonly string[]): Tree {
    if (tree.kind === 'name' && tree.name.startsWith('_')) return named(places[Number(tree.name.slice(1))]!);
    const isUnit = (part: Tree): part is Extract<Tree, { kind: 'name' }> => part.kind === 'name' && units.includes(part.name); // prettier-ignore
    if (isUnit(tree)) return named(literal(`1 ${tree.name}`));
    if (tree.kind !== 'call') return tree;
    const [a, b] = tree.args as [Tree, Tree];
    if (tree.call === 'mul' && a.kind === 'number' && isUnit(b)) return named(literal(`${a.value} ${b.name}`));
    return { ...tree, args: tree.args.map((arg) => quantities(arg, units, places)) };
  }

  /** The tree of a text, and what kind of quantity it is. */
  function expression(where: Path, text: string): { tree: Tree; dimensions: Dimensions | null } {
    const known = (word: string): boolean => dimensions.has(word);
    // A number before a unit, 20 mV, is one quantity; it waits under a name that no text can have.
    const places: string[] = [];
    const joined = text
      .replace(/[µμ]/g, 'u')
      .replaceAll('**', '^')
      .replace(/(?<![\w.])(\d+\.?\d*(?:[eE][-+]?\d+)?|\.\d+)\s*([A-Za-z]+)(?!\w)/g, (whole, digits: string, word: string) =>
        !unitOf(word) || known(word) ? whole : `_${places.push(literal(`${Number(digits)} ${word}`)) - 1}`,
      ); // prettier-ignore
    const words = new Set(joined.match(/(?<![\w.])[A-Za-z]\w*/g) ?? []);
    for (const word of words)
      if (Object.hasOwn(unsupported, word) && !known(word))
        throw fail(where, `${unsupported[word]} does not stand in equations`, { found: word, expected: 'variables, parameters and subexpressions' }); // prettier-ignore
    const units = [...words].filter((word) => !known(word) && inlineUnit(word));
    return located(where, () => {
      const tree = quantities(parsed(joined, { names: [...dimensions.keys(), ...units], hidden: places.map((_, k) => `_${k}`) }), units, places); // prettier-ignore
      return { tree, dimensions: dimensionsOf(tree, (name) => dimensions.get(name) ?? literals.get(name)!.dimensions) };
    });
  }
  function ofDimensions(where: Path, text: string, expected: Dimensions, what: string): Tree {
    const { tree, dimensions: found } = expression(where, text);
    if (found && !sameDimensions(found, expected))
      throw fail(where, `${what} is another kind of quantity`, { found: `${dimensionText(found)} (${text})`, expected: dimensionText(expected) }); // prettier-ignore
    return tree;
  }

  const parameters = Object.entries(raw.parameters ?? {}).map(([name, value]): EquationParameter => {
    const where = [...at('parameters'), name];
    // The first number says what kind of quantity it is.
    const numbers = Array.isArray(value) ? value : typeof value === 'object' ? [value.mean, value.low, value.scale].filter((each) => each !== undefined) : [value]; // prettier-ignore
    const own = located(where, () => anyQuantity(numbers[0] ?? 0)).dimensions;
    declare(where, name, own);
    return { name, dimensions: own, value: lent.drawn(where, value, 0, quantityOf(own, lent)) };
  });

  // All names first, since equations may read those that come later.
  interface Line {
    readonly name: string;
    readonly text: string;
    readonly own: Dimensions;
    readonly differential: boolean;
    readonly held: boolean;
  }
  const where = at('equations');
  const lines = linesOf(raw.equations, /\n/).map((line): Line => {
    const [, slopeOf, other, text, unit, flag] = /^(?:d([A-Za-z]\w*)\s*\/\s*dt|([A-Za-z]\w*))\s*=\s*(.+)\s*:\s*([^:(]+?)\s*(?:\(([^()]*)\))?$/.exec(line) ?? []; // prettier-ignore
    if (text === undefined || unit === undefined) {
      const parameter = /^[A-Za-z]\w*\s*:/.test(line);
      throw fail(where, parameter ? 'a parameter among the equations' : 'not an equation', { found: `"${line}"`, expected: parameter ? 'it under `parameters`, with its value' : '"dv/dt = ... : volt" or "I = ... : amp"' }); // prettier-ignore
    }
    const own = unitOf(unit);
    if (!own) throw fail(where, 'unknown unit', { found: `"${unit}" of "${line}"`, expected: 'such as volt, amp, siemens or 1' }); // prettier-ignore
    if (flag !== undefined && (flag.trim() !== 'unless refractory' || slopeOf === undefined))
      throw fail(where, 'unknown mark', { found: `(${flag}) of "${line}"`, expected: '(unless refractory) of a variable' }); // prettier-ignore
    const name = slopeOf ?? other!;
    declare(where, name, own.dimensions);
    return { name, text: text.trim(), own: own.dimensions, differential: slopeOf !== undefined, held: flag !== undefined }; // prettier-ignore
  });
  const subexpressions = inOrder(
    lines.filter(({ differential }) => !differential).map(({ name, text, own }): Subexpression => ({ name, dimensions: own, value: ofDimensions(where, text, own, name) })),
    (name) => fail(where, 'a subexpression that reads itself', { found: name, expected: 'no circle' }),
  ); // prettier-ignore
  const method = raw.method ?? 'rk2';
  const differential = lines.filter(({ differential: is }) => is);
  if (differential.length === 0) throw fail(where, 'no variable', { found: 'nothing', expected: 'at least one line such as "dv/dt = ... : volt"' }); // prettier-ignore
  const variableNames = differential.map(({ name }) => name);
  for (const name of Object.keys(raw.initial ?? {}))
    if (!variableNames.includes(name))
      throw fail([...at('initial'), name], 'no such variable', { found: `"${name}"`, expected: `one of ${variableNames.join(', ')}`, ...hinted(suggestion(name, variableNames)) }); // prettier-ignore
  const variables = differential.map(({ name, text, own, held }): EquationVariable => {
    const slope = ofDimensions(where, text, perSecond(own), `d${name}/dt`);
    if (method === 'exponential-euler' && !linearSlope(inlined(slope, subexpressions), name))
      throw fail(at('method'), 'not linear in its own variable', { found: `d${name}/dt = ${text}`, expected: 'for exponential-euler: linear; or method: rk2' }); // prettier-ignore
    const initial = lent.drawn([...at('initial'), name], raw.initial?.[name], 0, quantityOf(own, lent));
    return { name, dimensions: own, slope, held, initial };
  });

  const compared = raw.threshold === undefined ? null : expression(at('threshold'), raw.threshold);
  const threshold = compared && compared.tree;
  if (threshold && !isCondition(threshold))
    throw fail(at('threshold'), 'a threshold that is no comparison', { found: `"${raw.threshold}"`, expected: 'such as "v > -50 mV"' }); // prettier-ignore
  if (!threshold && raw.reset !== undefined)
    throw fail(at('threshold'), 'a required key is missing', { found: 'nothing', expected: 'a comparison, since there is a reset' }); // prettier-ignore
  const reset = linesOf(raw.reset ?? [], /[;\n]/).map((line) => {
    const [, into, sign, text] = /^([A-Za-z]\w*)\s*([-+*/]?)=(?!=)\s*(.+)$/.exec(line) ?? [];
    if (!into || !text) throw fail(at('reset'), 'not an assignment', { found: `"${line}"`, expected: 'such as "v = -65 mV" or "w += b"' }); // prettier-ignore
    const variable = variables.find(({ name }) => name === into);
    if (!variable)
      throw fail(at('reset'), 'an assignment to what is no variable', { found: `"${line}"`, expected: `one of ${variableNames.join(', ')} on the left`, ...hinted(suggestion(into, variableNames)) }); // prettier-ignore
    const operators: Record<string, FunctionName> = { '+': 'add', '-': 'sub', '*': 'mul', '/': 'div' };
    const factor = sign === '*' || sign === '/';
    const tree = ofDimensions(at('reset'), text, factor ? dimensionless : variable.dimensions, `the reset of ${into}`);
    return { into, value: sign ? call(operators[sign]!, named(into), tree) : tree };
  });
  return { variables, subexpressions, parameters: [...parameters, ...literals.values()], threshold, reset, method };
}

const isCondition = (tree: Tree): boolean =>
  tree.kind === 'call' && (['lt', 'le', 'gt', 'ge'].includes(tree.call) || (['and', 'or', 'not'].includes(tree.call) && tree.args.every(isCondition))); // prettier-ignore

/** Each after those it reads. */
function inOrder(given: readonly Subexpression[], circle: (name: string) => Error): Subexpression[] {
  const names = new Set(given.map(({ name }) => name));
  const [sorted, done]: [Subexpression[], Set<string>] = [[], new Set()];
  while (sorted.length < given.length) {
    const next = given.find(({ name, value }) => !done.has(name) && [...namesOf(value)].every((read) => !names.has(read) || done.has(read))); // prettier-ignore
    if (!next) throw circle(given.find(({ name }) => !done.has(name))!.name);
    sorted.push(next);
    done.add(next.name);
  }
  return sorted;
}
