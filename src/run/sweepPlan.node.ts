// What a sweep will run: its series (a rule, on a chip if there is one), their points, and the jobs of a point. Every path and
// every value is tried in the model before the first job begins. It runs nothing.
import { parse } from 'yaml';
import { SettleError } from '../errors.ts';
import { type Axis, type SweepSpec, valueOf } from '../model/sweep.ts';
import { hinted, suggestion } from '../model/text.ts';
import { readModel } from '../model/read.node.ts';
import { cmaEs, cmaParameters } from '../search/cmaes.ts';
import { grid, type Point, type Proposer, random, searched, settingsOf, sizeOf } from '../search/points.ts';
import { identityOf, type Job } from './job.node.ts';
import { cellOf, planOf, type Row } from './plan.node.ts';
import { rules } from './tables.ts';

export interface SweepPlan {
  readonly rows: readonly Row[];
  /** Training examples held out while choosing. */
  readonly validation: number;
  /** A new one for each row: what is asked depends on what was told. */
  proposer(): Proposer;
  /** The jobs that judge a point; null: the model's own settings. @throws SettleError of kind `input` where the model refuses */
  judging(row: Row, point: Point | null): Job[];
  /** The jobs that test it: other seeds, all training examples. */
  testing(row: Row, point: Point | null): Job[];
  /** The point as a model file, with the model's own seed and all training examples. */
  model(row: Row, point: Point | null): string;
}

/** How points are chosen, by name. What is not here is refused by name. */
const methods: Readonly<Record<string, (spec: SweepSpec) => Proposer>> = {
  grid: ({ axes }) => grid(axes),
  random: ({ axes, budget, seed }) => random(axes, { budget: budget!, seed }),
  'cma-es': ({ axes, budget, seed }) => searched(axes, { search: cmaEs({ mean: axes.map(() => 0.5), sigma: 0.3 }), budget: budget!, seed }), // prettier-ignore
};

/** What has a key of its own in the file. */
const elsewhere: Readonly<Record<string, string>> = { seed: 'seeds', 'learning.rule': 'rules', 'data.validation': 'validation' }; // prettier-ignore

/** @throws SettleError of kind `input` for a path or value that the model has not, a rule, a profile, nothing held out */
export function sweepPlan(spec: SweepSpec, known: Readonly<Record<string, unknown>> = rules): SweepPlan {
  const method = Object.hasOwn(methods, spec.method) ? methods[spec.method] : undefined;
  if (!method)
    throw spec.at(['method'], 'a method that is not built in', { found: spec.method, expected: Object.keys(methods).join(' or ') }); // prettier-ignore
  const size = sizeOf(spec.axes);
  if (spec.method === 'grid' && spec.budget !== null && spec.budget < size)
    throw spec.at(['budget'], 'less than the grid', { found: `${spec.budget} of ${size} points`, expected: 'all of them, or method: random, which draws so many' }); // prettier-ignore
  const { lambda } = cmaParameters(spec.axes.length);
  if (spec.method === 'cma-es' && spec.budget! < lambda)
    throw spec.at(['budget'], 'less than one generation', { found: String(spec.budget), expected: `${lambda} or more, a multiple of ${lambda}` }); // prettier-ignore
  const { resolvedYaml, model } = located(spec, 'model', () => readModel(spec.model, { set: spec.set }));
  checkAxes(spec, resolvedYaml);
  const validation = spec.validation ?? model.data.validation;
  if (validation < 1)
    throw spec.at(['validation'], 'points need examples to be judged on', { found: 'nothing', expected: 'a number of training examples to hold out' }); // prettier-ignore
  const comparison = { ...spec, models: [spec.model], pairs: [], baseline: null, trials: null };
  const rows = located(spec, spec.rules.length > 0 ? 'rules' : 'profiles', () => planOf(comparison, known).rows);
  const jobs = (row: Row, point: Point | null, how: { seeds: readonly number[]; epochs: number | null; held: number; keep: boolean }): Job[] =>
    how.seeds.map((seed) => {
      const settings = [...(point ? settingsOf(spec.axes, point) : []), `data.validation=${how.held}`];
      const cell = cellOf(spec, row, '', seed, how.epochs, settings);
      return { ...cell, name: `${row.key}-${identityOf(cell).slice(0, 12)}`, keep: how.keep };
    }); // prettier-ignore
  return {
    rows,
    validation,
    proposer: () => method(spec),
    judging: (row, point) => jobs(row, point, { seeds: spec.seeds, epochs: spec.epochs, held: validation, keep: false }), // prettier-ignore
    testing: (row, point) => jobs(row, point, { seeds: spec.testSeeds, epochs: spec.testEpochs, held: 0, keep: true }),
    model: (row, point) => cellOf(spec, row, '', model.seed, spec.testEpochs, [...(point ? settingsOf(spec.axes, point) : []), 'data.validation=0']).resolvedYaml,
  }; // prettier-ignore
}

/** Runs what reads other files; what it refuses without a place of its own is refused at a key of the sweep. */
function located<T>(spec: SweepSpec, key: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof SettleError) || error.place.kind !== 'input' || error.place.line !== undefined) throw error;
    const { found, expected, hint, path } = error.place;
    const place = path === 'rules' || path === 'learning.rule' ? 'rules' : key;
    throw spec.at([place], error.message, sides(found, expected, hint));
  }
}

const sides = (found: string | undefined, expected: string | undefined, hint: string | undefined) => ({
  ...(found === undefined ? {} : { found }),
  ...(expected === undefined ? {} : { expected }),
  ...hinted(hint),
});

function checkAxes(spec: SweepSpec, resolvedYaml: string): void {
  const resolved = parse(resolvedYaml) as Record<string, unknown>;
  const taken = { ...elsewhere, ...(spec.epochs === null && spec.testEpochs === null ? {} : { 'learning.epochs': 'epochs' }) }; // prettier-ignore
  for (const axis of spec.axes) {
    const place = ['space', axis.path];
    const key = Object.hasOwn(taken, axis.path) ? taken[axis.path as keyof typeof taken] : undefined;
    if (key) throw spec.at(place, 'a path that the sweep sets itself', { found: axis.path, expected: `${key}: beside space:` }); // prettier-ignore
    checkNames(spec, axis.path, resolved);
    for (const value of tried(axis)) {
      const setting = `${axis.path}=${JSON.stringify(value)}`;
      try {
        readModel(spec.model, { set: [...spec.set, setting] });
      } catch (error) {
        if (!(error instanceof SettleError) || error.place.kind !== 'input') throw error;
        const { path, found, expected, hint } = error.place;
        const where = path === undefined || path === axis.path || path === '--set' ? '' : ` (${path})`;
        throw spec.at(place, `${error.message}${where}`, sides(found, expected, hint));
      }
    }
  }
}

/** Every value of a list; the ends of a range and its middle. */
const tried = (axis: Axis): readonly unknown[] =>
  axis.kind === 'values' ? axis.values : [0, 0.5, 1].map((share) => valueOf(axis, share));

/** Maps of the user's own names: a name that is not there would be a new, empty thing. */
const named: readonly (readonly string[])[] = [['populations'], ['projections'], ['learning', 'rates']];

function checkNames(spec: SweepSpec, path: string, resolved: Record<string, unknown>): void {
  const parts = path.split('.');
  for (const above of named) {
    const name = parts[above.length];
    if (name === undefined || above.some((part, k) => parts[k] !== part)) continue;
    const names = Object.keys(above.reduce<Record<string, unknown>>((at, key) => at[key] as Record<string, unknown>, resolved)); // prettier-ignore
    const plain = (one: string): string => one.replace(/\s/g, '');
    if (names.some((one) => plain(one) === plain(name) || plain(one).replace(/<?->/, '-') === plain(name))) continue;
    throw spec.at(['space', path], 'no such path in the model', {
      found: `"${name}" among ${above.join('.')}`, expected: `one of ${names.join(', ')}`, ...hinted(suggestion(name, names)),
    }); // prettier-ignore
  }
}
