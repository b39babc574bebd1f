// What a sweep file may say (`settleSweep: 1`): a model, the settings that are tried in it, and how the best is chosen.
// Schema, defaults and one loader; pure data. It reads no model.
import { z } from 'zod';
import { assignments, namedProfiles, type ProfileSpec } from './comparison.ts';
import { profilesSchema, seedNumber, whole, words } from './listSchema.ts';
import { type Issue, schemaError } from './refusal.ts';
import { modelText, type ModelText } from './text.ts';

export const sweepMethods = ['grid', 'random', 'cma-es'] as const;
export type SweepMethod = (typeof sweepMethods)[number];

/** One path of the model and what is tried there. */
export type Axis = { readonly path: string } & (
  { readonly kind: 'values'; readonly values: readonly unknown[]; readonly scale: 'linear' | 'log' } | Range
);

/** Numbers from one end to the other, both ends included. */
export interface Range {
  readonly kind: 'range';
  readonly from: number;
  readonly to: number;
  readonly scale: 'linear' | 'log';
  readonly whole: boolean;
  /** Written behind the number: `ms`. */
  readonly unit: string | null;
}

export interface SweepSpec {
  readonly name: string;
  /** Path or bundled name. */
  readonly model: string;
  /** Empty: the model's own. */
  readonly rules: readonly string[];
  readonly profiles: readonly ProfileSpec[];
  /** `path=value` */
  readonly set: readonly string[];
  readonly axes: readonly Axis[];
  readonly method: SweepMethod;
  /** Points that are tried; null: all of a grid. */
  readonly budget: number | null;
  /** Of random points. */
  readonly seed: number;
  /** Every point is judged with each of them. */
  readonly seeds: readonly number[];
  /** Fresh ones, with which the chosen point is trained on all training examples and tested. */
  readonly testSeeds: readonly number[];
  /** Null: the model's own. */
  readonly epochs: number | null;
  readonly testEpochs: number | null;
  /** Training examples held out while choosing; null: as many as the model says. */
  readonly validation: number | null;
  /** The model's own settings are judged and tested beside. */
  readonly own: boolean;
  readonly slurm: { readonly slice: number | null; readonly options: readonly string[] };
  /** An error at a path of the file. */
  at: ModelText['at'];
}

const number = z.number({ error: 'a number' });
const range = z.strictObject({
  from: number.describe('first value; required'),
  to: number.describe('last value; required'),
  scale: z.enum(['linear', 'log']).optional().describe('how values are spread between the two (default linear)'),
  count: whole(2, 10_000)
    .optional()
    .describe('how many values; a grid needs it, without it any value between is drawn'),
  whole: z.boolean({ error: 'true or false' }).optional().describe('rounded to whole numbers (default false)'),
  unit: z.string().optional().describe('written behind each number: ms'),
});
const axis = z.union([z.array(z.unknown()).min(1, { error: 'a list with at least one value' }), range], {
  error: 'a list of values, or { from, to, scale, count }',
});

const sweepSchema = z
  .strictObject({
    settleSweep: z.literal(1).describe('version of this format; required'),
    name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, { error: 'letters, digits, - _ .' }).describe('what the folder and the page are called; required'), // prettier-ignore
    model: z.string().describe('path of a model file as seen from the working folder, or name of a bundled model; required'), // prettier-ignore
    rules: words.optional().describe("learning rules, each on every point (default: the model's own)"),
    profiles: profilesSchema.optional().describe('hardware profiles that every point runs on: names, or label: { profile, set }'), // prettier-ignore
    set: z.record(z.string(), z.unknown()).optional().describe('path: value, changed in the model before all else'),
    space: z.record(z.string(), axis, { error: 'a map of paths of the model to what is tried there' }).describe('path of the model: [values], or { from, to, scale, count }; required'), // prettier-ignore
    method: z.enum(sweepMethods).optional().describe('how points are chosen (default grid)'),
    budget: whole(1, 100_000).optional().describe('how many points are tried (default: all of a grid)'),
    seed: seedNumber.optional().describe('of the points that are drawn (default 1)'),
    seeds: z.union([whole(1, 1000), z.array(seedNumber).min(1)], { error: 'how many, or a list of seeds' }).optional().describe('with which each point is judged: how many (1, 2, ...), or a list (default 1)'), // prettier-ignore
    testSeeds: z.union([whole(0, 1000), z.array(seedNumber).min(1)], { error: 'how many, or a list of seeds' }).optional().describe('fresh seeds with which the chosen point is tested: how many, or a list (default 3; 0: no test)'), // prettier-ignore
    epochs: whole(1, 100_000).optional().describe("epochs of every run (default: the model's own)"),
    testEpochs: whole(1, 100_000).optional().describe('epochs of the runs that are tested (default: as many)'),
    validation: whole(1, 1_000_000_000).optional().describe("training examples held out while choosing (default: the model's data.validation)"), // prettier-ignore
    own: z.boolean({ error: 'true or false' }).optional().describe("whether the model's own settings are judged and tested beside (default true)"), // prettier-ignore
    slurm: z
      .strictObject({
        slice: whole(1, 10_000).optional().describe('runs of one task of the array (default: by the number of cores)'),
        options: words.optional().describe('further options of sbatch, such as --partition=main'),
      })
      .optional(),
  })
  .describe('A sweep: one model, many settings.');

/** What a sweep file says, written out so that the package's types need no other package. */
export interface SweepFile {
  readonly settleSweep: 1;
  readonly name: string;
  readonly model: string;
  readonly rules?: string[] | undefined;
  readonly profiles?: string[] | Record<string, { profile?: string | undefined; set?: Record<string, unknown> | undefined }> | undefined; // prettier-ignore
  readonly set?: Record<string, unknown> | undefined;
  readonly space: Record<string, unknown[] | RangeFile>;
  readonly method?: SweepMethod | undefined;
  readonly budget?: number | undefined;
  readonly seed?: number | undefined;
  readonly seeds?: number | number[] | undefined;
  readonly testSeeds?: number | number[] | undefined;
  readonly epochs?: number | undefined;
  readonly testEpochs?: number | undefined;
  readonly validation?: number | undefined;
  readonly own?: boolean | undefined;
  readonly slurm?: { slice?: number | undefined; options?: string[] | undefined } | undefined;
}

interface RangeFile {
  readonly from: number;
  readonly to: number;
  readonly scale?: 'linear' | 'log' | undefined;
  readonly count?: number | undefined;
  readonly whole?: boolean | undefined;
  readonly unit?: string | undefined;
}

/** @throws SettleError of kind `input`: file, line, path, what was found and what was expected */
export function loadSweep(text: string, file: string): SweepSpec {
  const source = modelText(text, file, []);
  const checked = sweepSchema.safeParse(source.value);
  if (!checked.success) throw schemaError(source, checked.error.issues[0] as Issue, sweepSchema);
  return specOf(checked.data, source);
}

const defaultTestSeeds = 3;

/** Options of sbatch that a sweep finds its tasks and their words by; the long ones also where they are cut short. */
const ownOptions = ['--job-name', '-J', '--array', '-a', '--output', '-o'];
const isOwn = (option: string): boolean => {
  const name = option.split('=')[0]!;
  return ownOptions.some((own) => (own.startsWith('--') ? name.length > 2 && own.startsWith(name) : name.startsWith(own))); // prettier-ignore
};

function specOf(file: SweepFile, source: ModelText): SweepSpec {
  const { method = 'grid', budget = null } = file;
  const axes = Object.entries(file.space).map(([path, given]) => axisOf(path, given, source));
  if (axes.length === 0) throw source.at(['space'], 'an empty space', { found: 'no path', expected: 'a path of the model: [values]' }); // prettier-ignore
  const open = axes.find(({ kind }) => kind === 'range');
  if (method === 'grid' && open)
    throw source.at(['space', open.path, 'count'], 'a range without a count in a grid', { found: 'nothing', expected: 'how many values, or method: random' }); // prettier-ignore
  if (method !== 'grid' && budget === null)
    throw source.at(['budget'], 'a method that could go on for ever', { found: 'nothing', expected: 'how many points are tried' }); // prettier-ignore
  const seeds = typeof file.seeds === 'object' ? file.seeds : counted(1, file.seeds ?? 1);
  const first = Math.max(...seeds) + 1;
  const testSeeds = typeof file.testSeeds === 'object' ? file.testSeeds : counted(first, file.testSeeds ?? defaultTestSeeds); // prettier-ignore
  for (const [key, list] of [['seeds', seeds], ['testSeeds', testSeeds]] as const)
    if (new Set(list).size < list.length) throw source.at([key], 'a seed is there twice', { found: list.join(', '), expected: 'each once' }); // prettier-ignore
  const stale = testSeeds.find((each) => seeds.includes(each));
  if (stale !== undefined)
    throw source.at(['testSeeds'], 'a seed that chooses and is tested', { found: String(stale), expected: 'seeds that are not among seeds' }); // prettier-ignore
  const options = file.slurm?.options ?? [];
  const own = options.findIndex(isOwn);
  if (own >= 0)
    throw source.at(['slurm', 'options', own], 'an option of sbatch that the sweep sets itself', { found: options[own]!, expected: `none of ${ownOptions.join(', ')}` }); // prettier-ignore
  return {
    name: file.name, model: file.model, rules: file.rules ?? [], profiles: namedProfiles(file.profiles),
    set: assignments(file.set),
    axes, method, budget, seed: file.seed ?? 1, seeds, testSeeds,
    epochs: file.epochs ?? null, testEpochs: file.testEpochs ?? file.epochs ?? null, validation: file.validation ?? null, own: file.own ?? true,
    slurm: { slice: file.slurm?.slice ?? null, options },
    at: source.at,
  }; // prettier-ignore
}

const counted = (first: number, count: number): number[] => Array.from({ length: count }, (_, k) => first + k);

function axisOf(path: string, given: unknown[] | RangeFile, source: ModelText): Axis {
  const place = ['space', path];
  if (Array.isArray(given)) {
    const texts = given.map((value) => JSON.stringify(value));
    const twice = texts.find((value, k) => texts.indexOf(value) < k);
    if (twice !== undefined) throw source.at(place, 'a value is there twice', { found: twice, expected: 'each once' });
    return { path, kind: 'values', values: given, scale: 'linear' };
  }
  const { from, to, scale = 'linear', count, whole: rounded = false, unit = null } = given;
  if (!(from < to))
    throw source.at([...place, 'from'], 'a range upside down', { found: `from ${from} to ${to}`, expected: 'from below to' }); // prettier-ignore
  if (scale === 'log' && from <= 0)
    throw source.at([...place, 'from'], 'a logarithmic range that reaches 0', { found: String(from), expected: 'above 0, or scale: linear' }); // prettier-ignore
  const all: Range = { kind: 'range', from, to, scale, whole: rounded, unit };
  if (count === undefined) return { path, ...all };
  const values = [...new Set(counted(0, count).map((k) => valueOf(all, k / (count - 1))))];
  return { path, kind: 'values', values, scale };
}

/** The value at a share of the way through a range: six digits, the ends as they are, whole where it has to be, with its unit. */
export function valueOf({ from, to, scale, whole: rounded, unit }: Range, share: number): number | string {
  const between = scale === 'log' ? from * (to / from) ** share : from + share * (to - from);
  const exact = share <= 0 ? from : share >= 1 ? to : Number(between.toPrecision(6));
  const value = rounded ? Math.round(exact) : exact;
  return unit === null ? value : `${value} ${unit}`;
}

/** The JSON Schema of sweep files, for editors. */
export function sweepJsonSchema(): object {
  return { ...z.toJSONSchema(sweepSchema, { io: 'input' }), $id: 'settle/sweep/1', title: 'settle sweep' };
}
