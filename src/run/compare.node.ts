// A comparison from a specification to a folder: validation trials where there are any, then every row's seeds, in a pool;
// what is finished is not made again. Tables and the page are written by report/.
import { join } from 'node:path';
import { SettleError } from '../errors.ts';
import { writeFileAtomic } from '../frames/files.node.ts';
import type { ComparisonSpec } from '../model/comparison.ts';
import type { Comparison } from '../report/comparison.ts';
import { comparisonPage } from '../report/comparisonPage.ts';
import { comparisonCsv } from '../report/comparisonTables.ts';
import type { CellOutcome } from './cell.node.ts';
import { type CellResult, readCell } from './collect.node.ts';
import { openResults } from './folder.node.ts';
import { type Cell, type Plan, planOf, resultCells, type Row, trialCells } from './plan.node.ts';
import { type CellRunner, forkedCell, runPool } from './pool.node.ts';
import { type RowInput, summary } from './summary.ts';

export const comparisonFiles = {
  json: 'comparison.json',
  csv: 'comparison.csv',
  page: 'comparison.html',
  cells: 'cells',
} as const;

export interface CompareOptions {
  readonly spec: ComparisonSpec;
  readonly out: string;
  readonly resume?: boolean;
  /** Cells at a time, each in one thread; no result depends on it. */
  readonly jobs?: number;
  readonly signal?: { readonly aborted: boolean };
  /** How a cell is run (default: in a process of its own), and the rules that exist. */
  readonly run?: CellRunner;
  readonly rules?: Readonly<Record<string, unknown>>;
  onProgress?(progress: CompareProgress): void;
  /** A cell has ended, or was found finished. */
  onCell?(cell: Pick<Cell, 'name'>, outcome: CellOutcome['status'] | 'kept', message: string | null): void;
}

export interface CompareProgress {
  /** Cells ended, and in all. */
  readonly done: number;
  readonly cells: number;
  /** Share of the training of each cell that has neither ended nor been found finished, by row. */
  readonly open: readonly { readonly row: string; readonly cell: string; readonly share: number }[];
}

export interface CompareOutcome {
  readonly interrupted: boolean;
  readonly done: number;
  readonly cells: number;
  /** Null when interrupted. */
  readonly comparison: Comparison | null;
  /** Kinds of what failed (not of what was refused). */
  readonly failed: readonly ('environment' | 'check' | 'defect')[];
}

/** @throws SettleError of kind `input` for what cannot begin, or where every cell is refused */
export async function compare(options: CompareOptions): Promise<CompareOutcome> {
  const { spec, out, signal = { aborted: false } } = options;
  const plan = planOf(spec, options.rules);
  const before = openResults(out, { resume: options.resume === true, what: 'a comparison', files: Object.values(comparisonFiles), folders: [comparisonFiles.cells] }); // prettier-ignore
  const made = await runCells(plan, { ...options, signal });
  if (made.interrupted) return made;
  const { rows, failed } = made;
  if (rows.every(({ cells }) => cells.length === 0) && failed.length === 0) {
    before.discard();
    const [{ message }] = rows[0]!.failures as [RowInput['failures'][number]];
    throw new SettleError(rows.length === 1 ? message : `no rule can do this; the first refusal: ${message}`, {
      kind: 'input',
    });
  }
  const { trials, baseline, name, seeds } = spec;
  const comparison = summary({
    name, seeds, baseline, rows,
    trials: trials && { count: plan.rows[0]!.trials.length, validation: trials.validation, seed: plan.trialSeed },
  }); // prettier-ignore
  writeFileAtomic(join(out, comparisonFiles.json), `${JSON.stringify(comparison, null, 1)}\n`);
  writeFileAtomic(join(out, comparisonFiles.csv), comparisonCsv(comparison));
  writeFileAtomic(join(out, comparisonFiles.page), comparisonPage(comparison));
  return { ...made, comparison };
}

type Made = CompareOutcome & { readonly rows: readonly RowInput[] };

/** Runs what is not finished: first the trials of every row, then the results with the settings that they chose. */
async function runCells(
  plan: Plan,
  options: CompareOptions & { signal: { readonly aborted: boolean } },
): Promise<Made> {
  const { spec, out, signal } = options;
  const run = options.run ?? forkedCell;
  const results = new Map<string, CellResult>();
  const failures = new Map<string, RowInput['failures'][number] & { kind: string }>();
  const open = new Map<string, { row: string; cell: string; share: number }>();
  let cells = plan.rows.reduce((sum, row) => sum + row.trials.length + plan.seeds.length, 0);
  let done = 0;
  const tell = (): void => options.onProgress?.({ done, cells, open: [...open.values()] });
  const folderOf = (cell: Cell): string => join(out, comparisonFiles.cells, cell.name);
  function ended(cell: Cell, status: CellOutcome['status'] | 'kept', message: string | null = null): void {
    open.delete(cell.name);
    if (status !== 'interrupted') done += 1;
    options.onCell?.(cell, status, message);
    tell();
  }
  async function runCell(cell: Cell): Promise<void> {
    open.set(cell.name, { row: cell.row, cell: cell.name, share: 0 });
    const onProgress = (share: number): void => {
      open.get(cell.name)!.share = share;
      tell();
    };
    const outcome = await run(
      { resolvedYaml: cell.resolvedYaml, profileYaml: cell.profileYaml, folder: folderOf(cell) },
      { signal, onProgress },
    );
    const found = outcome.status === 'done' ? readCell(folderOf(cell), cell) : null;
    if (outcome.status === 'done' && !found) throw new SettleError('a finished cell has left no result', { kind: 'defect', file: folderOf(cell) }); // prettier-ignore
    if (found) results.set(cell.name, found);
    if ('message' in outcome) failures.set(cell.name, { seed: cell.seed, status: outcome.status, message: outcome.message, kind: outcome.kind }); // prettier-ignore
    ended(cell, outcome.status, 'message' in outcome ? outcome.message : null);
  }
  async function runAll(wanted: readonly Cell[]): Promise<void> {
    for (const cell of wanted) {
      const finished = readCell(folderOf(cell), cell);
      if (!finished) continue;
      results.set(cell.name, finished);
      ended(cell, 'kept');
    }
    const tasks = wanted.filter(({ name }) => !results.has(name));
    await runPool({ tasks, jobs: options.jobs ?? 1, signal, run: runCell });
  }
  /** The trial of least validation error (the first of equals), or null if none was done. */
  const judged = (row: Row): { trials: RowInput['trials']; chosen: readonly string[] | null; of: Cell[] } => {
    const of = trialCells(spec, plan, row);
    const trials = row.trials.map((settings, k) => ({ settings, validationError: results.get(of[k]!.name)?.epochs.at(-1)?.validationError ?? null })); // prettier-ignore
    const errors = trials.map(({ validationError }) => validationError ?? Infinity);
    const best = errors.indexOf(Math.min(...errors));
    return { trials, chosen: row.trials.length === 0 ? [] : Number.isFinite(errors[best]) ? row.trials[best]! : null, of };
  }; // prettier-ignore

  const trials = byTurns(plan.rows.map((row) => trialCells(spec, plan, row)));
  await runAll(trials);
  const chosen = plan.rows.map(judged);
  const final = plan.rows.map((row, k) => (chosen[k]!.chosen === null ? [] : resultCells(spec, plan, row, chosen[k]!.chosen))); // prettier-ignore
  cells = trials.length + final.flat().length;
  if (!signal.aborted) await runAll(byTurns(final));
  const finished = [...trials, ...final.flat()].every(({ name }) => results.has(name) || failures.has(name));
  const failed = [...failures.values()].filter(({ status }) => status === 'failed').map(({ kind }) => kind as CompareOutcome['failed'][number]); // prettier-ignore
  const rows = plan.rows.map((row, k): RowInput => {
    const { trials: tried, chosen: settings, of } = chosen[k]!;
    const failuresOf = (some: readonly Cell[]) => some.flatMap(({ name }) => (failures.has(name) ? [failures.get(name)!] : [])); // prettier-ignore
    return {
      key: row.key,
      model: row.about.name,
      rule: row.rule,
      profile: row.profile && { label: row.profile.label, sweep: row.profile.sweep },
      source: row.about.source,
      settings: settings ?? [],
      trials: tried,
      cells: final[k]!.flatMap(({ name }) => (results.has(name) ? [results.get(name)!] : [])),
      failures: settings === null ? failuresOf(of) : failuresOf(final[k]!),
    };
  });
  return { interrupted: signal.aborted && !finished, done, cells, comparison: null, failed, rows };
}

/** The first of each list, then the second of each: rows advance together. */
function byTurns<T>(lists: readonly (readonly T[])[]): T[] {
  const longest = Math.max(0, ...lists.map((list) => list.length));
  return Array.from({ length: longest }, (_, k) => lists.flatMap((list) => list.slice(k, k + 1))).flat();
}
