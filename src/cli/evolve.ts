// settle evolve: a search by evolution, from a file to a folder.
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { reasonOf, SettleError } from '../errors.ts';
import { loadEvolution } from '../model/evolution.ts';
import { evolveFiles, type EvolveResult, runEvolution } from '../run/evolve.node.ts';
import { assignment, path, quoted, whole } from './flags.ts';
import type { AddCommand, CommandLine } from './io.ts';
import { lineOf, thousands } from './progress.ts';

interface EvolveFlags {
  set?: string[];
  seed?: number;
  generations?: number;
  jobs?: number;
  out?: string;
  resume?: boolean;
  json?: boolean;
}

export const evolveCommand: AddCommand = (program, io, finish) => {
  program
    .command('evolve')
    .description('evolve networks, numbers of a model or expressions on a task')
    .argument('<file>', 'evolution file (settleEvolve: 1)')
    .option('--set <path=value>', 'change one value of the file; may be repeated', assignment)
    .option('--seed <n>', 'of everything random', whole(0, 4_294_967_295))
    .option('--generations <n>', 'at most so many', whole(1, 1_000_000_000))
    .option('--jobs <n>', 'evaluators at a time (default: the cores); no result depends on it', whole(1, 256))
    .option('--out <dir>', 'folder of the search (default: runs/evolve-NAME-SEED)', path)
    .option('--resume', 'go on with the search in the folder')
    .option('--json', 'one JSON object on stdout instead of words')
    .addHelpText('after', '\nExamples:\n  settle evolve xor.yaml\n  settle evolve xor.yaml --seed 2 --set algorithm.population=300 --jobs 4')
    .action(async (file: string, flags: EvolveFlags) => finish(await runEvolve(file, flags, io)));
}; // prettier-ignore

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new SettleError(`cannot read the evolution file: ${reasonOf(error)}`, { kind: 'input', file, expected: 'a file (settleEvolve: 1)' }); // prettier-ignore
  }
}

async function runEvolve(file: string, flags: EvolveFlags, io: CommandLine): Promise<number> {
  const set = [...(flags.set ?? [])];
  if (flags.seed !== undefined) set.push(`seed=${flags.seed}`);
  if (flags.generations !== undefined) set.push(`until.generations=${flags.generations}`);
  const text = textOf(file);
  const loaded = loadEvolution(text, file, set);
  const { spec } = loaded;
  const out = flags.out ?? `runs/evolve-${spec.name}-${spec.seed}`;
  const line = lineOf({ stream: io.progress, now: io.now });
  const most = spec.until.generations ?? Infinity;
  let outcome: Awaited<ReturnType<typeof runEvolution>>;
  try {
    outcome = await runEvolution({
      loaded, task: { text, file, set }, out, resume: flags.resume === true, jobs: flags.jobs ?? availableParallelism(), signal: io.signal,
      onGeneration: ({ generation, best, median, evaluations, species, failures }) =>
        line.at(generation, Number.isFinite(most) ? most : generation + 1, () =>
          [
            `generation ${generation}${Number.isFinite(most) ? `/${most}` : ''}`,
            `best ${best === null ? 'none' : Number(best.toPrecision(6))}`,
            `median ${median === null ? 'none' : Number(median.toPrecision(6))}`,
            `${thousands(evaluations)} evaluations`,
            ...(species === null ? [] : [`${species} species`]),
            ...(failures === 0 ? [] : [`${failures} failed`]),
          ].join(', ')),
    }); // prettier-ignore
  } finally {
    line.end();
  }
  const { result, generations } = outcome;
  if (!result) {
    const words = ['settle', 'evolve', file, ...(flags.set ?? []).flatMap((each) => ['--set', each]), ...(flags.seed === undefined ? [] : ['--seed', String(flags.seed)]), ...(flags.generations === undefined ? [] : ['--generations', String(flags.generations)]), '--out', out, '--resume']; // prettier-ignore
    io.err(`interrupted after ${generations} generations; checkpoint: ${out}/${evolveFiles.checkpoint}\nto go on: ${words.map(quoted).join(' ')}\n`); // prettier-ignore
    return 130;
  }
  io.out(flags.json ? `${JSON.stringify(result)}\n` : said(result));
  return 0;
}

function said({ champion, generations, evaluations, solved, fitness, front, records, folder }: EvolveResult): string {
  const failed = records.reduce((sum, record) => sum + record.failures, 0);
  return [
    `${solved ? 'solved' : 'not solved'} after ${thousands(generations)} generations, ${thousands(evaluations)} evaluations`,
    ...(failed === 0 ? [] : [`failed:   ${thousands(failed)} evaluations without a fitness`]),
    champion ? `champion: ${champion.words}` : 'champion: none, every candidate failed',
    ...(champion ? [`fitness:  ${Number(fitness!.toPrecision(8))}`] : []),
    ...(front.length === 0 ? [] : [`front:    ${front.length} individuals`]),
    ...(champion?.model ? [`model:    ${champion.model}`] : []),
    `page:     ${folder}/${evolveFiles.page}`,
    '',
  ].join('\n'); // prettier-ignore
}
