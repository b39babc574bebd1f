// settle inspect and diff: what traces and checkpoints hold, for a person.
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Container, readContainer } from '../frames/container.ts';
import { readBytes, sha256 } from '../frames/files.node.ts';
import type { Frame } from '../frames/frame.ts';
import { runFiles } from '../run/folder.node.ts';
import type { AddCommand } from './io.ts';
import { inspectedNir } from './nir.ts';
import { thousands } from './progress.ts';

/** A container by the path of its file, or of the folder of a run (its trace). */
function open(path: string): { container: Container; path: string; bytes: Uint8Array } {
  const real = existsSync(path) && statSync(path).isDirectory() ? join(path, runFiles.trace) : path;
  const bytes = readBytes(real);
  const isCheckpoint = real.endsWith(runFiles.checkpoint) || new TextDecoder('latin1').decode(bytes.subarray(0, 200)).includes('settle-checkpoint/'); // prettier-ignore
  return {
    container: readContainer(bytes, real, isCheckpoint ? 'settle-checkpoint' : 'settle-trace'),
    path: real,
    bytes,
  };
}

export const inspectCommand: AddCommand = (program, io) => {
  program
    .command('inspect')
    .description('what a trace, a checkpoint or a NIR graph holds')
    .argument('<file>', 'a trace, a checkpoint, a NIR graph, or the folder of a run (its trace)')
    .option('--json', 'one JSON object on stdout')
    .addHelpText(
      'after',
      '\nExamples:\n  settle inspect runs/mnist-ep-1\n  settle inspect runs/mnist-ep-1/checkpoint.settle',
    )
    .action(async (file: string, flags: { json?: boolean }) => {
      const nir = await inspectedNir(file);
      if (nir) return io.out(flags.json ? `${JSON.stringify(nir.json)}\n` : nir.text);
      const { container, path, bytes } = open(file);
      const { header, frames, complete, problem } = container;
      const about = frames.map((frame) => ({
        kind: frame.kind, epoch: frame.epoch, example: frame.example, phase: frame.phase, t0: frame.t0, t1: frame.t1,
        columns: Object.fromEntries(Object.entries(frame.columns).map(([name, { dtype, shape }]) => [name, `${dtype}[${shape.join(', ')}]`])),
      })); // prettier-ignore
      if (flags.json)
        return io.out(
          `${JSON.stringify({ schema: 'settle-inspect/1', file: path, bytes: bytes.length, sha256: sha256(bytes), header, complete, problem, frames: about })}\n`,
        );
      io.out(`${path}: ${thousands(bytes.length)} bytes, SHA-256 ${sha256(bytes)}\n`);
      for (const [key, value] of Object.entries(header))
        io.out(`${key}: ${typeof value === 'string' ? value : JSON.stringify(value)}\n`);
      for (const frame of about) {
        const where =
          frame.phase === ''
            ? ''
            : ` epoch ${frame.epoch}, example ${frame.example}, ${frame.phase} [${frame.t0}, ${frame.t1})`;
        io.out(`${frame.kind}${where}: ${Object.entries(frame.columns).map(([name, shape]) => `${name} ${shape}`).join(', ')}\n`); // prettier-ignore
      }
      io.out(complete ? 'complete\n' : `not complete: ${problem}\n`);
    });
};

export const diffCommand: AddCommand = (program, io, finish) => {
  program
    .command('diff')
    .description('compare two traces or two checkpoints; exit 1 where they differ')
    .argument('<expected>', 'file, or folder of a run (its trace)')
    .argument('<actual>', 'file, or folder of a run (its trace)')
    .addHelpText('after', '\nExample:\n  settle diff runs/a/checkpoint.settle runs/b/checkpoint.settle')
    .action((expected: string, actual: string) => {
      const [a, b] = [open(expected).container, open(actual).container];
      const found: string[] = [];
      for (const key of new Set([...Object.keys(a.header), ...Object.keys(b.header)]))
        if (JSON.stringify(a.header[key]) !== JSON.stringify(b.header[key])) found.push(`header: ${key}`);
      if (a.frames.length !== b.frames.length)
        found.push(`frames: expected ${a.frames.length}, found ${b.frames.length}`);
      a.frames.forEach((frame, k) => {
        const other = b.frames[k];
        if (other)
          found.push(...differences(frame, other).map((text) => `frame ${k} (${frame.kind} ${frame.phase}): ${text}`));
      });
      for (const line of found.slice(0, 20)) io.out(`${line}\n`);
      if (found.length > 20) io.out(`and ${found.length - 20} more\n`);
      if (found.length > 0) finish(1);
      else io.out('the same\n');
    });
};

/** Columns in which two frames differ, with the first place. */
function differences(a: Frame, b: Frame): string[] {
  const found: string[] = [];
  for (const name of new Set([...Object.keys(a.columns), ...Object.keys(b.columns)])) {
    const [left, right] = [a.columns[name]?.data, b.columns[name]?.data];
    if (!left || !right) found.push(`${name}: only in one`);
    else if (left.length !== right.length) found.push(`${name}: expected ${left.length} values, found ${right.length}`);
    else {
      const at = left.findIndex((value, k) => !Object.is(value, right[k]));
      if (at >= 0) found.push(`${name}[${at}]: expected ${left[at]}, found ${right[at]}`);
    }
  }
  return found;
}
