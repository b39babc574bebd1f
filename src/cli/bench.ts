// settle bench: the measurements of bench/, bundled beside this command and run as a process of their own.
import { spawn } from 'node:child_process';
import { bundled } from '../bundled.node.ts';
import type { AddCommand } from './io.ts';

export const benchCommand: AddCommand = (program, _io, finish) => {
  program
    .command('bench')
    .description('measure speed on this machine, each figure with its floor')
    .argument('[name...]', 'which ones (default: all)')
    .addHelpText('after', '\nExample:\n  settle bench')
    .action(async (names: string[]) => {
      const child = spawn(process.execPath, [bundled('bench.js'), ...names], { stdio: 'inherit' });
      const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
      if (code !== 0) finish(code ?? 1);
    });
};
