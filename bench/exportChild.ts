// One measurement of export in a process of its own, which ends here: imported before anything that loads data, so that the
// peak of memory is that of the export. Without --export=FORMAT it does nothing.
import { closeSync, fsyncSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { openTrace, writeChunksAtomic } from '../src/frames/files.node.ts';
import type { Frame } from '../src/frames/frame.ts';
import { formats } from '../src/run/tables.ts';
import { openSpikes } from '../src/trace/open.node.ts';
import { writeSonata } from '../src/trace/sonata.node.ts';
import { summaryOf } from '../src/trace/summary.ts';

/** Spikes, by SETTLE_BENCH. */
export const spikes = Number(process.env['SETTLE_BENCH'] ?? 1e8);
const [perFrame, steps, step] = [50_000, 500, 1e-4];
const populations = { e: 3200, i: 800 };

/** 4,000 neurons at 250 spikes/s: frames of 50 ms, in steps of 0.1 ms or at times of their own. */
function* frames(exact: boolean): Generator<Frame> {
  const parts = Object.entries(populations).map(([name, units]) => {
    const count = (perFrame * units) / 4000;
    const perStep = count / steps;
    const unit = Int32Array.from({ length: count }, (_, k) => (k * 7) % units);
    return { name, count, perStep, unit };
  });
  for (let f = 0; f < spikes / perFrame; f++) {
    const columns: Record<string, Frame['columns'][string]> = {};
    for (const { name, count, perStep, unit } of parts) {
      const time = exact ? new Float64Array(count) : new Int32Array(count);
      for (let k = 0; k < count; k++) time[k] = exact ? (f + k / count) * steps * step : f * steps + Math.floor(k / perStep); // prettier-ignore
      columns[`${name}.spikes.time`] = { dtype: exact ? 'f64' : 'i32', shape: [count], data: time };
      columns[`${name}.spikes.unit`] = { dtype: 'i32', shape: [count], data: unit };
    }
    const scale = exact ? steps * step : steps;
    yield { kind: 'spikes', run: 'bench', epoch: 0, example: 0, phase: 'run', t0: f * scale, t1: (f + 1) * scale, columns };
  }
} // prettier-ignore

const header = (exact: boolean) => ({ schema: 'settle-trace/1', populations, ...(exact ? {} : { step }) });

export interface Measured {
  readonly seconds: number;
  readonly bytes: number;
  readonly floor: number;
  /** Megabytes. */
  readonly peak: number;
}

/** In a process of its own: `name` from the trace at `from`, or (settle) a trace that is made while it is written. */
async function exportOne(name: string, exact: boolean, from: string, out: string): Promise<void> {
  const begun = performance.now();
  if (name === 'settle') writeChunksAtomic(out, formats['settle']!().write(header(exact), frames(exact)));
  else if (name === 'inspect') {
    const found = summaryOf(await openSpikes(from));
    if (found.spikes !== spikes) throw new Error(`${found.spikes} spikes`);
  } else {
    const trace = openTrace(from);
    if (name === 'sonata') await writeSonata(out, trace.header, trace.frames);
    else writeChunksAtomic(out, formats[name]!().write(trace.header, trace.frames));
  }
  const seconds = (performance.now() - begun) / 1000;
  const peak = process.resourceUsage().maxRSS / 1024;
  const bytes = statSync(name === 'inspect' ? from : out).size;
  let floor = 0;
  if (name !== 'inspect') {
    const block = new Uint8Array(2 ** 20).fill(55);
    const at = performance.now();
    const descriptor = openSync(`${out}.floor`, 'w');
    for (let left = bytes; left > 0; left -= block.length)
      writeSync(descriptor, block, 0, Math.min(left, block.length));
    fsyncSync(descriptor);
    closeSync(descriptor);
    floor = (performance.now() - at) / 1000;
    rmSync(`${out}.floor`);
  }
  const told: Measured = { seconds, bytes, floor, peak };
  console.log(JSON.stringify(told));
}

const flag = process.argv.findIndex((word) => word.startsWith('--export='));
if (flag >= 0) {
  const [name, exact, from, out] = process.argv.slice(flag) as [string, string, string, string];
  await exportOne(name.slice('--export='.length), exact === 'true', from, out);
  process.exit(0);
}
