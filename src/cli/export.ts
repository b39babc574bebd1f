// settle export: traces, weights and models in the formats of other tools.
import { existsSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Option } from 'commander';
import { SettleError } from '../errors.ts';
import { quantity } from '../expr/units.ts';
import { openTrace, readBytes, writeChunksAtomic, writeFileAtomic } from '../frames/files.node.ts';
import { runFiles } from '../run/folder.node.ts';
import { entryOf, formats } from '../run/tables.ts';
import { writeSonata } from '../trace/sonata.node.ts';
import { exportBrian2 } from './brian2.ts';
import { assignment, path as filePath, whole } from './flags.ts';
import type { AddCommand, CommandLine } from './io.ts';
import { type NirFlags, nirFormats } from './nir.ts';
import { type RtlFlags, rtl } from './rtl.ts';
import { type WeightFlags, weightFormats } from './weights.ts';

interface ExportFlags extends NirFlags, WeightFlags, RtlFlags {
  readonly out: string;
  readonly format: string;
  readonly set?: readonly string[];
  readonly tick?: string;
}

/** Formats of whole files rather than of frames. */
const wholes: Readonly<Record<string, (from: string, flags: ExportFlags, io: CommandLine) => Promise<void>>> = {
  ...nirFormats,
  ...weightFormats,
  brian2: exportBrian2,
  rtl,
  async sonata(from, { out }, io) {
    const trace = openTrace(traceOf(from));
    await writeSonata(out, trace.header, trace.frames);
    if (trace.problem) io.err(`${trace.path}: ${trace.problem}; what is whole was written\n`);
  },
};

export const exportCommand: AddCommand = (program, io) => {
  program
    .command('export')
    .description('write the trace or the weights of a run, or a model, in the format of another tool')
    .argument(
      '<run>',
      'folder of a run (rtl too), a trace, or a checkpoint (npz, safetensors, readmemh); a model (nir, brian2); a NIR graph (model)',
    )
    .requiredOption('--format <name>', Object.keys({ ...formats, ...wholes }).join(' | '))
    .requiredOption('--out <path>', 'file to write', filePath)
    .option('--tick <time>', 'vcd, aer: what times are rounded to, such as "1 us" (default: the step of the trace)')
    .option('--bits <n>', 'readmemh: bits of a word', whole(2, 32), 8)
    .addOption(
      new Option('--scale <kind>', 'readmemh: how weights become integers')
        .choices(['power-of-two', 'max-abs'])
        .default('power-of-two'),
    )
    .option('--profile <name>', 'rtl: the chip, loihi-1 or tiny-odin, or the file of a profile')
    .option('--examples <n>', 'rtl: test examples in the vectors', whole(1, 1000), 20)
    .option('--learning', 'rtl, loihi-1: one training example with nudged phases, and the weights after it')
    .option('--accuracy <n>', 'rtl: test examples that integers and floats read (default all)', whole(0, 1e9))
    .option('--set <path=value>', 'brian2: change one value of the model; may be repeated', assignment)
    .option('--pulse <time>', 'model: a spike of the NIR graph is 1 held for this time')
    .option('--time-unit <unit>', 'model: unit of the times of the NIR graph, s or ms (default s)')
    .option('--spikes <file>', 'model: spikes into the Inputs of the NIR graph, NIRData or csv', filePath)
    .option('--nir <graph>', 'nirdata: the NIR graph that was run, for the names of its nodes', filePath)
    .addHelpText(
      'after',
      '\nExample:\n  settle export runs/mnist-ep-1 --format csv --out spikes.csv\n  settle export runs/mnist-ep-1 --format vcd --out run.vcd\n  settle export runs/mnist-ep-1 --format safetensors --out weights.safetensors\n  settle export runs/mnist-ep-1 --format readmemh --bits 4 --out memories\n  settle export MODEL --format nir --out graph.nir\n  settle export graph.nir --format model --out model.yaml\n  settle export coba --format brian2 --out coba.py\n  settle export runs/loihi-mnist-ep-1 --format rtl --profile loihi-1 --out rtl',
    )
    .action(async (run: string, flags: ExportFlags) => {
      const own = Object.hasOwn(wholes, flags.format) ? wholes[flags.format] : undefined;
      if (!own) entryOf({ ...formats, ...wholes } as typeof formats, 'format', flags.format, '--format');
      checkTick(flags);
      refuseThere(flags.out);
      if (own) await own(run, flags, io);
      else exportTrace(run, flags, io);
      io.out(`${flags.out}\n`);
    });
};

function refuseThere(out: string): void {
  if (existsSync(out)) throw new SettleError('the file is there already', { kind: 'input', path: '--out', file: out });
}

function checkTick({ format, tick }: ExportFlags): void {
  const takes = Object.hasOwn(formats, format) ? formats[format]!().tick : undefined;
  if (tick === undefined || takes === 'free') return;
  const expected = Object.values(formats).map((each) => each()).filter((each) => each.tick === 'free').map(({ name }) => name).join(', '); // prettier-ignore
  throw new SettleError(takes ? 'the tick of this format is fixed' : 'this format has no ticks', { kind: 'input', path: '--tick', found: format, expected: `with ${expected}` }); // prettier-ignore
}

/** The trace of a run's folder, or a trace by its own path. */
export const traceOf = (path: string): string =>
  existsSync(path) && statSync(path).isDirectory() ? join(path, runFiles.trace) : path;

function exportTrace(run: string, { format: name, out, tick: words }: ExportFlags, io: CommandLine): void {
  const tick = words === undefined ? undefined : quantity(words, 'time', { path: '--tick' });
  if (tick !== undefined && !(tick > 0))
    throw new SettleError('a tick takes time', { kind: 'input', path: '--tick', found: `"${words}"`, expected: 'above 0 s' }); // prettier-ignore
  const format = formats[name]!();
  const trace = openTrace(traceOf(run));
  const beside = [...(format.beside?.(trace.header, trace.frames) ?? [])].map(([file, text]) => [join(dirname(out), file), text] as const); // prettier-ignore
  for (const [file, text] of beside)
    if (existsSync(file) && new TextDecoder().decode(readBytes(file)) !== text)
      throw new SettleError('another file is there already, which belongs beside', { kind: 'input', path: '--out', file, expected: 'another folder' }); // prettier-ignore
  writeChunksAtomic(out, format.write(trace.header, trace.frames, { tick }));
  try {
    for (const [file, text] of beside) {
      if (!existsSync(file)) writeFileAtomic(file, text);
      io.out(`${file}\n`);
    }
  } catch (error) {
    rmSync(out, { force: true });
    throw error;
  }
  if (trace.problem) io.err(`${trace.path}: ${trace.problem}; what is whole was written\n`);
}
