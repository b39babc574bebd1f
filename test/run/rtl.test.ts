// The hand-over of a run that has not been trained long: what is in the folder, and what is refused before anything is written.
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parse } from 'yaml';
import { explain, SettleError } from '../../src/errors.ts';
import { exportRtl } from '../../src/run/rtl.node.ts';
import { run } from '../../src/run/run.node.ts';
import { loadModel } from '../../src/model/load.ts';

const text = `settle: 1
name: small
data: { set: bars, batch: 10, train: 40, test: 30 }
populations:
  x: { units: 16, kind: input, encode: regular }
  h: { units: 6, kind: lif, refractory: { duration: 2 ms }, bias: { init: 1 } }
  y: { units: 8, kind: lif, refractory: { duration: 2 ms }, bias: { init: 1 } }
projections: { x->h: { init: { gain: 4 } }, h<->y: {} }
cost: { on: y, text: 1/2 * (s - target)^2 }
phases: { free: { duration: 20 ms }, nudge: { duration: 40 ms, beta: 1 }, predict: { duration: 40 ms } }
learning: { epochs: 1 }
`;

let work: string;
beforeAll(async () => {
  work = mkdtempSync(join(tmpdir(), 'settle-rtl-'));
  writeFileSync(join(work, 'model.yaml'), text);
  const { model } = loadModel(text, { file: 'small' });
  await run({ model, out: join(work, 'run') });
});
afterAll(() => rmSync(work, { recursive: true }));

const base = () => ({ run: join(work, 'run'), profile: 'loihi-1', examples: 3, learning: false, accuracy: 10 });
async function refusal(options: Partial<Parameters<typeof exportRtl>[0]>): Promise<string> {
  const out = join(work, 'refused');
  try {
    await exportRtl({ ...base(), out, ...options });
  } catch (error) {
    expect(existsSync(out)).toBe(false);
    if (error instanceof SettleError) return explain(error);
    throw error;
  }
  return 'accepted';
}

it('has every file that its manifest names, with its checksum, and says how the integers read', async () => {
  const out = join(work, 'rtl');
  const result = await exportRtl({ ...base(), out });
  const manifest = parse(readFileSync(join(out, 'manifest.yaml'), 'utf8')) as Record<string, unknown>;
  const files = manifest['files'] as Record<string, string>;
  expect(readdirSync(out).sort()).toEqual([...Object.keys(files), 'manifest.yaml'].sort());
  for (const [name, sha256] of Object.entries(files))
    expect(createHash('sha256').update(readFileSync(join(out, name))).digest('hex'), name).toBe(sha256); // prettier-ignore
  expect(manifest).toMatchObject({ chip: 'loihi-1', examples: 3, tickSeconds: 0.001, weights: { share: 1 } });
  // Three examples of 40 ticks, twelve ticks with every input, and the way to the threshold.
  expect(result.ticks).toBeGreaterThan(3 * 40 + 12);
  expect(result.accuracy).toMatchObject({ examples: 10 });
  for (const error of [result.accuracy!.floatError, result.accuracy!.integerError]) expect(error >= 0 && error <= 1).toBe(true); // prettier-ignore
});

it('refuses what the chip cannot hold and what is no run, and leaves nothing', async () => {
  expect(await refusal({ profile: 'odin' })).toMatch(/no RTL of this chip: found odin, expected loihi-1, tiny-odin/);
  expect(await refusal({ profile: 'tiny-odin', learning: true })).toMatch(/found (tiny-odin|up to)/);
  expect(await refusal({ run: work })).toMatch(/no checkpoint\.settle/);
  expect(await refusal({ examples: 31 })).toMatch(/--examples.*found 31, expected at most 30/);
});
