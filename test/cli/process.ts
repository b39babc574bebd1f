// Runs the built command as a process of its own, and the command function inside this one.
import { type ChildProcess, spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { PassThrough } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { settle } from '../../src/cli/settle.ts';

export const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
export const cli = join(root, 'dist/cli.js');

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly err: string;
}

export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Resolves when stderr has said something that matches. */
  said(words: RegExp): Promise<void>;
}

/** Starts `settle ...` from dist/ in `folder`; a prefix such as ulimit goes through the shell. */
export function start(args: readonly string[], folder: string, prefix = ''): Running {
  const command = [process.execPath, cli, ...args];
  const child = prefix
    ? spawn('bash', ['-c', `${prefix}; exec "$@"`, 'settle', ...command], { cwd: folder })
    : spawn(command[0]!, command.slice(1), { cwd: folder });
  let [out, err] = ['', ''];
  const listeners = new Set<() => void>();
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text;
    for (const listener of listeners) listener();
  });
  const ended = new Promise<Ended>((resolve) =>
    child.on('close', (code, signal) => resolve({ code, signal, out, err })),
  );
  const said = (words: RegExp): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (words.test(err)) resolve();
      };
      listeners.add(look);
      void ended.then(() => (words.test(err) ? resolve() : reject(new Error(`ended without ${words}: ${err}`))));
      look();
    });
  return { child, ended, said };
}

/** Runs the command function here; nothing is written but what it writes itself. */
export async function command(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  let [out, err] = ['', ''];
  const stream = new PassThrough();
  stream.on('data', (chunk: Buffer) => (err += chunk.toString()));
  const code = await settle(args, {
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    progress: stream,
    now: () => performance.now(),
    signal: { aborted: false },
  });
  return { code, out, err };
}
