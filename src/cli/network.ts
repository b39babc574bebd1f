// settle simulate of a model without learning: progress, interruption, figures as words or JSON.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { SettleError } from '../errors.ts';
import type { NetworkModel } from '../model/network.ts';
import { alignedText } from '../report/table.ts';
import { runFiles } from '../run/folder.node.ts';
import { type NetworkResult, simulateNetwork } from '../run/network.node.ts';
import { type ModelFlags, overrides, quoted } from './flags.ts';
import type { CommandLine } from './io.ts';
import { defaultThreads, withFile } from './model.ts';
import { lineOf, thousands } from './progress.ts';

export interface NetworkFlags extends ModelFlags {
  readonly duration?: string;
  readonly trace?: string;
  readonly threads?: number;
  readonly out?: string;
  readonly resume?: boolean;
  readonly json?: boolean;
  /** Of a NIR graph. */
  readonly spikes?: string;
  readonly sample?: number;
  readonly pulse?: string;
  readonly timeUnit?: string;
}

/** Resolves to the exit code. */
export async function simulateNetworkModel(name: string, { model, file, text }: { model: NetworkModel; file: string; text: string }, flags: NetworkFlags, io: CommandLine): Promise<number> {
  if (flags.resume && flags.out === undefined)
    throw new SettleError('--resume needs the folder of the run', { kind: 'input', path: '--resume', expected: '--out FOLDER' });
  const line = lineOf({ stream: io.progress, now: io.now });
  try {
    const { result, time } = await withFile(file, () =>
      simulateNetwork({
        model, modelText: text, out: flags.out ?? null, resume: flags.resume ?? false, trace: flags.trace ?? null,
        threads: flags.threads ?? defaultThreads(), signal: io.signal, clock: io.now,
        onStart: ({ engine, backend, precision, threads, synapses }) =>
          line.say(`${model.name}: ${engine} engine, backend ${backend} (${precision}), ${threads} thread${threads === 1 ? '' : 's'}, seed ${model.seed}, ${thousands(synapses)} synapses`),
        onProgress: (at) => line.at(at.time, model.duration, () => `${at.time.toFixed(2)} of ${model.duration} s, ${thousands(at.spikes)} spikes`),
      }));
    line.end();
    if (result) {
      io.out(flags.json ? `${JSON.stringify(result)}\n` : words(result));
      return 0;
    }
    const kept = flags.out !== undefined && existsSync(join(flags.out, runFiles.checkpoint));
    io.err(kept ? `interrupted at ${time} s; checkpoint: ${flags.out}/${runFiles.checkpoint}\nto go on: ${resuming(name, flags)}\n` : `interrupted at ${time} s; nothing was kept (--out keeps checkpoints)\n`);
    return 130;
  } finally {
    line.end();
  }
} // prettier-ignore

function resuming(name: string, flags: NetworkFlags): string {
  const words = ['settle', 'simulate', name, ...overrides(flags).flatMap((text) => ['--set', text])];
  if (flags.duration !== undefined) words.push('--duration', flags.duration);
  if (flags.threads !== undefined) words.push('--threads', String(flags.threads));
  if (flags.trace !== undefined) words.push('--trace', flags.trace);
  if (flags.spikes !== undefined) words.push('--spikes', flags.spikes, '--sample', String(flags.sample ?? 0));
  if (flags.pulse !== undefined) words.push('--pulse', flags.pulse);
  if (flags.timeUnit !== undefined) words.push('--time-unit', flags.timeUnit);
  return [...words, '--out', flags.out!, '--resume'].map(quoted).join(' ');
}

function words(result: NetworkResult): string {
  const { model, duration, neurons, synapses, spikes, synapticEvents, seconds } = result;
  const shown = (value: number | null, digits: number): string => (value === null ? '-' : value.toFixed(digits));
  return (
    `${model}: ${duration} s of ${thousands(neurons)} neurons and ${thousands(synapses)} synapses (${result.bytesPerSynapse.toFixed(2)} bytes each) in ${seconds.toFixed(2)} s: ` +
    `${thousands(spikes)} spikes, ${thousands(synapticEvents)} synaptic events, ${(synapticEvents / seconds / 1e6).toFixed(1)} M/s\n` +
    alignedText({
      columns: ['population', 'units', 'rate, Hz', 'CV', 'Fano, 100 ms', 'Fano of population, 5 ms', 'correlation'],
      rows: result.populations.map((p) => [p.name, p.units, p.rate.toFixed(2), shown(p.cv, 3), shown(p.fano, 2), shown(p.populationFano, 2), shown(p.correlation, 4)]),
    })
  );
} // prettier-ignore
