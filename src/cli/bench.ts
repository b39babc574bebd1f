// settle bench: the measurements of bench/, bundled beside this command and run as a process of their own.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { SettleError } from '../errors.ts';
import type { AddCommand } from './io.ts';

export const benchCommand: AddCommand = (program, _io, finish) => {
  program
    .command('bench')
    .description('measure speed on this machine, each figure with its floor')
    .argument('[name...]', 'which ones (default: all)')
    .addHelpText('after', '\nExample:\n  settle bench')
    .action(async (names: string[]) => {
      const beside = new URL('./bench.js', import.meta.url);
      const file = existsSync(beside) ? beside : new URL('../../dist/bench.js', import.meta.url);
      if (!existsSync(file))
        throw new SettleError('the measurements are not built', { kind: 'environment', hint: 'npm run build' });
      const child = spawn(process.execPath, [fileURLToPath(file), ...names], { stdio: 'inherit' });
      const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
      if (code !== 0) finish(code ?? 1);
    });
};
