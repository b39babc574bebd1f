// The contract of every search: candidates are asked for, scores are told, and the state in between is plain data, so that a
// search stops and goes on with the same bits. Fitness is maximised everywhere; what is minimised changes its sign in its task.

/** What an evaluator says of one candidate. */
export interface Score {
  /** The first objective; -Infinity where the evaluation failed. */
  readonly fitness: number;
  /** All objectives, each maximised; one for most tasks. */
  readonly objectives: readonly number[];
  /** The task's own word for "this one does it". */
  readonly solved: boolean;
  /** Why there is no fitness; such a candidate is never the best. */
  readonly failure: string | null;
}

export type Scored<G> = Score & { readonly genome: G };

/** What every state says; algorithms add to it. JSON holds all of it (state.ts). */
export interface State {
  readonly seed: number;
  /** Generations told so far. */
  readonly generation: number;
}

/** X is what is evaluated; how an algorithm encodes it is its own affair. All three functions are pure. */
export interface Algorithm<X, S extends State = State> {
  readonly name: string;
  begin(seed: number): S;
  /** The candidates of the next generation, in an order that only the state decides. */
  ask(state: S): readonly X[];
  /** Scores in the order of `ask`. */
  tell(state: S, scores: readonly Score[]): S;
  /** How different the asked candidates are from each other, in a measure of the encoding's own; 0: all alike. */
  diversity(state: S): number;
  /** Species that live, where the algorithm has any. */
  species?(state: S): number;
}

/** What an evaluator may answer: a number, several (all maximised), or a number with the word that the task is solved. */
export type Answer = number | readonly number[] | { readonly fitness: number; readonly solved: boolean };

const failed = (failure: string): Score => ({ fitness: -Infinity, objectives: [], solved: false, failure });

/** An answer as a score; what is not finite is a failure. */
export function scoreOf(answer: Answer): Score {
  const objectives = typeof answer === 'object' && 'fitness' in answer ? [answer.fitness] : [answer].flat();
  const bad = objectives.find((value) => !Number.isFinite(value));
  if (bad !== undefined || objectives.length === 0) return failed(`the fitness is ${bad ?? 'missing'}`);
  const solved = typeof answer === 'object' && 'solved' in answer && answer.solved;
  return { fitness: objectives[0]!, objectives, solved, failure: null };
}

/** The score of one candidate; what an evaluator throws is its failure. */
export async function scored<X>(evaluate: (candidate: X) => Answer | Promise<Answer>, candidate: X): Promise<Score> {
  try {
    return scoreOf(await evaluate(candidate));
  } catch (error) {
    return failed(error instanceof Error ? error.message : String(error));
  }
}

/** The same for an evaluator that answers at once. */
export function scoredNow<X>(evaluate: (candidate: X) => Answer, candidate: X): Score {
  try {
    return scoreOf(evaluate(candidate));
  } catch (error) {
    return failed(error instanceof Error ? error.message : String(error));
  }
}

/** Best first; equals in the order in which they came, failures last. */
export function ranked<T extends Pick<Score, 'fitness'>>(scores: readonly T[]): T[] {
  // Infinity - Infinity is NaN, which no sort stands.
  return [...scores].sort((a, b) => (a.fitness === b.fitness ? 0 : b.fitness - a.fitness));
}

/** Place of the best score, the first of equals; -1 where all failed. */
export function bestOf(scores: readonly Score[]): number {
  let best = -1;
  scores.forEach(({ failure, fitness }, k) => {
    if (failure === null && (best < 0 || fitness > scores[best]!.fitness)) best = k;
  });
  return best;
}
