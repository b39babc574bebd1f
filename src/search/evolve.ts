// The loop of every search: ask, evaluate, tell, until the task is solved, a budget is spent or somebody says stop. It keeps
// the champion and one line of figures a generation; it opens no file and reads no clock.
import { SettleError } from '../errors.ts';
import { type Algorithm, type Answer, bestOf, ranked, type Score, scored, scoredNow, type State } from './search.ts';
import { encodeSearch } from './state.ts';

/** One generation in figures; null where every candidate failed. */
export interface GenerationRecord {
  readonly generation: number;
  /** Candidates scored so far, this generation included. */
  readonly evaluations: number;
  readonly best: number | null;
  readonly median: number | null;
  readonly mean: number | null;
  readonly diversity: number;
  readonly species: number | null;
  readonly failures: number;
}

export interface Champion<X> {
  readonly candidate: X;
  readonly score: Score;
  readonly generation: number;
}

/** Everything that a search knows between two generations: plain data. */
export interface Progress<X, S extends State> {
  readonly state: S;
  readonly evaluations: number;
  /** Null until a candidate has a fitness. */
  readonly champion: Champion<X> | null;
  /** By the task's own word; what a target says of it is `reached`. */
  readonly solved: boolean;
  readonly records: readonly GenerationRecord[];
  /** The first failures, each with its place. */
  readonly failures: readonly { readonly generation: number; readonly individual: number; readonly message: string }[];
  /** Marks of the candidates that were validated. */
  readonly tried: readonly string[];
}

/** Scores of a generation in the order of its candidates, however many are scored at a time. */
export type Evaluation<X> = (candidates: readonly X[]) => readonly Score[] | Promise<readonly Score[]>;

export interface EvolveOptions<X, S extends State> {
  readonly algorithm: Algorithm<X, S>;
  readonly evaluate: Evaluation<X>;
  readonly seed: number;
  readonly from?: Progress<X, S> | undefined;
  readonly until: Budget;
  /** Asked once a generation, of its best that was not asked before: a task whose word "solved" needs more than the fitness says it here. */
  validate?(candidate: X): boolean | Promise<boolean>;
  readonly signal?: { readonly aborted: boolean };
  onGeneration?(record: GenerationRecord, progress: Progress<X, S>): void | Promise<void>;
}

export interface Budget {
  readonly generations?: number | undefined;
  /** No generation begins once so many candidates are scored. */
  readonly evaluations?: number | undefined;
  /** A fitness that is enough. */
  readonly target?: number | undefined;
}

/** One after the other, for evaluators that answer at once. */
export const serial = <X>(evaluate: (candidate: X) => Answer): Evaluation<X> => (candidates) => candidates.map((candidate) => scoredNow(evaluate, candidate)); // prettier-ignore

/** `jobs` at a time; which ends first changes nothing, for scores stand at their candidates' places. */
export const parallel = <X>(evaluate: (candidate: X) => Promise<Answer>, jobs: number): Evaluation<X> => async (candidates) => {
  const scores: Score[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < candidates.length) {
      const k = next++;
      scores[k] = await scored(evaluate, candidates[k]!);
    }
  };
  await Promise.all(Array.from({ length: Math.min(jobs, candidates.length) }, worker));
  return scores;
}; // prettier-ignore

/** Failures that are written down; further ones are only counted. */
const failuresKept = 100;

export async function evolve<X, S extends State>(options: EvolveOptions<X, S>): Promise<Progress<X, S>> {
  const { algorithm, evaluate, until, signal = { aborted: false } } = options;
  let progress: Progress<X, S> = options.from ?? {
    state: algorithm.begin(options.seed), evaluations: 0, champion: null, solved: false, records: [], failures: [], tried: [],
  }; // prettier-ignore
  while (!reached(progress, until) && !signal.aborted && !spent(progress, until)) {
    const candidates = algorithm.ask(progress.state);
    if (candidates.length === 0)
      throw new SettleError('a search that asks for no candidate', { kind: 'defect', found: `${algorithm.name} in generation ${progress.state.generation}`, expected: 'one or more' }); // prettier-ignore
    const scores = await evaluate(candidates);
    if (signal.aborted && scores.length < candidates.length) break;
    progress = told(algorithm, progress, candidates, scores);
    if (options.validate) progress = await validated(progress, candidates, scores, options.validate);
    await options.onGeneration?.(progress.records.at(-1)!, progress);
  }
  return progress;
}

/** The best candidate that was not validated before: a champion that lives on is not asked again, others get their turn. */
async function validated<X, S extends State>(progress: Progress<X, S>, candidates: readonly X[], scores: readonly Score[], validate: NonNullable<EvolveOptions<X, S>['validate']>): Promise<Progress<X, S>> {
  const order = ranked(scores.map(({ fitness, failure }, place) => ({ fitness, failure, place })));
  for (const { failure, place } of order.slice(0, looked)) {
    const mark = fingerprint(encodeSearch(candidates[place]));
    if (failure !== null || progress.tried.includes(mark)) continue;
    const tried = [...progress.tried, mark].slice(-triedKept);
    if (!(await validate(candidates[place]!))) return { ...progress, tried };
    return { ...progress, tried, solved: true, champion: championOf(candidates, scores, place, progress.state.generation) };
  }
  return progress;
} // prettier-ignore

/** Candidates of a generation among which one is looked for, and those that are remembered. */
const [looked, triedKept] = [50, 500];

/** FNV-1a on 32 bits, twice. */
function fingerprint(text: string): string {
  let [a, b] = [0x811c9dc5, 0x01234567];
  for (let k = 0; k < text.length; k++) {
    a = Math.imul(a ^ text.charCodeAt(k), 0x01000193);
    b = Math.imul(b ^ text.charCodeAt(k), 0x01000193);
  }
  return `${a >>> 0} ${b >>> 0}`;
}

/** Solved by the task's own word, or as good as this budget asks for: a better target goes on. */
export const reached = ({ solved, champion }: Progress<unknown, State>, { target = Infinity }: Budget): boolean =>
  solved || (champion !== null && champion.score.fitness >= target);

export const spent = (
  progress: Progress<unknown, State>,
  { generations = Infinity, evaluations = Infinity }: Budget,
): boolean => progress.state.generation >= generations || progress.evaluations >= evaluations;

const championOf = <X>(
  candidates: readonly X[],
  scores: readonly Score[],
  k: number,
  generation: number,
): Champion<X> => ({
  candidate: candidates[k]!,
  score: scores[k]!,
  generation,
});

function told<X, S extends State>(algorithm: Algorithm<X, S>, before: Progress<X, S>, candidates: readonly X[], scores: readonly Score[]): Progress<X, S> {
  const diversity = algorithm.diversity(before.state);
  const state = algorithm.tell(before.state, scores);
  const { generation } = state;
  const evaluations = before.evaluations + candidates.length;
  const valid = scores.filter(({ failure }) => failure === null).map(({ fitness }) => fitness).sort((a, b) => a - b);
  const solver = scores.findIndex(({ solved }) => solved);
  const best = solver >= 0 ? solver : bestOf(scores);
  const better = best >= 0 && (solver >= 0 || before.champion === null || scores[best]!.fitness > before.champion.score.fitness);
  const failed = scores.flatMap(({ failure }, individual) => (failure === null ? [] : [{ generation, individual, message: failure }]));
  const record: GenerationRecord = {
    generation, evaluations, diversity, species: algorithm.species?.(state) ?? null, failures: failed.length,
    best: valid.at(-1) ?? null,
    median: valid.length === 0 ? null : (valid[(valid.length - 1) >> 1]! + valid[valid.length >> 1]!) / 2,
    mean: valid.length === 0 ? null : valid.reduce((a, b) => a + b, 0) / valid.length,
  };
  return {
    state, evaluations, solved: solver >= 0, tried: before.tried,
    champion: better ? championOf(candidates, scores, best, generation) : before.champion,
    records: [...before.records, record],
    failures: [...before.failures, ...failed].slice(0, failuresKept),
  };
} // prettier-ignore
