// What the schema of model files refuses, in words for a person. It knows no meaning of any key.
import type { SettleError } from '../errors.ts';
import { fileSchema } from './schema.ts';
import { hinted, type ModelText, suggestion } from './text.ts';

export interface Issue {
  readonly code: string;
  readonly path: PropertyKey[];
  readonly message: string;
  readonly keys?: string[];
  readonly expected?: string;
  readonly values?: unknown[];
  readonly errors?: Issue[][];
}

/** The first issue of `schema` (that of model files unless stated) as one error. */
export function schemaError(source: ModelText, issue: Issue, schema: unknown = fileSchema): SettleError {
  const value = issue.path.reduce<unknown>(
    (at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key],
    source.value,
  );
  if (issue.code === 'unrecognized_keys') {
    const key = issue.keys![0]!;
    const known = keysAt(issue.path, schema, source.value);
    return source.at([...issue.path, key], 'unknown key', {
      found: `"${key}"`, expected: known.length > 0 ? `one of ${known.join(', ')}` : 'no further keys', ...hinted(suggestion(key, known)),
    }); // prettier-ignore
  }
  // Of a choice with one map in it, what is wrong inside the map says most.
  const maps = (issue.errors ?? []).filter((branch) =>
    branch.every(({ path, code }) => path.length > 0 || code === 'unrecognized_keys'),
  );
  const [nested] = maps.length === 1 ? maps[0]! : [];
  if (nested) return schemaError(source, { ...nested, path: [...issue.path, ...nested.path] }, schema);
  const found = value === undefined ? 'nothing' : typeof value === 'number' ? String(value) : JSON.stringify(value);
  const near = issue.values && typeof value === 'string' ? suggestion(value, issue.values.map(String)) : undefined;
  return source.at(issue.path, value === undefined ? 'a required key is missing' : 'wrong value', {
    found, expected: expectation(issue), ...hinted(near),
  }); // prettier-ignore
}

const kinds: Readonly<Record<string, string>> = {
  int: 'a whole number', number: 'a finite number', string: 'text', object: 'a map', record: 'a map', array: 'a list', tuple: 'a list',
}; // prettier-ignore

/** The schema's own words where it has some. */
function expectation({ code, message, values, expected }: Issue): string {
  if (values) return values.join(' or ');
  if ((code === 'too_big' || code === 'too_small') && message.startsWith('Too')) return 'a number closer to 0';
  if (!/^(Invalid input|Too )/.test(message)) return message;
  return kinds[expected ?? ''] ?? expected ?? 'another value';
}

interface Shaped {
  readonly shape?: Record<string, unknown>;
  readonly valueType?: unknown;
  readonly element?: unknown;
  readonly options?: readonly unknown[];
  /** Of what is read first and checked then. */
  readonly out?: unknown;
  unwrap?(): unknown;
}

/** The keys that the schema allows at a path; of a choice by `kind`, those of the kind that the file says. */
function keysAt(path: readonly PropertyKey[], schema: unknown, value: unknown): string[] {
  let [at, given] = [schema as Shaped | undefined, value as Record<PropertyKey, unknown> | undefined];
  const bare = (shape: Shaped | undefined): Shaped | undefined => {
    let inner = shape;
    while (inner && !inner.shape && !inner.options && !inner.valueType && (inner.unwrap ?? inner.out))
      inner = (inner.unwrap ? inner.unwrap() : inner.out) as Shaped;
    const maps = (inner?.options as Shaped[] | undefined)?.filter((option) => option.shape);
    const isOfKind = ({ shape: keys }: Shaped): boolean =>
      (keys!['kind'] as { values?: Set<unknown> } | undefined)?.values?.has(given?.['kind']) ?? false;
    return maps ? (maps.find(isOfKind) ?? maps[0]) : inner;
  };
  for (const key of path) {
    at = bare(at);
    at = (at?.shape?.[key as string] ?? at?.valueType ?? at?.element) as Shaped | undefined;
    given = given?.[key] as typeof given;
  }
  return Object.keys(bare(at)?.shape ?? {});
}
