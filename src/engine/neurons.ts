// One step of one spiking population as maps: potential, threshold, reset, refractory time, trace. Exact propagators; it
// knows no network and no rule. Units and symbols: docs/method.md.
import { formula } from '../expr/formula.ts';
import type { Tree } from '../expr/tree.ts';
import type { Population } from '../model/model.ts';
import type { Assignment, Operation } from '../program/program.ts';
import { filtered, meanOverStep } from '../math/propagators.ts';

/** What drives a population in one step. */
export interface Drives {
  /** Arrival buffers by synaptic time constant (0: delta). A spike leaves its sender's activityTime in the buffer. */
  readonly groups: readonly (readonly [tau: number, buffer: string])[];
  readonly nudge: { readonly constant: Tree; readonly decaying: Tree } | null;
  readonly dt: number;
  /** Factor on what a spike sends: 1, or 1 - dropout where all units take part though learning left some out. */
  readonly sent: number;
  /** Declares a buffer of the population's width for intermediate values. */
  scratch(name: string): string;
}

const nothing: Tree = { kind: 'number', value: 0 };

interface Decaying {
  readonly tau: number;
  /** The current at the start of the step is factor * value (kept apart so that constants fold into one). */
  readonly value: Tree;
  readonly factor: number;
}

/** Constant current, decaying currents, and the jump by delta arrivals. */
function currents(
  population: Population,
  { groups, nudge }: Drives,
): { constant: Tree; decaying: Decaying[]; jump: Tree } {
  const perfect = population.membraneTimeConstant === Infinity;
  const charge = population.resistance / (perfect ? population.activityTime : population.membraneTimeConstant);
  const drive = `${population.name}.drive`;
  const decaying = groups
    .filter(([tau]) => tau > 0)
    .map(([tau, buffer]): Decaying => ({ tau, value: { kind: 'name', name: buffer }, factor: 1 / tau }));
  if (nudge) decaying.push({ tau: population.traceTimeConstant, value: nudge.decaying, factor: 1 });
  const delta = groups.find(([tau]) => tau === 0);
  return {
    constant: nudge ? formula('u + n', { u: drive, n: nudge.constant }) : { kind: 'name', name: drive },
    decaying,
    jump: delta ? formula('g * charge', { g: delta[1], charge }) : nothing,
  };
}

/** The potential after a linear leak towards rest, which it does not pass. */
function leaked({ name, leak, rest }: Population, dt: number): Tree {
  return formula('v >= rest ? max(v - k, rest) : min(v + k, rest)', { v: `${name}.v`, rest, k: leak * dt });
}

/** V after `dt` from V at the start, by exact propagators; a linear leak comes first, then arrivals and currents. */
function gridPotential(population: Population, drives: Drives): Tree {
  const { constant, decaying, jump } = currents(population, drives);
  const { dt } = drives;
  const { membraneTimeConstant: tau, resistance, rest, activityTime, name } = population;
  const perfect = tau === Infinity;
  const start = formula('v + jump', { v: population.leak > 0 ? leaked(population, dt) : `${name}.v`, jump });
  let after = perfect
    ? formula('v + k * c', { v: start, c: constant, k: (resistance * dt) / activityTime })
    : formula('v * em + (rest + R * c) * (1 - em)', {
        v: start,
        c: constant,
        em: Math.exp(-dt / tau),
        rest,
        R: resistance,
      });
  for (const { tau: source, value, factor } of decaying) {
    const k = perfect ? (dt / activityTime) * meanOverStep(dt, source) : filtered(dt, tau, source);
    after = formula('v + k * a', { v: after, k: k * resistance * factor, a: value });
  }
  return after;
}

/** What a spike does, and what happens without one: potential, spike buffer, activity trace. */
function ofSpike(
  { name, activityTime, traceTimeConstant: tau }: Population,
  { dt, sent }: Drives,
  spike: Tree,
  potential: { v: Tree; back: Tree },
): Assignment[] {
  const trace = { s: `${name}.s`, decay: Math.exp(-dt / tau), spike, amount: activityTime / tau };
  return [
    { into: `${name}.v`, value: formula('spike ? back : v', { spike, ...potential }) },
    { into: `${name}.spike`, value: formula('spike ? amount : 0', { spike, amount: activityTime * sent }) },
    { into: `${name}.s`, value: formula('s * decay + (spike ? amount : 0)', trace) },
  ];
}

export function gridStep(population: Population, drives: Drives): { before: Operation[]; assign: Assignment[] } {
  const { name, threshold, reset, floor, cap, refractory } = population;
  const steps = Math.round(refractory.duration / drives.dt);
  const moved = gridPotential(population, drives);
  const floored = floor === -Infinity ? moved : formula('max(v, floor)', { v: moved, floor });
  const clamped = steps > 0 && refractory.membrane === 'clamp';
  // A clamped membrane starts when the refractory time is over; an integrating one may spike at that very moment.
  const waiting = steps > 0 ? formula('r > last', { r: `${name}.r`, last: clamped ? 0.5 : 1.5 }) : nothing;
  const v = clamped ? formula('waiting ? old : new', { waiting, old: `${name}.v`, new: floored }) : floored;
  const spike = steps > 0
    ? formula('v >= threshold and not waiting', { v, threshold, waiting })
    : formula('v >= threshold', { v, threshold }); // prettier-ignore
  const back =
    reset.mode === 'to' ? { kind: 'number' as const, value: reset.value } : formula('v - by', { v, by: reset.value });
  const capped = cap === Infinity ? back : formula('min(v, cap)', { v: back, cap });
  const assign = ofSpike(population, drives, spike, { v, back: capped });
  if (steps > 0)
    assign.push({
      into: `${name}.r`,
      value: formula('spike ? steps : max(r - 1, 0)', { spike, steps, r: `${name}.r` }),
    });
  return { before: [], assign };
}

/**
 * The step with the crossing located inside it: `r` is the refractory time left in steps, a real number. The crossing is
 * the root of the cubic that has V and its slope right at both ends (error of the order dt^4), by four Newton steps.
 */
export function interpolatedStep(
  population: Population,
  drives: Drives,
): { before: Operation[]; assign: Assignment[] } {
  const {
    name,
    threshold,
    reset,
    floor,
    cap,
    refractory,
    membraneTimeConstant: tau,
    activityTime,
    resistance,
    rest,
  } = population;
  const { dt } = drives;
  const perfect = tau === Infinity;
  const clamp = refractory.membrane === 'clamp';
  const { constant, decaying, jump } = currents(population, drives);
  const before: Operation[] = [];
  /** An intermediate value kept in a buffer of its own, so that trees stay small. */
  function hold(what: string, value: Tree): Tree {
    const into = drives.scratch(`${name}.${what}`);
    before.push({ op: 'map', units: population.units, assign: [{ into, value }] });
    return { kind: 'name', name: into };
  }
  const wait: Tree = formula('min(r, 1)', { r: `${name}.r` });
  /** V after the last part `d` (in steps) of the step, from `v` at that part's start; and the slopes dV/dstep at its ends. */
  function propagate(v: Tree, d: Tree): { end: Tree; startSlope: Tree; endSlope: Tree } {
    const em = formula('exp(-d * x)', { d, x: perfect ? 0 : dt / tau });
    let end = perfect
      ? formula('v + k * c * d', { v, c: constant, k: (resistance * dt) / activityTime, d })
      : formula('v * em + (rest + R * c) * (1 - em)', { v, c: constant, em, rest, R: resistance });
    let startCurrent: Tree = constant;
    let endCurrent: Tree = constant;
    for (const { tau: source, value, factor } of decaying) {
      const first = formula('k * a * exp(-(1 - d) * x)', { a: value, k: factor, d, x: dt / source });
      const es = formula('exp(-d * x)', { d, x: dt / source });
      const ratio = perfect ? 0 : dt / tau - dt / source;
      const k = perfect
        ? formula('scale * (1 - es)', { es, scale: source / activityTime })
        : Math.abs(ratio) < 1e-3
          ? formula('d * x * em * (1 + d * y / 2 + d * d * y * y / 6)', { d, x: dt / tau, em, y: ratio })
          : formula('scale * (es - em)', { es, em, scale: source / (source - tau) });
      end = formula('v + R * a * k', { v: end, a: first, k, R: resistance });
      startCurrent = formula('c + a', { c: startCurrent, a: first });
      endCurrent = formula('c + a', { c: endCurrent, a: formula('a * es', { a: first, es }) });
    }
    const slope = (at: Tree, current: Tree): Tree =>
      perfect
        ? formula('k * c', { k: (resistance * dt) / activityTime, c: current })
        : formula('(rest - v + R * c) * x', { v: at, c: current, rest, R: resistance, x: dt / tau });
    return { end, startSlope: slope(v, startCurrent), endSlope: slope(end, endCurrent) };
  }
  const one: Tree = { kind: 'number', value: 1 };
  const active = clamp ? formula('1 - wait', { wait }) : one;
  // A membrane clamped all step long takes no jump: it is lost, or waits in its buffer.
  const start = hold('start', formula(clamp ? 'r >= 1 ? v : v + jump' : 'v + jump', { v: `${name}.v`, r: `${name}.r`, jump })); // prettier-ignore
  const moved = propagate(start, active);
  const v = hold('end', floor === -Infinity ? moved.end : formula('max(v, floor)', { v: moved.end, floor }));
  const m0 = hold('startSlope', formula('m * d', { m: moved.startSlope, d: active }));
  const m1 = hold('endSlope', formula('m * d', { m: moved.endSlope, d: active }));
  const linear = 'start >= threshold ? 0 : clip((threshold - start) / max(v - start, 1e-30), 0, 1)';
  const part = hold('crossing', formula(linear, { threshold, start, v }));
  const spike = formula('v >= threshold and r < 1', { v, threshold, r: `${name}.r` });
  for (let k = 0; k < 4; k++) {
    // Hermite: H(f) = start + f m0 + f^2 (3 D - 2 m0 - m1) + f^3 (m0 + m1 - 2 D), D = v - start.
    const bindings = { start, f: part, m0, m1, D: formula('v - start', { v, start }), threshold };
    const error = formula(
      'start + f * (m0 + f * ((3 * D - 2 * m0 - m1) + f * (m0 + m1 - 2 * D))) - threshold',
      bindings,
    );
    const slope = formula('m0 + f * (2 * (3 * D - 2 * m0 - m1) + 3 * f * (m0 + m1 - 2 * D))', bindings);
    hold(
      'crossing',
      formula('slope > 1e-12 ? clip(f - error / max(slope, 1e-12), 0, 1) : f', { slope, f: part, error }),
    );
  }
  /** Where in the step (0 to 1) the spike is; a charged neuron fires when its refractory time ends. */
  const when = clamp
    ? formula('wait + active * f', { wait, active, f: part })
    : formula('max(f, wait)', { f: part, wait });
  const left = hold('left', formula('1 - when', { when }));
  const steps = refractory.duration / dt;
  const after = clamp ? formula('max(left - steps, 0)', { left, steps }) : left;
  const fallen: Tree =
    reset.mode === 'to'
      ? { kind: 'number', value: reset.value }
      : formula('max(start, threshold) - by', { start, threshold, by: reset.value });
  // Only a membrane that runs on keeps what the step added after the crossing.
  const back =
    reset.mode === 'to' || clamp
      ? propagate(fallen, after).end
      : formula('v - by * exp(-left * x)', { v, by: reset.value, left, x: perfect ? 0 : dt / tau });
  const capped = cap === Infinity ? back : formula('min(v, cap)', { v: back, cap });
  const r = formula('spike ? max(steps - left, 0) : max(r - 1, 0)', { spike, steps, left, r: `${name}.r` });
  const assign = [...ofSpike(population, drives, spike, { v, back: capped }), { into: `${name}.r`, value: r }];
  return { before, assign };
}
