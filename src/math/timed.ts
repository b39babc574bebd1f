// Columns of times and numbers, block after block, as one pair of columns. What the numbers mean is the caller's.

export type Timed = readonly [time: Float64Array, number: Uint32Array];

/** The blocks one after the other; a single one that holds something as it is. */
export function chained(blocks: readonly Timed[]): Timed {
  const used = blocks.filter(([time]) => time.length > 0);
  if (used.length === 1) return used[0]!;
  const length = used.reduce((sum, [time]) => sum + time.length, 0);
  const [times, numbers] = [new Float64Array(length), new Uint32Array(length)];
  let at = 0;
  for (const [time, number] of used) {
    times.set(time, at);
    numbers.set(number, at);
    at += time.length;
  }
  return [times, numbers];
}

/** The same in order of time, where blocks overlap; equal times stay in the order of the blocks. */
export function ordered(blocks: readonly Timed[]): Timed {
  const [time, number] = chained(blocks);
  let sorted = true;
  for (let k = 1; k < time.length && sorted; k++) sorted = time[k - 1]! <= time[k]!;
  if (sorted) return [time, number];
  const order = Uint32Array.from(time, (_, k) => k).sort((a, b) => time[a]! - time[b]! || a - b);
  return [Float64Array.from(order, (k) => time[k]!), Uint32Array.from(order, (k) => number[k]!)];
}
