// A run that somebody watches: what it tells a page, when it looks aside at an example, and how it waits. It opens no port and
// draws nothing; what it does changes no bit of the run but by the commands that steering logs.
import type { Machine } from '../backends/backend.ts';
import type { Examples } from '../data/dataset.ts';
import { SettleError } from '../errors.ts';
import type { Frame } from '../frames/frame.ts';
import { defaultRecord, recordExamples } from '../learn/record.ts';
import type { Boundary, TrainingSets, TrainProgress } from '../learn/trainer.ts';
import type { Recipe, Rule } from '../learn/rule.ts';
import type { Model, RecordSpec } from '../model/model.ts';
import { matrixOf } from '../model/shapes.ts';
import { pictureOf } from './page.ts';
import type { Change, Steering } from './steering.ts';

export type { TrainProgress } from '../learn/trainer.ts';

/** What a page has to know before anything happens. */
export interface LiveAbout {
  readonly name: string;
  readonly model: string;
  readonly rule: string;
  readonly backend: string;
  readonly seed: number;
  readonly profile: string | null;
  /** Seconds a step; absent for networks that count steps. */
  readonly step?: number;
  readonly populations: readonly { readonly name: string; readonly kind: string; readonly units: number }[];
  readonly projections: readonly { readonly name: string; readonly from: string; readonly to: string; readonly symmetric: boolean; readonly weights: number }[];
  readonly output: string | null;
  /** Examples an epoch and a batch, test examples, epochs; null where the whole set is taken and nobody has looked. */
  readonly examples: number | null;
  readonly batch: number;
  readonly testExamples: number | null;
  readonly epochs: number;
} // prettier-ignore

export interface LiveProgress extends TrainProgress {
  /** Of training alone, in all sessions: pauses, read-outs and looks aside are left out. */
  readonly seconds: number;
  /** A training example by the profile's first table, where there is one. */
  readonly joules: number | null;
}

/** One example through its recorded phases. */
export interface ShownExample {
  readonly set: 'training' | 'test';
  readonly example: number;
  readonly label: number | null;
  /** Values 0 to 255, if the example is a picture. */
  readonly image: { readonly width: number; readonly height: number; readonly values: Uint8Array } | null;
  /** Training examples before it. */
  readonly examples: number;
  readonly epoch: number;
  readonly frames: readonly Frame[];
}

export interface LiveState {
  readonly paused: boolean;
  readonly settings: readonly Change[];
  /** A test example to be shown, or null: the training example that came last. */
  readonly chosen: number | null;
  /** Units whose membranes are recorded, by population. */
  readonly picks: Readonly<Record<string, readonly number[]>>;
}

/** Who watches. Nothing here is awaited: a watcher that is slow misses things. */
export interface LiveView {
  /** Somebody is looking: examples are recorded for them. */
  readonly watched: boolean;
  start(about: LiveAbout, controls: LiveControls): void;
  state(state: LiveState): void;
  line(line: object): void;
  progress(progress: LiveProgress): void;
  example(shown: ShownExample): void;
}

/** What a watcher may do. Everything takes effect at a batch boundary. @throws SettleError of kind `input` for what cannot be done */
export interface LiveControls {
  pause(): void;
  go(): void;
  /** One batch, then a pause. */
  step(): void;
  /** A test example, or null for the training example that came last. */
  show(example: number | null): void;
  pick(population: string, units: readonly number[]): void;
  change(change: Change): void;
}

/** Of the run that is watched. */
export interface Watched {
  readonly model: Model;
  readonly rule: Rule;
  readonly recipe: Recipe;
  readonly machine: Machine;
  readonly data: TrainingSets;
  /** Name of the chip's profile. */
  readonly profile: string | null;
}

export interface LiveOptions {
  readonly view: LiveView;
  readonly bench: Watched;
  readonly steering: Steering;
  readonly signal: { readonly aborted: boolean } | undefined;
  /** Milliseconds. */
  clock(): number;
  seconds(): number;
  joules(progress: TrainProgress): number | null;
  /** Takes effect of the changes asked for, and logs them; whether there were any. */
  apply(at: Boundary): boolean;
}

export interface Live {
  /** Before a batch: waits while paused, records what is to be shown. */
  boundary(at: Boundary): Promise<void> | undefined;
  progress(progress: TrainProgress): void;
}

/** Share of the run's time that looking aside may take, and the fewest milliseconds between two looks. */
const share = 0.005;
const pauseBetween = 500;
/** Milliseconds that the first look is taken for. */
const firstLook = 10;
/** Milliseconds between two looks at the signal while paused. */
const poll = 50;
const mostPicks = 8;
/** Of the mean field, a phase: each costs as much as many steps. */
export const energySamples = 8;
/** Milliseconds between two figures of progress. */
const progressEvery = 200;

export function live(options: LiveOptions): Live {
  const { view, bench, steering, signal, clock } = options;
  const { model, recipe, machine, data } = bench;
  let [paused, steps, owed] = [false, 0, true];
  let chosen: number | null = null;
  let settings: readonly Change[] = [];
  let wake: () => void = () => {};
  let next = -Infinity;
  let before = firstLook;
  let toldAt = -Infinity;
  const picks: Record<string, readonly number[]> = firstPicks(model, recipe.variables);
  const recordable = recipe.recorded.length > 0;

  const tell = (): void => view.state({ paused, settings, chosen, picks: { ...picks } });
  /** Something changed: says so, and looks again at what a paused run should do. */
  function acted(work: () => void): void {
    work();
    tell();
    wake();
  }
  async function refresh(): Promise<void> {
    settings = await steering.settings();
    tell();
  }
  const refuse = (path: string, found: string, expected: string): never => {
    throw new SettleError('cannot be shown', { kind: 'input', path, found, expected });
  };
  const controls: LiveControls = {
    pause: () => acted(() => void ([paused, owed] = [true, true])),
    go: () => acted(() => void ([paused, steps] = [false, 0])),
    step: () => acted(() => void ([paused, steps] = [true, 1])),
    show(example) {
      if (example !== null && !(Number.isInteger(example) && example >= 0 && example < data.test.count))
        refuse('example', String(example), `0 to ${data.test.count - 1}`);
      acted(() => void ([chosen, owed] = [example, true]));
    },
    pick(population, units) {
      const known = model.populations.find(({ name }) => name === population);
      if (!known || !recipe.variables[population]?.['membrane']) refuse('population', population.slice(0, 80), 'a population with membranes'); // prettier-ignore
      if (
        units.length > mostPicks ||
        !units.every((unit) => Number.isInteger(unit) && unit >= 0 && unit < known!.units)
      )
        refuse('units', units.slice(0, 12).join(', '), `at most ${mostPicks} numbers from 0 to ${known!.units - 1}`);
      acted(() => {
        picks[population] = [...new Set(units)].sort((a, b) => a - b);
        owed = true;
      });
    },
    change(change) {
      steering.ask(change);
      wake();
    },
  };
  view.start(aboutOf(bench), controls);
  tell();
  void refresh();

  return { boundary, progress };

  function progress(told: TrainProgress): void {
    const now = clock();
    if (!paused && now - toldAt < progressEvery) return;
    toldAt = now;
    view.progress({ ...told, seconds: options.seconds(), joules: options.joules(told) });
  }
  function boundary(at: Boundary): Promise<void> | undefined {
    apply(at);
    if (steps > 0) {
      steps -= 1;
      owed = true;
      return undefined;
    }
    const due = view.watched && recordable && (owed || clock() >= next);
    return paused || due ? hold(at) : undefined;
  }
  async function hold(at: Boundary): Promise<void> {
    if (paused) progress(await at.look());
    for (;;) {
      if (view.watched && recordable && (owed || (!paused && clock() >= next))) await look(at);
      if (!paused || steps > 0 || signal?.aborted) break;
      await new Promise<void>((resolve) => {
        wake = resolve;
        setTimeout(resolve, poll);
      });
      apply(at);
    }
    if (steps > 0) {
      steps -= 1;
      owed = true;
    }
  }
  function apply(at: Boundary): void {
    if (options.apply(at)) void refresh();
  }
  async function look(at: Boundary): Promise<void> {
    const begun = clock();
    owed = false;
    const test = chosen !== null || at.seen < 0;
    const [examples, example] = test ? [data.test, chosen ?? 0] : [data.train, at.seen];
    const frames: Frame[] = [];
    await at.aside(async () => {
      await recordExamples({
        model, recipe, machine, examples, classes: data.classes, run: model.name, specs: watchedSpecs(model, recipe, picks, example), energySamples, signal,
        progress: { seed: model.seed, epoch: at.epoch, batch: at.batch, examples: at.examples, batchExamples: 1 },
        emit: async (frame) => void frames.push(frame),
      }); // prettier-ignore
    });
    const label = examples.labels[example] ?? null;
    view.example({ set: test ? 'test' : 'training', example, label, image: imageOf(examples, example), examples: at.examples, epoch: at.epoch, frames }); // prettier-ignore
    // The first look takes long, for code that has not run before; of two, one may have been held up by something else.
    const taken = clock() - begun;
    next = clock() + Math.max(pauseBetween, Math.min(taken, before) / share);
    before = taken;
  }
}

/** What is looked at of one example: spikes, the outputs' traces, energy, and the membranes of the units picked. */
export function watchedSpecs(
  model: Model,
  recipe: Recipe,
  picks: LiveState['picks'],
  example: number,
  phases: RecordSpec['phases'] = ['free', 'plus', 'minus'],
): RecordSpec[] {
  const common = { interval: model.step, examples: [example], phases };
  const usual = defaultRecord(model, recipe).map((spec) => ({ ...spec, ...common }));
  const membranes = Object.entries(picks)
    .filter(([, units]) => units.length > 0)
    .map(([population, units]): RecordSpec => ({ population, variable: 'membrane', units, ...common }));
  const energy: RecordSpec[] = recipe.energy ? [{ population: null, variable: 'energy', units: null, ...common }] : [];
  return [...usual, ...membranes, ...energy];
}

/** A few membranes of the first population that has any. */
export function firstPicks(model: Model, variables: Recipe['variables']): Record<string, readonly number[]> {
  const first = model.populations.find(({ name }) => variables[name]?.['membrane']);
  return first ? { [first.name]: [0, 1, 2].filter((unit) => unit < first.units) } : {};
}

export function aboutOf({ model, machine, data, rule, profile }: Pick<Watched, 'model' | 'machine' | 'data' | 'rule' | 'profile'>): LiveAbout {
  return {
    name: `${model.name}-${rule.name}-${model.seed}`, model: model.name, rule: rule.name, backend: machine.backend, seed: model.seed,
    profile, ...(model.kind === 'rate' ? {} : { step: model.step }), ...shapeOf(model),
    examples: data.train.count, batch: machine.batch, testExamples: data.test.count, epochs: model.learning.epochs,
  };
} // prettier-ignore

/** The network as a page draws it. */
export function shapeOf(model: Model): Pick<LiveAbout, 'populations' | 'projections' | 'output'> {
  return {
    populations: model.populations.map(({ name, kind, units }) => ({ name, kind, units })),
    projections: model.projections.map((projection) => {
      const { name, from, to, symmetric } = projection;
      const weights = matrixOf(projection, model.populations).reduce((a, b) => a * b);
      return { name, from, to, symmetric, weights };
    }),
    output: model.cost?.on ?? null,
  };
}

export function imageOf(examples: Examples, number: number): ShownExample['image'] {
  const picture = pictureOf(examples, number);
  return picture ? { ...picture, values: Uint8Array.from(picture.values, (value) => Math.round(255 * Math.min(1, Math.max(0, value)))) } : null; // prettier-ignore
}
