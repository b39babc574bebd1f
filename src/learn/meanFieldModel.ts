// The mean field of a spiking model as a rate model, to be trained like any other: units that settle where s = f(I), f the
// population's own f-I curve with its slope bounded at rheobase. The exact curves, for checks, are meanField.ts's.
import type { Model, Population } from '../model/model.ts';
import { cannot } from './settlingRecipe.ts';

/**
 * Width of the bend at rheobase and length of the chord above it, as shares of the way from reset to threshold. The curve of a leaky
 * unit has slope infinity just above rheobase and 0 below, where nothing would be learned from; narrower ones learn worse.
 */
const bend = 0.1;
const chord = 0.3;
/** A step goes this share of the way to f(I), and so many steps are a free phase. */
const share = 0.2;
const freeSteps = 40;

/** width ln(1 + e^(x / width)): x far above 0, next to nothing far below, and nowhere without a slope. */
const soft = (x: string, width: number): string => `(max(${x}, 0) + ${width} * log(1 + exp(-abs(${x}) / ${width})))`;

/**
 * f(u) of a population as text, of the soft excess z over rheobase in place of u. lif: activityTime / (wait + tau ln((V - low) /
 * (V - threshold))), V = threshold + R z, from the chord's end on, and the straight line from 0 to there below it; integrate-and-
 * fire: R z / gap, bent over at the rate that the refractory time allows.
 */
export function firingCurve(population: Population): string {
  const { threshold, rest, resistance: R, membraneTimeConstant: tau, activityTime: T, refractory, reset } = population;
  const wait = refractory.duration;
  const clamped = refractory.membrane === 'clamp';
  const low = reset.mode === 'to' ? reset.value : threshold - reset.value;
  const gap = threshold - low;
  if (tau === Infinity) {
    const z = soft(`${R / gap} * u`, bend);
    if (clamped) return `${T} * ${z} / (${wait} * ${z} + ${T})`;
    return wait > 0 ? `${z} - ${soft(`${R / gap} * u - ${T / wait}`, bend)}` : z;
  }
  const width = (chord * gap) / R;
  const z = soft(`u - (${(threshold - rest) / R})`, (bend * gap) / R);
  const above = `max(${z}, ${width})`;
  const rise = `${tau} * log(1 + ${gap / R} / ${above})`;
  const time = clamped ? `${wait} + ${rise}` : `max(${wait}, ${rise})`;
  return `min(${z} / ${width}, 1) * ${T} / (${time})`;
}

/** The same weights, biases, cost and rates; phases in steps. @throws SettleError of kind `input` for what a mean field leaves out */
export function meanFieldModel(model: Model, rule: string): Model {
  const thinned = model.populations.find(({ dropout }) => dropout > 0);
  if (thinned) throw cannot(rule, `populations.${thinned.name}.dropout`, 'dropout in a spiking network', '0: its mean field has none');
  return {
    ...model,
    kind: 'rate',
    populations: model.populations.map((p): Population => {
      if (p.kind === 'input') return p;
      return { ...p, kind: 'rate', energy: '-s * (input + b)', activation: firingCurve(p), initial: { low: 0, high: 0 } };
    }),
    dynamics: { kind: 'map', step: share, order: 'synchronous', nudge: 'inside' },
    phases: {
      ...model.phases,
      free: { duration: freeSteps, window: 1, tolerance: 0, start: 'rest' },
      predict: { duration: freeSteps, window: 1 },
    },
    record: [],
  };
} // prettier-ignore
