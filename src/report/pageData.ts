// The figures' data for a page, rounded to what can be seen.
import type { PageData, PicturePixels, Values } from './data.ts';
import { isNumber } from './html.ts';
import type { EpochPoint, ExampleReport, Picture, ReportInput } from './input.ts';

const rounded = (value: number, digits = 5): number => Number(value.toPrecision(digits));

export function pageData(input: ReportInput): PageData {
  const history = historyOf(input);
  const { example, weights, plasticity, angles } = input;
  return {
    ...(history ? { history } : {}),
    ...(example ? { example: exampleData(example) } : {}),
    ...(weights ? { weights: weightPixels(weights.maps) } : {}),
    ...(angles ? { angles: { epoch: angles.epoch, layers: angles.layers } } : {}),
    ...(plasticity
      ? {
          plasticity: {
            difference: Array.from(plasticity.difference, (value) => rounded(value)),
            change: Array.from(plasticity.change, (value) => rounded(value)),
          },
        }
      : {}),
  };
}

/** Lines of the learning curve that have a value; null without any epoch. */
export function historyOf({ history = [] }: ReportInput): PageData['history'] | null {
  if (history.length === 0) return null;
  const line = (name: string, colour: string, key: Exclude<keyof EpochPoint, 'epoch'>) => {
    const values: Values = history.map((point) => (isNumber(point[key]) ? rounded(point[key]) : null));
    return { name, colour, values };
  };
  const there = ({ values }: { values: Values }): boolean => values.some((value) => value !== null);
  const lines = [
    line('training', 'train', 'trainError'),
    line('validation', 'validation', 'validationError'),
    line('test', 'test', 'testError'),
  ].filter(there);
  const errors = lines.flatMap(({ values }) => values.filter(isNumber));
  return {
    epoch: history.map(({ epoch }) => epoch),
    // The last epochs are what a reader compares; on a plain scale the first ones press them together.
    logarithmic: Math.min(...errors) > 0 && Math.max(...errors) > 5 * Math.min(...errors),
    lines,
    spikes: [
      line('training, all phases', 'spikes', 'spikesPerExample'),
      line('test', 'test', 'testSpikesPerExample'),
    ].filter(there),
  };
}

/** Units are numbered; a class that is not a number has no unit to highlight. */
const unitOf = (name: number | string | undefined): number | undefined => (typeof name === 'number' ? name : undefined);

function exampleData(example: ExampleReport): NonNullable<PageData['example']> {
  const { phases, step, populations, energy, outputs, image } = example;
  const [target, prediction] = [unitOf(example.target), unitOf(example.prediction)];
  return {
    phases,
    ...(step === undefined ? {} : { step }),
    populations: populations.map(({ name, units, time, unit }) => ({
      name,
      units,
      time: Array.from(time),
      unit: Array.from(unit),
    })),
    ...(energy
      ? { energy: { time: Array.from(energy.time), values: Array.from(energy.values, (value) => rounded(value, 7)) } }
      : {}),
    ...(outputs
      ? {
          outputs: {
            time: Array.from(outputs.time),
            units: Array.from(outputs.units),
            values: Array.from(outputs.units, (_, k) =>
              Array.from(outputs.time, (__, row) => rounded(outputs.values[row * outputs.units.length + k]!, 4)),
            ),
            ...(target === undefined ? {} : { target }),
            ...(prediction === undefined ? {} : { prediction }),
          },
        }
      : {}),
    ...(image ? { image: pixels(image, largest([image])) } : {}),
  };
}

const weightPixels = (maps: readonly Picture[]): PicturePixels[] => {
  const scale = largest(maps);
  return maps.map((map) => pixels(map, scale));
};

/** Largest |value| of some pictures. */
export function largest(pictures: readonly Picture[]): number {
  let scale = 0;
  for (const { values } of pictures)
    for (let k = 0; k < values.length; k++) scale = Math.max(scale, Math.abs(values[k]!) || 0);
  return scale;
}

function pixels({ width, height, values }: Picture, scale: number): PicturePixels {
  return {
    width,
    height,
    values: Array.from(values, (value) => (scale > 0 ? Math.round((127 * value) / scale) || 0 : 0)),
  };
}
