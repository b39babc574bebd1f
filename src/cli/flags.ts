// Flags to values and to overrides of the model, each refused by its own name. It reads no file.
import { InvalidArgumentError } from 'commander';

/** A whole number in [low, high]. */
export function whole(low: number, high: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text.trim()) || value < low || value > high)
      throw new InvalidArgumentError(`found "${text}", expected a whole number from ${low} to ${high}`);
    return value;
  };
}

/** The path of a file or folder. */
export function path(text: string): string {
  if (text.trim() === '') throw new InvalidArgumentError(`found "${text}", expected a path`);
  return text;
}

/** Repeatable `path=value`. */
export function assignment(text: string, before: readonly string[] = []): string[] {
  if (!/^[^=\s]+\s*=/.test(text))
    throw new InvalidArgumentError(`found "${text}", expected path=value, for instance learning.epochs=3`);
  return [...before, text];
}

export interface ModelFlags {
  readonly set?: readonly string[];
  readonly rule?: string;
  readonly backend?: string;
  readonly seed?: number;
  readonly epochs?: number;
}

/** What the flags change in the model, in the order of `--set` first. */
export function overrides(flags: ModelFlags): string[] {
  const all = [...(flags.set ?? [])];
  if (flags.rule !== undefined) all.push(`learning.rule=${flags.rule}`);
  if (flags.backend !== undefined) all.push(`backend=${flags.backend}`);
  if (flags.seed !== undefined) all.push(`seed=${flags.seed}`);
  if (flags.epochs !== undefined) all.push(`learning.epochs=${flags.epochs}`);
  return all;
}

/** A word for a shell, quoted if it needs to be. */
export function quoted(word: string): string {
  return /^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
