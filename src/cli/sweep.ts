// settle sweep: many settings of one model, judged in a pool of processes or by a cluster, in one table and one page.
import { availableParallelism } from 'node:os';
import { Option } from 'commander';
import { SettleError } from '../errors.ts';
import { readBytes } from '../frames/files.node.ts';
import { loadSweep } from '../model/sweep.ts';
import { sweepText } from '../report/sweepTables.ts';
import { jobPool } from '../run/jobPool.node.ts';
import { slurmJobs } from '../run/slurm.node.ts';
import { sweep, sweepFiles, type SweepOutcome } from '../run/sweep.node.ts';
import { cellProgress } from './cellProgress.ts';
import { path, quoted, whole } from './flags.ts';
import type { AddCommand, CommandLine } from './io.ts';
import { lineOf } from './progress.ts';

interface SweepFlags {
  on: 'local' | 'slurm';
  out?: string;
  resume?: boolean;
  json?: boolean;
  jobs?: number;
}

export const sweepCommand: AddCommand = (program, io, finish) => {
  program
    .command('sweep')
    .description('try many settings of one model; the best is tested with fresh seeds')
    .argument('<file>', 'a sweep file (settleSweep: 1)', path)
    .addOption(
      new Option('--on <where>', 'where runs are made: processes of this machine, or arrays of Slurm')
        .choices(['local', 'slurm'])
        .default('local'),
    )
    .option(
      '--jobs <n>',
      'local: runs at a time, each in one thread (default: the cores); no result depends on it',
      whole(1, 256),
    ) // prettier-ignore
    .option('--out <dir>', 'folder of the sweep (default: runs/sweep-NAME)', path)
    .option('--resume', 'go on with the sweep in the folder; what has a result is not run again')
    .option('--json', 'one JSON object on stdout instead of tables')
    .addHelpText(
      'after',
      `
Examples:
  settle sweep my-sweep.yaml --jobs 2
  settle sweep my-sweep.yaml --on slurm --resume

docs/sweep.md has a file to begin with.`,
    )
    .action(async (file: string, flags: SweepFlags) => finish(await runSweep(file, flags, io)));
};

async function runSweep(file: string, flags: SweepFlags, io: CommandLine): Promise<number> {
  if (flags.on === 'slurm' && flags.jobs !== undefined)
    throw new SettleError('of the local pool alone', { kind: 'input', path: '--jobs', found: '--on slurm', expected: 'slurm: { slice } in the file' }); // prettier-ignore
  const spec = loadSweep(new TextDecoder().decode(readBytes(file)), file);
  const out = flags.out ?? `runs/sweep-${spec.name}`;
  const jobs = flags.jobs ?? availableParallelism();
  const runner = flags.on === 'slurm' ? await slurmJobs(spec.slurm) : jobPool({ jobs });
  const line = lineOf({ stream: io.progress, now: io.now });
  let outcome: SweepOutcome;
  try {
    outcome = await sweep({
      spec, out, runner, resume: flags.resume === true, signal: io.signal, onWords: (words) => line.say(words), ...cellProgress(line, io.now, jobs),
    }); // prettier-ignore
  } finally {
    line.end();
  }
  const { sweep: found, done, cells, failed } = outcome;
  if (outcome.interrupted) {
    const words = ['settle', 'sweep', file, '--on', flags.on, ...(flags.jobs === undefined ? [] : ['--jobs', String(flags.jobs)]), '--out', out, '--resume']; // prettier-ignore
    io.err(`interrupted with ${done} of ${cells} runs done\nto go on: ${words.map(quoted).join(' ')}\n`);
    return 130;
  }
  if (!found) throw new SettleError('a finished sweep has no result', { kind: 'defect' });
  if (flags.json) io.out(`${JSON.stringify(found)}\n`);
  else io.out(`${sweepText(found)}\npage:  ${out}/${sweepFiles.page}\ntable: ${out}/${sweepFiles.csv}\ndata:  ${out}/${sweepFiles.json}\n`); // prettier-ignore
  if (failed.length === 0) return 0;
  io.err(`settle: ${failed.length} of ${cells} runs failed; --resume tries them again\n`);
  return failed.every((kind) => kind === 'environment') ? 2 : 1;
}
