// The command line: flags in, exit codes and messages out. What it does is in run/ and in the files beside this one.
import { Command, CommanderError } from 'commander';
import { explain, SettleError } from '../errors.ts';
import { benchCommand } from './bench.ts';
import { checkCommand } from './check.ts';
import { compareCommand } from './compare.ts';
import { diffCommand } from './diff.ts';
import { evolveCommand } from './evolve.ts';
import { exportCommand } from './export.ts';
import { inspectCommand } from './inspect.ts';
import type { CommandLine } from './io.ts';
import { citeCommand, listCommand } from './list.ts';
import { reproduceCommand } from './reproduce.ts';
import { runCommand } from './run.ts';
import { serveCommand } from './serve.ts';
import { simulateCommand } from './simulate.ts';
import { hintFor } from './suggest.ts';
import { sweepCommand } from './sweep.ts';
import { verifyCommand } from './verify.ts';
import { build } from '../run/build.node.ts';

const examples = `
Examples:
  settle run mnist                                a spiking network learns MNIST
  settle run xor --seed 2 --set learning.epochs=5
  settle run mnist --resume                       go on with an interrupted run
  settle compare xor moons --seeds 3              rules, seeds and models in one table
  settle sweep my-sweep.yaml                      many settings of one model, the best tested
  settle simulate mnist --duration "200 ms"
  settle check mnist
  settle export runs/mnist-ep-1 --format csv --out spikes
  settle list models

Results go to stdout, words and progress to stderr. Exit codes: 0 done, 1 a check failed or a defect, 2 something you can
mend, 130 interrupted.`;

/** Runs one command line and resolves to its exit code; writes nothing but through `io`. */
export async function settle(argv: readonly string[], io: CommandLine): Promise<number> {
  let exit = 0;
  const finish = (code: number): void => {
    exit = code;
  };
  const program = new Command('settle')
    .description('Spiking networks that learn by equilibrium propagation: simulate, train, export.')
    .version(build().version, '-V, --version')
    .addHelpText('after', examples)
    .helpCommand('help [command]', 'show the help of a command')
    .exitOverride()
    .configureOutput({ writeOut: (text) => io.out(text), writeErr: () => {}, outputError: () => {} })
    .action(() => {
      const [word] = program.args;
      if (word !== undefined) throw unknownCommand(word, program);
      program.outputHelp();
    });
  for (const add of [
    runCommand,
    compareCommand,
    evolveCommand,
    sweepCommand,
    simulateCommand,
    checkCommand,
    exportCommand,
    inspectCommand,
    diffCommand,
    listCommand,
    benchCommand,
    reproduceCommand,
    citeCommand,
    verifyCommand,
    serveCommand,
  ])
    add(program, io, finish);
  // After the commands, which would inherit it: a word that is no command gets our message.
  program.allowExcessArguments();
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return exit;
  } catch (error) {
    // `help` of a word that is no command.
    const lost = error instanceof CommanderError && error.code === 'commander.help' && error.exitCode !== 0;
    return report(lost ? unknownCommand(argv.find((word) => word !== 'help') ?? '', program) : error, io);
  }
}

function unknownCommand(word: string, program: Command): SettleError {
  const names = program.commands.map((command) => command.name());
  return new SettleError('unknown command', { kind: 'input', found: `"${word}"`, hint: hintFor(word, names) });
}

/** One message on stderr, and the exit code that its kind maps to. */
function report(error: unknown, io: CommandLine): number {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return 0;
    io.err(`settle: ${oneLine(error.message)}\n`);
    return 2;
  }
  if (error instanceof SettleError) {
    io.err(`settle: ${explain(error)}\n`);
    return error.place.kind === 'input' || error.place.kind === 'environment' ? 2 : 1;
  }
  io.err(
    `settle: a defect of settle, please report it: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  return 1;
}

/** commander's message in our form: `--flag: found X, expected Y`, or without its prefix and with the suggestion beside it. */
function oneLine(message: string): string {
  const invalid = /^error: option '(?:-\w, )?(--[\w-]+).*?' argument '.*' is invalid\. (.*)$/s.exec(message);
  if (invalid) return `${invalid[1]}: ${invalid[2]}`;
  return message
    .replace(/^error: /, '')
    .replace(/\n\s*\(?Did you mean/, ' (did you mean')
    .replace(/\n/g, ' ');
}
