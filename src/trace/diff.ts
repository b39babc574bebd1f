// Two files of spikes beside each other, neuron by neuron and in order of time: memory holds what waits for its partner and
// no more. A spike has a partner if the other file has one of the same neuron within the tolerance; the earliest come first.
import type { SpikeBlock, Spikes } from './spikes.ts';

export interface Side {
  readonly spikes: Spikes;
  /** What a neuron is called in both files; null for what is no neuron. */
  nameOf(address: number): string | null;
}

export interface Lack {
  count: number;
  /** Seconds. */
  first: number;
}

export interface SpikeDifference {
  readonly expected: number;
  readonly actual: number;
  /** Of the pairs, the largest difference in time, seconds. */
  readonly largest: number;
  /** By neuron, in order of its first difference. */
  readonly neurons: ReadonlyMap<string, { readonly missing: Lack | null; readonly extra: Lack | null }>;
  readonly first: { readonly neuron: string; readonly time: number; readonly missing: boolean } | null;
}

/** Times within so many units in the last place are the same: what sums and units of time lose. */
const slack = 16 * Number.EPSILON;

export function diffSpikes(expected: Side, actual: Side, tolerance: number): SpikeDifference {
  const indices = new Map<string, number>();
  const names: string[] = [];
  const lists: Waiting[] = [];
  const found: [Map<number, Lack>, Map<number, Lack>] = [new Map(), new Map()];
  let largest = 0;
  const lack = (side: 0 | 1, who: number, time: number): void => {
    const known = found[side].get(who);
    if (!known) found[side].set(who, { count: 1, first: time });
    else {
      known.count++;
      known.first = Math.min(known.first, time);
    }
  };
  const sides = [expected, actual].map((side) => cursorOf(side, indices, names, lists)) as [Cursor, Cursor];
  for (;;) {
    const side = sides[0].time <= sides[1].time ? 0 : 1;
    const { time, who } = sides[side];
    if (time === Infinity) break;
    const waiting = lists[who]!;
    const reach = tolerance + slack * Math.abs(time);
    while (waiting.times.length > 0 && waiting.times[0]! < time - reach) lack(waiting.side, who, waiting.times.shift()!);
    if (waiting.times.length > 0 && waiting.side !== side) largest = Math.max(largest, time - waiting.times.shift()!);
    else {
      waiting.side = side;
      waiting.times.push(time);
    }
    sides[side].next();
  }
  lists.forEach(({ side, times }, who) => times.forEach((time) => lack(side, who, time)));
  const neurons = [...new Set([...found[0].keys(), ...found[1].keys()])]
    .map((who) => ({ name: names[who]!, missing: found[0].get(who) ?? null, extra: found[1].get(who) ?? null }))
    .map((each) => ({ ...each, time: Math.min(each.missing?.first ?? Infinity, each.extra?.first ?? Infinity) }))
    .sort((a, b) => a.time - b.time);
  const [first] = neurons;
  return {
    expected: sides[0].count, actual: sides[1].count, largest: Math.min(largest, tolerance),
    neurons: new Map(neurons.map(({ name, missing, extra }) => [name, { missing, extra }])),
    first: first ? { neuron: first.name, time: first.time, missing: first.missing?.first === first.time } : null,
  };
} // prettier-ignore

interface Waiting {
  side: 0 | 1;
  readonly times: number[];
}

interface Cursor {
  /** Seconds; Infinity at the end. */
  time: number;
  who: number;
  count: number;
  next(): void;
}

function cursorOf({ spikes, nameOf }: Side, indices: Map<string, number>, names: string[], lists: Waiting[]): Cursor {
  const blocks = spikes.blocks[Symbol.iterator]();
  const known: number[] = [];
  let block: SpikeBlock | null = null;
  let at = 0;
  const indexOf = (address: number): number => {
    const name = nameOf(address);
    if (name === null) return -1;
    let index = indices.get(name);
    if (index === undefined) {
      indices.set(name, (index = names.length));
      names.push(name);
      lists.push({ side: 0, times: [] });
    }
    return index;
  };
  const cursor: Cursor = {
    time: -Infinity,
    who: 0,
    count: -1,
    next() {
      cursor.count++;
      do {
        while (!block || at >= block.time.length) {
          const next = blocks.next();
          if (next.done) {
            cursor.time = Infinity;
            return;
          }
          [block, at] = [next.value, 0];
        }
        const address = block.address[at]!;
        cursor.time = block.time[at++]! * spikes.unit;
        cursor.who = address < 1e7 ? (known[address] ??= indexOf(address)) : indexOf(address);
      } while (cursor.who < 0);
    },
  };
  cursor.next();
  return cursor;
}

/** How many seconds two files may differ where nobody says: nothing, or what one of them lost by rounding to its tick. */
export function ownTolerance(a: Spikes, b: Spikes): number {
  if (!a.whole && !b.whole) return 0;
  if (a.whole !== b.whole) return (a.whole ? a.unit : b.unit) / 2;
  const [fine, coarse] = [Math.min(a.unit, b.unit), Math.max(a.unit, b.unit)];
  const ratio = coarse / fine;
  return Math.abs(ratio - Math.round(ratio)) < 1e-9 * ratio ? 0 : fine / 2;
}

/** The tick that a tolerance in ticks counts, seconds: the coarser of the two. Null where neither file has ticks. */
export const tickOfBoth = (a: Spikes, b: Spikes): number | null => {
  const ticks = [a, b].filter(({ whole }) => whole).map(({ unit }) => unit);
  return ticks.length === 0 ? null : Math.max(...ticks);
};
