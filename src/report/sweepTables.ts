// A sweep as tables of text: what the best is worth, and every point, the best first; and as one table for CSV. Cells are said
// as a reader sees them; CSV has plain numbers.
import type { Spread } from '../math/statistics.ts';
import { isNumber } from './html.ts';
import { type Sweep, type SweepPoint, type SweepSeries, settingText } from './sweep.ts';
import { alignedText, type Cell, csvText, type Table, tableOf } from './table.ts';

const absent = '-';
/** `2.31 ± 0.08`, in percent. */
export const errorText = (error: Spread | null): string => {
  if (!error) return absent;
  const mean = (100 * error.mean).toFixed(2);
  return isNumber(error.deviation) ? `${mean} ± ${(100 * error.deviation).toFixed(2)}` : mean;
};
/** The last part of a path that tells it from the others. */
export function shortPaths({ axes }: Pick<Sweep, 'axes'>): string[] {
  const parts = axes.map(({ path }) => path.split('.'));
  const ending = (path: readonly string[], count: number): string => path.slice(-count).join('.');
  return parts.map((path) => {
    const count = path.findIndex((_, k) => parts.filter((other) => ending(other, k + 1) === ending(path, k + 1)).length === 1); // prettier-ignore
    return ending(path, count + 1 || path.length);
  });
}

const said = (value: unknown): Cell => (typeof value === 'number' || typeof value === 'string' ? value : JSON.stringify(value)); // prettier-ignore

/** Points with their numbers in the order of the sweep, least validation error first, what is not whole last. */
export function rankedPoints({ points }: SweepSeries): { readonly number: number; readonly point: SweepPoint }[] {
  const worth = ({ status, validationError }: SweepPoint): number => (status === 'done' ? validationError!.mean : 2);
  return points.map((point, k) => ({ number: k + 1, point })).sort((a, b) => worth(a.point) - worth(b.point) || a.number - b.number); // prettier-ignore
}

/** The best and the model's own settings, judged and tested, for each series. */
export function bestTable({ series, testSeeds }: Sweep): Table {
  return tableOf(
    series.flatMap((each) => {
      const { label, best, points, own, tested, difference } = each;
      const row = (what: string, point: SweepPoint | null, test: typeof tested.best): Record<string, Cell> => ({
        ...(series.length > 1 ? { series: label } : {}),
        settings: what,
        'validation error %': point && point.status !== 'done' ? point.status : errorText(point?.validationError ?? null),
        ...(testSeeds.length === 0
          ? {}
          : {
              'test error %': test && test.status !== 'done' ? test.status : errorText(test?.testError ?? null),
              'each seed %': test?.seeds.map(({ testError }) => (100 * testError).toFixed(2)).join('  ') || absent,
            }),
      });
      const won = difference && `${difference.mean > 0 ? '+' : ''}${(100 * difference.mean).toFixed(2)}`;
      return [
        row(best === null ? 'none: no point is whole' : `best (point ${best + 1})`, best === null ? null : points[best]!, tested.best),
        ...(own ? [row("the model's own", own, tested.own)] : []),
      ].map((one, k) => ({ ...one, ...(own && testSeeds.length > 0 ? { 'best less own, points': k === 0 ? (won ?? absent) : absent } : {}) }));
    }),
  ); // prettier-ignore
}

export function pointsTable(sweep: Sweep, series: SweepSeries, most = Infinity): Table {
  const names = shortPaths(sweep);
  const energy = series.points.some((point) => point.energy !== null);
  return tableOf(
    rankedPoints(series).slice(0, most).map(({ number, point }) => ({
      point: number,
      ...Object.fromEntries(names.map((name, k) => [name, said(point.values[k])])),
      'validation error %': point.status === 'done' ? errorText(point.validationError) : point.status,
      'training %': point.trainError ? (100 * point.trainError.mean).toFixed(2) : absent,
      'spikes an example': point.spikes ? Math.round(point.spikes.mean) : absent,
      ...(energy ? { 'inference (uJ)': point.energy ? Number((1e6 * point.energy.mean).toPrecision(3)) : absent } : {}),
      seconds: point.seconds ? Number(point.seconds.mean.toPrecision(3)) : absent,
      '': number - 1 === series.best ? 'best' : '',
    })),
  ); // prettier-ignore
}

/** The settings of a series' best, as flags of settle run. */
export const bestSettings = (sweep: Sweep, { best, points }: SweepSeries): string[] =>
  best === null ? [] : settingText(sweep.axes, points[best]!.values);

/** Lines of a terminal. */
const mostLines = 20;

/** Sentences about points that did not run, or not whole; equal ones once. */
export function sweepFailures({ series }: Sweep): string[] {
  const lines = series.flatMap(({ label, points, own, tested }) => {
    const of = [...points.map((point, k) => ({ name: `point ${k + 1}`, ...point })), { name: "the model's own settings", ...own }, { name: 'test of the best', ...tested.best }, { name: "test of the model's own settings", ...tested.own }]; // prettier-ignore
    const reasons = [...new Set(of.flatMap(({ reason }) => (reason ? [reason] : [])))];
    return reasons.map((reason) => {
      const names = of.filter((each) => each.reason === reason).map(({ name }) => name);
      const more = names.length > 3 ? ` and ${names.length - 3} more` : '';
      return `${series.length > 1 ? `${label}, ` : ''}${names.slice(0, 3).join(', ')}${more}: ${reason.split('\n')[0]}`;
    });
  });
  return lines;
}

/** Everything for a terminal. */
export function sweepText(sweep: Sweep): string {
  const { series, notes } = sweep;
  const blocks = [`Best. Errors are of the last epoch; ± is the standard deviation over seeds.\n${alignedText(bestTable(sweep))}`]; // prettier-ignore
  for (const each of series) {
    const settings = bestSettings(sweep, each);
    if (settings.length > 0) blocks.push(`${series.length > 1 ? `${each.label}: ` : ''}${settings.join(' ')}\n`);
  }
  for (const each of series) {
    const rest = each.points.length - mostLines;
    const more = rest > 0 ? `and ${rest} more, in the table\n` : '';
    blocks.push(`Points${series.length > 1 ? ` of ${each.label}` : ''}, the best first\n${alignedText(pointsTable(sweep, each, mostLines))}${more}`); // prettier-ignore
  }
  const failures = sweepFailures(sweep).map((line) => `${line}\n`);
  if (failures.length > 0) blocks.push(failures.join(''));
  return `${blocks.join('\n')}\n${notes.map((note) => `${note}\n`).join('')}`;
}

/** One line a point in the order of the sweep, numbers as they are: fractions, joules; times last. */
export function sweepCsv(sweep: Sweep): string {
  const row = (series: SweepSeries, number: number | null, point: SweepPoint): Record<string, Cell> => {
    const test = number === null ? series.tested.own : number - 1 === series.best ? series.tested.best : null;
    return {
      series: series.label, point: number ?? 'own', best: number !== null && number - 1 === series.best,
      ...Object.fromEntries(sweep.axes.map(({ path }, k) => [path, number === null ? null : said(point.values[k])])),
      status: point.status, reason: point.reason, seeds: point.seeds.length,
      validation_error: point.validationError?.mean, validation_error_deviation: point.validationError?.deviation,
      ...Object.fromEntries(sweep.seeds.map((seed) => [`validation_error_seed_${seed}`, point.seeds.find((each) => each.seed === seed)?.validationError])),
      train_error: point.trainError?.mean, spikes: point.spikes?.mean, inference_joules: point.energy?.mean,
      test_error: test?.testError?.mean, test_error_deviation: test?.testError?.deviation,
      ...Object.fromEntries(sweep.testSeeds.map((seed) => [`test_error_seed_${seed}`, test?.seeds.find((each) => each.seed === seed)?.testError])),
      seconds: point.seconds?.mean,
    };
  }; // prettier-ignore
  return csvText(
    tableOf(
      sweep.series.flatMap((each) => [
        ...each.points.map((point, k) => row(each, k + 1, point)),
        ...(each.own ? [row(each, null, each.own)] : []),
      ]),
    ),
  );
}
