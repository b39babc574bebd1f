// Blocks of spikes put together.
import { chained } from '../../math/timed.ts';
import type { SpikeBlock } from './engine.ts';

/** Blocks one after the other. */
export function chainedSpikes(blocks: readonly SpikeBlock[]): SpikeBlock {
  const [time, neuron] = chained(blocks.map((block) => [block.time, block.neuron]));
  return { time, neuron };
}
