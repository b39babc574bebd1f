// Did you mean: the nearest of the names that exist. It knows no command.
import { distance } from 'fastest-levenshtein';

/** The nearest known word, if it is near enough to be what was meant. */
export function nearest(word: string, known: readonly string[]): string | null {
  let best: string | null = null;
  let least = Math.max(2, Math.floor(word.length / 3)) + 1;
  for (const candidate of known) {
    const far = distance(word.toLowerCase(), candidate.toLowerCase());
    if (far < least) [best, least] = [candidate, far];
  }
  return best;
}

/** `did you mean "run"?`, or the list of what exists. */
export function hintFor(word: string, known: readonly string[]): string {
  const near = nearest(word, known);
  return near === null ? `known: ${known.join(', ')}` : `did you mean "${near}"?`;
}
