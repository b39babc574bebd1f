// The only door to mathjs: text to our own tree. Its syntax tree is walked with a whitelist; nothing is evaluated.
import { closest, distance } from 'fastest-levenshtein';
import { type MathNode, create, parseDependencies } from 'mathjs';
import { SettleError } from '../errors.ts';
import { call, name as named, num, substitute } from './tools.ts';
import { type FunctionName, functionArity, type Tree } from './tree.ts';

const { parse } = create({ parseDependencies } as never) as unknown as { parse: (text: string) => MathNode };

export interface ParseOptions {
  /** Names the text may use; any if left out. */
  readonly names?: readonly string[];
  /** Further names, which no refusal speaks of. */
  readonly hidden?: readonly string[];
  /** Functions of one argument `u` that the text may call beside the closed list, such as a population's `rho`. */
  readonly functions?: Readonly<Record<string, Tree>>;
  readonly file?: string;
  /** Where the text stands: `cost.text`. */
  readonly path?: string;
}

/** The parts of mathjs's nodes that the whitelist reads. */
interface Node {
  readonly type: string;
  readonly fn?: string | { readonly name?: string };
  readonly args?: readonly Node[];
  readonly name?: string;
  readonly value?: unknown;
  readonly content?: Node;
  readonly condition?: Node;
  readonly trueExpr?: Node;
  readonly falseExpr?: Node;
  readonly implicit?: boolean;
  readonly conditionals?: readonly string[];
  readonly params?: readonly Node[];
}

const operators: Readonly<Record<string, FunctionName>> = {
  add: 'add', subtract: 'sub', multiply: 'mul', divide: 'div', unaryMinus: 'neg', pow: 'pow', smaller: 'lt', smallerEq: 'le',
  larger: 'gt', largerEq: 'ge', equal: 'eq', unequal: 'ne', and: 'and', or: 'or', not: 'not',
}; // prettier-ignore
const spelled: Readonly<Record<string, FunctionName>> = {
  min: 'min', max: 'max', clip: 'clip', abs: 'abs', sign: 'sign', floor: 'floor', sqrt: 'sqrt', exp: 'exp', log: 'log', sin: 'sin',
  cos: 'cos', atan2: 'atan2', tanh: 'tanh', sigmoid: 'sigmoid', hardSigmoid: 'hardSigmoid', hard_sigmoid: 'hardSigmoid', relu: 'relu',
  pow: 'pow', logsumexp: 'logsumexp', and: 'and', or: 'or', not: 'not',
}; // prettier-ignore
/** What a text may call; no name of anything else. */
export const callable: readonly string[] = Object.keys(spelled);
const constants: Readonly<Record<string, number>> = { pi: Math.PI, e: Math.E };

/**
 * Parses one expression of the closed language: numbers, names, + - * / ^, comparisons, and or not, c ? a : b, and the
 * functions of `functionArity`.
 * @throws SettleError of kind `input` with the column (from 1)
 */
export function parseExpression(text: string, options: ParseOptions = {}): Tree {
  const { names, hidden, file, path } = options;
  function refuse(message: string, found: string, expected?: string, hint?: string, column?: number): never {
    throw new SettleError(message, {
      kind: 'input',
      file,
      path,
      column: column ?? columnOf(text, found),
      found,
      expected,
      hint,
    });
  }
  function suggest(found: string, from: readonly string[]): string | undefined {
    if (from.length === 0) return undefined;
    const near = closest(found, [...from]);
    return distance(found, near) <= Math.max(1, Math.floor(found.length / 2)) ? `did you mean ${near}?` : undefined;
  }
  function walk(node: Node): Tree {
    switch (node.type) {
      case 'ParenthesisNode':
        return walk(node.content!);
      case 'ConstantNode':
        if (typeof node.value === 'number' && Number.isFinite(node.value)) return num(node.value);
        if (typeof node.value === 'boolean') return num(node.value ? 1 : 0);
        return refuse('not a finite number', String(node.value), 'a finite number');
      case 'SymbolNode': {
        const symbol = node.name!;
        if (names ? names.includes(symbol) || hidden?.includes(symbol) : !(symbol in constants)) return named(symbol); // prettier-ignore
        if (symbol in constants) return num(constants[symbol]!);
        return refuse('unknown name', symbol, `one of ${names!.join(', ')}`, suggest(symbol, names!));
      }
      case 'ConditionalNode':
        return call('if', walk(node.condition!), walk(node.trueExpr!), walk(node.falseExpr!));
      case 'OperatorNode': {
        if (node.implicit) return refuse('multiplication without a sign', text, 'a * between the two');
        const fn = node.fn as string;
        if (fn === 'unaryPlus') return walk(node.args![0]!);
        const operator = operators[fn];
        if (!operator)
          return refuse(
            'operator outside the language',
            fn,
            'one of + - * / ^ < <= > >= == != and or not ? :',
            undefined,
            1,
          );
        const args = node.args!.map(walk);
        const [first] = args;
        if (operator === 'neg' && first?.kind === 'number') return num(-first.value);
        return call(operator, ...args);
      }
      case 'RelationalNode':
        return refuse('a chain of comparisons', text, 'two comparisons joined by `and`');
      case 'FunctionNode': {
        const spelling = typeof node.fn === 'string' ? node.fn : (node.fn?.name ?? 'this call');
        const known = Object.hasOwn(spelled, spelling) ? spelled[spelling] : undefined;
        const own =
          options.functions && Object.hasOwn(options.functions, spelling) ? options.functions[spelling] : undefined;
        if (own) {
          if (node.args!.length !== 1)
            return refuse(`wrong number of arguments of ${spelling}`, `${node.args!.length}`, '1', undefined, columnOf(text, spelling)); // prettier-ignore
          return substitute(own, { u: walk(node.args![0]!) });
        }
        const list = [...Object.keys(options.functions ?? {}), ...Object.keys(spelled)].join(', ');
        if (!known)
          return refuse('unknown function', spelling, `one of ${list}`, suggest(spelling, Object.keys(spelled)));
        const args = node.args!.map(walk);
        if ((known === 'min' || known === 'max') && args.length > 2) return args.reduce((a, b) => call(known, a, b));
        if (args.length !== functionArity[known])
          return refuse(
            `wrong number of arguments of ${spelling}`,
            `${args.length}`,
            `${functionArity[known]}`,
            undefined,
            columnOf(text, spelling),
          );
        return call(known, ...args);
      }
      default:
        return refuse(
          'not part of the language of expressions',
          node.type.replace(/Node$/, '').toLowerCase(),
          'numbers, names, operators and functions',
          undefined,
          1,
        );
    }
  }
  if (text.trim() === '') refuse('empty expression', 'nothing', 'an expression', undefined, 1);
  let root: Node;
  try {
    root = parse(text) as unknown as Node;
  } catch (error) {
    const message = (error as Error).message;
    const column = Number(/char (\d+)/.exec(message)?.[1] ?? 1);
    return refuse('not an expression', text, message.replace(/ \(char \d+\)/, ''), undefined, column);
  }
  return walk(root);
}

/** Column (from 1) of the first occurrence of a word in the text; 1 if it does not occur. */
function columnOf(text: string, word: string): number {
  const whole = new RegExp(`(?<![A-Za-z0-9_])${word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}`).exec(text);
  return (whole?.index ?? 0) + 1;
}
