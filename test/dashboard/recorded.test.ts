// The recorded examples of a trace that grows: nothing is gone through twice, and a large one comes in pieces.
import { closeSync, mkdtempSync, openSync, readFileSync, renameSync, rmSync, statSync, truncateSync, writeFileSync, writeSync } from 'node:fs'; // prettier-ignore
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { recordedIn } from '../../src/dashboard/recorded.node.ts';
import { encodeFrame } from '../../src/frames/container.ts';
import { openContainer } from '../../src/frames/files.node.ts';
import type { Frame } from '../../src/frames/frame.ts';

let work: string;
beforeAll(() => void (work = mkdtempSync(join(tmpdir(), 'settle-recorded-'))));
afterAll(() => rmSync(work, { recursive: true, force: true }));

const header = { schema: 'settle-trace/1' };
const frameOf = (example: number, epoch: number, phase = 'free', kind = 'spikes'): Frame => ({
  kind, run: 'r', epoch, example, phase, t0: 0, t1: 9,
  columns: { 'h.spikes.time': { dtype: 'i32', shape: [3], data: Int32Array.of(1, epoch, 10 * example) } },
}); // prettier-ignore
const all = 2 ** 30;

describe('the recorded examples of a trace', () => {
  it('are as their latest epoch has them, whatever lies between', () => {
    const file = join(work, 'epochs.settle');
    const trace = recordedIn(file, all);
    trace.look();
    expect(trace.examples).toEqual([]);
    const out = openContainer(file, header, 0);
    for (const frame of [frameOf(4, 1), frameOf(2, 1), frameOf(4, 1, 'plus'), frameOf(4, 1, 'free', 'other')]) out.frame(frame); // prettier-ignore
    trace.look();
    expect(trace.examples).toEqual([4, 2]);
    expect(trace.framesOf(4)).toEqual([frameOf(4, 1), frameOf(4, 1, 'plus')]);
    const [four, two] = [trace.versionOf(4), trace.versionOf(2)];
    out.frame(frameOf(4, 2));
    out.end();
    trace.look();
    expect(trace.framesOf(4)).toEqual([frameOf(4, 2)]);
    expect(trace.versionOf(4)).not.toBe(four);
    expect([trace.versionOf(2), trace.versionOf(7), trace.framesOf(7)]).toEqual([two, 0, []]);
  });

  it('are read on from where the last look ended, half a record included', () => {
    const file = join(work, 'grows.settle');
    const out = openContainer(file, header, 0);
    out.frame(frameOf(0, 1));
    const trace = recordedIn(file, all);
    trace.look();
    const { length } = out;
    out.close();
    // Whoever goes through the first bytes again finds no trace there.
    const descriptor = openSync(file, 'r+');
    writeSync(descriptor, new Uint8Array(20), 0, 20, 0);
    const next = encodeFrame(frameOf(1, 1));
    writeSync(descriptor, next, 0, 30, length);
    trace.look();
    expect(trace.examples).toEqual([0]);
    writeSync(descriptor, next, 30, next.length - 30, length + 30);
    closeSync(descriptor);
    trace.look();
    expect(trace.examples).toEqual([0, 1]);
    expect(trace.framesOf(1)).toEqual([frameOf(1, 1)]);
  });

  it('of a trace larger than a look come look by look, all of them', () => {
    const file = join(work, 'large.settle');
    const out = openContainer(file, header, 0);
    for (let k = 0; k < 40; k++) out.frame(frameOf(k, 1));
    out.end();
    const trace = recordedIn(file, 1000);
    const counts: number[] = [];
    for (let k = 0; k < 40; k++) {
      trace.look();
      counts.push(trace.examples.length);
    }
    expect(counts[0]).toBeLessThan(12);
    expect(counts[0]).toBeGreaterThan(0);
    expect(counts[1]).toBeGreaterThan(counts[0]!);
    expect(counts.at(-1)).toBe(40);
    expect(trace.framesOf(39)).toEqual([frameOf(39, 1)]);
  });

  it('of a file that is another or has become shorter are found anew', () => {
    const file = join(work, 'anew.settle');
    const out = openContainer(file, header, 0);
    out.frame(frameOf(0, 1));
    const { length } = out;
    out.frame(frameOf(1, 1));
    out.close();
    const trace = recordedIn(file, all);
    trace.look();
    expect(trace.examples).toEqual([0, 1]);
    truncateSync(file, length);
    trace.look();
    expect(trace.examples).toEqual([0]);
    const other = join(work, 'other.settle');
    const more = openContainer(other, header, 0);
    for (const k of [5, 6, 7]) more.frame(frameOf(k, 1));
    more.close();
    renameSync(other, file);
    trace.look();
    expect(trace.examples).toEqual([5, 6, 7]);
    writeFileSync(file, readFileSync(file).subarray(0, 10));
    trace.look();
    expect([statSync(file).size, trace.examples]).toEqual([10, []]);
  });
});
