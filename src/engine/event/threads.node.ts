// The event engine on several of Node's threads: the same bits as on one, for networks whose smallest delay is above 0.
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';
import { bundled } from '../../bundled.node.ts';
import { type ErrorPlace, SettleError } from '../../errors.ts';
import { words } from '../../backends/wasm/layout.ts';
import { awaitChange } from '../../backends/wasm/threads.ts';
import { checkFed, checkNetwork, checkSent } from './check.ts';
import { answerWord, boardBytes, type Command, leastDelay, member } from './crew.ts';
import { chainedSpikes } from './blocks.ts';
import type { EventEngine, EventState, SpikeBlock } from './engine.ts';
import type { EventNetwork } from './network.ts';
import { partOfBias, partOfInputs, type Share, wholeState } from './parts.ts';
import { leftToReference, wasmEventEngine } from './wasm.ts';

export interface ThreadedEventEngine extends EventEngine {
  readonly threads: number;
  /** Why it is one thread where more were asked for. */
  readonly alone?: string;
  /** Ends the threads. Once `weights` have been asked for, every `advance` hands them to all threads first. */
  close(): void;
}

/** Why a network is run by one thread, or undefined. */
export function leftAlone(network: EventNetwork): string | undefined {
  if (leftToReference(network) !== undefined) return leftToReference(network);
  return leastDelay(network) > 0 ? undefined : 'delays of 0: nobody can run ahead';
}

/** @throws SettleError of kind `input` for a network that cannot be simulated */
export function threadedEventEngine(network: EventNetwork, threads: number, from?: EventState): ThreadedEventEngine {
  const parts = Math.max(1, Math.min(threads, network.neurons));
  const alone = threads > 1 ? leftAlone(network) : undefined;
  if (parts === 1 || alone !== undefined) {
    const engine = wasmEventEngine(network, from) as EventEngine & Partial<ThreadedEventEngine>;
    return Object.assign(engine, { threads: 1, close: () => {} }, alone === undefined ? {} : { alone });
  }
  checkNetwork(network);
  if (from && from.origin === null) throw new SettleError('the state is of another engine', { kind: 'input', found: 'one of the reference', expected: 'one of wasm' }); // prettier-ignore
  const { neurons, types } = network;
  const common = { ...network, connections: shared(network.connections) };
  const control = new Int32Array(new SharedArrayBuffer(4 * (16 + parts)));
  const board = new SharedArrayBuffer(boardBytes(parts));
  const start = (part: number): Parameters<typeof member>[0] => ({ network: common, share: { part, parts }, from, control, board }); // prettier-ignore
  const ports = Array.from({ length: parts - 1 }, (_, k) => hire(start(k + 1), control));
  const first = member(start(0));
  const heard = new Int32Array(parts);
  let counts = { ...(from?.counts ?? first.part.counts) };
  let handsWeights = false;
  /** Also after an error: the parts are then at different times. */
  let closed = false;

  const tell = (command: (share: Share) => Command): void => {
    if (closed) throw new SettleError('the event engine is closed', { kind: 'defect' });
    ports.forEach((port, k) => port.postMessage(command({ part: k + 1, parts })));
    Atomics.add(control, words.command, 1);
    Atomics.notify(control, words.command);
  };
  const answer = (part: number): unknown => {
    awaitChange(control, answerWord(part), heard[part]!);
    heard[part]!++;
    for (;;) {
      const message = receiveMessageOnPort(ports[part - 1]!);
      if (message) return message.message;
    }
  };
  /** Of the thread that has the neuron. */
  function ask<T>(n: number, command: (neuron: number) => Command, own: (neuron: number) => T): T {
    const [part, at] = [n % parts, Math.floor(n / parts)];
    if (part === 0) return own(at);
    tell((share) => (share.part === part ? command(at) : { do: 'nothing' }));
    return answer(part) as T;
  }

  return {
    backend: 'wasm',
    threads: parts,
    get time() {
      return first.part.time;
    },
    get counts() {
      return { ...counts };
    },
    get weights() {
      handsWeights = true;
      return common.connections.weight;
    },
    advance(until) {
      if (handsWeights) {
        tell(() => ({ do: 'takeWeights' }));
        first.takeWeights();
      }
      const told = Array.from({ length: parts }, (): SpikeBlock[] => []);
      tell(() => ({ do: 'advance', until }));
      closed = true;
      const failed = first.advance(until, (part, spikes) => told[part]!.push(spikes));
      if (failed !== undefined) {
        const { message, place } = answer(failed) as { message: string; place: ErrorPlace };
        throw new SettleError(message, place);
      }
      closed = false;
      counts = first.counts();
      return inOrder(told.map(chainedSpikes));
    },
    potential: (n) => ask(n, (neuron) => ({ do: 'potential', neuron }), (neuron) => first.part.potential(neuron)),
    current: (n, type) => ask(n, (neuron) => ({ do: 'current', neuron, type }), (neuron) => first.part.current(neuron, type)),
    state() {
      tell(() => ({ do: 'state' }));
      const own = first.part.state();
      return wholeState([own, ...ports.map((_, k) => answer(k + 1) as EventState)], neurons, types.length);
    },
    send(spikes) {
      checkSent(spikes, neurons, first.part.time);
      tell(() => ({ do: 'send', spikes }));
      first.part.relay(spikes);
    },
    feed(inputs) {
      checkFed(inputs, network, first.part.time);
      tell((share) => ({ do: 'feed', inputs: partOfInputs(inputs, share) }));
      first.part.feed(partOfInputs(inputs, { part: 0, parts }));
    },
    setBias(bias) {
      tell((share) => ({ do: 'setBias', bias: partOfBias(bias, share) }));
      first.part.setBias(partOfBias(bias, { part: 0, parts }));
    },
    close() {
      if (!closed) tell(() => ({ do: 'close' }));
      closed = true;
    },
  };
} // prettier-ignore

/** Arrays that all threads see: copied once, unless they are shared already. */
function shared<T extends object>(arrays: T): T {
  const own = Object.entries(arrays).map(([key, value]) => {
    const array = value as Uint32Array;
    if (array.buffer instanceof SharedArrayBuffer) return [key, array];
    const copy = new (array.constructor as new (room: SharedArrayBuffer) => Uint32Array)(new SharedArrayBuffer(array.byteLength)); // prettier-ignore
    copy.set(array);
    return [key, copy];
  });
  return Object.fromEntries(own) as T;
}

function hire(start: object, control: Int32Array): MessagePort {
  const { port1, port2 } = new MessageChannel();
  const worker = new Worker(bundled('event-worker.js'), { workerData: { start, port: port2 }, transferList: [port2] });
  worker.on('error', () => Atomics.store(control, words.failed, 1));
  worker.unref();
  port1.unref();
  return port1;
}

/** Blocks of several threads as one: by time; at one instant by generation, which ends where numbers do not rise; by neuron. */
function inOrder(blocks: readonly SpikeBlock[]): SpikeBlock {
  const length = blocks.reduce((sum, { time }) => sum + time.length, 0);
  const all = { time: new Float64Array(length), neuron: new Uint32Array(length) };
  const at = blocks.map(() => 0);
  const generation = blocks.map(() => 0);
  for (let k = 0; k < length; k++) {
    let least = -1;
    for (let q = 0; q < blocks.length; q++) {
      const { time, neuron } = blocks[q]!;
      if (at[q] === time.length) continue;
      const other = blocks[least];
      const [t, n, i] = [time[at[q]!]!, neuron[at[q]!]!, at[least]!];
      const by = other ? t - other.time[i]! || generation[q]! - generation[least]! || n - other.neuron[i]! : -1;
      if (by < 0) least = q;
    }
    const { time, neuron } = blocks[least]!;
    const i = at[least]!++;
    all.time[k] = time[i]!;
    all.neuron[k] = neuron[i]!;
    const again = time[i + 1] === time[i];
    generation[least] = again ? generation[least]! + (neuron[i + 1]! <= neuron[i]! ? 1 : 0) : 0;
  }
  return all;
}
