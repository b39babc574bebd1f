// The one error that people see. Every folder may import this file; it imports nothing.
export type ErrorKind = 'input' | 'environment' | 'check' | 'defect';

/** Where an error is and what would have been right. `found` and `expected` are short phrases for a person. */
export interface ErrorPlace {
  kind: ErrorKind;
  file?: string | undefined;
  /** Path inside the file: `populations.h.units`, or an option such as `--epochs`. */
  path?: string | undefined;
  line?: number | undefined;
  column?: number | undefined;
  found?: string | undefined;
  expected?: string | undefined;
  hint?: string | undefined;
}

/** An error with a place. Only cli/ maps `kind` to an exit code: input and environment 2, check and defect 1. */
export class SettleError extends Error {
  readonly place: ErrorPlace;
  constructor(message: string, place: ErrorPlace) {
    super(message);
    this.name = 'SettleError';
    this.place = place;
  }
}

/** One message for a person: `file:line:column: path: message: found X, expected Y (hint)`. */
export function explain(error: SettleError): string {
  const { file, path, line, column, found, expected, hint } = error.place;
  const position = [file, line, column].filter((part) => part !== undefined).join(':');
  const head = [position, path].filter((part) => part).join(': ');
  const sides = [found && `found ${found}`, expected && `expected ${expected}`].filter((part) => part).join(', ');
  return [head, error.message, sides].filter((part) => part).join(': ') + (hint ? ` (${hint})` : '');
}

const reasons: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'the file would be larger than the system allows',
  EACCES: 'no permission',
  EPERM: 'no permission',
  EROFS: 'the file system is read-only',
  ENOTDIR: 'a part of the path is a file, not a folder',
  EEXIST: 'a file of this name is in the way',
  EISDIR: 'it is a folder',
  ENOENT: 'no such file or folder',
  ENAMETOOLONG: 'the name is too long',
};

/** What the system says of a file, in words: the reason behind an error of its own. */
export function reasonOf(error: unknown): string {
  const code = codeOf(error);
  return reasons[code ?? ''] ?? (error instanceof Error ? error.message : String(error));
}

/** The system's short name of an error, such as ENOENT; undefined for what is no error of the system's. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
