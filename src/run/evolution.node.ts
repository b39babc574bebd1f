// The literal tables of evolution files: which algorithm with which settings searches which task, and how a champion is shown.
// What does not go together is refused by name.
import type { SettleError } from '../errors.ts';
import type { Tree } from '../expr/tree.ts';
import type { AlgorithmSpec, EvolutionSpec, LoadedEvolution } from '../model/evolution.ts';
import { cmaEs } from '../search/cmaes.ts';
import { sims } from '../search/creatures/sims.ts';
import { draws } from '../search/draws.ts';
import type { Progress } from '../search/evolve.ts';
import { evolutionStrategy } from '../search/evolutionStrategy.ts';
import { evolutionaryProgramming } from '../search/evolutionaryProgramming.ts';
import { geneticProgramming } from '../search/geneticProgramming.ts';
import { binaryGeneticAlgorithm, realGeneticAlgorithm } from '../search/geneticAlgorithm.ts';
import { painted, painter } from '../search/indirect.ts';
import { enabledCount, geneCount, type Genome, hiddenCount } from '../search/neat/genome.ts';
import { neat, type NeatSettings, neatWithoutVelocities } from '../search/neat/neat.ts';
import { networkOf } from '../search/neat/network.ts';
import { nsga2 } from '../search/nsga2.ts';
import type { Algorithm, Answer, State } from '../search/search.ts';
import { linearController, recurrentController } from '../search/tasks/controllers.ts';
import { oneMax, realFunctions, zdt1 } from '../search/tasks/functions.ts';
import { mirror } from '../search/tasks/mirror.ts';
import { poles } from '../search/tasks/poles.ts';
import { quartic } from '../search/tasks/regression.ts';
import type { NetworkTask } from '../search/tasks/task.ts';
import { xor } from '../search/tasks/xor.ts';
import { shown } from '../search/trees.ts';
import { type Box, box } from '../search/vectors.ts';
import { creaturesOf, creatureWords, tried } from './creatures.ts';
import { expressionProblem, modelProblem, networkProblem } from './evolutionTasks.node.ts';

/** A candidate for a reader. */
export interface Shown {
  /** One line. */
  readonly words: string;
  /** Makes a model file, where the candidate is a model. */
  readonly model: (() => string) | null;
  /** `path=value` of a model that it changes. */
  readonly settings: readonly string[] | null;
}

type Signal = { readonly aborted: boolean };

/** A search that is ready; X is known to nobody outside. */
export interface Problem {
  readonly algorithm: Algorithm<unknown, State>;
  /** What trains looks at the signal; it then throws. */
  evaluate(candidate: unknown, signal?: Signal): Answer | Promise<Answer>;
  validate?(candidate: unknown): boolean;
  show(candidate: unknown): Shown;
  /** A page of the task's own, once the search has ended. */
  page?(progress: Progress<unknown, State>): Promise<string>;
  /** How fitness reads on a page. */
  readonly fitness: string;
  /** Contents that the evolution file only names: the model and the profile, resolved, or a mark of the data. */
  readonly named: readonly string[];
  readonly objectives: readonly string[];
}

interface Parts<X, S extends State> extends Pick<Problem, 'fitness'> {
  readonly algorithm: Algorithm<X, S>;
  evaluate(candidate: X, signal?: Signal): Answer | Promise<Answer>;
  validate?(candidate: X): boolean;
  page?(progress: Progress<X, S>): Promise<string>;
  show(candidate: X): string | Shown;
  readonly objectives?: readonly string[];
  readonly named?: readonly string[];
}

/** X and S are forgotten: a state and its candidates only ever meet their own algorithm. */
function problem<X, S extends State>(parts: Parts<X, S>): Problem {
  const { show, objectives = [parts.fitness], named = [], ...rest } = parts as unknown as Parts<unknown, State>;
  return {
    ...rest,
    objectives,
    named,
    show(candidate) {
      const found = show(candidate);
      return typeof found === 'string' ? { words: found, model: null, settings: null } : found;
    },
  };
}

type Of<K> = Extract<AlgorithmSpec, { readonly kind: K }>;

/** What a file leaves out is left to the algorithm's own defaults. */
function given<T extends object>(settings: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(settings).filter(([key, value]) => key !== 'kind' && value !== undefined)) as never; // prettier-ignore
}

/** Searches over vectors, drawn in `range` first. */
function vectors(spec: EvolutionSpec, range: Box, refuse: Refuse): Algorithm<readonly number[], State> {
  const { algorithm } = spec;
  const width = range.high[0]! - range.low[0]!;
  switch (algorithm.kind) {
    case 'cma-es': {
      const random = draws(spec.seed, 'initial', 0, 0);
      const mean = range.low.map((low, k) => low + (range.high[k]! - low) * random.uniform());
      return cmaEs({ mean, sigma: width * (algorithm.sigma ?? 0.3), lambda: algorithm.lambda }) as Algorithm<readonly number[], State>; // prettier-ignore
    }
    case 'evolution-strategy': {
      const { sigma = 0.1, ...rest } = algorithm;
      return evolutionStrategy({ ...given(rest), box: range, sigma: width * sigma }) as Algorithm<readonly number[], never>; // prettier-ignore
    }
    case 'evolutionary-programming': {
      const { sigma = 0.1, ...rest } = algorithm;
      return evolutionaryProgramming({ ...given(rest), box: range, sigma: width * sigma }) as Algorithm<readonly number[], never>; // prettier-ignore
    }
    case 'genetic-algorithm':
      return realGeneticAlgorithm({ ...given(algorithm), box: range }) as Algorithm<readonly number[], never>;
    case 'nsga-ii':
      return nsga2({ ...given(algorithm), box: range }) as Algorithm<readonly number[], never>;
    default:
      throw refuse('vectors of numbers', 'cma-es, evolution-strategy, evolutionary-programming, genetic-algorithm or nsga-ii'); // prettier-ignore
  }
}

type Refuse = (genomes: string, expected: string) => SettleError;

const grownWords = (genome: Genome): string =>
  `${hiddenCount(genome)} hidden units, ${enabledCount(genome)} enabled links, ${geneCount(genome)} genes`;

/** NEAT and its indirect sister, or a vector of weights of a fixed network. */
function networkTask(task: NetworkTask, defaults: Partial<NeatSettings>, spec: EvolutionSpec, refuse: Refuse): Problem {
  const { algorithm } = spec;
  const of = <X, S extends State>(search: Algorithm<X, S>, network: (x: X) => ReturnType<typeof networkOf>, show: (x: X) => string): Problem =>
    problem({
      algorithm: search, show, fitness: 'fitness',
      evaluate: (x: X) => task.evaluate(network(x)),
      ...(task.validate && { validate: (x: X) => task.validate!(network(x)).solved }),
    });
  if (algorithm.kind === 'neat') return of(neat(task, { ...defaults, ...given(algorithm) }), (genome) => networkOf(genome, task), grownWords);
  if (algorithm.kind === 'indirect') {
    if (task.recurrent) throw refuse('painted weights of a feed-forward network', 'neat');
    return of(painter(given(algorithm)), (genome) => painted(genome, task), grownWords);
  }
  if (task.name === 'xor' || task.name === 'mirror') throw refuse('networks that grow', 'neat or indirect');
  const controller = task.recurrent ? recurrentController(task, 3) : linearController(task);
  return of(vectors(spec, box(controller.size, -2, 2), refuse), controller.network, (x) => `weights ${x.map((value) => value.toPrecision(5)).join(' ')}`);
} // prettier-ignore

/** @throws SettleError of kind `input` for an algorithm that does not suit the task, or a task that cannot begin */
export function problemOf({ spec, at }: LoadedEvolution): Problem {
  const { task, algorithm } = spec;
  const refuse: Refuse = (genomes, expected) =>
    at(['algorithm', 'kind'], `the task ${task.kind} evolves ${genomes}`, { found: algorithm.kind, expected });
  const only = <K extends AlgorithmSpec['kind']>(kind: K, genomes: string): Of<K> => {
    if (algorithm.kind !== kind) throw refuse(genomes, kind);
    return algorithm as Of<K>;
  };
  switch (task.kind) {
    case 'xor':
      return networkTask(xor, {}, spec, refuse);
    case 'mirror':
      return networkTask(mirror(task.width ?? 8), {}, spec, refuse);
    case 'single-pole':
    case 'double-pole':
      return networkTask(poles({ poles: task.kind === 'single-pole' ? 1 : 2, velocities: true }), {}, spec, refuse);
    case 'single-pole-without-velocities':
    case 'double-pole-without-velocities':
      return networkTask(poles({ poles: task.kind.startsWith('single') ? 1 : 2, velocities: false }), neatWithoutVelocities, spec, refuse); // prettier-ignore
    case 'one-max': {
      const { length = 100 } = task;
      return problem({
        algorithm: binaryGeneticAlgorithm({ ...given(only('genetic-algorithm', 'strings of bits')), length }),
        evaluate: (bits) => ({ fitness: oneMax(bits), solved: oneMax(bits) === length }),
        show: (bits) => bits.join(''), fitness: 'ones',
      }); // prettier-ignore
    }
    case 'quartic':
      return problem({
        algorithm: geneticProgramming({ ...given(only('genetic-programming', 'expressions')), language: quartic.language }), // prettier-ignore
        evaluate: (tree) => quartic.evaluate(tree),
        show: (tree: Tree) => shown(tree),
        fitness: '- mean |error|',
      });
    case 'zdt1': {
      if (algorithm.kind !== 'nsga-ii') throw refuse('two objectives at once', 'nsga-ii');
      return problem({
        algorithm: vectors(spec, box(task.dimension ?? 30, 0, 1), refuse),
        evaluate: (x) => zdt1(x).map((f) => -f),
        show: (x) => x.map((value) => value.toPrecision(5)).join(' '), fitness: '-f1', objectives: ['-f1', '-f2'],
      }); // prettier-ignore
    }
    case 'creature': {
      const { do: what = 'walk', controller = 'rate' } = task;
      return problem({
        algorithm: sims({ population: only('sims', 'bodies and their neurons').population ?? 60, controller }),
        evaluate: (individual) => tried(individual, what), fitness: 'lengths of the creature',
        show: creatureWords,
        page: (progress) => creaturesOf(progress, spec, what),
      });
    } // prettier-ignore
    case 'network': {
      const made = networkProblem(task);
      return problem({
        algorithm: neat(made, given(only('neat', 'networks that grow'))), named: made.named,
        evaluate: (genome) => made.evaluate(genome), fitness: task.units === 'lif' ? '(share of training examples answered rightly)^2' : '(1 - mean |error|)^2',
        show: (genome) => ({ words: grownWords(genome), model: () => made.model(genome, `${spec.name}-champion`), settings: null }),
      }); // prettier-ignore
    }
    case 'expression': {
      const made = expressionProblem(task);
      return problem({
        algorithm: geneticProgramming({ population: 100, ...given(only('genetic-programming', 'expressions')), language: made.language }),
        named: made.named,
        evaluate: (tree, signal) => made.evaluate(tree, signal), fitness: '- validation error',
        show: (tree) => ({ words: made.settings(tree).join(' '), model: () => made.model(tree), settings: made.settings(tree) }),
      }); // prettier-ignore
    }
    case 'model': {
      const made = modelProblem(task);
      const objectives = (task.objectives ?? ['error']).map((name) => `- ${name}`);
      if (objectives.length > 1 && algorithm.kind !== 'nsga-ii') throw refuse(`${objectives.length} objectives at once`, 'nsga-ii'); // prettier-ignore
      return problem({
        algorithm: vectors(spec, box(made.paths.length, 0, 1), refuse),
        evaluate: (x, signal) => made.evaluate(x, signal), fitness: objectives[0]!, objectives, named: made.named,
        show: (x) => ({ words: made.settings(x).join(' '), model: () => made.model(x), settings: made.settings(x) }),
      }); // prettier-ignore
    }
    default: {
      const { f, low, high } = realFunctions[task.kind]!;
      return problem({
        algorithm: vectors(spec, box(task.dimension ?? 10, low, high), refuse),
        evaluate: (x) => -f(x),
        show: (x) => x.map((value) => value.toPrecision(5)).join(' '), fitness: '-f',
      }); // prettier-ignore
    }
  }
}
