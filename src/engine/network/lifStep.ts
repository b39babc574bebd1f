// One clocked step of leaky or perfect integrators: exact propagators over the step, so that only spikes and delays are
// rounded to the grid. Potentials are kept from `rest`, so that float32 spends no digits on it.
import { formula } from '../../expr/formula.ts';
import { num } from '../../expr/tools.ts';
import type { Tree } from '../../expr/tree.ts';
import type { Builder } from '../../program/builder.ts';
import type { Assignment, Operation } from '../../program/program.ts';
import { alphaFiltered, filtered, meanOverStep } from '../../math/propagators.ts';
import { type Group, type PopulationStep, sameSynapse } from './groups.ts';

export interface StepOptions {
  readonly dt: number;
  /** The log of the group's spikes. */
  readonly log: string;
  /** Potentials at time 0, and biases, of the group's units. */
  readonly initial: Float64Array;
  readonly bias: Float64Array;
}

/** The buffer with the biases of a group, where each unit has its own. */
export const biasBuffer = ({ name }: Pick<Group, 'name'>): string => `${name}.bias`;

export function lifStep(builder: Builder, group: Group, { dt, log, initial, bias: biases }: StepOptions): PopulationStep {
  const { name, units, population, synapses, biased } = group;
  const { membraneTimeConstant: tau, rest, strict, refractory, reset } = population;
  const state: string[] = [];
  const own = (part: string): string => {
    state.push(builder.buffer(`${name}.${part}`, [units], { batch: true }));
    return state.at(-1)!;
  };
  const v = own('v');
  const bias: Tree | string = biased ? own('bias') : num(biases[0]!);
  const perfect = tau === Infinity;
  // em - 1: what the membrane loses in a step, exact where em is near 1.
  const loss = perfect ? 0 : Math.expm1(-dt / tau);
  const delta = synapses.some(({ kind }) => kind === 'delta') ? own('jump') : null;
  const start: Tree = formula('v + j', { v, j: delta ?? 0 });
  let moved: Tree = perfect ? formula('v + b * dt', { v: start, b: bias, dt }) : formula('v + (v - b) * loss', { v: start, b: bias, loss });
  const assign: Assignment[] = [];
  const direct = synapses.map(({ kind, timeConstant: source }, k): string => {
    if (kind === 'delta') return delta!;
    const current = own(`current${k}`);
    const decay = Math.exp(-dt / source);
    moved = formula('v + g * k', { v: moved, g: current, k: perfect ? dt * meanOverStep(dt, source) : filtered(dt, tau, source) });
    if (kind === 'exponential') {
      assign.push({ into: current, value: formula('g * decay', { g: current, decay }) });
      return current;
    }
    const rise = own(`rise${k}`);
    moved = formula('v + x * k', { v: moved, x: rise, k: alphaFiltered(dt, tau, source) });
    assign.push({ into: current, value: formula('(g + x * dt) * decay', { g: current, x: rise, dt, decay }) });
    assign.push({ into: rise, value: formula('x * decay', { x: rise, decay }) });
    return rise;
  });
  const [floor, cap, threshold] = [population.floor - rest, population.cap - rest, population.threshold - rest];
  const floored = floor === -Infinity ? moved : formula('max(v, floor)', { v: moved, floor });
  // A potential that the cap holds below the threshold never reaches it; a cap above holds what a reset leaves.
  const held = cap < threshold ? formula('min(v, cap)', { v: floored, cap }) : floored;
  // `r`: steps left to wait, and one more.
  const steps = Math.round(refractory.duration / dt);
  const r = steps > 0 ? own('wait') : '';
  const waiting = steps > 0 ? formula('r > 1.5', { r }) : num(0);
  assign.push({ into: v, value: steps > 0 ? formula('waiting ? v : new', { waiting, v, new: held }) : held });
  if (steps > 0) assign.push({ into: r, value: formula('max(r - 1, 0)', { r }) });
  // A jump that waits decays as the membrane would.
  if (delta) assign.push({ into: delta, value: steps > 0 && refractory.arrivals === 'keep' ? formula('waiting ? j + j * loss : 0', { waiting, j: delta, loss }) : num(0) });
  const reached = formula(strict ? 'v > threshold' : 'v >= threshold', { v, threshold });
  const when = threshold === Infinity ? num(0) : steps > 0 ? formula('reached and r < 0.5', { reached, r }) : reached;
  const back = reset.mode === 'to' ? num(reset.value - rest) : formula('min(v - by, cap)', { v, by: reset.value, cap: Math.min(cap, 3e38) });
  const change: Assignment[] = [{ into: v, value: back }, ...(steps > 0 ? [{ into: r, value: num(steps + 1) }] : [])];
  const fire = (own: readonly Assignment[]): Operation => ({ op: 'fire', units, assign: own, when, change, log });
  return {
    state,
    initial: new Map<string, ArrayLike<number>>([[v, initial.map((value) => value - rest)], ...(biased ? [[bias as string, biases] as const] : [])]),
    before: [],
    after: [fire(assign)],
    first: fire([]),
    apart: steps + 1,
    back: 0,
    arrivals(synapse) {
      const into = direct[synapses.findIndex((known) => sameSynapse(known, synapse))]!;
      return { weight: synapse.kind === 'alpha' ? Math.E / synapse.timeConstant : 1, terms: [{ into }] };
    },
    potential: async (read, unit) => (await read(v))[unit]! + rest,
  };
} // prettier-ignore
