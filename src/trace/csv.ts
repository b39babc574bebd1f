// Comma-separated values: one row a spike or a sample, times in seconds since the example began. Rows are not in order of time
// and do not say how long an example took: reading holds all spikes, and asks another file where examples begin.
import { SettleError } from '../errors.ts';
import { byteCursor } from '../frames/bytes.ts';
import type { Frame } from '../frames/frame.ts';
import { type Format, ownerOf, stepOf, valuesOf } from './format.ts';
import { exampleKey, inOrder, neuronName, type Spikes } from './spikes.ts';
import { full, putBytes, putText, putWhole, taken, type Text, text } from './text.ts';

export const csvHead = 'time_s,epoch,example,phase,population,unit,variable,value';

export function csv(): Format {
  return {
    name: 'csv',
    extension: '.csv',
    description: 'one row a spike or a sample, with times in seconds',
    *write(header, frames) {
      const to = text();
      putText(to, `${csvHead}\n`);
      for (const frame of frames)
        for (const name of Object.keys(frame.columns))
          if (name.endsWith('.time'))
            yield* frame.kind === 'spikes' ? spikeRows(to, frame, name, stepOf(header)) : rows(to, frame, name, stepOf(header)); // prettier-ignore
      yield taken(to);
    },
  };
}

const encoder = new TextEncoder();
/** What stands between the time and the unit of every row of a frame. */
const middleOf = ({ epoch, example, phase }: Frame, owner: string): Uint8Array => encoder.encode(`,${epoch},${example},${phase},${owner},`); // prettier-ignore

/** Times as text: twelve digits of steps times seconds, without the tail of binary rounding; seconds as they are, exact. */
const secondsText = (time: number, step: number | null): string =>
  String(step === null ? time : Number((time * step).toPrecision(12)));

function* spikeRows(to: Text, frame: Frame, name: string, step: number | null): Generator<Uint8Array> {
  const { population, variable } = ownerOf(name);
  const [times, units] = [frame.columns[name]!.data, valuesOf(frame, `${population}.${variable}.unit`)];
  const [middle, end] = [middleOf(frame, population), encoder.encode(`,${variable},1\n`)];
  // Spikes of one step have one text.
  let [last, words] = [NaN, ''];
  for (let k = 0; k < times.length; k++) {
    if (times[k] !== last) {
      last = times[k]!;
      words = secondsText(last, step);
    }
    putText(to, words);
    putBytes(to, middle);
    putWhole(to, units[k]!);
    putBytes(to, end);
    if (full(to)) yield taken(to);
  }
}

function* rows(to: Text, frame: Frame, name: string, step: number | null): Generator<Uint8Array> {
  const { population, variable } = ownerOf(name);
  const sampled = frame.kind === 'samples';
  const times = frame.columns[name]!.data;
  const units = sampled ? valuesOf(frame, `${population}.${variable}.unit`) : [''];
  const values = valuesOf(frame, sampled ? `${population}.${variable}` : population);
  const middle = middleOf(frame, sampled ? population : '');
  for (let row = 0; row < times.length; row++)
    for (let k = 0; k < units.length; k++) {
      putText(to, secondsText(times[row]!, step));
      putBytes(to, middle);
      putText(to, `${units[k]},${sampled ? variable : population},${values[row * units.length + k]}\n`);
      if (full(to)) yield taken(to);
    }
}

/** Spikes that a reader of csv holds at most. */
const most = 5e7;

function larger<T extends Float64Array | Uint32Array>(values: T, Type: new (length: number) => T): T {
  const more = new Type(2 * values.length);
  more.set(values);
  return more;
}

/**
 * `begins`: where the examples begin, in seconds, by `exampleKey`; without it each begins at the last spike of the one before.
 * @throws SettleError of kind `input` with the line of what is no row
 */
export function readCsv(chunks: Iterable<Uint8Array>, file: string, begins?: ReadonlyMap<string, number>): Spikes {
  const lines = byteCursor(chunks);
  const refuse = (line: number, message: string, found: string, expected: string): never => {
    lines.close();
    throw new SettleError(message, { kind: 'input', file, line, found: `"${found.slice(0, 80)}"`, expected });
  };
  const next = (): string | null => {
    const bytes = lines.line(2 ** 16);
    return bytes === null ? null : new TextDecoder().decode(bytes).replace(/\r$/, '');
  };
  const head = next() ?? '';
  if (head !== csvHead) refuse(1, 'not a table of a trace', head, csvHead);
  const addresses = new Map<string, Map<string, number>>();
  const names: string[] = [];
  const examples = new Map<string, number>();
  let [time, address, count] = [new Float64Array(2 ** 16), new Uint32Array(2 ** 16), 0];
  let [begin, last, epochText, exampleText, sorted] = [0, 0, '', '', true];
  for (let number = 2; ; number++) {
    const line = next();
    if (line === null) break;
    const [text = '', epoch = '', example = '', , population = '', unit = '', variable] = line.split(',');
    const seconds = Number(text);
    if (variable === undefined || text === '' || !Number.isFinite(seconds)) refuse(number, 'not a row', line, csvHead);
    if (epoch !== epochText || example !== exampleText) {
      if (!/^\d+$/.test(epoch) || !/^\d+$/.test(example)) refuse(number, 'not a row', line, csvHead);
      [epochText, exampleText] = [epoch, example];
      const name = exampleKey(Number(epoch), Number(example));
      begin = begins?.get(name) ?? (begins ? refuse(number, 'an example that the other file does not have', name, [...begins.keys()].join('; ') || 'none') : last); // prettier-ignore
      examples.set(name, begin);
    }
    if (variable !== 'spikes') continue;
    let units = addresses.get(population);
    if (!units) addresses.set(population, (units = new Map()));
    let who = units.get(unit);
    if (who === undefined) {
      if (!/^\d+$/.test(unit) || Number(unit) >= 2 ** 31) refuse(number, 'not a unit', line, 'a whole number from 0');
      units.set(unit, (who = names.length));
      names.push(neuronName(population, Number(unit)));
    }
    if (count >= most) refuse(number, 'too many spikes for a table', `${most} before this line`, 'fewer; the container and AER have no such limit'); // prettier-ignore
    if (count === time.length) [time, address] = [larger(time, Float64Array), larger(address, Uint32Array)];
    const at = begin + seconds;
    sorted &&= count === 0 || at >= time[count - 1]!;
    last = Math.max(last, at);
    time[count] = at;
    address[count++] = who;
  }
  lines.close();
  [time, address] = [time.subarray(0, count), address.subarray(0, count)];
  const block = sorted ? { time, address } : inOrder(time, address);
  return {
    format: 'csv', unit: 1, whole: false, examples, nameOf: (who) => names[who]!,
    blocks: count > 0 ? [block] : [],
    notes: () => (examples.size > 1 && !begins ? ['each example is taken to begin at the last spike of the one before'] : []),
  };
} // prettier-ignore
