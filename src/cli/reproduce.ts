// settle reproduce: a run made again, its checkpoint compared.
import { errorOf } from '../run/figures.ts';
import { reproduce } from '../run/reproduce.node.ts';
import { whole } from './flags.ts';
import type { AddCommand } from './io.ts';
import { defaultThreads } from './model.ts';
import { progressLine } from './progress.ts';

export const reproduceCommand: AddCommand = (program, io, finish) => {
  program
    .command('reproduce')
    .description('make a run again from its model.yaml and compare the checkpoints; exit 1 where they differ')
    .argument('<run>', 'folder of a finished run')
    .option('--threads <n>', 'worker threads (default: the cores, up to 8); no bit depends on it', whole(1, 64))
    .option('--json', 'one JSON object on stdout')
    .addHelpText('after', '\nExample:\n  settle reproduce runs/xor-ep-1')
    .action(async (folder: string, flags: { threads?: number; json?: boolean }) => {
      const line = progressLine({ stream: io.progress, now: io.now });
      const found = await reproduce(folder, {
        threads: flags.threads ?? defaultThreads(),
        signal: io.signal,
        onProgress: line.show,
        onEpoch: (result) => line.say(`epoch ${result.epoch}: test error ${(100 * errorOf(result.test)).toFixed(2)} %`),
      }).finally(line.end);
      if (!found) {
        io.err('interrupted\n');
        return finish(130);
      }
      if (!found.equal) finish(1);
      if (flags.json) return io.out(`${JSON.stringify(found)}\n`);
      const { equal, expected, differences } = found;
      io.out(equal ? `equal: checkpoint SHA-256 ${expected}\n` : `not equal: checkpoint SHA-256 expected ${expected}, found ${found.found}\n`); // prettier-ignore
      if (equal) return;
      for (const { what, expected: then, found: now } of differences)
        io.out(`${what}: expected ${then}, found ${now}\n`);
    });
};
