// What evolution files name, put together: a task, the encodings that suit it, and an evaluator. Networks of settle and models that
// train are evaluated here, where backends are known.
import type { Examples } from '../data/dataset.ts';
import { loadDataSet } from '../data/load.node.ts';
import { SettleError } from '../errors.ts';
import { name as nameTree } from '../expr/tools.ts';
import type { Tree } from '../expr/tree.ts';
import { readProfile } from '../hardware/profile/profileRead.node.ts';
import { evaluate, freshState } from '../learn/trainer.ts';
import type { ExpressionTaskSpec, ModelTaskSpec, NetworkTaskSpec, Varied } from '../model/evolution.ts';
import { loadModel } from '../model/load.ts';
import { readModel } from '../model/read.node.ts';
import { valueOf as valueAt } from '../model/sweep.ts';
import { type Genome, hiddenCount } from '../search/neat/genome.ts';
import { genomeModel } from '../search/neat/model.ts';
import { networkOf } from '../search/neat/network.ts';
import { folded } from '../search/points.ts';
import type { Answer } from '../search/search.ts';
import { type Language, shown } from '../search/trees.ts';
import { errorOf } from './figures.ts';
import { judge } from './judge.node.ts';
import { openBench } from './run.node.ts';

/** What an evolution file names, as it is now: the identity of a search. */
interface Named {
  readonly named: readonly string[];
}

export interface NetworkProblem extends Named {
  readonly inputs: number;
  readonly outputs: number;
  evaluate(genome: Genome): Promise<Answer>;
  model(genome: Genome, name: string): string;
}

const defaultBatch = 50;

/** Topology and weights of a settle network, solved when it answers every training example rightly; test examples are not looked at. */
export function networkProblem({ units = 'rate', data }: NetworkTaskSpec): NetworkProblem {
  const set = loadDataSet({ set: data.set, path: data.path ?? null, train: data.train ?? null, test: data.test ?? null, validation: 0, batch: data.batch ?? defaultBatch }); // prettier-ignore
  const inputs = set.train.shape.reduce((a, b) => a * b, 1);
  const text = (genome: Genome, name: string): string =>
    genomeModel(genome, { name, units, data: { ...data, batch: Math.min(data.batch ?? defaultBatch, set.train.count) }, source: `Evolved by NEAT on ${data.set}: ${hiddenCount(genome)} hidden units.` }); // prettier-ignore
  return {
    named: [set.sha256],
    inputs,
    outputs: set.classes,
    model: text,
    async evaluate(genome) {
      if (units === 'rate') return answers(genome, set.train, inputs);
      const right = await spikedRightly(text(genome, 'candidate'));
      return { fitness: right * right, solved: right === 1 };
    },
  }; // prettier-ignore
}

/** What the rate model of the same text computes, without a machine for each genome: (1 - mean |error| of an output)^2. */
function answers(genome: Genome, { inputs, labels, count }: Examples, width: number): Answer {
  const network = networkOf(genome);
  let [right, error] = [0, 0];
  for (let k = 0; k < count; k++) {
    const answer = network.act(inputs.subarray(k * width, (k + 1) * width));
    let best = 0;
    for (let j = 0; j < answer.length; j++) {
      if (answer[j]! > answer[best]!) best = j;
      error += Math.min(1, Math.abs(answer[j]! - (j === labels[k] ? 1 : 0))) / answer.length;
    }
    if (best === labels[k]) right += 1;
  }
  return { fitness: (1 - error / count) ** 2, solved: right === count };
}

async function spikedRightly(text: string): Promise<number> {
  const { model } = loadModel(text, { file: 'candidate' });
  const { recipe, machine, data } = await openBench({ model, threads: 1 });
  try {
    await freshState(recipe, machine, model.seed);
    const found = await evaluate({ recipe, machine, data, examples: data.train, seed: model.seed });
    return 1 - errorOf(found!);
  } finally {
    await machine.close();
  }
}

/** The resolved model. @throws SettleError of kind `input` for a model that does not exist, does not take the settings or holds nothing out */
function judged(name: string, set: readonly string[]): string {
  const { model, resolvedYaml } = readModel(name, { set });
  if (model.data.validation === 0)
    throw new SettleError('nothing to judge candidates by', {
      kind: 'input', path: 'task.model', found: `data.validation 0 in ${name}`, expected: 'a validation split', hint: 'task.set: { data.validation: 200 }',
    }); // prettier-ignore
  return resolvedYaml;
}

const assignments = (set: Readonly<Record<string, unknown>>): string[] =>
  Object.entries(set).map(([path, value]) => `${path}=${JSON.stringify(value)}`);

export interface ModelProblem extends Named {
  readonly paths: readonly string[];
  /** A vector in the unit box (mirrored at its sides where it leaves it) as `path=value`. */
  settings(x: readonly number[]): string[];
  /** The model file with them. */
  model(x: readonly number[]): string;
  evaluate(x: readonly number[], signal?: { readonly aborted: boolean }): Promise<Answer>;
}

const valueOf = ({ low: from, high: to, scale = 'linear', whole = false }: Varied, x: number): number | string =>
  valueAt({ kind: 'range', from, to, scale, whole, unit: null }, folded(x));

/** Numbers of a model file; each candidate is trained, and judged on the validation split. */
export function modelProblem({ model: name, vary, set = {}, profile: chip, objectives = ['error'], seeds = 1 }: ModelTaskSpec): ModelProblem {
  const paths = Object.keys(vary);
  const fixed = assignments(set);
  const settings = (x: readonly number[]): string[] => paths.map((path, k) => `${path}=${valueOf(vary[path]!, x[k]!)}`);
  const profile = chip === undefined ? null : readProfile(chip);
  // A path that does not exist is found before anything is trained.
  const resolved = judged(name, [...fixed, ...settings(paths.map(() => 0.5))]);
  return {
    named: profile ? [resolved, JSON.stringify(profile.profile)] : [resolved],
    paths,
    settings,
    model: (x) => readModel(name, { set: [...fixed, ...settings(x)] }).resolvedYaml,
    async evaluate(x, signal) {
      const sums = objectives.map(() => 0);
      for (let seed = 1; seed <= seeds; seed++) {
        const { model: candidate } = readModel(name, { set: [...fixed, ...settings(x), `seed=${seed}`] });
        const found = await judge({ model: candidate, profile, signal });
        objectives.forEach((objective, k) => (sums[k]! += found[objective] ?? NaN));
      }
      return sums.map((sum) => -sum / seeds);
    },
  };
} // prettier-ignore

export interface ExpressionProblem extends Named {
  readonly language: Language;
  settings(tree: Tree): string[];
  model(tree: Tree): string;
  evaluate(tree: Tree, signal?: { readonly aborted: boolean }): Promise<Answer>;
}

const defaultFunctions = ['add', 'sub', 'mul', 'neg', 'tanh', 'exp', 'min', 'max'] as const;

/** A text of a model file: an activation, an energy, a cost. What the model refuses is a failure of that candidate. */
export function expressionProblem({ model: name, path, names, functions = defaultFunctions, set = {}, seeds = 1 }: ExpressionTaskSpec): ExpressionProblem {
  const fixed = assignments(set);
  const settings = (tree: Tree): string[] => [`${path}=${JSON.stringify(shown(tree))}`];
  // Each name alone is a text: a path or a name that the model does not know is found before anything is trained.
  const resolved = names.map((each) => judged(name, [...fixed, ...settings(nameTree(each))]));
  return {
    named: resolved,
    language: { functions, names, constants: 1 },
    settings,
    model: (tree) => readModel(name, { set: [...fixed, ...settings(tree)] }).resolvedYaml,
    async evaluate(tree, signal) {
      let sum = 0;
      for (let seed = 1; seed <= seeds; seed++) {
        const { model } = readModel(name, { set: [...fixed, ...settings(tree), `seed=${seed}`] });
        sum += (await judge({ model, signal })).error;
      }
      return { fitness: -sum / seeds, solved: sum === 0 };
    },
  };
} // prettier-ignore
