// settle sweep as processes: a worker killed by the system, the whole killed, Ctrl-C, a full disk, two at once, exit codes; and
// without Slurm one sentence.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Sweep } from '../../src/report/sweep.ts';
import { start } from './process.ts';

let work: string;
const at = (...path: string[]): string => join(work, ...path);
const file = `settleSweep: 1
name: rates
model: moons
set: { data.train: 400, data.test: 100 }
epochs: 2
space:
  learning.rates.x->h: [0.2, 0.4, 0.8]
  phases.nudge.beta: [0.4, 0.6]
seeds: 2
testSeeds: 1
validation: 100
`;
const words = (out: string, ...more: string[]): string[] => ['sweep', 's.yaml', '--jobs', '2', '--out', out, ...more];
const results = (out: string): string[] => (existsSync(at(out, 'jobs')) ? readdirSync(at(out, 'jobs')).filter((name) => name.endsWith('.json')).sort() : []); // prettier-ignore
/** Without the column of times, which is the last. */
const table = (out: string): string => readFileSync(at(out, 'sweep.csv'), 'utf8').replace(/,[^,\r\n]*\r\n/g, '\r\n');
/** Processes of cells that this process started. */
function workersOf(parent: number): number[] {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number).filter((pid) => {
    try {
      return Number(/\) \S (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))![1]) === parent;
    } catch {
      return false;
    }
  }); // prettier-ignore
}

beforeAll(async () => {
  work = mkdtempSync(join(tmpdir(), 'settle-cli-sweep-'));
  writeFileSync(at('s.yaml'), file);
  const { code, out, err } = await start(words('whole'), work).ended;
  expect(code, err).toBe(0);
  expect(out).toMatch(/^Best\. [\s\S]*best \(point \d\)[\s\S]*^Points, the best first[\s\S]*^page: {2}whole\/sweep\.html$/m); // prettier-ignore
  expect(results('whole')).toHaveLength(16);
});
afterAll(() => rmSync(work, { recursive: true, force: true }));

describe('settle sweep', () => {
  it('takes its best as a model that settle run trains', async () => {
    const { code, err } = await start(['run', 'whole/best.yaml', '--epochs', '1', '--out', 'best'], work).ended;
    expect(code, err).toBe(0);
  });

  it('of which a worker is killed by the system records that one job as failed, goes on, and tries it again when asked', async () => {
    const running = start(words('worker'), work);
    await running.said(/done after/);
    // Into the next job: one that a process dies before hearing of would simply begin elsewhere.
    await sleep(100);
    const [worker] = workersOf(running.child.pid!);
    process.kill(worker!, 'SIGKILL');
    const { code, out, err } = await running.ended;
    expect(code, err).toBe(1);
    expect(err).toMatch(/settle: 1 of 16 runs failed; --resume tries them again/);
    expect(out).toMatch(/the cell's process was killed by SIGKILL/);
    expect(results('worker')).toHaveLength(16);
    expect(results('worker').filter((name) => name.includes('.failed.'))).toHaveLength(1);
    const times = new Map(results('worker').filter((name) => !name.includes('.failed.')).map((name) => [name, statSync(at('worker/jobs', name)).mtimeMs])); // prettier-ignore
    const again = await start(words('worker', '--resume'), work).ended;
    expect(again.code, again.err).toBe(0);
    for (const [name, time] of times) expect(statSync(at('worker/jobs', name)).mtimeMs).toBe(time);
    expect(table('worker')).toBe(table('whole'));
  });

  it('killed, goes on with --resume, runs nothing finished again, and ends alike', async () => {
    const running = start(words('killed'), work);
    await running.said(/done after[\s\S]*done after/);
    running.child.kill('SIGKILL');
    expect((await running.ended).signal).toBe('SIGKILL');
    expect(existsSync(at('killed/sweep.json'))).toBe(false);
    await sleep(300);
    const times = results('killed').map((name) => statSync(at('killed/jobs', name)).mtimeMs);
    const finished = results('killed');
    expect(finished.length).toBeGreaterThan(1);
    expect((await start(words('killed'), work).ended).err).toMatch(/holds a sweep already \(--resume goes on/);
    const rest = await start(words('killed', '--resume', '--json'), work).ended;
    expect(rest.code, rest.err).toBe(0);
    expect(JSON.parse(rest.out) as Sweep).toMatchObject({ schema: 'settle-sweep/1', name: 'rates' });
    for (const name of finished) expect(rest.err).toContain(`${name.replace('.json', '')}: done before`);
    expect(finished.map((name) => statSync(at('killed/jobs', name)).mtimeMs)).toEqual(times);
    expect(table('killed')).toBe(table('whole'));
  });

  it('stopped by Ctrl-C exits with 130 and says the command that goes on', async () => {
    const running = start(words('stopped'), work);
    await running.said(/done after/);
    running.child.kill('SIGINT');
    const { code, out, err } = await running.ended;
    expect([code, out]).toEqual([130, '']);
    const going = /to go on: settle (.*)/.exec(err)![1]!;
    expect(going).toBe('sweep s.yaml --on local --jobs 2 --out stopped --resume');
    expect((await start(going.split(' '), work).ended).code).toBe(0);
    expect(table('stopped')).toBe(table('whole'));
  });

  it('by two at once, from the start, ends twice with the same table', async () => {
    mkdirSync(at('two'));
    const both = await Promise.all([start(words('two', '--resume'), work).ended, start(words('two', '--resume'), work).ended]); // prettier-ignore
    for (const { code, err } of both) expect(code, err).toBe(0);
    expect(results('two')).toEqual(results('whole'));
    expect(table('two')).toBe(table('whole'));
  });

  it('on a disk that fills up records failures by name, loses no result, and goes on when there is room', async () => {
    const { code, err } = await start(words('full'), work, 'ulimit -f 12').ended;
    expect(code).toBe(2);
    expect(err).toMatch(/the file would be larger than the system allows/);
    for (const name of results('full')) expect(() => JSON.parse(readFileSync(at('full/jobs', name), 'utf8')) as unknown).not.toThrow(); // prettier-ignore
    const rest = await start(words('full', '--resume'), work).ended;
    expect(rest.code, rest.err).toBe(0);
    expect(table('full')).toBe(table('whole'));
  });

  it('without Slurm says so in one sentence, names the local pool, and writes nothing', async () => {
    const { code, out, err } = await start(
      ['sweep', 's.yaml', '--on', 'slurm', '--out', 'none'],
      work,
      'export PATH=/nowhere',
    ).ended;
    expect([code, out]).toEqual([2, '']);
    expect(err).toBe('settle: --on slurm: no Slurm that can be used on this machine: found no scontrol, expected sbatch, squeue and scontrol, and a controller that answers (the local pool runs the same sweep: --on local)\n'); // prettier-ignore
    expect(existsSync(at('none'))).toBe(false);
  });

  it.each([
    [['sweep', 'absent.yaml'], /absent\.yaml: cannot read: no such file/],
    [['sweep', 's.yaml', '--on', 'moon'], /--on: .*local, slurm/],
    [['sweep', 's.yaml', '--on', 'slurm', '--jobs', '2'], /--jobs: of the local pool alone/],
    [['sweep', 's.yaml', '--jobs', '0'], /--jobs: found "0", expected a whole number/],
    [
      ['sweep', 'empty.yaml'],
      /empty\.yaml:4:\d+: space\.learning\.rateDecay: wrong value: found \[\], expected a list/,
    ],
  ])('%j is refused with exit 2 and one line', async (args, expected) => {
    writeFileSync(at('empty.yaml'), 'settleSweep: 1\nname: e\nmodel: xor\nspace: { learning.rateDecay: [] }\n');
    const { code, out, err } = await start([...args, '--out', 'never'], work).ended;
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(expected);
    expect(err.trim().split('\n')).toHaveLength(1);
    expect(existsSync(at('never'))).toBe(false);
  });
});
