// NIR on the command line: a graph is inspected, run, turned into a model and back; wrong flags are refused by name.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeHdf5 } from '../../src/trace/hdf5.node.ts';
import { lifNorse, lifRockpool, twoLifNeurons } from '../trace/nirFixtures.ts';
import { command } from './process.ts';

const folder = mkdtempSync(join(tmpdir(), 'settle-cli-nir-'));
const at = (name: string): string => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeAll(async () => {
  await writeHdf5(at('norse.nir'), lifNorse());
  await writeHdf5(at('rockpool.nir'), lifRockpool());
  await writeHdf5(at('two.nir'), twoLifNeurons());
});

describe('settle and NIR', () => {
  it('inspect shows nodes, shapes and edges', async () => {
    const { code, out } = await command('inspect', at('two.nir'));
    expect(code).toBe(0);
    expect(out).toContain('lif1: LIF [1] -> [1]');
    expect(out).toContain('linear2 -> lif2');
    expect(out).toContain('lif1: no v_reset in the file, taken as 0');
  });

  it('simulate says its conventions and counts the spikes of the first neuron', async () => {
    const { code, out, err } = await command(
      'simulate',
      at('two.nir'),
      '--duration',
      '200 ms',
      '--pulse',
      '0.1 ms',
      '--json',
    );
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ model: 'two', spikes: 11, duration: 0.2, engine: 'event' });
    expect(err).toContain('times of the file are seconds');
    expect(err).toContain('the value 1 held for 0.0001 s');
  });

  it('a graph becomes a model file, and that a graph again', async () => {
    expect((await command('export', at('two.nir'), '--format', 'model', '--out', at('two.yaml'))).code).toBe(0);
    expect(readFileSync(at('two.yaml'), 'utf8')).toContain('lif1->lif2: { connect: all-to-all, weight: 100 }');
    expect((await command('export', at('two.yaml'), '--format', 'nir', '--out', at('again.nir'))).code).toBe(0);
    expect((await command('inspect', at('again.nir'))).out).toContain('lif1: LIF [1] -> [1]');
  });

  it('spikes of a trace become NIRData, which goes in again', async () => {
    await command('simulate', at('two.nir'), '--duration', '50 ms', '--trace', at('t.settle'));
    expect((await command('export', at('t.settle'), '--format', 'nirdata', '--nir', at('two.nir'), '--out', at('t.h5'))).code).toBe(0); // prettier-ignore
    const { code, err } = await command('simulate', at('two.nir'), '--spikes', at('t.h5'));
    expect(err).not.toContain('settle:');
    expect(code).toBe(0);
  });

  it('refuses with file, place and both sides', async () => {
    writeFileSync(at('bad.csv'), 'unit,time\n0,soon\n');
    for (const [args, says] of [
      [['simulate', at('rockpool.nir')], 'rockpool.nir: node/nodes/output: the shape of output'],
      [['simulate', at('norse.nir'), '--pulse', '3'], '--pulse: a unit is missing'],
      [['simulate', at('norse.nir'), '--time-unit', 'h'], '--time-unit: not a unit of time: found h, expected s or ms'],
      [['simulate', at('norse.nir'), '--spikes', at('bad.csv')], 'bad.csv:2: not a spike: found 0,soon'],
      [['simulate', at('norse.nir'), '--set', 'projections.a->b.weight=1'], 'projections'],
      [['export', 'mnist', '--format', 'nir', '--out', at('m.nir')], 'only models without learning'],
      [['export', 'cuba', '--format', 'nir', '--out', at('m.nir')], 'a refractory time'],
    ] as const) {
      const { code, err } = await command(...args);
      expect(err).toContain(says);
      expect(code).toBe(2);
    }
  });
});
