// A simulator as the page calls it: a worker of its own, promises for answers.
import type { DataSet } from '../../data/dataset.ts';
import { type Calls, errorFrom, type FromSimulator, type Kind, type Told } from './calls.ts';

export interface Running<T> {
  readonly answer: Promise<T>;
  /** At the next batch. */
  cancel(): void;
}

export interface Remote {
  call<K extends Kind>(kind: K, ask: Calls[K]['ask'], told?: (told: Told) => void): Promise<Calls[K]['answer']>;
  start<K extends Kind>(kind: K, ask: Calls[K]['ask'], told?: (told: Told) => void): Running<Calls[K]['answer']>;
  /** At once, whatever goes on. */
  end(): void;
}

interface Waiting {
  readonly done: (value: unknown) => void;
  readonly failed: (error: Error) => void;
  readonly told: ((told: Told) => void) | undefined;
}

export function remote(data: DataSet): Remote {
  const worker = new Worker(new URL('./worker.js', location.href), { type: 'module' });
  const waiting = new Map<number, Waiting>();
  let last = 0;
  worker.addEventListener('message', ({ data: message }: MessageEvent<FromSimulator>) => {
    const one = waiting.get(message.id);
    if (!one) return;
    if ('told' in message) return one.told?.(message.told);
    waiting.delete(message.id);
    if (message.ok) one.done(message.value);
    else one.failed(errorFrom(message.error));
  });
  worker.addEventListener('error', ({ message }) => {
    for (const { failed } of waiting.values()) failed(new Error(`the simulator stopped: ${message}`));
    waiting.clear();
  });
  const start: Remote['start'] = (kind, ask, told) => {
    const id = ++last;
    const answer = new Promise<unknown>((done, failed) => waiting.set(id, { done, failed, told }));
    worker.postMessage({ id, kind, ask });
    return { answer: answer as never, cancel: () => worker.postMessage({ id, kind: 'cancel' }) };
  };
  start('data', data).answer.catch(() => {});
  return { start, call: (kind, ask, told) => start(kind, ask, told).answer, end: () => worker.terminate() };
}
