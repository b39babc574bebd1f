// The page of a run: its figures, history, recorded example and weights in the form that report/ draws.
import type { Values } from '../backends/backend.ts';
import { fillInputs } from '../data/batches.ts';
import type { Examples } from '../data/dataset.ts';
import type { Frame } from '../frames/frame.ts';
import type { Profile } from '../hardware/profile/profile.ts';
import type { Substitution } from '../hardware/pass/substitute.ts';
import type { AlignmentLine } from '../learn/alignment.ts';
import type { HealthItem } from '../learn/health.ts';
import type { Evaluation } from '../learn/trainer.ts';
import { matrixOf } from '../model/shapes.ts';
import type { Model } from '../model/model.ts';
import { exampleOf, weightMaps } from '../report/example.ts';
import type { Angles, ChipReport, EpochPoint, Picture, WeightMaps } from '../report/input.ts';
import { reportPage } from '../report/report.ts';
import type { RunResult } from './figures.ts';

export interface PageInput {
  readonly model: Model;
  readonly modelText: string;
  readonly result: RunResult;
  readonly test: Evaluation;
  readonly health: readonly HealthItem[];
  /** Lines of metrics.jsonl, its header first. */
  readonly history: readonly Readonly<Record<string, unknown>>[];
  /** The recorded examples of the trained network, and the set they are of. */
  readonly frames: readonly Frame[];
  readonly examples: Examples;
  readonly learned: ReadonlyMap<string, Values>;
  readonly provenance: Readonly<Record<string, unknown>>;
  readonly chip: { readonly profile: Profile; readonly changes: readonly Substitution[] } | null;
  readonly citation: { readonly text: string; readonly bibtex: string };
}

export function pageOf(input: PageInput): string {
  const { model, result, test, frames, examples } = input;
  const number = frames[0]?.example;
  const example = exampleOf(frames, {
    populations: model.populations,
    output: model.cost?.on,
    step: model.kind === 'rate' ? undefined : model.step,
    set: 'test',
    ...(number === undefined ? {} : { target: examples.labels[number], image: pictureOf(examples, number) }),
  });
  const weights = firstWeights(input);
  const angles = anglesOf(input);
  return reportPage({
    ...result,
    name: `${result.model}-${result.rule}-${result.seed}`,
    source: model.source,
    update: result.rule === 'ep' ? model.learning.update : undefined,
    testExamples: test.examples,
    history: input.history.filter(({ kind }) => kind === 'epoch') as unknown as EpochPoint[],
    confusion: { classes: test.classes, counts: test.confusion },
    modelText: input.modelText,
    // Results and times stand in the figures above; here only what made them.
    provenance: Object.fromEntries(
      Object.entries(input.provenance).filter(([key]) => key !== 'result' && key !== 'spent'),
    ),
    cite: input.citation,
    ...(input.chip ? { chip: chipOf(input.chip, result) } : {}),
    ...(example ? { example } : {}),
    ...(weights ? { weights } : {}),
    ...(angles ? { angles } : {}),
  });
}

function chipOf({ profile, changes }: NonNullable<PageInput['chip']>, { energy, writes }: RunResult): ChipReport {
  return { name: profile.name, description: profile.description, changes, energy, lostShare: writes?.lostShare ?? null }; // prettier-ignore
}

/** The lines of alignment, where there are any. */
function anglesOf({ history }: PageInput): Angles | null {
  const lines = history.filter(({ kind }) => kind === 'alignment') as unknown as AlignmentLine[];
  if (lines.length === 0) return null;
  const names = [...new Set(lines.flatMap(({ layers }) => Object.keys(layers)))];
  return {
    reference: lines[0]!.reference,
    epoch: lines.map(({ epoch }) => epoch),
    layers: names.map((name) => ({ name, values: lines.map(({ layers }) => layers[name]?.angle ?? null) })),
  };
}

/** An example as a picture, where its numbers have two dimensions: as it came, not normalised. */
export function pictureOf({ normal: _, ...examples }: Examples, number: number): Picture | undefined {
  const [height, width, ...more] = examples.shape;
  if (height === undefined || width === undefined || more.length > 0) return undefined;
  const values = new Float32Array(width * height);
  fillInputs(examples, [number], values);
  return { width, height, values };
}

/** Weights of the first projection from an input, as pictures over it. */
function firstWeights({ model, learned }: PageInput): WeightMaps | null {
  const units = new Map(model.populations.map((population) => [population.name, population]));
  const projection = model.projections.find(({ from }) => units.get(from)?.kind === 'input');
  const values = projection && learned.get(`${projection.name}.weight`);
  if (!projection || !values) return null;
  return weightMaps(projection.name, values, matrixOf(projection, model.populations));
}
