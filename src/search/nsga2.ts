// NSGA-II (Deb, Pratap, Agarwal and Meyarivan 2002): several objectives at once, by fronts of what nothing else dominates and by
// room between neighbours. All objectives are maximised.
import type { Algorithm, Scored } from './search.ts';
import { type Generational, generational, type SelectParents, type SelectSurvivors } from './generational.ts';
import { type Box, inBox, polynomial, simulatedBinary, vectorDiversity } from './vectors.ts';

type Objectives = readonly number[];

/** Whether a is nowhere worse than b and somewhere better. */
export function dominates(a: Objectives, b: Objectives): boolean {
  let better = false;
  for (let k = 0; k < a.length; k++) {
    if (a[k]! < b[k]!) return false;
    if (a[k]! > b[k]!) better = true;
  }
  return better;
}

/** Places by fronts: nothing dominates those of the first, only the first's dominate those of the second, and so on. */
export function fronts(points: readonly Objectives[]): number[][] {
  const dominated = points.map((): number[] => []);
  const counts = points.map(() => 0);
  for (let i = 0; i < points.length; i++)
    for (let j = 0; j < i; j++) {
      const [winner, loser] = dominates(points[i]!, points[j]!) ? [i, j] : [j, i];
      if (!dominates(points[winner]!, points[loser]!)) continue;
      dominated[winner]!.push(loser);
      counts[loser]! += 1;
    }
  const found: number[][] = [];
  for (let front = [...points.keys()].filter((k) => counts[k] === 0); front.length > 0;) {
    found.push(front);
    front = front.flatMap((k) => dominated[k]!.filter((other) => --counts[other]! === 0)).sort((a, b) => a - b);
  }
  return found;
}

/** Room around each point of one front: the sum over objectives of the distance between its neighbours; ends are at infinity. */
export function crowding(points: readonly Objectives[]): number[] {
  const room = points.map(() => 0);
  const count = points[0]?.length ?? 0;
  for (let m = 0; m < count; m++) {
    const order = [...points.keys()].sort((a, b) => points[a]![m]! - points[b]![m]! || a - b);
    const [first, last] = [points[order[0]!]![m]!, points[order.at(-1)!]![m]!];
    room[order[0]!] = room[order.at(-1)!] = Infinity;
    if (last === first) continue;
    for (let k = 1; k < order.length - 1; k++) room[order[k]!]! += (points[order[k + 1]!]![m]! - points[order[k - 1]!]![m]!) / (last - first); // prettier-ignore
  }
  return room;
}

interface Standing {
  readonly front: number;
  readonly room: number;
}

/** Front and room of everyone; failures stand behind all fronts. */
function standings<G>(all: readonly Scored<G>[]): Map<Scored<G>, Standing> {
  const valid = all.filter(({ failure }) => failure === null);
  const found = new Map<Scored<G>, Standing>();
  fronts(valid.map(({ objectives }) => objectives)).forEach((places, front) => {
    const room = crowding(places.map((place) => valid[place]!.objectives));
    places.forEach((place, k) => found.set(valid[place]!, { front, room: room[k]! }));
  });
  for (const one of all) if (one.failure !== null) found.set(one, { front: Infinity, room: 0 });
  return found;
}

const better = (a: Standing, b: Standing): boolean => a.front < b.front || (a.front === b.front && a.room > b.room);

const crowdedTournament =
  <G>(): SelectParents<G> =>
  (population, size, random) => {
    const standing = standings(population);
    return Array.from({ length: size }, () => {
      const [a, b] = [random.one(population), random.one(population)];
      return better(standing.get(b)!, standing.get(a)!) ? b : a;
    });
  };

/** Parents and children by fronts; the front that does not fit whole gives those with most room. */
const byFronts =
  <G>(): SelectSurvivors<G> =>
  ({ parents, children }, size) => {
    const pool = [...parents, ...children];
    const standing = standings(pool);
    const order = pool.map((one, k) => ({ one, k, ...standing.get(one)! }));
    order.sort((a, b) => (better(a, b) ? -1 : better(b, a) ? 1 : a.k - b.k));
    return order.slice(0, size).map(({ one }) => one);
  };

export interface NsgaOptions {
  readonly box: Box;
  readonly population?: number;
}

export function nsga2({ box, population = 100 }: NsgaOptions): Algorithm<readonly number[], Generational<readonly number[]>> {
  return generational({
    name: 'nsga-ii',
    population,
    offspring: population,
    initialise: (random) => inBox(box, random),
    selectParents: crowdedTournament(),
    recombine: simulatedBinary(box, 20, 0.9),
    mutate: polynomial(box, 20, 1 / box.low.length),
    selectSurvivors: byFronts(),
    express: (x) => x,
    diversity: vectorDiversity,
  });
} // prettier-ignore

/** The first front of a state's population. */
export function frontOf<G>({ population }: Generational<G>): Scored<G>[] {
  const valid = population.filter(({ failure }) => failure === null);
  return (fronts(valid.map(({ objectives }) => objectives))[0] ?? []).map((place) => valid[place]!);
}

/** Area between the front of two maximised objectives and a reference point that all dominate. */
export function hypervolume2(points: readonly Objectives[], reference: readonly [number, number]): number {
  const order = points.filter((point) => point[0]! > reference[0] && point[1]! > reference[1]).sort((a, b) => b[0]! - a[0]!); // prettier-ignore
  let [area, top] = [0, reference[1]];
  for (const [x, y] of order as unknown as [number, number][]) {
    if (y <= top) continue;
    area += (x - reference[0]) * (y - top);
    top = y;
  }
  return area;
}
