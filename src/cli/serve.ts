// settle serve: the page of a run's folder, until it is interrupted.
import { folderPageOf } from '../dashboard/folder.node.ts';
import { path, whole } from './flags.ts';
import type { AddCommand } from './io.ts';

export const serveCommand: AddCommand = (program, io) => {
  program
    .command('serve')
    .description('show a run in a browser, finished or still going on elsewhere; Ctrl-C ends it')
    .argument('<run>', 'folder of a run')
    .option('--port <n>', 'where it listens (default: any free port)', whole(0, 65_535))
    .option('--host <address>', 'where it listens (default: 127.0.0.1, this machine alone)', path)
    .addHelpText('after', '\nExample:\n  settle serve runs/mnist-ep-1')
    .action(async (folder: string, flags: { port?: number; host?: string }) => {
      const server = await folderPageOf({ folder, host: flags.host, port: flags.port ?? 0 });
      io.out(`${server.url}\n`);
      while (!io.signal.aborted) await new Promise((resolve) => setTimeout(resolve, 100));
      await server.close();
    });
};
