// node scripts/check-slurm.mjs: a sweep of 40 short jobs on a Slurm of its own (scripts/slurm.mjs). In the middle a node is lost with
// all that runs on it, one more task is killed, and the node comes back: all 40 results are there at the end, each once, and the
// local pool gives the same table. Exit 1 where it does not hold, 2 without Slurm. It ends all that it starts.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { check, finish, sleep, until } from './checks.mjs';
import { missingSlurm, startSlurm } from './slurm.mjs';

const lacking = missingSlurm();
if (lacking) {
  console.error(`${lacking} is missing: apt-get install slurm-wlm munge`);
  process.exit(2);
}

const jobs = 40;
const text = `settleSweep: 1
name: check
model: moons
set: { data.train: 1000, data.test: 200 }
epochs: 3
space:
  learning.rates.x->h: { from: 0.2, to: 0.8, scale: log, count: 3 }
  learning.rates.h<->y: { from: 0.1, to: 0.4, scale: log, count: 3 }
  phases.nudge.beta: [0.4, 0.6]
seeds: 2
testSeeds: 1
validation: 200
slurm: { slice: 4 }
`;

const work = mkdtempSync(join(tmpdir(), 'settle-slurm-'));
const cli = join(process.cwd(), 'dist/cli.js');
const resultsIn = (out) => (existsSync(join(out, 'jobs')) ? readdirSync(join(out, 'jobs')).filter((name) => /\.json$/.test(name)) : []); // prettier-ignore

/** Processes that Slurm runs on this node, by what their environment says. */
function processesOn(node, conf) {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).flatMap((pid) => {
    try {
      const environment = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
      if (!environment.includes(`SLURM_CONF=${conf}`) || !environment.includes(`SLURMD_NODENAME=${node}`)) return [];
      const parent = Number(/\) \S (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))[1]);
      return [{ pid: Number(pid), parent, words: readFileSync(`/proc/${pid}/cmdline`, 'utf8') }];
    } catch {
      return [];
    }
  }); // prettier-ignore
}
const kill = (pid) => {
  try {
    process.kill(pid, 'SIGKILL');
    return true;
  } catch {
    return false;
  }
};
async function wait(what, holds, seconds) {
  if (!(await until(what, holds, seconds))) throw new Error(`${what}: not after ${seconds} s`);
}

let slurm = null;
let running = null;
const stop = async () => {
  running?.kill('SIGKILL');
  await slurm?.stop();
  rmSync(work, { recursive: true, force: true });
};
for (const name of ['SIGINT', 'SIGTERM']) process.on(name, () => void stop().then(() => process.exit(130)));
try {
  const file = join(work, 'check.yaml');
  writeFileSync(file, text);
  slurm = await startSlurm(join(work, 'slurm'));
  console.log(`${slurm.call('sbatch', '--version')}, nodes: ${slurm.nodes.join(', ')}`);
  const out = join(work, 'cluster');
  const begun = Date.now();
  running = spawn(process.execPath, [cli, 'sweep', file, '--on', 'slurm', '--out', out], { env: slurm.env });
  let said = '';
  for (const stream of [running.stdout, running.stderr])
    stream.setEncoding('utf8').on('data', (words) => (said += words));
  const ended = new Promise((done) => running.on('close', done));
  await wait('the first results', () => resultsIn(out).length >= 6, 90);
  // The last node is lost with all that runs on it: daemon, steps and jobs; on the first, one task dies alone.
  const lost = slurm.nodes.at(-1);
  await wait('a job on the node', () => processesOn(lost, slurm.conf).some(({ words }) => /cell\.js/.test(words)), 60);
  const before = new Map(resultsIn(out).map((name) => [name, statSync(join(out, 'jobs', name)).mtimeMs]));
  const gone = processesOn(lost, slurm.conf);
  const stepd = new Set(
    gone.filter(({ parent }) => !gone.some(({ pid }) => pid === parent)).map(({ parent }) => parent),
  );
  kill(slurm.pidOf(`slurmd-${lost}`));
  const killed = [...[...stepd].filter((pid) => pid > 1), ...gone.map(({ pid }) => pid)].filter(kill).length;
  const alone = slurm.nodes.length > 1 ? processesOn(slurm.nodes[0], slurm.conf).find(({ words }) => /slice\.js/.test(words)) : undefined; // prettier-ignore
  if (alone) kill(alone.pid);
  console.log(`with ${before.size} of ${jobs} results: the daemon of ${lost} and ${killed} processes on it are killed${alone ? `, and one task on ${slurm.nodes[0]}` : ''}`); // prettier-ignore
  check('jobs were running on the node that was lost', killed > 0);
  await sleep(4000);
  const states = slurm.call('sinfo', '-h', '-N', '-o', '%N %T').replaceAll('\n', ', ');
  slurm.startNode(lost);
  console.log(`4 s later (${states}; ${resultsIn(out).length} results) the node comes back`);
  const code = await ended;
  running = null;
  const seconds = (Date.now() - begun) / 1000;
  check('the sweep ends with exit code 0', code === 0, `found ${code}`);
  if (code !== 0) console.log(said.split('\n').slice(-30).join('\n'));
  const results = resultsIn(out);
  check(`${jobs} results, each once`, results.length === jobs, `found ${results.length}`);
  check(
    'none is a failure',
    results.every((name) => !/failed/.test(name)),
  );
  check('no result that was there was written again', [...before].every(([name, time]) => statSync(join(out, 'jobs', name)).mtimeMs === time)); // prettier-ignore
  console.log(`${readdirSync(join(out, 'slurm')).length} arrays, ${seconds.toFixed(0)} s in all`);
  const local = join(work, 'local');
  const pool = spawnSync(process.execPath, [cli, 'sweep', file, '--out', local], { encoding: 'utf8' });
  check('the local pool ends with exit code 0', pool.status === 0, `found ${pool.status}`);
  // Times are in the last column of the table, and called seconds in the data.
  const table = (folder) => readFileSync(join(folder, 'sweep.csv'), 'utf8').replace(/,[^,\r\n]*\r\n/g, '\r\n');
  const data = (folder) => JSON.stringify(JSON.parse(readFileSync(join(folder, 'sweep.json'), 'utf8')), (key, value) => (key === 'seconds' ? null : value)); // prettier-ignore
  const best = (folder) => readFileSync(join(folder, 'best.yaml'), 'utf8');
  check('the local pool gives the same table, byte for byte apart from times', table(out) === table(local) && table(out).split('\r\n').length === 21); // prettier-ignore
  check('and the same data, hashes of the trained networks among them', data(out) === data(local));
  check('and the same best model', best(out) === best(local));
  console.log(pool.stdout.split('\n').slice(0, 6).join('\n'));
} catch (error) {
  check('the whole', false, error.message);
} finally {
  await stop();
}
finish();
