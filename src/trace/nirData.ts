// NIRData: what nodes of a NIR graph did, event by event or on a grid of time, from and to HDF5 data. Padding of every kind is
// taken off on the way in: no event of it is ever a spike. Times are those of the file.
import { SettleError } from '../errors.ts';
import { type HdfArray, type HdfGroup, hdfGroup, hdfNumbers, hdfText } from './hdf5.ts';
import { shapeText } from './nirGraph.ts';
import type { NirSignal } from './nirModel.ts';

export interface NirEvents {
  readonly kind: 'events';
  readonly units: number;
  /** t_max: how long was recorded. */
  readonly duration: number;
  /** By time, then unit; `value` is null for events without one. */
  readonly samples: readonly { readonly time: Float64Array; readonly unit: Uint32Array; readonly value: Float64Array | null }[];
} // prettier-ignore

export interface NirGrid {
  readonly kind: 'grid';
  /** Samples, steps, units. */
  readonly shape: readonly [number, number, number];
  readonly step: number;
  /** Whether there is or is not a spike, rather than a value. */
  readonly binary: boolean;
  readonly values: Float64Array;
}

/** By node (`outer.inner` of nested graphs) and observable. */
export type NirData = ReadonlyMap<string, ReadonlyMap<string, NirEvents | NirGrid>>;

/** @throws SettleError of kind `input` with the file and the path inside it */
export function readNirData(root: HdfGroup, file: string): NirData {
  const refuse = (path: string, what: string, found: string, expected: string): never => {
    throw new SettleError(what, { kind: 'input', file, path, found, expected });
  };
  const attribute = (group: HdfGroup, path: string, name: string): HdfArray =>
    group.attributes.get(name) ??
    refuse(`${path}@${name}`, 'a required attribute is missing', [...group.attributes.keys()].join(', ') || 'none', name);
  const typeOf = (group: HdfGroup, path: string): string =>
    attribute(group, path, '__type__').texts[0] ?? refuse(`${path}@__type__`, 'not a text', 'a number', 'text');
  const groupAt = (group: HdfGroup, path: string, name: string): HdfGroup => {
    const found = group.members.get(name);
    return found?.kind === 'group' ? found : refuse(`${path}${name}`, 'a group is missing', found ? 'an array' : 'nothing', name);
  };
  const arrayAt = (group: HdfGroup, path: string, name: string, rank: number): HdfArray => {
    const found = group.members.get(name);
    if (found?.kind !== 'array' || found.type === 'text') return refuse(`${path}/${name}`, 'numbers are missing', found ? 'something else' : 'nothing', name);
    if (found.shape.length !== rank) refuse(`${path}/${name}`, 'wrong number of dimensions', shapeText(found.shape), rank === 3 ? '[samples, steps, neurons]' : '[samples, events]');
    return found;
  };
  const number = (group: HdfGroup, path: string, name: string): number => {
    const value = attribute(group, path, name).numbers[0];
    if (value === undefined || !(value >= 0) || value === Infinity) return refuse(`${path}@${name}`, 'wrong value', String(value), 'a finite number from 0');
    return value;
  };
  const type = root.attributes.get('__type__')?.texts[0];
  if (type !== 'NIRGraphData') refuse('@__type__', 'not a file of NIRData', type ?? 'nothing', 'NIRGraphData');

  function observableOf(group: HdfGroup, path: string): NirEvents | NirGrid {
    const kind = typeOf(group, path);
    if (kind === 'TimeGriddedData') {
      const data = arrayAt(group, path, 'data', 3);
      const step = number(group, path, 'dt');
      if (step === 0) refuse(`${path}@dt`, 'wrong value', '0', 'above 0');
      return { kind: 'grid', shape: data.shape as [number, number, number], step, binary: data.type === 'bool', values: data.numbers };
    }
    if (kind !== 'EventData' && kind !== 'ValuedEventData')
      return refuse(`${path}@__type__`, 'an unknown type of data', kind, 'EventData, ValuedEventData or TimeGriddedData');
    const [unit, time] = [arrayAt(group, path, 'idx', 2), arrayAt(group, path, 'time', 2)];
    const value = kind === 'ValuedEventData' ? arrayAt(group, path, 'value', 2) : null;
    for (const [name, other] of [['time', time], ['value', value]] as const)
      if (other && shapeText(other.shape) !== shapeText(unit.shape)) refuse(`${path}/${name}`, 'wrong shape', shapeText(other.shape), `${shapeText(unit.shape)}, that of idx`);
    const [units, duration] = [number(group, path, 'n_neurons'), number(group, path, 't_max')];
    const [count, length] = unit.shape as [number, number];
    return {
      kind: 'events', units, duration,
      samples: Array.from({ length: count }, (_, sample) => {
        const events: [number, number, number][] = [];
        for (let k = sample * length; k < (sample + 1) * length; k++) {
          const [n, t] = [unit.numbers[k]!, time.numbers[k]!];
          // Empty: unit -1, whatever the time beside it (Infinity, or twice t_max), or a time of Infinity.
          if (n === -1 || t === Infinity) continue;
          const at = `[${sample}, ${k - sample * length}]`;
          if (!Number.isInteger(n) || n < 0 || n >= units) refuse(`${path}/idx${at}`, 'no such neuron', String(n), `0 to ${units - 1}, or -1`);
          if (!(t >= 0 && t <= duration)) refuse(`${path}/time${at}`, 'an event outside the recording', String(t), `0 to t_max, ${duration}`);
          const strength = value ? value.numbers[k]! : 1;
          if (!Number.isFinite(strength)) refuse(`${path}/value${at}`, 'not a finite number', String(strength), 'a finite number');
          events.push([t, n, strength]);
        }
        events.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
        return {
          time: Float64Array.from(events, ([t]) => t),
          unit: Uint32Array.from(events, ([, n]) => n),
          value: value ? Float64Array.from(events, ([, , each]) => each) : null,
        };
      }),
    };
  }
  function* nodesOf(group: HdfGroup, path: string, prefix: string): Generator<readonly [string, ReadonlyMap<string, NirEvents | NirGrid>]> {
    for (const [name, node] of groupAt(group, path, 'nodes').members) {
      const at = `${path}nodes/${name}`;
      if (node.kind !== 'group') refuse(at, 'not a node', 'an array', 'a group');
      const inner = node as HdfGroup;
      const kind = typeOf(inner, at);
      if (kind === 'NIRGraphData') yield* nodesOf(inner, `${at}/`, `${prefix}${name}.`);
      else if (kind === 'NIRNodeData') {
        const observables = groupAt(inner, `${at}/`, 'observables');
        yield [prefix + name, new Map([...observables.members].map(([key, value]) => {
          const place = `${at}/observables/${key}`;
          return [key, value.kind === 'group' ? observableOf(value, place) : refuse(place, 'not an observable', 'an array', 'a group')];
        }))];
      } else refuse(`${at}@__type__`, 'an unknown type of data', kind, 'NIRNodeData or NIRGraphData');
    }
  }
  return new Map(nodesOf(root, '', ''));
} // prettier-ignore

/** Every node at the outermost level: nested files cannot be written by the reference, and names may have dots of their own. */
export function nirDataTree(data: NirData): HdfGroup {
  const nodes = [...data].map(([name, observables]) => [
    name,
    hdfGroup(
      { observables: hdfGroup(new Map([...observables].map(([key, value]) => [key, observableTree(value)]))) },
      { __type__: hdfText('NIRNodeData') },
    ),
  ] as const); // prettier-ignore
  return hdfGroup({ nodes: hdfGroup(new Map(nodes)) }, { __type__: hdfText('NIRGraphData') });
}

function observableTree(value: NirEvents | NirGrid): HdfGroup {
  if (value.kind === 'grid')
    throw new SettleError('values on a grid are not written', { kind: 'input', found: 'a grid', expected: 'events, whose times are exact' }); // prettier-ignore
  // One empty place at least: a file cannot say how many samples there were with arrays of no columns everywhere.
  const width = Math.max(1, ...value.samples.map(({ time }) => time.length));
  const shape = [value.samples.length, width];
  const padded = (read: (sample: NirEvents['samples'][number]) => ArrayLike<number>, empty: number): Float64Array => {
    const all = new Float64Array(shape[0]! * width).fill(empty);
    value.samples.forEach((sample, k) => all.set(read(sample), k * width));
    return all;
  };
  const valued = value.samples.some((sample) => sample.value);
  return hdfGroup(
    {
      idx: hdfNumbers(padded(({ unit }) => unit, -1), shape, 'int64'),
      time: hdfNumbers(padded(({ time }) => time, Infinity), shape),
      ...(valued && { value: hdfNumbers(padded((sample) => sample.value ?? [], 0), shape) }),
    },
    {
      __type__: hdfText(valued ? 'ValuedEventData' : 'EventData'),
      n_neurons: hdfNumbers(value.units, [], 'int64'),
      t_max: hdfNumbers(value.duration),
    },
  ); // prettier-ignore
}

/** One sample as events into an Input, in seconds. A spike of a grid stands `shift` steps (0 to below 1) after its step begins. */
export function signalOf(data: NirEvents | NirGrid, { sample, second, shift = 0 }: { sample: number; second: number; shift?: number }): NirSignal {
  const samples = data.kind === 'grid' ? data.shape[0] : data.samples.length;
  if (!(sample >= 0 && sample < samples)) throw new SettleError('no such sample', { kind: 'input', found: String(sample), expected: `0 to ${samples - 1}` });
  if (data.kind === 'events') {
    const { time, unit, value } = data.samples[sample]!;
    return Array.from(time, (t, k) => [unit[k]!, t * second, value ? value[k]! : 1] as const);
  }
  const [, steps, units] = data.shape;
  const found: [number, number, number][] = [];
  for (let step = 0; step < steps; step++)
    for (let unit = 0; unit < units; unit++) {
      const value = data.values[(sample * steps + step) * units + unit]!;
      if (value !== 0) found.push([unit, (step + shift) * data.step * second, value]);
    }
  return found;
} // prettier-ignore
