// Model files to resolved models: the schema, then meaning, then defaults and units. The first thing wrong is one error.
import { inUnits, quantity } from '../expr/units.ts';
import { tasks } from '../data/synthetic.ts';
import type { Model, Population, Projection, RecordSpec } from './model.ts';
import { imageParts, pathOf } from './images.ts';
import { phasesOf } from './phases.ts';
import { costOf, dynamicsOf, interval, learningParts, modelKind, rateParts } from './rate.ts';
import { matrixOf, shapesOf } from './shapes.ts';
import { type Issue, schemaError } from './refusal.ts';
import { resolvedYaml } from './resolved.ts';
import { fileSchema, type ModelFile } from './schema.ts';
import { quantities } from './quantities.ts';
import { hinted, modelText, type ModelText, suggestion } from './text.ts';

export interface LoadOptions {
  readonly file: string;
  /** `path=value`, applied in order. */
  readonly set?: readonly string[];
}

export interface LoadedModel {
  readonly model: Model;
  /** The file with every default written out; it loads to the same model. */
  readonly resolvedYaml: string;
}

/** @throws SettleError of kind `input`: file, line, path, what was found and what was expected */
export function loadModel(text: string, { file, set = [] }: LoadOptions): LoadedModel {
  const source = modelText(text, file, set);
  const version = (source.value as { settle?: unknown }).settle;
  if (version !== 1)
    throw source.at(['settle'], version === undefined ? 'the version is missing' : 'another version of the format', {
      found: version === undefined ? 'nothing' : JSON.stringify(version), expected: 'settle: 1',
    }); // prettier-ignore
  const checked = fileSchema.safeParse(source.value);
  if (!checked.success) throw schemaError(source, checked.error.issues[0] as Issue);
  const model = resolve(checked.data, source);
  return { model, resolvedYaml: resolvedYaml(model) };
}

const bytesLimit = 2 ** 31;
/** Steps are counted in the 24 bits that random numbers are drawn from. */
const stepsLimit = 2 ** 24;

function resolve(raw: ModelFile, source: ModelText): Model {
  const fail: ModelText['at'] = (path, message, sides) => source.at(path, message, sides);
  const read = quantities(source);
  const { located, time } = read;
  const potential = (path: readonly PropertyKey[], value: string | number | undefined, fallback: number): number =>
    value === undefined ? fallback : read.potential(path, value);

  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(raw.name))
    throw fail(['name'], 'not a name', { found: `"${raw.name}"`, expected: 'letters, digits, - _ .' });
  const names = Object.keys(raw.populations);
  const kind = modelKind(raw, fail);
  const isRate = kind === 'rate';
  const engine = raw.engine ?? 'clocked';
  if (isRate && (raw.step !== undefined || engine === 'event'))
    throw fail([raw.step === undefined ? 'engine' : 'step'], 'a rate model counts steps', {
      found: raw.step === undefined ? engine : `"${raw.step}"`,
      expected: 'no such key, and phases in steps',
    });
  const step = isRate ? 1 : time(['step'], raw.step, 0.001);
  /** `x -> h` with blanks is `x->h`. */
  const rateEntries = Object.entries(raw.learning?.rates ?? {}).map(
    ([key, rate]) => ({ key, name: key.replace(/\s/g, ''), rate }), // prettier-ignore
  );

  const arrows = Object.entries(raw.projections).map(([name, value]) => {
    const path = ['projections', name];
    const [, from, arrow, to] = /^(\S+?)\s*(<->|->)\s*(\S+)$/.exec(name) ?? [];
    if (!from || !to) throw fail(path, 'not a projection', { found: `"${name}"`, expected: 'x->h or h<->y' });
    for (const end of [from, to])
      if (!names.includes(end))
        throw fail(path, 'unknown population', {
          found: `"${end}"`,
          expected: `one of ${names.join(', ')}`,
          ...hinted(suggestion(end, names)),
        });
    if (raw.populations[to]!.kind === 'input' || (arrow === '<->' && raw.populations[from]!.kind === 'input'))
      throw fail(path, 'a projection into an input population', {
        found: name,
        expected: `${raw.populations[to]!.kind === 'input' ? to : from} at the start of ->`,
      });
    if (from === to && arrow === '<->' && !isRate)
      throw fail(path, 'a population with itself both ways', { found: name, expected: `${from}->${to}` });
    if (value.kind === 'conv' && !isRate)
      throw fail([...path, 'kind'], 'kernels are of rate models', { found: 'conv', expected: 'dense, or populations of kind rate' });
    return { from, to, arrow, path, value };
  }); // prettier-ignore
  const { sizes, geometryOf } = shapesOf(raw, arrows, fail);
  const sized = [...sizes].map(([name, { units }]) => ({ name, units }));
  const projections = arrows.map((projection): Projection & { path: readonly string[] } => {
    const { from, to, arrow, path, value } = projection;
    const init: {
      scheme?: Projection['init']['scheme'] | undefined;
      gain?: number | undefined;
      values?: number[] | undefined;
    } = typeof value.init === 'string' ? { scheme: value.init } : (value.init ?? {});
    const gain = init.gain ?? 1;
    if (gain < 0)
      throw fail([...path, 'init', 'gain'], 'a negative gain', { found: String(gain), expected: '0 or more' });
    const geometry = geometryOf(projection);
    const [rows, columns] = matrixOf({ from, to, ...geometry }, sized);
    const weights = rows * columns;
    if ((init.values !== undefined) !== (init.scheme === 'listed') || (init.values && init.values.length !== weights))
      throw fail([...path, 'init', 'values'], 'listed weights do not fit the projection', {
        found: init.values ? `${init.values.length} with scheme ${init.scheme ?? 'glorot'}` : 'none',
        expected: init.scheme === 'listed' ? `${weights}, one for each pair` : 'scheme: listed',
      });
    const trace = raw.populations[from]!.kind === 'input' ? raw.populations[to]! : raw.populations[from]!;
    const traceTime = time(['populations', from, 'traceTimeConstant'], trace.traceTimeConstant, 0.01);
    const delay = time([...path, 'delay'], value.delay, 0, 'zero');
    return {
      name: `${from}${arrow}${to}`, from, to, symmetric: arrow === '<->', kind: value.kind ?? 'dense', ...geometry,
      init: { scheme: init.scheme ?? 'glorot', gain, ...(init.values && { values: init.values }) },
      features: typeof value.features === 'string' ? { input: value.features } : (value.features ?? { input: 's' }),
      bounds: value.bounds ? interval([...path, 'bounds'], value.bounds, fail) : null,
      synapse: { kind: value.synapse?.kind ?? 'exponential', timeConstant: time([...path, 'synapse', 'timeConstant'], value.synapse?.timeConstant, traceTime) },
      delay, path,
    }; // prettier-ignore
  });
  projections.forEach((projection, index) => {
    const same = ({ from, to }: Projection): string => [from, to].sort().join(' ');
    const twin = projections.findIndex(
      (other) =>
        same(other) === same(projection) && (other.symmetric || projection.symmetric || other.from === projection.from),
    );
    if (twin < index)
      throw fail(projection.path, 'two projections between the same populations', {
        found: projection.name,
        expected: `only ${projections[twin]!.name}`,
      });
  });
  const projectionNames = projections.map(({ name }) => name);
  rateEntries.forEach(({ key, name, rate }, index) => {
    const path = ['learning', 'rates', key];
    if (!projectionNames.includes(name))
      throw fail(path, 'a rate of no projection', {
        found: `"${key}"`,
        expected: projectionNames.join(', ') || 'no rates: the model has no projections',
        ...hinted(suggestion(name, projectionNames)),
      });
    if (rateEntries.findIndex((other) => other.name === name) < index)
      throw fail(path, 'two rates of one projection', { found: `"${key}"`, expected: `only one of ${name}` });
    if (rate < 0) throw fail(path, 'a negative rate', { found: String(rate), expected: '0 or more' });
  });
  const rates = Object.fromEntries(
    projectionNames.map((name) => [name, rateEntries.find((entry) => entry.name === name)?.rate ?? 0.1]),
  );

  const populations = Object.entries(raw.populations).map(([name, value]): Population => {
    const path = ['populations', name];
    if (!/^[A-Za-z]\w*$/.test(name))
      throw fail(path, 'not a population name', {
        found: `"${name}"`,
        expected: 'a letter, then letters, digits or _',
      });
    const { units, shape } = sizes.get(name)!;
    if (value.bias?.shared && !shape)
      throw fail([...path, 'bias', 'shared'], 'only channels of a picture share a bias', {
        found: 'true',
        expected: 'shape: [rows, columns, channels]',
      });
    const perfect = value.kind === 'integrate-and-fire';
    if (perfect && value.membraneTimeConstant !== undefined)
      throw fail([...path, 'membraneTimeConstant'], 'an integrate-and-fire unit has no leak', {
        found: value.membraneTimeConstant,
        expected: 'no such key, or kind: lif',
      });
    const duration = time([...path, 'refractory', 'duration'], value.refractory?.duration, 0, 'zero');
    const membrane = perfect ? Infinity : time([...path, 'membraneTimeConstant'], value.membraneTimeConstant, 0.01);
    const fixed = perfect ? duration : membrane;
    const activityTime = time([...path, 'activityTime'], value.activityTime, fixed);
    if (perfect && activityTime === 0)
      throw fail(
        [...path, 'refractory'],
        'an integrate-and-fire population needs a refractory time or an activityTime',
        { found: '0 ms', expected: 'above 0 ms' },
      );
    const encode =
      typeof value.encode === 'string' ? { kind: value.encode } : (value.encode ?? { kind: 'current' as const });
    const given = ('rate' in encode ? encode.rate : undefined) ?? 200;
    const rate =
      typeof given === 'number' ? given : located([...path, 'encode', 'rate'], () => quantity(given, 'frequency'));
    if (!(rate > 0))
      throw fail([...path, 'encode', 'rate'], 'a rate must be above 0', {
        found: String(rate),
        expected: 'spikes a second',
      });
    const leak = value.leak ?? 0;
    if (leak < 0 || (leak > 0 && !perfect))
      throw fail([...path, 'leak'], 'a linear leak is of integrate-and-fire populations', {
        found: `${leak}, kind ${value.kind}`,
        expected: 'kind: integrate-and-fire, and 0 or more',
      });
    if (leak > 0 && raw.spikeTimes === 'interpolated')
      throw fail([...path, 'leak'], 'a linear leak has no interpolated spike times', {
        found: String(leak),
        expected: 'spikeTimes: grid',
      });
    const threshold = potential([...path, 'threshold'], value.threshold, 1);
    const rest = potential([...path, 'rest'], value.rest, 0);
    const reset = !value.reset
      ? perfect
        ? { mode: 'by' as const, value: threshold }
        : { mode: 'to' as const, value: rest }
      : 'to' in value.reset
        ? { mode: 'to' as const, value: potential([...path, 'reset', 'to'], value.reset.to, 0) }
        : { mode: 'by' as const, value: potential([...path, 'reset', 'by'], value.reset.by, 0) };
    if (reset.mode === 'to' ? reset.value >= threshold : reset.value <= 0)
      throw fail([...path, 'reset'], 'the reset does not take the potential below threshold', {
        found: String(reset.value),
        expected: reset.mode === 'to' ? `below ${threshold}` : 'above 0',
      });
    const floor = potential([...path, 'floor'], value.floor, perfect ? 0 : -Infinity);
    if (floor >= threshold || (reset.mode === 'to' && floor > reset.value))
      throw fail([...path, 'floor'], 'the floor is above the reset or the threshold', {
        found: String(floor),
        expected: `at most ${reset.mode === 'to' ? reset.value : threshold}`,
      });
    const cap = potential([...path, 'cap'], value.cap, perfect ? threshold : Infinity);
    if (cap < floor)
      throw fail([...path, 'cap'], 'the cap is below the floor', { found: String(cap), expected: `at least ${floor}` });
    const [from, to] = Array.isArray(value.initial) ? value.initial : [value.initial, value.initial];
    const initial = {
      low: potential([...path, 'initial'], from, perfect ? 0 : rest),
      high: potential([...path, 'initial'], to, threshold),
    };
    if (initial.low > initial.high)
      throw fail([...path, 'initial'], 'the potentials at the start run downwards', {
        found: `${initial.low} to ${initial.high}`,
        expected: 'the lower one first',
      });
    const incoming = projections.find((projection) => projection.to === name);
    const positive = (key: 'traceTimeConstant' | 'slowTraceTimeConstant', fallback: number): number =>
      time([...path, key], value[key], fallback);
    if (value.resistance !== undefined && !(value.resistance > 0))
      throw fail([...path, 'resistance'], 'a resistance must be above 0', {
        found: String(value.resistance),
        expected: 'above 0',
      });
    if (engine === 'clocked')
      wholeSteps([...path, 'refractory', 'duration'], duration, raw.spikeTimes !== 'interpolated');
    return {
      name, units, ...(shape && { shape }), kind: value.kind, encode: { kind: encode.kind, rate },
      membraneTimeConstant: membrane, leak, rest, resistance: value.resistance ?? 1, threshold, reset,
      refractory: { duration, membrane: value.refractory?.membrane ?? (perfect ? 'integrate' : 'clamp'), arrivals: value.refractory?.arrivals ?? 'keep' },
      floor, cap, bias: { init: value.bias?.init ?? 0, spread: value.bias?.spread ?? 0, rate: value.bias?.rate ?? (incoming ? rates[incoming.name]! : 0), ...(shape && { shared: sharedBias(name, value.bias?.shared) }) },
      initial: value.kind === 'rate' && value.initial === undefined ? { low: 0, high: 0 } : initial,
      traceTimeConstant: positive('traceTimeConstant', 0.01), slowTraceTimeConstant: positive('slowTraceTimeConstant', 0.02),
      activityTime, ...rateParts(name, value, projections, source),
    }; // prettier-ignore
  });
  for (const { name, kind: what } of populations)
    if (what !== 'input' && read.volts && raw.populations[name]!.threshold === undefined)
      throw fail(['populations', name, 'threshold'], 'a model in volts has no default threshold', {
        found: 'nothing',
        expected: 'text such as "-50 mV"',
      });
  function wholeSteps(path: readonly PropertyKey[], duration: number, needed = true): void {
    if (!needed || engine !== 'clocked') return;
    const count = duration / step;
    if (Math.abs(count - Math.round(count)) > 1e-6)
      throw fail(path, 'not a whole number of steps', {
        found: inUnits(duration),
        expected: `a multiple of ${inUnits(step)}`,
      });
    if (count > stepsLimit)
      throw fail(path, 'too many steps', { found: String(Math.round(count)), expected: `at most ${stepsLimit}` });
  }

  function sharedBias(name: string, said: boolean | undefined): boolean {
    return said ?? projections.some(({ to, kind: geometry }) => to === name && geometry === 'conv');
  }

  const bytes = projections.reduce((sum, p) => sum + 4 * matrixOf(p, populations).reduce((a, b) => a * b), 0);
  if (bytes > bytesLimit)
    throw fail(['populations'], 'the weights do not fit into memory', {
      found: `${(bytes / 2 ** 30).toFixed(1)} GiB`,
      expected: `at most ${bytesLimit / 2 ** 30} GiB`,
    });
  for (const { path, delay } of projections) {
    wholeSteps([...path, 'delay'], delay);
  }

  // Data and what it is joined to.
  const data = {
    set: raw.data?.set ?? 'mnist', path: pathOf(raw.data ?? {}, fail), train: raw.data?.train ?? null, test: raw.data?.test ?? null,
    validation: raw.data?.validation ?? 0, batch: raw.data?.batch ?? 20, order: raw.data?.order ?? 'shuffled',
    ...(raw.data?.pixels ? { pixels: raw.data.pixels } : {}), ...imageParts(raw.data ?? {}, raw.data?.set ?? 'mnist', populations, fail),
  }; // prettier-ignore
  const sets = ['mnist', 'fashion-mnist', ...Object.keys(tasks), 'cifar10', 'idx', 'csv', 'npy'];
  if (!sets.includes(data.set))
    throw fail(['data', 'set'], 'unknown data set', {
      found: `"${data.set}"`,
      expected: sets.join(', '),
      ...hinted(suggestion(data.set, sets)),
    });
  if (['idx', 'csv', 'npy'].includes(data.set) && data.path === null)
    throw fail(['data', 'path'], 'the data set needs a path', {
      found: 'nothing',
      expected: `the folder of the ${data.set} files`,
    });
  if (data.batch < 1 || data.batch > 65536)
    throw fail(['data', 'batch'], 'impossible batch', {
      found: String(data.batch),
      expected: 'a whole number from 1 to 65,536',
    });
  for (const key of ['train', 'test'] as const)
    if (data[key] !== null && data[key]! < 1)
      throw fail(['data', key], 'no examples', { found: String(data[key]), expected: 'at least 1' });
  if (data.train !== null && data.batch > data.train)
    throw fail(['data', 'batch'], 'the batch is larger than the training set', {
      found: String(data.batch),
      expected: `at most ${data.train}`,
    });
  if (data.validation < 0)
    throw fail(['data', 'validation'], 'a negative number of examples', {
      found: String(data.validation),
      expected: '0 or more',
    });
  if (data.train !== null && data.validation >= data.train)
    throw fail(['data', 'validation'], 'no example is left to train on', {
      found: String(data.validation),
      expected: `fewer than ${data.train}`,
    });
  const task = Object.hasOwn(tasks, data.set) ? tasks[data.set]! : null;
  const { pixels } = data;
  const side = data.set.endsWith('mnist') ? 28 : Infinity;
  if (pixels && (task || data.set === 'csv'))
    throw fail(['data', 'pixels'], 'the data set has no pictures', { found: data.set, expected: 'no such key' });
  if (pixels?.some((count) => count < 1 || count > side))
    throw fail(['data', 'pixels'], 'impossible number of pixels', {
      found: `[${pixels.join(', ')}]`,
      expected: Number.isFinite(side) ? `1 to ${side} each: pictures only get smaller` : '1 or more',
    });
  const known = task
    ? { size: task.shape.reduce((a, b) => a * b, 1), classes: task.classes }
    : data.set.endsWith('mnist')
      ? { size: pixels ? pixels[0] * pixels[1] : 784, classes: 10 }
      : data.set === 'cifar10'
        ? { size: 3072, classes: 10 }
        : null;
  const inputs = populations.filter(({ kind }) => kind === 'input');
  const colours = data.set === 'cifar10';
  const pictures =
    colours || data.set.endsWith('mnist')
      ? [...(pixels ?? (colours ? [32, 32] : [28, 28])), colours ? 3 : 1].join(' x ')
      : null;
  if (pictures && inputs.length === 1 && inputs[0]!.shape && inputs[0]!.shape.join(' x ') !== pictures)
    throw fail(['populations', inputs[0]!.name, 'shape'], 'the input does not fit the data', {
      found: inputs[0]!.shape.join(' x '),
      expected: `${pictures} (${data.set})`,
    });
  if (known && inputs.length === 1 && inputs[0]!.units !== known.size)
    throw fail(['populations', inputs[0]!.name, 'units'], 'the input does not fit the data', {
      found: String(inputs[0]!.units),
      expected: `${known.size} (${data.set}${pixels ? ` of ${pixels.join(' x ')} pixels` : ''})`,
    });
  if (raw.cost) {
    const on = populations.find(({ name }) => name === raw.cost!.on);
    if (!on)
      throw fail(['cost', 'on'], 'unknown population', {
        found: `"${raw.cost.on}"`,
        expected: `one of ${names.join(', ')}`,
        ...hinted(suggestion(raw.cost.on, names)),
      });
    if (on.kind === 'input')
      throw fail(['cost', 'on'], 'the cost is on an input population', {
        found: on.name,
        expected: 'an output population',
      });
    if (known && on.units !== known.classes)
      throw fail(['populations', on.name, 'units'], 'the output does not fit the classes', {
        found: String(on.units),
        expected: `${known.classes} (${data.set})`,
      });
  }
  const cost = raw.cost ? costOf(raw.cost, populations, source) : null;

  const phases = phasesOf(raw, { isRate, step, time, wholeSteps }, fail);

  const learning = raw.learning ?? {};
  const ranged = (
    key: 'rateDecay' | 'momentum' | 'weightDecay' | 'biasDecay' | 'warmup' | 'epochs',
    fallback: number,
    low: number,
    high: number,
  ): number => {
    const value = learning[key] ?? fallback;
    if (value < low || value > high)
      throw fail(['learning', key], 'out of range', { found: String(value), expected: `${low} to ${high}` });
    return value;
  };

  const record = (raw.record ?? []).map((spec, index): RecordSpec => {
    const owner = populations.find(({ name }) => name === spec.population);
    const ofNetwork = spec.variable === 'energy';
    if (ofNetwork && !isRate)
      throw fail(
        ['record', index, 'variable'],
        'a spiking model has the energy of its mean field beside whatever it records',
        {
          found: 'energy',
          expected: 'another variable',
        },
      );
    for (const key of ['population', 'units', 'interval'] as const)
      if (ofNetwork && (spec[key] ?? null) !== null)
        throw fail(['record', index, key], 'energy is of the whole network, after every step', {
          found: String(spec[key]),
          expected: 'no such key',
        });
    if (!ofNetwork && spec.population === undefined)
      throw fail(['record', index, 'population'], 'a required key is missing', { found: 'nothing', expected: 'text' });
    if (!owner && !ofNetwork)
      throw fail(['record', index, 'population'], 'unknown population', {
        found: `"${spec.population}"`,
        expected: `one of ${names.join(', ')}`,
        ...hinted(suggestion(spec.population!, names)),
      });
    const outside = spec.units?.find((unit) => unit < 0 || unit >= owner!.units);
    if (outside !== undefined)
      throw fail(['record', index, 'units'], 'no such unit', {
        found: String(outside),
        expected: `0 to ${owner!.units - 1}`,
      });
    const examples = spec.examples ?? [0];
    const missing = examples.find((example) => example < 0 || (data.test !== null && example >= data.test));
    if (missing !== undefined)
      throw fail(['record', index, 'examples'], 'no such test example', {
        found: String(missing),
        expected: data.test === null ? '0 or more' : `0 to ${data.test - 1}`,
      });
    const interval = time(['record', index, 'interval'], spec.interval, step);
    wholeSteps(['record', index, 'interval'], interval);
    return {
      population: spec.population ?? null, variable: spec.variable, units: spec.units ?? null,
      interval, examples, phases: spec.phases ?? ['free', 'plus', 'minus'],
    }; // prettier-ignore
  });
  const seed = raw.seed ?? 1;
  if (seed < 0 || seed > 0xffffffff)
    throw fail(['seed'], 'out of range', { found: String(seed), expected: '0 to 4294967295' });
  return {
    settle: 1, name: raw.name, kind, source: raw.source ?? '', data, populations,
    projections: projections.map(({ path: _, ...projection }) => projection),
    cost, dynamics: dynamicsOf(raw.dynamics, kind, fail), phases,
    learning: {
      rule: learning.rule ?? 'ep', update: learning.update ?? 'contrast', rates,
      ...learningParts(learning, fail),
      rateDecay: ranged('rateDecay', 1, 0, 10), warmup: ranged('warmup', 0, 0, 1e12), momentum: ranged('momentum', 0, 0, 0.9999),
      weightDecay: ranged('weightDecay', 0, 0, 1), ...(learning.biasDecay ? { biasDecay: ranged('biasDecay', 0, 0, 1) } : {}), epochs: ranged('epochs', 1, 1, 100_000),
    },
    record, engine, step, spikeTimes: raw.spikeTimes ?? 'grid', backend: raw.backend ?? 'wasm', seed,
  }; // prettier-ignore
}
