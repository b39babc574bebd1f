// Balancing one or two poles on a cart, with and without velocities. Equations and constants as in the NEAT authors' program
// (two-pole cart of Wieland): fourth-order Runge-Kutta, 0.01 s a step, two steps a decision, force in +/- 10 N.
import { cosine, sine } from '../../math/turns.ts';
import type { Network } from '../neat/network.ts';
import type { NetworkTask } from './task.ts';

/** x, x', then angle and angular velocity of each pole; metres, radians, seconds; angles from upright. */
export type CartState = Float64Array;

export interface Cart {
  readonly poles: readonly { readonly mass: number; readonly halfLength: number }[];
  /** Of the hinges. */
  readonly friction: number;
}

const long = { mass: 0.1, halfLength: 0.5 };
const short = { mass: 0.01, halfLength: 0.05 };
export const onePole: Cart = { poles: [long], friction: 2e-6 };
export const twoPoles: Cart = { poles: [long, short], friction: 2e-6 };

const gravity = -9.8;
const cartMass = 1;
export const stepSeconds = 0.01;

/** Derivatives of a state under a force. */
export function slopes({ poles, friction }: Cart, s: CartState, force: number, into: CartState): void {
  let [forces, masses] = [force, cartMass];
  for (let k = 0; k < poles.length; k++) {
    const { mass, halfLength } = poles[k]!;
    const [angle, turn] = [s[2 + 2 * k]!, s[3 + 2 * k]!];
    const [sin, cos] = [sine(angle), cosine(angle)];
    const drag = (friction * turn) / (mass * halfLength);
    forces += mass * halfLength * turn * turn * sin + 0.75 * mass * cos * (drag + gravity * sin);
    masses += mass * (1 - 0.75 * cos * cos);
  }
  const push = forces / masses;
  into[0] = s[1]!;
  into[1] = push;
  for (let k = 0; k < poles.length; k++) {
    const { mass, halfLength } = poles[k]!;
    const [angle, turn] = [s[2 + 2 * k]!, s[3 + 2 * k]!];
    into[2 + 2 * k] = turn;
    into[3 + 2 * k] = (-0.75 * (push * cosine(angle) + gravity * sine(angle) + (friction * turn) / (mass * halfLength))) / halfLength; // prettier-ignore
  }
}

/** A cart that moves: one step of Runge and Kutta at a time, in place. */
export function cartOf(cart: Cart, h = stepSeconds) {
  const size = 2 + 2 * cart.poles.length;
  const [k1, k2, k3, k4, at] = Array.from({ length: 5 }, () => new Float64Array(size)) as [CartState, CartState, CartState, CartState, CartState]; // prettier-ignore
  return (s: CartState, force: number): void => {
    slopes(cart, s, force, k1);
    for (let i = 0; i < size; i++) at[i] = s[i]! + (h / 2) * k1[i]!;
    slopes(cart, at, force, k2);
    for (let i = 0; i < size; i++) at[i] = s[i]! + (h / 2) * k2[i]!;
    slopes(cart, at, force, k3);
    for (let i = 0; i < size; i++) at[i] = s[i]! + h * k3[i]!;
    slopes(cart, at, force, k4);
    for (let i = 0; i < size; i++) s[i]! += (h / 6) * (k1[i]! + 2 * k2[i]! + 2 * k3[i]! + k4[i]!);
  };
}

const trackHalf = 2.4;
const failAngle = (36 * Math.PI) / 180;

export const hasFailed = (s: CartState): boolean => {
  if (!(Math.abs(s[0]!) <= trackHalf)) return true;
  for (let k = 2; k < s.length; k += 2) if (!(Math.abs(s[k]!) <= failAngle)) return true;
  return false;
};

export interface PoleOptions {
  readonly poles: 1 | 2;
  readonly velocities: boolean;
  /** Steps that count as solved. */
  readonly steps?: number | undefined;
  /** Angle of the long pole at the start, radians. */
  readonly start?: number | undefined;
}

/** Inputs as the authors' program scales them. */
const scales = [4.8, 2, 0.52, 2, 0.52, 2];

interface Balance {
  readonly steps: number;
  /** |x| + |x'| + |angle| + |turn| of the long pole, step by step, the last 100. */
  readonly shake: Float64Array;
}

/** The standard run, its fitness and its test. */
export function poles({ poles: count, velocities, steps = 100_000, start = 0.07 }: PoleOptions): NetworkTask {
  const move = cartOf(count === 1 ? onePole : twoPoles);
  const size = 2 + 2 * count;
  const read = [...Array(size).keys()].filter((k) => velocities || k % 2 === 0);
  const given = new Float64Array(read.length);
  function balance(network: Network, from: CartState, limit: number): Balance {
    const s = Float64Array.from(from);
    const shake = new Float64Array(100);
    network.flush();
    for (let t = 0; t < limit; t++) {
      for (let k = 0; k < read.length; k++) given[k] = s[read[k]!]! / scales[read[k]!]!;
      const force = 20 * (network.act(given)[0]! - 0.5);
      move(s, force);
      move(s, force);
      shake[t % 100] = Math.abs(s[0]!) + Math.abs(s[1]!) + Math.abs(s[2]!) + Math.abs(s[3]!);
      if (hasFailed(s)) return { steps: t, shake };
    }
    return { steps: limit, shake };
  }
  const standard = new Float64Array(size);
  standard[2] = start;
  const name = `${count === 1 ? 'single' : 'double'}-pole${velocities ? '' : '-without-velocities'}`;
  const common = { name, inputs: read.length, outputs: 1, recurrent: !velocities, bias: 0.5 };
  if (velocities || count === 1)
    return { ...common, evaluate: (network) => withSolved(balance(network, standard, steps).steps, steps) };
  return {
    ...common,
    // Gruau's damping fitness over at most 1,000 steps.
    evaluate(network) {
      const { steps: t, shake } = balance(network, standard, 1000);
      const still = t <= 100 ? 0 : 0.75 / shake.reduce((a, b) => a + b, 0);
      return { fitness: (0.1 * t) / 1000 + 0.9 * still, solved: false };
    },
    // 100,000 steps from the standard start, then at least 200 of 625 other starts for 1,000 steps each.
    validate(network) {
      if (balance(network, standard, steps).steps < steps) return { solved: false, generalisation: 0 };
      const passed = starts().filter((from) => balance(network, from, 1000).steps >= 1000).length;
      return { solved: passed >= 200, generalisation: passed };
    },
  };
}

const withSolved = (balanced: number, steps: number) => ({ fitness: balanced, solved: balanced >= steps });

/** x, x', angle and turn of the long pole at five places of their ranges each; the short one upright and still. */
function starts(): CartState[] {
  const fractions = [0.05, 0.25, 0.5, 0.75, 0.95];
  const degree = Math.PI / 180;
  const ranges = [2.16, 1.35, 3.6 * degree, 8.6 * degree];
  const values = ranges.map((range) => fractions.map((fraction) => (2 * fraction - 1) * range));
  const [a, b, c, d] = values as [number[], number[], number[], number[]];
  return a.flatMap((x) => b.flatMap((v) => c.flatMap((angle) => d.map((turn) => Float64Array.of(x, v, angle, turn, 0, 0))))); // prettier-ignore
}
