// Random networks at the edges of their registers, through the reference cores in Icarus Verilog and their lint in Verilator.
// Without the tools there is nothing to run: scripts/check-rtl.mjs asks for them.
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { totals } from '../../../src/hardware/neurons/network.ts';
import { hardwareOf } from '../../../src/trace/rtl/bundle.ts';
import { recorder } from '../../../src/trace/rtl/vectors.ts';
import { randomNetwork, randomStimulus, stimulusA, vectorA } from './fixtures.ts';

const there = (tool: string): boolean => spawnSync(tool, [tool === 'verilator' ? '--version' : '-V']).error === undefined; // prettier-ignore

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'settle-rtl-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function run(files: ReadonlyMap<string, string>, ...flags: string[]): string {
  for (const [name, text] of files) writeFileSync(join(folder, name), text);
  chmodSync(join(folder, 'run.sh'), 0o755);
  const { stdout, stderr, status } = spawnSync('./run.sh', flags, { cwd: folder, encoding: 'utf8' });
  return status === 0 ? stdout.trim().split('\n').at(-1)! : `${stdout}${stderr}`;
}

describe.skipIf(!there('iverilog'))('the reference cores', () => {
  it('pass the vectors of the sheet', () => {
    const into = recorder(vectorA);
    into.clear(0);
    into.run(stimulusA);
    expect(run(hardwareOf(vectorA, into.finish()).files)).toBe('PASS 10 ticks 6 spikes');
  });
  it.each(['loihi-1', 'tiny-odin'] as const)('pass random networks of %s that meet every edge', (chip) => {
    const met: Record<string, number> = {};
    for (let seed = 1; seed <= 8; seed++) {
      const network = randomNetwork(chip, seed);
      const into = recorder(network);
      for (let example = 0; example < 3; example++) {
        into.clear(example);
        into.run(randomStimulus(10 * seed + example, 150));
      }
      const vectors = into.finish();
      for (const [edge, count] of Object.entries(totals(vectors.counts))) met[edge] = (met[edge] ?? 0) + count;
      expect(run(hardwareOf(network, vectors).files), `seed ${seed}`).toBe(`PASS 450 ticks ${vectors.spikes} spikes`);
    }
    for (const [edge, count] of Object.entries(met))
      if (!(chip === 'tiny-odin' && edge === 'wraps') && !(chip === 'loihi-1' && edge === 'ties')) expect(count, edge).toBeGreaterThan(0); // prettier-ignore
  });
});

describe.skipIf(!there('verilator'))('lint', () => {
  it.each(['loihi-1', 'tiny-odin'] as const)('has nothing to say of the core of %s, which passes', (chip) => {
    const network = randomNetwork(chip, 3);
    const into = recorder(network);
    into.clear(0);
    into.run(randomStimulus(3, 20));
    const vectors = into.finish();
    expect(run(hardwareOf(network, vectors).files, '--verilator')).toBe(`PASS 20 ticks ${vectors.spikes} spikes`);
  });
});
