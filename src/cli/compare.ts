// settle compare: models x rules x seeds in one table and one page.
import { existsSync, readFileSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename } from 'node:path';
import { InvalidArgumentError } from 'commander';
import { parse } from 'yaml';
import { SettleError } from '../errors.ts';
import { comparisonSpec, type ComparisonSpec, isComparison, loadComparison } from '../model/comparison.ts';
import { comparisonText } from '../report/comparisonTables.ts';
import { compare, comparisonFiles, type CompareOutcome } from '../run/compare.node.ts';
import { assignment, quoted, whole } from './flags.ts';
import type { AddCommand, CommandLine } from './io.ts';
import { cellProgress } from './cellProgress.ts';
import { lineOf } from './progress.ts';

interface CompareFlags {
  rules?: string[];
  pair?: { rule: string; model: string }[];
  profiles?: string[];
  seeds?: number | number[];
  epochs?: number;
  set?: string[];
  baseline?: string;
  trials?: number;
  validation?: number;
  trialEpochs?: number;
  grid?: Record<string, unknown[]>;
  jobs?: number;
  out?: string;
  resume?: boolean;
  json?: boolean;
}

export const compareCommand: AddCommand = (program, io, finish) => {
  program
    .command('compare')
    .description('train models by several rules and seeds; one table, one page')
    .argument('[model...]', 'model files, names of bundled models, or one comparison file (settleCompare: 1)')
    .option('--rules <a,b>', "learning rules (default: each model's own)", list)
    .option('--pair <rule=model>', 'run a rule on a model of its own; may be repeated', pair)
    .option('--profiles <a,b>', 'hardware profiles that every row runs on (settle list profiles)', list)
    .option('--seeds <n>', 'how many seeds (1, 2, ...), or a list such as 4,5,6 (default: 3)', seeds)
    .option('--epochs <n>', "epochs of every run (default: each model's own)", whole(1, 100_000))
    .option('--set <path=value>', 'change one value of every model; may be repeated', assignment)
    .option('--baseline <name>', 'test every row against this rule or model too, beside the best row')
    .option('--trials <n>', 'validation trials that every rule gets', whole(1, 10_000))
    .option('--grid <path=[values]>', 'values to choose from in trials, for every rule; may be repeated', grid)
    .option('--validation <n>', 'training examples held out in trials', whole(1, 1_000_000_000))
    .option('--trial-epochs <n>', 'epochs of a trial (default: as many as in the end)', whole(1, 100_000))
    .option(
      '--jobs <n>',
      'runs at a time, each in one thread (default: the cores); no result depends on it',
      whole(1, 256),
    ) // prettier-ignore
    .option('--out <dir>', 'folder of the comparison (default: runs/compare-NAME)')
    .option('--resume', 'go on with the comparison in the folder; what is finished is not made again')
    .option('--json', 'one JSON object on stdout instead of tables')
    .addHelpText(
      'after',
      `
Examples:
  settle compare xor moons --seeds 3
  settle compare if-mnist mnist --seeds 3 --epochs 2 --jobs 2
  settle compare xor --seeds 5 --trials 4 --validation 200 --grid 'learning.rateDecay=[1, 0.9]' --grid 'phases.nudge.beta=[0.5, 1]'
  settle compare my-comparison.yaml --resume`,
    )
    .action(async (models: string[], flags: CompareFlags) => finish(await runComparison(models, flags, io)));
};

async function runComparison(models: readonly string[], flags: CompareFlags, io: CommandLine): Promise<number> {
  const spec = specOf(models, flags);
  const out = flags.out ?? `runs/compare-${spec.name}`;
  const jobs = flags.jobs ?? availableParallelism();
  const line = lineOf({ stream: io.progress, now: io.now });
  let outcome: CompareOutcome;
  try {
    outcome = await compare({
      spec, out, jobs, resume: flags.resume === true, signal: io.signal, ...cellProgress(line, io.now, jobs),
    }); // prettier-ignore
  } finally {
    line.end();
  }
  const { comparison, done, cells, failed } = outcome;
  if (outcome.interrupted) {
    io.err(`interrupted with ${done} of ${cells} runs done\nto go on: ${resuming(models, flags, out)}\n`);
    return 130;
  }
  if (!comparison) throw new SettleError('a finished comparison has no result', { kind: 'defect' });
  if (flags.json) io.out(`${JSON.stringify(comparison)}\n`);
  else
    io.out(
      `${comparisonText(comparison)}\n` +
        `page:  ${out}/${comparisonFiles.page}\ntable: ${out}/${comparisonFiles.csv}\ndata:  ${out}/${comparisonFiles.json}\n`,
    );
  if (failed.length === 0) return 0;
  io.err(`settle: ${failed.length} of ${cells} runs failed; --resume tries them again\n`);
  return failed.every((kind) => kind === 'environment') ? 2 : 1;
}

/** A comparison file among the models says everything that the flags do not. */
function specOf(models: readonly string[], flags: CompareFlags): ComparisonSpec {
  const texts = models.map((path) => (existsSync(path) && statSync(path).isFile() ? readFileSync(path, 'utf8') : ''));
  const files = models.filter((_, k) => isComparison(texts[k]!));
  if (files.length > 1)
    throw new SettleError('two comparison files', { kind: 'input', path: 'MODEL', found: files.join(', '), expected: 'one' }); // prettier-ignore
  const file = files.length === 0 ? null : loadComparison(texts[models.indexOf(files[0]!)]!, files[0]!);
  const plain = models.filter((path) => path !== files[0]);
  const name = [...plain, ...(flags.pair ?? []).map(({ model }) => model)].map((path) => basename(path, '.yaml')).join('-'); // prettier-ignore
  const laid = { ...flags, models: plain, pairs: flags.pair, grid: flags.grid && { all: flags.grid } };
  return comparisonSpec(file, laid, name.replace(/[^\w.-]+/g, '_').slice(0, 80) || 'rules');
}

/** The command that goes on with this comparison. */
function resuming(models: readonly string[], flags: CompareFlags, out: string): string {
  const words = ['settle', 'compare', ...models];
  const add = (flag: string, value: string | number | undefined): void => {
    if (value !== undefined) words.push(flag, String(value));
  };
  add('--rules', flags.rules?.join(','));
  for (const { rule, model } of flags.pair ?? []) add('--pair', `${rule}=${model}`);
  add('--profiles', flags.profiles?.join(','));
  add('--seeds', Array.isArray(flags.seeds) ? `${flags.seeds.join(',')}${flags.seeds.length === 1 ? ',' : ''}` : flags.seeds); // prettier-ignore
  add('--epochs', flags.epochs);
  for (const text of flags.set ?? []) add('--set', text);
  add('--baseline', flags.baseline);
  add('--trials', flags.trials);
  for (const [path, values] of Object.entries(flags.grid ?? {})) add('--grid', `${path}=${JSON.stringify(values)}`);
  add('--validation', flags.validation);
  add('--trial-epochs', flags.trialEpochs);
  add('--jobs', flags.jobs);
  add('--out', out);
  return [...words, '--resume'].map(quoted).join(' ');
}

function list(text: string, before: readonly string[] = []): string[] {
  const words = text.split(',').map((word) => word.trim()).filter((word) => word !== ''); // prettier-ignore
  if (words.length === 0) throw new InvalidArgumentError(`found "${text}", expected names with commas between them`);
  return [...before, ...words];
}

function pair(
  text: string,
  before: readonly { rule: string; model: string }[] = [],
): { rule: string; model: string }[] {
  // prettier-ignore
  const [, rule, model] = /^([\w.-]+)=(.+)$/.exec(text) ?? [];
  if (!rule || !model) throw new InvalidArgumentError(`found "${text}", expected rule=model`);
  return [...before, { rule, model }];
}

function seeds(text: string): number | number[] {
  const numbers = text.split(',').map((word) => word.trim()).filter((word) => word !== ''); // prettier-ignore
  const one = whole(0, 4_294_967_295);
  return text.includes(',') ? numbers.map(one) : whole(1, 1000)(text);
}

function grid(text: string, before: Readonly<Record<string, unknown[]>> = {}): Record<string, unknown[]> {
  const equals = text.indexOf('=');
  let values: unknown;
  try {
    values = parse(text.slice(equals + 1));
  } catch {
    values = null;
  }
  if (equals < 1 || !Array.isArray(values) || values.length === 0)
    throw new InvalidArgumentError(`found "${text}", expected path=[values], for instance learning.rateDecay=[1, 0.9]`);
  return { ...before, [text.slice(0, equals).trim()]: values };
}
