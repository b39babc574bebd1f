// Entry of the command: the process's own streams, clock and signals.
import { performance } from 'node:perf_hooks';
import process from 'node:process';
import { reasonOf } from '../errors.ts';
import { settle } from './settle.ts';

const controller = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const)
  process.on(name, () => {
    // The first asks for a checkpoint at the next batch boundary; the second does not wait.
    if (controller.signal.aborted) process.exit(130);
    controller.abort();
  });
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  process.stderr.write(`settle: standard output: cannot write: ${reasonOf(error)}\n`);
  process.exit(2);
});
// A run does not end because nobody reads its progress.
process.stderr.on('error', () => {});

process.exitCode = await settle(process.argv.slice(2), {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  progress: process.stderr,
  now: () => performance.now(),
  signal: controller.signal,
});
