// What the shared suites need of vitest, where vitest does not run: in a page. Tests are gathered, then run one after the other;
// a matcher that is not here does not exist, so that nothing passes by not being looked at.
type Run = () => void | Promise<void>;
interface Group {
  readonly title: string;
  readonly before: Run[];
  readonly after: Run[];
  readonly parts: (Group | { readonly title: string; readonly run: Run })[];
}

const groupOf = (title: string): Group => ({ title, before: [], after: [], parts: [] });
let all = groupOf('');
let present = all;

const titled = (title: string, row: unknown): string => title.replace('%s', String(Array.isArray(row) ? row[0] : row));
const spread = (row: unknown): unknown[] => (Array.isArray(row) ? row : [row]);
/** `test.each(rows)(title, body)` by way of `test(title, body)`. */
const each =
  (test: (title: string, body: Run) => void) =>
  (rows: readonly unknown[]) =>
  (title: string, body: (...row: never[]) => void | Promise<void>): void =>
    rows.forEach((row) => test(titled(title, row), () => body(...(spread(row) as never[]))));

export const beforeAll = (run: Run): void => void present.before.push(run);
export const afterAll = (run: Run): void => void present.after.push(run);
function test(title: string, run: Run): void {
  present.parts.push({ title, run });
}
function group(title: string, body: Run): void {
  const [outer, made] = [present, groupOf(title)];
  outer.parts.push(made);
  present = made;
  void body();
  present = outer;
}
export const it = Object.assign(test, { each: each(test) });
export const describe = Object.assign(group, { each: each(group) });

/** Assertions that `expect` was asked for; a test without any fails. */
let asserted = 0;
const shown = (value: unknown): string => (ArrayBuffer.isView(value) ? JSON.stringify([...(value as never)]) : JSON.stringify(value)) ?? String(value); // prettier-ignore

export function expect(found: unknown, message = '') {
  const matcher =
    (relation: string, holds: (found: never, expected: never) => boolean) =>
    (expected: unknown): void => {
      asserted++;
      if (!holds(found as never, expected as never)) throw new Error(`${message}: ${shown(found)} ${relation} ${shown(expected)} is not so`); // prettier-ignore
    };
  return {
    toBe: matcher('is', Object.is),
    toEqual: matcher('equals', (a: unknown, b: unknown) => shown(a) === shown(b)),
    toBeLessThan: matcher('<', (a: number, b: number) => a < b),
    toBeLessThanOrEqual: matcher('<=', (a: number, b: number) => a <= b),
    toBeGreaterThan: matcher('>', (a: number, b: number) => a > b),
  };
}

export interface Outcome {
  readonly passed: number;
  readonly failed: readonly string[];
}

/** Gathers what `body` describes, and runs it. */
export async function outcomeOf(body: () => void): Promise<Outcome> {
  all = groupOf('');
  present = all;
  body();
  let passed = 0;
  const failed: string[] = [];
  const attempt = async (title: string, run: Run): Promise<boolean> => {
    try {
      await run();
      return true;
    } catch (error) {
      failed.push(`${title}: ${(error as Error).message}`);
      return false;
    }
  };
  const run = async ({ before, after, parts }: Group, path: string): Promise<void> => {
    for (const each of before) if (!(await attempt(`${path} before`, each))) return;
    for (const part of parts) {
      const title = `${path} ${part.title}`.trim();
      if ('parts' in part) await run(part, title);
      else {
        asserted = 0;
        const well = await attempt(title, part.run);
        if (well && asserted > 0) passed++;
        else if (well) failed.push(`${title}: nothing was asserted`);
      }
    }
    for (const each of after) await attempt(`${path} after`, each);
  };
  await run(all, '');
  return { passed, failed };
}
