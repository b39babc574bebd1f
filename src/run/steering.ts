// Changes to a run while it goes on: which values may change, from which batch on, and what a replay needs to do the same.
// A change is one that only moves the Program's parameters; anything that would make another Program is refused.
import { SettleError } from '../errors.ts';
import type { Profile } from '../hardware/profile/profile.ts';
import type { Progress, Recipe, Rule } from '../learn/rule.ts';
import { loadModel } from '../model/load.ts';
import type { Model } from '../model/model.ts';
import { onChip } from './chip.ts';

/** A value of the model by its path, as `--set` takes it: `phases.nudge.beta`, `learning.rates.x->h`, `populations.h.bias.rate`. */
export interface Change {
  readonly path: string;
  readonly value: number;
}

/** A change as metrics.jsonl keeps it; it is in force from this batch of the run on (counted from 0). */
export interface Command extends Change {
  readonly kind: 'command';
  readonly batch: number;
  readonly epoch: number;
  readonly examples: number;
}

export interface Steering {
  /** Of a batch, with everything changed so far. */
  parameters: Recipe['parameters'];
  /** What can be changed, with its present value. */
  settings(): Promise<readonly Change[]>;
  /** Asks for a change before the next batch. @throws SettleError of kind `input` for what cannot be changed */
  ask(change: Change): void;
  /** Takes effect of what was asked for, and of what the replay says for this batch; gives the lines to be logged. */
  at(where: { readonly batch: number; readonly epoch: number; readonly examples: number }): readonly Command[];
}

export interface SteeringOptions {
  readonly rule: Rule;
  /** Of the run as it begins. */
  readonly recipe: Recipe;
  /** As it was asked for, and its text with every default written out. */
  readonly model: Model;
  readonly modelText: string;
  readonly profile: Profile | null;
  /** Changes of earlier sessions: in force already, and those to come at their batches. */
  readonly past?: readonly Change[];
  readonly future?: readonly Command[];
}

/** More changes than a person asks for between two batches. */
const asksAtOnce = 64;

const changeable = /^(phases\.nudge\.beta|learning\.rates\..+|populations\..+\.bias\.rate)$/;

export function steering(options: SteeringOptions): Steering {
  const { rule, model, modelText, profile } = options;
  let first: string | undefined;
  const made = (): string => (first ??= shapeOf(onChip(rule, model, profile)));
  const values = new Map<string, number>();
  let recipe: Pick<Recipe, 'parameters'> | null = null;
  const asked: Change[] = [];
  let movable: readonly string[] | null = null;
  const future = [...(options.future ?? [])];

  /** The recipe with these changes. @throws SettleError of kind `input` where they make another Program */
  function changed(changes: ReadonlyMap<string, number>, what: Change): Recipe {
    const set = [...changes].map(([path, value]) => `${path}=${value}`);
    let chip: ReturnType<typeof onChip>;
    try {
      chip = onChip(rule, loadModel(modelText, { file: model.name, set }).model, profile);
    } catch (error) {
      if (!(error instanceof SettleError)) throw error;
      // No place in a file: nobody wrote this one.
      const { kind, path = what.path, found, expected, hint } = error.place;
      throw new SettleError(error.message, { kind, path, found, expected, hint });
    }
    if (shapeOf(chip) !== made())
      throw new SettleError('this cannot change while the run goes on', {
        kind: 'input', path: what.path, found: String(what.value), expected: 'a value that leaves the program as it is (no rate to or from 0)',
      }); // prettier-ignore
    return chip.recipe;
  }
  function tried(change: Change): Recipe {
    const { path, value } = change;
    if (!changeable.test(path) || valueOf(model, path) === undefined)
      throw new SettleError('this cannot change while the run goes on', {
        kind: 'input', path: path.slice(0, 80), expected: 'phases.nudge.beta, learning.rates.PROJECTION or populations.NAME.bias.rate',
      }); // prettier-ignore
    if (typeof value !== 'number' || !Number.isFinite(value))
      throw new SettleError('not a number', { kind: 'input', path, found: String(value), expected: 'a finite number' });
    return changed(new Map([...values, [path, value]]), change);
  }
  function apply(change: Change): void {
    recipe = tried(change);
    values.set(change.path, change.value);
  }
  for (const change of options.past ?? []) apply(change);
  return {
    parameters: (progress) => (recipe ?? options.recipe).parameters(progress),
    async settings() {
      const present = (path: string): Change => ({ path, value: values.get(path) ?? valueOf(model, path)! });
      if (movable) return movable.map(present);
      const found: string[] = [];
      for (const path of pathsOf(model)) {
        if (present(path).value !== 0 && matters(present(path))) found.push(path);
        // One at a time: the run goes on between them.
        await new Promise((resolve) => setTimeout(resolve));
      }
      return (movable = found).map(present);
    },
    ask(change) {
      tried(change);
      if (asked.length >= asksAtOnce)
        throw new SettleError('too many changes at once', { kind: 'input', path: change.path, expected: `at most ${asksAtOnce} before a batch` }); // prettier-ignore
      asked.push({ path: change.path, value: change.value });
    },
    at({ batch, epoch, examples }) {
      const lines: Command[] = [];
      const take = (change: Change): void => {
        apply(change);
        lines.push({ kind: 'command', batch, epoch, examples, path: change.path, value: change.value });
      };
      while (future.length > 0 && future[0]!.batch <= batch) take(future.shift()!);
      while (asked.length > 0) take(asked.shift()!);
      return lines;
    },
  };

  /** Whether half as much makes the same Program with other parameters. */
  function matters({ path, value }: Change): boolean {
    const at: Progress = { seed: 0, epoch: 0, batch: 0, examples: 1e9, batchExamples: 1 };
    try {
      const [whole, half] = [value, value / 2].map((each) => onChip(rule, withValue(model, path, each), profile));
      const other = half!.recipe.parameters(at);
      if (Object.entries(whole!.recipe.parameters(at)).every(([name, each]) => other[name] === each)) return false;
      return shapeOf(half!) === made();
    } catch {
      return false;
    }
  }
}

/** Everything that makes a machine and what is done with it; only parameters are left out. */
function shapeOf({ program, recipe }: Pick<ReturnType<typeof onChip>, 'program' | 'recipe'>): string {
  const { train, passes, kept, predict, learned, recorded, begin } = recipe;
  const { buffers, parameters, slots, events } = program;
  const told = [[...buffers], parameters, [...slots], [...(events ?? [])], train, passes, kept, predict, learned, recorded, begin]; // prettier-ignore
  return JSON.stringify(told, (_, value: unknown) =>
    typeof value === 'number' && !Number.isFinite(value) ? String(value) : value,
  );
}

function pathsOf({ learning, populations }: Model): string[] {
  return [
    'phases.nudge.beta',
    ...Object.keys(learning.rates).map((name) => `learning.rates.${name}`),
    ...populations.filter(({ kind }) => kind !== 'input').map(({ name }) => `populations.${name}.bias.rate`),
  ];
}

/** The model with another value at one of these paths, unchecked. */
function withValue(model: Model, path: string, value: number): Model {
  const [first, second = ''] = path.split(/\.(.*)/s);
  if (first === 'phases') return { ...model, phases: { ...model.phases, nudge: { ...model.phases.nudge, beta: value } } };
  if (first === 'learning') return { ...model, learning: { ...model.learning, rates: { ...model.learning.rates, [second.slice('rates.'.length)]: value } } };
  const populations = model.populations.map((each) => (second === `${each.name}.bias.rate` ? { ...each, bias: { ...each.bias, rate: value } } : each));
  return { ...model, populations };
} // prettier-ignore

function valueOf(model: Model, path: string): number | undefined {
  if (path === 'phases.nudge.beta') return model.phases.nudge.beta;
  const [, projection] = /^learning\.rates\.(.+)$/.exec(path) ?? [];
  if (projection !== undefined) return model.learning.rates[projection];
  const [, population] = /^populations\.(.+)\.bias\.rate$/.exec(path) ?? [];
  return model.populations.find(({ name }) => name === population)?.bias.rate;
}

/** The commands among lines of metrics.jsonl, as text; a last line that was cut off is none. */
export function commandsIn(text: string): Command[] {
  return text
    .split('\n')
    .filter((line) => line.includes('"kind":"command"') && line.endsWith('}'))
    .map((line) => JSON.parse(line) as Command)
    .filter(({ kind }) => kind === 'command');
}
