// settle bench: the measurements of bench/, bundled beside this command.
import { existsSync } from 'node:fs';
import { SettleError } from '../errors.ts';
import type { AddCommand } from './io.ts';

export const benchCommand: AddCommand = (program, _io, finish) => {
  program
    .command('bench')
    .description('measure speed on this machine, each figure with its floor')
    .argument('[name...]', 'which ones (default: all)')
    .addHelpText('after', '\nExamples:\n  settle bench\n  settle bench training')
    .action(async (names: string[]) => {
      const beside = new URL('./bench.js', import.meta.url);
      const file = existsSync(beside) ? beside : new URL('../../dist/bench.js', import.meta.url);
      if (!existsSync(file))
        throw new SettleError('the measurements are not built', { kind: 'environment', hint: 'npm run build' });
      const bench = (await import(file.href)) as { bench?: (names: readonly string[]) => Promise<number> };
      if (bench.bench) finish(await bench.bench(names));
    });
};
