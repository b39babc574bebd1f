// How a spiking network is read out: a free phase of its own length, activities averaged over its last window, spikes counted.
// What every rule on spiking populations shares; it learns nothing.
import type { ClockedNetwork } from '../engine/clocked.ts';
import { num } from '../expr/tools.ts';
import type { Model, Population } from '../model/model.ts';
import type { Builder } from '../program/builder.ts';
import type { Recipe } from './rule.ts';

export type SpikingReadOut = Pick<
  Recipe,
  'predict' | 'activities' | 'spikeLists' | 'clearCounts' | 'fanOut' | 'variables'
>;

/** Adds the slots startPrediction, predict, predict.window and clearCounts; activities are left in `POPULATION.mean`. */
export function spikingReadOut(builder: Builder, model: Model, { inputs, neurons, addStep }: ClockedNetwork): SpikingReadOut {
  const steps = (duration: number): number => Math.round(duration / model.step);
  const { duration, window } = model.phases.predict;
  const meanOf = ({ name }: Population): string => `${name}.mean`;
  for (const p of neurons) {
    builder.buffer(meanOf(p), [p.units], { batch: true });
    builder.add('startPrediction', { op: 'fill', into: meanOf(p), value: 0 });
  }
  addStep('predict', { thinned: true });
  const average = Object.fromEntries(neurons.map((p) => [p.name, { into: meanOf(p), weight: num(1 / steps(window)) }]));
  addStep('predict.window', { thinned: true, average });
  const spiking = [...inputs.filter(({ encode }) => encode.kind !== 'current'), ...neurons];
  for (const { name } of [...inputs, ...neurons]) builder.add('clearCounts', { op: 'fill', into: `${name}.list.count`, value: 0 });
  return {
    predict: [['begin', 1], ['startPrediction', 1], ['predict', steps(duration) - steps(window)], ['predict.window', steps(window)]],
    activities: Object.fromEntries(neurons.map((p) => [p.name, meanOf(p)])),
    spikeLists: Object.fromEntries(spiking.map(({ name }) => [name, `${name}.list`])),
    clearCounts: 'clearCounts',
    fanOut: fanOutOf(model),
    variables: Object.fromEntries([
      ...inputs.map(({ name, encode }) => [name, encode.kind === 'current' ? {} : { spikes: `${name}.spike` }]),
      ...neurons.map(({ name }) => [name, { spikes: `${name}.spike`, membrane: `${name}.v`, trace: `${name}.s`, current: `${name}.drive` }]),
    ]),
  };
} // prettier-ignore

/** Synapses that a spike of each population reaches: the rows it sends and, where symmetric, the columns. */
function fanOutOf(model: Model): Record<string, number> {
  const units = new Map(model.populations.map(({ name, units: n }) => [name, n]));
  const fan: Record<string, number> = {};
  for (const { from, to, symmetric } of model.projections) {
    fan[from] = (fan[from] ?? 0) + units.get(to)!;
    if (symmetric) fan[to] = (fan[to] ?? 0) + units.get(from)!;
  }
  return fan;
}
