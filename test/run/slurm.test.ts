// What a sweep makes of Slurm's answers, with commands of the tests in the place of Slurm's: refusals, tasks that never come to
// anything, an array whose submitter was stopped, tasks that are held. (The real one: scripts/check-slurm.mjs.)
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { explain, type SettleError } from '../../src/errors.ts';
import { loadSweep } from '../../src/model/sweep.ts';
import { runCell } from '../../src/run/cell.node.ts';
import { jobFolders } from '../../src/run/job.node.ts';
import { jobPool, type JobHooks } from '../../src/run/jobPool.node.ts';
import { slurmJobs } from '../../src/run/slurm.node.ts';
import { sweepPlan } from '../../src/run/sweepPlan.node.ts';

let work: string;
const path = process.env['PATH'];
const at = (...parts: string[]): string => join(work, ...parts);
/** A command that Slurm's is replaced by; it notes how it was called. */
function command(name: string, script: string): void {
  writeFileSync(
    at('bin', name),
    `#!/bin/sh\necho "${name} $*" >> '${at('calls')}'\n[ "$1" = --version ] && exit 0\n${script}\n`,
  );
  chmodSync(at('bin', name), 0o755);
}
const calls = (name: string): string[] => readFileSync(at('calls'), 'utf8').split('\n').filter((line) => line.startsWith(`${name} `) && !line.endsWith('--version')); // prettier-ignore
beforeEach(() => {
  work = mkdtempSync(join(tmpdir(), 'settle-slurm-'));
  for (const folder of ['bin', ...Object.values(jobFolders)]) mkdirSync(at(folder));
  process.env['PATH'] = `${at('bin')}${delimiter}${path}`;
  command('scontrol', 'echo "Slurmctld(primary) at here is UP"');
  command('sinfo', 'echo 0/2/0/2');
  command('sbatch', 'echo 17');
  command('squeue', 'exit 0');
  command('scancel', '');
});
afterEach(() => {
  process.env['PATH'] = path;
  rmSync(work, { recursive: true, force: true });
});

const spec = loadSweep('settleSweep: 1\nname: s\nmodel: xor\nset: { data.train: 40, data.test: 20 }\nepochs: 1\nspace: { phases.nudge.beta: [0.2, 0.4, 0.6] }\nvalidation: 20\n', 's.yaml'); // prettier-ignore
const plan = sweepPlan(spec);
const jobs = plan.proposer().ask().flatMap((point) => plan.judging(plan.rows[0]!, point)); // prettier-ignore
async function go(hooks: Partial<JobHooks> = {}, slice: number | null = null): Promise<string[]> {
  const ended: string[] = [];
  const run = await slurmJobs({ slice, options: ['--partition=main'], every: 10 });
  await run(work, jobs, { signal: { aborted: false }, onEnded: ({ name }, outcome) => void ended.push(`${name} ${outcome.status}`), ...hooks }); // prettier-ignore
  return ended;
}
const message = (promise: Promise<unknown>): Promise<string> => promise.then(() => 'no error', (error: unknown) => explain(error as SettleError)); // prettier-ignore
const compute = (some = jobs): Promise<void> =>
  jobPool({ jobs: 1, run: runCell })(work, some, { signal: { aborted: false } });

describe('Slurm that cannot be used', () => {
  it('is said with its own words, and the local pool is named', async () => {
    command('scontrol', 'echo "Slurmctld(primary) at here is DOWN"; exit 1');
    expect(await message(go())).toMatch(
      /^--on slurm: no Slurm that can be used on this machine: found Slurmctld\(primary\) at here is DOWN, .*--on local/,
    );
    process.env['PATH'] = at('empty');
    expect(await message(go())).toMatch(/found no scontrol/);
  });

  it('because it does not take the array is said with its own words', async () => {
    command('sbatch', 'echo "sbatch: error: invalid partition specified: main" >&2; exit 1');
    expect(await message(go())).toMatch(
      /Slurm does not take the jobs: found sbatch: error: invalid partition specified: main/,
    );
  });
});

describe('Slurm that falls silent', () => {
  it('is given up after a time, however long each of its commands takes to fail', async () => {
    command('squeue', 'sleep 0.3; echo "slurm_load_jobs error: Unable to contact slurm controller" >&2; exit 1');
    const run = await slurmJobs({ slice: null, options: [], every: 10, silence: 500 });
    const said = await message(run(work, jobs, { signal: { aborted: false } }));
    expect(said).toMatch(/Slurm gives no answer any more: found none for 0\.5 s, expected word of array 17/);
    // At 0.3, 0.6 s and perhaps once more: looks are not what is counted.
    expect(calls('squeue').length).toBeLessThanOrEqual(3);
  });

  it('for less than that is waited for', async () => {
    command('squeue', `n=$(cat '${at('n')}' 2>/dev/null || echo 0); echo $((n + 1)) > '${at('n')}'
[ $((n % 3)) -lt 2 ] && exit 1
echo "settle-$(basename '${work}')|RUNNING|None|17_0"`); // prettier-ignore
    const run = await slurmJobs({ slice: null, options: [], every: 10, silence: 5000 });
    const ended: string[] = [];
    const running = run(work, jobs, { signal: { aborted: false }, onEnded: ({ name }) => void ended.push(name) });
    await compute();
    await running;
    expect(ended).toHaveLength(3);
  });
});

describe('an array', () => {
  it('has a task for each slice, and options of the file last', async () => {
    command('sbatch', 'echo "17;cluster"');
    command('squeue', `echo "settle-$(basename '${work}')|RUNNING|None|17_0"`);
    const running = go({}, 2);
    await compute();
    expect((await running).sort()).toEqual(jobs.map(({ name }) => `${name} done`).sort());
    const [call] = calls('sbatch');
    expect(call).toMatch(/--array=0-1 --requeue .*--partition=main \S+\/slurm\/1\/task\.sh$/);
    expect(readdirSync(at('slurm/1')).sort()).toEqual(['0.json', '1.json', 'array', 'task.sh']);
    expect(JSON.parse(readFileSync(at('slurm/1/1.json'), 'utf8'))).toEqual({
      schema: 'settle-slice/1',
      jobs: [jobs[2]],
    });
    expect(readFileSync(at('slurm/1/array'), 'utf8')).toBe('17\n');
  });

  it('that ends three times without a new result is given up, job by job', async () => {
    // A number of an array that is somebody else's.
    command('squeue', 'echo "settle-other|RUNNING|None|17_0"');
    expect((await go()).sort()).toEqual(jobs.map(({ name }) => `${name} failed`).sort());
    expect(calls('sbatch')).toHaveLength(3);
    const failure = JSON.parse(readFileSync(at('jobs', `${jobs[0]!.name}.failed.json`), 'utf8')) as object;
    expect(failure).toMatchObject({ status: 'failed', kind: 'environment', message: 'its tasks ended 3 times without a result: slurm/3 has their words' }); // prettier-ignore
  });

  it('that leaves a part undone is followed by one of that part alone', async () => {
    // The first array does one job and is lost; the second does the rest.
    command('sbatch', `n=$(ls -d '${at('slurm')}'/*/ | wc -l); echo $n; touch '${at('begun')}'-$n`);
    const waiting = async (file: string): Promise<void> => {
      while (!existsSync(file)) await new Promise((resolve) => setTimeout(resolve, 5));
    };
    command(
      'squeue',
      `case "$*" in *jobs=1*) [ -e '${at('lost')}' ] ;; *) false ;; esac || echo "settle-$(basename '${work}')|RUNNING|None|1_0"`,
    );
    const running = go();
    await waiting(at('begun-1'));
    await compute([jobs[1]!]);
    writeFileSync(at('lost'), '');
    await waiting(at('begun-2'));
    const slices = readdirSync(at('slurm/2')).filter((name) => /^\d+\.json$/.test(name)).flatMap((name) => (JSON.parse(readFileSync(at('slurm/2', name), 'utf8')) as { jobs: { name: string }[] }).jobs); // prettier-ignore
    expect(slices.map(({ name }) => name)).toEqual([jobs[0]!.name, jobs[2]!.name]);
    await compute();
    expect(await running).toHaveLength(3);
    expect(calls('sbatch')).toHaveLength(2);
  });

  it('whose submitter was stopped is waited for, not submitted again', async () => {
    mkdirSync(at('slurm/1'), { recursive: true });
    writeFileSync(at('slurm/1/array'), '17\n');
    command('squeue', `echo "settle-$(basename '${work}')|RUNNING|None|17_0"`);
    const running = go();
    await compute();
    expect(await running).toHaveLength(3);
    expect(existsSync(at('calls')) ? calls('sbatch') : []).toEqual([]);
  });

  it('of which tasks are held or put off is asked to go on, and says what it waits for', async () => {
    command(
      'squeue',
      `n=$(cat '${at('n')}' 2>/dev/null || echo 0); echo $((n + 1)) > '${at('n')}'
name="settle-$(basename '${work}')"
[ $n = 0 ] && echo "$name|PENDING|BeginTime|17_1"
[ $n = 1 ] && echo "$name|PENDING|launch failed requeued held|17_1"
[ $n -gt 1 ] && echo "$name|RUNNING|None|17_1"
exit 0`,
    );
    const words: string[] = [];
    const running = go({ onWords: (said) => void words.push(said) });
    while (!existsSync(at('n')) || Number(readFileSync(at('n'), 'utf8')) < 3) await new Promise((resolve) => setTimeout(resolve, 5)); // prettier-ignore
    await compute();
    await running;
    expect(calls('scontrol').slice(1)).toEqual(['scontrol update JobId=17_1 StartTime=now', 'scontrol release 17']);
    expect(words[0]).toBe('array 17: 1 tasks left, waiting for BeginTime');
  });

  it('is cancelled when the sweep is stopped', async () => {
    command('squeue', `echo "settle-$(basename '${work}')|RUNNING|None|17_0"`);
    const signal = { aborted: false };
    const running = go({ signal });
    setTimeout(() => (signal.aborted = true), 100);
    expect(await running).toEqual([]);
    expect(calls('scancel')).toEqual(['scancel 17']);
  });
});
