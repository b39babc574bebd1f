// Blocks of spikes put together.
import type { Spikes } from './simulation.ts';

/** Blocks one after the other. */
export function joinedSpikes(blocks: readonly Spikes[]): Spikes {
  const used = blocks.filter(({ time }) => time.length > 0);
  if (used.length === 1) return used[0]!;
  const length = used.reduce((sum, { time }) => sum + time.length, 0);
  const [time, unit] = [new Float64Array(length), new Uint32Array(length)];
  let at = 0;
  for (const block of used) {
    time.set(block.time, at);
    unit.set(block.unit, at);
    at += block.time.length;
  }
  return { time, unit };
}

/** The same in order of time, where blocks overlap; equal times stay in the order of the blocks. */
export function orderedSpikes(blocks: readonly Spikes[]): Spikes {
  const { time, unit } = joinedSpikes(blocks);
  let sorted = true;
  for (let k = 1; k < time.length && sorted; k++) sorted = time[k - 1]! <= time[k]!;
  if (sorted) return { time, unit };
  const order = Uint32Array.from(time, (_, k) => k).sort((a, b) => time[a]! - time[b]! || a - b);
  return { time: Float64Array.from(order, (k) => time[k]!), unit: Uint32Array.from(order, (k) => unit[k]!) };
}
