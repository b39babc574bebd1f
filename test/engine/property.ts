// Neurons drawn at random on an engine and by independent integration: no spike missed, none added.
import { expect } from 'vitest';
import type { EventEngine } from '../../src/engine/event/engine.ts';
import type { EventNetwork } from '../../src/engine/event/network.ts';
import { drawn, integrated } from './taylor.ts';

export interface Tally {
  spikes: number;
  /** Neurons with a maximum so near threshold that the integration cannot tell: left out. */
  undecided: number;
  /** Largest |time error| x slope, mV. */
  worst: number;
}

/** @param within largest time error x slope, mV (drives reach 1e4 mV) */
export function compared(
  engine: (network: EventNetwork) => EventEngine,
  from: number,
  to: number,
  within: number,
): Tally {
  // prettier-ignore
  const tally: Tally = { spikes: 0, undecided: 0, worst: 0 };
  for (let index = from; index < to; index++) {
    const neuron = drawn(index);
    const { spikes, margin } = integrated(neuron);
    const { time } = engine(neuron.network).advance(neuron.stop);
    const flattest = Math.min(...spikes.map(({ slope }) => slope * neuron.network.groups[0]!.membraneTimeConstant));
    if (margin < 1e-10 || flattest < 1e-7) {
      tally.undecided++;
      continue;
    }
    tally.spikes += spikes.length;
    expect(time.length, `neuron ${index}`).toBe(spikes.length);
    spikes.forEach(({ time: right, slope }, k) => {
      const error = Math.abs(time[k]! - right);
      // Up to the resolution of time itself.
      const along = slope === Infinity ? error : Math.max(0, error - 2 ** -50 * right) * slope;
      tally.worst = Math.max(tally.worst, along);
      expect(along, `neuron ${index}, spike ${k} at ${right}`).toBeLessThan(within);
    });
  }
  return tally;
}
