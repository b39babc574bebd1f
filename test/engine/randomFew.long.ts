// A few of the random neurons; test/engine/random.long.ts has ten thousand.
import { expect, it } from 'vitest';
import { eventEngines } from '../../src/run/verify.node.ts';
import { uniform24 } from '../../src/math/random.ts';
import { compared } from './property.ts';
import { drawn } from './taylor.ts';

for (const [backend, engine] of Object.entries(eventEngines))
  it(`${backend}: 200 random neurons fire as an independent integration says, none missed, none added`, () => {
    const tally = compared(engine, 0, 200, 5e-9);
    expect(tally.spikes).toBeGreaterThan(1000);
    expect(tally.undecided).toBeLessThanOrEqual(1);
  });

it('with floors, caps, kept jumps, subtraction and integrators too, wasm does as the reference', () => {
  let spikes = 0;
  for (let index = 0; index < 400; index++) {
    const { network, stop } = drawn(index, 2);
    const u = (k: number): number => uniform24(5, 6, index, k, 0);
    const [plain] = network.groups;
    const group = {
      ...plain!,
      membraneTimeConstant: u(0) < 0.25 ? Infinity : plain!.membraneTimeConstant,
      resistance: u(0) < 0.25 ? 2 / plain!.membraneTimeConstant : 2,
      resetBy: u(1) < 0.5 ? 'value' : 'subtraction',
      floor: u(2) < 0.7 ? plain!.reset - 4 * u(3) : -Infinity,
      cap: u(4) < 0.3 ? -50 + 8 * u(5) - 3 : Infinity,
      refractory: { ...plain!.refractory, arrivals: u(6) < 0.5 ? 'keep' : 'lose' },
    } as const;
    // Integrators with a constant current and no leak would fire without end.
    const made = { ...network, groups: [group], bias: group.membraneTimeConstant === Infinity ? Float64Array.of(u(7) - 0.5) : network.bias }; // prettier-ignore
    const [right, found] = [eventEngines.reference(made), eventEngines.wasm(made)];
    expect(found.backend).toBe('wasm');
    const [a, b] = [right.advance(stop), found.advance(stop)];
    expect(b.time.length, `neuron ${index}`).toBe(a.time.length);
    a.time.forEach((t, k) => expect(Math.abs(b.time[k]! - t), `neuron ${index}, spike ${k}`).toBeLessThan(1e-9 * Math.max(1, t))); // prettier-ignore
    expect(Math.abs(found.potential(0) - right.potential(0)), `neuron ${index}`).toBeLessThan(1e-6);
    spikes += a.time.length;
  }
  expect(spikes).toBeGreaterThan(2000);
});
