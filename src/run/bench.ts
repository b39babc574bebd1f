// What a run works on: a model, its rule's Program, the machine that runs it, and data that fit. It trains nothing and knows no
// file: data and backend are given.
import type { Backend, Machine } from '../backends/backend.ts';
import type { DataSet, Examples } from '../data/dataset.ts';
import { splitValidation } from '../data/split.ts';
import { eventBackend } from '../engine/event/machine.ts';
import { SettleError } from '../errors.ts';
import type { WriteCounters } from '../hardware/pass/draft.ts';
import type { Substitution } from '../hardware/pass/substitute.ts';
import type { Profile } from '../hardware/profile/profile.ts';
import { checkKept } from '../learn/kept.ts';
import { checkRecords } from '../learn/record.ts';
import type { Recipe, Rule } from '../learn/rule.ts';
import type { TrainingSets } from '../learn/trainer.ts';
import type { Model } from '../model/model.ts';
import type { Program } from '../program/program.ts';
import { onChip } from './chip.ts';
import { entryOf, rules } from './tables.ts';

export interface Bench {
  readonly model: Model;
  readonly recipe: Recipe;
  readonly machine: Machine;
  readonly data: TrainingSets & { readonly name: string; readonly sha256: string };
  readonly rule: Rule;
  readonly changes: readonly Substitution[];
  readonly counters: Readonly<Record<string, WriteCounters>>;
}

export interface BenchParts {
  readonly model: Model;
  /** Default: the model's, from the table. */
  readonly rule?: Rule | undefined;
  readonly profile: Profile | null;
  readonly backend: Backend;
  /** Asked for once rule and model have been found to fit. */
  data(): DataSet;
  readonly threads: number;
}

/** @throws SettleError of kind `input` for a model, rule, profile and data that do not fit each other */
export async function benchOf(parts: BenchParts): Promise<Bench> {
  const rule = parts.rule ?? entryOf(rules, 'rule', parts.model.learning.rule, 'learning.rule')();
  const { model, recipe, program, changes, counters } = onChip(rule, parts.model, parts.profile);
  const data = setsOf(model, parts.data(), width(program, recipe.input), width(program, recipe.target));
  checkKept(recipe, data.train.count);
  // A rule that offers nothing to record has its own reasons; one that does is held to it.
  if (recipe.energy || Object.keys(recipe.variables).length > 0) checkRecords(model, recipe, data.test.count);
  const opener = model.engine === 'event' ? eventBackend(parts.backend, model) : parts.backend;
  const machine = await opener.open(program, { batch: model.data.batch, threads: parts.threads });
  return { model, recipe, machine, data, rule, changes, counters };
}

const width = (program: Program, buffer: string): number =>
  program.buffers.get(buffer)!.shape.reduce((a, b) => a * b, 1);

/** Numbers of one example. */
export const inputsOf = ({ shape }: Pick<Examples, 'shape'>): number => shape.reduce((a, b) => a * b, 1);

/** The sets of a run. @throws SettleError of kind `input` if the network's ends do not fit them */
function setsOf(model: Model, set: DataSet, inputs: number, outputs: number): Bench['data'] {
  const size = inputsOf(set.train);
  const input = model.populations.find(({ kind }) => kind === 'input')?.name ?? '?';
  if (size !== inputs)
    throw new SettleError(`the data set ${set.name} does not fit the input population`, {
      kind: 'input', path: `populations.${input}.units`, found: `${inputs} units`, expected: `${size}, one for each number of an example`,
    }); // prettier-ignore
  if (set.classes > outputs)
    throw new SettleError(`the data set ${set.name} does not fit the output population`, {
      kind: 'input', path: `populations.${model.cost?.on ?? '?'}.units`, found: `${outputs} units`, expected: `${set.classes}, one for each class`,
    }); // prettier-ignore
  return { ...splitValidation(set, model.data.validation), classes: outputs, name: set.name, sha256: set.sha256 };
}
