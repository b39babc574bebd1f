// From cells to a comparison: rows with their spread over seeds, curves, angles, and paired tests on the same images. Pure.
import { holm, mcNemar, type Spread, spreadOf } from '../math/statistics.ts';
import type { Band, Comparison, ComparisonRow, Difference, LayerAngle, LayerBand, PairedTest } from '../report/comparison.ts'; // prettier-ignore
import type { CellResult } from './collect.node.ts';

/** A row as far as it has come. */
export interface RowInput {
  readonly key: string;
  readonly model: string;
  readonly rule: string;
  /** The chip that it ran on. */
  readonly profile?: ComparisonRow['profile'];
  readonly source: string;
  readonly settings: readonly string[];
  readonly trials: ComparisonRow['trials'];
  readonly cells: readonly CellResult[];
  /** Of what did not finish. */
  readonly failures: readonly {
    readonly seed: number;
    readonly status: 'refused' | 'failed';
    readonly message: string;
  }[];
}

export interface SummaryInput {
  readonly name: string;
  readonly seeds: readonly number[];
  readonly trials: Comparison['trials'];
  readonly baseline: string | null;
  readonly rows: readonly RowInput[];
}

/** Numbers that are there, with their spread; null without any. */
const spread = (values: readonly (number | null | undefined)[]): Spread | null => {
  const known = values.filter((value): value is number => typeof value === 'number' && Number.isFinite(value));
  return known.length === 0 ? null : spreadOf(known);
};

export function summary(input: SummaryInput): Comparison {
  const labels = labelsOf(input.rows);
  const rows = input.rows.map((row, k) => summaryRow(row, labels[k]!));
  const done = rows.map((row, k) => ({ row, cells: input.rows[k]!.cells })).filter(({ row }) => row.status === 'done');
  const best = done.reduce<(typeof done)[number] | null>((least, each) => (least === null || each.row.testError!.mean < least.row.testError!.mean ? each : least), null); // prettier-ignore
  const baseline = (['label', 'rule', 'model'] as const).flatMap((key) => done.filter(({ row }) => row[key] === input.baseline))[0] ?? null; // prettier-ignore
  const against = (other: (typeof done)[number] | null, kind: Difference['kind']): Difference[] =>
    other === null ? [] : corrected(done.filter((each) => each !== other).map((each) => difference(each, other, kind)));
  const cells = input.rows.flatMap((row) => row.cells);
  return {
    schema: 'settle-comparison/1',
    name: input.name,
    versions: [...new Set(cells.map(({ version }) => version))],
    data: [...new Set(cells.map(({ data }) => data))],
    seeds: input.seeds,
    trials: input.trials,
    best: best?.row.label ?? null,
    baseline: baseline?.row.label ?? null,
    rows,
    differences: [...against(best, 'best'), ...against(baseline, 'baseline')],
    notes: notesOf(input, rows, cells),
  };
}

/** The shortest of rule, model, or both that tells every row from the others. */
function labelsOf(rows: readonly RowInput[]): string[] {
  const choices = [
    rows.map(({ rule }) => rule),
    rows.map(({ model }) => model),
    rows.map(({ rule, model }) => `${rule} ${model}`),
    rows.map(({ profile }) => profile?.label ?? ''),
    rows.map(({ rule, profile }) => `${rule}, ${profile?.label}`),
    rows.map(({ rule, model, profile }) => `${rule} ${model}, ${profile?.label}`),
  ];
  return choices.find((labels) => new Set(labels).size === rows.length) ?? choices.at(-1)!;
}

function summaryRow(row: RowInput, label: string): ComparisonRow {
  const { cells, failures } = row;
  const of = (read: (cell: CellResult) => number | null | undefined): Spread | null => spread(cells.map(read));
  const last = (cell: CellResult) => cell.epochs.at(-1);
  const table = tableOf(cells);
  const events = (cell: CellResult): number | null => last(cell)?.synapticEvents ?? null;
  const macs = (cell: CellResult): number | null => {
    const { macs: dense, inputMacs } = cell.result;
    return dense ?? (events(cell) === null ? null : inputMacs + events(cell)!);
  };
  const trainingMacs = (cell: CellResult): number | null => {
    const each = macs(cell);
    return each === null ? null : each * (last(cell)?.examples ?? 0);
  };
  const status = cells.length > 0 ? 'done' : (failures.find((each) => each.status === 'failed')?.status ?? 'refused');
  const same = new Set(failures.map(({ message }) => message)).size === 1;
  const reason = same
    ? failures[0]!.message
    : failures.map(({ seed, message }) => `seed ${seed}: ${message}`).join('; ');
  return {
    label,
    model: row.model,
    rule: row.rule,
    profile: row.profile ?? null,
    source: row.source,
    status,
    reason: failures.length === 0 ? null : cells.length > 0 && same ? `${failures.length} of ${failures.length + cells.length} seeds: ${reason}` : reason, // prettier-ignore
    settings: row.settings,
    trials: row.trials,
    seeds: cells.map(({ cell, result }, k) => ({
      seed: cell.seed,
      testError: result.testError,
      trainError: result.trainError,
      seconds: result.seconds,
      examplesPerSecond: result.trainExamplesPerSecond,
      trainingMacs: trainingMacs(cells[k]!),
      checkpointSha256: result.checkpointSha256,
      folder: `cells/${cell.name}`,
    })),
    epochs: cells[0]?.cell.epochs ?? null,
    testError: of(({ result }) => result.testError),
    trainError: of((cell) => last(cell)?.trainError),
    seconds: of(({ result }) => result.seconds),
    examplesPerSecond: of(({ result }) => result.trainExamplesPerSecond),
    macs: of(macs),
    trainingMacs: of(trainingMacs),
    spikes: of((cell) => last(cell)?.spikesPerExample),
    synapticEvents: of(events),
    energy:
      table === null
        ? null
        : {
            table,
            inference: of(({ result }) => result.energy?.inference),
            training: of(({ result }) => result.energy?.training),
          },
    peakMemory: of(({ result }) => result.peakMemory),
    reference: cells.find(({ alignment }) => alignment.length > 0)?.alignment[0]!.reference ?? null,
    layers: lastAngles(cells, 'layers'),
    weights: lastAngles(cells, 'weights'),
    demands: cells[0]?.result.demands ?? null,
    curves: curvesOf(cells),
    angles: anglesOf(cells),
  };
}

/** The energy table of a row's profile. */
const tableOf = (cells: readonly CellResult[]): string | null =>
  cells.flatMap(({ result }) => (result.energy ? [result.energy.table] : []))[0] ?? null;

function bandOf(rows: readonly (readonly (number | null | undefined)[])[]): Band {
  const spreads = rows.map(spread);
  return {
    mean: spreads.map((each) => each?.mean ?? null),
    least: spreads.map((each) => each?.least ?? null),
    most: spreads.map((each) => each?.most ?? null),
  };
}

/** All numbers of epochs that some cell has a line for, in order. */
function epochsOf(lines: readonly (readonly { readonly epoch: number }[])[]): number[] {
  return [...new Set(lines.flat().map(({ epoch }) => epoch))].sort((a, b) => a - b);
}

function curvesOf(cells: readonly CellResult[]): ComparisonRow['curves'] {
  const epoch = epochsOf(cells.map(({ epochs }) => epochs));
  if (epoch.length === 0) return null;
  const band = (key: 'testError' | 'trainError'): Band =>
    bandOf(epoch.map((number) => cells.map(({ epochs }) => epochs.find((line) => line.epoch === number)?.[key])));
  return { epoch, test: band('testError'), train: band('trainError') };
}

const layersOf = (cells: readonly CellResult[], what: 'layers' | 'weights'): string[] => [
  ...new Set(cells.flatMap(({ alignment }) => alignment.flatMap((line) => Object.keys(line[what] ?? {})))),
];

function lastAngles(cells: readonly CellResult[], what: 'layers' | 'weights'): LayerAngle[] {
  return layersOf(cells, what).map((layer) => ({
    layer,
    angle: spread(cells.map(({ alignment }) => alignment.at(-1)?.[what]?.[layer]?.angle)),
  }));
}

function anglesOf(cells: readonly CellResult[]): ComparisonRow['angles'] {
  const epoch = epochsOf(cells.map(({ alignment }) => alignment));
  if (epoch.length === 0) return null;
  const bands = (what: 'layers' | 'weights'): LayerBand[] =>
    layersOf(cells, what).map((layer) => ({
      layer,
      band: bandOf(epoch.map((number) => cells.map(({ alignment }) => alignment.find((line) => line.epoch === number)?.[what]?.[layer]?.angle))), // prettier-ignore
    }));
  return { epoch, layers: bands('layers'), weights: bands('weights') };
}

interface Done {
  readonly row: ComparisonRow;
  readonly cells: readonly CellResult[];
}

/** One row against another: seed by seed where both have the seed, then pooled. */
function difference(mine: Done, other: Done, kind: Difference['kind']): Difference {
  const common = { label: mine.row.label, against: other.row.label, kind, adjusted: null };
  const pairs = mine.cells.flatMap((a) => {
    const b = other.cells.find(({ cell }) => cell.seed === a.cell.seed);
    return b ? [[a, b] as const] : [];
  });
  const none = (reason: string): Difference => ({ ...common, pooled: null, seeds: [], error: null, reason });
  if (pairs.length === 0) return none('no seed in common');
  if (pairs.some(([a, b]) => a.dataSha256 !== b.dataSha256 || a.answers[0].length !== b.answers[0].length))
    return none('other test images');
  const seeds = pairs.map(([a, b]) => ({ seed: a.cell.seed, ...discordant(a, b) }));
  const sum = (key: 'onlyThis' | 'onlyOther'): number => seeds.reduce((total, each) => total + each[key], 0);
  return {
    ...common,
    pooled: tested(sum('onlyThis'), sum('onlyOther')),
    seeds,
    error: spread(pairs.map(([a, b]) => a.result.testError - b.result.testError)),
    reason: null,
  };
}

function discordant(a: CellResult, b: CellResult): PairedTest {
  let [onlyThis, onlyOther] = [0, 0];
  const right = ({ answers: [answer, label] }: CellResult, k: number): boolean => answer[k] === label[k];
  for (let k = 0; k < a.answers[0].length; k++) {
    if (right(a, k) === right(b, k)) continue;
    if (right(a, k)) onlyThis += 1;
    else onlyOther += 1;
  }
  return tested(onlyThis, onlyOther);
}

const tested = (onlyThis: number, onlyOther: number): PairedTest => ({
  onlyThis,
  onlyOther,
  ...mcNemar({ first: onlyThis, second: onlyOther }),
});

function corrected(differences: readonly Difference[]): Difference[] {
  const tests = differences.filter(({ pooled }) => pooled !== null);
  const adjusted = holm(tests.map(({ pooled }) => pooled!.mid));
  return differences.map((each) => {
    const index = tests.indexOf(each);
    return index < 0 ? each : { ...each, adjusted: adjusted[index]! };
  });
}

/** What a reader has to know before believing the table. */
function notesOf(input: SummaryInput, rows: readonly ComparisonRow[], cells: readonly CellResult[]): string[] {
  const { trials } = input;
  const notes = [
    trials === null
      ? "No settings were chosen here: every rule ran with its model's own, so nothing says that each is at its best."
      : `Each rule had ${trials.count} validation trial${trials.count === 1 ? '' : 's'} (seed ${trials.seed}, ${trials.validation.toLocaleString('en-US')} training examples held out); the settings of the least validation error were trained on all training examples with fresh seeds.`,
  ];
  if (rows.some(({ status, seeds }) => status === 'done' && seeds.length > 1))
    notes.push('± is the standard deviation over seeds.');
  if (rows.filter(({ status }) => status === 'done').length > 1)
    notes.push(
      "p: McNemar's mid-p on the test images that only one of two networks answers right, counts summed over seeds, Holm-corrected over the rows. It speaks of these trained networks: seeds of a row see the same images, which the sum takes as independent.",
    );
  if (cells.some(({ result }) => result.macs === null && result.spikesPerExample !== null))
    notes.push('Multiply-accumulates of a spiking row: multiply-adds of the input current plus synaptic events (additions).'); // prettier-ignore
  if (cells.some(({ result }) => result.macs !== null))
    notes.push('Multiply-accumulates of a rate row are dense: zero inputs are counted.');
  const epochs = [...new Set(rows.flatMap((row) => (row.epochs === null ? [] : [row.epochs])))];
  if (epochs.length > 1) notes.push(`Epochs differ between rows: ${epochs.sort((a, b) => a - b).join(', ')}.`);
  if (new Set(cells.map(({ dataSha256 }) => dataSha256)).size > 1)
    notes.push('Rows are of different data: their errors are not to be compared.');
  if (new Set(cells.map(({ version }) => version)).size > 1)
    notes.push('The cells were run by different versions of settle.');
  return notes;
}
