// The process of cells: receives a task from whoever started it, runs it, says how it ended, and waits for the next. The
// starter decides about stopping; without it the process ends at once (the cell's last checkpoint stands).
import process from 'node:process';
import { type CellMessage, type CellTask, runCell } from './cell.node.ts';
import { heard } from './process.node.ts';

const tell = (message: CellMessage | typeof heard): void => void process.send?.(message);
const signal = { aborted: false };
let working = false;
// Ctrl-C reaches every process of a terminal; the starter passes it on.
for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => {});
process.on('disconnect', () => process.exit(working ? 1 : 0));
process.on('message', (message: 'cancel' | CellTask) => {
  if (message === 'cancel') {
    signal.aborted = true;
    return;
  }
  [working, signal.aborted] = [true, false];
  tell(heard);
  void runCell(message, { signal, onProgress: (share) => tell({ kind: 'progress', share }) }).then((outcome) => {
    working = false;
    tell({ kind: 'ended', outcome });
  });
});
