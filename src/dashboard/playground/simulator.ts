// A simulator behind calls: one session at a time, one call after the other; a cancel is heard at once. The page runs it in a
// worker; it knows no worker.
import type { Backend } from '../../backends/backend.ts';
import type { DataSet } from '../../data/dataset.ts';
import { SettleError } from '../../errors.ts';
import { openSession, type Session } from '../../run/session.ts';
import { entryOf } from '../../run/tables.ts';
import { type Calls, type FromSimulator, type Kind, plainError, type ToSimulator } from './calls.ts';

export interface SimulatorOptions {
  readonly backends: Readonly<Record<string, () => Backend>>;
  say(message: FromSimulator): void;
  /** Milliseconds. */
  clock(): number;
  /** Lets messages come in. */
  breathe(): Promise<void>;
}

type Handlers = { readonly [K in Kind]: (ask: Calls[K]['ask'], call: Call) => Promise<Calls[K]['answer']> };
interface Call {
  readonly id: number;
  aborted: boolean;
}

/** Milliseconds between two breaths, and between two figures of progress. */
const breathEvery = 30;
const progressEvery = 80;

/** Takes messages in; the answers go to `say`. */
export function simulator({ backends, say, clock, breathe }: SimulatorOptions): (message: ToSimulator) => void {
  let data: DataSet | null = null;
  let session: Session | null = null;
  let queue: Promise<void> = Promise.resolve();
  const open = new Map<number, Call>();
  const handlers: Handlers = {
    async data(given) {
      data = given;
      return null;
    },
    async open({ text, file, set = [], backend, checkpoint }) {
      if (!data) throw new SettleError('no examples yet', { kind: 'defect' });
      const made = await openSession({ text, file, set, backend: entryOf(backends, 'backend', backend, 'backend')(), data, checkpoint }); // prettier-ignore
      await session?.close();
      session = made;
      const { about, device, resolvedYaml, inputs, state } = made;
      return { about, device, resolvedYaml, inputs, epoch: state.epoch, examples: state.examples };
    },
    show: ({ what, label }) => opened().show(what, label),
    async train({ epochs }, call) {
      const breath = breather();
      let told = -Infinity;
      let [begun, idle] = [clock(), 0];
      const seconds = (): number => (clock() - begun - idle) / 1000;
      const state = await opened().train({
        epochs,
        signal: call,
        breathe: () => {
          const pause = breath();
          const from = clock();
          return pause?.then(() => void (idle += clock() - from));
        },
        wanted: () => clock() - told >= progressEvery,
        onProgress(progress) {
          told = clock();
          say({ id: call.id, told: { kind: 'progress', progress, seconds: seconds() } });
        },
        onEpoch({ epoch, examples, trainError, test }) {
          say({ id: call.id, told: { kind: 'epoch', epoch, examples, trainError, testError: test.wrong / test.examples, seconds: seconds() } }); // prettier-ignore
        },
      });
      return { epoch: state.epoch, examples: state.examples };
    },
    async readOut({ examples }, call) {
      const begun = clock();
      const found = await opened().readOut(examples, { signal: call, breathe: breather() });
      if (!found) throw new SettleError('stopped', { kind: 'input', path: 'readOut' });
      return { ...found, seconds: (clock() - begun) / 1000 };
    },
    checkpoint: async () => opened().checkpoint(),
    trace: async (frames) => opened().trace(frames),
  };

  function opened(): Session {
    if (!session) throw new SettleError('no network is open', { kind: 'input', path: 'model' });
    return session;
  }
  function breather(): () => Promise<void> | undefined {
    let last = clock();
    return () => {
      if (clock() - last < breathEvery) return undefined;
      return breathe().then(() => void (last = clock()));
    };
  }
  async function perform(call: Call, kind: Kind, ask: unknown): Promise<void> {
    try {
      const value = await (handlers[kind] as (ask: unknown, call: Call) => Promise<unknown>)(ask, call);
      say({ id: call.id, ok: true, value });
    } catch (error) {
      say({ id: call.id, ok: false, error: plainError(error) });
    } finally {
      open.delete(call.id);
    }
  }
  return (message) => {
    if (message.kind === 'cancel') {
      const call = open.get(message.id);
      if (call) call.aborted = true;
      return;
    }
    const call = { id: message.id, aborted: false };
    open.set(message.id, call);
    queue = queue.then(() => perform(call, message.kind, message.ask));
  };
}
