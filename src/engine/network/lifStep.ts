// One clocked step of a population of leaky or perfect integrators as a map: exact propagators over the step, so that only
// spikes and delays are rounded to the grid. Potentials are kept from `rest`, so that float32 spends no digits on it.
import { formula } from '../../expr/formula.ts';
import type { Tree } from '../../expr/tree.ts';
import type { NetworkPopulation, Synapse } from '../../model/network.ts';
import type { Assignment } from '../../program/program.ts';
import { alphaFiltered, filtered, meanOverStep } from '../propagators.ts';

/** Arrivals of one synapse type into a population. */
export interface Port {
  readonly synapse: Synapse;
  /** Where weights are added: the current itself, or a ring that is emptied into it when its time has come. */
  readonly arrivals: string;
  readonly ring: boolean;
  /** The current at the start of a step (exponential, alpha), and what rises (alpha). */
  readonly current: string;
  readonly rise: string;
}

export interface LifStep {
  readonly assign: readonly Assignment[];
  /** Holds 1 where a unit fired. */
  readonly spike: string;
}

/** A buffer of one number: the step since the last `rebase`, small enough for float32. */
export const clockName = 'now';

const zero: Tree = { kind: 'number', value: 0 };

/** Buffers: NAME.v (from rest), NAME.r (the last step of refractoriness), NAME.kept, NAME.bias, NAME.current and those of the ports. */
export function lifStep(population: NetworkPopulation, ports: readonly Port[], dt: number): LifStep {
  const { name, membraneTimeConstant: tau, rest, strict, refractory } = population;
  const perfect = tau === Infinity;
  const em = perfect ? 1 : Math.exp(-dt / tau);
  const assign: Assignment[] = [];
  // What is the same for all units at all times folds into the code.
  const bias: Tree = population.bias.kind === 'constant' ? { kind: 'number', value: population.bias.value } : { kind: 'name', name: `${name}.bias` };
  const drive = population.current.length > 0 ? formula('b + c', { b: bias, c: `${name}.current` }) : bias;
  let moved: Tree = formula('v * em + drive * gain', { v: `${name}.v`, em, drive, gain: perfect ? dt : -Math.expm1(-dt / tau) });
  let jump: Tree = zero;
  for (const { synapse: { kind, timeConstant: source }, arrivals, ring, current, rise } of ports) {
    if (kind === 'delta') {
      jump = formula('j + a', { j: jump, a: arrivals });
      assign.push({ into: arrivals, value: zero });
      continue;
    }
    const decay = Math.exp(-dt / source);
    const slot = kind === 'alpha' ? rise : current;
    // What came in a ring joins the current at the start of the step it was meant for.
    const now = (buffer: string): Tree => (ring && buffer === slot ? formula('g + a', { g: buffer, a: arrivals }) : { kind: 'name', name: buffer });
    const gain = perfect ? dt * meanOverStep(dt, source) : filtered(dt, tau, source);
    moved = formula('v + g * k', { v: moved, g: now(current), k: gain });
    if (kind === 'alpha') {
      moved = formula('v + x * k', { v: moved, x: now(rise), k: alphaFiltered(dt, tau, source) });
      assign.push({ into: current, value: formula('(g + x * dt) * decay', { g: now(current), x: now(rise), dt, decay }) });
      assign.push({ into: rise, value: formula('x * decay', { x: now(rise), decay }) });
    } else assign.push({ into: current, value: formula('g * decay', { g: now(current), decay }) });
    if (ring) assign.push({ into: arrivals, value: zero });
  }
  const steps = Math.round(refractory.duration / dt);
  const keeps = steps > 0 && refractory.arrivals === 'keep' && jump !== zero;
  // A jump at the start of the step, decayed over it.
  const arrived = keeps ? formula('j + kept', { j: jump, kept: `${name}.kept` }) : jump;
  const free = jump === zero ? moved : formula('v + j * em', { v: moved, j: arrived, em });
  const [floor, cap] = [population.floor - rest, population.cap - rest];
  const floored = floor === -Infinity ? free : formula('max(v, floor)', { v: free, floor });
  // A potential that the cap holds below the threshold never reaches it; a cap above holds what a reset leaves.
  const held = population.cap < population.threshold ? formula('min(v, cap)', { v: floored, cap }) : floored;
  const waiting = formula('r >= now', { r: `${name}.r`, now: clockName });
  const next = steps > 0 ? formula('waiting ? old : new', { waiting, old: `${name}.v`, new: held }) : held;
  if (population.threshold === Infinity) return { assign: [...assign, { into: `${name}.v`, value: next }, { into: `${name}.spike`, value: zero }], spike: `${name}.spike` };
  const threshold = population.threshold - rest;
  const reached = formula(strict ? 'v > threshold' : 'v >= threshold', { v: next, threshold });
  const spike = steps > 0 ? formula('reached and not waiting', { reached, waiting }) : reached;
  const back: Tree = population.reset.mode === 'to' ? { kind: 'number', value: population.reset.value - rest } : formula('min(v - by, cap)', { v: next, by: population.reset.value, cap: cap === Infinity ? 3e38 : cap });
  assign.push({ into: `${name}.v`, value: formula('spike ? back : v', { spike, back, v: next }) });
  if (steps > 0) assign.push({ into: `${name}.r`, value: formula('spike ? now + steps : r', { spike, now: clockName, steps, r: `${name}.r` }) });
  if (keeps) assign.push({ into: `${name}.kept`, value: formula('waiting ? (kept + j) * em : 0', { waiting, kept: `${name}.kept`, j: jump, em }) });
  assign.push({ into: `${name}.spike`, value: formula('spike ? 1 : 0', { spike }) });
  return { assign, spike: `${name}.spike` };
} // prettier-ignore
