// Comma-separated values: one row a spike or a sample, times in seconds.
import type { Frame } from '../frames/frame.ts';
import { type Format, ownerOf, stepOf, valuesOf } from './format.ts';

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

function rows(frame: Frame, step: number | null): string {
  const { epoch, example, phase, columns } = frame;
  const lines: string[] = [];
  // Twelve digits: steps times seconds without the tail of binary rounding. Without a step the times are seconds, exact.
  const seconds = (time: number): number => (step === null ? time : Number((time * step).toPrecision(12)));
  const line = (time: number, ...rest: (string | number)[]): void => {
    lines.push([seconds(time), epoch, example, phase, ...rest].join() + '\n');
  };
  for (const [name, { data: times }] of Object.entries(columns)) {
    if (!name.endsWith('.time')) continue;
    const { population, variable } = ownerOf(name);
    if (frame.kind === 'spikes') {
      const units = valuesOf(frame, `${population}.${variable}.unit`);
      times.forEach((time, k) => line(time, population, units[k]!, variable, 1));
    } else if (frame.kind === 'samples') {
      const units = valuesOf(frame, `${population}.${variable}.unit`);
      const values = valuesOf(frame, `${population}.${variable}`);
      times.forEach((time, row) =>
        units.forEach((unit, k) => line(time, population, unit, variable, values[row * units.length + k]!)),
      );
    } else {
      const values = valuesOf(frame, population);
      times.forEach((time, row) => line(time, '', '', population, values[row]!));
    }
  }
  return lines.join('');
}
