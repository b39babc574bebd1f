// Phases of a model file: durations in time for spiking models, in steps for rate models. Pure checks and defaults.
import { inUnits } from '../expr/units.ts';
import type { Phases } from './model.ts';
import type { ModelFile } from './schema.ts';
import type { ModelText } from './text.ts';

/** What the loader lends: the model's clock, its reader of times and its check for whole steps. */
export interface PhaseTools {
  readonly isRate: boolean;
  readonly step: number;
  time(path: readonly PropertyKey[], text: string | undefined, fallback: number): number;
  wholeSteps(path: readonly PropertyKey[], duration: number): void;
}

type Spec = { duration?: string | undefined; steps?: number | undefined; window?: string | undefined } | undefined;

export function phasesOf(raw: ModelFile, tools: PhaseTools, fail: ModelText['at']): Phases {
  return tools.isRate ? ratePhases(raw, fail) : spikingPhases(raw, tools, fail);
}

function betaOf(beta: number, fail: ModelText['at']): number {
  if (beta <= 0)
    throw fail(['phases', 'nudge', 'beta'], 'the nudging strength must be above 0', {
      found: String(beta),
      expected: 'above 0 (the estimator gives the sign)',
    });
  return beta;
}

function spikingPhases(raw: ModelFile, { step, time, wholeSteps }: PhaseTools, fail: ModelText['at']): Phases {
  const { phases } = raw;
  if (!phases) throw fail(['phases'], 'a required key is missing', { found: 'nothing', expected: 'a map' });
  for (const name of ['free', 'nudge'] as const)
    if (!phases[name])
      throw fail(['phases', name], 'a required key is missing', { found: 'nothing', expected: 'a map' });
  if (phases.nudge!.beta === undefined)
    throw fail(['phases', 'nudge', 'beta'], 'a required key is missing', {
      found: 'nothing',
      expected: 'a finite number',
    });
  if (phases.free!.start !== undefined)
    throw fail(['phases', 'free', 'start'], 'a spiking model starts every example afresh', {
      found: phases.free!.start,
      expected: 'no such key (its potentials: populations.NAME.initial)',
    });
  const phase = (name: 'free' | 'nudge' | 'predict', spec: Spec, fallback: number, window: (of: number) => number) => {
    const path = ['phases', name];
    if (spec?.steps !== undefined)
      throw fail([...path, 'steps'], 'a spiking model has durations', {
        found: `${spec.steps} steps`,
        expected: 'duration: a time such as "60 ms"',
      });
    if (spec && spec.duration === undefined && name !== 'predict')
      throw fail([...path, 'duration'], 'a required key is missing', { found: 'nothing', expected: 'text' });
    const whole = time([...path, 'duration'], spec?.duration, fallback);
    const part = time([...path, 'window'], spec?.window, window(whole));
    wholeSteps([...path, 'duration'], whole);
    wholeSteps([...path, 'window'], part);
    if (part > whole * (1 + 1e-9))
      throw fail([...path, 'window'], 'the window is longer than its phase', {
        found: inUnits(part),
        expected: `at most ${inUnits(whole)}`,
      });
    return { duration: whole, window: part };
  };
  const snapped = (duration: number): number => Math.max(1, Math.round(duration / step)) * step;
  const free = phase('free', phases.free, 0, (of) => snapped(Math.min(of, 0.02)));
  const nudge = phase('nudge', phases.nudge, 0, (of) => snapped(of / 2));
  const beta = betaOf(phases.nudge!.beta!, fail);
  const { estimator = 'symmetric', points } = phases.nudge!;
  if (estimator === 'holomorphic')
    throw fail(['phases', 'nudge', 'estimator'], 'complex states need a rate model', {
      found: 'holomorphic',
      expected: 'one-sided, random-sign or symmetric',
    });
  if (points !== undefined)
    throw fail(['phases', 'nudge', 'points'], 'points belong to the holomorphic estimator', {
      found: String(points),
      expected: 'no such key',
    });
  const predict = phase('predict', phases.predict, milliseconds(free.duration + nudge.window), () => nudge.window);
  const relaxDuration = time(['phases', 'relaxDuration'], phases.relaxDuration, free.duration);
  wholeSteps(['phases', 'relaxDuration'], relaxDuration);
  return {
    free: { ...free, tolerance: 0, start: 'rest' }, nudge: { ...nudge, beta, estimator, points: 0 }, predict,
    restart: phases.restart ?? 'copy', relaxDuration,
  }; // prettier-ignore
}

/** Defaults that suit one hidden layer: 30 steps free, 10 nudged, beta 0.1, symmetric. */
function ratePhases(raw: ModelFile, fail: ModelText['at']): Phases {
  const { phases } = raw;
  const count = (path: readonly PropertyKey[], value: number | undefined, fallback: number): number => {
    const steps = value ?? fallback;
    if (steps < 1 || steps > 2 ** 24)
      throw fail(path, 'impossible number of steps', { found: String(steps), expected: '1 to 16,777,216' });
    return steps;
  };
  for (const name of ['free', 'nudge', 'predict'] as const)
    for (const key of ['duration', 'window'] as const) {
      const value = phases?.[name]?.[key];
      if (value !== undefined)
        throw fail(['phases', name, key], 'a rate model counts steps', {
          found: `"${value}"`,
          expected: key === 'duration' ? 'steps: a whole number' : 'no such key',
        });
    }
  if (phases?.relaxDuration !== undefined)
    throw fail(['phases', 'relaxDuration'], 'a rate model counts steps', {
      found: `"${phases.relaxDuration}"`,
      expected: 'no such key',
    });
  const free = count(['phases', 'free', 'steps'], phases?.free?.steps, 30);
  const tolerance = phases?.free?.tolerance ?? 0;
  if (tolerance < 0)
    throw fail(['phases', 'free', 'tolerance'], 'a negative tolerance', {
      found: String(tolerance),
      expected: '0 or more',
    });
  const nudge = count(['phases', 'nudge', 'steps'], phases?.nudge?.steps, 10);
  const estimator = phases?.nudge?.estimator ?? 'symmetric';
  const points = phases?.nudge?.points ?? 4;
  if (points < 2 || points > 64)
    throw fail(['phases', 'nudge', 'points'], 'impossible number of points', {
      found: String(points),
      expected: '2 to 64',
    });
  return {
    free: { duration: free, window: 1, tolerance, start: phases?.free?.start ?? 'rest' },
    nudge: { duration: nudge, window: 1, beta: betaOf(phases?.nudge?.beta ?? 0.1, fail), estimator, points },
    predict: { duration: count(['phases', 'predict', 'steps'], phases?.predict?.steps, free), window: 1 },
    restart: phases?.restart ?? 'copy',
    relaxDuration: free,
  };
}

/** Sums of milliseconds without the tail of binary rounding. */
function milliseconds(seconds: number): number {
  return Number((seconds * 1000).toPrecision(12)) / 1000;
}
