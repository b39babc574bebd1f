// One axis of time for a whole trace: frames of the same phase of the same example are put together, examples follow each
// other, spikes of all populations are merged in order of time. Times of a trace begin again with every example; on the axis
// an example begins where the one before it ended.
import { SettleError } from '../errors.ts';
import type { Header } from '../frames/container.ts';
import type { Frame } from '../frames/frame.ts';
import { ownerOf, stepOf, valuesOf } from './format.ts';
import type { Population, SpikeBlock } from './spikes.ts';

/** What was recorded of one phase of one example. Times of its frames plus `shift` are times on the axis. */
export interface Stretch {
  readonly epoch: number;
  readonly example: number;
  readonly phase: string;
  /** [begin, end) on the axis, in steps or seconds. */
  readonly begin: number;
  readonly end: number;
  readonly shift: number;
  readonly frames: readonly Frame[];
}

const together = (a: Frame, b: Frame): boolean =>
  a.epoch === b.epoch && a.example === b.example && a.phase === b.phase && a.t0 === b.t0 && a.t1 === b.t1;

/** Frames that begin where others of the example are not yet over are of another recording. */
export function* stretches(frames: Iterable<Frame>): Generator<Stretch> {
  let waiting: Frame[] = [];
  let before: Stretch | null = null;
  const next = (): Stretch => {
    const { epoch, example, phase, t0, t1 } = waiting[0]!;
    const goesOn = before === null || (before.epoch === epoch && before.example === example && t0 + before.shift >= before.end);
    const shift: number = before === null ? 0 : goesOn ? before.shift : before.end - t0;
    before = { epoch, example, phase, shift, begin: t0 + shift, end: Math.max(t0, t1) + shift, frames: waiting };
    waiting = [];
    return before;
  };
  for (const frame of frames) {
    if (frame.kind !== 'spikes' && frame.kind !== 'samples' && frame.kind !== 'energy') continue;
    if (waiting.length > 0 && !together(waiting[0]!, frame)) yield next();
    waiting.push(frame);
  }
  if (waiting.length > 0) yield next();
} // prettier-ignore

/** What a trace holds, found by going through it once. */
export interface Survey {
  /** Seconds that a unit of time takes: a step, or 1. */
  readonly unit: number;
  /** Times are whole numbers of units. */
  readonly whole: boolean;
  /** Those that spike, in the order of the header or of their appearance; without a header, units up to the last that spiked. */
  readonly populations: readonly Population[];
  readonly neurons: number;
  readonly spikes: number;
  /** `P.V` -> the units that were sampled. */
  readonly samples: ReadonlyMap<string, readonly number[]>;
  readonly energy: boolean;
  readonly phases: readonly string[];
  readonly end: number;
}

/** @throws SettleError of kind `input` for columns that are no spikes or samples */
export function survey(header: Header, frames: Iterable<Frame>): Survey {
  const said = header['populations'];
  const named = typeof said === 'object' && said !== null ? Object.entries(said).filter(([, units]) => Number.isSafeInteger(units) && (units as number) >= 0) as [string, number][] : [];
  const units = new Map<string, number>(named);
  const samples = new Map<string, Set<number>>();
  const phases = new Set<string>();
  let [spikes, end, energy] = [0, 0, false];
  for (const stretch of stretches(frames)) {
    phases.add(stretch.phase);
    end = stretch.end;
    for (const frame of stretch.frames) {
      if (frame.kind === 'energy') energy = true;
      if (frame.kind === 'spikes')
        for (const { population, unit } of trains(frame)) {
          let most = units.get(population) ?? 0;
          for (let k = 0; k < unit.length; k++) {
            const each = unit[k]!;
            if (each >= most) {
              if (named.length > 0 || !(each < 2 ** 31)) refuse(population, each, named.length > 0 ? `below ${most}` : 'a unit from 0');
              most = each + 1;
            } else if (!(each >= 0)) refuse(population, each, 'a unit from 0');
          }
          units.set(population, most);
          spikes += unit.length;
        }
      if (frame.kind === 'samples')
        for (const { signal, unit } of tracks(frame)) {
          const known = samples.get(signal) ?? new Set();
          for (const each of unit) known.add(each);
          samples.set(signal, known);
        }
    }
  }
  let neurons = 0;
  const populations = Array.from(units, ([name, count]) => {
    neurons += count;
    return { name, units: count, offset: neurons - count };
  });
  const step = stepOf(header);
  return {
    unit: step ?? 1, whole: step !== null, populations, neurons, spikes, energy, phases: [...phases], end,
    samples: new Map(Array.from(samples, ([signal, set]) => [signal, [...set].sort((a, b) => a - b)])),
  };
} // prettier-ignore

function refuse(population: string, unit: number, expected: string): never {
  throw new SettleError('a spike of a unit that is not there', { kind: 'input', path: population, found: String(unit), expected }); // prettier-ignore
}

/** @throws SettleError of kind `input` if there are none */
export function spiking(header: Header, frames: Iterable<Frame>): Survey {
  const found = survey(header, frames);
  if (found.spikes === 0)
    throw new SettleError('the trace holds no spikes', { kind: 'input', found: 'nothing that this format can hold', expected: 'a trace with spikes', hint: 'record: [{ population: NAME, variable: spikes }]' }); // prettier-ignore
  return found;
}

/** The columns of spikes of a frame. */
function* trains(frame: Frame): Generator<{ population: string; time: ArrayLike<number>; unit: ArrayLike<number> }> {
  for (const name in frame.columns) {
    if (!name.endsWith('.spikes.time')) continue;
    const { population } = ownerOf(name);
    const [time, unit] = [frame.columns[name]!.data, valuesOf(frame, `${population}.spikes.unit`)];
    if (time.length !== unit.length)
      throw new SettleError('times and units of spikes do not match', { kind: 'input', path: population, found: `${time.length} times, ${unit.length} units`, expected: 'as many' }); // prettier-ignore
    yield { population, time, unit };
  }
}

export interface Track {
  /** `P.V`. */
  readonly signal: string;
  readonly time: ArrayLike<number>;
  readonly unit: readonly number[];
  /** [times, units]. */
  readonly values: ArrayLike<number>;
}

/** The sampled variables of a frame. @throws SettleError of kind `input` */
export function* tracks(frame: Frame): Generator<Track> {
  for (const name in frame.columns) {
    if (!name.endsWith('.time') || name === 'energy.time') continue;
    const signal = name.slice(0, -'.time'.length);
    const time = frame.columns[name]!.data;
    const [unit, values] = [Array.from(valuesOf(frame, `${signal}.unit`)), valuesOf(frame, signal)];
    if (values.length !== time.length * unit.length)
      throw new SettleError('samples do not match their times and units', { kind: 'input', path: signal, found: `${values.length} values`, expected: `${time.length} x ${unit.length}` }); // prettier-ignore
    yield { signal, time, unit, values };
  }
}

/** The spikes of a stretch, merged: by time, then in the order of populations. @throws SettleError where times go back */
export function spikesOf({ frames, shift }: Stretch, { populations }: Survey): SpikeBlock {
  const offsets = new Map(populations.map(({ name, offset }) => [name, offset]));
  const all = frames.flatMap((frame) => (frame.kind === 'spikes' ? [...trains(frame)] : [])).filter(({ time }) => time.length > 0); // prettier-ignore
  const count = all.reduce((sum, { time }) => sum + time.length, 0);
  const [time, address] = [new Float64Array(count), new Uint32Array(count)];
  const heads = new Uint32Array(all.length);
  let last = -Infinity;
  for (let k = 0; k < count;) {
    // The population whose next spike is the earliest, and when the next of the others is.
    let [first, least, second] = [0, Infinity, Infinity];
    for (let p = 0; p < all.length; p++) {
      const train = all[p]!.time;
      const at = heads[p]! < train.length ? train[heads[p]!]! : Infinity;
      if (at < least) {
        second = least;
        least = at;
        first = p;
      } else if (at < second) second = at;
    }
    const train = all[first]!;
    const [times, units, offset] = [train.time, train.unit, offsets.get(train.population)!];
    let head = heads[first]!;
    for (; head < times.length; head++) {
      const at = times[head]!;
      if (at >= second && at !== least) break;
      if (!(at >= last && at < Infinity)) return backwards(at, last);
      last = at;
      time[k] = at + shift;
      address[k++] = offset + units[head]!;
    }
    if (head === heads[first]) return backwards(times[head]!, last);
    heads[first] = head;
  }
  return { time, address };
} // prettier-ignore

function backwards(found: number, last: number): never {
  throw new SettleError('times of spikes go back', { kind: 'input', found: String(found), expected: `${last} or later` }); // prettier-ignore
}
