// The folder of a run: what it holds, what it refuses, and that nothing is ever half-written. Rule: a stand-in.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readNpy } from '../../src/data/npy.ts';
import { explain, SettleError } from '../../src/errors.ts';
import { readModel } from '../../src/model/read.node.ts';
import { sha256 } from '../../src/frames/files.node.ts';
import { runFiles } from '../../src/run/folder.node.ts';
import { run, type RunOptions, type RunOutcome } from '../../src/run/run.node.ts';
import { delta } from '../learn/delta.ts';
import { probed } from '../learn/probed.ts';
import { moons } from './model.ts';

let work: string;
beforeEach(() => void (work = mkdtempSync(join(tmpdir(), 'settle-test-'))));
afterEach(() => rmSync(work, { recursive: true, force: true }));

const go = (out: string | null, more: Partial<RunOptions> = {}): Promise<RunOutcome> =>
  run({ model: moons(), rule: delta(), out: out === null ? null : join(work, out), ...more });
const bytes = (folder: string, file: keyof typeof runFiles): Buffer => readFileSync(join(work, folder, runFiles[file]));
async function message(promise: Promise<unknown>): Promise<string> {
  const error: unknown = await promise.then(
    () => null,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(SettleError);
  return explain(error as SettleError);
}
/** A signal that comes after so many looks at it. */
function after(looks: number): { readonly aborted: boolean } {
  let left = looks;
  return {
    get aborted() {
      return left-- <= 0;
    },
  };
}

/** What a run leaves that knows no chip. */
const withoutChip = Object.values(runFiles).filter((name) => name !== runFiles.profile).sort(); // prettier-ignore

describe('a run', () => {
  it('leaves its seven files, and says what it found', async () => {
    const { result, interrupted } = await go('a');
    expect(interrupted).toBe(false);
    expect(readdirSync(join(work, 'a')).sort()).toEqual(withoutChip);
    expect(result).toMatchObject({ schema: 'settle-result/1', model: 'moons', rule: 'delta', epochs: 2, seed: 1 });
    expect(result!.testError).toBeLessThan(0.3);
    expect(result!.checkpointSha256).toBe(sha256(bytes('a', 'checkpoint')));
    const lines = bytes('a', 'metrics').toString().trim().split('\n').map((line) => JSON.parse(line) as object); // prettier-ignore
    expect(lines[0]).toMatchObject({ schema: 'settle-metrics/1' });
    expect(lines.slice(1)).toMatchObject([{ kind: 'epoch', epoch: 1 }, { kind: 'epoch', epoch: 2 }]); // prettier-ignore
  });

  it('leaves a model file that loads to the same model, also without the text of one', async () => {
    const { model } = readModel('xor', { set: ['learning.epochs=1', 'data.train=20', 'data.test=10'] });
    await run({ model, out: join(work, 'a') });
    expect(readModel(join(work, 'a', runFiles.model)).model).toEqual(model);
  });

  it('without a folder writes nothing', async () => {
    const { result } = await go(null);
    expect(result!.checkpointSha256).toBeNull();
    expect(readdirSync(work)).toEqual([]);
  });

  it('twice with the same seed gives the same checkpoint and metrics, byte for byte', async () => {
    await go('a');
    await go('b');
    for (const file of ['checkpoint', 'metrics', 'trace'] as const) expect(bytes('a', file).equals(bytes('b', file))).toBe(true); // prettier-ignore
  });

  it('interrupted anywhere and resumed ends with the same files', async () => {
    await go('whole');
    for (const looks of [3, 17, 29, 52]) {
      const part = await go('part', { signal: after(looks) });
      expect(part.interrupted).toBe(true);
      const rest = await go('part', { resume: true });
      expect(rest.interrupted).toBe(false);
      for (const file of ['checkpoint', 'metrics', 'trace'] as const) expect(bytes('part', file).equals(bytes('whole', file)), `${file} after ${looks}`).toBe(true); // prettier-ignore
      rmSync(join(work, 'part'), { recursive: true });
    }
  });

  it('that records is interrupted at any moment, recording included, and ends with the same files and figures', async () => {
    const { model } = readModel('xor', { set: ['learning.epochs=1', 'data.train=20', 'data.test=10', 'backend=reference', 'phases.free={ duration: 20 ms }', 'phases.nudge.duration=20 ms', 'phases.nudge.window=10 ms', 'phases.predict={ duration: 20 ms, window: 10 ms }', 'record=[{ population: h, variable: membrane, examples: [0, 1] }]'] }); // prettier-ignore
    const goOn = (out: string, more: Partial<RunOptions>): Promise<RunOutcome> =>
      run({ model, out: join(work, out), ...more });
    const { result } = await goOn('whole', {});
    let [kept, lost] = [0, 0];
    for (let looks = 0; ; looks++) {
      const part = await goOn('part', { signal: after(looks) });
      if (!part.interrupted) break;
      const there = existsSync(join(work, 'part', runFiles.checkpoint));
      if (there) kept++;
      else lost++;
      // Before the first checkpoint nothing stays, not even the folder.
      expect(existsSync(join(work, 'part')), `after ${looks}`).toBe(there);
      const rest = await goOn('part', { resume: true });
      for (const file of ['checkpoint', 'metrics', 'trace'] as const) expect(bytes('part', file).equals(bytes('whole', file)), `${file} after ${looks}`).toBe(true); // prettier-ignore
      const { trainError, testError, spikesPerExample, synapticEvents } = rest.result!;
      expect(result, `after ${looks}`).toMatchObject({ trainError, testError, spikesPerExample, synapticEvents });
      rmSync(join(work, 'part'), { recursive: true });
    }
    expect(kept).toBeGreaterThan(8);
    expect(lost).toBeGreaterThan(4);
  });

  it('what a killed session wrote after its last checkpoint is cut off', async () => {
    await go('whole');
    await go('part', { signal: after(25) });
    writeFileSync(join(work, 'part', runFiles.metrics), '{"half', { flag: 'a' });
    writeFileSync(join(work, 'part', runFiles.trace), 'rubbish', { flag: 'a' });
    writeFileSync(join(work, 'part', `${runFiles.checkpoint}.123.tmp`), 'half');
    await go('part', { resume: true });
    for (const file of ['checkpoint', 'metrics', 'trace'] as const) expect(bytes('part', file).equals(bytes('whole', file))).toBe(true); // prettier-ignore
    expect(readdirSync(join(work, 'part')).sort()).toEqual(withoutChip);
  });

  it('a finished run goes on to more epochs as if it had never ended, and not to fewer', async () => {
    await go('three', { model: moons({ epochs: 3 }) });
    await go('part', { model: moons({ epochs: 1 }) });
    await go('part', { model: moons({ epochs: 3 }), resume: true });
    expect(bytes('part', 'checkpoint').equals(bytes('three', 'checkpoint'))).toBe(true);
    expect(await message(go('part', { model: moons({ epochs: 2 }), resume: true }))).toMatch(
      /gone further.*found 2.*at least 3/,
    );
  });

  it('resumed when it is finished changes nothing and reports again', async () => {
    const first = await go('a');
    const again = await go('a', { resume: true });
    expect(again.result!.testError).toBe(first.result!.testError);
    expect(again.result!.checkpointSha256).toBe(first.result!.checkpointSha256);
    expect(again.result!.trainError).toBe(first.result!.trainError);
    expect(first.result!.trainError).not.toBeNull();
  });
});

describe('a run whose rule has a probe', () => {
  const align = (out: string, more: Partial<RunOptions> = {}) => go(out, { rule: probed(), alignment: true, ...more });
  const lines = (folder: string): { kind?: string; epoch?: number; reference?: string; layers?: Record<string, { angle: number }> }[] =>
    bytes(folder, 'metrics').toString().trim().split('\n').map((line) => JSON.parse(line) as object); // prettier-ignore

  it('records angles at the start and after each epoch, when it is asked to', async () => {
    await align('a');
    const found = lines('a').filter(({ kind }) => kind === 'alignment');
    expect(found).toMatchObject([0, 1, 2].map((epoch) => ({ epoch, reference: 'BP' })));
    // At zero weights all errors are equally large, and their signs point where they do.
    const angles = found.map(({ layers }) => layers!['x->y']!.angle);
    expect(angles[0]).toBeLessThan(1e-4);
    for (const angle of angles.slice(1)) expect(angle).toBeGreaterThan(1);
    expect(bytes('a', 'report').toString()).toMatch(/section-angles[\s\S]*\(BP\)/);
    await go('b', { rule: probed() });
    expect(lines('b').some(({ kind }) => kind === 'alignment')).toBe(false);
    expect(bytes('b', 'report').toString()).not.toContain('section-angles');
  });

  it('learns the same with and without them', async () => {
    const [with_, without] = [await align('a'), await go('b', { rule: probed() })];
    expect(with_.state.learned).toEqual(without.state.learned);
  });

  it('interrupted anywhere and resumed ends with the same files', async () => {
    await align('whole');
    for (const looks of [1, 17, 29, 52]) {
      expect((await align('part', { signal: after(looks) })).interrupted).toBe(true);
      expect((await align('part', { resume: true })).interrupted).toBe(false);
      for (const file of ['checkpoint', 'metrics', 'trace', 'predictions'] as const) expect(bytes('part', file).equals(bytes('whole', file)), `${file} after ${looks}`).toBe(true); // prettier-ignore
      rmSync(join(work, 'part'), { recursive: true });
    }
  });

  it('goes on only as it began: with angles, or without', async () => {
    await align('a', { model: moons({ epochs: 1 }) });
    expect(await message(go('a', { rule: probed(), resume: true }))).toMatch(/alignment.*another run/);
  });
});

describe('what a run leaves for a comparison', () => {
  it('is its answer to each test example beside the right one', async () => {
    const { result, test } = await go('a');
    const { shape, data } = readNpy(bytes('a', 'predictions'), 'predictions.npy');
    expect(shape).toEqual([100, 2]);
    const wrong = Array.from({ length: 100 }, (_, k) => data[2 * k] !== data[2 * k + 1]).filter(Boolean).length;
    expect(wrong / 100).toBe(result!.testError);
    expect(Array.from({ length: 100 }, (_, k) => data[2 * k])).toEqual(Array.from(test!.predicted));
  });

  it('is what the rule says of its cost and demands, and the memory it took', async () => {
    const { result } = await go('a', { rule: probed() });
    expect(result).toMatchObject({ macs: 8, demands: { secondCircuit: true, phases: 2 }, spikesPerExample: null, synapticEvents: null, testSpikesPerExample: null }); // prettier-ignore
    expect(result!.peakMemory).toBeGreaterThan(2 ** 24);
    expect(bytes('a', 'report').toString()).not.toMatch(/section-spikes|synaptic events|<b>update<\/b>/);
    expect((await go('b')).result).toMatchObject({ macs: null, demands: null });
  });

  it('is the time of all its sessions', async () => {
    let now = 0;
    const clock = (): number => (now += 1000);
    await go('a', { signal: after(30), clock });
    const spent = JSON.parse(bytes('a', 'provenance').toString()) as { spent: { seconds: number } };
    expect(spent.spent.seconds).toBeGreaterThan(10);
    now = 0;
    const { result } = await go('a', { resume: true, clock });
    expect(result!.seconds).toBeGreaterThan(spent.spent.seconds + 5);
    // One second a batch of ten by this clock, give or take the batches at which the session changed.
    expect(result!.trainExamplesPerSecond).toBeGreaterThan(5);
    expect(result!.trainExamplesPerSecond).toBeLessThan(15);
  });
});

describe('a folder', () => {
  it('with other contents is refused, and left alone', async () => {
    mkdirSync(join(work, 'mine'));
    writeFileSync(join(work, 'mine', 'thesis.txt'), 'mine');
    for (const resume of [false, true])
      expect(await message(go('mine', { resume }))).toMatch(/other contents.*thesis\.txt/);
    expect(readdirSync(join(work, 'mine'))).toEqual(['thesis.txt']);
  });

  it('with a run is refused without --resume', async () => {
    await go('a');
    const before = bytes('a', 'checkpoint');
    expect(await message(go('a'))).toMatch(/holds a run already.*--resume/);
    expect(bytes('a', 'checkpoint').equals(before)).toBe(true);
  });

  it('where a file is in the way is refused, and nothing is left', async () => {
    writeFileSync(join(work, 'file'), '');
    expect(await message(go('file/deeper/run'))).toMatch(/cannot write/);
    expect(readdirSync(work)).toEqual(['file']);
  });

  it('that the system refuses is refused with its own reason, also for folders in folders', async () => {
    // Nobody makes folders there, not even root.
    const told = await run({ model: moons(), rule: delta(), out: '/sys/settle-test/run' }).then(
      () => '',
      (reason: unknown) => explain(reason as SettleError),
    );
    expect(told).toMatch(/^\/sys\/settle-test\/run: cannot write: (no permission|the file system is read-only)$/);
  });

  it('is taken back with its parents when the trace cannot be written', async () => {
    const told = await message(go('new/run', { trace: join(work, 'nowhere', 'trace.settle') }));
    expect(told).toMatch(/nowhere.*cannot write: no such file or folder/);
    expect(existsSync(join(work, 'new'))).toBe(false);
  });
});

describe('a checkpoint', () => {
  it('of another model, seed, rule or data is refused by name', async () => {
    await go('a');
    const another = (model: RunOptions['model']): Promise<string> => message(go('a', { model, resume: true }));
    expect(await another(moons({ name: 'suns' }))).toMatch(/model: .*another run: found moons, expected suns/);
    expect(await another(moons({ seed: 2 }))).toMatch(/another run/);
    expect(await another(moons({ train: 190 }))).toMatch(/another run/);
    expect(await message(go('a', { resume: true, rule: { ...delta(), name: 'gamma' } }))).toMatch(
      /rule: .*another run: found delta, expected gamma/,
    );
  });

  it('that is damaged or cut short is refused, and stays', async () => {
    await go('a');
    const file = join(work, 'a', runFiles.checkpoint);
    const whole = readFileSync(file);
    const broken = Buffer.from(whole);
    broken[whole.length >> 1]! ^= 1;
    writeFileSync(file, broken);
    expect(await message(go('a', { resume: true }))).toMatch(/checkpoint.settle.*checksum/);
    writeFileSync(file, whole);
    truncateSync(file, whole.length - 5);
    expect(await message(go('a', { resume: true }))).toMatch(/checkpoint.settle.*damaged/);
    expect(readFileSync(file).length).toBe(whole.length - 5);
  });

  it('that says more than the metrics hold is refused', async () => {
    await go('a');
    truncateSync(join(work, 'a', runFiles.metrics), 10);
    expect(await message(go('a', { resume: true }))).toMatch(/metrics.jsonl.*shorter.*found 10 bytes/);
  });
});
