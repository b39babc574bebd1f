// What a chip's inputs receive for one example: the spikes that settle's own read-out draws for it, as lists by tick. It
// knows `encode` and no network.
import { spikeProbability } from '../../data/encode.ts';
import type { Population } from '../../model/model.ts';
import { uniform24 } from '../../math/random.ts';
import type { Stimulus } from './network.ts';

/** Streams of the clocked engine (engine/clocked.ts): phases of regular inputs, uniforms of Poisson inputs. */
const [phaseStream, poissonStream] = [64, 128];

export interface StimulusOptions {
  readonly encode: Population['encode'];
  /** Seconds a tick, and ticks. */
  readonly step: number;
  readonly ticks: number;
  /** Seed of the random clock, and the example's number in its set. */
  readonly clock: number;
  readonly example: number;
}

/** No input events at all: inputs that are constant currents. */
export const silence = (ticks: number): Stimulus => ({ offsets: new Int32Array(ticks + 1), units: new Int32Array(0) });

/** Spikes of inputs with values in [0, 1]. */
export function stimulusOf(values: ArrayLike<number>, options: StimulusOptions): Stimulus {
  const { encode, step, ticks, clock, example } = options;
  if (encode.kind === 'current') return silence(ticks);
  const lists: number[][] = Array.from({ length: ticks }, () => []);
  for (let unit = 0; unit < values.length; unit++) {
    const x = values[unit]!;
    if (!(x > 0)) continue;
    if (encode.kind === 'poisson') {
      const probability = spikeProbability(x, encode.rate, step);
      for (let t = 0; t < ticks; t++)
        if (uniform24(clock, poissonStream, example, unit, t) < probability) lists[t]!.push(unit);
      continue;
    }
    const advance = encode.rate * x * step;
    let phase = uniform24(clock, phaseStream, example, unit, 0);
    for (let t = 0; t < ticks; t++) {
      phase += advance;
      if (phase < 1) continue;
      phase -= 1;
      lists[t]!.push(unit);
    }
  }
  const offsets = new Int32Array(ticks + 1);
  lists.forEach((list, t) => (offsets[t + 1] = offsets[t]! + list.length));
  return { offsets, units: Int32Array.from(lists.flat()) };
}
