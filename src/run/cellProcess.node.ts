// The process of one cell: receives a task from whoever started it, runs it, says how it ended. The starter decides about
// stopping; without it the process ends at once (the cell's last checkpoint stands).
import process from 'node:process';
import { type CellMessage, type CellTask, runCell } from './cell.node.ts';

const tell = (message: CellMessage, told: () => void = () => {}): void => void process.send?.(message, told);
const signal = { aborted: false };
// Ctrl-C reaches every process of a terminal; the starter passes it on.
for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => {});
process.on('disconnect', () => process.exit(1));
process.on('message', (message: 'cancel' | CellTask) => {
  if (message === 'cancel') signal.aborted = true;
  else
    void runCell(message, { signal, onProgress: (share) => tell({ kind: 'progress', share }) }).then((outcome) =>
      tell({ kind: 'ended', outcome }, () => process.exit(0)),
    );
});
