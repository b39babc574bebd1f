// What a file of spikes holds, in numbers: gone through once. It prints nothing.
import type { Spikes } from './spikes.ts';

export interface SpikeSummary {
  readonly format: string;
  readonly spikes: number;
  /** That spiked. */
  readonly neurons: number;
  /** Seconds; null without spikes. */
  readonly first: number | null;
  readonly last: number | null;
  /** Seconds; null where times are exact. */
  readonly tick: number | null;
  /** Names without their [number], in order of first appearance; none where the file knows addresses only. */
  readonly populations: readonly { readonly name: string; readonly spikes: number; readonly neurons: number }[];
  readonly largestAddress: number | null;
  readonly examples: number | null;
  readonly notes: readonly string[];
}

export function summaryOf(spikes: Spikes): SpikeSummary {
  let counts = new Uint32Array(1024);
  const beyond = new Map<number, number>();
  let [total, first, last, largest] = [0, null as number | null, null as number | null, -1];
  for (const { time, address } of spikes.blocks) {
    if (time.length === 0) continue;
    first ??= time[0]!;
    last = time.at(-1)!;
    total += time.length;
    for (const who of address) {
      if (who > largest) largest = who;
      if (who >= 2 ** 24) beyond.set(who, (beyond.get(who) ?? 0) + 1);
      else {
        if (who >= counts.length) {
          const larger = new Uint32Array(2 ** Math.ceil(Math.log2(who + 1)));
          larger.set(counts);
          counts = larger;
        }
        counts[who]!++;
      }
    }
  }
  const populations = new Map<string, { spikes: number; neurons: number }>();
  let neurons = 0;
  const add = (count: number, address: number): void => {
    if (count === 0) return;
    neurons++;
    const name = spikes.nameOf?.(address).replace(/\[\d+\]$/, '');
    if (name === undefined) return;
    const known = populations.get(name);
    if (known) [known.spikes, known.neurons] = [known.spikes + count, known.neurons + 1];
    else populations.set(name, { spikes: count, neurons: 1 });
  };
  counts.forEach(add);
  for (const [address, count] of beyond) add(count, address);
  const seconds = (time: number | null): number | null => (time === null ? null : Number((time * spikes.unit).toPrecision(15))); // prettier-ignore
  return {
    format: spikes.format, spikes: total, neurons, first: seconds(first), last: seconds(last), tick: spikes.whole ? spikes.unit : null,
    populations: Array.from(populations, ([name, each]) => ({ name, ...each })),
    largestAddress: spikes.nameOf ? null : largest, examples: spikes.examples?.size ?? null, notes: spikes.notes(),
  }; // prettier-ignore
}
