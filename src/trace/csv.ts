// Comma-separated values: one row a spike or a sample, times in seconds since the example began. Rows are not in order of time
// and do not say how long an example took: reading holds all spikes, and asks another file where examples begin.
import { SettleError } from '../errors.ts';
import { byteCursor } from '../frames/bytes.ts';
import type { Frame } from '../frames/frame.ts';
import { type Format, ownerOf, stepOf, valuesOf } from './format.ts';
import { exampleKey, neuronName, type Spikes } from './spikes.ts';
import { full, putBytes, putText, putWhole, taken, text } from './text.ts';

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
        for (const [name, { data }] of Object.entries(frame.columns)) {
          if (!name.endsWith('.time')) continue;
          for (const row of rows(frame, name, data.length, stepOf(header))) {
            row(to);
            if (full(to)) yield taken(to);
          }
        }
      yield taken(to);
    },
  };
}

type Put = (to: ReturnType<typeof text>) => void;

/** The rows of one column of times, each as something that puts it. The same closure comes back for every row. */
function* rows(frame: Frame, name: string, count: number, step: number | null): Generator<Put> {
  const encoder = new TextEncoder();
  const { epoch, example, phase } = frame;
  const { population, variable } = ownerOf(name);
  const times = frame.columns[name]!.data;
  const owner = frame.kind === 'energy' ? '' : population;
  const middle = encoder.encode(`,${epoch},${example},${phase},${owner},`);
  const seconds = secondsOf(step);
  const ending = encoder.encode(`,${frame.kind === 'energy' ? population : variable},`);
  if (frame.kind === 'spikes') {
    const units = valuesOf(frame, `${population}.${variable}.unit`);
    const end = encoder.encode(`,${variable},1\n`);
    let k = 0;
    const put: Put = (to) => {
      putText(to, seconds(times[k]!));
      putBytes(to, middle);
      putWhole(to, units[k]!);
      putBytes(to, end);
    };
    for (; k < count; k++) yield put;
    return;
  }
  const units = frame.kind === 'samples' ? valuesOf(frame, `${population}.${variable}.unit`) : [''];
  const values = valuesOf(frame, frame.kind === 'samples' ? `${population}.${variable}` : population);
  let [row, k] = [0, 0];
  const put: Put = (to) => {
    putText(to, seconds(times[row]!));
    putBytes(to, middle);
    putText(to, String(units[k]!));
    putBytes(to, ending);
    putText(to, `${values[row * units.length + k]!}\n`);
  };
  for (row = 0; row < count; row++) for (k = 0; k < units.length; k++) yield put;
}

/** Times as text: twelve digits of steps times seconds, without the tail of binary rounding; seconds as they are, exact. */
function secondsOf(step: number | null): (time: number) => string {
  let [last, words] = [NaN, ''];
  return (time) => {
    if (time !== last) [last, words] = [time, String(step === null ? time : Number((time * step).toPrecision(12)))];
    return words;
  };
}

/** Spikes that a reader of csv holds at most. */
const most = 5e7;

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
  const [time, address]: [number[], number[]] = [[], []];
  let [begin, last, where] = [0, 0, ''];
  for (let number = 2; ; number++) {
    const line = next();
    if (line === null) break;
    const [seconds, epoch, example, , population = '', unit, variable] = line.split(',');
    if (variable === undefined || !/^[-+\d.eE]+$/.test(seconds ?? '') || !Number.isFinite(Number(seconds)) || !/^\d+,\d+$/.test(`${epoch},${example}`))
      refuse(number, 'not a row', line, csvHead);
    const key = `${epoch},${example}`;
    if (key !== where) {
      where = key;
      const name = exampleKey(Number(epoch), Number(example));
      begin = begins?.get(name) ?? (begins ? refuse(number, 'an example that the other file does not have', name, [...begins.keys()].join('; ') || 'none') : last);
      examples.set(name, begin);
    }
    if (variable !== 'spikes') continue;
    if (!/^\d+$/.test(unit ?? '') || Number(unit) >= 2 ** 31) refuse(number, 'not a unit', line, 'a whole number from 0');
    let units = addresses.get(population);
    if (!units) addresses.set(population, (units = new Map()));
    let who = units.get(unit!);
    if (who === undefined) {
      units.set(unit!, (who = names.length));
      names.push(neuronName(population, Number(unit)));
    }
    if (time.length >= most) refuse(number, 'too many spikes for a table', `${most} before this line`, 'fewer; the container and AER have no such limit');
    last = Math.max(last, begin + Number(seconds));
    time.push(begin + Number(seconds));
    address.push(who);
  }
  lines.close();
  const order = Uint32Array.from(time, (_, k) => k).sort((a, b) => time[a]! - time[b]! || a - b);
  const block = { time: Float64Array.from(order, (k) => time[k]!), address: Uint32Array.from(order, (k) => address[k]!) };
  return {
    format: 'csv', unit: 1, whole: false, examples, nameOf: (who) => names[who]!,
    blocks: time.length > 0 ? [block] : [],
    notes: () => (examples.size > 1 && !begins ? ['each example is taken to begin at the last spike of the one before'] : []),
  };
} // prettier-ignore
