// A NetworkModel as the text of a model file, which loads to the same model, to the last bit of every number. Defaults are left
// out. It writes no file.
import { SettleError } from '../errors.ts';
import { quantity } from '../expr/units.ts';
import type { Connect, Drawn, NetworkModel, NetworkPopulation, NetworkProjection, Synapse } from './network.ts';
import { isSource } from './network.ts';

/** @throws SettleError of kind `input` for equations, whose text is the model file they come from */
export function networkText(model: NetworkModel): string {
  const stated = model.populations.find(({ kind }) => kind === 'equations');
  if (stated)
    throw new SettleError('equations are not written back', {
      kind: 'input', path: `populations.${stated.name}`, found: 'kind: equations', expected: 'neurons of another kind; the model file itself has the text',
    }); // prettier-ignore
  const potential = (value: number): Value => (model.volts ? exact(value, 'voltage', ['mV', 'V']) : value);
  const lines = [
    'settle: 1',
    `name: ${model.name}`,
    ...(model.source === '' ? [] : [`source: ${JSON.stringify(model.source)}`]),
    'populations:',
    ...model.populations.map((each) => `  ${each.name}: ${flow(populationOf(each, potential))}`),
    model.projections.length === 0 ? 'projections: {}' : 'projections:',
    ...model.projections.map((each) => `  ${/#/.test(each.name) ? JSON.stringify(each.name) : each.name}: ${flow(projectionOf(each, potential))}`),
    `simulation: ${flow({ duration: time(model.duration), discard: model.discard === 0 ? undefined : time(model.discard), weights: model.weights === 'float64' ? undefined : model.weights })}`,
    `engine: ${model.engine}`,
    `step: ${time(model.step)}`,
    `backend: ${model.backend}`,
    `seed: ${model.seed}`,
  ]; // prettier-ignore
  return `${lines.join('\n')}\n`;
}

type Value = number | string | boolean | readonly Value[] | { readonly [key: string]: Value | undefined };
type Potential = (value: number) => Value;

/** The value in the first unit whose text is read back as the same number. */
function exact(value: number, kind: 'time' | 'voltage', units: readonly [string, string]): string {
  const short = `${Number((1000 * value).toPrecision(15))} ${units[0]}`;
  return quantity(short, kind) === value ? short : `${value} ${units[1]}`;
}
const time = (seconds: number): string => exact(seconds, 'time', ['ms', 's']);

/** YAML on one line. */
function flow(value: Value): string {
  if (typeof value === 'string') return /^[A-Za-z][\w-]*$/.test(value) ? value : JSON.stringify(value);
  if (typeof value !== 'object') return String(value);
  if (Array.isArray(value)) return `[${value.map(flow).join(', ')}]`;
  const entries = Object.entries(value).filter((entry): entry is [string, Value] => entry[1] !== undefined);
  return `{ ${entries.map(([key, each]) => `${key}: ${flow(each)}`).join(', ')} }`;
}

function drawnOf(drawn: Drawn, text: Potential): Value {
  switch (drawn.kind) {
    case 'constant':
      return text(drawn.value);
    case 'list':
      return Array.from(drawn.values, text);
    case 'uniform':
      return { distribution: drawn.kind, low: text(drawn.low), high: text(drawn.high) };
    default: {
      const range = { low: drawn.low === -Infinity ? undefined : text(drawn.low), high: drawn.high === Infinity ? undefined : text(drawn.high) }; // prettier-ignore
      return drawn.kind === 'exponential'
        ? { distribution: drawn.kind, scale: text(drawn.scale), ...range }
        : { distribution: drawn.kind, mean: text(drawn.mean), deviation: text(drawn.deviation), ...range };
    }
  }
}

const synapseOf = ({ kind, timeConstant }: Synapse): Value | undefined =>
  kind === 'delta' ? undefined : { kind, timeConstant: time(timeConstant) };

const isConstant = (drawn: Drawn, value: number): boolean => drawn.kind === 'constant' && drawn.value === value;

function populationOf(population: NetworkPopulation, potential: Potential): Value {
  const { units, kind, rest, reset, refractory, floor, cap, drive } = population;
  if (isSource(population))
    return {
      units, kind,
      rate: kind === 'spikes' ? undefined : `${population.rate} Hz`,
      file: population.file ?? undefined,
      spikes: kind === 'spikes' && population.file === null ? population.spikes.map(([unit, at]) => [unit, time(at)]) : undefined,
    }; // prettier-ignore
  return {
    units, kind,
    membraneTimeConstant: kind === 'lif' ? time(population.membraneTimeConstant) : undefined,
    rest: potential(rest),
    threshold: population.threshold === Infinity ? 'none' : potential(population.threshold),
    strict: population.strict || undefined,
    reset: reset.mode === 'by' ? { by: potential(reset.value) } : reset.value === rest ? undefined : { to: potential(reset.value) },
    refractory: refractory.duration === 0 ? undefined : { duration: time(refractory.duration), arrivals: refractory.arrivals },
    floor: floor === -Infinity ? undefined : potential(floor),
    cap: cap === Infinity ? undefined : potential(cap),
    bias: isConstant(population.bias, 0) ? undefined : drawnOf(population.bias, potential),
    current: population.current.length === 0 ? undefined : population.current.map(([unit, at, value]) => [unit, time(at), potential(value)]),
    initial: isConstant(population.initial, rest) ? undefined : drawnOf(population.initial, potential),
    drive: drive ? { rate: `${drive.rate} Hz`, weight: potential(drive.weight), synapse: synapseOf(drive.synapse) } : undefined,
  }; // prettier-ignore
}

function connectOf(connect: Connect): Value {
  if (connect.kind === 'all-to-all' || connect.kind === 'one-to-one') return connect.kind;
  if (connect.kind !== 'list') return { ...connect };
  return { kind: 'list', pairs: Array.from(connect.pre, (unit, k) => [unit, connect.post[k]!]) };
}

const projectionOf = ({ connect, autapses, weight, delay, synapse }: NetworkProjection, potential: Potential): Value => ({
  connect: connectOf(connect),
  autapses: autapses ? undefined : false,
  weight: drawnOf(weight, potential),
  delay: isConstant(delay, 0) ? undefined : drawnOf(delay, time),
  synapse: synapseOf(synapse),
}); // prettier-ignore
