// A session is a run in pieces: the same bits, whatever is looked at in between.
import { describe, expect, it } from 'vitest';
import {
  loadDataSet,
  loadModel,
  openSession,
  readContainer,
  readModel,
  runModel,
  type Session,
  wasm,
} from '../../src/index.ts';

const set = ['learning.epochs=3', 'data.train=200', 'data.test=60'];
const data = loadDataSet(readModel('xor', { set }).model.data);
const text = readModel('xor', { set }).resolvedYaml;
const open = (more: Partial<Parameters<typeof openSession>[0]> = {}): Promise<Session> =>
  openSession({ text, file: 'xor.yaml', backend: wasm(), data, ...more });

describe('a session', () => {
  it('trained in pieces, shown examples and read out in between, it ends with the bits of a run', async () => {
    const session = await open();
    let batches = 0;
    const stop = { aborted: false };
    await session.train({ epochs: 3, signal: stop, breathe: () => ((stop.aborted = ++batches >= 12), undefined) });
    expect(session.state.batches).toBe(12);
    await session.show(3, 1);
    await session.show(Float32Array.of(0, 1, 1, 0), null);
    expect((await session.readOut(20))!.predicted).toHaveLength(20);
    const seen: number[] = [];
    const state = await session.train({ epochs: 3, onEpoch: ({ epoch }) => seen.push(epoch) });
    await session.close();
    expect(seen).toEqual([1, 2, 3]);
    const run = await runModel({ model: loadModel(text, { file: 'xor.yaml' }).model });
    expect(state.learned).toEqual(run.state.learned);
  });

  it('shows the free phase alone without a label, and the nudged ones with it', async () => {
    const session = await open();
    const phases = async (label: number | null): Promise<string[]> => [
      ...new Set((await session.show(0, label)).frames.map(({ phase }) => phase)),
    ];
    expect(await phases(null)).toEqual(['free']);
    expect(await phases(1)).toEqual(['free', 'plus', 'minus']);
    await session.close();
  });

  it('its checkpoint opens a session that answers alike, and its trace reads back', async () => {
    const first = await open();
    await first.train({ epochs: 2 });
    const second = await open({ checkpoint: first.checkpoint() });
    expect((await second.readOut(60))!.predicted).toEqual((await first.readOut(60))!.predicted);
    expect(second.state.examples).toBe(400);
    const { frames } = await second.show(5, 0);
    const read = readContainer(second.trace(frames), 'a.settle', 'settle-trace');
    expect(read.complete).toBe(true);
    expect(read.frames).toHaveLength(frames.length);
    await Promise.all([first.close(), second.close()]);
  });

  it('refuses weights of another network, an example of another size, and numbers beyond the set', async () => {
    const other = await open({ set: ['populations.h.units=8'] });
    const session = await open();
    await expect(open({ checkpoint: other.checkpoint() })).rejects.toThrow('the weights are of another network');
    await expect(session.show(Float32Array.of(1, 0), null)).rejects.toThrow('does not fit the network');
    await expect(session.show(60, null)).rejects.toThrow('no such example');
    await expect(open({ text: 'settle: 1\nname: [' })).rejects.toThrow('not valid YAML');
    await Promise.all([other.close(), session.close()]);
  });
});
