// What a comparison file may say (`settleCompare: 1`): models, rules, seeds, and how many validation trials each rule gets.
// Schema, defaults and one loader; pure data. It reads no model.
import { z } from 'zod';
import { changes, profilesSchema, seedNumber, whole, words } from './listSchema.ts';
import { type Issue, schemaError } from './refusal.ts';
import { modelText } from './text.ts';

export interface Trials {
  /** Validation trials that every rule gets. */
  readonly count: number;
  /** Examples held out from the end of the training set while choosing. */
  readonly validation: number;
  /** Epochs of a trial; null: as many as are trained in the end. */
  readonly epochs: number | null;
  /** By rule, or `all`: the values that are tried, by path of the model. */
  readonly grid: Readonly<Record<string, Grid>>;
}

export type Grid = Readonly<Record<string, readonly unknown[]>>;

/** A chip that rows run on: a profile, and what is changed in it. */
export interface ProfileSpec {
  readonly label: string;
  /** Path or bundled name. */
  readonly profile: string;
  /** `path=value` */
  readonly set: readonly string[];
  /** The sweep that it is a point of. */
  readonly sweep: { readonly name: string; readonly path: string; readonly value: number } | null;
}

export interface ComparisonSpec {
  readonly name: string;
  /** Paths or bundled names. */
  readonly models: readonly string[];
  /** Empty: each model's own. */
  readonly rules: readonly string[];
  /** Rules that run on models of their own instead. */
  readonly pairs: readonly { readonly rule: string; readonly model: string }[];
  /** Every row runs on each of them; empty: on none. */
  readonly profiles: readonly ProfileSpec[];
  readonly seeds: readonly number[];
  /** Null: each model's own. */
  readonly epochs: number | null;
  /** `path=value`, for every model. */
  readonly set: readonly string[];
  /** Rule or model of the row that every other is tested against, beside the best. */
  readonly baseline: string | null;
  /** Null: every rule runs with its model's own settings. */
  readonly trials: Trials | null;
}

/** Of the command line, laid over a file; what is absent says nothing. */
export interface ComparisonFlags {
  readonly models?: readonly string[] | undefined;
  readonly rules?: readonly string[] | undefined;
  readonly pairs?: ComparisonSpec['pairs'] | undefined;
  readonly profiles?: readonly string[] | undefined;
  /** How many, or which. */
  readonly seeds?: number | readonly number[] | undefined;
  readonly epochs?: number | undefined;
  readonly set?: readonly string[] | undefined;
  readonly baseline?: string | undefined;
  readonly trials?: number | undefined;
  readonly validation?: number | undefined;
  readonly trialEpochs?: number | undefined;
  readonly grid?: Trials['grid'] | undefined;
}

const sweep = z.strictObject({
  profile: z.string().describe('file or bundled name'),
  path: z.string().describe('of the value that is changed, such as variation.weight'),
  values: z.array(z.number()).min(1, { error: 'a list of numbers' }),
  set: changes,
});

const comparisonSchema = z
  .strictObject({
    settleCompare: z.literal(1).describe('version of this format; required'),
    name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, { error: 'letters, digits, - _ .' }).describe('what folders and tables are called; required'), // prettier-ignore
    models: words
      .optional()
      .describe('paths of model files as seen from the working folder, or names of bundled models'),
    rules: words.optional().describe("learning rules (default: each model's own)"),
    pair: z.record(z.string(), z.union([z.string(), words], { error: 'a model, or a list of models' })).optional().describe('rules that run on models of their own instead'), // prettier-ignore
    profiles: profilesSchema.optional().describe('hardware profiles that every row runs on: names, or label: { profile, set }'), // prettier-ignore
    sweeps: z.record(z.string(), sweep).optional().describe('label: { profile, path, values }: one value of a profile changed in steps, drawn as a curve'), // prettier-ignore
    seeds: z.union([whole(1, 1000), z.array(seedNumber).min(1)], { error: 'how many, or a list of seeds' }).optional().describe('how many seeds (1, 2, ...), or a list of them (default 3)'), // prettier-ignore
    epochs: whole(1, 100_000).optional().describe("epochs of every run (default: each model's own)"),
    set: z.record(z.string(), z.unknown()).optional().describe('path: value, changed in every model'),
    baseline: z.string().optional().describe('rule or model that every row is tested against, beside the best row'),
    trials: whole(1, 10_000).optional().describe('validation trials that every rule gets (default: the smallest grid)'),
    validation: whole(1, 1_000_000_000).optional().describe('training examples held out while choosing; required with a grid'), // prettier-ignore
    trialEpochs: whole(1, 100_000).optional().describe('epochs of a trial (default: as many as are trained in the end)'), // prettier-ignore
    grid: z.record(z.string(), z.record(z.string(), z.array(z.unknown()).min(1, { error: 'a list of values' }), { error: 'path: [values]' })).optional().describe('by rule, or `all`: path: [values] to choose from'), // prettier-ignore
  })
  .describe('A comparison of learning rules on one task.');

/** Whether a text says that it is a comparison. */
export const isComparison = (text: string): boolean => /^settleCompare\s*:/m.test(text);

/** What a comparison file says, written out so that the package's types need no other package. */
export interface ComparisonFile {
  readonly settleCompare: 1;
  readonly name: string;
  readonly models?: string[] | undefined;
  readonly rules?: string[] | undefined;
  readonly pair?: Record<string, string | string[]> | undefined;
  readonly profiles?: string[] | Record<string, { profile?: string | undefined; set?: Record<string, unknown> | undefined }> | undefined; // prettier-ignore
  readonly sweeps?: Record<string, { profile: string; path: string; values: number[]; set?: Record<string, unknown> | undefined }> | undefined; // prettier-ignore
  readonly seeds?: number | number[] | undefined;
  readonly epochs?: number | undefined;
  readonly set?: Record<string, unknown> | undefined;
  readonly baseline?: string | undefined;
  readonly trials?: number | undefined;
  readonly validation?: number | undefined;
  readonly trialEpochs?: number | undefined;
  readonly grid?: Record<string, Record<string, unknown[]>> | undefined;
}

/** @throws SettleError of kind `input`: file, line, path, what was found and what was expected */
export function loadComparison(text: string, file: string): ComparisonFile {
  const source = modelText(text, file, []);
  const checked = comparisonSchema.safeParse(source.value);
  if (!checked.success) throw schemaError(source, checked.error.issues[0] as Issue, comparisonSchema);
  const { grid, trials } = checked.data;
  if (trials !== undefined && !grid)
    throw source.at(['trials'], 'trials without a grid to choose from', {
      found: String(trials),
      expected: 'grid: { RULE: { path: [values] } }',
    });
  return checked.data;
}

const plainProfile = (name: string): ProfileSpec => ({ label: name, profile: name, set: [], sweep: null });
export const assignments = (set: Record<string, unknown> | undefined): string[] =>
  Object.entries(set ?? {}).map(([path, value]) => `${path}=${JSON.stringify(value)}`);

/** Names, or labels with changes. */
export function namedProfiles(profiles: ComparisonFile['profiles'] = []): ProfileSpec[] {
  return Array.isArray(profiles)
    ? profiles.map(plainProfile)
    : Object.entries(profiles).map(([label, one]): ProfileSpec => ({ label, profile: one.profile ?? label, set: assignments(one.set), sweep: null })); // prettier-ignore
}

function profilesOf(file: ComparisonFile | null): ProfileSpec[] {
  const { profiles, sweeps = {} } = file ?? {};
  const named = namedProfiles(profiles);
  const points = Object.entries(sweeps).flatMap(([name, { profile: of, path, values, set }]) =>
    values.map((value): ProfileSpec => ({
      label: `${name} ${value}`,
      profile: of,
      set: [...assignments(set), `${path}=${value}`],
      sweep: { name, path, value },
    })),
  );
  return [...named, ...points];
}

const defaultSeeds = 3;

/** A file (or none) with the flags laid over it. `name` is used where the file has none. */
export function comparisonSpec(file: ComparisonFile | null, flags: ComparisonFlags, name: string): ComparisonSpec {
  const paired = Object.entries(file?.pair ?? {}).flatMap(([rule, models]) => [models].flat().map((model) => ({ rule, model }))); // prettier-ignore
  const seeds = flags.seeds ?? file?.seeds ?? defaultSeeds;
  const grid = flags.grid ?? file?.grid ?? null;
  const count = flags.trials ?? file?.trials ?? null;
  return {
    name: file?.name ?? name,
    models: [...(file?.models ?? []), ...(flags.models ?? [])],
    rules: flags.rules ?? file?.rules ?? [],
    pairs: flags.pairs ?? paired,
    profiles: flags.profiles?.map(plainProfile) ?? profilesOf(file),
    seeds: typeof seeds === 'number' ? Array.from({ length: seeds }, (_, k) => k + 1) : seeds,
    epochs: flags.epochs ?? file?.epochs ?? null,
    set: [
      ...Object.entries(file?.set ?? {}).map(([path, value]) => `${path}=${JSON.stringify(value)}`),
      ...(flags.set ?? []),
    ],
    baseline: flags.baseline ?? file?.baseline ?? null,
    trials:
      grid === null && count === null
        ? null
        : {
            count: count ?? 0,
            validation: flags.validation ?? file?.validation ?? 0,
            epochs: flags.trialEpochs ?? file?.trialEpochs ?? null,
            grid: grid ?? {},
          },
  };
}

/** The JSON Schema of comparison files, for editors. */
export function comparisonJsonSchema(): object {
  return { ...z.toJSONSchema(comparisonSchema, { io: 'input' }), $id: 'settle/comparison/1', title: 'settle comparison' }; // prettier-ignore
}
