// A sweep from a specification to a folder: points are asked for, judged by jobs wherever these are run, and the best is tested
// with fresh seeds. What was computed before is not computed again. It knows neither pools nor clusters.
import { rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { SettleError } from '../errors.ts';
import { writeFileAtomic } from '../frames/files.node.ts';
import type { SweepSpec } from '../model/sweep.ts';
import type { Sweep, SweepSeries } from '../report/sweep.ts';
import { sweepPage } from '../report/sweepPage.ts';
import { sweepCsv } from '../report/sweepTables.ts';
import type { Point, Proposer } from '../search/points.ts';
import type { CompareProgress } from './compare.node.ts';
import type { CellOutcome } from './cell.node.ts';
import { openResults } from './folder.node.ts';
import { forgetFailure, type Job, jobFolders, type JobFailure, type JobResult, readJob } from './job.node.ts';
import type { JobHooks, JobRunner } from './jobPool.node.ts';
import type { Row } from './plan.node.ts';
import { type SweepPlan, sweepPlan } from './sweepPlan.node.ts';
import { bestOf, differenceOf, type Ended, pointOf, testedOf, worthOf } from './sweepSummary.ts';

export const sweepFiles = { json: 'sweep.json', csv: 'sweep.csv', page: 'sweep.html', best: 'best' } as const;

export interface SweepOptions {
  readonly spec: SweepSpec;
  readonly out: string;
  readonly runner: JobRunner;
  readonly resume?: boolean;
  readonly signal?: { readonly aborted: boolean };
  /** The rules that exist. */
  readonly rules?: Readonly<Record<string, unknown>>;
  onProgress?(progress: CompareProgress): void;
  /** A job has ended, or was found finished. */
  onCell?(job: { readonly name: string }, outcome: CellOutcome['status'] | 'kept', message: string | null): void;
  onWords?: JobHooks['onWords'];
}

export interface SweepOutcome {
  readonly interrupted: boolean;
  readonly done: number;
  readonly cells: number;
  /** Null when interrupted. */
  readonly sweep: Sweep | null;
  /** Kinds of what failed (not of what was refused). */
  readonly failed: readonly ('environment' | 'check' | 'defect')[];
}

/** A point with its jobs, or the sentence in which the model refuses it. */
interface Tried {
  readonly point: Point | null;
  readonly jobs: readonly Job[];
  readonly refusal: string | null;
}

interface Course {
  readonly row: Row;
  readonly proposer: Proposer;
  readonly tried: Tried[];
  round: readonly Tried[];
}

/** @throws SettleError of kind `input` for what cannot begin, or where every point is refused */
export async function sweep(options: SweepOptions): Promise<SweepOutcome> {
  const { spec, out } = options;
  const plan = sweepPlan(spec, options.rules);
  const courses = plan.rows.map((row): Course => ({ row, proposer: plan.proposer(), tried: [], round: [] }));
  for (const course of courses) next(course, spec, plan);
  const refused = courses.flatMap(({ round }) => round);
  if (refused.every(({ refusal }) => refusal !== null)) throw spec.at(['space'], `no point can be run; the first refusal: ${refused[0]?.refusal ?? ''}`); // prettier-ignore
  const before = openResults(out, {
    resume: options.resume === true, what: 'a sweep', files: [...Object.values(sweepFiles), ...Object.values(jobFolders), 'slurm'],
    folders: Object.values(jobFolders),
  }); // prettier-ignore
  const ledger = ledgerOf(options);
  const owns = courses.map(({ row }) => (spec.own ? triedOf(null, () => plan.judging(row, null)) : null));
  const tests = courses.length * (spec.own ? 2 : 1) * spec.testSeeds.length;
  let extra = owns.flatMap((own) => own?.jobs ?? []);
  while (courses.some(({ round }) => round.length > 0)) {
    await ledger.run([...courses.flatMap(({ round }) => round.flatMap(({ jobs }) => jobs)), ...extra], tests);
    if (options.signal?.aborted && !ledger.whole()) return ledger.interrupted();
    for (const course of courses) {
      course.tried.push(...course.round);
      course.proposer.tell(course.round.map((each) => worthOf(ledger.point(each))));
      next(course, spec, plan);
    }
    extra = [];
  }
  const judged = courses.map(({ tried }) => tried.map(ledger.point));
  if (judged.flat().every(({ seeds, status }) => seeds.length === 0 && status === 'refused')) {
    ledger.forget();
    before.discard();
    throw new SettleError(`no point can be run; the first refusal: ${judged.flat()[0]!.reason}`, { kind: 'input' });
  }
  const finals = courses.map(({ row, tried }, k) => {
    const best = bestOf(judged[k]!);
    const testing = (point: Point | null): Tried | null => spec.testSeeds.length === 0 ? null : triedOf(point, () => plan.testing(row, point)); // prettier-ignore
    return { best, chosen: best === null ? null : testing(tried[best]!.point), own: spec.own ? testing(null) : null };
  });
  await ledger.run(
    finals.flatMap(({ chosen, own }) => [...(chosen?.jobs ?? []), ...(own?.jobs ?? [])]),
    0,
  );
  if (options.signal?.aborted && !ledger.whole()) return ledger.interrupted();
  const series = courses.map(({ row }, k): SweepSeries => {
    const { best, chosen, own } = finals[k]!;
    const tested = { best: chosen && testedOf(ledger.endsOf(chosen)), own: own && testedOf(ledger.endsOf(own)) };
    return {
      label: [...(plan.rows.some(({ rule }) => rule !== row.rule) || row.profile === null ? [row.rule] : []), ...(row.profile ? [row.profile.label] : [])].join(', '),
      rule: row.rule, profile: row.profile?.label ?? null, points: judged[k]!, own: owns[k] ? ledger.point(owns[k]) : null, best, tested,
      difference: differenceOf(tested),
    };
  }); // prettier-ignore
  const found = sweepOf(spec, plan, series, ledger.results());
  writeFileAtomic(join(out, sweepFiles.json), `${JSON.stringify(found, null, 1)}\n`);
  writeFileAtomic(join(out, sweepFiles.csv), sweepCsv(found));
  writeFileAtomic(join(out, sweepFiles.page), sweepPage(found));
  courses.forEach(({ row, tried }, k) => {
    const { best } = finals[k]!;
    if (best !== null) writeFileAtomic(join(out, bestFile(courses.length, row)), plan.model(row, tried[best]!.point));
  });
  tidy(join(out, jobFolders.attempts));
  return { interrupted: false, done: ledger.done(), cells: ledger.done(), sweep: found, failed: ledger.failed() };
}

/** The best point as a model file. */
const bestFile = (series: number, row: Row): string => `${sweepFiles.best}${series > 1 ? `-${row.key}` : ''}.yaml`;

/** Attempts that failed may go on later, and those of another sweep in this folder go on now. */
function tidy(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // Not empty.
  }
}

function triedOf(point: Point | null, jobs: () => readonly Job[]): Tried {
  try {
    return { point, jobs: jobs(), refusal: null };
  } catch (error) {
    if (!(error instanceof SettleError) || error.place.kind !== 'input') throw error;
    const { path, found, expected } = error.place;
    const sides = [found && `found ${found}`, expected && `expected ${expected}`].filter((part) => part).join(', ');
    return { point, jobs: [], refusal: [path, error.message, sides].filter((part) => part).join(': ') };
  }
}

/** Asks for the next points; of a grid no two may be the same run, of drawn ones the second is left out. */
function next(course: Course, spec: SweepSpec, plan: SweepPlan): void {
  const seen = new Map(course.tried.flatMap(({ jobs, point }) => jobs.map(({ name }) => [name, point] as const)));
  const asked = course.proposer.ask().map((point) => triedOf(point, () => plan.judging(course.row, point)));
  course.round = asked.filter(({ jobs, point }) => {
    const other = jobs.map(({ name }) => seen.get(name)).find((each) => each !== undefined);
    for (const { name } of jobs) seen.set(name, point);
    if (!other || spec.method === 'cma-es') return true;
    if (spec.method === 'random') return false;
    throw spec.at(['space'], 'two points are one model', { found: [other, point].map((each) => JSON.stringify(each)).join(' and '), expected: 'paths that change something, each once' }); // prettier-ignore
  });
}

/** Which jobs there are, which have a result, which have failed. */
function ledgerOf(options: SweepOptions) {
  const { out, runner, signal = { aborted: false } } = options;
  const known = new Map<string, Job>();
  const found = new Map<string, JobResult>();
  const failures = new Map<string, JobFailure>();
  const open = new Map<string, { row: string; cell: string; share: number }>();
  let waiting = 0;
  const done = (): number => found.size + failures.size;
  const tell = (): void =>
    options.onProgress?.({ done: done(), cells: known.size + waiting, open: [...open.values()] });
  function ended(job: Job, outcome: CellOutcome | { readonly status: 'kept' }): void {
    open.delete(job.name);
    if ('message' in outcome) failures.set(job.name, outcome);
    else {
      const result = readJob(out, job);
      if (result) found.set(job.name, result);
    }
    options.onCell?.(job, outcome.status, 'message' in outcome ? outcome.message : null);
    tell();
  }
  /** How the jobs of a point ended. */
  function endsOf({ jobs, refusal }: Tried): Ended[] {
    if (refusal !== null) return [{ seed: 0, status: 'refused', message: refusal }];
    return jobs.map(({ name, seed, epochs }): Ended => {
      const result = found.get(name)?.result;
      const { status, message } = failures.get(name) ?? { status: 'failed', message: 'not run' };
      return result ? { seed, name, epochs, result } : { seed, status, message };
    });
  }
  return {
    async run(jobs: readonly Job[], later: number): Promise<void> {
      const fresh = [...new Map(jobs.map((job) => [job.name, job])).values()].filter(({ name }) => !known.has(name));
      for (const job of fresh) known.set(job.name, job);
      waiting = later;
      for (const job of fresh) if (readJob(out, job)) ended(job, { status: 'kept' });
      const missing = fresh.filter(({ name }) => !found.has(name));
      for (const job of missing) forgetFailure(out, job);
      if (missing.length === 0 || signal.aborted) return;
      const onProgress = (job: Job, share: number): void => {
        open.set(job.name, { row: job.row, cell: job.name, share });
        tell();
      };
      const { onWords } = options;
      await runner(out, missing, { signal, onProgress, onEnded: ended, ...(onWords && { onWords }) });
      const lost = missing.find(({ name }) => !found.has(name) && !failures.has(name));
      if (lost && !signal.aborted) throw new SettleError('a job has ended without a word', { kind: 'defect', file: out, found: lost.name }); // prettier-ignore
    },
    whole: (): boolean => [...known.keys()].every((name) => found.has(name) || failures.has(name)),
    done,
    results: (): JobResult[] => [...known.keys()].flatMap((name) => (found.has(name) ? [found.get(name)!] : [])),
    failed: (): SweepOutcome['failed'] => [...failures.values()].filter(({ status }) => status === 'failed').map(({ kind }) => (kind === 'input' ? 'check' : kind)), // prettier-ignore
    endsOf,
    forget: (): void => [...known.values()].forEach((job) => forgetFailure(out, job)),
    point: (tried: Tried) => pointOf(tried.point ?? [], endsOf(tried)),
    interrupted: (): SweepOutcome => ({ interrupted: true, done: done(), cells: known.size + waiting, sweep: null, failed: [] }), // prettier-ignore
  };
}

function sweepOf(
  spec: SweepSpec,
  plan: SweepPlan,
  series: readonly SweepSeries[],
  results: readonly JobResult[],
): Sweep {
  const { name, method, axes, seeds, testSeeds } = spec;
  const points = series.reduce((sum, each) => sum + each.points.length, 0);
  const notes = [
    `${points} point${points === 1 ? '' : 's'} judged by the error on ${plan.validation.toLocaleString('en-US')} held-out training examples, ${seeds.length === 1 ? 'one seed' : `${seeds.length} seeds`} each. The least of many is partly luck: only the test, with seeds that chose nothing, says what it is worth.`,
    testSeeds.length === 0
      ? 'Nothing was tested.'
      : 'Tested: the point of least validation error, trained on all training examples with fresh seeds; the test set decided nothing.',
  ];
  if (series.some((each) => each.points.some(({ status }) => status !== 'done')))
    notes.push('A point of which a seed did not end is never chosen.');
  return {
    schema: 'settle-sweep/1', name, model: plan.rows[0]!.about.name, method,
    versions: [...new Set(results.map(({ version }) => version))], data: [...new Set(results.map(({ data }) => data))],
    seeds, testSeeds, validation: plan.validation,
    axes: axes.map(({ path, scale }) => ({ path, scale })),
    series, notes,
  }; // prettier-ignore
}
