// Processes that wait for cells: one that dies meanwhile takes no cell with it.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readModel } from '../../src/model/read.node.ts';
import { cellWorkers } from '../../src/run/pool.node.ts';

it('a process that is killed while it waits fails no cell: the next one has a new process', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'settle-pool-'));
  const set = ['data.train=20', 'data.test=20', 'learning.epochs=1'];
  const { resolvedYaml } = readModel('xor', { set });
  const workers = cellWorkers();
  const hooks = { signal: { aborted: false }, onProgress: () => {} };
  const cell = (name: string) => workers.run({ resolvedYaml, folder: join(folder, name) }, hooks);
  try {
    expect(await cell('one')).toEqual({ status: 'done' });
    const [first] = workers.waiting();
    process.kill(first!, 'SIGKILL');
    expect(await cell('two')).toEqual({ status: 'done' });
    const [second] = workers.waiting();
    expect(second).not.toBe(first);
    process.kill(second!, 'SIGKILL');
    while (workers.waiting().length > 0) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await cell('three')).toEqual({ status: 'done' });
  } finally {
    workers.close();
    rmSync(folder, { recursive: true, force: true });
  }
});
