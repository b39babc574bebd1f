// What a command may touch of the outside: its streams, the clock, signals. Tests give their own.
import type { Command } from 'commander';

export interface CommandLine {
  /** Results. */
  out(text: string): void;
  /** Words and progress. */
  err(text: string): void;
  readonly progress: NodeJS.WritableStream & { isTTY?: boolean };
  /** Milliseconds. */
  now(): number;
  /** Aborted by Ctrl-C. */
  readonly signal: { readonly aborted: boolean };
}

/** Adds one command; `finish` sets an exit code other than 0. */
export type AddCommand = (program: Command, io: CommandLine, finish: (code: number) => void) => void;
