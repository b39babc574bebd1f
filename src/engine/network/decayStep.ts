// The clocked step of leaky neurons whose state is a sum of decaying parts, without computing the decays: with
// V - rest - bias = y + sum of a_k g_k, a_k = tau_k / (tau_k - tau), y decays as exp(-t / tau) and g_k as exp(-t / tau_k),
// nothing else. So each part is kept as a number that stands still times a factor that all units share, and a step only looks
// whether a weighted sum has reached the threshold. The same exact solution as lifStep.ts, where that takes another form.
import { formula } from '../../expr/formula.ts';
import { num } from '../../expr/tools.ts';
import type { Tree } from '../../expr/tree.ts';
import type { Builder } from '../../program/builder.ts';
import type { Assignment, Operation } from '../../program/program.ts';
import { type Group, type PopulationStep, sameSynapse } from './groups.ts';
import type { StepOptions } from './lifStep.ts';

/** Factors begin at 1 again when the fastest part has decayed by e^-2: their float32 errors stay below 3 in 10^7. */
const decaysUntilNew = 2;
const fewestSteps = 4;

const stepsUntilNew = ({ population, synapses }: Group, dt: number): number => {
  const fastest = Math.min(population.membraneTimeConstant, ...synapses.flatMap(({ timeConstant }) => timeConstant || []));
  return Math.min(1000, Math.floor((decaysUntilNew * fastest) / dt));
}; // prettier-ignore

/** Whether a group can be stepped so: no limits on V, one bias, resets to a value, time constants well apart (a_k grows as they near). */
export function decaysOnly(group: Group, dt: number): boolean {
  const { population, synapses, biased } = group;
  const { membraneTimeConstant: tau, floor, cap, threshold, reset, refractory } = population;
  const waits = Math.round(refractory.duration / dt) > 0;
  return (
    tau < Infinity && floor === -Infinity && cap >= threshold && threshold < Infinity && reset.mode === 'to' && !biased &&
    synapses.every(({ kind, timeConstant }) =>
      kind === 'exponential' ? Math.abs(timeConstant / tau - 1) >= 0.2 : kind === 'delta' && !(waits && refractory.arrivals === 'keep')) &&
    stepsUntilNew(group, dt) >= fewestSteps
  ); // prettier-ignore
}

export function decayStep(builder: Builder, group: Group, { dt, log, initial, bias }: StepOptions): PopulationStep {
  const { name, units, population, synapses } = group;
  const { membraneTimeConstant: tau, strict, reset, refractory } = population;
  const state: string[] = [];
  const buffer = (part: string, width: number): string => {
    state.push(builder.buffer(`${name}.${part}`, [width], { batch: true }));
    return state.at(-1)!;
  };
  const level = population.rest + bias[0]!;
  const age = buffer('age', 1);
  /** A part: its numbers, the factor they are to be multiplied by, and one over it. */
  const part = (what: string, timeConstant: number) => ({
    timeConstant, value: buffer(what, units), factor: buffer(`${what}.factor`, 1), inverse: buffer(`${what}.inverse`, 1),
  }); // prettier-ignore
  const membrane = part('y', tau);
  const currents = new Map(synapses.filter(({ kind }) => kind === 'exponential').map((synapse, k) => [synapse, part(`g${k}`, synapse.timeConstant)]));
  /** -1 over the membrane's factor: what a current's arrival takes off y so that V goes on from where it is. */
  const against = buffer('y.against', 1);
  const parts = [membrane, ...currents.values()];
  const others = [...currents.values()].reduce<Tree>((sum, { value, factor }) => formula('sum + g * f', { sum, g: value, f: factor }), num(0));
  const sum = formula('y * f + others', { y: membrane.value, f: membrane.factor, others });

  const factors = (steps: Tree | string): Assignment[] => [
    ...parts.flatMap(({ timeConstant, factor, inverse }) => {
      const value = formula('exp(n * x)', { n: steps, x: -dt / timeConstant });
      return [{ into: factor, value }, { into: inverse, value: formula('1 / f', { f: value }) }];
    }),
    { into: against, value: formula('-1 / exp(n * x)', { n: steps, x: -dt / tau }) },
  ];
  const renew: Operation[] = [
    { op: 'map', units, assign: parts.map(({ value, factor }) => ({ into: value, value: formula('value * factor', { value, factor }) })) },
    { op: 'map', units: 1, assign: [...factors(num(0)), { into: age, value: num(0) }] },
  ];
  const wait = Math.round(refractory.duration / dt);
  /** y with which V is at its reset. */
  const back = formula('(reset - others) * inverse', { reset: reset.value - level, others, inverse: membrane.inverse });
  const when = formula(strict ? 'v > threshold' : 'v >= threshold', { v: sum, threshold: population.threshold - level });
  // What waits is out of reach of whatever arrives, until it is put back.
  const change = [{ into: membrane.value, value: wait > 0 ? num(-Infinity) : back }];
  const fire: Operation = { op: 'fire', units, assign: [], when, change, log };
  const older = formula('age + 1', { age });
  return {
    state,
    initial: new Map<string, ArrayLike<number>>([
      [membrane.value, initial.map((value) => value - level)],
      ...parts.flatMap(({ factor, inverse }) => [[factor, [1]] as const, [inverse, [1]] as const]),
      [against, [-1]],
    ]),
    before: [
      { op: 'every', steps: stepsUntilNew(group, dt), operations: renew },
      ...(wait > 0 ? [{ op: 'put' as const, log, back: wait, into: membrane.value, value: back }] : []),
    ],
    after: [{ op: 'map', units: 1, assign: [...factors(older), { into: age, value: older }] }, fire],
    first: fire,
    apart: wait + 1,
    back: wait,
    arrivals(synapse) {
      const found = [...currents].find(([known]) => sameSynapse(known, synapse))?.[1];
      if (!found) return { weight: 1, terms: [{ into: membrane.value, factor: membrane.inverse }] };
      return {
        weight: found.timeConstant / (found.timeConstant - tau),
        terms: [{ into: found.value, factor: found.inverse }, { into: membrane.value, factor: against }],
      };
    },
    async potential(read, unit) {
      let value = level;
      for (const { value: numbers, factor } of parts) value += (await read(numbers))[unit]! * (await read(factor))[0]!;
      return value === -Infinity ? reset.value : value;
    },
  };
} // prettier-ignore
