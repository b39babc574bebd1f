// One search from an evolution file to a folder: result, page, checkpoint and the champion, and with a resume the same bits as
// without the stop. Reads no flag.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { SettleError } from '../errors.ts';
import { sha256, writeFileAtomic } from '../frames/files.node.ts';
import type { EvolutionSpec, LoadedEvolution } from '../model/evolution.ts';
import { evolutionPage } from '../report/evolution.ts';
import { evolve, type Evaluation, type GenerationRecord, type Progress, reached, spent } from '../search/evolve.ts';
import { frontOf } from '../search/nsga2.ts';
import type { Generational } from '../search/generational.ts';
import { type Score, scored, type State } from '../search/search.ts';
import { decodeSearch, encodeSearch } from '../search/state.ts';
import { breather } from './breath.node.ts';
import { build } from './build.node.ts';
import { evaluatorPool, type EvaluatorTask } from './evolvePool.node.ts';
import { type Problem, problemOf } from './evolution.node.ts';
import { openResults } from './folder.node.ts';

export const evolveFiles = {
  file: 'evolve.yaml',
  checkpoint: 'checkpoint.json',
  result: 'result.json',
  champion: 'champion.yaml',
  genome: 'champion.json',
  page: 'evolution.html',
  own: 'creatures.html',
} as const;

export interface EvolveRunOptions {
  readonly loaded: LoadedEvolution;
  readonly task: EvaluatorTask;
  readonly out: string;
  readonly resume?: boolean;
  /** Evaluators at a time; no result depends on it. 1: in this process. */
  readonly jobs?: number;
  readonly signal?: { readonly aborted: boolean };
  /** Milliseconds; no result depends on it. */
  clock?(): number;
  onGeneration?(record: GenerationRecord): void;
}

export interface EvolveResult {
  readonly schema: 'settle-evolve/1';
  /** Of settle, as in a run's provenance. */
  readonly version: string;
  readonly commit: string | null;
  readonly sources: string | null;
  readonly name: string;
  readonly task: string;
  readonly algorithm: string;
  readonly seed: number;
  readonly generations: number;
  readonly evaluations: number;
  readonly solved: boolean;
  /** Of the champion; null where no candidate had a fitness. */
  readonly fitness: number | null;
  readonly objectives: readonly string[];
  readonly champion: { readonly generation: number; readonly objectives: readonly number[]; readonly words: string; readonly settings: readonly string[] | null; readonly model: string | null } | null; // prettier-ignore
  /** The first front, with several objectives. */
  readonly front: readonly { readonly objectives: readonly number[]; readonly words: string }[];
  readonly records: readonly GenerationRecord[];
  readonly failures: Progress<unknown, State>['failures'];
  readonly folder: string;
}

/** Milliseconds between two checkpoints; the page is written with them. */
const checkpointEvery = 2000;

/** Null result: interrupted, with the checkpoint written. @throws SettleError of kind `input` */
export async function runEvolution(
  options: EvolveRunOptions,
): Promise<{ readonly result: EvolveResult | null; readonly generations: number }> {
  // prettier-ignore
  const { loaded, out, jobs = 1, signal = { aborted: false } } = options;
  const { spec } = loaded;
  const clock = options.clock ?? (() => performance.now());
  const problem = problemOf(loaded);
  const hash = hashOf(spec, problem);
  const from = opened(out, hash, options.resume === true);
  const at = (name: keyof typeof evolveFiles): string => join(out, evolveFiles[name]);
  writeFileAtomic(at('file'), loaded.text);
  const pool = jobs > 1 ? evaluatorPool(options.task, jobs, signal) : null;
  let saved = clock();
  const save = (progress: Progress<unknown, State>, going: boolean): void => {
    writeFileAtomic(at('checkpoint'), encodeSearch({ schema: 'settle-evolve-checkpoint/1', spec: hash, progress })); // prettier-ignore
    writeFileAtomic(at('page'), evolutionPage({ ...pageInput(spec, problem, progress), going }));
    saved = clock();
  };
  try {
    const progress = await evolve({
      algorithm: problem.algorithm, seed: spec.seed, from, until: spec.until, signal,
      evaluate: pool ? (candidates) => pool.scores(candidates) : inTurn(problem, signal),
      ...(problem.validate && { validate: problem.validate }),
      onGeneration(record, now) {
        options.onGeneration?.(record);
        if (clock() - saved > checkpointEvery) save(now, true);
      },
    }); // prettier-ignore
    save(progress, false);
    const generations = progress.state.generation;
    if (signal.aborted && !reached(progress, spec.until) && !spent(progress, spec.until))
      return { result: null, generations };
    const result = resultOf(spec, problem, progress, out);
    writeFileAtomic(at('result'), `${JSON.stringify(result, null, 1)}\n`);
    if (problem.page) writeFileAtomic(at('own'), await problem.page(progress));
    if (progress.champion) {
      writeFileAtomic(at('genome'), `${encodeSearch(progress.champion)}\n`);
      const { model } = problem.show(progress.champion.candidate);
      if (model !== null) writeFileAtomic(at('champion'), model());
    }
    return { result, generations };
  } finally {
    pool?.close();
  }
}

/** In this process, one after the other; other events happen in between, within a generation and across them. */
function inTurn(problem: Problem, signal: { readonly aborted: boolean }): Evaluation<unknown> {
  const breathe = breather();
  return async (candidates) => {
    const scores: Score[] = [];
    for (const candidate of candidates) {
      if (signal.aborted) return [];
      scores.push(await scored((each: unknown) => problem.evaluate(each, signal), candidate));
      await breathe();
    }
    // What the signal has cut short has no score; a generation is asked again from its start.
    return signal.aborted ? [] : scores;
  };
}

/** What a resumed search may not change, what its file names included; its budget it may. */
const hashOf = ({ until: _, ...spec }: EvolutionSpec, { named }: Problem): string => sha256(JSON.stringify([spec, ...named])); // prettier-ignore

/** The folder, made if need be, and the checkpoint in it. */
function opened(out: string, hash: string, resume: boolean): Progress<unknown, State> | undefined {
  openResults(out, { resume, what: 'a search', files: Object.values(evolveFiles), folders: [''] });
  const file = join(out, evolveFiles.checkpoint);
  if (!existsSync(file)) return undefined;
  let found: { schema?: unknown; spec?: unknown; progress?: Progress<unknown, State> };
  try {
    found = decodeSearch(readFileSync(file, 'utf8')) as typeof found;
  } catch {
    throw new SettleError('not a checkpoint', { kind: 'input', file, found: 'broken JSON', hint: 'start anew in another folder' }); // prettier-ignore
  }
  if (found.schema !== 'settle-evolve-checkpoint/1' || !found.progress)
    throw new SettleError('not a checkpoint of this version', { kind: 'input', file, found: String(found.schema), expected: 'settle-evolve-checkpoint/1' }); // prettier-ignore
  if (found.spec !== hash)
    throw new SettleError('the checkpoint is of another search', { kind: 'input', file, found: 'another task, algorithm or seed, or another content of the model or profile', expected: 'those of the file (its budget may change)' }); // prettier-ignore
  // A larger budget or another target goes on from here.
  return found.progress;
}

function frontShown(problem: Problem, { state }: Progress<unknown, State>) {
  if (problem.objectives.length < 2) return [];
  return frontOf(state as Generational<unknown>).map(({ genome, objectives }) => ({ objectives, words: problem.show(genome).words })); // prettier-ignore
}

function resultOf(spec: EvolutionSpec, problem: Problem, progress: Progress<unknown, State>, out: string): EvolveResult {
  const { champion, records, failures, evaluations, state } = progress;
  const shown = champion && problem.show(champion.candidate);
  return {
    schema: 'settle-evolve/1', ...build(), name: spec.name, task: spec.task.kind, algorithm: spec.algorithm.kind, seed: spec.seed,
    generations: state.generation, evaluations, solved: reached(progress, spec.until), fitness: champion?.score.fitness ?? null, objectives: problem.objectives,
    champion: champion && shown && {
      generation: champion.generation, objectives: champion.score.objectives, words: shown.words, settings: shown.settings,
      model: shown.model === null ? null : join(out, evolveFiles.champion),
    },
    front: frontShown(problem, progress), records, failures, folder: out,
  };
} // prettier-ignore

const pageInput = (spec: EvolutionSpec, problem: Problem, progress: Progress<unknown, State>) => ({
  name: spec.name, task: spec.task.kind, algorithm: spec.algorithm.kind, seed: spec.seed, solved: reached(progress, spec.until),
  fitness: problem.fitness, objectives: problem.objectives, records: progress.records, failures: progress.failures,
  champion: progress.champion && { words: problem.show(progress.champion.candidate).words, generation: progress.champion.generation, fitness: progress.champion.score.fitness },
  front: frontShown(problem, progress),
}); // prettier-ignore
