// Comma-separated values: one row a spike or a sample, times in seconds.
import type { Frame } from '../frames/frame.ts';
import { type Format, ownerOf, stepOf } from './format.ts';

export function csv(): Format {
  return {
    name: 'csv',
    extension: '.csv',
    description: 'one row a spike or a sample, with times in seconds',
    *write(header, frames) {
      const encoder = new TextEncoder();
      yield encoder.encode('time_s,epoch,example,phase,population,unit,variable,value\n');
      for (const frame of frames) yield encoder.encode(rows(frame, stepOf(header)));
    },
  };
}

function rows(frame: Frame, step: number): string {
  const { epoch, example, phase, columns } = frame;
  const lines: string[] = [];
  // Twelve digits: steps times seconds without the tail of binary rounding.
  const line = (time: number, ...rest: (string | number)[]): void => {
    lines.push([Number((time * step).toPrecision(12)), epoch, example, phase, ...rest].join() + '\n');
  };
  for (const [name, { data: times }] of Object.entries(columns)) {
    if (!name.endsWith('.time')) continue;
    const { population, variable } = ownerOf(name);
    const units = columns[`${population}.${variable}.unit`]?.data;
    if (frame.kind === 'spikes') {
      times.forEach((time, k) => line(time, population, units![k]!, 'spikes', 1));
      continue;
    }
    const values = columns[name.slice(0, -'.time'.length)]!.data;
    const width = times.length === 0 ? 0 : values.length / times.length;
    times.forEach((time, row) => {
      if (frame.kind !== 'samples') return line(time, '', '', population, values[row]!);
      for (let k = 0; k < width; k++) line(time, population, units![k]!, variable, values[row * width + k]!);
    });
  }
  return lines.join('');
}
