// Ten thousand random neurons against an independent integration.
import { expect, it } from 'vitest';
import { eventEngines } from '../../src/run/verify.node.ts';
import { compared } from './property.ts';

for (const [backend, engine] of Object.entries(eventEngines))
  it(`${backend}: 10,000 random neurons fire as an independent integration says, none missed, none added`, () => {
    const tally = compared(engine, 0, 10_000, 5e-9);
    console.log(backend, tally);
    expect(tally.spikes).toBeGreaterThan(50_000);
    expect(tally.undecided).toBeLessThanOrEqual(5);
  });
