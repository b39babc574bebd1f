// A resolved model as the text of a file again: every default written out. It loads to the same model.
import { stringify } from 'yaml';
import { inUnits } from '../expr/units.ts';
import type { Model, Population, Projection } from './model.ts';

const finite = (value: number): number | undefined => (Number.isFinite(value) ? value : undefined);
const orNull = (value: number): number | null => (Number.isFinite(value) ? value : null);
const pair = (bounds: readonly [number, number] | null) => bounds && [orNull(bounds[0]), orNull(bounds[1])];

const size = ({ units, shape }: Population) => (shape ? { shape: [...shape] } : { units });
const bias = ({ shape, bias: { shared, ...rest } }: Population) => (shape ? { ...rest, shared } : rest);

function population(p: Population): [string, object] {
  if (p.kind === 'rate' || p.kind === 'readout')
    return [p.name, {
      ...size(p), kind: p.kind, bias: bias(p), initial: [p.initial.low, p.initial.high], activation: p.activation,
      ...(p.kind === 'rate' ? { energy: p.energy, range: pair(p.range) } : {}), dropout: p.dropout,
    }]; // prettier-ignore
  return [p.name, {
    ...size(p), kind: p.kind, encode: p.encode,
    ...(p.membraneTimeConstant === Infinity ? {} : { membraneTimeConstant: inUnits(p.membraneTimeConstant) }),
    ...(p.leak > 0 ? { leak: p.leak } : {}), rest: p.rest, resistance: p.resistance, threshold: p.threshold, reset: p.reset.mode === 'to' ? { to: p.reset.value } : { by: p.reset.value },
    refractory: { ...p.refractory, duration: inUnits(p.refractory.duration) }, floor: finite(p.floor), cap: finite(p.cap), bias: bias(p),
    initial: [p.initial.low, p.initial.high], traceTimeConstant: inUnits(p.traceTimeConstant), slowTraceTimeConstant: inUnits(p.slowTraceTimeConstant),
    activityTime: inUnits(p.activityTime), dropout: p.dropout,
  }]; // prettier-ignore
}

function kernel({ conv, pool }: Projection): object {
  if (!conv) return {};
  const windows = pool && { pool: { kind: pool.kind, size: pool.size, stride: pool.stride } };
  return { kernel: conv.size, stride: conv.stride, padding: conv.padding, ...windows };
}

function projection(p: Projection, isRate: boolean): [string, object] {
  const { kind, init } = p;
  if (isRate)
    return [
      p.name,
      { kind, ...kernel(p), init, features: p.features, ...(p.bounds ? { bounds: pair(p.bounds) } : {}) },
    ];
  return [p.name, { kind, init, synapse: { kind: p.synapse.kind, timeConstant: inUnits(p.synapse.timeConstant) }, delay: inUnits(p.delay) }]; // prettier-ignore
}

function phases({ phases: { free, nudge, predict, restart, relaxDuration }, kind }: Model): object {
  if (kind === 'rate')
    return {
      free: { steps: free.duration, tolerance: free.tolerance, start: free.start },
      nudge: { steps: nudge.duration, beta: nudge.beta, estimator: nudge.estimator, points: nudge.points },
      predict: { steps: predict.duration },
      restart,
    };
  const span = (phase: { duration: number; window: number }) => ({
    duration: inUnits(phase.duration),
    window: inUnits(phase.window),
  });
  return {
    free: span(free), nudge: { ...span(nudge), beta: nudge.beta, estimator: nudge.estimator }, predict: span(predict), restart,
    relaxDuration: inUnits(relaxDuration),
  }; // prettier-ignore
}

/** A model as the text of a file, every default written out. */
export function resolvedYaml(model: Model): string {
  const isRate = model.kind === 'rate';
  const { cost, learning } = model;
  return stringify({
    settle: 1, name: model.name, source: model.source, data: model.data,
    populations: Object.fromEntries(model.populations.map(population)),
    projections: Object.fromEntries(model.projections.map((p) => projection(p, isRate))),
    ...(cost ? { cost: cost.kind === 'text' ? cost : { on: cost.on, kind: cost.kind } } : {}),
    ...(isRate ? { dynamics: model.dynamics } : {}),
    phases: phases(model),
    learning: { ...learning, targets: { ...learning.targets, top: learning.targets.top ?? undefined, decoders: learning.targets.decoders ?? undefined } },
    record: model.record.map((spec) => ({ ...spec, population: spec.population ?? undefined, interval: isRate ? undefined : inUnits(spec.interval) })),
    ...(isRate ? {} : { engine: model.engine, step: inUnits(model.step), spikeTimes: model.spikeTimes }),
    backend: model.backend, seed: model.seed,
  }); // prettier-ignore
}
