// One example on an event engine: weights and nudge put in, activity traces and their means from spike times in closed form.
// It knows no machine and no rule. Notation: docs/method.md, "Learning" in docs/event-engine.md.
import { SettleError } from '../../errors.ts';
import { compile } from '../../expr/evaluate.ts';
import { exp } from '../../math/elementary.ts';
import type { Model } from '../../model/model.ts';
import type { EventNudge } from '../../program/program.ts';
import type { EventState, ReusableEventEngine } from './engine.ts';
import type { ModelNetwork } from './modelNetwork.ts';

type Numbers = ArrayLike<number>;

/** Where an example stands: engine, activity traces, runs since it began, and the nudge that is on (-beta force, -beta slope). */
export interface Standing {
  readonly state: EventState;
  readonly traces: Float64Array;
  readonly runs: number;
  readonly beta: number;
  readonly constant: Float64Array;
  readonly factor: Float64Array;
  /** What `save` kept. */
  readonly saved?: Standing | null;
}

export interface Course {
  /** Weights of the projections of the wiring, [pre, post] each; they hold until they are set again. */
  weights(values: readonly Numbers[]): void;
  /** Begins again, from potentials and constant currents by population. */
  begin(potentials: (population: number) => Numbers, drives: (population: number) => Numbers): void;
  resume(from: Standing, drives: (population: number) => Numbers): void;
  standing(): Standing;
  save(): void;
  restore(): void;
  /** All units take part, each sending 1 - dropout of what it sends otherwise. */
  thin(thinned: boolean): void;
  /** From now on the units of the cost receive -beta (force + slope s). */
  nudge(beta: number, cost: Pick<EventNudge, 'force' | 'slope'> | null, targets: Numbers | null): void;
  /** Runs of so many seconds; `mean` receives the sum over them of each unit's mean activity. */
  advance(
    times: number,
    seconds: number,
    mean: ((unit: number, population: number, mean: number) => void) | null,
  ): void;
  /** Spikes of a population since the last call. */
  spikes(population: number): number;
  /** The activity of each unit; with `all`, its potential and what the last `advance` sent too. */
  show(into: (population: number, unit: number, values: readonly number[]) => void, all: boolean): void;
}

export function courseOf(
  engine: ReusableEventEngine,
  { network, neurons, synapses, nudge, scale }: ModelNetwork,
  model: Model,
): Course {
  const zeros = (): Float64Array => new Float64Array(network.neurons);
  const [initial, drive, bias, gained, sent] = [zeros(), zeros(), zeros(), zeros(), zeros()];
  let traces = zeros();
  const counts = neurons.map(() => 0);
  const populationOf = (name: string) => neurons.find((p) => p.name === name)!;
  const populationAt = neurons.flatMap(({ units }, p) => Array<number>(units).fill(p));
  const rates = Float64Array.from(populationAt, (p) => 1 / neurons[p]!.traceTimeConstant);
  const nudged = model.cost ? populationOf(model.cost.on) : undefined;
  /** -beta force and -beta slope of each nudged unit. */
  const [constant, factor] = [new Float64Array(nudged?.units ?? 0), new Float64Array(nudged?.units ?? 0)];
  let values: readonly Numbers[] = [];
  let thinned: boolean | null = null;
  let runs = 0;
  let on = 0;
  let saved: Standing | null = null;

  function put(into: Float64Array, of: (population: number) => Numbers): void {
    neurons.forEach(({ first }, p) => into.set(of(p), first));
  }
  function fill(): void {
    const { weights } = engine;
    synapses.forEach((projection, k) => {
      const [from, to] = [populationOf(projection.from), populationOf(projection.to)];
      const w = values[k]!;
      const ofSender = (p: typeof from): number => (thinned ? 1 - p.dropout : 1);
      const ahead = scale(projection, from, to) * ofSender(from);
      const behind = scale(projection, to, from) * ofSender(to);
      for (let i = 0; i < from.units; i++)
        for (let j = 0; j < to.units; j++) {
          const weight = w[i * to.units + j]!;
          weights[projection.forward[i]! + j] = ahead * weight;
          if (projection.back) weights[projection.back[j]! + i] = behind * weight;
        }
    });
  }
  /** The synapse of each nudged unit upon itself: a spike raises the trace by activityTime / its time constant. */
  function selves(): void {
    const { weights } = engine;
    nudge?.places.forEach((at, unit) => (weights[at] = factor[unit]! * nudged!.activityTime));
  }
  function go(from: Standing): void {
    engine.load(from.state);
    bias.set(from.state.bias);
    traces = from.traces.slice();
    [runs, on] = [from.runs, from.beta];
    constant.set(from.constant);
    factor.set(from.factor);
    selves();
  }
  const stands = (): Standing => ({ state: engine.state(), traces: traces.slice(), runs, beta: on, constant: constant.slice(), factor: factor.slice() }); // prettier-ignore
  const slopes = new WeakMap<object, readonly [force: Formula, slope: Formula]>();
  function formulas(cost: Pick<EventNudge, 'force' | 'slope'>): readonly [Formula, Formula] {
    const known = slopes.get(cost) ?? ([compile(cost.force, ['target']), compile(cost.slope, ['target'])] as const);
    slopes.set(cost, known);
    return known;
  }

  return {
    weights(given) {
      values = given;
      thinned = null;
    },
    begin(potentials, drives) {
      put(initial, potentials);
      put(drive, drives);
      bias.set(drive);
      engine.restart(initial, bias);
      traces.fill(0);
      [runs, on, saved] = [0, 0, null];
      for (const none of [constant, factor]) none.fill(0);
      selves();
    },
    resume(from, drives) {
      put(drive, drives);
      go(from);
      saved = from.saved ?? null;
    },
    standing: () => ({ ...stands(), saved }),
    save: () => void (saved = stands()),
    restore() {
      if (!saved) throw new SettleError('no state of this example was kept', { kind: 'defect' });
      go(saved);
    },
    thin(wanted) {
      if (thinned === wanted) return;
      thinned = wanted;
      fill();
    },
    nudge(beta, cost, targets) {
      if (beta === on || !nudged || !nudge) return;
      on = beta;
      const [force, slope] = cost ? formulas(cost) : [];
      const { units, first, traceTimeConstant } = nudged;
      for (let unit = 0; unit < units; unit++) {
        const before = factor[unit]!;
        const target = Float64Array.of(targets?.[unit] ?? 0);
        constant[unit] = force && beta !== 0 ? -beta * force(target) : 0;
        factor[unit] = slope && beta !== 0 ? -beta * slope(target) : 0;
        bias[first + unit] = drive[first + unit]! + constant[unit]!;
        // What spikes before this have left of the trace goes on as a current.
        const current = (factor[unit]! - before) * traces[first + unit]! * traceTimeConstant;
        if (current !== 0) engine.inject(first + unit, nudge.type, current);
      }
      engine.setBias(bias);
      selves();
    },
    advance(times, seconds, mean) {
      runs += times;
      const end = runs * seconds;
      const { time, neuron } = engine.advance(end);
      gained.fill(0);
      sent.fill(0);
      for (let k = 0; k < time.length; k++) {
        const n = neuron[k]!;
        gained[n]! += exp((time[k]! - end) * rates[n]!);
        sent[n]! += 1;
        counts[populationAt[n]!]! += 1;
      }
      neurons.forEach(({ first, units, traceTimeConstant: tau, activityTime }, p) => {
        const decay = exp((-times * seconds) / tau);
        for (let unit = 0; unit < units; unit++) {
          const n = first + unit;
          const before = traces[n]!;
          const after = before * decay + (gained[n]! * activityTime) / tau;
          traces[n] = after;
          // The integral of s: tau s' = -s + activityTime x spikes.
          if (mean) mean(unit, p, (tau * (before - after) + activityTime * sent[n]!) / seconds);
        }
      });
    },
    spikes(p) {
      const count = counts[p]!;
      counts[p] = 0;
      return count;
    },
    show(into, all) {
      neurons.forEach(({ first, units, activityTime }, p) => {
        for (let unit = 0; unit < units; unit++) {
          const n = first + unit;
          into(p, unit, all ? [traces[n]!, engine.potential(n), sent[n]! > 0 ? activityTime : 0] : [traces[n]!]);
        }
      });
    },
  };
}

type Formula = (values: Float64Array) => number;
