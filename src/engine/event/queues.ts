// Queues: self-events with one place a neuron (an indexed 4-ary heap), spikes under way (a binary heap), and arrivals from
// outside in the order they came. Order is total, so that it does not depend on how a queue came about.
import type { InputEvents } from './network.ts';

export interface SelfEvents {
  /** Infinity when there is none. */
  readonly next: number;
  /** Neuron of the next event: the lowest number among equal times. */
  readonly first: number;
  timeOf(neuron: number): number;
  set(neuron: number, time: number): void;
}

export function selfEvents(neurons: number): SelfEvents {
  const key = new Float64Array(neurons).fill(Infinity);
  const heap = Uint32Array.from({ length: neurons }, (_, n) => n);
  const place = Uint32Array.from(heap);
  const before = (a: number, b: number): boolean => key[a]! < key[b]! || (key[a] === key[b] && a < b);
  const put = (neuron: number, at: number): void => {
    heap[at] = neuron;
    place[neuron] = at;
  };
  return {
    get next() {
      return key[heap[0]!] ?? Infinity;
    },
    get first() {
      return heap[0]!;
    },
    timeOf: (neuron) => key[neuron]!,
    set(neuron, time) {
      key[neuron] = time;
      let at = place[neuron]!;
      while (at > 0) {
        const parent = (at - 1) >> 2;
        if (!before(neuron, heap[parent]!)) break;
        put(heap[parent]!, at);
        at = parent;
      }
      for (;;) {
        let least = -1;
        for (let child = 4 * at + 1; child <= 4 * at + 4 && child < neurons; child++)
          if (least < 0 || before(heap[child]!, heap[least]!)) least = child;
        if (least < 0 || !before(heap[least]!, neuron)) break;
        put(heap[least]!, at);
        at = least;
      }
      put(neuron, at);
    },
  };
}

/** A spike of `neuron` on its way through one segment of its row. */
export interface Delivery {
  readonly time: number;
  readonly neuron: number;
  readonly segment: number;
}

export const byTime = (a: Delivery, b: Delivery): number =>
  a.time - b.time || a.neuron - b.neuron || a.segment - b.segment;

export interface Deliveries {
  readonly next: number;
  push(delivery: Delivery): void;
  pop(): Delivery;
  all(): Delivery[];
}

export function deliveries(start: readonly Delivery[]): Deliveries {
  const heap = start.toSorted(byTime);
  return {
    get next() {
      return heap[0]?.time ?? Infinity;
    },
    push(delivery) {
      let at = heap.length;
      while (at > 0) {
        const parent = (at - 1) >> 1;
        if (byTime(heap[parent]!, delivery) <= 0) break;
        heap[at] = heap[parent]!;
        at = parent;
      }
      heap[at] = delivery;
    },
    pop() {
      const top = heap[0]!;
      const last = heap.pop()!;
      if (heap.length > 0) {
        let at = 0;
        for (;;) {
          let child = 2 * at + 1;
          if (child >= heap.length) break;
          if (child + 1 < heap.length && byTime(heap[child + 1]!, heap[child]!) < 0) child++;
          if (byTime(last, heap[child]!) <= 0) break;
          heap[at] = heap[child]!;
          at = child;
        }
        heap[at] = last;
      }
      return top;
    },
    all: () => heap.toSorted(byTime),
  };
}

/** Two lists of arrivals, each by time, as one; at one instant those of the first come first. */
export function merged(first: InputEvents, second: InputEvents): InputEvents {
  const length = first.time.length + second.time.length;
  const time = new Float64Array(length);
  const neuron = new Uint32Array(length);
  const type = new Uint8Array(length);
  const weight = new Float64Array(length);
  let [a, b] = [0, 0];
  for (let k = 0; k < length; k++) {
    const own = b === second.time.length || first.time[a]! <= second.time[b]!;
    const [from, at] = own ? [first, a++] : [second, b++];
    time[k] = from.time[at]!;
    neuron[k] = from.neuron[at]!;
    type[k] = from.type[at]!;
    weight[k] = from.weight[at]!;
  }
  return { time, neuron, type, weight };
}

/** What of a list of arrivals has not been taken, copied. */
export function rest({ time, neuron, type, weight }: InputEvents, taken: number): InputEvents {
  return { time: time.slice(taken), neuron: neuron.slice(taken), type: type.slice(taken), weight: weight.slice(taken) };
}
