// What a creature scores at a task, and why it scores nothing: the guards against what evolution makes of a simulator's gaps
// (Sims 1994; Lehman et al., arXiv 1803.03453). Scores are in lengths of the creature's own.
import { bodyOf, cornersOf, extentOf, type Part } from './body.ts';
import { brainOf, brainStep } from './brain.ts';
import type { Genotype } from './genotype.ts';
import { type CreatureWorld, creatureWorld, type Medium, type Moment } from './world.ts';

export type Task = 'walk' | 'swim' | 'jump';
export const tasks: readonly Task[] = ['walk', 'swim', 'jump'];
const medium: Readonly<Record<Task, Medium>> = { walk: 'ground', jump: 'ground', swim: 'water' };

export interface TrialOptions {
  readonly task: Task;
  /** Simulated, after it has come to rest (default 10). */
  readonly seconds?: number;
  /** Keeps where every part is, at each step of the brain. */
  readonly record?: boolean;
  /** N m a m; only tests make muscles as strong as this. */
  readonly torque?: number;
}

export interface Trial {
  /** Lengths gone from where the clock began, or risen by the lowest corner; 0 where a guard says why. */
  readonly score: number;
  readonly refused: string | null;
  /** In m: the longer side of the box around the body at rest, and what was gone or risen. */
  readonly length: number;
  readonly distance: number;
  readonly parts: number;
  readonly neurons: number;
  readonly spikes: number;
  /** [step, part, (x, y, turn)] of the usual physics step, and the parts' half sides. */
  readonly track: { readonly poses: Float64Array; readonly sides: readonly (readonly [number, number])[] } | null;
}

/** Seconds. */
const usual = 10;
/** Seconds a body gets to come to rest, how long it has to be still, and the m and m/s it may still move meanwhile. */
const patience = 5;
const stillFor = 0.5;
const still = { way: 0.005, speed: 0.05 };
/** m/s and m, beyond what muscles of these strengths do. */
const fastest = 20;
const farthest = 300;
const highest = 30;
/** J that may come from nowhere: contacts are not exact. */
const slack = 25;
/** Shortest length that is divided by, in m. */
const shortest = 0.3;

/** Twice the physics steps of the first trial: what only one of them allows is the simulator's, not the creature's. */
export const finer = [2, 4] as const;

/** Physics has to be open (openPhysics). Never throws for what a genotype says. */
export function trial(genotype: Genotype, options: TrialOptions): Trial {
  const parts = bodyOf(genotype);
  if (!parts) return nothing('its body is not made of numbers', 0);
  const first = once(genotype, parts, options, finer[0]);
  if (first.refused !== null || first.score <= 0) return first;
  const second = once(genotype, parts, { ...options, record: false }, finer[1]);
  if (second.refused !== null) return { ...first, score: 0, refused: `with finer steps: ${second.refused}` };
  // Gaits are chaotic: with finer steps a good one goes a little farther or less far, a trick of the steps goes nowhere.
  return { ...first, score: Math.min(first.score, second.score) };
}

const nothing = (refused: string, parts: number): Trial => ({ score: 0, refused, length: 0, distance: 0, parts, neurons: 0, spikes: 0, track: null }); // prettier-ignore

/** A trial at so many physics steps a step of the brain. */
export function once(genotype: Genotype, parts: readonly Part[], options: TrialOptions, substeps: number): Trial {
  const { task, seconds = usual, record = false, torque } = options;
  const brain = brainOf(genotype, parts);
  const world = creatureWorld(parts, { medium: medium[task], substeps, ...(torque === undefined ? {} : { torque }) });
  const poses: Float64Array[] = [];
  const stopped = (refused: string): Trial => ({ ...nothing(refused, parts.length), neurons: brain.neurons });
  try {
    const rest = medium[task] === 'ground' ? comeToRest(world) : world.look();
    if (typeof rest === 'string') return stopped(rest);
    const pose = world.pose();
    const length = extentOf(parts.flatMap((part, k) => cornersOf(part, pose[3 * k]!, pose[3 * k + 1]!, pose[3 * k + 2]!))); // prettier-ignore
    let risen = 0;
    let now = rest;
    const steps = Math.round(seconds / brainStep);
    for (let step = 0; step < steps; step++) {
      if (record) poses.push(world.pose());
      world.step(brain);
      now = world.look();
      const found = impossible(now, rest);
      if (found !== null) return stopped(found);
      risen = Math.max(risen, now.lowest);
    }
    if (record) poses.push(world.pose());
    const away = Math.sqrt((now.x - rest.x) ** 2 + (task === 'swim' ? (now.y - rest.y) ** 2 : 0));
    const distance = task === 'jump' ? risen : away;
    const track = record ? { poses: Float64Array.from(poses.flatMap((each) => [...each])), sides: parts.map(({ width, length: long }) => [width, long] as const) } : null; // prettier-ignore
    return { score: distance / Math.max(length, shortest), refused: null, length, distance, parts: parts.length, neurons: brain.neurons, spikes: brain.spikes, track }; // prettier-ignore
  } finally {
    world.free();
  }
}

/** With its joints held: a tower falls before the clock begins. The moment of rest, or why there is none. */
function comeToRest(world: CreatureWorld): Moment | string {
  let since = world.look();
  let quiet = 0;
  for (let time = 0; time < patience; time += brainStep) {
    world.step(null);
    const now = world.look();
    const found = impossible(now, { ...since, x: now.x });
    if (found !== null) return found;
    const moved = Math.abs(now.x - since.x) + Math.abs(now.y - since.y);
    if (now.speed > still.speed || moved > still.way) [since, quiet] = [now, 0];
    else quiet += brainStep;
    if (quiet >= stillFor) return now;
  }
  return 'it does not come to rest';
}

/** What no creature can do; null for what one can. */
export function impossible(now: Moment, rest: Moment): string | null {
  const { x, y, speed, lowest, energy, work } = now;
  if (![x, y, speed, lowest, energy].every(Number.isFinite)) return 'its place is no number';
  if (speed > fastest) return `faster than ${fastest} m/s`;
  if (Math.abs(x - rest.x) > farthest || y > highest) return 'out of its world';
  if (energy - rest.energy > work - rest.work + slack) return 'more energy than its muscles gave';
  return null;
}
