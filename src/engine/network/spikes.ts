// Blocks of spikes put together.
import { chained, ordered, type Timed } from '../../math/timed.ts';
import type { Spikes } from './simulation.ts';

const columns = (blocks: readonly Spikes[]): Timed[] => blocks.map(({ time, unit }) => [time, unit]);
const spikes = ([time, unit]: Timed): Spikes => ({ time, unit });

/** Blocks one after the other. */
export const joinedSpikes = (blocks: readonly Spikes[]): Spikes => spikes(chained(columns(blocks)));

/** The same in order of time, where blocks overlap; equal times stay in the order of the blocks. */
export const orderedSpikes = (blocks: readonly Spikes[]): Spikes => spikes(ordered(columns(blocks)));
