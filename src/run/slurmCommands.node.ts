// Slurm's own commands, as far as a sweep needs them: is it there, submit an array, what is left of it, end it. No library.
import { execFile } from 'node:child_process';
import { codeOf, SettleError } from '../errors.ts';

interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

function call(command: string, args: readonly string[]): Promise<Said> {
  return new Promise((resolve, reject) => {
    execFile(command, args, { maxBuffer: 2 ** 26, timeout: 60_000 }, (error, out, err) => {
      if (error && codeOf(error) === 'ENOENT') reject(noSlurm(`no ${command}`));
      else resolve({ code: error ? (typeof error.code === 'number' ? error.code : 1) : 0, out, err });
    });
  });
}

const noSlurm = (found: string): SettleError =>
  new SettleError('no Slurm that can be used on this machine', {
    kind: 'environment', path: '--on slurm', found, expected: 'sbatch, squeue and scontrol, and a controller that answers',
    hint: 'the local pool runs the same sweep: --on local',
  }); // prettier-ignore

const firstLine = ({ out, err }: Said): string => (err.trim() || out.trim() || 'no word').split('\n')[0]!;

/** @throws SettleError of kind `environment` where there is no Slurm, or it does not answer */
export async function slurmThere(): Promise<void> {
  const said = await call('scontrol', ['ping']);
  if (said.code !== 0 || !/ is UP/.test(said.out)) throw noSlurm(firstLine(said));
  await call('sbatch', ['--version']);
  await call('squeue', ['--version']);
}

/** Cores of the whole cluster; 1 where it does not say. */
export async function coresOf(): Promise<number> {
  const { out } = await call('sinfo', ['--noheader', '--format=%C']);
  const cores = out.trim().split('\n').map((line) => Number(line.split('/').at(-1))); // prettier-ignore
  return Math.max(1, ...cores.filter((each) => Number.isFinite(each)));
}

/** The array's number. @throws SettleError of kind `environment` with Slurm's own words */
export async function submit(args: readonly string[]): Promise<string> {
  const said = await call('sbatch', ['--parsable', ...args]);
  const id = said.out.trim().split(';')[0]!;
  if (said.code === 0 && /^\d+$/.test(id)) return id;
  throw new SettleError('Slurm does not take the jobs', { kind: 'environment', path: '--on slurm', found: firstLine(said) }); // prettier-ignore
}

export interface Queue {
  /** Tasks that wait or run. */
  readonly tasks: number;
  /** Why they wait, each reason once. */
  readonly reasons: readonly string[];
  /** Slurm holds some of them back and will not start them by itself. */
  readonly held: boolean;
  /** Tasks of lost nodes, which Slurm puts back into the queue but will not start for two minutes. */
  readonly later: readonly string[];
}

/** What is left of an array of this name; null where Slurm gives no answer. */
export async function queueOf(id: string, name: string): Promise<Queue | null> {
  const said = await call('squeue', ['--noheader', '--array', `--jobs=${id}`, '--format=%j|%T|%r|%i']);
  if (said.code !== 0)
    return /invalid job id/i.test(said.err) ? { tasks: 0, reasons: [], held: false, later: [] } : null;
  const lines = said.out.trim().split('\n').map((line) => line.split('|')).filter(([job]) => job === name); // prettier-ignore
  // What completes has ended: its node may be lost, and then it completes for minutes.
  const live = lines.filter(([, state]) => state !== 'COMPLETING');
  const reasons = [...new Set(live.flatMap(([, state, reason]) => (state === 'PENDING' ? [reason!] : [])))];
  const later = live.filter(([, state, reason]) => state === 'PENDING' && reason === 'BeginTime').map(([, , , task]) => task!); // prettier-ignore
  return { tasks: live.length, reasons, held: reasons.some((reason) => /held/i.test(reason)), later };
}

export const release = async (id: string): Promise<void> => void (await call('scontrol', ['release', id]));
export const startNow = async (task: string): Promise<void> => void (await call('scontrol', ['update', `JobId=${task}`, 'StartTime=now'])); // prettier-ignore
export const cancel = async (id: string): Promise<void> => void (await call('scancel', [id]));
