// A network model on the clocked engine: a Program of one step, run chunk by chunk on a Machine. Step n takes the state from
// t = n dt to (n + 1) dt: what arrives at t is added, the potentials move on, and units that reach their threshold have fired
// at (n + 1) dt. Their spikes arrive their delay later, to the nearest step; those of sources leave at the next point of the grid.
import type { Backend, Machine } from '../../backends/backend.ts';
import { SettleError } from '../../errors.ts';
import { isSource, type NetworkModel } from '../../model/network.ts';
import { builder as newBuilder } from '../../program/builder.ts';
import { clockBuffer, type Operation } from '../../program/program.ts';
import { decaysOnly, decayStep } from './decayStep.ts';
import { drivenBuffer, driveStep } from './driveStep.ts';
import { checkFloat32, equationsStep } from './equationsStep.ts';
import { equationValues } from './equationValues.ts';
import { offsetsOf, unitValues } from './eventNetwork.ts';
import { type Group, groupsOf, ofGroup, type PopulationStep, sameSynapse } from './groups.ts';
import { biasBuffer, lifStep } from './lifStep.ts';
import { type CompressedRows, compressedRows } from './rows.ts';
import type { Simulation, SimulationState, Spikes, StateArray } from './simulation.ts';
import { entriesOf, type LogPlan, longestChunk, roomOf, sourceLog } from './spikeLog.ts';
import { joinedSpikes, orderedSpikes } from './spikes.ts';
import { populationStream } from './streams.ts';
import type { Wiring } from './wiring.ts';

export interface ClockedSimulationOptions {
  readonly backend: Backend;
  readonly from?: SimulationState | undefined;
  /** Steps all populations as those that need more than decays: for tests. */
  readonly plain?: boolean;
}

interface Stepped {
  readonly group: Group;
  readonly step: PopulationStep;
  /** The units' numbers in the model. */
  readonly numbers: Uint32Array;
  readonly bias: Float64Array;
}

/** All synapses of one type from one log into one group. */
interface Delivery {
  readonly name: string;
  readonly log: string;
  readonly rows: CompressedRows;
  readonly operation: Operation;
}

/** @throws SettleError of kind `input` for a model that the clocked engine or the backend cannot run */
export async function clockedSimulation(model: NetworkModel, wirings: readonly Wiring[], { backend, from, plain = false }: ClockedSimulationOptions): Promise<Simulation> {
  const dt = model.step;
  const offsets = offsetsOf(model);
  const builder = newBuilder(model.name);
  const [initials, biases] = [unitValues(model, 'initial', 0), unitValues(model, 'bias', 0)];
  const logName = (group: Group): string => `${group.name}.log`;
  const stepped = groupsOf(model).map((group): Stepped => {
    const bias = ofGroup(group, offsets, biases);
    const numbers = Uint32Array.from(ofGroup(group, offsets, Float64Array.from({ length: offsets.at(-1)! }, (_, unit) => unit)));
    if (group.population.equations) {
      const step = equationsStep(builder, group, { dt, log: logName(group), values: equationValues(model, group.members.map(({ index }) => index)) });
      if (backend.name !== 'reference') checkFloat32(group, step.after);
      return { group, bias, numbers, step };
    }
    const options = { dt, log: logName(group), initial: ofGroup(group, offsets, initials), bias };
    return { group, bias, numbers, step: !plain && decaysOnly(group, dt) ? decayStep(builder, group, options) : lifStep(builder, group, options) };
  });
  const sources = sourceLog(model, 'sources.log');
  const deliveries = deliveriesOf(model, wirings, stepped, logName, sources.name);

  // Logs: as long as a chunk, and what is still to be delivered or put back from before it.
  const backOf = (log: string): number => Math.max(0, ...deliveries.map((delivery) => (delivery.log === log ? delivery.rows.delays.at(-1) ?? 0 : 0)));
  const plans = stepped.map(({ group, step }): LogPlan => ({ name: logName(group), units: group.units, apart: step.apart, back: Math.max(step.back, backOf(logName(group))) }));
  const longest = longestChunk(plans);
  for (const plan of plans) builder.log(plan.name, entriesOf(plan, longest), roomOf(plan, longest));
  const sourcesBack = backOf(sources.name);
  if (sources.units > 0) builder.log(sources.name, entriesOf({ back: sourcesBack }, longest), Math.max(1, sources.room(sourcesBack, longest)));

  for (const { name, rows } of deliveries) {
    builder.buffer(`${name}.events`, [1], { dtype: 'i32', batch: true });
    builder.buffer(`${name}.weights`, [rows.weights.length]);
    for (const part of ['delays', 'rows', 'targets'] as const) builder.buffer(`${name}.${part}`, [rows[part].length], { dtype: 'i32' });
  }
  for (const { step } of stepped) builder.add('step', ...step.before);
  builder.add('step', ...deliveries.map(({ operation }) => operation));
  for (const { group, step } of stepped) {
    const { drive } = group.population;
    if (drive) builder.add('step', ...driveStep(builder, group, step.arrivals(drive.synapse), dt, populationStream(group.members[0]!.index, 'drive')));
    builder.add('step', ...step.after);
  }
  builder.add('step', { op: 'advance' });
  builder.add('first', ...stepped.map(({ step }) => step.first), { op: 'advance' });
  builder.add('trim', ...plans.map(({ name, back }): Operation => ({ op: 'trim', log: name, steps: back })));
  const machine = await backend.open(builder.build(), { batch: 1, threads: 1 });
  machine.use(1);

  const kept = stepped.flatMap(({ step }) => step.state);
  const driven = stepped.filter(({ group }) => group.population.drive).map(({ group }) => drivenBuffer(group));
  const changes = currentsOf(model, stepped, dt);
  let [done, spikes, sourceSpikes, synapticEvents, driveEvents, changed] = [0, 0, 0, 0, 0, 0];
  /** Synaptic events that were read already, modulo 2^32. */
  const counted = deliveries.map(() => 0);

  for (const { name, rows } of deliveries) for (const part of ['delays', 'rows', 'targets', 'weights'] as const) await machine.write(`${name}.${part}`, rows[part]);
  if (from) await restore(from);
  else {
    for (const { step } of stepped) for (const [name, values] of step.initial) await machine.write(name, values);
    for (const plan of plans) await writeLog(machine, plan, longest, Int32Array.of(-plan.back), null);
    // At time 0 nothing has moved yet, but a potential may be at its threshold.
    await machine.write(clockBuffer, [model.seed | 0, -1]);
    await machine.run('first');
  }

  async function restore(state: SimulationState): Promise<void> {
    [done, spikes, sourceSpikes, synapticEvents, driveEvents, changed] = state.get('counts') as unknown as [number, number, number, number, number, number];
    await machine.write(clockBuffer, [model.seed | 0, done]);
    for (const name of kept) await machine.write(name, state.get(`buffer.${name}`)!);
    for (const plan of plans) await writeLog(machine, plan, longest, state.get(`place.${plan.name}`)!, state.get(`unit.${plan.name}`)!);
    sources.restore(state);
    // What currents had been set to is in the list of changes.
    for (const change of changes.slice(0, changed)) change.set();
  }

  async function chunk(steps: number): Promise<Spikes> {
    await machine.run('trim');
    let own: Spikes | null = null;
    if (sources.units > 0) {
      const { spikes: sent, place, unit } = sources.next(done, steps, sourcesBack);
      await writeLog(machine, { name: sources.name, back: sourcesBack }, longest, place, unit);
      sourceSpikes += sent.time.length;
      own = sent;
    }
    await machine.run('step', steps);
    const logs = await Promise.all(plans.map(async ({ name, back }, k) => {
      // Entries from that of the first step on; the last, made by the last step, is the next chunk's.
      const place = await machine.read(`${name}.place`, [back + 1, back + 2 + steps]);
      return { place, units: await machine.read(`${name}.unit`, [place[0]!, place[steps]!]), numbers: stepped[k]!.numbers };
    }));
    const found = entriesIn(logs, done, steps, dt);
    spikes += found.time.length;
    for (const [k, { name }] of deliveries.entries()) {
      const [events] = await machine.read(`${name}.events`);
      synapticEvents += (events! - counted[k]!) >>> 0;
      counted[k] = events!;
    }
    for (const name of driven) {
      const values = await machine.read(name);
      for (let unit = 0; unit < values.length; unit++) driveEvents += values[unit]!;
      await machine.write(name, new Float32Array(values.length));
    }
    done += steps;
    return own ? orderedSpikes([found, own]) : found;
  }

  /** Currents that change now. */
  async function setCurrents(): Promise<void> {
    const touched = new Set<Stepped>();
    for (; changed < changes.length && changes[changed]!.at <= done; changed++) touched.add(changes[changed]!.set());
    for (const { group, bias } of touched) await machine.write(biasBuffer(group), bias);
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
      return { spikes, sourceSpikes, synapticEvents, driveEvents, updates: done * stepped.reduce((sum, { group }) => sum + group.units, 0) };
    },
    synapses: deliveries.reduce((sum, { rows }) => sum + rows.targets.length, 0),
    synapseBytes: deliveries.reduce((sum, { rows: { rows, targets, weights } }) => sum + 4 * (rows.length + targets.length) + (machine.backend === 'reference' ? 8 : 4) * weights.length, 0),
    async advance(until) {
      const end = Math.round(until / dt);
      if (Math.abs(end - until / dt) > 1e-6) throw new SettleError('not a whole number of steps', { kind: 'input', found: `${until} s`, expected: `a multiple of ${dt} s` });
      const all: Spikes[] = [];
      while (done < end) {
        await setCurrents();
        const next = changes[changed]?.at ?? Infinity;
        all.push(await chunk(Math.min(longest, end - done, next - done)));
      }
      return joinedSpikes(all);
    },
    async state() {
      await machine.run('trim');
      const state = new Map<string, StateArray>([['counts', Float64Array.of(done, spikes, sourceSpikes, synapticEvents, driveEvents, changed)], ...sources.state(done, sourcesBack)]);
      for (const name of kept) state.set(`buffer.${name}`, (await machine.read(name)) as StateArray);
      for (const plan of plans) {
        const place = await machine.read(`${plan.name}.place`, [0, entriesOf(plan, 0) + 2]);
        state.set(`place.${plan.name}`, place as Int32Array);
        state.set(`unit.${plan.name}`, (await machine.read(`${plan.name}.unit`, [0, place.at(-1)!])) as Int32Array);
      }
      return state;
    },
    async potential(unit) {
      const own = stepped.find(({ numbers }) => numbers.includes(unit));
      if (!own) throw new SettleError('a source has no potential', { kind: 'input', path: `populations.${model.populations[offsets.findLastIndex((offset) => offset <= unit)]!.name}` });
      return own.step.potential((name) => machine.read(name), own.numbers.indexOf(unit));
    },
    close: () => machine.close(),
  };
} // prettier-ignore

function deliveriesOf(model: NetworkModel, wirings: readonly Wiring[], stepped: readonly Stepped[], logName: (group: Group) => string, sources: string): Delivery[] {
  const index = new Map(model.populations.map(({ name }, p) => [name, p]));
  const sourceUnits = model.populations.map((population) => (isSource(population) ? population.units : 0));
  /** Where a population's units stand: the group (null for sources), and their first number there. */
  const standing = (name: string): { own: Stepped | null; first: number } => {
    const p = index.get(name)!;
    for (const own of stepped) {
      const member = own.group.members.find((each) => each.index === p);
      if (member) return { own, first: member.first };
    }
    return { own: null, first: sourceUnits.slice(0, p).reduce((sum, units) => sum + units, 0) };
  };
  const found: Delivery[] = [];
  for (const sender of [null, ...stepped])
    for (const receiver of stepped)
      for (const synapse of receiver.group.synapses) {
        const parts = wirings.flatMap((wiring) => {
          const { projection } = wiring;
          const [pre, post] = [standing(projection.from), standing(projection.to)];
          const mine = pre.own === sender && post.own === receiver && sameSynapse(projection.synapse, synapse) && wiring.targets.length > 0;
          return mine ? [{ wiring, sender: pre.first, receiver: post.first }] : [];
        });
        if (parts.length === 0) continue;
        const { weight, terms } = receiver.step.arrivals(synapse);
        const units = sender ? sender.group.units : sourceUnits.reduce((sum, count) => sum + count, 0);
        const [name, log] = [`synapses${found.length}`, sender ? logName(sender.group) : sources];
        const buffers = { delays: `${name}.delays`, rows: `${name}.rows`, targets: `${name}.targets`, weights: `${name}.weights`, events: `${name}.events` };
        found.push({ name, log, rows: compressedRows(parts, units, model.step, weight), operation: { op: 'deliverRows', log, ...buffers, terms } });
      }
  return found;
} // prettier-ignore

/** Currents that begin, in order of time: each sets its unit's bias and says whose that was. */
function currentsOf(model: NetworkModel, stepped: readonly Stepped[], dt: number): { at: number; set(): Stepped }[] {
  return stepped
    .flatMap((own) => {
      const constant = own.bias.slice();
      return own.group.members.flatMap(({ index, first }) =>
        model.populations[index]!.current.map(([unit, time, value]) => ({
          at: Math.ceil(time / dt - 1e-9),
          set() {
            own.bias[first + unit] = constant[first + unit]! + value;
            return own;
          },
        })),
      );
    })
    .sort((a, b) => a.at - b.at);
}

/** Writes the beginning of a log; null leaves its units as they are. */
async function writeLog(machine: Machine, { name, back }: Pick<LogPlan, 'name' | 'back'>, longest: number, place: ArrayLike<number>, unit: ArrayLike<number> | null): Promise<void> {
  for (const [part, values, length] of [['place', place, entriesOf({ back }, longest) + 2], ['unit', unit, machine.program.buffers.get(`${name}.unit`)!.shape[0]!]] as const) {
    if (!values) continue;
    const whole = new Int32Array(length);
    whole.set(values);
    await machine.write(`${name}.${part}`, whole);
  }
} // prettier-ignore

interface Entries {
  /** Where each entry begins in the whole log, and where the last one ends. */
  readonly place: ArrayLike<number>;
  readonly units: ArrayLike<number>;
  readonly numbers: Uint32Array;
}

/** The entries of logs as spikes in order of time, then unit. */
function entriesIn(logs: readonly Entries[], first: number, steps: number, dt: number): Spikes {
  const count = logs.reduce((sum, { units }) => sum + units.length, 0);
  const [time, unit] = [new Float64Array(count), new Uint32Array(count)];
  for (let n = 0, at = 0; n < steps && at < count; n++) {
    const begin = at;
    for (const { place, units, numbers } of logs)
      for (let k = place[n]! - place[0]!; k < place[n + 1]! - place[0]!; k++) unit[at++] = numbers[units[k]!]!;
    for (let k = begin; k < at; k++) {
      time[k] = (first + n) * dt;
      if (k > begin && unit[k - 1]! > unit[k]!) {
        unit.subarray(begin, at).sort();
        time.fill((first + n) * dt, begin, at);
        break;
      }
    }
  }
  return { time, unit };
} // prettier-ignore
