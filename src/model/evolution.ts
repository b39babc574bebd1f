// What an evolution file may say (`settleEvolve: 1`): a task, an algorithm, a seed and a budget. Schema, defaults and one loader;
// pure data. It reads no model and knows no algorithm.
import { stringify } from 'yaml';
import { z } from 'zod';
import { type Issue, schemaError } from './refusal.ts';
import { type ModelText, modelText } from './text.ts';

const whole = (low: number, high: number, words: string) =>
  z.number({ error: `a whole number from ${low} to ${high}` }).int({ error: `a whole number from ${low} to ${high}` }).min(low, { error: `${low} or more` }).max(high, { error: `at most ${high}` }).optional().describe(words); // prettier-ignore
const share = (words: string) => z.number({ error: 'a share from 0 to 1' }).min(0, { error: '0 or more' }).max(1, { error: 'at most 1' }).optional().describe(words); // prettier-ignore
const positive = (words: string) => z.number({ error: 'a number above 0' }).positive({ error: 'a number above 0' }).optional().describe(words); // prettier-ignore

export const functionNames = ['sphere', 'ellipsoid', 'rosenbrock', 'rastrigin', 'ackley', 'griewank'] as const;
export const creatureTasks = ['walk', 'swim', 'jump'] as const;
export const objectiveNames = ['error', 'spikes', 'synapticEvents', 'macs', 'energy'] as const;
/** Of one number or two; what has no slope anywhere is left out. */
export const expressionFunctions = ['add', 'sub', 'mul', 'div', 'neg', 'abs', 'min', 'max', 'exp', 'sin', 'cos', 'tanh', 'sigmoid', 'hardSigmoid', 'relu'] as const; // prettier-ignore
const plainTasks = ['xor', 'single-pole', 'single-pole-without-velocities', 'double-pole', 'double-pole-without-velocities', 'quartic'] as const; // prettier-ignore

const data = z.strictObject({
  set: z.string().describe('a data set of settle, as in a model file; required'),
  path: z.string().optional().describe("of a user's own set"),
  train: whole(1, 1e9, 'training examples used: fitness is the share of them that is answered rightly'),
  test: whole(1, 1e9, 'test examples, which only the champion sees'),
  batch: whole(1, 100_000, 'examples side by side (default 50)'),
});

const vary = z
  .strictObject({
    low: z.number({ error: 'a number' }).describe('required'),
    high: z.number({ error: 'a number' }).describe('required'),
    scale: z.enum(['linear', 'log']).optional().describe('default linear'),
    whole: z.boolean().optional().describe('rounded to whole numbers (default false)'),
  })
  .describe('one number of the model, from low to high');

const task = z.discriminatedUnion(
  'kind',
  [
    z.strictObject({ kind: z.enum(plainTasks).describe('a bundled task') }),
    z.strictObject({
      kind: z.literal('mirror').describe('the output in the mirrored place has to be the largest'),
      width: whole(2, 100, 'inputs and outputs (default 8)'),
    }),
    z.strictObject({
      kind: z.enum(functionNames).describe('a function to be minimised'),
      dimension: whole(2, 1000, 'default 10'),
    }),
    z.strictObject({ kind: z.literal('zdt1').describe('two objectives'), dimension: whole(2, 1000, 'default 30') }),
    z.strictObject({ kind: z.literal('one-max').describe('all bits 1'), length: whole(2, 100_000, 'default 100') }),
    z.strictObject({
      kind: z.literal('creature').describe('bodies and their neurons, after Sims (1994)'),
      do: z.enum(creatureTasks).optional().describe('default walk'),
      controller: z.enum(['rate', 'lif']).optional().describe('what its neurons are (default rate)'),
    }),
    z.strictObject({
      kind: z.literal('network').describe('a settle network, topology and weights, that answers a data set'),
      units: z.enum(['rate', 'lif']).optional().describe('default rate'),
      data,
    }),
    z.strictObject({
      kind: z.literal('model').describe('numbers of a model file; fitness comes from training it'),
      model: z.string().describe('path as seen from the working folder, or a bundled name; required'),
      vary: z.record(z.string(), vary).describe('path: { low, high }; required'),
      set: z.record(z.string(), z.unknown()).optional().describe('path: value, changed in every candidate'),
      profile: z.string().optional().describe('hardware profile that every candidate is trained under'),
      objectives: z.array(z.enum(objectiveNames)).min(1, { error: 'a list of objectives' }).optional().describe('each made small (default [error], the validation error)'), // prettier-ignore
      seeds: whole(1, 100, 'seeds whose mean counts (default 1)'),
    }),
    z.strictObject({
      kind: z
        .literal('expression')
        .describe('a text of a model file, such as an activation or an energy; fitness comes from training the model'),
      model: z.string().describe('path as seen from the working folder, or a bundled name; required'),
      path: z.string().describe('of the text in the model: populations.h.activation; required'),
      names: z
        .array(z.string())
        .min(1, { error: 'a list of names' })
        .describe('that the text may use: [u], [s, input, b]; required'),
      functions: z
        .array(z.enum(expressionFunctions))
        .min(1, { error: 'a list of functions' })
        .optional()
        .describe('default add, sub, mul, neg, tanh, exp, min, max'),
      set: z.record(z.string(), z.unknown()).optional().describe('path: value, changed in every candidate'),
      seeds: whole(1, 100, 'seeds whose mean counts (default 1)'),
    }),
  ],
  {
    error: `a task: ${plainTasks.join(', ')}, ${functionNames.join(', ')}, zdt1, one-max, mirror, creature, network, model or expression`,
  },
);

const population = whole(2, 100_000, 'individuals');
const sigma = positive('first step length, as a share of the range');
const algorithm = z.discriminatedUnion(
  'kind',
  [
    z.strictObject({
      kind: z.enum(['neat', 'indirect']).describe('networks that grow; indirect: one paints the weights of another'),
      population,
      threshold: positive('distance that parts species'),
      speciesTarget: whole(1, 10_000, 'species wished for: the threshold is moved towards so many'),
      addNode: share('of children'),
      addLink: share('of children'),
      power: positive('largest step of a weight'),
      functions: z.array(z.enum(['sigmoid', 'tanh', 'gaussian', 'sine', 'absolute', 'linear'])).min(1, { error: 'a list of functions' }).optional().describe('what hidden nodes may do'), // prettier-ignore
    }),
    z.strictObject({
      kind: z.literal('cma-es'),
      lambda: whole(2, 100_000, 'candidates of a generation (default 4 + floor(3 ln n))'),
      sigma,
    }),
    z.strictObject({
      kind: z.literal('evolution-strategy'),
      mu: whole(1, 100_000, 'parents (default 15)'),
      rho: whole(1, 100_000, 'parents of one child (default mu)'),
      lambda: whole(1, 100_000, 'children (default 100)'),
      parentsSurvive: z.boolean().optional().describe('plus in place of comma (default false)'),
      sigma,
    }),
    z.strictObject({
      kind: z.literal('evolutionary-programming'),
      population,
      steps: z.enum(['normal', 'cauchy']).optional().describe('default normal'),
      sigma,
    }),
    z.strictObject({
      kind: z.literal('genetic-algorithm'),
      population,
      selection: z.enum(['tournament', 'roulette', 'stochastic-universal', 'rank']).optional().describe('default tournament'), // prettier-ignore
      crossover: share('of pairs'),
      elite: whole(0, 1000, 'parents that live on (default 1)'),
    }),
    z.strictObject({
      kind: z.literal('genetic-programming'),
      population,
      crossover: share('of pairs'),
      mutation: share('of children'),
    }),
    z.strictObject({ kind: z.literal('nsga-ii'), population }),
    z.strictObject({ kind: z.literal('sims'), population }),
  ],
  {
    error:
      'an algorithm: neat, indirect, cma-es, evolution-strategy, evolutionary-programming, genetic-algorithm, genetic-programming, nsga-ii or sims',
  },
);

const evolutionSchema = z
  .strictObject({
    settleEvolve: z.literal(1).describe('version of this format; required'),
    name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, { error: 'letters, digits, - _ .' }).describe('what its folder is called; required'), // prettier-ignore
    task: z.preprocess((raw) => (typeof raw === 'string' ? { kind: raw } : raw), task).describe('what is to be solved; required'), // prettier-ignore
    algorithm: z.preprocess((raw) => (typeof raw === 'string' ? { kind: raw } : raw), algorithm).describe('how; required'), // prettier-ignore
    seed: whole(0, 4_294_967_295, 'of everything random (default 1)'),
    until: z
      .strictObject({
        generations: whole(1, 1e9, 'at most (default 100 without other limits)'),
        evaluations: whole(1, 1e12, 'no generation begins beyond'),
        target: z.number({ error: 'a number' }).optional().describe('a fitness that is enough'),
      })
      .optional()
      .describe('ends earlier when the task is solved'),
  })
  .describe('A search by evolution.');

type Optional<T> = { readonly [K in keyof T]?: T[K] | undefined };

export interface Varied {
  readonly low: number;
  readonly high: number;
  readonly scale?: 'linear' | 'log' | undefined;
  readonly whole?: boolean | undefined;
}

export interface NetworkTaskSpec {
  readonly kind: 'network';
  readonly units?: 'rate' | 'lif' | undefined;
  readonly data: { readonly set: string } & Optional<{ path: string; train: number; test: number; batch: number }>;
}

export interface CreatureTaskSpec {
  readonly kind: 'creature';
  readonly do?: (typeof creatureTasks)[number] | undefined;
  readonly controller?: 'rate' | 'lif' | undefined;
}

export interface ModelTaskSpec {
  readonly kind: 'model';
  readonly model: string;
  readonly vary: Readonly<Record<string, Varied>>;
  readonly set?: Readonly<Record<string, unknown>> | undefined;
  readonly profile?: string | undefined;
  /** energy: joules of an inference by the profile's prices. */
  readonly objectives?: readonly (typeof objectiveNames)[number][] | undefined;
  readonly seeds?: number | undefined;
}

export interface ExpressionTaskSpec {
  readonly kind: 'expression';
  readonly model: string;
  readonly path: string;
  readonly names: readonly string[];
  readonly functions?: readonly (typeof expressionFunctions)[number][] | undefined;
  readonly set?: Readonly<Record<string, unknown>> | undefined;
  readonly seeds?: number | undefined;
}

export type TaskSpec =
  | { readonly kind: (typeof plainTasks)[number] }
  | { readonly kind: 'mirror'; readonly width?: number | undefined }
  | { readonly kind: (typeof functionNames)[number] | 'zdt1'; readonly dimension?: number | undefined }
  | { readonly kind: 'one-max'; readonly length?: number | undefined }
  | CreatureTaskSpec
  | NetworkTaskSpec
  | ExpressionTaskSpec
  | ModelTaskSpec;

type Numbers<K extends string> = Optional<Record<K, number>>;
/** Written out, so that who uses the library needs no schema. */
export type AlgorithmSpec =
  | ({ readonly kind: 'neat' | 'indirect' } & Numbers<'population' | 'threshold' | 'speciesTarget' | 'addNode' | 'addLink' | 'power'> & Optional<{ functions: ('sigmoid' | 'tanh' | 'gaussian' | 'sine' | 'absolute' | 'linear')[] }>)
  | ({ readonly kind: 'cma-es' } & Numbers<'lambda' | 'sigma'>)
  | ({ readonly kind: 'evolution-strategy' } & Numbers<'mu' | 'rho' | 'lambda' | 'sigma'> & Optional<{ parentsSurvive: boolean }>)
  | ({ readonly kind: 'evolutionary-programming' } & Numbers<'population' | 'sigma'> & Optional<{ steps: 'normal' | 'cauchy' }>)
  | ({ readonly kind: 'genetic-algorithm' } & Numbers<'population' | 'crossover' | 'elite'> & Optional<{ selection: 'tournament' | 'roulette' | 'stochastic-universal' | 'rank' }>)
  | ({ readonly kind: 'genetic-programming' } & Numbers<'population' | 'crossover' | 'mutation'>)
  | ({ readonly kind: 'nsga-ii' } & Numbers<'population'>)
  | ({ readonly kind: 'sims' } & Numbers<'population'>); // prettier-ignore

export interface EvolutionSpec {
  readonly name: string;
  readonly task: TaskSpec;
  readonly algorithm: AlgorithmSpec;
  readonly seed: number;
  readonly until: Optional<{ generations: number; evaluations: number; target: number }>;
}

/** A file with its errors' places, for what only its reader can find wrong. */
export interface LoadedEvolution {
  readonly spec: EvolutionSpec;
  /** The file with its overrides in it: it loads to the same spec. */
  readonly text: string;
  readonly at: ModelText['at'];
}

const defaultGenerations = 100;

/** @throws SettleError of kind `input`: file, line, path, what was found and what was expected */
export function loadEvolution(text: string, file: string, set: readonly string[] = []): LoadedEvolution {
  const source = modelText(text, file, set);
  const checked = evolutionSchema.safeParse(source.value);
  if (!checked.success) throw schemaError(source, checked.error.issues[0] as Issue, evolutionSchema);
  const { name, task: given, algorithm: how, seed = 1, until = {} } = checked.data;
  if (given.kind === 'model')
    for (const [path, { low, high, scale }] of Object.entries(given.vary)) {
      if (!(low < high)) throw source.at(['task', 'vary', path], 'a range upside down', { found: `${low} to ${high}`, expected: 'low below high' }); // prettier-ignore
      if (scale === 'log' && low <= 0) throw source.at(['task', 'vary', path, 'low'], 'no logarithm', { found: String(low), expected: 'a number above 0, or scale: linear' }); // prettier-ignore
    }
  if (given.kind === 'model' && given.objectives?.includes('energy') && given.profile === undefined)
    throw source.at(['task', 'objectives'], 'energy has no price', { found: 'no profile', expected: 'profile: loihi-1, or another (settle list profiles)' }); // prettier-ignore
  if (given.kind === 'model' && Object.keys(given.vary).length === 0)
    throw source.at(['task', 'vary'], 'nothing to vary', { found: 'no path', expected: 'path: { low, high }' });
  const bounded = until.generations !== undefined || until.evaluations !== undefined;
  return {
    spec: { name, task: given, algorithm: how, seed, until: bounded ? until : { ...until, generations: defaultGenerations } },
    text: set.length === 0 ? text : stringify(source.value),
    at: source.at,
  }; // prettier-ignore
}

/** The JSON Schema of evolution files, for editors: `task: xor` is short for `task: { kind: xor }`. */
export function evolutionJsonSchema(): object {
  const made = z.toJSONSchema(evolutionSchema, { io: 'input' }) as { properties: Record<string, object> };
  const orWord = (key: string): object => ({ anyOf: [{ type: 'string' }, made.properties[key]] });
  return {
    ...made,
    properties: { ...made.properties, task: orWord('task'), algorithm: orWord('algorithm') },
    $id: 'settle/evolve/1',
    title: 'settle evolution',
  };
}
