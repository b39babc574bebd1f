// The simulator behind calls, without a worker: answers in order, a cancel heard at once, errors as data.
import { describe, expect, it } from 'vitest';
import { reference } from '../../../src/backends/reference.ts';
import { wasmBackend } from '../../../src/backends/wasm/backend.ts';
import {
  errorFrom,
  type FromSimulator,
  type Kind,
  type Opened,
  type ToSimulator,
} from '../../../src/dashboard/playground/calls.ts';
import { simulator } from '../../../src/dashboard/playground/simulator.ts';
import { loadDataSet } from '../../../src/data/load.node.ts';
import { SettleError } from '../../../src/errors.ts';
import { readModel } from '../../../src/model/read.node.ts'; // prettier-ignore

const { model, resolvedYaml: text } = readModel('xor', { set: ['data.train=400', 'data.test=60'] });
const data = loadDataSet(model.data);
const given = { text, file: 'xor.yaml', backend: 'wasm' };

/** A simulator with what it said, and a call that waits for its answer. */
function opened() {
  const said: FromSimulator[] = [];
  const heard = new Map<number, (message: FromSimulator) => void>();
  let last = 0;
  const take = simulator({
    backends: { wasm: wasmBackend, reference: () => reference },
    clock: () => performance.now(),
    breathe: () => new Promise((resolve) => setTimeout(resolve, 0)),
    say(message) {
      said.push(structuredClone(message));
      if (!('told' in message)) heard.get(message.id)!(message);
    },
  });
  const call = (kind: Kind, ask: unknown): Promise<unknown> =>
    new Promise((resolve, reject) => {
      heard.set(++last, (message) => 'ok' in message && (message.ok ? resolve(message.value) : reject(errorFrom(message.error)))); // prettier-ignore
      take({ id: last, kind, ask } as ToSimulator);
    });
  return { said, call, take };
}

describe('the simulator', () => {
  it('opens, trains with figures on the way, and reads out', async () => {
    const { call, said } = opened();
    void call('data', data);
    const about = (await call('open', given)) as Opened;
    expect(about.about.populations.map(({ name }) => name)).toEqual(['x', 'h', 'y']);
    expect(await call('train', { epochs: 3 })).toEqual({ epoch: 3, examples: 1200 });
    const epochs = said.flatMap((message) => ('told' in message && message.told.kind === 'epoch' ? [message.told.epoch] : [])); // prettier-ignore
    expect(epochs).toEqual([1, 2, 3]);
    const found = (await call('readOut', { examples: 60 })) as { wrong: number; predicted: Uint8Array };
    expect(found.predicted).toHaveLength(60);
    expect(found.wrong).toBeLessThan(30);
  });

  it('a cancel stops training at a batch, and it goes on from there', async () => {
    const { call, take } = opened();
    void call('data', data);
    await call('open', { ...given, backend: 'reference' });
    const training = call('train', { epochs: 1000 });
    setTimeout(() => take({ id: 3, kind: 'cancel' }), 150);
    const { epoch, examples } = (await training) as { epoch: number; examples: number };
    expect(epoch).toBeLessThan(1000);
    expect(examples % model.data.batch).toBe(0);
    expect(((await call('train', { epochs: epoch + 1 })) as { examples: number }).examples).toBe(400 * (epoch + 1));
  });

  it('errors keep their place, and leave what was open as it was', async () => {
    const { call } = opened();
    await expect(call('show', { what: 0, label: null })).rejects.toThrow('no network is open');
    void call('data', data);
    await call('open', given);
    const refused = await call('open', { ...given, text: 'settle: 1\nname: a\npopulations: 3\n' }).catch((error: unknown) => error); // prettier-ignore
    expect(refused).toBeInstanceOf(SettleError);
    expect((refused as SettleError).place).toMatchObject({ file: 'xor.yaml', line: 3, path: 'populations' });
    await expect(call('open', { ...given, backend: 'abacus' })).rejects.toThrow('unknown backend');
    expect(((await call('show', { what: 0, label: 1 })) as { frames: unknown[] }).frames.length).toBeGreaterThan(3);
  });
});
