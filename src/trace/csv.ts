// Comma-separated values: one row a spike or a sample, times in seconds since the example began.
import type { Frame } from '../frames/frame.ts';
import { type Format, ownerOf, stepOf, valuesOf } from './format.ts';
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
