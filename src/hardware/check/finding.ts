// What a check finds of one rule on one population or projection, and the ways findings are made. It knows no rule.
import type { Known } from '../profile/profile.ts';

export type Severity = 'error' | 'warning' | 'undecided';

export interface Finding {
  /** The rule: `fan-in`. */
  readonly id: string;
  /** error: cannot be placed as it is; warning: placed with other results; undecided: the limit is not public. */
  readonly severity: Severity;
  /** Population or projection; null for the chip. */
  readonly of: string | null;
  /** Neurons, synapses, cores ... that break the limit; 0 where nothing could be decided. */
  readonly count: number;
  readonly worst: number | string | null;
  readonly limit: number | string | null;
  /** Where the profile has the limit: `capacity.fanIn`; empty where it is a kind of thing, not a number. */
  readonly path: string;
  /** Of the limit, as the profile names it. */
  readonly source: string;
  /** The first of those that break it. */
  readonly names: readonly string[];
  readonly sentence: string;
}

/** Names that a finding lists. */
export const namesShown = 5;

/** Where a limit stands in the profile and what it says. */
export interface Limit {
  /** `capacity.fanIn` */
  readonly path: string;
  readonly known: Known<number>;
}

export const undecided = (id: string, of: string | null, path: string, what: string, source = ''): Finding => ({
  id, severity: 'undecided', of, count: 0, worst: null, limit: null, path, source, names: [],
  sentence: `undecided: ${what}; the limit ${path} is not public`,
}); // prettier-ignore

export const finding = (
  id: string,
  severity: 'error' | 'warning',
  of: string | null,
  sentence: string,
  rest: Partial<Pick<Finding, 'count' | 'worst' | 'limit' | 'path' | 'source' | 'names'>> = {},
): Finding => ({
  id, severity, of, count: rest.count ?? 1, worst: rest.worst ?? null, limit: rest.limit ?? null, path: rest.path ?? '', source: rest.source ?? '', names: (rest.names ?? []).slice(0, namesShown),
  sentence,
}); // prettier-ignore

/** What of the network is held to a limit. */
export interface Held {
  readonly id: string;
  readonly of: string | null;
  /** "synapses into a neuron" */
  readonly what: string;
  /** Names of what is counted, by its number. */
  readonly name: (index: number) => string;
  readonly values: ArrayLike<number>;
}

/** Every value above the limit, as one finding; undecided where the limit is not public and there is something to hold to it. */
export function held({ id, of, what, name, values }: Held, { path, known }: Limit): Finding[] {
  let [worst, count] = [0, 0];
  const names: string[] = [];
  const limit = known.value;
  for (let k = 0; k < values.length; k++) {
    const value = values[k]!;
    if (value > worst) worst = value;
    if (limit === null || value <= limit) continue;
    count++;
    if (names.length < namesShown) names.push(name(k));
  }
  if (limit === null) return worst > 0 ? [undecided(id, of, path, `${of ? `${of}: ` : ''}${whole(worst)} ${what}`, known.source)] : [];
  if (count === 0) return [];
  return [finding(id, 'error', of, `${of ? `${of}: ` : ''}${whole(worst)} ${what}, at most ${whole(limit)}`, { count, worst, limit, path, source: known.source, names })];
} // prettier-ignore

/** A time in ms, with four digits. */
export const nearly = (seconds: number): string => `${Number((1000 * seconds).toPrecision(4))} ms`;

export const whole = (value: number): string => value.toLocaleString('en', { maximumFractionDigits: 3 });
