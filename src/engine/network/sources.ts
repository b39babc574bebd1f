// Spikes from outside: trains of source populations, and the Poisson drive of populations of neurons. Exact times, each a
// pure function of seed, unit and number, so that they do not depend on how a run is cut. It delivers nothing.
import { log } from '../../math/elementary.ts';
import { uniform52 } from '../../math/random.ts';
import type { NetworkModel, NetworkPopulation } from '../../model/network.ts';
import { isSource } from '../../model/network.ts';
import type { Spikes, SimulationState } from './simulation.ts';
import { populationStream } from './streams.ts';

export interface Trains {
  /** What lies before `until` and was not given yet, by time, then unit (numbered through all populations). */
  until(time: number): Spikes;
  /** How far every unit is; `restore` goes on from there. */
  state(): SimulationState;
  restore(state: SimulationState): void;
  /** Spikes a second of all units together. */
  readonly rate: number;
}

/** The trains of the populations that only send. */
export function sourceTrains(model: NetworkModel): Trains {
  return trainsOf(model, 'source', (population) => (isSource(population) ? population.rate : 0));
}

/** Spikes of the drive: `unit` is the neuron that receives. */
export function driveTrains(model: NetworkModel): Trains {
  return trainsOf(model, 'drive', ({ drive }) => drive?.rate ?? 0);
}

interface Unit {
  readonly number: number;
  /** Time of spike k, given that of k - 1 (0 before the first); Infinity when there is none. */
  readonly after: (time: number, k: number) => number;
}

function trainsOf(model: NetworkModel, what: 'source' | 'drive', rateOf: (population: NetworkPopulation) => number): Trains {
  const units: Unit[] = [];
  let first = 0;
  let total = 0;
  model.populations.forEach((population, index) => {
    const rate = rateOf(population);
    const poisson = what === 'drive' || population.kind === 'poisson';
    const stream = populationStream(index, what);
    const listed = what === 'source' && population.kind === 'spikes' ? byUnit(population) : null;
    if (rate > 0 || listed)
      for (let unit = 0; unit < population.units; unit++) {
        const own = listed?.[unit];
        const after = own
          ? (_: number, k: number): number => own[k] ?? Infinity
          : poisson
            ? (time: number, k: number): number => time - log(uniform52(model.seed, stream, unit, k)) / rate
            : (_: number, k: number): number => (k + 1) / rate;
        units.push({ number: first + unit, after });
      }
    first += population.units;
    total += rate * population.units + (listed ? population.spikes.length / model.duration : 0);
  });
  const given = new Uint32Array(units.length);
  const next = Float64Array.from(units, ({ after }) => after(0, 0));
  return {
    rate: total,
    until(end) {
      const [times, numbers]: [number[], number[]] = [[], []];
      units.forEach(({ number, after }, u) => {
        let [time, k] = [next[u]!, given[u]!];
        for (; time < end; time = after(time, ++k)) {
          times.push(time);
          numbers.push(number);
        }
        [next[u], given[u]] = [time, k];
      });
      const order = Uint32Array.from(times, (_, k) => k).sort((a, b) => times[a]! - times[b]! || numbers[a]! - numbers[b]!);
      return { time: Float64Array.from(order, (k) => times[k]!), unit: Uint32Array.from(order, (k) => numbers[k]!) };
    },
    state: () => new Map<string, Float64Array | Uint32Array>([[`${what}.next`, next.slice()], [`${what}.given`, given.slice()]]),
    restore(state) {
      next.set(state.get(`${what}.next`)!);
      given.set(state.get(`${what}.given`)!);
    },
  };
} // prettier-ignore

function byUnit({ units, spikes }: NetworkPopulation): number[][] {
  const times: number[][] = Array.from({ length: units }, () => []);
  for (const [unit, time] of spikes) times[unit]!.push(time);
  return times;
}
