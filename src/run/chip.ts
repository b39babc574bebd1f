// A rule on a chip: the model with the profile's substitutes, the rule's Program under the profile's constraints, and the recipe
// that writes weights after every update. Neither the rule nor the trainer asks which chip it is.
import { constrain } from '../hardware/pass/constrain.ts';
import type { WriteCounters } from '../hardware/pass/draft.ts';
import type { Profile } from '../hardware/profile/profile.ts';
import { substituted, type Substitution } from '../hardware/pass/substitute.ts';
import type { Recipe, Rule } from '../learn/rule.ts';
import type { Model } from '../model/model.ts';
import { builder } from '../program/builder.ts';
import type { Program, Sequence } from '../program/program.ts';

export interface Chip {
  /** As the chip runs it. */
  readonly model: Model;
  readonly changes: readonly Substitution[];
  readonly recipe: Recipe;
  readonly program: Program;
  readonly counters: Readonly<Record<string, WriteCounters>>;
}

/** Without a profile: the rule's own Program. @throws SettleError of kind `input` for what rule or profile cannot do */
export function onChip(rule: Rule, wanted: Model, profile: Profile | null): Chip {
  const { model, changes } = profile ? substituted(wanted, profile) : { model: wanted, changes: [] };
  const draft = builder(model.name);
  const recipe = rule.contribute(draft, model);
  const program = draft.build();
  if (!profile) return { model, changes, recipe, program, counters: {} };
  const projections = new Map(model.projections.map((projection) => [`${projection.name}.weight`, projection]));
  const matrices = [...recipe.initial(model.seed).keys()]
    .filter((name) => draft.shapeOf(name).length === 2)
    .map((buffer) => {
      const projection = projections.get(buffer) ?? null;
      const rate = projection ? model.learning.rates[projection.name] : undefined;
      return { buffer, projection, learned: recipe.learned.includes(buffer) && rate !== 0 };
    });
  const chip = constrain(program, model, profile, matrices);
  const written = (sequence: Sequence): Sequence => [...sequence, ...chip.write];
  const withWrites: Recipe = {
    ...recipe,
    train: last(recipe.train, written),
    ...(recipe.passes && { passes: recipe.passes.map((pass) => last(pass, written)) }),
    ...(recipe.kept && { kept: { ...recipe.kept, train: last(recipe.kept.train, written) } }),
    learned: [...recipe.learned, ...chip.learned],
    own: recipe.learned,
    initial: (seed) => new Map([...recipe.initial(seed), ...chip.initial(seed)]),
    begin: chip.load,
  };
  return { model, changes, recipe: withWrites, program: chip.program, counters: chip.counters };
}

/** The last sequence of a batch ends with the update. */
const last = (sequences: readonly Sequence[], change: (sequence: Sequence) => Sequence): Sequence[] =>
  sequences.map((sequence, k) => (k === sequences.length - 1 ? change(sequence) : sequence));
