// Export of a long trace in every format that is written in a stream: speed, bytes, memory. Each format in a process of its
// own, so that its peak of memory is its own; beside it the same bytes written plainly, in the same process.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { markdownText } from '../src/report/table.ts';
import { type Measured, spikes } from './exportChild.ts';
import { whole } from './setup.ts';

export function exportBench(root: string): string {
  const work = mkdtempSync(join(tmpdir(), 'settle-bench-'));
  const rows: string[][] = [];
  const one = (name: string, exact: boolean, out: string): Measured => {
    const child = spawnSync(process.execPath, [join(root, 'dist/bench.js'), `--export=${name}`, String(exact), join(work, `${exact}.settle`), join(work, out)], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }); // prettier-ignore
    return JSON.parse(child.stdout) as Measured;
  };
  try {
    for (const exact of [false, true]) {
      for (const name of ['settle', 'inspect', 'aer', 'aedat', 'sonata', 'vcd', 'csv']) {
        // Microseconds are too coarse for exact times here: two formats are measured in steps only.
        if (exact && (name === 'aer' || name === 'aedat')) continue;
        const { seconds, bytes, floor, peak } = one(name, exact, name === 'settle' ? `${exact}.settle` : 'out');
        rmSync(join(work, 'out'), { force: true });
        rows.push([
          `${name}${exact ? ', exact times' : ''}`, (spikes / seconds / 1e6).toFixed(1), (bytes / spikes).toFixed(1), whole(bytes / seconds / 1e6),
          floor === 0 ? '' : whole(bytes / floor / 1e6), floor === 0 ? '' : (seconds / floor).toFixed(1), whole(peak),
        ]); // prettier-ignore
      }
      rmSync(join(work, `${exact}.settle`), { force: true });
    }
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  const columns = ['format', 'M spikes/s', 'bytes/spike', 'MB/s', 'plain writes, MB/s', 'times the floor', 'peak MB'];
  return `\n## Export, ${whole(spikes / 1e6)} M spikes\n\n4,000 neurons, frames of 50,000 spikes; from a trace on disk, which all but \`settle\` (written as it is made) read twice; \`inspect\` reads it twice and writes nothing. The floor is the same number of bytes by writeSync in blocks of 1 MB, with fsync, in the same process.\n\n${markdownText({ columns, rows })}`; // prettier-ignore
}
