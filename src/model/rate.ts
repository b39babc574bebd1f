// What only rate models say: activation, energy, dynamics, cost, optimiser, feedback and targets; texts are read here and
// refused with their place. Pure checks and defaults, no behaviour.
import { SettleError } from '../errors.ts';
import { derivative } from '../expr/derivative.ts';
import { parseExpression } from '../expr/parse.ts';
import type { Tree } from '../expr/tree.ts';
import type { Cost, Dynamics, Feedback, Init, Learning, Model, OptimiserSpec, Population, Projection, Targets } from './model.ts'; // prettier-ignore
import type { ModelFile, PopulationFile } from './schema.ts';
import type { ModelText } from './text.ts';

type Fail = ModelText['at'];

/** Rate when any population is; spiking and rate populations do not meet in one model. */
export function modelKind(raw: ModelFile, fail: Fail): Model['kind'] {
  const kinds = Object.entries(raw.populations).map(([name, { kind }]) => ({ name, kind }));
  const rate = kinds.filter(({ kind }) => kind === 'rate' || kind === 'readout');
  const spiking = kinds.find(({ kind }) => kind === 'lif' || kind === 'integrate-and-fire');
  if (rate.length > 0 && spiking)
    throw fail(['populations', spiking.name, 'kind'], 'spiking and rate populations in one model', {
      found: `${spiking.kind} beside ${rate[0]!.kind}`,
      expected: 'all of one sort',
    });
  return rate.length > 0 ? 'rate' : 'spiking';
}

const shortActivations: Readonly<Record<string, string>> = {
  identity: 'u', tanh: 'tanh(u)', sigmoid: 'sigmoid(u)', hardSigmoid: 'hardSigmoid(u)', relu: 'relu(u)',
}; // prettier-ignore
/** Keys that say nothing about a rate population. */
const spikingKeys = [
  'membraneTimeConstant', 'rest', 'resistance', 'threshold', 'reset', 'refractory', 'floor', 'cap', 'traceTimeConstant',
  'slowTraceTimeConstant', 'activityTime',
] as const; // prettier-ignore
const rateKeys = ['energy', 'activation', 'range'] as const;

/** A population's activation as a tree in `u`. */
export function activationOf({ activation }: Pick<Population, 'activation'>): Tree {
  return parseExpression(activation ?? 'u', { names: ['u'] });
}

/** Names of what a population's energy reads beside s and b: the features of its projections. */
export function inputNames(name: string, projections: readonly Projection[]): string[] {
  return [...new Set(projections.filter(({ to }) => to === name).flatMap(({ features }) => Object.keys(features)))];
}

/** A population's energy as a tree in s, b and its inputs; `rho(...)` is its activation. */
export function energyOf(population: Pick<Population, 'name' | 'energy' | 'activation'>, projections: readonly Projection[]): Tree {
  return parseExpression(population.energy ?? '-s * (input + b)', {
    names: ['s', 'b', ...inputNames(population.name, projections)],
    functions: { rho: activationOf(population) },
  });
} // prettier-ignore

/** What a sender shows, as a tree in its own s; `rho(...)` is its activation. */
export function featureOf(text: string, sender: Pick<Population, 'activation'>): Tree {
  return parseExpression(text, { names: ['s'], functions: { rho: activationOf(sender) } });
}

function read<T>(source: ModelText, path: readonly PropertyKey[], parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof SettleError)) throw error;
    const { found, expected, hint, column } = error.place;
    const placed = source.at(path, error.message, {
      ...(found && { found }),
      ...(expected && { expected }),
      ...(hint && { hint }),
    });
    throw column === undefined ? placed : new SettleError(`${placed.message} at column ${column}`, placed.place);
  }
}

type RateParts = Pick<Population, 'energy' | 'activation' | 'range' | 'dropout'>;

/** What a population shows, as texts that have a slope. */
function readFeatures(sender: Pick<Population, 'name' | 'activation'>, projections: readonly Projection[], source: ModelText): void {
  for (const projection of projections.filter(({ from }) => from === sender.name))
    for (const [feature, text] of Object.entries(projection.features)) {
      if (!/^[A-Za-z]\w*$/.test(feature) || ['s', 'b', 'u', 'rho', 'target', 'beta'].includes(feature))
        throw source.at(['projections', projection.name, 'features'], 'not a name for an input', { found: `"${feature}"`, expected: 'letters and digits, not s, b, u, rho, target or beta' });
      read(source, ['projections', projection.name, 'features', feature], () => derivative(featureOf(text, sender), 's'));
    }
} // prettier-ignore

/** The texts of a rate population (null for others) and its dropout. */
export function rateParts(name: string, raw: PopulationFile, projections: readonly Projection[], source: ModelText): RateParts {
  const path = ['populations', name];
  const isRate = raw.kind === 'rate' || raw.kind === 'readout';
  for (const key of isRate ? spikingKeys : rateKeys)
    if (raw[key] !== undefined && raw[key] !== null)
      throw source.at([...path, key], `a ${raw.kind} population has no ${key}`, {
        found: typeof raw[key] === 'object' ? 'a map' : `"${String(raw[key])}"`,
        expected: 'no such key',
      });
  const dropout = raw.dropout ?? 0;
  if (dropout < 0 || dropout >= 1)
    throw source.at([...path, 'dropout'], 'out of range', { found: String(dropout), expected: '0 up to, not with, 1' });
  if (!isRate) {
    readFeatures({ name, activation: null }, projections, source);
    return { energy: null, activation: null, range: null, dropout };
  }
  if (raw.kind === 'readout' && (raw.energy ?? null) !== null)
    throw source.at([...path, 'energy'], 'a readout is no part of what settles', { found: `"${raw.energy}"`, expected: 'no such key, or kind: rate' });
  const given = raw.activation ?? (raw.kind === 'readout' ? 'identity' : 'hardSigmoid');
  const activation = Object.hasOwn(shortActivations, given) ? shortActivations[given]! : given;
  read(source, [...path, 'activation'], () => derivative(parseExpression(activation, { names: ['u'] }), 'u'));
  const population = { name, energy: raw.kind === 'readout' ? null : (raw.energy ?? '-s * (input + b)'), activation };
  const incoming = inputNames(name, projections);
  if (population.energy !== null && (raw.energy || incoming.includes('input')))
    read(source, [...path, 'energy'], () => energyOf(population, projections));
  readFeatures(population, projections, source);
  return { ...population, range: raw.range ? interval([...path, 'range'], raw.range, source.at) : null, dropout };
} // prettier-ignore

/** [low, high] with null for none. */
export function interval(path: readonly PropertyKey[], [low, high]: readonly [number | null, number | null], fail: Fail): readonly [number, number] {
  const bounds = [low ?? -Infinity, high ?? Infinity] as const;
  if (bounds[0] >= bounds[1]) throw fail(path, 'bounds run downwards', { found: `${low} to ${high}`, expected: 'the lower one first' });
  return bounds;
} // prettier-ignore

export function dynamicsOf(raw: ModelFile['dynamics'], kind: Model['kind'], fail: Fail): Dynamics {
  if (raw && kind === 'spiking')
    throw fail(['dynamics'], 'a spiking model has its own dynamics', { found: 'a map', expected: 'no such key' });
  const what = raw?.kind ?? 'map';
  const step = raw?.step ?? (what === 'map' ? 1 : 0.5);
  if (!(step > 0) || (what === 'map' && step > 1))
    throw fail(['dynamics', 'step'], 'out of range', {
      found: String(step),
      expected: what === 'map' ? 'above 0, at most 1' : 'above 0',
    });
  return { kind: what, step, order: raw?.order ?? 'synchronous', nudge: raw?.nudge ?? 'inside' };
}

export function costOf(raw: NonNullable<ModelFile['cost']>, populations: readonly Population[], source: ModelText): Cost {
  const on = populations.find(({ name }) => name === raw.on)!;
  const kind = raw.kind ?? 'text';
  if (kind !== 'text') {
    if (raw.text !== undefined) throw source.at(['cost', 'text'], `a ${kind} has no text`, { found: `"${raw.text}"`, expected: 'no such key, or kind: text' });
    if (on.kind !== 'rate' && on.kind !== 'readout') throw source.at(['cost', 'kind'], `${kind} needs a rate model`, { found: `${on.name} of kind ${on.kind}`, expected: 'kind: readout' });
    return { on: raw.on, kind, text: '' };
  }
  const { text } = raw;
  if (text === undefined) throw source.at(['cost', 'text'], 'a required key is missing', { found: 'nothing', expected: 'text in s and target' });
  const slope = read(source, ['cost', 'text'], () => derivative(parseExpression(text, { names: ['s', 'target'] }), 's'));
  if (slope.kind === 'number' && slope.value === 0)
    throw source.at(['cost', 'text'], 'the cost does not change with the activity', { found: `"${text}"`, expected: 'a function of s (and target)' });
  return { on: raw.on, kind, text };
} // prettier-ignore

const optimiserDefaults: Readonly<Record<OptimiserSpec['kind'], Omit<OptimiserSpec, 'kind'>>> = {
  sgd: { beta1: 0, beta2: 0, epsilon: 0 },
  rmsprop: { beta1: 0, beta2: 0.99, epsilon: 1e-8 },
  'rmsprop-graves': { beta1: 0.9, beta2: 0.95, epsilon: 1e-3 },
  adam: { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 },
};

type OptimiserFile = NonNullable<ModelFile['learning']>['optimiser'];

function optimiserOf(raw: OptimiserFile, path: readonly PropertyKey[], fail: Fail, fallback?: OptimiserSpec): OptimiserSpec {
  const given = typeof raw === 'string' ? { kind: raw } : (raw ?? {});
  const kind = given.kind ?? fallback?.kind ?? 'sgd';
  const base = kind === fallback?.kind ? fallback : optimiserDefaults[kind];
  const { beta1 = base.beta1, beta2 = base.beta2, epsilon = base.epsilon } = given as Partial<OptimiserSpec>;
  for (const [key, value] of [['beta1', beta1], ['beta2', beta2]] as const)
    if (value < 0 || value >= 1) throw fail([...path, key], 'out of range', { found: String(value), expected: '0 up to, not with, 1' });
  if (epsilon < 0) throw fail([...path, 'epsilon'], 'out of range', { found: String(epsilon), expected: '0 or more' });
  return { kind, beta1, beta2, epsilon };
} // prettier-ignore

const initOf = (raw: string | { scheme?: string | undefined; gain?: number | undefined } | undefined): Init => {
  const given = typeof raw === 'string' ? { scheme: raw } : (raw ?? {});
  return { scheme: (given.scheme ?? 'glorot') as Init['scheme'], gain: given.gain ?? 1 };
};

type LearningParts = Pick<Learning, 'optimiser' | 'feedback' | 'targets' | 'vectorField' | 'annealing'>;

export function learningParts(raw: NonNullable<ModelFile['learning']>, fail: Fail): LearningParts {
  const optimiser = optimiserOf(raw.optimiser, ['learning', 'optimiser'], fail);
  const positive = (path: readonly PropertyKey[], value: number, least = 0): number => {
    if (value < least) throw fail(path, 'out of range', { found: String(value), expected: `${least} or more` });
    return value;
  };
  const f = raw.feedback ?? {};
  const feedback: Feedback = {
    init: initOf(f.init),
    shared: f.shared ?? false,
    decay: positive(['learning', 'feedback', 'decay'], f.decay ?? 0),
    rate: positive(['learning', 'feedback', 'rate'], f.rate ?? 0.1),
  };
  const t = raw.targets ?? {};
  const at = (key: string): readonly PropertyKey[] => ['learning', 'targets', key];
  const targets: Targets = {
    step: positive(at('step'), t.step ?? 0.1),
    top: t.top ?? null,
    inverse: t.inverse ?? 'trained',
    loss: t.loss ?? 'corrupted',
    reduction: t.reduction ?? 'sum',
    noise: positive(at('noise'), t.noise ?? 0.1),
    rate: positive(at('rate'), t.rate ?? 0.001),
    optimiser: optimiserOf(t.optimiser, at('optimiser'), fail, optimiser),
    schedule: t.schedule ?? 'batches',
    decoderSteps: positive(at('decoderSteps'), t.decoderSteps ?? 1, 1),
    decoders: t.decoders ?? null,
    decay: positive(at('decay'), t.decay ?? 0),
    auxiliary: positive(at('auxiliary'), t.auxiliary ?? 0),
  };
  const { annealing } = raw;
  const least = positive(['learning', 'annealing', 'least'], annealing?.least ?? 0);
  return {
    optimiser, feedback, targets, vectorField: raw.vectorField ?? 'same',
    ...(annealing ? { annealing: { epochs: positive(['learning', 'annealing', 'epochs'], annealing.epochs, 1), least } } : {}),
  }; // prettier-ignore
}
