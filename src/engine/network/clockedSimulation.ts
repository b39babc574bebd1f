// A network model on the clocked engine: a Program of one step, run chunk by chunk on a Machine. Spikes and delays lie on
// the grid: a spike found at the end of step n has the time (n + 1) dt and acts from step n + 1 + delay.
import type { Backend, Machine, Values } from '../../backends/backend.ts';
import { SettleError } from '../../errors.ts';
import { formula } from '../../expr/formula.ts';
import { isSource, type NetworkModel, type NetworkPopulation } from '../../model/network.ts';
import { builder as newBuilder } from '../../program/builder.ts';
import { clockBuffer, exampleBuffer, type Operation } from '../../program/program.ts';
import { driveCounts } from './driveStep.ts';
import { arrivalsOf, checkFloat32, equationsStep, parameterOf, stageOf, stages, stateBuffer } from './equationsStep.ts';
import { equationValues } from './equationValues.ts';
import { offsetsOf, unitValues } from './eventNetwork.ts';
import { clockName, lifStep, type Port } from './lifStep.ts';
import type { Simulation, SimulationState, Spikes, StateArray } from './simulation.ts';
import { joinedSpikes } from './spikes.ts';
import { sourceTrains } from './sources.ts';
import { populationStream } from './streams.ts';
import type { Wiring } from './wiring.ts';

export interface ClockedSimulationOptions {
  readonly backend: Backend;
  readonly from?: SimulationState | undefined;
}

/** Steps of a chunk at most, and units that a chunk's log holds at most. */
const chunkSteps = 512;
const logUnits = 4e6;

interface Class {
  readonly wiring: Wiring;
  readonly name: string;
  /** Steps of delay. */
  readonly steps: number;
  readonly rows: Uint32Array;
  readonly targets: Uint32Array;
  readonly weights: Float32Array | Float64Array;
}

/** Compressed rows by delay in steps (the nearest), since an operation delivers all of its rows at once. */
function classesOf(wirings: readonly Wiring[], dt: number): Class[] {
  return wirings.flatMap((wiring, w): Class[] => {
    const { rows, targets, weights, delays } = wiring;
    const base = `${w}.${wiring.projection.name}`;
    if (delays.length === 1) return [{ wiring, name: base, steps: Math.round(delays[0]! / dt), rows, targets, weights }];
    const steps = Uint32Array.from(delays, (delay) => Math.round(delay / dt));
    return [...new Set(steps)].sort((a, b) => a - b).map((own) => {
      const mine = Uint32Array.from(steps.keys()).filter((k) => steps[k] === own);
      const ends = new Uint32Array(rows.length);
      for (let unit = 0, k = 0; unit + 1 < rows.length; unit++) {
        while (k < mine.length && mine[k]! < rows[unit + 1]!) k++;
        ends[unit + 1] = k;
      }
      return { wiring, name: `${base}.${own}`, steps: own, rows: ends, targets: Uint32Array.from(mine, (k) => targets[k]!), weights: weights.slice(0, 0).constructor === Float32Array ? Float32Array.from(mine, (k) => weights[k]!) : Float64Array.from(mine, (k) => weights[k]!) };
    });
  });
} // prettier-ignore

/** @throws SettleError of kind `input` for a model that the clocked engine or the backend cannot run */
export async function clockedSimulation(model: NetworkModel, wirings: readonly Wiring[], options: ClockedSimulationOptions): Promise<Simulation> {
  const dt = model.step;
  const offsets = offsetsOf(model);
  const index = new Map(model.populations.map(({ name }, p) => [name, p]));
  const classes = classesOf(wirings, dt);
  const builder = newBuilder(model.name);
  const sources = sourceTrains(model);
  const neurons = model.populations.filter((population) => !isSource(population));
  const kept: string[] = [];
  const state = (name: string, units: number, history = 1): string => {
    kept.push(builder.buffer(name, [units], { batch: true, history }));
    return name;
  };

  // The most spikes a chunk can hold decides how long it is: no log ever runs over.
  const most = (steps: number): number[] =>
    model.populations.map((population) => {
      if (isSource(population)) return steps * population.units;
      const wait = Math.round(population.refractory.duration / dt);
      return population.units * (Math.floor((steps - 1) / (wait + 1)) + 1);
    });
  let longest = chunkSteps;
  while (longest > 1 && Math.max(...most(longest)) > logUnits) longest = Math.floor(longest / 2);
  const capacity = most(longest);

  const ports = new Map<string, Port[]>();
  function portOf(population: NetworkPopulation, synapse: Wiring['projection']['synapse'], delay: number): Port {
    const own = ports.get(population.name)!;
    const found = own.find((port) => port.synapse.kind === synapse.kind && port.synapse.timeConstant === synapse.timeConstant);
    if (found) return found;
    const name = `${population.name}.${own.length}`;
    const ring = delay > 0;
    const current = synapse.kind === 'delta' ? '' : state(`${name}.current`, population.units);
    const rise = synapse.kind === 'alpha' ? state(`${name}.rise`, population.units) : '';
    const direct = synapse.kind === 'exponential' ? current : rise;
    const arrivals = ring || synapse.kind === 'delta' ? state(`${name}.arrivals`, population.units, ring ? longestDelay + 2 : 1) : direct;
    const port = { synapse, arrivals, ring, current, rise };
    own.push(port);
    return port;
  }
  /** Where spikes into a variable of equations go: the variable itself, or arrivals that wait for their time. */
  function targetOf({ name, equations, refractory }: NetworkPopulation, target: string): { arrivals: string; ring: boolean } {
    const { held } = equations!.variables.find((variable) => variable.name === target)!;
    const ring = classes.some(({ wiring: { projection: p }, steps }) => p.to === name && p.target === target && steps > 0);
    const waits = ring || (held && refractory.duration > 0);
    return { arrivals: waits ? arrivalsOf(name, target) : stateBuffer(name, target), ring };
  }
  /** Declares a population of equations; what it begins with, and the maps of its step. */
  function equationsPopulation(population: NetworkPopulation): readonly Operation[] {
    const { name, units } = population;
    const { variables, method } = population.equations!;
    const { initial: values, parameters } = equationValues(model, index.get(name)!);
    const targets = new Set(classes.flatMap(({ wiring: { projection: p } }) => (p.to === name ? [p.target!] : [])));
    if (population.drive) targets.add(population.drive.target!);
    const waiting = new Set<string>();
    for (const { name: variable } of variables) {
      state(stateBuffer(name, variable), units);
      initial.set(stateBuffer(name, variable), values.get(variable)!);
      for (let stage = 1; stage <= stages[method]; stage++) builder.buffer(stageOf(name, variable, stage), [units], { batch: true });
      const { arrivals, ring } = targetOf(population, variable);
      if (!targets.has(variable) || arrivals === stateBuffer(name, variable)) continue;
      state(arrivals, units, ring ? longestDelay + 2 : 1);
      waiting.add(variable);
    }
    for (const [parameter, own] of parameters) {
      builder.buffer(parameterOf(name, parameter), [units], { batch: true });
      initial.set(parameterOf(name, parameter), own);
    }
    const operations = equationsStep(population, waiting, dt);
    if (options.backend.name !== 'reference') checkFloat32(name, operations);
    return operations;
  }
  const longestDelay = Math.max(0, ...classes.map(({ steps }) => steps));
  const delayInto = (name: string, kind: string, tau: number): number =>
    Math.max(0, ...classes.filter(({ wiring: { projection: p } }) => p.to === name && p.synapse.kind === kind && p.synapse.timeConstant === tau).map(({ steps }) => steps));

  state(clockName, 1);
  const initial = new Map<string, ArrayLike<number>>();
  const [initialV, bias] = [unitValues(model, 'initial', 0), unitValues(model, 'bias', 0)];
  const step: Operation[] = [];
  const played: string[] = [];
  for (const population of model.populations) {
    const { name, units } = population;
    builder.list(`${name}.list`, units);
    builder.log(`${name}.log`, longest, capacity[index.get(name)!]!);
    if (!isSource(population)) continue;
    step.push({ op: 'play', log: `${name}.log`, list: `${name}.list` });
    played.push(name);
  }
  for (const population of neurons) {
    const { name, units, rest } = population;
    const p = index.get(name)!;
    ports.set(name, []);
    state(`${name}.r`, units);
    initial.set(`${name}.r`, new Float64Array(units).fill(-1));
    builder.buffer(`${name}.spike`, [units], { batch: true });
    const own = population.equations && equationsPopulation(population);
    if (!own) {
      for (const part of ['v', 'kept']) state(`${name}.${part}`, units);
      for (const part of ['bias', 'current']) builder.buffer(`${name}.${part}`, [units], { batch: true });
      kept.push(`${name}.current`);
      initial.set(`${name}.v`, initialV.subarray(offsets[p], offsets[p + 1]).map((v) => v - rest));
      initial.set(`${name}.bias`, bias.subarray(offsets[p], offsets[p + 1]));
      for (const { wiring: { projection } } of classes)
        if (projection.to === name) portOf(population, projection.synapse, delayInto(name, projection.synapse.kind, projection.synapse.timeConstant));
    }
    if (population.drive) {
      const { rate, weight, synapse, target } = population.drive;
      const port = target === undefined ? portOf(population, synapse, delayInto(name, synapse.kind, synapse.timeConstant)) : targetOf(population, target);
      const uniform = builder.buffer(`${name}.uniform`, [units], { batch: true });
      // Before the step, so that what comes in the step acts from its start.
      step.push({ op: 'random', into: uniform, stream: populationStream(p, 'drive'), low: 0, high: 1 });
      step.push({ op: 'map', units, assign: [{ into: port.arrivals, value: formula('a + w * n', { a: port.arrivals, w: weight, n: driveCounts(rate * dt, uniform, name) }) }] });
    }
    step.push(...(own ?? [{ op: 'map', units, assign: lifStep(population, ports.get(name)!, dt).assign } as const]));
    step.push({ op: 'compact', from: `${name}.spike`, list: `${name}.list`, spent: true }, { op: 'log', list: `${name}.list`, log: `${name}.log` });
  }
  for (const { name, wiring: { projection: { from, to, synapse, target } }, steps, rows, targets, weights } of classes) {
    if (targets.length === 0) continue;
    builder.buffer(`${name}.rows`, [rows.length], { dtype: 'i32' });
    builder.buffer(`${name}.targets`, [targets.length], { dtype: 'i32' });
    builder.buffer(`${name}.weights`, [targets.length]);
    const scale = synapse.kind === 'alpha' ? Math.E / synapse.timeConstant : 1;
    for (const [part, values] of [['rows', rows], ['targets', targets], ['weights', scale === 1 ? weights : weights.map((w) => w * scale)]] as const) initial.set(`${name}.${part}`, values);
    const receiver = model.populations[index.get(to)!]!;
    const port = target === undefined ? portOf(receiver, synapse, 0) : targetOf(receiver, target);
    step.push({ op: 'deliverRows', list: `${from}.list`, rows: `${name}.rows`, targets: `${name}.targets`, weights: `${name}.weights`, into: port.arrivals, at: port.ring ? steps + 1 : 0 });
  }
  step.push({ op: 'map', units: 1, assign: [{ into: clockName, value: formula('now + 1', { now: clockName }) }] }, { op: 'advance' });
  builder.add('step', ...step);
  // Step numbers from the chunk's beginning: whole numbers that float32 holds, however long a run is.
  for (const { name, units } of neurons)
    builder.add('rebase', { op: 'map', units, assign: [{ into: `${name}.r`, value: formula('max(r - now, -1)', { r: `${name}.r`, now: clockName }) }] });
  builder.add('rebase', { op: 'fill', into: clockName, value: 0 });
  const program = builder.build();
  const machine = await options.backend.open(program, { batch: 1, threads: 1 });
  machine.use(1);
  for (const [name, values] of initial) await machine.write(name, values);
  await machine.write(exampleBuffer, [0]);
  await machine.write(clockBuffer, [model.seed | 0, 0]);

  const fanOut = new Float64Array(offsets.at(-1)!);
  for (const { wiring: { projection }, rows } of classes) {
    const first = offsets[index.get(projection.from)!]!;
    for (let unit = 0; unit + 1 < rows.length; unit++) fanOut[first + unit]! += rows[unit + 1]! - rows[unit]!;
  }
  const currents = model.populations
    .flatMap(({ current, name }, p) => current.map(([unit, time, value]) => ({ at: Math.ceil(time / dt - 1e-9), name, p, unit, value })))
    .sort((a, b) => a.at - b.at);
  let done = 0;
  let [spikes, sourceSpikes, events, currentsDone] = [0, 0, 0, 0];
  if (options.from) {
    const counts = options.from.get('counts')!;
    [done, spikes, sourceSpikes, events, currentsDone] = [counts[0]!, counts[1]!, counts[2]!, counts[3]!, counts[4]!];
    sources.restore(options.from);
    await restoreState(machine, kept, options.from, model.seed, done);
  }

  async function chunk(steps: number): Promise<Spikes> {
    const { time, unit } = sources.rate > 0 ? sources.until((done + steps) * dt) : { time: [], unit: [] };
    for (const name of played) {
      const first = offsets[index.get(name)!]!;
      const own: [number, number][] = [];
      for (let k = 0; k < time.length; k++) if (unit[k]! >= first && unit[k]! < offsets[index.get(name)! + 1]!) own.push([Math.min(steps - 1, Math.max(0, Math.floor(time[k]! / dt + 1e-9) - done)), unit[k]! - first]);
      await writeLog(machine, `${name}.log`, own, steps, longest);
    }
    for (const { name } of neurons) await machine.write(`${name}.log.end`, new Int32Array(longest + 1));
    await machine.run('rebase');
    await machine.run('step', steps);
    const logs: { first: number; end: Values; units: Values; at: number }[] = [];
    for (const population of model.populations) {
      const { name } = population;
      const [end, units] = [await machine.read(`${name}.log.end`), await machine.read(`${name}.log.unit`)];
      logs.push({ first: offsets[index.get(name)!]!, end, units, at: 0 });
      if (isSource(population)) sourceSpikes += end[steps]!;
      else spikes += end[steps]!;
    }
    const count = logs.reduce((sum, { end }) => sum + end[steps]!, 0);
    const [times, numbers] = [new Float64Array(count), new Uint32Array(count)];
    let at = 0;
    for (let n = 0; n < steps; n++)
      for (const log of logs)
        for (const last = log.end[n + 1]!; log.at < last; log.at++, at++) {
          const unit = log.first + log.units[log.at]!;
          times[at] = (done + n + 1) * dt;
          numbers[at] = unit;
          events += fanOut[unit]!;
        }
    done += steps;
    return { time: times, unit: numbers };
  }

  /** Currents that begin now. */
  async function setCurrents(): Promise<void> {
    for (; currentsDone < currents.length && currents[currentsDone]!.at <= done; currentsDone++) {
      const { name, unit, value } = currents[currentsDone]!;
      const values = await machine.read(`${name}.current`);
      values[unit] = value;
      await machine.write(`${name}.current`, values);
    }
  }

  return {
    engine: 'clocked',
    backend: machine.backend,
    precision: machine.backend === 'reference' ? 'float64' : 'float32',
    threads: 1,
    get time() {
      return Number((done * dt).toPrecision(12));
    },
    get counts() {
      return { spikes, sourceSpikes, synapticEvents: events, driveEvents: Math.round(neurons.reduce((sum, { drive, units }) => sum + (drive?.rate ?? 0) * units, 0) * done * dt), updates: done * neurons.reduce((sum, { units }) => sum + units, 0) };
    },
    synapses: classes.reduce((sum, { targets }) => sum + targets.length, 0),
    synapseBytes: classes.reduce((sum, { targets, rows }) => sum + 8 * targets.length + 4 * rows.length, 0),
    async advance(until) {
      const end = Math.round(until / dt);
      if (Math.abs(end - until / dt) > 1e-6) throw new SettleError('not a whole number of steps', { kind: 'input', found: `${until} s`, expected: `a multiple of ${dt} s` });
      const all: Spikes[] = [];
      while (done < end) {
        await setCurrents();
        const next = currents[currentsDone]?.at ?? Infinity;
        all.push(await chunk(Math.min(longest, end - done, next - done)));
      }
      return joinedSpikes(all);
    },
    async state() {
      // The same arrays however the run was cut into chunks.
      await machine.run('rebase');
      return new Map<string, StateArray>([
        ['counts', Float64Array.of(done, spikes, sourceSpikes, events, currentsDone)],
        ...sources.state(),
        ...(await ringsOf(machine, kept, model.seed, done)),
      ]);
    },
    async potential(unit) {
      const p = offsets.findLastIndex((offset) => offset <= unit);
      const { name, rest, equations } = model.populations[p]!;
      if (isSource(model.populations[p]!)) throw new SettleError('a source has no potential', { kind: 'input', path: `populations.${name}` });
      // Of equations the variable v, or the first.
      const variable = equations && (equations.variables.find((each) => each.name === 'v') ?? equations.variables[0]!).name;
      return (await machine.read(variable === undefined ? `${name}.v` : stateBuffer(name, variable)))[unit - offsets[p]!]! + rest;
    },
    close: () => machine.close(),
  };
} // prettier-ignore

/** Writes spikes by step as a log that is played from its beginning. */
async function writeLog(machine: Machine, log: string, spikes: readonly (readonly [step: number, unit: number])[], steps: number, longest: number): Promise<void> {
  const capacity = machine.program.buffers.get(`${log}.unit`)!.shape[0]!;
  const sorted = [...spikes].sort((a, b) => a[0] - b[0] || a[1] - b[1]);
  // A unit that fires more than once in a step fires once.
  const once = sorted.filter(([step, unit], k) => k === 0 || sorted[k - 1]![0] !== step || sorted[k - 1]![1] !== unit);
  const [units, end] = [new Int32Array(capacity), new Int32Array(longest + 1)];
  for (const [k, [, unit]] of once.entries()) units[k] = unit;
  for (let n = 0, k = 0; n < steps; n++) {
    while (k < once.length && once[k]![0] <= n) k++;
    end[n + 1] = k;
  }
  await machine.write(`${log}.unit`, units);
  await machine.write(`${log}.end`, end);
} // prettier-ignore

/** Every array of the state; rings whole, slot after slot. */
async function ringsOf(machine: Machine, names: readonly string[], seed: number, step: number): Promise<[string, StateArray][]> {
  const found: [string, StateArray][] = [];
  for (const name of names) {
    const { history } = machine.program.buffers.get(name)!;
    const slots: StateArray[] = [];
    for (let slot = 0; slot < history; slot++) {
      if (history > 1) await machine.write(clockBuffer, [seed | 0, slot]);
      slots.push(await machine.read(name));
    }
    const whole = slots[0] instanceof Float32Array ? new Float32Array(slots[0].length * history) : new Float64Array(slots[0]!.length * history);
    slots.forEach((values, slot) => whole.set(values, slot * values.length));
    found.push([`buffer.${name}`, whole]);
  }
  await machine.write(clockBuffer, [seed | 0, step]);
  return found;
} // prettier-ignore

async function restoreState(machine: Machine, names: readonly string[], state: SimulationState, seed: number, step: number): Promise<void> {
  for (const name of names) {
    const { history } = machine.program.buffers.get(name)!;
    const values = state.get(`buffer.${name}`)!;
    const each = values.length / history;
    for (let slot = 0; slot < history; slot++) {
      await machine.write(clockBuffer, [seed | 0, slot]);
      await machine.write(name, values.subarray(slot * each, (slot + 1) * each));
    }
  }
  await machine.write(clockBuffer, [seed | 0, step]);
} // prettier-ignore
