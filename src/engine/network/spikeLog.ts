// Logs of spikes between a Machine and its owner: how much room a chunk of steps needs, and the log of the sources, whose
// spikes are known beforehand. Entry n of a log holds what fired at n dt.
import { SettleError } from '../../errors.ts';
import { isSource, type NetworkModel } from '../../model/network.ts';
import type { SimulationState, Spikes } from './simulation.ts';
import { sourceTrains } from './sources.ts';

/** A log of `units` that fire every `apart` steps at most; entries `back` steps old are read again. */
export interface LogPlan {
  readonly name: string;
  readonly units: number;
  readonly apart: number;
  readonly back: number;
}

const mostSteps = 1024;
const fewestSteps = 64;
const roomAimedAt = 2 ** 20;

/** Entries of a chunk: old ones, one for each step, and the one that the last step makes. */
export const entriesOf = ({ back }: Pick<LogPlan, 'back'>, steps: number): number => back + steps + 1;

/** The most spikes those entries can hold. */
export const roomOf = (plan: LogPlan, steps: number): number =>
  plan.units * Math.ceil(entriesOf(plan, steps) / plan.apart);

/** Steps of a chunk at most: many, unless the logs would take too much memory. */
export function longestChunk(plans: readonly LogPlan[]): number {
  let steps = mostSteps;
  while (steps > fewestSteps && plans.some((plan) => roomOf(plan, steps) > roomAimedAt)) steps /= 2;
  return steps;
}

/** Spikes of the sources: as they are, and as the entries of a log at the next point of the grid. */
export interface SourceLog {
  readonly name: string;
  readonly units: number;
  room(back: number, steps: number): number;
  /** Those of [from dt, (from + steps) dt), and the log of a chunk of these steps. */
  next(from: number, steps: number, back: number): { spikes: Spikes; place: Int32Array; unit: Int32Array };
  /** As a chunk that begins at step `from` needs it. */
  state(from: number, back: number): SimulationState;
  restore(state: SimulationState): void;
}

export function sourceLog(model: NetworkModel, name: string): SourceLog {
  const { step: dt } = model;
  const trains = sourceTrains(model);
  const sources = model.populations.filter(isSource);
  const units = sources.reduce((sum, population) => sum + population.units, 0);
  /** Number among the sources of each unit of the model. */
  const numbers = new Int32Array(model.populations.reduce((sum, population) => sum + population.units, 0));
  let [unit, number] = [0, 0];
  for (const population of model.populations)
    for (let k = 0; k < population.units; k++, unit++) if (isSource(population)) numbers[unit] = number++;
  /** Spikes that a chunk still needs: entry and number, by entry. */
  let entries: number[] = [];
  let fired: number[] = [];
  function forget(first: number): void {
    const old = entries.findIndex((entry) => entry >= first);
    entries = old < 0 ? [] : entries.slice(old);
    fired = old < 0 ? [] : fired.slice(old);
  }
  return {
    name,
    units,
    room(back, steps) {
      const seconds = (entriesOf({ back }, steps) + 1) * dt;
      return sources.reduce((sum, { kind, rate, units: count, spikes }) => {
        if (kind === 'spikes') return sum + spikes.length;
        const mean = rate * seconds * count;
        // A Poisson count passes this with a probability below e^-300.
        return sum + Math.ceil(kind === 'regular' ? mean + count : 2 * mean + 1000);
      }, 0); // prettier-ignore
    },
    next(from, steps, back) {
      const spikes = trains.until((from + steps) * dt);
      const first = from - back;
      forget(first);
      spikes.time.forEach((time, k) => {
        entries.push(Math.max(from, Math.ceil(time / dt - 1e-9)));
        fired.push(numbers[spikes.unit[k]!]!);
      });
      const place = new Int32Array(entriesOf({ back }, steps) + 2);
      place[0] = first;
      for (let index = 1, k = 0; index < place.length; index++) {
        while (k < entries.length && entries[k]! < first + index - 1) k++;
        place[index] = k;
      }
      const unit = Int32Array.from(fired);
      if (unit.length > this.room(back, steps)) throw new SettleError('the log of the sources is full', { kind: 'defect' });
      return { spikes, place, unit };
    },
    state(from, back) {
      forget(from - back);
      return new Map([...trains.state(), ['sources.entry', Float64Array.from(entries)], ['sources.unit', Int32Array.from(fired)]]);
    },
    restore(state) {
      trains.restore(state);
      entries = [...state.get('sources.entry')!];
      fired = [...state.get('sources.unit')!];
    },
  };
} // prettier-ignore
