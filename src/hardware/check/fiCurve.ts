// Rates of a neuron at constant currents beside those of what stands for it on a chip, by the clocked engine's steps: integer
// periods, a reset that drops or keeps what is above the threshold, the refractory time in steps. It knows no network.
import type { Model, Population } from '../../model/model.ts';

export interface FiCurve {
  /** All with this pair of neurons. */
  readonly populations: readonly string[];
  /** Currents in the model's units; spikes a second of the model's neuron and of its substitute. */
  readonly currents: readonly number[];
  readonly asked: readonly number[];
  readonly given: readonly number[];
}

const points = 13;
/** Simulated seconds of a point. */
const seconds = 2;

/** A curve for each pair of neurons that differ. */
export function fiCurves(asked: Model, given: Model): FiCurve[] {
  if (asked.kind === 'rate') return [];
  const pairs = new Map<string, { population: Population; substitute: Population; names: string[] }>();
  asked.populations.forEach((population, index) => {
    const substitute = given.populations[index]!;
    const [one, other] = [shapeOf(population), shapeOf(substitute)];
    if (population.kind === 'input' || one === other) return;
    const pair = pairs.get(one + other) ?? { population, substitute, names: [] };
    pairs.set(one + other, pair);
    pair.names.push(population.name);
  });
  return [...pairs.values()].map(({ population, substitute, names }) => {
    const most = 3 * Math.max(rheobaseOf(population), rheobaseOf(substitute), 1 / 3);
    const currents = Array.from({ length: points }, (_, k) => (most * k) / (points - 1));
    return {
      populations: names, currents, asked: ratesOf(population, currents, asked.step), given: ratesOf(substitute, currents, given.step),
    }; // prettier-ignore
  });
}

/** What a curve depends on. */
const shapeOf = (p: Population): string =>
  [p.kind, p.membraneTimeConstant, p.leak, p.rest, p.resistance, p.threshold, p.reset.mode, p.reset.value, p.refractory.duration, p.refractory.membrane, p.floor, p.cap, p.activityTime].join(' '); // prettier-ignore

const rheobaseOf = ({ membraneTimeConstant, leak, activityTime, threshold, rest, resistance }: Population): number =>
  membraneTimeConstant === Infinity ? (leak * activityTime) / resistance : (threshold - rest) / resistance;

/** Spikes a second from rest, at most one a step (engine/neurons.ts has the same step as trees). */
export function ratesOf(population: Population, currents: readonly number[], step: number): number[] {
  const { membraneTimeConstant: tau, leak, rest, resistance, threshold, reset, refractory, floor, cap, activityTime } = population; // prettier-ignore
  const dead = Math.round(refractory.duration / step);
  const clamped = dead > 0 && refractory.membrane === 'clamp';
  const steps = Math.round(seconds / step);
  const decay = Math.exp(-step / tau);
  return currents.map((current) => {
    let [v, r, spikes] = [rest, 0, 0];
    for (let n = 0; n < steps; n++) {
      const waiting = r > (clamped ? 0 : 1);
      if (!(clamped && waiting)) {
        const start = v >= rest ? Math.max(v - leak * step, rest) : Math.min(v + leak * step, rest);
        const moved =
          tau === Infinity
            ? (leak > 0 ? start : v) + (resistance * step * current) / activityTime
            : v * decay + (rest + resistance * current) * (1 - decay);
        v = Math.max(moved, floor);
      }
      r = Math.max(0, r - 1);
      if (waiting || v < threshold) continue;
      spikes++;
      v = Math.min(reset.mode === 'to' ? reset.value : v - reset.value, cap);
      r = dead;
    }
    return spikes / seconds;
  });
}
