// What a network must be before it is run: every refusal names the neuron group, type, synapse or event. It repairs nothing.
import { SettleError } from '../../errors.ts';
import type { SpikeBlock } from './engine.ts';
import type { EventNetwork, InputEvents } from './network.ts';

/** Spikes of one call of `advance` at most: a network that runs away is refused before it has taken all memory. */
export const mostSpikes = (neurons: number): number => 1e6 + 1000 * neurons;

/** @throws SettleError of kind `input` once a call of `advance` has given more spikes than that */
export function checkSpikes(found: number, neurons: number): void {
  if (found > mostSpikes(neurons))
    throw new SettleError('the network fires faster and faster', {
      kind: 'input', path: 'populations', found: `more than ${found - 1} spikes in one stretch`, expected: 'a refractory time, weaker excitation, or shorter stretches',
    }); // prettier-ignore
}

/** @throws SettleError of kind `input` for the first thing that cannot be simulated */
export function checkNetwork(network: EventNetwork): void {
  const { neurons, groups, types, connections, initial, bias, inputs, steps } = network;
  const refuse = (path: string, found: unknown, expected: string): never => {
    throw new SettleError('the network cannot be simulated', { kind: 'input', path, found: String(found), expected });
  };
  const need = (holds: boolean, path: string, found: unknown, expected: string): void => {
    if (!holds) refuse(path, found, expected);
  };
  groups.forEach((group, g) => {
    const at = (key: string): string => `groups[${g}].${key}`;
    const positive = (key: 'membraneTimeConstant' | 'resistance'): void => need(group[key] > 0, at(key), group[key], 'more than 0'); // prettier-ignore
    positive('membraneTimeConstant');
    positive('resistance');
    need(group.resistance < Infinity, at('resistance'), group.resistance, 'a finite number');
    for (const key of ['rest', 'threshold', 'reset'] as const)
      need(Number.isFinite(group[key]), at(key), group[key], 'a finite number');
    const { duration } = group.refractory;
    need(duration >= 0 && duration < Infinity, at('refractory.duration'), duration, 'a finite number from 0');
    const below = group.resetBy === 'subtraction' || duration === 0;
    need(!below || group.reset < group.threshold, at('reset'), group.reset, `below the threshold, ${group.threshold}`);
    need(group.floor < group.threshold, at('floor'), group.floor, `below the threshold, ${group.threshold}`);
    need(group.reset >= group.floor, at('reset'), group.reset, `not below the floor, ${group.floor}`);
    need(group.cap > group.floor, at('cap'), group.cap, `above the floor, ${group.floor}`);
  });
  const counted = groups.reduce((sum, { count }) => sum + count, 0);
  need(counted === neurons, 'groups', `${counted} neurons`, `${neurons}`);
  types.forEach(({ kind, timeConstant }, k) =>
    need(kind === 'delta' || (timeConstant > 0 && timeConstant < Infinity), `types[${k}].timeConstant`, timeConstant, 'a finite number above 0')); // prettier-ignore
  const finite = (values: ArrayLike<number>, path: string): void => {
    for (let k = 0; k < values.length; k++)
      if (!Number.isFinite(values[k])) refuse(`${path}[${k}]`, values[k], 'a finite number');
  };
  const below = (values: ArrayLike<number>, limit: number, path: string, what: string): void => {
    for (let k = 0; k < values.length; k++)
      if (!(values[k]! < limit)) refuse(`${path}[${k}]`, values[k], `${what} below ${limit}`);
  };
  need(initial.length === neurons && bias.length === neurons, 'initial, bias', `${initial.length}, ${bias.length} values`, `${neurons} each`); // prettier-ignore
  finite(initial, 'initial');
  finite(bias, 'bias');
  finite(connections.weight, 'connections.weight');
  connections.delay.forEach((delay, g) =>
    need(delay >= 0 && delay < Infinity, `connections.delay[${g}]`, delay, 'a finite number from 0'),
  );
  below(connections.post, neurons, 'connections.post', 'a neuron');
  below(connections.type, types.length, 'connections.type', 'a synapse type');
  for (const [path, events] of [
    ['inputs', inputs],
    ['steps', steps],
  ] as const) {
    below(events.neuron, neurons, `${path}.neuron`, 'a neuron');
    events.time.forEach(
      (time, k) =>
      need(time >= (events.time[k - 1] ?? 0) && time < Infinity, `${path}.time[${k}]`, time, 'a finite time from 0, not before the one before it'), // prettier-ignore
    );
  }
  below(inputs.type, types.length, 'inputs.type', 'a synapse type');
  finite(inputs.weight, 'inputs.weight');
  finite(steps.value, 'steps.value');
}

function checkEvents(what: string, { time, neuron }: Pick<InputEvents, 'time' | 'neuron'>, neurons: number, now: number, sorted: boolean): void {
  const refuse = (path: string, found: unknown, expected: string): never => {
    throw new SettleError(`the engine cannot take ${what}`, { kind: 'input', path, found: String(found), expected });
  };
  if (neuron.length !== time.length) refuse('neuron', `${neuron.length} values`, `${time.length}, as times`);
  for (let k = 0; k < time.length; k++) {
    if (!(time[k]! >= now && time[k]! < Infinity)) refuse(`time[${k}]`, time[k], `a finite time at or after that of the engine, ${now}`);
    if (sorted && time[k]! < (time[k - 1] ?? now)) refuse(`time[${k}]`, time[k], `not before the one before it, ${time[k - 1]}`);
    if (!(neuron[k]! < neurons)) refuse(`neuron[${k}]`, neuron[k], `a neuron below ${neurons}`);
  }
} // prettier-ignore

/** @throws SettleError of kind `input` for spikes of sources before the engine's time `now`, or of no neuron */
export function checkSent(spikes: SpikeBlock, neurons: number, now: number): void {
  checkEvents('these spikes', spikes, neurons, now, false);
}

/** @throws SettleError of kind `input` for arrivals before the engine's time `now`, out of order, or at no neuron */
export function checkFed(inputs: InputEvents, { neurons, types }: EventNetwork, now: number): void {
  checkEvents('these inputs', inputs, neurons, now, true);
  for (let k = 0; k < inputs.time.length; k++) {
    const [type, weight] = [inputs.type[k], inputs.weight[k]];
    const fine = type !== undefined && type < types.length && Number.isFinite(weight);
    if (!fine)
      throw new SettleError('the engine cannot take these inputs', {
        kind: 'input', path: `[${k}]`, found: `type ${type}, weight ${weight}`, expected: `a synapse type below ${types.length}, a finite weight`,
      }); // prettier-ignore
  }
}
