// node scripts/slurm.mjs start|stop|status DIR: a Slurm of one's own on this machine, from Debian's slurm-wlm and munge, for tests:
// a controller, two nodes of one core each (one node where this slurmd cannot be several), all state below DIR, on 127.0.0.1 only.
// It touches no other Slurm, no file of the system, and stops only the processes that it started.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { hostname, userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { randomBytes } from 'node:crypto';

const path = `${process.env['PATH']}:/usr/sbin:/sbin`;

/** What of Slurm is missing here, or null. */
export function missingSlurm() {
  return ['munged', 'slurmctld', 'slurmd', 'sbatch', 'squeue', 'scontrol', 'sinfo'].find((name) => spawnSync('sh', ['-c', `command -v ${name}`], { env: { ...process.env, PATH: path } }).status !== 0) ?? null; // prettier-ignore
}

/** A port of 127.0.0.1 that nobody listens on. */
const freePort = () =>
  new Promise((found, failed) => {
    const server = createServer().on('error', failed);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => found(port));
    });
  });

/** Starts everything and waits until the nodes are idle. */
export async function startSlurm(folder, { nodes: wanted = 2 } = {}) {
  const dir = resolve(folder);
  const host = hostname().split('.')[0];
  const user = userInfo().username;
  for (const name of ['', 'state', 'log', 'run']) mkdirSync(join(dir, name), { recursive: true, mode: 0o755 });
  const key = join(dir, 'munge.key');
  writeFileSync(key, randomBytes(128), { mode: 0o600 });
  const socket = join(dir, 'run/munge.socket');
  const conf = join(dir, 'slurm.conf');
  const env = { ...process.env, PATH: path, SLURM_CONF: conf };
  const daemon = (...words) => execFileSync(words[0], words.slice(1), { env, stdio: ['ignore', 'ignore', 'pipe'], encoding: 'utf8' }); // prettier-ignore
  const pidOf = (name) => {
    const file = join(dir, `run/${name}.pid`);
    return existsSync(file) ? Number(readFileSync(file, 'utf8')) || null : null;
  };
  const ports = [];
  for (let k = 0; k < wanted + 1; k++) ports.push(await freePort());
  const names = Array.from({ length: wanted }, (_, k) => `n${k + 1}`);
  const configured = (some) => `ClusterName=settle
SlurmctldHost=${host}(127.0.0.1)
SlurmctldPort=${ports[0]}
SlurmUser=${user}
SlurmdUser=${user}
AuthType=auth/munge
AuthInfo=socket=${socket}
ProctrackType=proctrack/pgid
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
ReturnToService=2
MpiDefault=none
SwitchType=switch/none
MailProg=/bin/true
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SchedulerParameters=batch_sched_delay=0,sched_min_interval=0,sched_interval=1,bf_interval=1
MinJobAge=300
SlurmdTimeout=10
KillWait=5
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
StateSaveLocation=${dir}/state
SlurmdSpoolDir=${dir}/spool-%n
SlurmctldPidFile=${dir}/run/slurmctld.pid
SlurmdPidFile=${dir}/run/slurmd-%n.pid
SlurmctldLogFile=${dir}/log/slurmctld.log
SlurmdLogFile=${dir}/log/slurmd-%n.log
${some.map((name, k) => `NodeName=${name} NodeHostname=${host} NodeAddr=127.0.0.1 Port=${ports[k + 1]} CPUs=1 RealMemory=1000 State=UNKNOWN`).join('\n')}
PartitionName=main Nodes=${some.join(',')} Default=YES MaxTime=INFINITE State=UP
`;
  let nodes = names;
  writeFileSync(conf, configured(nodes));
  const slurm = {
    dir, conf, env,
    get nodes() {
      return nodes;
    },
    pidOf,
    startNode: (name) => daemon('slurmd', '-N', name),
    call: (...words) => execFileSync(words[0], words.slice(1), { env, encoding: 'utf8' }).trim(),
    stop: () => stopSlurm(dir),
  }; // prettier-ignore
  try {
    daemon('munged', `--key-file=${key}`, `--socket=${socket}`, `--pid-file=${dir}/run/munged.pid`, `--log-file=${dir}/log/munged.log`, `--seed-file=${dir}/run/munged.seed`, '--force'); // prettier-ignore
    try {
      for (const name of nodes) slurm.startNode(name);
    } catch {
      // A build without several slurmd on one machine.
      await stopNodes(dir);
      nodes = [names[0]];
      writeFileSync(conf, configured(nodes));
      slurm.startNode(nodes[0]);
    }
    daemon('slurmctld', '-c');
    for (let look = 0; ; look++) {
      const said = spawnSync('sinfo', ['-h', '-N', '-o', '%T'], { env, encoding: 'utf8' });
      const idle = said.stdout.split('\n').filter((state) => state === 'idle').length;
      if (said.status === 0 && idle === nodes.length) return slurm;
      if (look > 60) throw new Error(`the nodes are not idle after 30 s: ${said.stdout}${said.stderr}`);
      await sleep(500);
    }
  } catch (error) {
    await stopSlurm(dir);
    throw error;
  }
}

const pidFiles = (dir) => spawnSync('sh', ['-c', `ls ${JSON.stringify(join(dir, 'run'))}/*.pid`], { encoding: 'utf8' }).stdout.split('\n').filter((file) => file !== ''); // prettier-ignore

/** Ends the processes of these files, and waits for them. */
async function end(files) {
  const pids = files.map((file) => Number(readFileSync(file, 'utf8'))).filter((pid) => pid > 1);
  const alive = (pid) => {
    try {
      process.kill(pid, 0);
      return true;
    } catch {
      return false;
    }
  };
  for (const signal of ['SIGTERM', 'SIGKILL']) {
    for (const pid of pids.filter(alive)) process.kill(pid, signal);
    for (let look = 0; look < 50 && pids.some(alive); look++) await sleep(100);
  }
  for (const file of files) rmSync(file, { force: true });
}

const stopNodes = (dir) => end(pidFiles(dir).filter((file) => /\/slurmd-/.test(file)));

/** Ends jobs, nodes, controller and munge, in this order. */
export async function stopSlurm(folder) {
  const dir = resolve(folder);
  const env = { ...process.env, PATH: path, SLURM_CONF: join(dir, 'slurm.conf') };
  if (existsSync(join(dir, 'run/slurmctld.pid'))) {
    spawnSync('scancel', ['--state=RUNNING', `--user=${userInfo().username}`], { env, timeout: 10_000 });
    spawnSync('scancel', [`--user=${userInfo().username}`], { env, timeout: 10_000 });
  }
  await stopNodes(dir);
  await end(pidFiles(dir).filter((file) => !/munged/.test(file)));
  await end(pidFiles(dir));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [, , what, dir] = process.argv;
  const lacking = missingSlurm();
  if (!['start', 'stop', 'status'].includes(what ?? '') || dir === undefined) {
    console.error('node scripts/slurm.mjs start|stop|status DIR');
    process.exit(2);
  }
  if (lacking) {
    console.error(`${lacking} is missing: apt-get install slurm-wlm munge`);
    process.exit(2);
  }
  if (what === 'start') console.log(`export SLURM_CONF=${(await startSlurm(dir)).conf}`);
  else if (what === 'stop') await stopSlurm(dir);
  else
    process.exit(
      spawnSync('sinfo', ['-N'], {
        env: { ...process.env, SLURM_CONF: join(resolve(dir), 'slurm.conf') },
        stdio: 'inherit',
      }).status ?? 1,
    );
}
