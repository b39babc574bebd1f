// A few of the random neurons; test/engine/random.long.ts has ten thousand.
import { expect, it } from 'vitest';
import { eventEngines } from '../../src/run/verify.node.ts';
import { compared } from './property.ts';

for (const [backend, engine] of Object.entries(eventEngines))
  it(`${backend}: 200 random neurons fire as an independent integration says, none missed, none added`, () => {
    const tally = compared(engine, 0, 200, 5e-9);
    expect(tally.spikes).toBeGreaterThan(1000);
    expect(tally.undecided).toBeLessThanOrEqual(1);
  });
