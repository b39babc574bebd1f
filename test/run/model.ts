// A model of plain data for tests of the run: two moons, to be learned by a rule of one's own or by ep.
import { plainLearning } from '../fixtures.ts';
import type { Model, Population } from '../../src/model/model.ts';

const population = (name: string, units: number, kind: Population['kind']): Population => ({
  name, units, kind, encode: { kind: 'current', rate: 100 }, membraneTimeConstant: 0.01, rest: 0, resistance: 1, threshold: 1,
  reset: { mode: 'to', value: 0 }, refractory: { duration: 0.002, membrane: 'clamp', arrivals: 'keep' }, floor: -1, cap: Infinity,
  bias: { init: 0, spread: 0, rate: 0 }, initial: { low: 0, high: 1 }, traceTimeConstant: 0.01, slowTraceTimeConstant: 0.02, activityTime: 0.01,
  energy: null, activation: null, range: null, dropout: 0, leak: 0,
}); // prettier-ignore

export function moons(more: { seed?: number; epochs?: number; name?: string; train?: number } = {}): Model {
  const { seed = 1, epochs = 2, name = 'moons', train = 200 } = more;
  return {
    settle: 1, name, kind: 'spiking', source: 'a test', data: { set: 'moons', path: null, train, test: 100, validation: 0, batch: 10 },
    populations: [population('x', 2, 'input'), population('y', 2, 'lif')], projections: [],
    cost: { on: 'y', kind: 'text', text: '1/2 * (s - target)^2' },
    dynamics: { kind: 'map', step: 1, order: 'synchronous', nudge: 'inside' },
    phases: {
      free: { duration: 0.06, window: 0.06, tolerance: 0, start: 'rest' }, predict: { duration: 0.06, window: 0.06 }, restart: 'copy', relaxDuration: 0,
      nudge: { duration: 0.06, window: 0.06, beta: 1, estimator: 'symmetric', points: 0 },
    },
    learning: { rule: 'delta', update: 'contrast', rates: {}, ...plainLearning, rateDecay: 1, warmup: 0, momentum: 0, weightDecay: 0, epochs },
    record: [], engine: 'clocked', step: 0.001, spikeTimes: 'grid', backend: 'reference', seed,
  } as Model; // prettier-ignore
}
