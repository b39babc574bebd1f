// The text of a model file: YAML with places, and `--set` overrides. It knows no meaning of any key.
import { closest, distance } from 'fastest-levenshtein';
import {
  type Document,
  isAlias,
  isCollection,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  visit,
} from 'yaml';
import { SettleError } from '../errors.ts';

export interface ModelText {
  readonly value: unknown;
  /** An error at a path of the file, with line and column where it has one. */
  at(
    path: readonly PropertyKey[],
    message: string,
    sides?: { found?: string; expected?: string; hint?: string },
  ): SettleError;
}

export const pathText = (path: readonly PropertyKey[]): string => path.map(String).join('.');

/** "did you mean ...?" if something near exists. */
export function suggestion(found: string, among: readonly string[]): string | undefined {
  if (among.length === 0) return undefined;
  const near = closest(found, [...among]);
  return distance(found, near) <= Math.max(2, Math.floor(found.length / 3)) ? `did you mean "${near}"?` : undefined;
}

export function hinted(hint: string | undefined): { hint?: string } {
  return hint === undefined ? {} : { hint };
}

/** @throws SettleError of kind `input` for text that is no YAML map, or an override of no `path=value` form */
export function modelText(text: string, file: string, overrides: readonly string[]): ModelText {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true });
  const refuse = (found: string, offset: number): SettleError => {
    const { line, col } = lines.linePos(offset);
    return new SettleError('not valid YAML', { kind: 'input', file, line, column: col, found });
  };
  const [broken] = document.errors;
  if (broken) {
    const [said = ''] = broken.message.split('\n');
    const several = broken.code === 'MULTIPLE_DOCS';
    throw refuse(several ? 'a second document' : said.replace(/ at line.*$/, ''), broken.pos[0]);
  }
  visit(document, {
    Alias(_, alias) {
      if (!alias.resolve(document)) throw refuse(`*${alias.source}, which no & before it names`, alias.range![0]);
    },
  });
  if (!isMap(document.contents))
    throw new SettleError('not a model file', {
      kind: 'input',
      file,
      found: 'no keys',
      expected: 'settle: 1, name: ...',
    });
  for (const override of overrides) apply(document, override);
  const at: ModelText['at'] = (path, message, sides = {}) => {
    // The nearest thing the file itself says: a value that --set gave has no line.
    let node: unknown;
    for (let depth = path.length; depth > 0 && !node; depth--) {
      const found = document.getIn(path.slice(0, depth), true);
      if (isNode(found) && found.range) node = found;
    }
    const range = isNode(node) ? node.range : undefined;
    const place = range ? lines.linePos(range[0]) : undefined;
    return new SettleError(message, {
      kind: 'input',
      file,
      path: pathText(path),
      line: place?.line,
      column: place?.col,
      ...sides,
    });
  };
  // The one key that a plain object does not keep.
  visit(document, {
    Pair(_, { key }) {
      if (String(key) === '__proto__') throw at([], 'not a key', { found: '"__proto__"', expected: 'another name' });
    },
  });
  return { value: plain(document, at), at };
}

function plain(document: Document, at: ModelText['at']): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error;
    throw at([], 'too many aliases', {
      found: 'aliases that repeat each other too often',
      expected: 'at most 100, or values written out',
    });
  }
}

/** `init: glorot` is short for `init: { scheme: glorot }`; a path through it makes it long, with this default (if any) where it is absent. */
const longForms: Readonly<Record<string, readonly [key: string, fallback: string | null]>> = {
  init: ['scheme', 'glorot'],
  encode: ['kind', 'current'],
  features: ['input', 's'],
  optimiser: ['kind', null],
  pool: ['kind', null],
};

function apply(document: Document, override: string): void {
  const equals = override.indexOf('=');
  const name = override.slice(0, equals).trim();
  if (equals < 1 || name === '')
    throw new SettleError('not an override', {
      kind: 'input',
      path: '--set',
      found: `"${override}"`,
      expected: 'path=value',
    });
  const value = valueOf(override.slice(equals + 1), name);
  const path = name.split('.').map((part) => projectionName(document, part));
  let target: unknown = document.contents;
  for (const part of path.slice(0, -1)) {
    let next: unknown = isCollection(target) ? target.get(part, true) : undefined;
    checkPlace(target, part);
    // What several keys share becomes this one's own before it changes.
    if (isAlias(next) && isCollection(target)) {
      target.set(part, document.createNode(next.toJS(document)));
      next = target.get(part, true);
    }
    const long = Object.hasOwn(longForms, part) ? longForms[part] : undefined;
    if (long && isMap(target) && ((next === undefined && long[1] !== null) || isScalar(next))) {
      target.set(part, document.createNode({ [long[0]]: next?.value ?? long[1] }));
      next = target.get(part, true);
    }
    if (next !== undefined && next !== null && !isCollection(next))
      throw new SettleError('no such path', {
        kind: 'input',
        path: name,
        found: `"${part}" holds a value`,
        expected: 'a key with keys below it',
      });
    target = next;
  }
  checkPlace(target, path.at(-1)!);
  document.setIn(path, document.createNode(value));

  /** Members of a list are numbered from 0; one past its end adds to it. */
  function checkPlace(holder: unknown, part: string): void {
    if (!isSeq(holder) || (/^\d+$/.test(part) && Number(part) <= holder.items.length)) return;
    throw new SettleError('no such path', {
      kind: 'input',
      path: name,
      found: `"${part}"`,
      expected: `a number from 0 to ${holder.items.length}: it is a list`,
    });
  }
}

function valueOf(text: string, path: string): unknown {
  try {
    const document = parseDocument(text);
    if (document.errors.length === 0) return document.toJS({ maxAliasCount: 100 });
  } catch {
    // An alias of nothing.
  }
  throw new SettleError('not a YAML value', {
    kind: 'input',
    path,
    found: text,
    expected: 'a number, text, list or map',
  });
}

/** `x-h` stands for `x->h` or `h<->x`, whichever the file has. */
function projectionName(document: Document, part: string): string {
  const projections = document.get('projections', true);
  if (!isMap(projections)) return part;
  const names = projections.items.map(({ key }) => String(key));
  if (names.includes(part)) return part;
  const plain = (name: string): string => name.replace(/\s/g, '');
  const short = (name: string): string => plain(name).replace(/<?->/, '-');
  return names.find((name) => plain(name) === plain(part) || short(name) === plain(part)) ?? part;
}
