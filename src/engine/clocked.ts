// The clocked engine: spiking populations as operations of one step, by exact propagators. It knows phases' ingredients
// (nudge, averages, traces) but no learning rule and no backend. Recipe and notation: docs/method.md.
import { SettleError } from '../errors.ts';
import { derivative, simplify } from '../expr/derivative.ts';
import { parseExpression } from '../expr/parse.ts';
import { namesOf, substitute } from '../expr/tools.ts';
import type { Tree } from '../expr/tree.ts';
import type { Model, Population, Projection } from '../model/model.ts';
import type { Builder } from '../program/builder.ts';
import type { Assignment, Operation } from '../program/program.ts';
import { filtered, meanOverStep } from './propagators.ts';

/** Numbers and buffer names for the symbols of a formula. */
export type Bindings = Readonly<Record<string, number | string | Tree>>;

/** A formula with its symbols bound: numbers fold, strings name buffers or parameters. */
export function formula(text: string, bindings: Bindings): Tree {
  const trees = Object.entries(bindings).map(([symbol, value]): [string, Tree] => {
    if (typeof value === 'number') return [symbol, { kind: 'number', value }];
    return [symbol, typeof value === 'string' ? { kind: 'name', name: value } : value];
  });
  const tree = parseExpression(text, { names: Object.keys(bindings) });
  return simplify(substitute(tree, Object.fromEntries(trees)));
}

/** What one kind of step does beside the dynamics. */
export interface StepOptions {
  /** Signed nudging strength (a tree of parameters); absent or null in a free step. */
  readonly nudge?: Tree | null;
  /** population -> buffer that collects its activity, times the weight (a tree of parameters). */
  readonly average?: Readonly<Record<string, { readonly into: string; readonly weight: Tree }>>;
  /** Leave in `P.slope` the slope of the activity over the step that ends with the spikes: of the slow trace, or of the trace itself. */
  readonly slopes?: 'slow' | 'single' | null;
  /** Operations after the spike lists are made and before spikes are delivered. */
  readonly onSpikes?: readonly Operation[];
}

export interface ClockedNetwork {
  readonly inputs: readonly Population[];
  /** Spiking populations that settle (not inputs). */
  readonly neurons: readonly Population[];
  readonly projections: readonly Projection[];
  /** Adds the operations of one step to a slot. */
  addStep(slot: string, options?: StepOptions): void;
  weightOf(projection: Projection): string;
  biasOf(population: Population): string;
}

export const targetBuffer = 'target';

/**
 * Declares the network of a model and the slots `begin` (inputs' drive and initial state from `X`, the input buffers),
 * `save` and `restore` (the complete state, random clock included) and `redrive` (the inputs' drive again, after weights
 * have changed).
 * @throws SettleError of kind `input` for populations that the clocked engine cannot step
 */
export function clocked(builder: Builder, model: Model, options: { slowTraces: boolean }): ClockedNetwork {
  const dt = model.step;
  const inputs = model.populations.filter(({ kind }) => kind === 'input');
  const neurons = model.populations.filter(({ kind }) => kind !== 'input');
  for (const { name, kind } of neurons)
    if (kind === 'rate')
      throw new SettleError('the clocked engine steps spiking populations only', {
        kind: 'input', path: `populations.${name}.kind`, found: 'rate', expected: 'lif or integrate-and-fire',
      }); // prettier-ignore
  const populationOf = new Map(model.populations.map((population) => [population.name, population]));
  const weightOf = ({ name }: Projection): string => `${name}.weight`;
  const biasOf = ({ name }: Population): string => `${name}.bias`;
  const constantInput = ({ from }: Projection): boolean => {
    const source = populationOf.get(from)!;
    return source.kind === 'input' && source.encode.kind === 'current';
  };

  /** Synaptic arrivals into a population, by time constant (0 for delta synapses) and longest delay. */
  const arrivals = new Map<string, Map<number, string>>();
  const delaySteps = ({ delay }: Projection): number => Math.round(delay / dt);
  function arrivalBuffer(into: string, projection: Projection): string {
    const tau = projection.synapse.kind === 'delta' ? 0 : projection.synapse.timeConstant;
    const groups = arrivals.get(into) ?? new Map<number, string>();
    arrivals.set(into, groups);
    const name = groups.get(tau) ?? `${into}.arrivals${groups.size === 0 ? '' : groups.size}`;
    groups.set(tau, name);
    return name;
  }
  const spiking = model.projections.filter((projection) => !constantInput(projection));
  const longest = Math.max(0, ...spiking.map(delaySteps));
  for (const projection of spiking) {
    arrivalBuffer(projection.to, projection);
    if (projection.symmetric) arrivalBuffer(projection.from, projection);
  }

  // Buffers.
  for (const projection of model.projections) {
    const [pre, post] = [populationOf.get(projection.from)!.units, populationOf.get(projection.to)!.units];
    builder.buffer(weightOf(projection), [pre, post]);
  }
  const state: string[] = [];
  function stateBuffer(name: string, units: number, history = 1): string {
    builder.buffer(name, [units], { batch: true, history });
    builder.buffer(`${name}.saved`, [units], { batch: true, history });
    state.push(name);
    return name;
  }
  for (const { name, units, encode } of inputs) {
    builder.buffer(name, [units], { batch: true });
    builder.list(`${name}.list`, units);
    if (encode.kind === 'current') continue;
    builder.buffer(`${name}.spike`, [units], { batch: true });
    builder.buffer(`${name}.probability`, [units], { batch: true });
    if (encode.kind === 'poisson') builder.buffer(`${name}.uniform`, [units], { batch: true });
    else stateBuffer(`${name}.phase`, units);
  }
  for (const { name, units } of neurons) {
    builder.buffer(`${name}.bias`, [units]);
    for (const part of ['drive', 'spike']) builder.buffer(`${name}.${part}`, [units], { batch: true });
    for (const part of ['v', 's', 'r']) stateBuffer(`${name}.${part}`, units);
    if (options.slowTraces) {
      stateBuffer(`${name}.q`, units);
      builder.buffer(`${name}.slope`, [units], { batch: true });
    }
    for (const buffer of arrivals.get(name)?.values() ?? []) {
      // With delays, arrivals come through a ring, which is added to the current when its time has come.
      stateBuffer(buffer, units);
      if (longest > 0) stateBuffer(`${buffer}.ring`, units, longest + 1);
    }
    builder.list(`${name}.list`, units);
  }
  const costOf = model.cost ? populationOf.get(model.cost.on) : undefined;
  if (costOf) builder.buffer(targetBuffer, [costOf.units], { batch: true });

  addBegin();
  builder.add(
    'save',
    { op: 'mark' },
    ...state.map((name): Operation => ({ op: 'copy', from: name, into: `${name}.saved` })),
  );
  builder.add(
    'restore',
    { op: 'rewind' },
    ...state.map((name): Operation => ({ op: 'copy', from: `${name}.saved`, into: name })),
  );

  function drive(): Operation[] {
    const operations: Operation[] = neurons.map((population) => {
      const value: Tree = { kind: 'name', name: biasOf(population) };
      return { op: 'map', units: population.units, assign: [{ into: `${population.name}.drive`, value }] };
    });
    for (const projection of model.projections.filter(constantInput))
      operations.push({
        op: 'gather', from: projection.from, list: `${projection.from}.list`, weight: weightOf(projection),
        into: `${projection.to}.drive`, add: true,
      }); // prettier-ignore
    return operations;
  }
  function addBegin(): void {
    builder.add('begin');
    inputs.forEach(({ name, units, encode }, index) => {
      builder.add('begin', { op: 'compact', from: name, list: `${name}.list` });
      if (encode.kind === 'current') return;
      // A spike carries 1 / rate seconds of activity, so that the activity of a pixel is its value.
      const text = encode.kind === 'poisson' ? '1 - exp(-rate * x * dt)' : 'rate * x * dt';
      const value = formula(text, { x: name, rate: encode.rate, dt });
      builder.add('begin', { op: 'map', units, assign: [{ into: `${name}.probability`, value }] });
      if (encode.kind === 'regular')
        builder.add('begin', { op: 'random', into: `${name}.phase`, stream: 64 + index, low: 0, high: 1 });
    });
    builder.add('begin', ...drive());
    builder.add('redrive', ...drive());
    addReset('begin');
    addReset('reset');
  }
  function addReset(slot: string): void {
    neurons.forEach(({ name, initial }, index) => {
      if (initial.low === initial.high) builder.add(slot, { op: 'fill', into: `${name}.v`, value: initial.low });
      else builder.add(slot, { op: 'random', into: `${name}.v`, stream: index, ...initial });
    });
    for (const buffer of state)
      if (!buffer.endsWith('.v') && !buffer.endsWith('.phase'))
        builder.add(slot, { op: 'fill', into: buffer, value: 0 });
  }

  /** The nudging current -beta dC/ds, split into a constant part and one that decays with the activity s. */
  function nudgeOf(population: Population, beta: Tree): { constant: Tree; decaying: Tree } {
    const cost = parseExpression(model.cost!.text, { names: ['s', 'target'], path: 'cost.text' });
    const force = simplify(derivative(cost, 's'));
    const slope = simplify(derivative(force, 's'));
    const bind = (tree: Tree, s: Tree): Tree => substitute(tree, { s, target: { kind: 'name', name: targetBuffer } });
    const zero: Tree = { kind: 'number', value: 0 };
    const activity: Tree = { kind: 'name', name: `${population.name}.s` };
    if (namesOf(slope).has('s'))
      return { constant: formula('-beta * f', { beta, f: bind(force, activity) }), decaying: zero };
    return {
      constant: formula('-beta * f', { beta, f: bind(force, zero) }),
      decaying: formula('-beta * k * s', { beta, k: bind(slope, zero), s: activity }),
    };
  }

  function neuronStep(population: Population, step: StepOptions): Operation[] {
    const { name, units } = population;
    const nudge = step.nudge && population === costOf ? nudgeOf(population, step.nudge) : null;
    const before: Operation[] = [];
    const groups = [...(arrivals.get(name) ?? [])];
    if (longest > 0)
      for (const [, buffer] of groups)
        before.push({
          op: 'map', units, assign: [
            { into: buffer, value: formula('a + b', { a: buffer, b: `${buffer}.ring` }) },
            { into: `${buffer}.ring`, value: { kind: 'number', value: 0 } },
          ],
        }); // prettier-ignore
    const scratch = (buffer: string): string => builder.buffer(buffer, [units], { batch: true });
    const dynamics = (model.spikeTimes === 'grid' ? gridStep : interpolatedStep)(population, {
      groups,
      nudge,
      dt,
      scratch,
    });
    before.push(...dynamics.before);
    const assign: Assignment[] = [
      ...dynamics.assign,
      ...groups.map(([tau, buffer]) => ({
        into: buffer,
        value:
          tau === 0
            ? ({ kind: 'number', value: 0 } as const)
            : formula('g * decay', { g: buffer, decay: Math.exp(-dt / tau) }),
      })),
    ];
    const activity = step.average?.[name];
    if (activity)
      assign.push({
        into: activity.into,
        value: formula('sum + weight * s * mean', {
          sum: activity.into, weight: activity.weight, s: `${name}.s`, mean: meanOverStep(dt, population.traceTimeConstant),
        }), // prettier-ignore
      });
    if (options.slowTraces) {
      const { slowTraceTimeConstant: slow, traceTimeConstant: fast } = population;
      const q = formula('q * decay + s * k', {
        q: `${name}.q`,
        s: `${name}.s`,
        decay: Math.exp(-dt / slow),
        k: filtered(dt, slow, fast),
      });
      assign.push({ into: `${name}.q`, value: q });
      // The mean of the slope over the step before the spike: it telescopes, so a steady activity has slope 0 on any grid.
      const slope =
        step.slopes === 'single'
          ? formula('(after - s) / dt', {
              after: assign.find(({ into }) => into === `${name}.s`)!.value,
              s: `${name}.s`,
              dt,
            })
          : formula('(after - q) / dt', { after: q, q: `${name}.q`, dt });
      if (step.slopes) assign.push({ into: `${name}.slope`, value: slope });
    }
    return [...before, { op: 'map', units, assign }, { op: 'compact', from: `${name}.spike`, list: `${name}.list` }];
  }
  function inputStep({ name, units, encode }: Population, index: number): Operation[] {
    if (encode.kind === 'current') return [];
    const bindings = { p: `${name}.probability`, amount: 1 / encode.rate };
    const operations: Operation[] = [];
    if (encode.kind === 'poisson') {
      operations.push({ op: 'random', into: `${name}.uniform`, stream: 128 + index, low: 0, high: 1 });
      const value = formula('u < p ? amount : 0', { ...bindings, u: `${name}.uniform` });
      operations.push({ op: 'map', units, assign: [{ into: `${name}.spike`, value }] });
    } else {
      const phase = `${name}.phase`;
      const spike = formula('phase + p >= 1 ? amount : 0', { ...bindings, phase });
      const next = formula('phase + p >= 1 ? phase + p - 1 : phase + p', { ...bindings, phase });
      operations.push({
        op: 'map',
        units,
        assign: [
          { into: `${name}.spike`, value: spike },
          { into: phase, value: next },
        ],
      });
    }
    return [...operations, { op: 'compact', from: `${name}.spike`, list: `${name}.list` }];
  }
  function deliveries(): Operation[] {
    return spiking.flatMap((projection): Operation[] => {
      const buffer = (into: string): string => arrivalBuffer(into, projection) + (longest > 0 ? '.ring' : '');
      const common = { weight: weightOf(projection), at: longest > 0 ? delaySteps(projection) + 1 : 0 };
      const forward: Operation = {
        op: 'deliver',
        list: `${projection.from}.list`,
        into: buffer(projection.to),
        ...common,
      };
      if (!projection.symmetric) return [forward];
      return [forward, { op: 'deliverBack', list: `${projection.to}.list`, into: buffer(projection.from), ...common }];
    });
  }

  return {
    inputs,
    neurons,
    projections: model.projections,
    weightOf,
    biasOf,
    addStep(slot, step = {}) {
      const spikingInputs = inputs.flatMap(inputStep);
      builder.add(slot, ...spikingInputs, ...neurons.flatMap((population) => neuronStep(population, step)));
      builder.add(slot, ...(step.onSpikes ?? []), ...deliveries());
      if (longest > 0 || spikingInputs.length > 0) builder.add(slot, { op: 'advance' });
    },
  };
}

interface Drives {
  /** Arrival buffers by synaptic time constant (0: delta). A spike leaves its sender's activityTime in the buffer. */
  readonly groups: readonly (readonly [tau: number, buffer: string])[];
  readonly nudge: { readonly constant: Tree; readonly decaying: Tree } | null;
  readonly dt: number;
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

/** V after `dt` from V at the start, by exact propagators. */
function gridPotential(population: Population, drives: Drives): Tree {
  const { constant, decaying, jump } = currents(population, drives);
  const { dt } = drives;
  const { membraneTimeConstant: tau, resistance, rest, activityTime, name } = population;
  const perfect = tau === Infinity;
  const start = formula('v + jump', { v: `${name}.v`, jump });
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

function gridStep(population: Population, drives: Drives): { before: Operation[]; assign: Assignment[] } {
  const { name, threshold, reset, floor, cap, refractory, traceTimeConstant: tau, activityTime } = population;
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
  const assign: Assignment[] = [
    { into: `${name}.v`, value: formula('spike ? back : v', { spike, back: capped, v }) },
    { into: `${name}.spike`, value: formula('spike ? amount : 0', { spike, amount: activityTime }) },
    {
      into: `${name}.s`,
      value: formula('s * decay + (spike ? amount : 0)', {
        s: `${name}.s`, decay: Math.exp(-drives.dt / tau), spike, amount: activityTime / tau,
      }),
    }, // prettier-ignore
  ];
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
function interpolatedStep(population: Population, drives: Drives): { before: Operation[]; assign: Assignment[] } {
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
  const start = hold('start', formula('v + jump', { v: `${name}.v`, jump }));
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
  const back =
    reset.mode === 'to'
      ? propagate({ kind: 'number', value: reset.value }, after).end
      : formula('v - by * exp(-left * x)', { v, by: reset.value, left, x: perfect ? 0 : dt / tau });
  const capped = cap === Infinity ? back : formula('min(v, cap)', { v: back, cap });
  const assign: Assignment[] = [
    { into: `${name}.v`, value: formula('spike ? back : v', { spike, back: capped, v }) },
    { into: `${name}.spike`, value: formula('spike ? amount : 0', { spike, amount: activityTime }) },
    {
      into: `${name}.s`,
      value: formula('s * decay + (spike ? amount : 0)', {
        s: `${name}.s`, decay: Math.exp(-dt / population.traceTimeConstant), spike, amount: activityTime / population.traceTimeConstant,
      }),
    }, // prettier-ignore
    {
      into: `${name}.r`,
      value: formula('spike ? max(steps - left, 0) : max(r - 1, 0)', { spike, steps, left, r: `${name}.r` }),
    },
  ];
  return { before, assign };
}
