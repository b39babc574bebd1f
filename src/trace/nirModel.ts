// A NIR graph as a network model: neurons become populations, what lies between them sparse projections, Inputs sources. How
// strong a spike is and what a second is are options, because the format says neither. docs/nir.md has the equations.
import { SettleError } from '../errors.ts';
import type { Connect, Drawn, NetworkModel, NetworkPopulation, NetworkProjection, Synapse } from '../model/network.ts';
import { isNeurons, type NirGraph, type NirNeurons, type NirNode, type NirParameter, sizeOf } from './nirGraph.ts';
import { type NirMap, nirMaps } from './nirMaps.ts';
import { nirShapes } from './nirShapes.ts';

/** Events into an Input: unit, seconds, value. */
export type NirSignal = readonly (readonly [unit: number, seconds: number, value: number])[];

export interface NirModelOptions {
  readonly file: string;
  readonly name: string;
  readonly timeUnit: 's' | 'ms';
  /**
   * Seconds, or null. null: a spike is a Dirac pulse of integral 1, in the time of the file. A number: a spike is the value 1
   * held for so long; into an Input it is that current, between neurons a Dirac pulse of that integral.
   */
  readonly pulse: number | null;
  /** By the name of the Input. */
  readonly inputs: ReadonlyMap<string, NirSignal>;
  /** Seconds. */
  readonly duration: number;
}

export interface NirModel {
  readonly model: NetworkModel;
  /** Where the units of a node are: one population, or several where its neurons differ in more than weights. */
  readonly nodes: ReadonlyMap<string, readonly NirPart[]>;
  /** Conventions and assumptions, as sentences. */
  readonly notes: readonly string[];
}

export interface NirPart {
  readonly population: string;
  /** Numbers of its units within the node, ascending. */
  readonly units: Uint32Array;
}

/** Populations that one node may fall into, and steps of current that a model may have. */
const [partsLimit, stepsLimit] = [256, 5_000_000];

/** @throws SettleError of kind `input` naming the file and the node that cannot be simulated */
export function nirModel(graph: NirGraph, options: NirModelOptions): NirModel {
  const { file, pulse } = options;
  const shapes = nirShapes(graph, file);
  const refuse: Refuse = (path, what, found, expected) => {
    throw new SettleError(what, { kind: 'input', file, path, found, expected });
  };
  checkRoles(graph, refuse);
  const into = nirMaps(graph, shapes, file);
  const second = options.timeUnit === 'ms' ? 1e-3 : 1;
  const integral = pulse === null ? 1 : pulse / second;
  const names = namer();
  const parts = new Map<string, readonly NirPart[]>();
  const populations: NetworkPopulation[] = [];
  const projections: NetworkProjection[] = [];
  for (const name of options.inputs.keys())
    if (!inputsOf(graph).some((node) => node.name === name)) refuse(`node/nodes`, 'spikes for an Input that is not there', `"${name}"`, `one of ${inputsOf(graph).map((node) => node.name).join(', ') || 'no Input at all'}`);

  for (const node of inputsOf(graph)) {
    const units = sizeOf(node.shape);
    const signal = options.inputs.get(node.name) ?? [];
    for (const [unit, , value] of signal) {
      if (unit < 0 || unit >= units) refuse(node.path, 'a spike of a unit that is not there', String(unit), `0 to ${units - 1}`);
      if (pulse === null && value !== 1) refuse(node.path, 'a spike of a strength other than 1', String(value), '1, or values held for a time (pulse)');
    }
    const name = names(node.name);
    populations.push(source(name, units, signal));
    parts.set(node.name, [{ population: name, units: Uint32Array.from({ length: units }, (_, k) => k) }]);
  }
  const own = new Map<string, readonly (Group & NirPart)[]>();
  for (const node of inOrder(graph)) {
    const groups = groupsOf(node, into.get(node.name)!.constant, second, refuse);
    const mine = groups.map((group, k) => ({ ...group, population: names(groups.length === 1 ? node.name : `${node.name}_${k}`) }));
    own.set(node.name, mine);
    parts.set(node.name, mine.map(({ population, units }) => ({ population, units })));
  }

  for (const node of inOrder(graph)) {
    const { maps, constant } = into.get(node.name)!;
    for (const group of own.get(node.name)!) {
      const { population, units, factor, synapse } = group;
      const current: [number, number, number][] = [];
      for (const [sender, map] of maps) {
        const signal = options.inputs.get(sender);
        const fromInput = !own.has(sender);
        if (!fromInput || pulse === null) {
          for (const { population: from, units: senders } of parts.get(sender)!)
            projections.push(...projection(from, population, synapse, pick(map, senders, units), factor.map((each) => each * integral), second));
          continue;
        }
        if (!signal || signal.length === 0) continue;
        current.push(...steps(map, units, signal, pulse, group.drive, second, () => refuse(node.path, 'too many steps of current', `more than ${stepsLimit}`, 'fewer pulses')));
        if (synapse.kind === 'delta') continue;
        // I lags behind a step by an exponential that starts at -1 step: RI = step - step exp(-t / tau_syn), at both ends of a pulse.
        if (signal.some(([, , value]) => value !== 1)) refuse(node.path, 'values other than 1 held into a synapse', 'an Input with values', 'values into I, IF, LI or LIF only');
        const [from] = parts.get(sender)!;
        const end = names(`${from!.population}_end`);
        populations.push(source(end, from!.units.length, signal.map(([unit, time]) => [unit, time + pulse, 1])));
        const picked = pick(map, from!.units, units);
        projections.push(...projection(from!.population, population, synapse, picked, group.drive.map((each) => -each), second));
        projections.push(...projection(end, population, synapse, picked, group.drive, second));
      }
      if (constant && synapse.kind !== 'delta') {
        // A constant into a synapse: R I = c - c exp(-t / tau_syn), the second term as one spike at the start.
        const start = names(`${population}_start`);
        populations.push(source(start, 1, [[0, 0, 1]]));
        projections.push({ ...plain(start, population, synapse), connect: { kind: 'all-to-all' }, weight: drawnOf(Float64Array.from(units, (unit, k) => -group.drive[k]! * constant[unit]!)) });
      }
      populations.push({ ...group.settings, name: population, units: units.length, current: current.sort((a, b) => a[1] - b[1]) });
    }
  }
  return {
    nodes: parts,
    notes: [
      `times of the file are ${options.timeUnit === 'ms' ? 'milliseconds' : 'seconds'}, potentials have no unit`,
      pulse === null ? 'a spike is a Dirac pulse of integral 1 in the time of the file' : `a spike is the value 1 held for ${pulse} s: a current from an Input, a Dirac pulse of that integral between neurons`,
      'at time 0 potentials are at v_reset (v_leak where there is none) and currents at 0; a spike needs v > v_threshold',
      ...graph.notes,
    ],
    model: {
      settle: 1, kind: 'network', name: options.name, source: `NIR ${graph.version}`, populations, projections, duration: options.duration, discard: 0,
      weights: 'float64', engine: 'event', step: 1e-4, backend: 'wasm', seed: 1, volts: false,
    },
  };
} // prettier-ignore

type Refuse = (path: string, what: string, found: string, expected: string) => never;
type NeuronNode = NirNode & NirNeurons;

const inputsOf = (graph: NirGraph) => {
  const fed = new Set(graph.edges.map(([, to]) => to));
  type Port = Extract<NirNode, { readonly shape: readonly number[] }>;
  return graph.nodes.filter((node): node is Port => node.type === 'Input' && !fed.has(node.name));
};

/** Neurons in the order in which edges reach them, then those that none reaches. */
function inOrder(graph: NirGraph): NeuronNode[] {
  const nodes = new Map(graph.nodes.map((node) => [node.name, node]));
  const queue = inputsOf(graph).map(({ name }) => name);
  const seen = new Set(queue);
  const found: NeuronNode[] = [];
  const rest = graph.nodes.map(({ name }) => name);
  for (let at = queue.shift() ?? rest.shift(); at !== undefined; at = queue.shift() ?? rest.find((name) => !seen.has(name))) {
    seen.add(at);
    const node = nodes.get(at)!;
    if (isNeurons(node)) found.push(node);
    for (const [from, to] of graph.edges)
      if (from === at && !seen.has(to)) {
        seen.add(to);
        queue.push(to);
      }
  }
  return found;
} // prettier-ignore

/** What spikes and what does not: only spikes go along edges, only the last node may be read by its potential. */
function checkRoles(graph: NirGraph, refuse: Refuse): void {
  const nodes = new Map(graph.nodes.map((node) => [node.name, node]));
  const inner = (node: NirNode): boolean => graph.edges.some(([from]) => from === node.name);
  const renames = (node: NirNode): boolean => node.type === 'Flatten' || node.type === 'Output' || node.type === 'Input';
  for (const [from, to] of graph.edges) {
    const [pre, post] = [nodes.get(from)!, nodes.get(to)!];
    if (isNeurons(pre) && !('v_threshold' in pre.parameters) && (post.type !== 'Output' || inner(post)))
      refuse(pre.path, `${pre.type} sends a potential, not spikes`, `${from} -> ${to}`, `an Output behind it: only the last node may be ${pre.type}`);
    if (post.type === 'Output' && !inner(post) && !isNeurons(pre) && !renames(pre))
      refuse(pre.path, `${pre.type} into an Output is no spike train`, `${from} -> ${to}`, 'neurons before the Output');
  }
  for (const node of graph.nodes)
    if (node.type === 'Threshold') refuse(node.path, 'a Threshold by itself cannot be simulated', 'Threshold', 'neurons with a threshold of their own (IF, LIF, CubaLIF)');
  if (!graph.nodes.some(isNeurons)) refuse('node/nodes', 'no neurons', 'none of I, LI, IF, LIF, CubaLI, CubaLIF', 'at least one node of them');
} // prettier-ignore

/** Names of populations: letters, digits and _; each once. */
function namer(): (wanted: string) => string {
  const taken = new Set<string>();
  return (wanted) => {
    const base = wanted.replace(/\W/g, '_').replace(/^(?![A-Za-z])/, 'n');
    let name = base;
    for (let k = 2; taken.has(name); k++) name = `${base}_${k}`;
    taken.add(name);
    return name;
  };
}

interface Group {
  /** Within the node. */
  readonly units: Uint32Array;
  readonly settings: Omit<NetworkPopulation, 'name' | 'units'>;
  readonly synapse: Synapse;
  /** Of each unit: jump of V (or, with a synapse, of R I) for a weight of 1 and a pulse of integral 1 in the time of the file. */
  readonly factor: Float64Array;
  /** Of each unit: R I (or V' in 1/s of IF and I) for a current of 1 held. */
  readonly drive: Float64Array;
}

/** Units of a node with equal time constants, threshold and reset; leak, resistance and w_in may differ within one. */
function groupsOf(node: NeuronNode, constant: Float64Array | null, second: number, refuse: Refuse): Group[] {
  const { parameters, type } = node;
  const value = (name: NirParameter, unit: number): number => parameters[name]![unit]!;
  const has = (name: NirParameter): boolean => parameters[name] !== undefined;
  const same: readonly NirParameter[] = ['tau', 'tau_mem', 'tau_syn', 'v_threshold', 'v_reset'];
  const keys = new Map<string, number[]>();
  for (let unit = 0; unit < sizeOf(node.shape); unit++) {
    const key = same.map((name) => (has(name) ? value(name, unit) : '')).join();
    const known = keys.get(key);
    if (known) known.push(unit);
    else keys.set(key, [unit]);
    if (has('v_threshold') && !(value('v_reset', unit) < value('v_threshold', unit)))
      refuse(`${node.path}/v_reset[${unit}]`, 'the reset does not take the potential below threshold', String(value('v_reset', unit)), `below ${value('v_threshold', unit)}`);
  }
  if (keys.size > partsLimit) refuse(node.path, 'too many different neurons in one node', `${keys.size} sets of time constants, threshold and reset`, `at most ${partsLimit}`);
  const tau = has('tau') ? 'tau' : has('tau_mem') ? 'tau_mem' : null;
  return [...keys.values()].map((list): Group => {
    const units = Uint32Array.from(list);
    const each = (read: (unit: number) => number): Float64Array => Float64Array.from(units, read);
    const first = units[0]!;
    const leak = has('v_leak') ? each((unit) => value('v_leak', unit)) : new Float64Array(units.length);
    const even = leak.every((one) => one === leak[0]);
    const strength = (unit: number): number => value('r', unit) * (has('w_in') ? value('w_in', unit) : 1);
    const drive = each((unit) => (tau ? strength(unit) : strength(unit) / second));
    const factor = each((unit) => (has('tau_syn') ? strength(unit) / value('tau_syn', unit) : tau ? strength(unit) / value(tau, unit) : strength(unit)));
    const rest = even ? leak[0]! : 0;
    const fires = has('v_threshold');
    const reset = fires ? value('v_reset', first) : rest;
    return {
      units, factor, drive,
      synapse: has('tau_syn') ? { kind: 'exponential', timeConstant: value('tau_syn', first) * second } : { kind: 'delta', timeConstant: 0 },
      settings: {
        ...silent, kind: tau ? 'lif' : 'integrate-and-fire', membraneTimeConstant: tau ? value(tau, first) * second : Infinity, rest,
        threshold: fires ? value('v_threshold', first) : Infinity, strict: type !== 'I' && fires, reset: { mode: 'to', value: reset },
        bias: drawnOf(Float64Array.from(units, (unit, k) => (even ? 0 : leak[k]!) + (constant ? drive[k]! * constant[unit]! : 0))),
        initial: fires ? { kind: 'constant', value: reset } : drawnOf(leak),
      },
    };
  });
} // prettier-ignore

const silent = {
  kind: 'spikes', rate: 0, spikes: [], file: null, membraneTimeConstant: 0.01, rest: 0, threshold: 1, strict: false, reset: { mode: 'to', value: 0 },
  refractory: { duration: 0, arrivals: 'lose' }, floor: -Infinity, cap: Infinity, bias: { kind: 'constant', value: 0 }, current: [],
  initial: { kind: 'constant', value: 0 }, drive: null,
} as const satisfies Omit<NetworkPopulation, 'name' | 'units'>; // prettier-ignore

const source = (name: string, units: number, signal: NirSignal): NetworkPopulation => ({
  ...silent,
  name,
  units,
  spikes: signal.map(([unit, time]) => [unit, time] as const).sort((a, b) => a[1] - b[1] || a[0] - b[0]),
});

/** One value where all are equal. */
function drawnOf(values: Float64Array): Drawn {
  const [first = 0] = values;
  return values.every((value) => value === first) ? { kind: 'constant', value: first } : { kind: 'list', values };
}

const plain = (from: string, to: string, synapse: Synapse): NetworkProjection => ({
  name: `${from}->${to}`, from, to, synapse, connect: { kind: 'all-to-all' }, autapses: true,
  weight: { kind: 'constant', value: 0 }, delay: { kind: 'constant', value: 0 },
}); // prettier-ignore

/** The part of a map between some senders and some receivers, both numbered anew; all of it where they are all. */
function pick(map: NirMap, senders: Uint32Array, receivers: Uint32Array): NirMap {
  const all = senders.length === map.rows.length - 1;
  const place = new Map(Array.from(receivers, (unit, k) => [unit, k]));
  const [rows, columns, values, delays]: [number[], number[], number[], number[]] = [[0], [], [], []];
  for (const unit of all ? map.rows.subarray(0, -1).keys() : senders) {
    for (let k = map.rows[unit]!; k < map.rows[unit + 1]!; k++) {
      const column = place.get(map.columns[k]!);
      if (column === undefined) continue;
      columns.push(column);
      values.push(map.values[k]!);
      delays.push(map.delays[k]!);
    }
    rows.push(columns.length);
  }
  return { rows: Uint32Array.from(rows), columns: Uint32Array.from(columns), values: Float64Array.from(values), delays: Float64Array.from(delays) }; // prettier-ignore
}

/** No projection for a map of nothing. */
function projection(from: string, to: string, synapse: Synapse, map: NirMap, factor: Float64Array, second: number): NetworkProjection[] {
  if (map.columns.length === 0) return [];
  return [{
    ...plain(from, to, synapse),
    connect: connectOf(map, factor.length),
    weight: drawnOf(map.values.map((value, k) => value * factor[map.columns[k]!]!)),
    delay: drawnOf(map.delays.map((delay) => delay * second)),
  }];
} // prettier-ignore

/** Full and diagonal maps by name, others by their pairs. */
function connectOf({ rows, columns }: NirMap, post: number): Connect {
  const pre = rows.length - 1;
  const once = rows.every((start, unit) => start === unit * post) && columns.every((column, k) => column === k % post);
  if (once) return { kind: 'all-to-all' };
  if (pre === post && columns.length === pre && columns.every((column, k) => column === k && rows[k] === k))
    return { kind: 'one-to-one' };
  const senders = new Uint32Array(columns.length);
  for (let unit = 0; unit < pre; unit++) senders.fill(unit, rows[unit], rows[unit + 1]);
  return { kind: 'list', pre: senders, post: columns };
}

/** Values held for a time, mapped: what each receiver's drive is from each moment on. */
function steps(map: NirMap, receivers: Uint32Array, signal: NirSignal, held: number, drive: Float64Array, second: number, tooMany: () => never): [number, number, number][] {
  const place = new Map(Array.from(receivers, (unit, k) => [unit, k]));
  const changes: { at: number; unit: number; by: number; on: number }[] = [];
  for (const [sender, time, value] of signal)
    for (let k = map.rows[sender]!; k < map.rows[sender + 1]!; k++) {
      const unit = place.get(map.columns[k]!);
      if (unit === undefined) continue;
      const [at, by] = [time + map.delays[k]! * second, value * map.values[k]! * drive[unit]!];
      changes.push({ at, unit, by, on: 1 }, { at: at + held, unit, by: -by, on: -1 });
      if (changes.length > stepsLimit) tooMany();
    }
  const [sum, under] = [new Float64Array(receivers.length), new Int32Array(receivers.length)];
  return changes.sort((a, b) => a.at - b.at || a.on - b.on).map(({ at, unit, by, on }) => {
    under[unit]! += on;
    // Exactly nothing when nothing is held, whatever sums leave behind.
    sum[unit] = under[unit] === 0 ? 0 : sum[unit]! + by;
    return [unit, at, sum[unit]];
  });
} // prettier-ignore
