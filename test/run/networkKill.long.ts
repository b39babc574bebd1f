// A simulation of 60 s killed with SIGKILL at random moments, five times: what it goes on to are the bits of the run that was
// never stopped, spikes and statistics included.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { sha256 } from '../../src/frames/files.node.ts';
import { start } from '../cli/process.ts';

const folder = mkdtempSync(join(tmpdir(), 'settle-kill-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const neuron = 'kind: lif, membraneTimeConstant: 20 ms, rest: -49 mV, threshold: -50 mV, reset: { to: -60 mV }, refractory: { duration: 5 ms }, initial: { distribution: uniform, low: -60 mV, high: -50 mV }'; // prettier-ignore
const text = `
settle: 1
name: killed
populations:
  e: { units: 3200, ${neuron} }
  i: { units: 800, ${neuron}, drive: { rate: 20 Hz, weight: 0.2 mV } }
  noise: { units: 100, kind: poisson, rate: 20 Hz }
projections:
  e->e: { connect: { kind: fixed-probability, probability: 0.02 }, weight: 1.62 mV, synapse: { timeConstant: 5 ms } }
  e->i: { connect: { kind: fixed-probability, probability: 0.02 }, weight: 1.62 mV, synapse: { timeConstant: 5 ms } }
  i->e: { connect: { kind: fixed-probability, probability: 0.02 }, weight: -9 mV, delay: 0.8 ms, synapse: { timeConstant: 10 ms } }
  i->i: { connect: { kind: fixed-probability, probability: 0.02 }, weight: -9 mV, delay: 0.8 ms, synapse: { timeConstant: 10 ms } }
  noise->e: { connect: { kind: fixed-in-degree, degree: 1 }, weight: 0.5 mV, delay: 1.5 ms }
simulation: { duration: 60 s, discard: 1 s }
`;

describe.each(['event', 'clocked'])('a simulation of 60 s on the %s engine', (engine) => {
  it('killed five times, ends with the bits of one that was left alone', { timeout: 300_000 }, async () => {
    writeFileSync(join(folder, 'killed.yaml'), text);
    const args = ['simulate', 'killed.yaml', '--set', `engine=${engine}`, '--out'];
    const alone = await start([...args, `${engine}-alone`], folder).ended;
    expect(alone.code).toBe(0);
    let kills = 0;
    for (let round = 0; kills < 5; round++) {
      const run = start([...args, `${engine}-killed`, '--resume'], folder);
      const timer = setTimeout(() => run.child.kill('SIGKILL'), 500 + 900 * Math.random());
      const { signal, code } = await run.ended;
      clearTimeout(timer);
      // Should it end before the fifth, it is begun again.
      if (signal === 'SIGKILL') kills++;
      else {
        expect(code).toBe(0);
        rmSync(join(folder, `${engine}-killed`), { recursive: true });
      }
      expect(round).toBeLessThan(30);
    }
    const last = await start([...args, `${engine}-killed`, '--resume'], folder).ended;
    expect(last.code).toBe(0);
    const [a, b] = ['alone', 'killed'].map((which) => (file: string) => readFileSync(join(folder, `${engine}-${which}`, file))); // prettier-ignore
    for (const file of ['checkpoint.settle', 'trace.settle']) expect(sha256(b!(file))).toBe(sha256(a!(file)));
    const figures = (bytes: Buffer): object => ({ ...(JSON.parse(bytes.toString()) as object), seconds: 0, buildSeconds: 0 }); // prettier-ignore
    expect(figures(b!('result.json'))).toEqual(figures(a!('result.json')));
  });
});
