// Value change dump (IEEE 1364), for waveform viewers. A spike is a pulse at the beginning of its tick; the timescale divides
// a tick into two parts or more and the pulse ends after one, so that spikes in adjacent ticks stay two. States are `real`
// signals whose text reads back to the same bits. Signals epoch, example and phase (a number, named in a comment) say where
// on the axis of time an example is.
import { SettleError } from '../errors.ts';
import type { Frame } from '../frames/frame.ts';
import { spikesOf, stretches, type Survey, survey as surveyed, tracks, type Track } from './axis.ts';
import { type Format, valuesOf } from './format.ts';
import { full, putBytes, putText, putWhole, taken, text, type Text } from './text.ts';
import { type Ticker, ticker, tickOf, timescaleOf } from './ticks.ts';

/** Short names of signals: characters ! to ~, base 94. */
export function vcdId(index: number): string {
  let id = '';
  for (let rest = index; ; rest = Math.floor(rest / 94) - 1) {
    id += String.fromCharCode(33 + (rest % 94));
    if (rest < 94) return id;
  }
}

/** What a viewer takes as one name. */
const vcdName = (name: string): string => name.replace(/[^\x21-\x7e]|[[\]]/g, '_');

export function vcd(): Format {
  return {
    name: 'vcd',
    extension: '.vcd',
    description: 'waveforms for GTKWave and vcd2fst: spikes as pulses, states as reals',
    tick: 'free',
    *write(header, frames, options = {}) {
      const found = surveyed(header, frames);
      if (found.spikes === 0 && found.samples.size === 0)
        throw new SettleError('the trace holds no spikes', { kind: 'input', found: 'no states either', expected: 'a trace with spikes or sampled states' }); // prettier-ignore
      const tick = tickOf(found, options.tick, 1e-9);
      const scale = timescaleOf(tick);
      const to = text();
      const signals = yield* declarations(to, found, tick, scale);
      const ticks = ticker(found, tick, 'a finer --tick, such as --tick "1 ns"');
      const wave: Wave = { to, last: 0, raised: new Uint32Array(found.neurons), up: 0, ids: signals.spikes };
      let at = ['', '', ''];
      for (const stretch of stretches(frames)) {
        const begin = ticks.at(stretch.begin) * scale.parts;
        yield* fall(wave, begin);
        moment(wave, begin);
        at = index(to, [stretch.epoch, stretch.example, found.phases.indexOf(stretch.phase)], at, signals.index);
        const { time, address } = ticks.of(spikesOf(stretch, found));
        const sampled = stretch.frames.flatMap((frame) => [...courses(frame, stretch.shift, ticks, scale.parts, signals)]);
        const heads = sampled.map(() => 0);
        for (let k = 0; ;) {
          let next = k < time.length ? time[k]! * scale.parts : Infinity;
          for (let s = 0; s < sampled.length; s++) next = Math.min(next, sampled[s]!.time[heads[s]!] ?? Infinity);
          if (next === Infinity) break;
          if (wave.up > 100) yield* fall(wave, next);
          else if (wave.up > 0) drop(wave, next);
          moment(wave, next);
          for (; k < time.length && time[k]! * scale.parts === next; k++) {
            const who = address[k]!;
            // Twice in one tick: counted, and refused at the end.
            if (wave.up > 0 && wave.raised[wave.up - 1] === who) continue;
            put(to, 49, signals.spikes, who);
            wave.raised[wave.up++] = who;
            if (full(to)) yield taken(to);
          }
          for (let s = 0; s < sampled.length; s++) {
            const course = sampled[s]!;
            for (; course.time[heads[s]!] === next; heads[s]!++)
              for (let u = 0; u < course.ids.length; u++) {
                putText(to, `r${course.values[heads[s]! * course.ids.length + u]!} `);
                putBytes(to, course.ids[u]!);
                to.bytes[to.length++] = 10;
                if (full(to)) yield taken(to);
              }
          }
          if (full(to)) yield taken(to);
        }
      }
      ticks.end();
      yield* fall(wave, Infinity);
      moment(wave, Math.max(wave.last + 1, ticks.at(found.end) * scale.parts));
      yield taken(to);
    },
  };
} // prettier-ignore

/** Names of signals by address: up to four characters, the first in the lowest byte. */
interface ShortIds {
  readonly word: Uint32Array;
  readonly length: Uint8Array;
}

interface Signals {
  readonly spikes: ShortIds;
  /** By `P.V` and unit; `energy` has unit 0. */
  readonly states: ReadonlyMap<string, ReadonlyMap<number, Uint8Array>>;
  /** Epoch, example, phase. */
  readonly index: readonly Uint8Array[];
}

/** The head of the file: every signal is declared and has a value at #0. */
function* declarations(to: Text, found: Survey, tick: number, scale: { words: string; parts: number }): Generator<Uint8Array, Signals> {
  let count = 0;
  const first: string[] = [];
  const declare = (kind: string, name: string, zero: string): Uint8Array => {
    const id = vcdId(count++);
    putText(to, `$var ${kind} ${id} ${vcdName(name)} $end\n`);
    first.push(`${zero}${id}\n`);
    return Uint8Array.from(id, (character) => character.charCodeAt(0));
  };
  const spikes = { word: new Uint32Array(found.neurons), length: new Uint8Array(found.neurons) };
  let address = 0;
  const states = new Map<string, Map<number, Uint8Array>>();
  putText(to, `$version settle $end\n$comment settle-vcd/1 tick ${tick} s parts ${scale.parts} $end\n`);
  putText(to, `$comment phases ${found.phases.map((phase, k) => `${k}=${vcdName(phase) || '-'}`).join(' ')} $end\n`);
  putText(to, `$timescale ${scale.words} $end\n$scope module settle $end\n`);
  const index = ['epoch', 'example', 'phase'].map((name) => declare('integer 32', name, 'b0 '));
  if (found.energy) states.set('energy', new Map([[0, declare('real 64', 'energy', 'r0 ')]]));
  const owners = new Set([...found.populations.map(({ name }) => name), ...Array.from(found.samples.keys(), (signal) => signal.split('.')[0]!)]);
  for (const owner of owners) {
    putText(to, `$scope module ${vcdName(owner)} $end\n`);
    const population = found.populations.find(({ name }) => name === owner);
    for (let unit = 0; unit < (population?.units ?? 0); unit++) {
      const id = declare('wire 1', `spk_${unit}`, '0');
      spikes.word[address] = id.reduceRight((word, byte) => word * 256 + byte, 0);
      spikes.length[address++] = id.length;
      if (full(to)) yield taken(to);
    }
    for (const [signal, units] of found.samples) {
      if (signal.split('.')[0] !== owner) continue;
      const ids = new Map<number, Uint8Array>();
      for (const unit of units) {
        ids.set(unit, declare('real 64', `${signal.slice(owner.length + 1)}_${unit}`, 'r0 '));
        if (full(to)) yield taken(to);
      }
      states.set(signal, ids);
    }
    putText(to, '$upscope $end\n');
  }
  putText(to, '$upscope $end\n$enddefinitions $end\n#0\n$dumpvars\n');
  for (const line of first) {
    putText(to, line);
    if (full(to)) yield taken(to);
  }
  putText(to, '$end\n');
  return { spikes, states, index };
} // prettier-ignore

/** Where the writing is: the time of the last `#`, and the addresses whose pulses are up since then. */
interface Wave {
  readonly to: Text;
  last: number;
  readonly raised: Uint32Array;
  up: number;
  readonly ids: ShortIds;
}

function put(to: Text, value: number, ids: ShortIds, address: number): void {
  const { bytes } = to;
  let at = to.length;
  bytes[at++] = value;
  let word = ids.word[address]!;
  for (let k = ids.length[address]!; k > 0; k--, word >>>= 8) bytes[at++] = word & 255;
  bytes[at++] = 10;
  to.length = at;
}

/** @throws SettleError of kind `input` where time goes back: readers would move what follows without a word */
function moment(wave: Wave, time: number): void {
  if (time === wave.last) return;
  if (time < wave.last)
    throw new SettleError('times of the trace go back', { kind: 'input', found: `#${time}`, expected: `#${wave.last} or later` }); // prettier-ignore
  wave.to.bytes[wave.to.length++] = 35;
  putWhole(wave.to, time);
  wave.to.bytes[wave.to.length++] = 10;
  wave.last = time;
}

/** Pulses end one part after they began, if that is before `next`. */
function drop(wave: Wave, next: number): void {
  const { raised, to, ids, up } = wave;
  if (next === wave.last) return;
  moment(wave, wave.last + 1);
  for (let k = 0; k < up; k++) put(to, 48, ids, raised[k]!);
  wave.up = 0;
}

/** The same for any number of pulses. */
function* fall(wave: Wave, next: number): Generator<Uint8Array> {
  const { raised, to, ids, up } = wave;
  if (up === 0 || next === wave.last) return;
  moment(wave, wave.last + 1);
  for (let k = 0; k < up; k++) {
    put(to, 48, ids, raised[k]!);
    if (full(to)) yield taken(to);
  }
  wave.up = 0;
}

/** Writes those of epoch, example and phase that changed. */
function index(to: Text, values: readonly number[], before: readonly string[], ids: readonly Uint8Array[]): string[] {
  const now = values.map((value) => `b${value.toString(2)} `);
  now.forEach((words, k) => {
    if (words === before[k]) return;
    putText(to, words);
    putBytes(to, ids[k]!);
    to.bytes[to.length++] = 10;
  });
  return now;
}

interface Course {
  /** In parts of ticks. */
  readonly time: readonly number[];
  readonly values: ArrayLike<number>;
  readonly ids: readonly Uint8Array[];
}

/** The states of a frame as signals. */
function* courses(frame: Frame, shift: number, ticks: Ticker, parts: number, { states }: Signals): Generator<Course> {
  if (frame.kind === 'spikes') return;
  const found: Iterable<Track> = frame.kind === 'energy' ? [{ signal: 'energy', time: valuesOf(frame, 'energy.time'), unit: [0], values: valuesOf(frame, 'energy') }] : tracks(frame);
  for (const { signal, time, unit, values } of found) {
    const ids = states.get(signal)!;
    yield { time: Array.from(time, (each) => ticks.at(each + shift) * parts), values, ids: unit.map((each) => ids.get(each)!) };
  }
} // prettier-ignore
