// Whether an energy has a lower bound, tried from a state along random directions out to 1,024. A trial, not a proof: it finds
// energies that fall at least as fast as a logarithm in a direction it happens to look along.
import { evaluate } from '../expr/evaluate.ts';
import { uniform24 } from '../math/random.ts';
import type { Model, Population } from '../model/model.ts';
import { activationOf } from '../model/rate.ts';
import type { Equilibrium } from './equilibrium.ts';

export interface Fall {
  /** The population that was moved, or `all`. */
  readonly population: string;
  /** Distances along the direction, and the energy there. */
  readonly distances: readonly number[];
  readonly energies: readonly number[];
}

const distances = Array.from({ length: 11 }, (_, k) => 2 ** k);
const directions = 4;
/** Stream of random directions. */
const stream = 20480;

/** Where states may be: the range and, under `dynamics: map`, what the activation can give. */
function boundsOf(model: Model, population: Population): readonly [number, number] {
  const [low, high] = population.range ?? [-Infinity, Infinity];
  if (model.dynamics.kind === 'flow') return [low, high];
  const activation = activationOf(population);
  const end = (u: number): number => {
    const [near, far] = [evaluate(activation, () => u), evaluate(activation, () => 2 * u)];
    return near === far ? near : Math.sign(u) * Infinity;
  };
  return [Math.max(low, end(-500)), Math.min(high, end(500))];
}

/** What hardly moves does not move at all: what has an end is to reach it early. */
const large = (way: number): number => (Math.abs(way) < 0.05 ? 0 : way);

/** Ways to go: of each population and of all, at random; and where all go by themselves, which finds what is unstable. */
async function ways(
  net: Equilibrium,
  start: readonly Float64Array[],
  seed: number,
): Promise<{ population: string; way: Float64Array[] }[]> {
  const { settled } = net.network;
  const one = (direction: number, which: readonly Population[]): Float64Array[] =>
    settled.map((p, k) =>
      start[k]!.map((_, i) => {
        if (!which.includes(p)) return 0;
        const u = 2 * uniform24(seed, stream + direction, k, i, 0) - 1;
        return (u + Math.sign(u)) / 2;
      }),
    );
  const found = [];
  for (let direction = 0; direction < directions; direction++) {
    for (const p of settled) found.push({ population: p.name, way: one(direction, [p]) });
    const all = one(direction, settled);
    found.push({ population: 'all', way: all });
    await net.restore(all);
    await net.step(null, 30);
    const moved = (await net.states()).map((values, k) => values.map((value, i) => value - all[k]![i]!));
    const furthest = Math.max(...moved.flatMap((values) => [...values].map(Math.abs)));
    if (furthest > 0 && Number.isFinite(furthest))
      found.push({ population: 'all', way: moved.map((values) => values.map((value) => large(value / furthest))) });
  }
  return found;
}

/** The first way along which the energy of the first example falls without end, or null. States are left as they were. */
export async function fallWithoutEnd(net: Equilibrium, seed: number): Promise<Fall | null> {
  const start = await net.states();
  const bounds = net.network.settled.map((p) => boundsOf(net.model, p));
  let fall: Fall | null = null;
  for (const { population, way } of await ways(net, start, seed)) {
    const energies: number[] = [];
    for (const distance of distances) {
      await net.restore(
        start.map((values, k) => {
          const [low, high] = bounds[k]!;
          return values.map((value, i) => Math.min(Math.max(value + distance * way[k]![i]!, low), high));
        }),
      );
      energies.push((await net.energy())[0]!);
    }
    if (!falls(energies)) continue;
    fall = { population, distances, energies };
    break;
  }
  await net.restore(start);
  return fall;
}

/** Whether each of the last five doublings lowers the energy, by no less than the one before. */
function falls(energies: readonly number[]): boolean {
  const drops = energies.slice(1).map((energy, k) => energies[k]! - energy).slice(-6); // prettier-ignore
  return energies.at(-1) === -Infinity || drops.every((drop, k) => drop > 0 && (k === 0 || drop >= 0.9 * drops[k - 1]!));
} // prettier-ignore
