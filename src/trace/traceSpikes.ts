// The spikes of a trace of ours: its frames on one axis of time.
import type { Header } from '../frames/container.ts';
import type { Frame } from '../frames/frame.ts';
import { spikesOf, stretches, survey, tracks } from './axis.ts';
import { exampleKey, namesOf, neuronName, type Population, type Spikes } from './spikes.ts';

export interface Trace {
  readonly header: Header;
  readonly frames: Iterable<Frame>;
  readonly problem?: string | null;
}

/** Goes through the trace once for what it holds. @throws SettleError of kind `input` for damaged frames */
export function traceSpikes(
  trace: Trace,
): Spikes & { readonly populations: readonly Population[]; readonly end: number } {
  const { header, frames } = trace;
  const found = survey(header, frames);
  const examples = new Map<string, number>();
  return {
    format: 'settle trace',
    unit: found.unit,
    whole: found.whole,
    nameOf: namesOf(found.populations),
    populations: found.populations,
    end: found.end,
    notes: () => [],
    examples,
    problem: () => trace.problem ?? null,
    blocks: {
      *[Symbol.iterator]() {
        for (const stretch of stretches(frames)) {
          const key = exampleKey(stretch.epoch, stretch.example);
          if (!examples.has(key)) examples.set(key, stretch.shift);
          const block = spikesOf(stretch, found);
          if (block.time.length > 0) yield block;
        }
      },
    },
    *membrane(name) {
      for (const { frames: own, shift } of stretches(frames))
        for (const frame of own)
          for (const { signal, time, unit, values } of frame.kind === 'samples' ? tracks(frame) : []) {
            const [population = '', variable] = signal.split('.');
            const column = variable === 'membrane' ? unit.findIndex((each) => neuronName(population, each) === name) : -1; // prettier-ignore
            if (column < 0) continue;
            for (let k = 0; k < time.length; k++) yield { time: time[k]! + shift, value: values[k * unit.length + column]! }; // prettier-ignore
          }
    },
  };
}
