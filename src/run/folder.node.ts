// A run's folder: which one, whether it may be used, and how it grows without ever being half-written.
import {
  closeSync,
  existsSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { codeOf, reasonOf, SettleError } from '../errors.ts';

/** Everything a run writes; a folder that holds anything else is somebody's own. */
export const runFiles = {
  model: 'model.yaml',
  profile: 'profile.yaml',
  metrics: 'metrics.jsonl',
  trace: 'trace.settle',
  checkpoint: 'checkpoint.settle',
  report: 'report.html',
  predictions: 'predictions.npy',
  provenance: 'provenance.json',
} as const;

/** With what a network without learning leaves besides: its figures. */
const allFiles = { ...runFiles, result: 'result.json' } as const;

const ours = new Set<string>(Object.values(allFiles));

export interface RunFolder {
  readonly path: string;
  file(name: keyof typeof allFiles): string;
  /** Takes back what this session created, folders included, when it fails before the first checkpoint. */
  discard(): void;
}

/**
 * The folder of a run, created if need be. Without `resume` it has to be new or empty; with it, it may hold a run.
 * @throws SettleError of kind `input` for a folder with other contents, `environment` for one that cannot be written
 */
export function openFolder(path: string, options: { resume: boolean }): RunFolder {
  const contents = contentsOf(path);
  const foreign = contents.filter((name) => !ours.has(name) && !isLeftover(name));
  if (foreign.length > 0)
    throw new SettleError('the folder has other contents', {
      kind: 'input', path: '--out', file: path, found: foreign.slice(0, 3).join(', '), expected: 'a new folder or a run',
    }); // prettier-ignore
  if (contents.length > 0 && !options.resume)
    throw new SettleError('the folder holds a run already', {
      kind: 'input', path: '--out', file: path, hint: '--resume goes on with it, --out names another folder',
    }); // prettier-ignore
  const created = createFolders(path);
  for (const name of contents) if (isLeftover(name)) rmSync(join(path, name), { force: true });
  const before = new Set(contents);
  return {
    path,
    file: (name) => join(path, allFiles[name]),
    discard() {
      for (const name of contentsOf(path))
        if (!before.has(name) && (ours.has(name) || isLeftover(name))) rmSync(join(path, name), { force: true });
      for (const folder of created) {
        try {
          rmdirSync(folder);
        } catch {
          return;
        }
      }
    },
  };
}

export interface ResultsOptions {
  readonly resume: boolean;
  /** `a comparison` */
  readonly what: string;
  /** How names of its own begin. */
  readonly files: readonly string[];
  /** Folders that are made in it. */
  readonly folders: readonly string[];
}

/**
 * The folder of many runs and of what is made of them, created if need be. Without `resume` it has to be new or empty.
 * @throws SettleError of kind `input` for a folder with other contents, `environment` for one that cannot be written
 */
export function openResults(out: string, { resume, what, files, folders }: ResultsOptions): { discard(): void } {
  const contents = existsSync(out) ? guarded(out, () => readdirSync(out)) : [];
  const foreign = contents.filter((name) => !files.some((file) => name.startsWith(file)));
  if (foreign.length > 0)
    throw new SettleError('the folder has other contents', {
      kind: 'input', path: '--out', file: out, found: foreign.slice(0, 3).join(', '), expected: `a new folder or ${what}`,
    }); // prettier-ignore
  if (contents.length > 0 && !resume)
    throw new SettleError(`the folder holds ${what} already`, {
      kind: 'input', path: '--out', file: out, hint: '--resume goes on with it, --out names another folder',
    }); // prettier-ignore
  const created = guarded(out, () => folders.map((folder) => mkdirSync(join(out, folder), { recursive: true })))[0];
  return {
    /** Takes back the folders that were made, if nothing was there before and nobody else has used them. */
    discard() {
      if (created === undefined || contents.length > 0) return;
      try {
        for (const folder of folders.slice(1)) rmdirSync(join(out, folder));
        for (let at = join(out, folders[0]!); at.length >= created.length; at = dirname(at)) rmdirSync(at);
      } catch {
        // Not empty: somebody else's.
      }
    },
  };
}

function contentsOf(path: string): string[] {
  try {
    return readdirSync(path);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw unusable(path, error);
  }
}

/** Half-written files of an atomic write that was killed. */
const isLeftover = (name: string): boolean => name.endsWith('.tmp') && [...ours].some((file) => name.includes(file));

/** Folders that had to be made, the deepest first. */
function createFolders(path: string): string[] {
  const missing: string[] = [];
  for (let at = path; !existsSync(at); at = dirname(at)) missing.push(at);
  try {
    mkdirSync(path, { recursive: true });
    const probe = join(path, `${runFiles.model}.${process.pid}.tmp`);
    closeSync(openSync(probe, 'w'));
    rmSync(probe);
  } catch (error) {
    for (const folder of missing) if (existsSync(folder)) rmdirSync(folder);
    throw unusable(path, existsSync(path) ? error : refusalOf(missing.at(-1)!, error));
  }
  return missing;
}

/** Why the first missing folder cannot be made: `recursive` says of a read-only disk that there is no such folder. */
function refusalOf(folder: string, error: unknown): unknown {
  try {
    mkdirSync(folder);
    rmdirSync(folder);
    return error;
  } catch (reason) {
    return reason;
  }
}

/** A file that only grows, line by line; its length is known without looking. */
export interface Lines {
  readonly length: number;
  add(line: object): void;
  close(): void;
}

/** Opens a file of JSON lines cut to `length` bytes (0: new). */
export function openLines(path: string, length: number): Lines {
  try {
    atLeast(path, length);
    const descriptor = openSync(path, length > 0 ? 'r+' : 'w');
    ftruncateSync(descriptor, length);
    let end = length;
    return {
      get length() {
        return end;
      },
      add(line) {
        const bytes = Buffer.from(`${JSON.stringify(line)}\n`);
        guarded(path, () => {
          for (let at = 0; at < bytes.length;) at += writeSync(descriptor, bytes, at, bytes.length - at, end + at);
        });
        end += bytes.length;
      },
      close: () => closeSync(descriptor),
    };
  } catch (error) {
    throw error instanceof SettleError ? error : unusable(path, error);
  }
}

/** @throws SettleError of kind `input` for a file that holds less than its checkpoint knows of */
export function atLeast(path: string, length: number): void {
  const found = existsSync(path) ? statSync(path).size : 0;
  if (found < length)
    throw new SettleError('the file is shorter than the checkpoint says', {
      kind: 'input', file: path, found: `${found} bytes`, expected: `at least ${length}`,
    }); // prettier-ignore
}

/** Runs what writes to `path`; the system's refusal becomes one message of ours. */
export function guarded<T>(path: string, write: () => T): T {
  try {
    return write();
  } catch (error) {
    throw error instanceof SettleError ? error : unusable(path, error);
  }
}

function unusable(path: string, error: unknown): Error {
  if (codeOf(error) === undefined) return error instanceof Error ? error : new Error(String(error));
  return new SettleError(`cannot write: ${reasonOf(error)}`, { kind: 'environment', file: path });
}

/** The text of a file of the run, or null. */
export function readIfThere(path: string): string | null {
  return existsSync(path) ? readFileSync(path, 'utf8') : null;
}
