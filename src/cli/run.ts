// settle run: a model trained into a folder.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { SettleError } from '../errors.ts';
import { errorOf, spikesOf } from '../run/figures.ts';
import { runFiles } from '../run/folder.node.ts';
import { livePageOf } from '../dashboard/live.node.ts';
import type { EpochResult } from '../learn/trainer.ts';
import { run, type RunOptions, type RunOutcome } from '../run/run.node.ts';
import {
  defaultThreads,
  modelArguments,
  openModel,
  openProfile,
  profileArguments,
  type ProfileFlags,
  withFile,
} from './model.ts';
import { joules } from '../report/chip.ts';
import { overrides, path, quoted, whole } from './flags.ts';
import type { AddCommand, CommandLine } from './io.ts';
import { clock, progressLine, thousands } from './progress.ts';

interface RunFlags extends ProfileFlags {
  rule?: string;
  backend?: string;
  set?: string[];
  seed?: number;
  epochs?: number;
  threads?: number;
  out?: string;
  resume?: boolean;
  trace?: string;
  alignment?: boolean;
  live?: number | true;
  host?: string;
  json?: boolean;
}

export const runCommand: AddCommand = (program, io, finish) => {
  profileArguments(modelArguments(program.command('run')))
    .description('train a model; the result is a folder with metrics, trace, checkpoint and a page')
    .option('--epochs <n>', 'epochs to train in all', whole(1, 100_000))
    .option('--threads <n>', 'worker threads (default: the cores, up to 8); no bit depends on it', whole(1, 64))
    .option('--out <dir>', 'folder of the run (default: runs/NAME-RULE-SEED)', path)
    .option('--resume', 'go on with the run in the folder')
    .option('--trace <file>', "write the trace there instead of the run's folder", path)
    .option('--alignment', "record the angle between the rule's update and its reference gradient, by epoch")
    .option(
      '--live [port]',
      'watch it in a browser, at the address that is said (default: any free port)',
      whole(0, 65_535),
    )
    .option('--host <address>', 'where --live listens (default: 127.0.0.1, this machine alone)', path)
    .option('--json', 'one JSON object on stdout at the end')
    .addHelpText(
      'after',
      `
Examples:
  settle run mnist
  settle run my-model.yaml --seed 2 --epochs 5 --out runs/mine
  settle run mnist --set phases.nudge.beta=0.5 --set learning.rates.x-h=0.2
  settle run mnist --live                         watch it, pause it, change beta as it learns
  settle run mnist --resume --epochs 20           go on, to 20 epochs`,
    )
    .action(async (name: string, flags: RunFlags) => finish(await train(name, flags, io)));
};

async function train(name: string, flags: RunFlags, io: CommandLine): Promise<number> {
  const { model, resolvedYaml, file } = openModel(name, overrides(flags));
  const profile = openProfile(flags);
  const chip = profile ? `-${profile.profile.name}` : '';
  const folder = flags.out ?? `runs/${model.name}-${model.learning.rule}${chip}-${model.seed}`;
  const line = progressLine({ stream: io.progress, now: io.now });
  const threads = flags.threads ?? defaultThreads();
  let outcome: RunOutcome | null = null;
  if (flags.host !== undefined && flags.live === undefined)
    throw new SettleError('nothing listens', { kind: 'input', path: '--host', found: flags.host, expected: '--live beside it' }); // prettier-ignore
  const page =
    flags.live === undefined
      ? null
      : await livePageOf({ title: `${model.name}-${model.learning.rule}-${model.seed}`, folder, trace: flags.trace ?? null, host: flags.host, port: flags.live === true ? 0 : flags.live }); // prettier-ignore
  if (page) line.say(`live: ${page.url}`);
  try {
    const options: RunOptions = {
      model,
      profile,
      resolvedYaml,
      out: folder,
      resume: flags.resume === true,
      trace: flags.trace ?? null,
      alignment: flags.alignment === true,
      threads,
      ...(page && { live: page.view }),
      signal: io.signal,
      clock: io.now,
      onStart: ({ backend, device, threads: used, examples, alignment, changes }) => {
        for (const { of, what, wanted, given } of changes)
          line.say(`${profile!.profile.name}: ${of === '' ? '' : `${of}, `}${what}: ${given} instead of ${wanted}`);
        line.say(
          `${model.name}: rule ${model.learning.rule}, backend ${backend}${device ? ` (${device})` : ''}, ${used} thread${used === 1 ? '' : 's'}, seed ${model.seed}, ` +
            `${thousands(examples)} examples an epoch, ${model.learning.epochs} epoch${model.learning.epochs === 1 ? '' : 's'}`,
        );
        if (flags.alignment && !alignment)
          line.say(`the rule ${model.learning.rule} names no reference gradient here: no angles`);
      },
      onProgress: (progress) => line.show(progress),
      onEpoch: (result, seconds) =>
        line.say(
          `epoch ${result.epoch}/${model.learning.epochs}: test error ${percent(errorOf(result.test))}` +
            (result.validation ? `, validation error ${percent(errorOf(result.validation))}` : '') +
            `, training error ${percent(result.trainError)}, ${spikes(result)}${clock(seconds)}`,
        ),
    };
    outcome = await withFile(file, () => run(options));
  } finally {
    line.end();
    await page?.close(outcome === null ? 'failed' : outcome.interrupted ? 'interrupted' : 'finished');
  }
  if (outcome.interrupted) {
    const kept = existsSync(join(folder, runFiles.checkpoint));
    io.err(
      kept
        ? `interrupted after ${thousands(outcome.examples)} examples; checkpoint: ${folder}/${runFiles.checkpoint}\nto go on: ${resuming(name, flags, folder)}\n`
        : `interrupted before the first example; nothing was kept\nto begin again: ${resuming(name, flags, folder)}\n`,
    );
    return 130;
  }
  const { result, healthLine } = outcome;
  if (!result) throw new SettleError('a finished run has no result', { kind: 'defect' });
  io.err(`${healthLine}\n`);
  if (result.energy) {
    const { table, inference, training, unpriced } = result.energy;
    const rest = unpriced.length === 0 ? '' : `; without a price: ${unpriced.join(', ')}`;
    io.err(`energy by ${result.profile}'s table ${table}: ${joules(inference)} an inference, ${joules(training)} a training example${rest}\n`); // prettier-ignore
  }
  if (flags.json) io.out(`${JSON.stringify(result)}\n`);
  else
    io.out(
      `test error ${percent(result.testError)} after ${result.epochs} epoch${result.epochs === 1 ? '' : 's'} (${clock(result.seconds)}` +
        `${result.trainExamplesPerSecond > 0 ? `, ${thousands(result.trainExamplesPerSecond)} training examples/s` : ''})\n` +
        `report:     ${folder}/${runFiles.report}\n` +
        `trace:      ${flags.trace ?? `${folder}/${runFiles.trace}`}\n` +
        `checkpoint: ${folder}/${runFiles.checkpoint}\n`,
    );
  return 0;
}

/** The command that goes on with this run. */
function resuming(name: string, flags: RunFlags, folder: string): string {
  const words = ['settle', 'run', name, ...overridesAsFlags(flags), '--out', folder, '--resume'];
  if (flags.profile !== undefined) words.push('--profile', flags.profile);
  for (const each of flags.profileSet ?? []) words.push('--profile-set', each);
  if (flags.threads !== undefined) words.push('--threads', String(flags.threads));
  if (flags.trace !== undefined) words.push('--trace', flags.trace);
  if (flags.alignment) words.push('--alignment');
  return words.map(quoted).join(' ');
}

function overridesAsFlags(flags: RunFlags): string[] {
  return overrides(flags).flatMap((text) => ['--set', text]);
}

const spikes = ({ spikes: each }: EpochResult): string => {
  const total = spikesOf(each);
  return total === null ? '' : `${thousands(total)} spikes an example, `;
};
const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;
