// Files that are never half-written, and containers that grow.
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { explain, SettleError } from '../../src/errors.ts';
import { readContainer } from '../../src/frames/container.ts';
import { openContainer, readBytes, sha256, writeFileAtomic } from '../../src/frames/files.node.ts';
import type { Frame } from '../../src/frames/frame.ts';

let work: string;
beforeEach(() => void (work = mkdtempSync(join(tmpdir(), 'settle-frames-'))));
afterEach(() => rmSync(work, { recursive: true, force: true }));

function refusal(act: () => unknown): SettleError {
  try {
    act();
  } catch (error) {
    expect(error).toBeInstanceOf(SettleError);
    return error as SettleError;
  }
  throw new Error('nothing was refused');
}

describe('a file written at once', () => {
  it('replaces the old one and leaves nothing beside it', () => {
    const path = join(work, 'a.txt');
    writeFileAtomic(path, 'old');
    writeFileAtomic(path, Uint8Array.of(110, 101, 119));
    expect(readFileSync(path, 'utf8')).toBe('new');
    expect(readdirSync(work)).toEqual(['a.txt']);
  });
  it('that cannot be put in place is refused with its path; the old one stays and no rest is left', () => {
    writeFileAtomic(join(work, 'b.txt'), 'whole');
    expect(refusal(() => writeFileAtomic(join(work, 'missing', 'a.txt'), 'x')).place).toMatchObject({
      kind: 'environment',
      file: join(work, 'missing', 'a.txt'),
    });
    // A folder of that name: the rename fails, whoever runs the test.
    expect(refusal(() => writeFileAtomic(work, 'x')).place).toMatchObject({ kind: 'environment', file: work });
    expect(readdirSync(work)).toEqual(['b.txt']);
    expect(existsSync(`${work}.${process.pid}.tmp`)).toBe(false);
  });
  it.skipIf(!existsSync('/dev/full'))('on a full disk names the file and the reason', () => {
    // The temporary name leads to the device that is always full.
    const path = join(work, 'a.txt');
    symlinkSync('/dev/full', `${path}.${process.pid}.tmp`);
    expect(explain(refusal(() => writeFileAtomic(path, 'x')))).toBe(`${path}: cannot write: the disk is full`);
    expect(readdirSync(work)).toEqual([]);
  });
  it.skipIf(process.getuid?.() === 0)('in a folder without permission is refused', () => {
    chmodSync(work, 0o500);
    expect(refusal(() => writeFileAtomic(join(work, 'a'), 'x')).message).toMatch(/no permission/);
    chmodSync(work, 0o700);
  });
  it('that does not exist cannot be read, and is named', () => {
    expect(refusal(() => readBytes(join(work, 'none'))).place).toMatchObject({
      kind: 'input',
      file: join(work, 'none'),
    });
  });
  it('has the SHA-256 of its bytes', () => {
    expect(sha256('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });
});

describe('a container on disk', () => {
  const header = { schema: 'settle-trace/1', step: 0.001 };
  const frame = (example: number): Frame => ({
    kind: 'energy', run: 'r', epoch: 0, example, phase: 'free', t0: 0, t1: 2,
    columns: { energy: { dtype: 'f64', shape: [2], data: Float64Array.of(example, -1) } },
  }); // prettier-ignore
  const read = (path: string) => readContainer(readBytes(path), path, 'settle-trace');

  it('grows frame by frame and is whole at every moment but for its end', () => {
    const path = join(work, 'trace.settle');
    const writer = openContainer(path, header, 0);
    for (let k = 0; k < 3; k++) {
      writer.frame(frame(k));
      expect(read(path)).toMatchObject({ complete: false, wholeBytes: writer.length });
      expect(read(path).frames).toHaveLength(k + 1);
    }
    writer.end();
    expect(read(path)).toMatchObject({ complete: true, problem: null, header });
    expect(read(path).frames).toEqual([0, 1, 2].map(frame));
  });
  it('goes on from a length with the bytes of one that was never stopped', () => {
    const [whole, part] = [join(work, 'whole'), join(work, 'part')];
    const first = openContainer(whole, header, 0);
    for (let k = 0; k < 4; k++) first.frame(frame(k));
    first.end();
    const stopped = openContainer(part, header, 0);
    stopped.frame(frame(0));
    const known = stopped.length;
    stopped.frame(frame(99));
    stopped.close();
    writeFileSync(part, 'rubbish', { flag: 'a' });
    const resumed = openContainer(part, header, known);
    expect(resumed.length).toBe(known);
    for (let k = 1; k < 4; k++) resumed.frame(frame(k));
    resumed.end();
    expect(readFileSync(part).equals(readFileSync(whole))).toBe(true);
  });
  it('closed twice, or after its end, does no harm', () => {
    const writer = openContainer(join(work, 't'), header, 0);
    writer.end();
    writer.close();
    writer.close();
  });
});
