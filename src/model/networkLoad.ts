// Text of a model without learning -> NetworkModel: defaults, units, and one clear refusal with its place. It reads no file.
import { inUnits, quantity } from '../expr/units.ts';
import type { Equations, EquationVariable } from './equations.ts';
import { equationsOf, type Lent, quantityOf } from './equationsLoad.ts';
import {
  type Connect,
  type Drawn,
  isSource,
  type NetworkModel,
  type NetworkPopulation,
  type NetworkProjection,
  type Synapse,
} from './network.ts';
import { type DrawnFile, type EquationsFile, type NetworkFile, networkSchema } from './networkSchema.ts';
import { type Issue, schemaError } from './refusal.ts';
import { quantities } from './quantities.ts';
import { hinted, type ModelText, modelText, suggestion } from './text.ts';

export const unitsLimit = 1e8;

/** @throws SettleError of kind `input`: file, line, path, what was found and what was expected */
export function loadNetwork(text: string, { file, set = [] }: { file: string; set?: readonly string[] }): NetworkModel {
  const source = modelText(text, file, set);
  const checked = networkSchema.safeParse(source.value);
  if (!checked.success) throw schemaError(source, checked.error.issues[0] as Issue, networkSchema);
  return resolve(checked.data, source);
}

type Path = readonly PropertyKey[];

function resolve(raw: NetworkFile, source: ModelText): NetworkModel {
  const fail: ModelText['at'] = (path, message, sides) => source.at(path, message, sides);
  const read = quantities(source);
  const { located, time, potential } = read;
  const frequency = (path: Path, value: number | string): number => {
    const rate = typeof value === 'number' ? value : located(path, () => quantity(value, 'frequency'));
    if (!(rate >= 0))
      throw fail(path, 'a rate may not be negative', { found: String(value), expected: '0 Hz or more' });
    return rate;
  };
  function drawn(path: Path, value: DrawnFile | undefined, fallback: number, read: (path: Path, value: number | string) => number): Drawn {
    if (value === undefined) return { kind: 'constant', value: fallback };
    if (Array.isArray(value)) return { kind: 'list', values: value.map((each, k) => read([...path, k], each)) };
    if (typeof value !== 'object') return { kind: 'constant', value: read(path, value) };
    const given = value;
    const need = (key: 'low' | 'high' | 'mean' | 'deviation' | 'scale'): number => {
      const found = given[key];
      if (found === undefined)
        throw fail([...path, key], 'a required key is missing', { found: 'nothing', expected: `${key} of the ${given.distribution} distribution` });
      return read([...path, key], found);
    };
    const bound = (key: 'low' | 'high', fallback: number): number => (given[key] === undefined ? fallback : need(key));
    const range = { low: bound('low', -Infinity), high: bound('high', Infinity) };
    if (!(range.low < range.high) && given.distribution !== 'uniform')
      throw fail([...path, 'low'], 'an empty range', { found: `${range.low} to ${range.high}`, expected: 'low below high' });
    if (given.distribution === 'uniform') {
      const [low, high] = [need('low'), need('high')];
      if (low > high) throw fail([...path, 'low'], 'an empty range', { found: `${low} to ${high}`, expected: 'low below high' });
      return { kind: 'uniform', low, high };
    }
    const positive = (key: 'deviation' | 'scale'): number => {
      const found = need(key);
      if (!(found >= 0)) throw fail([...path, key], 'may not be negative', { found: String(found), expected: '0 or more' });
      return found;
    };
    if (given.distribution === 'exponential') return { kind: 'exponential', scale: positive('scale'), ...range };
    const mean = need('mean');
    if (given.distribution === 'lognormal' && !(mean > 0))
      throw fail([...path, 'mean'], 'a lognormal distribution has a mean above 0', { found: String(mean), expected: 'above 0' });
    return { kind: given.distribution, mean, deviation: positive('deviation'), ...range };
  } // prettier-ignore
  const delayTime = (path: Path, value: number | string): number => {
    if (typeof value === 'number') throw fail(path, 'a unit is missing', { found: String(value), expected: 'a time such as "1.5 ms"' }); // prettier-ignore
    return time(path, value, 0, 'zero');
  };
  const synapseOf = (path: Path, value: { kind?: Synapse['kind'] | undefined; timeConstant?: string | undefined } | undefined): Synapse => {
    const kind = value?.kind ?? (value?.timeConstant === undefined ? 'delta' : 'exponential');
    if (kind === 'delta') {
      if (value?.timeConstant !== undefined) throw fail([...path, 'timeConstant'], 'a delta synapse has no time constant', { found: value.timeConstant, expected: 'no such key' });
      return { kind, timeConstant: 0 };
    }
    if (value?.timeConstant === undefined) throw fail([...path, 'timeConstant'], 'a required key is missing', { found: 'nothing', expected: 'a time such as "5 ms"' });
    return { kind, timeConstant: time([...path, 'timeConstant'], value.timeConstant, 0) };
  }; // prettier-ignore

  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(raw.name))
    throw fail(['name'], 'not a name', { found: `"${raw.name}"`, expected: 'letters, digits, - _ .' });
  const engine = raw.engine ?? 'clocked';
  const step = time(['step'], raw.step, 1e-4);
  const wholeSteps = (path: Path, duration: number): void => {
    if (engine !== 'clocked') return;
    if (Math.abs(duration / step - Math.round(duration / step)) > 1e-6)
      throw fail(path, 'not a whole number of steps', {
        found: inUnits(duration),
        expected: `a multiple of ${inUnits(step)}, or engine: event`,
      });
  };
  const names = Object.keys(raw.populations);
  if (names.length === 0) throw fail(['populations'], 'no population', { found: 'nothing', expected: 'at least one' });

  const populations = Object.entries(raw.populations).map(([name, value]): NetworkPopulation => {
    const path: Path = ['populations', name];
    if (!/^[A-Za-z]\w*$/.test(name))
      throw fail(path, 'not a population name', {
        found: `"${name}"`,
        expected: 'a letter, then letters, digits or _',
      });
    if (value.units < 1 || value.units > unitsLimit)
      throw fail([...path, 'units'], 'impossible number of units', {
        found: String(value.units),
        expected: 'a whole number from 1 to 100,000,000',
      });
    if (value.kind === 'equations') {
      const duration = time([...path, 'refractory', 'duration'], value.refractory?.duration, 0, 'zero');
      wholeSteps([...path, 'refractory', 'duration'], duration);
      return equationsPopulation(path, name, value, duration, { fail, located, drawn });
    }
    const { kind } = value;
    const source = isSource({ kind });
    const allowed: Record<string, readonly string[]> = {
      lif: ['membraneTimeConstant', 'rest', 'threshold', 'strict', 'reset', 'refractory', 'floor', 'cap', 'bias', 'current', 'initial', 'drive'],
      'integrate-and-fire': ['rest', 'threshold', 'strict', 'reset', 'refractory', 'floor', 'cap', 'bias', 'current', 'initial', 'drive'],
      poisson: ['rate'], regular: ['rate'], spikes: ['spikes', 'file'],
    }; // prettier-ignore
    for (const key of Object.keys(value))
      if (key !== 'units' && key !== 'kind' && !allowed[kind]!.includes(key))
        throw fail([...path, key], `a population of kind ${kind} has no such key`, {
          found: `"${key}"`,
          expected: `one of ${allowed[kind]!.join(', ')}`,
        });
    if ((kind === 'poisson' || kind === 'regular') && value.rate === undefined)
      throw fail([...path, 'rate'], 'a required key is missing', { found: 'nothing', expected: 'a rate such as "10 Hz"' }); // prettier-ignore
    if (kind === 'spikes' && (value.spikes === undefined) === (value.file === undefined))
      throw fail(path, 'spikes come from a list or from a file', { found: value.spikes ? 'both' : 'neither', expected: 'spikes: [[0, "5 ms"], ...] or file: PATH' }); // prettier-ignore
    const unitAt = (key: 'spikes' | 'current', k: number, unit: number): number => {
      if (unit < 0 || unit >= value.units)
        throw fail([...path, key, k], 'no such unit', { found: String(unit), expected: `0 to ${value.units - 1}` });
      return unit;
    };
    const spikes = (value.spikes ?? []).map(([unit, at], k): readonly [number, number] => [
      unitAt('spikes', k, unit),
      time([...path, 'spikes', k], at, 0, 'zero'),
    ]);
    const current = (value.current ?? []).map(([unit, at, drive], k): readonly [number, number, number] => [
      unitAt('current', k, unit),
      time([...path, 'current', k], at, 0, 'zero'),
      potential([...path, 'current', k], drive),
    ]);
    const duration = time([...path, 'refractory', 'duration'], value.refractory?.duration, 0, 'zero');
    wholeSteps([...path, 'refractory', 'duration'], duration);
    const perfect = kind === 'integrate-and-fire';
    const at = (key: 'rest' | 'threshold' | 'floor' | 'cap', fallback: number): number =>
      value[key] === undefined ? fallback : potential([...path, key], value[key]);
    const rest = at('rest', 0);
    if (!source && value.threshold === undefined && read.volts)
      throw fail([...path, 'threshold'], 'a model in volts has no default threshold', { found: 'nothing', expected: 'text such as "-50 mV"' }); // prettier-ignore
    const threshold = value.threshold === 'none' ? Infinity : at('threshold', 1);
    const reset =
      value.reset && 'by' in value.reset
        ? { mode: 'by' as const, value: potential([...path, 'reset', 'by'], value.reset.by) }
        : { mode: 'to' as const, value: value.reset ? potential([...path, 'reset', 'to'], value.reset.to) : rest };
    if (!source && (reset.mode === 'to' ? reset.value >= threshold : reset.value <= 0))
      throw fail([...path, 'reset'], 'the reset does not take the potential below threshold', {
        found: String(reset.value),
        expected: reset.mode === 'to' ? `below ${threshold}` : 'above 0',
      });
    const floor = at('floor', -Infinity);
    if (floor >= threshold || (reset.mode === 'to' && floor > reset.value))
      throw fail([...path, 'floor'], 'the floor is above the reset or the threshold', { found: String(floor), expected: `at most ${reset.mode === 'to' ? reset.value : threshold}` }); // prettier-ignore
    const cap = at('cap', Infinity);
    if (cap < floor) throw fail([...path, 'cap'], 'the cap is below the floor', { found: String(cap), expected: `at least ${floor}` }); // prettier-ignore
    const listed = (what: 'bias' | 'initial', found: Drawn): Drawn =>
      oneForEach([...path, what], found, value.units, fail);
    return {
      name, units: value.units, kind, rate: value.rate === undefined ? 0 : frequency([...path, 'rate'], value.rate),
      spikes: [...spikes].sort((a, b) => a[1] - b[1] || a[0] - b[0]), file: value.file ?? null,
      membraneTimeConstant: perfect ? Infinity : time([...path, 'membraneTimeConstant'], value.membraneTimeConstant, 0.01),
      rest, threshold, strict: value.strict ?? false, reset, refractory: { duration, arrivals: value.refractory?.arrivals ?? 'lose' }, floor, cap,
      bias: listed('bias', drawn([...path, 'bias'], value.bias, 0, potential)),
      // Stable: of two values at one instant the later in the file holds.
      current: current.toSorted((a, b) => a[1] - b[1]),
      initial: listed('initial', drawn([...path, 'initial'], value.initial, rest, potential)),
      drive: value.drive
        ? { rate: frequency([...path, 'drive', 'rate'], value.drive.rate), weight: potential([...path, 'drive', 'weight'], value.drive.weight), synapse: synapseOf([...path, 'drive', 'synapse'], value.drive.synapse) }
        : null,
    }; // prettier-ignore
  });

  const populationOf = new Map(populations.map((population) => [population.name, population]));
  const projections = Object.entries(raw.projections).map(([key, value]): NetworkProjection => {
    const path: Path = ['projections', key];
    const [, from, to] = /^(\S+?)\s*->\s*(\S+?)(?:\s*#\s*\w+)?$/.exec(key) ?? [];
    if (!from || !to) throw fail(path, 'not a projection', { found: `"${key}"`, expected: 'e->i, or e->i#2 for a second one' }); // prettier-ignore
    for (const end of [from, to])
      if (!names.includes(end))
        throw fail(path, 'unknown population', {
          found: `"${end}"`,
          expected: `one of ${names.join(', ')}`,
          ...hinted(suggestion(end, names)),
        });
    const [pre, post] = [populationOf.get(from)!, populationOf.get(to)!];
    if (isSource(post)) throw fail(path, 'a projection into a source', { found: key, expected: `${to} at the start of ->` }); // prettier-ignore
    const connect = connectOf([...path, 'connect'], value.connect, pre, post, fail);
    const target = targetOf(path, value, post, fail);
    const weight = drawn([...path, 'weight'], value.weight, 0, target ? quantityOf(target.dimensions, { fail, located, drawn }) : potential); // prettier-ignore
    const delay = drawn([...path, 'delay'], value.delay, 0, delayTime);
    const lowest = delay.kind === 'constant' ? delay.value : delay.kind === 'list' ? leastOf(delay.values) : delay.low;
    if (lowest < 0)
      throw fail([...path, 'delay'], 'a delay may not be negative', {
        found: delay.kind === 'uniform' || lowest !== -Infinity ? inUnits(lowest) : `a ${delay.kind} distribution without low`,
        expected: delay.kind === 'normal' || delay.kind === 'lognormal' || delay.kind === 'exponential' ? 'low: "0 ms" or more' : '0 ms or more',
      }); // prettier-ignore
    if (delay.kind === 'constant') wholeSteps([...path, 'delay'], delay.value);
    return {
      name: key.replace(/\s/g, ''), from, to, connect, autapses: value.autapses ?? true, weight, delay,
      synapse: target ? { kind: 'delta', timeConstant: 0, target: target.name } : synapseOf([...path, 'synapse'], value.synapse),
    }; // prettier-ignore
  });

  const duration = time(['simulation', 'duration'], raw.simulation.duration, 1);
  const discard = time(['simulation', 'discard'], raw.simulation.discard, 0, 'zero');
  if (discard >= duration)
    throw fail(['simulation', 'discard'], 'nothing is left to count', { found: inUnits(discard), expected: `below ${inUnits(duration)}` }); // prettier-ignore
  wholeSteps(['simulation', 'duration'], duration);
  const seed = raw.seed ?? 1;
  if (seed < 0 || seed > 0xffffffff)
    throw fail(['seed'], 'out of range', { found: String(seed), expected: '0 to 4294967295' });
  return {
    settle: 1, kind: 'network', name: raw.name, source: raw.source ?? '', populations, projections,
    duration, discard, weights: raw.simulation.weights ?? 'float64', engine, step, backend: raw.backend ?? 'wasm', seed, volts: read.volts ?? false,
  }; // prettier-ignore
}

function oneForEach(path: Path, found: Drawn, units: number, fail: ModelText['at']): Drawn {
  if (found.kind === 'list' && found.values.length !== units)
    throw fail(path, 'not one value for each unit', { found: `${found.values.length} values`, expected: String(units) }); // prettier-ignore
  return found;
}

const zero: Drawn = { kind: 'constant', value: 0 };

function equationsPopulation(path: Path, name: string, raw: EquationsFile, duration: number, lent: Lent): NetworkPopulation {
  const { fail } = lent;
  const equations = equationsOf(path, raw, lent);
  for (const variable of equations.variables) oneForEach([...path, 'initial', variable.name], variable.initial, raw.units, fail);
  for (const parameter of equations.parameters) oneForEach([...path, 'parameters', parameter.name], parameter.value, raw.units, fail);
  let drive: NetworkPopulation['drive'] = null;
  if (raw.drive) {
    const { rate, weight, target } = raw.drive;
    const variable = variableOf([...path, 'drive', 'target'], target, equations, fail);
    const perSecond = lent.located([...path, 'drive', 'rate'], () => (typeof rate === 'number' ? rate : quantity(rate, 'frequency')));
    if (!(perSecond >= 0)) throw fail([...path, 'drive', 'rate'], 'a rate may not be negative', { found: String(rate), expected: '0 Hz or more' });
    drive = { rate: perSecond, weight: quantityOf(variable.dimensions, lent)([...path, 'drive', 'weight'], weight), synapse: { kind: 'delta', timeConstant: 0, target } };
  }
  return {
    name, units: raw.units, kind: 'equations', equations, rate: 0, spikes: [], file: null, membraneTimeConstant: Infinity,
    rest: 0, threshold: Infinity, strict: false, reset: { mode: 'to', value: 0 }, refractory: { duration, arrivals: 'lose' },
    floor: -Infinity, cap: Infinity, bias: zero, current: [], initial: zero, drive,
  };
} // prettier-ignore

function variableOf(path: Path, target: string | undefined, { variables }: Equations, fail: ModelText['at']): EquationVariable {
  const names = variables.map(({ name }) => name);
  const found = variables.find(({ name }) => name === target);
  if (found) return found;
  throw fail(path, target === undefined ? 'a required key is missing' : 'a target that is no variable', {
    found: target === undefined ? 'nothing' : `"${target}"`, expected: `the variable that a spike changes: ${names.join(' or ')}`, ...(target !== undefined && hinted(suggestion(target, names))),
  });
} // prettier-ignore

/** The variable that the spikes of a projection change; undefined where a synapse says what they do. */
function targetOf(path: Path, value: NetworkFile['projections'][string], post: NetworkPopulation, fail: ModelText['at']): EquationVariable | undefined {
  if (!post.equations) {
    if (value.target !== undefined) throw fail([...path, 'target'], `a population of kind ${post.kind} has no variables`, { found: `"${value.target}"`, expected: 'no such key' });
    return undefined;
  }
  if (value.synapse !== undefined) throw fail([...path, 'synapse'], 'a synapse into equations', { found: value.synapse.kind ?? 'exponential', expected: 'a target, whose equation says how it decays' });
  return variableOf([...path, 'target'], value.target, post.equations, fail);
} // prettier-ignore

/** A spread of many values would not fit onto the stack. */
function leastOf(values: ArrayLike<number>): number {
  let least = Infinity;
  for (let k = 0; k < values.length; k++) if (values[k]! < least) least = values[k]!;
  return least;
}

function connectOf(path: Path, value: NetworkFile['projections'][string]['connect'], pre: NetworkPopulation, post: NetworkPopulation, fail: ModelText['at']): Connect {
  const given = typeof value === 'string' ? { kind: value } : value;
  const share = (key: string, found: number): number => {
    if (!(found >= 0 && found <= 1)) throw fail([...path, key], 'not a probability', { found: String(found), expected: '0 to 1' });
    return found;
  };
  switch (given.kind) {
    case 'one-to-one':
      if (pre.units !== post.units) throw fail(path, 'one-to-one between populations of different sizes', { found: `${pre.units} and ${post.units} units`, expected: 'equal sizes' });
      return { kind: given.kind };
    case 'fixed-probability':
      return { kind: given.kind, probability: share('probability', given.probability) };
    case 'fixed-in-degree': {
      const multapses = given.multapses ?? true;
      if (given.degree < 0 || (!multapses && given.degree > pre.units))
        throw fail([...path, 'degree'], 'impossible in-degree', { found: String(given.degree), expected: multapses ? '0 or more' : `0 to ${pre.units}, or multapses: true` });
      return { kind: given.kind, degree: given.degree, multapses };
    }
    case 'distance':
      if (!(given.scale > 0)) throw fail([...path, 'scale'], 'a distance must be above 0', { found: String(given.scale), expected: 'above 0' });
      return { kind: given.kind, probability: share('probability', given.probability), scale: given.scale, shape: given.shape ?? 'gaussian', periodic: given.periodic ?? true };
    case 'list':
      given.pairs.forEach(([i, j], k) => {
        if (i < 0 || i >= pre.units || j < 0 || j >= post.units) throw fail([...path, 'pairs', k], 'no such unit', { found: `[${i}, ${j}]`, expected: `[0 to ${pre.units - 1}, 0 to ${post.units - 1}]` });
      });
      return { kind: given.kind, pre: Uint32Array.from(given.pairs, ([i]) => i), post: Uint32Array.from(given.pairs, ([, j]) => j) };
    default:
      return { kind: given.kind };
  }
} // prettier-ignore
