// Threads that share a network: each owns a part of the neurons (parts.ts) and runs it alone for as long as the smallest delay,
// after which all exchange their spikes. Which thread has a neuron changes no bit. It starts no thread; threads.node.ts does.
import { awaitChange } from '../../backends/wasm/threads.ts';
import { words } from '../../backends/wasm/layout.ts';
import type { EventCounts, EventState, SpikeBlock } from './engine.ts';
import type { EventNetwork, InputEvents } from './network.ts';
import { fillWeights, partOfNetwork, partOfState, type Share } from './parts.ts';
import { type EventPart, wasmEventPart } from './wasm.ts';

/** What a worker is given: the network in shared memory, and where the crew meets. */
export interface CrewStart {
  readonly network: EventNetwork;
  readonly share: Share;
  readonly from: EventState | undefined;
  /** The words of the wasm backend's crews; behind them one for each thread's answers. */
  readonly control: Int32Array;
  readonly board: SharedArrayBuffer;
}

export type Command =
  | { readonly do: 'advance'; readonly until: number }
  | { readonly do: 'send'; readonly spikes: SpikeBlock }
  | { readonly do: 'feed'; readonly inputs: InputEvents }
  | { readonly do: 'setBias'; readonly bias: Float64Array }
  | { readonly do: 'takeWeights' }
  | { readonly do: 'potential'; readonly neuron: number }
  | { readonly do: 'current'; readonly neuron: number; readonly type: number }
  | { readonly do: 'state' }
  | { readonly do: 'nothing' }
  | { readonly do: 'close' };

export const answerWord = (part: number): number => 16 + part;

/** Spikes of one thread that are told at once; twice, since a slow reader may still be at the last ones. */
const most = 16_384;
const headBytes = 64;
const pageBytes = headBytes + 12 * most;
export const boardBytes = (parts: number): number => 2 * parts * pageBytes;

interface Page {
  /** Spikes told, whether more follow (-1: failed), next event, then spikes, arrivals and inputs so far. */
  readonly head: Float64Array;
  readonly time: Float64Array;
  readonly neuron: Uint32Array;
}

/** Smallest delay of a network's synapses; Infinity without any. */
export function leastDelay({ connections: { delay, synapseOf } }: EventNetwork): number {
  return delay.reduce((least, value, g) => (synapseOf[g + 1]! > synapseOf[g]! ? Math.min(least, value) : least), Infinity); // prettier-ignore
}

export interface Member {
  readonly part: EventPart;
  /** Of all parts, at the end of the last `advance`. */
  counts(): EventCounts;
  /** Runs this thread's share; what all threads fired, by part. The part that could not go on, if any. */
  advance(until: number, told?: (part: number, spikes: SpikeBlock) => void): number | undefined;
  takeWeights(): void;
}

/** This thread's member of the crew. */
export function member({ network, share, from, control, board }: CrewStart): Member {
  const { part: own, parts } = share;
  const least = leastDelay(network);
  const part = wasmEventPart(partOfNetwork(network, share), from && partOfState(from, network, share), (n) => n * parts + own); // prettier-ignore
  const pages = Array.from({ length: 2 * parts }, (_, k): Page => ({
    head: new Float64Array(board, k * pageBytes, headBytes / 8),
    time: new Float64Array(board, k * pageBytes + headBytes, most),
    neuron: new Uint32Array(board, k * pageBytes + headBytes + 8 * most, most),
  })); // prettier-ignore
  let turn = 0;
  const meet = (): void => {
    const passed = Atomics.load(control, words.barrier);
    if (Atomics.add(control, words.arrived, 1) === parts - 1) {
      Atomics.store(control, words.arrived, 0);
      Atomics.add(control, words.barrier, 1);
      Atomics.notify(control, words.barrier);
    } else awaitChange(control, words.barrier, passed);
  };
  const { connections } = network;
  return {
    part,
    counts() {
      const sum = (k: number): number => pages.slice(turn * parts, (turn + 1) * parts).reduce((total, { head }) => total + head[k]!, 0); // prettier-ignore
      return { spikes: sum(3), arrivals: sum(4), inputs: sum(5) };
    },
    takeWeights: () => fillWeights(connections, share, part.weights),
    advance(until, told) {
      let soonest = part.time;
      let ended = false;
      while (!ended) {
        // No spike before `soonest`, so nothing arrives before the end; an event may move by its rounding.
        const end = Math.min(until, Math.max(part.time, soonest * (1 - 2 ** -40)) + least);
        ended = end === until;
        let spikes: SpikeBlock | undefined;
        let problem: unknown;
        try {
          spikes = part.advance(end);
        } catch (error) {
          problem = error;
        }
        const { next } = part;
        const { spikes: fired, arrivals, inputs } = part.counts;
        const length = spikes?.time.length ?? 0;
        soonest = Infinity;
        for (let at = 0, more = true; more; at += most) {
          turn = 1 - turn;
          const page = pages[turn * parts + own]!;
          const count = Math.max(0, Math.min(most, length - at));
          page.head.set([count, problem ? -1 : at + most < length ? 1 : 0, next, fired, arrivals, inputs]);
          for (let k = 0; k < count; k++) {
            page.time[k] = spikes!.time[at + k]!;
            page.neuron[k] = spikes!.neuron[at + k]! * parts + own;
          }
          meet();
          more = false;
          let failed: number | undefined;
          for (let q = 0; q < parts; q++) {
            const { head, time, neuron } = pages[turn * parts + q]!;
            const block = { time: time.subarray(0, head[0]), neuron: neuron.subarray(0, head[0]) };
            if (head[1] === -1) failed = q;
            if (head[1] === 1) more = true;
            soonest = Math.min(soonest, head[2]!, (head[0]! > 0 ? time[0]! : Infinity) + least);
            if (head[0] === 0) continue;
            part.relay(block);
            told?.(q, { time: block.time.slice(), neuron: block.neuron.slice() });
          }
          if (problem) throw problem;
          if (failed !== undefined) return failed;
        }
      }
      return undefined;
    },
  };
}

/** The life of a worker: it does what it is told until told to stop. An answer that is an error is `{ error }`. */
export function crewLife(start: CrewStart, take: () => Command | undefined, answer: (value: unknown) => void): void {
  const { control, share } = start;
  const say = (value: unknown): void => {
    answer(value);
    Atomics.add(control, answerWord(share.part), 1);
    Atomics.notify(control, answerWord(share.part));
  };
  try {
    const self = member(start);
    const { part } = self;
    for (let seen = 0; ; seen++) {
      awaitChange(control, words.command, seen);
      let command: Command | undefined;
      while (!command) command = take();
      switch (command.do) {
        case 'advance':
          try {
            self.advance(command.until);
          } catch (error) {
            say({ error });
          }
          break;
        case 'send':
          part.relay(command.spikes);
          break;
        case 'feed':
          part.feed(command.inputs);
          break;
        case 'setBias':
          part.setBias(command.bias);
          break;
        case 'takeWeights':
          self.takeWeights();
          break;
        case 'potential':
          say(part.potential(command.neuron));
          break;
        case 'current':
          say(part.current(command.neuron, command.type));
          break;
        case 'state':
          say(part.state());
          break;
        case 'nothing':
          break;
        case 'close':
          return;
      }
    }
  } catch (error) {
    Atomics.store(control, words.failed, 1);
    Atomics.notify(control, words.barrier);
    throw error;
  }
}
