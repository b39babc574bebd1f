// The clocked engine: spiking populations as operations of one step, by exact propagators. It knows phases' ingredients
// (nudge, averages, traces) but no learning rule and no backend. Recipe and notation: docs/method.md.
import { SettleError } from '../errors.ts';
import { derivative, simplify } from '../expr/derivative.ts';
import { formula } from '../expr/formula.ts';
import { parseExpression } from '../expr/parse.ts';
import { namesOf, substitute } from '../expr/tools.ts';
import type { Tree } from '../expr/tree.ts';
import { inUnits } from '../expr/units.ts';
import type { Model, Population, Projection } from '../model/model.ts';
import type { Builder } from '../program/builder.ts';
import type { Assignment, Operation } from '../program/program.ts';
import { gridStep, interpolatedStep } from './neurons.ts';
import { filtered, meanOverStep } from '../math/propagators.ts';

/** Far below any threshold: the current of a unit that is left out. */
const leftOut = -1e4;

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
  /** All units take part, each sending (1 - dropout) of what it sends in learning. */
  readonly thinned?: boolean;
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
 * `beginTraining` (the same with units left out by dropout: they never spike, in any phase of the example),
 * `save` and `restore` (the complete state, random clock included) and `redrive` (the inputs' drive again, after weights
 * have changed).
 * @throws SettleError of kind `input` for populations that the clocked engine cannot step
 */
export function clocked(builder: Builder, model: Model, options: { slowTraces: boolean }): ClockedNetwork {
  const dt = model.step;
  const inputs = model.populations.filter(({ kind }) => kind === 'input');
  const neurons = model.populations.filter(({ kind }) => kind !== 'input');
  if (model.engine !== 'clocked')
    throw new SettleError('this engine is not there yet', {
      kind: 'input',
      path: 'engine',
      found: model.engine,
      expected: 'clocked',
    });
  for (const { name, kind } of neurons)
    if (kind === 'rate')
      throw new SettleError('the clocked engine steps spiking populations only', {
        kind: 'input', path: `populations.${name}.kind`, found: 'rate', expected: 'lif or integrate-and-fire',
      }); // prettier-ignore
  for (const { to, from, symmetric, synapse } of model.projections)
    for (const { name, refractory } of neurons)
      if ((name === to || (symmetric && name === from)) && refractory.arrivals === 'lose' && synapse.kind !== 'delta')
        throw new SettleError('the clocked engine loses arrivals of delta synapses only', {
          kind: 'input', path: `populations.${name}.refractory.arrivals`, found: `lose, with a synapse of kind ${synapse.kind}`, expected: 'keep',
        }); // prettier-ignore
  const populationOf = new Map(model.populations.map((population) => [population.name, population]));
  const weightOf = ({ name }: Projection): string => `${name}.weight`;
  const biasOf = ({ name }: Population): string => `${name}.bias`;
  const constantInput = ({ from }: Projection): boolean => {
    const source = populationOf.get(from)!;
    return source.kind === 'input' && source.encode.kind === 'current';
  };

  for (const { name, encode } of inputs)
    if (encode.kind !== 'current' && encode.rate * dt > 1 + 1e-9)
      throw new SettleError('the clocked engine has at most one spike a step', {
        kind: 'input', path: `populations.${name}.encode.rate`, found: `${encode.rate} Hz`, expected: `at most ${1 / dt} Hz, one a step of ${inUnits(dt)}`,
      }); // prettier-ignore
  for (const projection of model.projections)
    if (constantInput(projection) && projection.delay > 0)
      throw new SettleError('a constant current has no delay', {
        kind: 'input', path: `projections.${projection.name}.delay`, found: inUnits(projection.delay), expected: '0 ms, or an input that spikes',
      }); // prettier-ignore

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

  addBegin('begin', false);
  addBegin('beginTraining', true);
  builder.add('redrive', ...drive(true));
  addReset('reset');
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

  function drive(training: boolean): Operation[] {
    const operations: Operation[] = neurons.map((population) => {
      const bias: Tree = { kind: 'name', name: biasOf(population) };
      const value =
        training && population.dropout > 0
          ? formula('kept ? b : none', { kept: `${population.name}.kept`, b: bias, none: leftOut })
          : bias;
      return { op: 'map', units: population.units, assign: [{ into: `${population.name}.drive`, value }] };
    });
    for (const projection of model.projections.filter(constantInput))
      operations.push({
        op: 'gather', from: projection.from, list: `${projection.from}.list`, weight: weightOf(projection),
        into: `${projection.to}.drive`, add: true,
      }); // prettier-ignore
    return operations;
  }
  /** 1 for the units that take part in this example, from the random clock. */
  function draw({ name, units, dropout }: Population, index: number): Operation[] {
    const into = builder.buffer(`${name}.kept`, [units], { batch: true });
    const value = formula('kept >= p', { kept: into, p: dropout });
    return [
      { op: 'random', into, stream: 192 + index, low: 0, high: 1 },
      { op: 'map', units, assign: [{ into, value }] },
    ];
  }
  function addBegin(slot: string, training: boolean): void {
    builder.add(slot);
    model.populations.forEach((population, index) => {
      const { name, units, kind, dropout } = population;
      if (dropout === 0) return;
      if (training) builder.add(slot, ...draw(population, index));
      if (kind !== 'input') return;
      const value = formula('x * factor', { x: name, factor: training ? `${name}.kept` : 1 - dropout });
      builder.add(slot, { op: 'map', units, assign: [{ into: name, value }] });
    });
    inputs.forEach(({ name, units, encode }, index) => {
      if (encode.kind === 'current') {
        builder.add(slot, { op: 'compact', from: name, list: `${name}.list` });
        return;
      }
      // A spike carries 1 / rate seconds of activity, so that the activity of a pixel is its value.
      const text = encode.kind === 'poisson' ? '1 - exp(-rate * x * dt)' : 'rate * x * dt';
      const value = formula(text, { x: name, rate: encode.rate, dt });
      builder.add(slot, { op: 'map', units, assign: [{ into: `${name}.probability`, value }] });
      if (encode.kind === 'regular')
        builder.add(slot, { op: 'random', into: `${name}.phase`, stream: 64 + index, low: 0, high: 1 });
    });
    builder.add(slot, ...drive(training));
    addReset(slot);
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
      sent: step.thinned ? 1 - population.dropout : 1,
      scratch,
    });
    before.push(...dynamics.before);
    const assign: Assignment[] = [
      ...dynamics.assign,
      ...groups.map(([tau, buffer]) => ({
        into: buffer,
        value: tau === 0 ? held(population, buffer) : decayed(buffer, tau),
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
  const decayed = (buffer: string, tau: number): Tree =>
    formula('g * decay', { g: buffer, decay: Math.exp(-dt / tau) });
  /** Delta arrivals act once; what comes while the membrane is clamped waits if the population keeps it. */
  function held({ name, refractory }: Population, buffer: string): Tree {
    const keeps = refractory.membrane === 'clamp' && refractory.arrivals === 'keep' && refractory.duration > 0;
    if (!keeps) return { kind: 'number', value: 0 };
    return formula('r >= last ? g : 0', { r: `${name}.r`, g: buffer, last: model.spikeTimes === 'grid' ? 0.5 : 1 });
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
