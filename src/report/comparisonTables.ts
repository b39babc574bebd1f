// A comparison as tables of text: results, cost, alignment, demands; and as one wide table for CSV. Cells are said as a
// reader sees them; CSV has plain numbers.
import type { Spread } from '../math/statistics.ts';
import type { Comparison, ComparisonRow, Difference, LayerAngle } from './comparison.ts';
import { hasProfiles, profileTable } from './profiles.ts';
import { isNumber } from './html.ts';
import { alignedText, type Cell, csvText, type Table, tableOf } from './table.ts';

export interface NamedTable {
  readonly id: 'results' | 'profiles' | 'cost' | 'alignment' | 'demands';
  readonly title: string;
  readonly note: string;
  readonly table: Table;
}

const absent = '-';

/** 2.31 of 0.0231 */
const points = (value: number | null | undefined, digits = 2): string => isNumber(value) ? (100 * value).toFixed(digits) : absent; // prettier-ignore
const angle = (value: number | null | undefined): string => (isNumber(value) ? value.toFixed(1) : absent);

/** Three digits that matter, thousands apart: `12,300`, `1.23`. */
export function short(value: number | null | undefined): string {
  if (!isNumber(value)) return absent;
  const rounded = Number(value.toPrecision(3));
  return Math.abs(rounded) >= 1e9 ? rounded.toExponential(2) : rounded.toLocaleString('en-US', { maximumFractionDigits: 4 }); // prettier-ignore
}
const mean = (spread: Spread | null): string => short(spread?.mean);

/** `0.034`, `< 0.001` */
export function probability(p: number | null | undefined): string {
  return isNumber(p) ? (p < 0.001 ? '< 0.001' : p.toFixed(3)) : absent;
}

function tested({ differences, best, baseline }: Comparison, { label, status }: ComparisonRow, kind: Difference['kind']): string {
  if (label === (kind === 'best' ? best : baseline)) return kind;
  const found = differences.find((each) => each.label === label && each.kind === kind);
  return status !== 'done' || !found ? absent : (found.reason ?? probability(found.adjusted));
} // prettier-ignore

const several = (rows: readonly ComparisonRow[]): boolean => new Set(rows.map(({ model }) => model)).size > 1;
const named = (row: ComparisonRow, rows: readonly ComparisonRow[]): Record<string, Cell> => ({
  row: row.label,
  ...(several(rows) && row.label !== row.model ? { model: row.model } : {}),
});

function results(comparison: Comparison): Table {
  const { rows, baseline, trials } = comparison;
  return tableOf(
    rows.map((row) => ({
      ...named(row, rows),
      'test error %': row.status === 'done' ? points(row.testError?.mean) : row.status,
      '±': points(row.testError?.deviation),
      'each seed %': row.seeds.map(({ testError }) => points(testError)).join('  ') || absent,
      'training %': points(row.trainError?.mean),
      'p to best': tested(comparison, row, 'best'),
      ...(baseline === null ? {} : { [`p to ${baseline}`]: tested(comparison, row, 'baseline') }),
      epochs: row.epochs ?? absent,
      settings:
        trials === null ? "the model's own" : row.settings.length > 0 ? `of ${row.trials.length} trials` : absent,
    })),
  );
}

/** Microjoules. */
const micro = (joules: Spread | null | undefined): string => (joules ? short(1e6 * joules.mean) : absent);

function cost({ rows }: Comparison): Table {
  const priced = rows.some(({ energy }) => energy);
  return tableOf(
    rows.map((row) => ({
      ...named(row, rows),
      seconds: mean(row.seconds),
      'examples/s': mean(row.examplesPerSecond),
      'multiply-accumulates': mean(row.macs),
      spikes: mean(row.spikes),
      'synaptic events': mean(row.synapticEvents),
      ...(priced
        ? {
            'inference (uJ)': micro(row.energy?.inference),
            'training (uJ)': micro(row.energy?.training),
            prices: row.energy?.table ?? absent,
          }
        : {}),
      'memory (MB)': row.peakMemory ? short(row.peakMemory.mean / 1e6) : absent,
    })),
  );
}

const listed = (layers: readonly LayerAngle[]): string =>
  layers.map(({ layer, angle: spread }) => `${layer} ${angle(spread?.mean)}`).join('  ') || absent;

function alignment({ rows }: Comparison): Table {
  const weights = rows.some((row) => row.weights.length > 0);
  return tableOf(
    rows.map((row) => ({
      ...named(row, rows),
      'angle to': row.reference ?? absent,
      'update, by projection (degrees)': listed(row.layers),
      ...(weights ? { 'feedback to forward weights (degrees)': listed(row.weights) } : {}),
    })),
  );
}

function demands({ rows }: Comparison): Table {
  const said = (asked: boolean | undefined): string => (asked === undefined ? absent : asked ? 'yes' : 'no');
  return tableOf(
    rows.map((row) => ({
      ...named(row, rows),
      'symmetric weights': said(row.demands?.symmetricWeights),
      'second circuit': said(row.demands?.secondCircuit),
      phases: row.demands?.phases ?? absent,
      'non-local signals': said(row.demands?.nonLocalSignals),
      'derivative of the activation': said(row.demands?.activationDerivative),
      decoder: said(row.demands?.decoder),
    })),
  );
}

/** In the order of reading; alignment only where a row has it. */
export function comparisonTables(comparison: Comparison): NamedTable[] {
  const aligned = comparison.rows.some(({ reference }) => reference !== null);
  const tables: NamedTable[] = [
    { id: 'results', title: 'Results', note: 'At the last epoch, mean over seeds.', table: results(comparison) },
    ...(hasProfiles(comparison.rows) ? [{ id: 'profiles' as const, title: 'What each constraint costs', note: 'Test error in %, and in brackets its loss in points against the first profile, seed by seed.', table: profileTable(comparison.rows) }] : []),
    { id: 'cost', title: 'Cost', note: 'Seconds of a whole run in one thread, read-outs included; the rest a training example. Memory is the most that the process held.', table: cost(comparison) },
    { id: 'alignment', title: 'Alignment', note: 'Between the mean update of the rule and the named gradient on the first 500 training examples, at the last epoch; 0 is the same direction, 90 says nothing about it.', table: alignment(comparison) },
    { id: 'demands', title: 'What the rule asks of hardware', note: 'Second circuit: a separate path for errors or targets. Non-local: a synapse needs more than what its own two units hold.', table: demands(comparison) },
  ]; // prettier-ignore
  return tables.filter(({ id }) => id !== 'alignment' || aligned);
}

/** Sentences about rows that did not run, or not whole. */
export function failuresOf({ rows }: Comparison): string[] {
  return rows.filter(({ reason }) => reason !== null).map(({ label, status, reason }) => `${label}: ${status === 'done' ? 'partly done' : status}: ${reason}`); // prettier-ignore
}

/** Everything for a terminal. */
export function comparisonText(comparison: Comparison): string {
  const blocks = comparisonTables(comparison).map(
    ({ title, note, table }) => `${title}. ${note}\n${alignedText(table)}`,
  );
  const chosen = comparison.rows.filter(({ settings }) => settings.length > 0).map(({ label, settings }) => `${label}: ${settings.join(' ')}\n`); // prettier-ignore
  if (chosen.length > 0) blocks.push(`Settings chosen\n${chosen.join('')}`);
  const failures = failuresOf(comparison).map((line) => `${line}\n`);
  if (failures.length > 0) blocks.push(failures.join(''));
  return `${blocks.join('\n')}\n${comparison.notes.map((note) => `${note}\n`).join('')}`;
}

/** One line a row, numbers as they are: fractions, seconds, bytes, degrees. */
export function comparisonCsv(comparison: Comparison): string {
  const against = ({ label }: ComparisonRow, kind: Difference['kind']): Difference | undefined =>
    comparison.differences.find((each) => each.label === label && each.kind === kind);
  return csvText(
    tableOf(
      comparison.rows.map((row) => ({
        row: row.label, model: row.model, rule: row.rule, status: row.status, reason: row.reason,
        settings: row.settings.join(' '), trials: row.trials.length, epochs: row.epochs, seeds: row.seeds.length,
        test_error: row.testError?.mean, test_error_deviation: row.testError?.deviation, test_error_standard_error: row.testError?.error,
        ...Object.fromEntries(comparison.seeds.map((seed) => [`test_error_seed_${seed}`, row.seeds.find((each) => each.seed === seed)?.testError])),
        train_error: row.trainError?.mean, seconds: row.seconds?.mean, examples_per_second: row.examplesPerSecond?.mean,
        multiply_accumulates: row.macs?.mean, spikes: row.spikes?.mean, synaptic_events: row.synapticEvents?.mean, inference_joules: row.energy?.inference?.mean, training_joules: row.energy?.training?.mean, energy_table: row.energy?.table, peak_memory_bytes: row.peakMemory?.mean,
        p_best: against(row, 'best')?.pooled?.mid, p_best_holm: against(row, 'best')?.adjusted,
        p_baseline: against(row, 'baseline')?.pooled?.mid, p_baseline_holm: against(row, 'baseline')?.adjusted,
        reference: row.reference,
        ...Object.fromEntries(row.layers.map(({ layer, angle: spread }) => [`angle_${layer}`, spread?.mean])),
        ...Object.fromEntries(row.weights.map(({ layer, angle: spread }) => [`weight_angle_${layer}`, spread?.mean])),
        symmetric_weights: row.demands?.symmetricWeights, second_circuit: row.demands?.secondCircuit, phases: row.demands?.phases,
        non_local_signals: row.demands?.nonLocalSignals, activation_derivative: row.demands?.activationDerivative, decoder: row.demands?.decoder,
      })),
    ),
  );
} // prettier-ignore
