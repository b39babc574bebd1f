// Trials of creatures: what walks scores, and what would cheat scores nothing.
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { brainStep } from '../../../src/search/creatures/brain.ts';
import { bodyOf } from '../../../src/search/creatures/body.ts';
import type { Genotype } from '../../../src/search/creatures/genotype.ts';
import { finer, impossible, once, trial } from '../../../src/search/creatures/trial.ts';
import { creatureWorld, openPhysics } from '../../../src/search/creatures/world.ts';
import { box, creature, edge, walker, wave } from './bodies.ts';

beforeAll(openPhysics);
const walk = { task: 'walk' } as const;

describe('a trial', () => {
  it('swinging legs go somewhere, held legs do not', () => {
    const moving = trial(walker, walk);
    expect(moving.refused).toBeNull();
    expect(moving.score).toBeGreaterThan(0.1);
    const still = { ...walker, nodes: walker.nodes.map((node) => ({ ...node, neurons: [] })) };
    expect(trial(still, walk).score).toBeLessThan(0.05);
  });

  it('twice the same creature is the same trial, bit for bit, whatever came between', () => {
    const first = trial(walker, { ...walk, record: true });
    trial(creature([box()]), { task: 'jump' });
    const second = trial(walker, { ...walk, record: true });
    expect(second).toEqual(first);
    expect(first.track!.poses).toHaveLength(601 * 3 * 3);
  });

  it.each([2, 4])('a body falls as bodies do: half of g t^2, in %d steps', (substeps) => {
    const world = creatureWorld(bodyOf(creature([box()]))!, { medium: 'ground', substeps });
    const high = world.look().y;
    expect(high).toBeCloseTo(0.205, 6);
    world.step(null);
    // Velocities first: after k steps it is k g dt, and the fall is the sum of them times dt. (Half of g t^2, and g t dt / 2 more.)
    // Rapier divides each step by its solver's iterations, four unless it is told otherwise.
    const steps = 4 * substeps;
    const dt = brainStep / steps;
    const fallen = 9.81 * dt * dt * ((steps * (steps + 1)) / 2);
    // Physics has 24 bits: every step rounds a height of 0.2 and a velocity, which then acts in all steps that follow.
    const rounding = 2 ** -24 * (steps * high + steps * steps * 9.81 * brainStep * dt);
    expect(Math.abs(high - world.look().y - fallen)).toBeLessThan(2 * rounding);
    expect(rounding).toBeLessThan(2e-4 * fallen);
    world.free();
  });

  it('in water nothing sinks, and what does not move goes nowhere', () => {
    const found = trial(creature([box(), box()], [edge()]), { task: 'swim', seconds: 3 });
    expect(found).toMatchObject({ refused: null });
    expect(found.score).toBeLessThan(1e-3);
  });

  it('a swinging tail swims', () => {
    const tail = creature([box({ width: 0.15, length: 0.1 }), box({ width: 0.05, length: 0.3, limits: [-1, 1], neurons: [wave(1)] })], [edge({ at: 0.25 })]); // prettier-ignore
    expect(trial(tail, { task: 'swim' }).score).toBeGreaterThan(0.01);
  });

  it('a brain of spikes tells how many there were', () => {
    const lif = { kind: 'lif', bias: 1.5, pace: 5, inputs: [] } as const;
    const found = trial(creature([box(), box({ neurons: [lif] })], [edge()]), { ...walk, seconds: 2 });
    expect(found.spikes).toBeGreaterThan(5);
    expect(trial(walker, walk).spikes).toBe(0);
  });
});

describe('what would cheat scores nothing', () => {
  it('a tall tower that falls over: the clock begins when it lies', () => {
    // On the corner of its foot: it falls by itself.
    const tower = creature([box({ width: 0.05, length: 0.05, limits: [0, 0] }), box({ width: 0.06, length: 0.4, limits: [0, 0] }), box({ width: 0.06, length: 0.4, limits: [0, 0] })], [edge({ to: 1, angle: 0.5 }), edge({ from: 1, to: 2 })]); // prettier-ignore
    const world = creatureWorld(bodyOf(tower)!, { medium: 'ground', substeps: 2 });
    const before = world.look();
    for (let step = 0; step < 300; step++) world.step(null);
    const fallen = world.look();
    world.free();
    // Before the clock it goes far and falls deep.
    expect(Math.abs(fallen.x - before.x)).toBeGreaterThan(0.3);
    expect(before.y - fallen.y).toBeGreaterThan(0.3);
    const found = trial(tower, walk);
    expect(found.score).toBeLessThan(0.02);
  });

  it('what no muscle does: speed, energy from nowhere, a place outside the world or none at all', () => {
    const rest = { x: 0, y: 0.2, lowest: 0, speed: 0, energy: 100, work: 10 };
    const after = { ...rest, x: 3, speed: 4, energy: 180, work: 90 };
    expect(impossible(after, rest)).toBeNull();
    expect(impossible({ ...after, speed: 25 }, rest)).toBe('faster than 20 m/s');
    expect(impossible({ ...after, energy: 240 }, rest)).toBe('more energy than its muscles gave');
    expect(impossible({ ...after, x: -400 }, rest)).toBe('out of its world');
    expect(impossible({ ...after, y: 50 }, rest)).toBe('out of its world');
    for (const name of ['x', 'lowest', 'speed', 'energy'] as const) expect(impossible({ ...after, [name]: NaN }, rest)).toBe('its place is no number'); // prettier-ignore
  });

  it('what goes far with coarse steps of physics alone', () => {
    // Found among random creatures: the first goes more than a length with coarse steps, the second comes to rest only with them.
    const [trick, other] = JSON.parse(readFileSync(new URL('./tricks.json', import.meta.url), 'utf8')) as [
      Genotype,
      Genotype,
    ];
    const coarse = (genotype: Genotype): number => once(genotype, bodyOf(genotype)!, walk, finer[0]).score;
    expect(coarse(trick)).toBeGreaterThan(1);
    expect(trial(trick, walk).score).toBeLessThan(0.2);
    expect(coarse(other)).toBeGreaterThan(0.4);
    expect(trial(other, walk)).toMatchObject({ score: 0, refused: 'with finer steps: it does not come to rest' });
  });

  it('a size, a weight or a pace that is no number', () => {
    const nan = (more: object) => ({ ...walker, nodes: [{ ...walker.nodes[0]!, ...more }, ...walker.nodes.slice(1)] });
    expect(trial(nan({ width: NaN }), walk)).toMatchObject({ score: 0, refused: 'its body is not made of numbers' });
    expect(trial(nan({ length: 1e200 }), walk).score).toBe(0);
    const brain = { ...walker, nodes: walker.nodes.map((node) => ({ ...node, neurons: [wave(NaN)] })) };
    expect(trial(brain, walk).score).toBeLessThan(0.1);
  });

  it('a jump is that of the lowest corner: stretching upwards is none', () => {
    const stretch = creature([box({ width: 0.3, length: 0.06 }), box({ width: 0.05, length: 0.4, limits: [-1.5, 0], neurons: [wave(0.25)] })], [edge()]); // prettier-ignore
    expect(trial(stretch, { task: 'jump' }).score).toBeLessThan(0.15);
  });
});
