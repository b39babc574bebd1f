// What a comparison will run: its rows (a rule on a model) and their cells (one run each), with every model read and
// resolved before the first of them starts. It runs nothing.
import { SettleError } from '../errors.ts';
import { shuffled } from '../math/random.ts';
import { readProfile } from '../hardware/profile/profileRead.node.ts';
import type { ComparisonSpec, Grid, ProfileSpec } from '../model/comparison.ts';
import type { Model } from '../model/model.ts';
import { loadModel } from '../model/load.ts';
import { readModel } from '../model/read.node.ts';
import { modelHash } from './checkpoint.node.ts';
import { entryOf, rules } from './tables.ts';

export interface Row {
  /** Of its model and rule: what its cells are called by. */
  readonly key: string;
  /** Path or bundled name, as given. */
  readonly model: string;
  readonly rule: string;
  readonly about: Pick<Model, 'name' | 'source' | 'data'>;
  /** The chip that it runs on. */
  readonly profile: (ProfileSpec & { readonly text: string }) | null;
  /** `path=value` of each validation trial; none without a grid. */
  readonly trials: readonly (readonly string[])[];
}

/** One run. */
export interface Cell {
  /** Its folder below cells/. */
  readonly name: string;
  readonly row: string;
  readonly seed: number;
  readonly epochs: number;
  /** The model as it will be run; it loads to the same model. */
  readonly resolvedYaml: string;
  readonly modelSha256: string;
  /** Of the chip; null without one. */
  readonly profileYaml: string | null;
}

export interface Plan {
  readonly rows: readonly Row[];
  readonly seeds: readonly number[];
  /** Of the trials: apart from those of the results. */
  readonly trialSeed: number;
}

/** @throws SettleError of kind `input` for a model that does not load, an unknown rule, a row twice, or an unfair grid */
export function planOf(spec: ComparisonSpec, known: Readonly<Record<string, unknown>> = rules): Plan {
  const { pairs, seeds } = spec;
  if (new Set(seeds).size < seeds.length)
    throw new SettleError('a seed is there twice', { kind: 'input', path: 'seeds', found: seeds.join(', '), expected: 'each once' }); // prettier-ignore
  const named = [...spec.rules, ...pairs.map(({ rule }) => rule)];
  for (const rule of named) entryOf(known, 'rule', rule, 'rules');
  const wanted: { model: string; rule: string | null }[] = [];
  const plain = spec.rules.filter((rule) => !pairs.some((pair) => pair.rule === rule));
  for (const model of spec.models) for (const rule of named.length === 0 ? [null] : plain) wanted.push({ model, rule });
  wanted.push(...pairs.map(({ rule, model }) => ({ model, rule })));
  // In the order in which the rules were named.
  const place = ({ rule }: { rule: string | null }): number => (rule === null ? 0 : named.indexOf(rule));
  wanted.sort((a, b) => place(a) - place(b));
  const plainRows = wanted.map(({ model, rule }): Row => {
    const own = readModel(model, { set: spec.set }).model;
    const chosen = rule ?? own.learning.rule;
    entryOf(known, 'rule', chosen, 'learning.rule');
    return {
      key: `${own.name}-${chosen}`,
      model,
      rule: chosen,
      about: own,
      profile: null,
      trials: trialsOf(spec, chosen),
    };
  });
  const chips = spec.profiles.map((one) => ({ ...one, text: readProfile(one.profile, one.set).text }));
  const onChip = (row: Row, chip: (typeof chips)[number]): Row => ({ ...row, key: `${row.key}-${slug(chip.label)}`, profile: chip }); // prettier-ignore
  const rows = chips.length === 0 ? plainRows : plainRows.flatMap((row) => chips.map((chip) => onChip(row, chip)));
  if (rows.length === 0)
    throw new SettleError('nothing to compare', { kind: 'input', path: 'MODEL', found: 'no model', expected: 'a model, or --pair rule=model' }); // prettier-ignore
  for (const [index, { key }] of rows.entries())
    if (rows.findIndex((row) => row.key === key) < index)
      throw new SettleError('two rows of one rule and one name of a model', { kind: 'input', path: 'models', found: key, expected: 'models of different names (name: in the file)' }); // prettier-ignore
  if (spec.baseline !== null && !rows.some(({ rule, about, profile }) => [rule, about.name, profile?.label].includes(spec.baseline!)))
    throw new SettleError('the baseline is not among the rules and models', { kind: 'input', path: 'baseline', found: spec.baseline, expected: [...new Set(rows.flatMap(({ rule, about }) => [rule, about.name]))].join(' or ') }); // prettier-ignore
  return { rows: equalTrials(rows, spec), seeds, trialSeed: Math.max(...seeds) + 1 };
}

/** A label as part of a folder's name. */
const slug = (label: string): string => label.replace(/[^\w.-]+/g, '_');

/** All points of a rule's grid, as overrides. */
function trialsOf({ trials }: ComparisonSpec, rule: string): string[][] {
  if (!trials) return [];
  const own: Grid | undefined = trials.grid[rule] ?? trials.grid['all'];
  if (!own || Object.keys(own).length === 0)
    throw new SettleError('a rule without a grid beside rules that have one', {
      kind: 'input', path: 'grid', found: `nothing for ${rule}`, expected: `grid: { ${rule}: { path: [values] } }, or none at all`,
    }); // prettier-ignore
  let points: string[][] = [[]];
  for (const [path, values] of Object.entries(own))
    points = points.flatMap((point) => values.map((value) => [...point, `${path}=${JSON.stringify(value)}`]));
  return points;
}

/** The same number of trials for every row: where a grid has more points, as many of them in a fixed shuffled order. */
function equalTrials(rows: readonly Row[], { trials }: ComparisonSpec): Row[] {
  if (!trials) return [...rows];
  if (trials.validation < 1)
    throw new SettleError('trials need examples to be judged on', { kind: 'input', path: 'validation', found: 'nothing', expected: 'a number of training examples to hold out' }); // prettier-ignore
  const least = Math.min(...rows.map((row) => row.trials.length));
  const count = trials.count === 0 ? least : trials.count;
  const short = rows.find((row) => row.trials.length < count);
  if (short)
    throw new SettleError(`the grid of ${short.rule} is too small: every rule gets the same number of trials`, {
      kind: 'input', path: `grid.${short.rule}`, found: `${short.trials.length} points`, expected: `at least ${count}`,
    }); // prettier-ignore
  return rows.map((row) => ({
    ...row,
    trials: Array.from(shuffled(row.trials.length, 0, 0).subarray(0, count).sort(), (k) => row.trials[k]!),
  }));
}

/** The cells of a row's trials, in their order. */
export function trialCells(spec: ComparisonSpec, plan: Plan, row: Row): Cell[] {
  const { validation = 0, epochs = null } = spec.trials ?? {};
  return row.trials.map((settings, k) =>
    cellOf(spec, row, `${row.key}-trial-${k + 1}`, plan.trialSeed, epochs ?? spec.epochs, [
      ...settings,
      `data.validation=${validation}`,
    ]),
  );
}

/** The cells of a row's results: on all training examples where settings were chosen, else as the model has it. */
export function resultCells(spec: ComparisonSpec, plan: Plan, row: Row, settings: readonly string[]): Cell[] {
  const whole = row.trials.length > 0 ? ['data.validation=0'] : [];
  return plan.seeds.map((seed) => cellOf(spec, row, `${row.key}-${seed}`, seed, spec.epochs, [...settings, ...whole]));
}

/** One run of a row with these settings. @throws SettleError of kind `input` for a model that does not load with them */
export function cellOf(
  spec: Pick<ComparisonSpec, 'set'>,
  row: Row,
  name: string,
  seed: number,
  epochs: number | null,
  settings: readonly string[],
): Cell {
  const set = [...spec.set, ...settings, `learning.rule=${row.rule}`, `seed=${seed}`];
  if (epochs !== null) set.push(`learning.epochs=${epochs}`);
  const { resolvedYaml } = readModel(row.model, { set });
  // As the cell will load it.
  const { model } = loadModel(resolvedYaml, { file: row.model });
  const profileYaml = row.profile?.text ?? null;
  return { name, row: row.key, seed, epochs: model.learning.epochs, resolvedYaml, modelSha256: modelHash(model), profileYaml }; // prettier-ignore
}
