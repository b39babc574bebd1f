// A network model as a NIR graph: populations become LIF, IF or CubaLIF (LI, I, CubaLI where units never fire), connections
// dense Linear matrices behind their Delay. What NIR cannot say is refused with its place in the model.
import { drawOf } from '../engine/network/draw.ts';
import { populationStream } from '../engine/network/streams.ts';
import type { Wiring } from '../engine/network/wiring.ts';
import { SettleError } from '../errors.ts';
import { isSource, type NetworkModel, type NetworkPopulation, type Synapse } from '../model/network.ts';
import type { NirContent, NirGraph, NirNode, NirNeuronType, NirParameter } from './nirGraph.ts';

export interface ModelNir {
  readonly graph: NirGraph;
  /** What of the model is not in the file, as sentences. */
  readonly notes: readonly string[];
}

/** Weights of one matrix: 128 MiB. */
const matrixLimit = 2 ** 24;

/** @throws SettleError of kind `input` for what NIR cannot say, with its place in the model */
export function modelNir(model: NetworkModel, wirings: readonly Wiring[], file: string): ModelNir {
  const refuse = (path: string, what: string, found: string, expected: string): never => {
    throw new SettleError(`NIR cannot say this: ${what}`, { kind: 'input', file, path, found, expected });
  };
  const nodes: NirNode[] = [];
  const edges: [string, string][] = [];
  const notes = new Set<string>();
  const taken = new Set(model.populations.map(({ name }) => name));
  const add = (wanted: string, content: NirContent): string => {
    let name = wanted;
    for (let k = 2; taken.has(name); k++) name = `${wanted}_${k}`;
    taken.add(name);
    nodes.push({ ...content, name, path: `node/nodes/${name}` });
    return name;
  };
  const extra = new Map<string, Float64Array>();
  model.populations.forEach((population, index) => {
    const { name } = population;
    const synapses = model.projections.filter(({ to }) => to === name).map(({ synapse }) => synapse);
    const content: NirContent = isSource(population) ? sourceOf(population, refuse) : neuronsOf(population, synapses, valuesOf(model, population, index), refuse);
    nodes.push({ ...content, name, path: `node/nodes/${name}` });
    if (isSource(population)) return;
    if (population.kind === 'integrate-and-fire') extra.set(name, valuesOf(model, population, index));
    const start = population.initial;
    const kept = population.threshold === Infinity ? population.rest : population.reset.value;
    if (start.kind !== 'constant' || start.value !== kept) notes.add(`populations.${name}.initial: not in the file; readers start where they choose (settle: at v_reset, v_leak of units that never fire)`);
    if (!population.strict && population.threshold !== Infinity) notes.add('thresholds: NIR fires above the threshold, the model at it; only jumps that land on it tell');
  });

  wirings.forEach((wiring) => {
    const { projection, delays } = wiring;
    const { from, to, name } = projection;
    const [pre, post] = [from, to].map((end) => model.populations.find((population) => population.name === end)!) as [NetworkPopulation, NetworkPopulation];
    if (pre.units * post.units > matrixLimit)
      refuse(`projections.${name}`, 'its matrices are dense', `${post.units} x ${pre.units} weights`, `at most ${matrixLimit}`);
    if (delays.some((delay) => delay !== delays[0]))
      refuse(`projections.${name}.delay`, 'delays that differ between synapses', 'several', 'one delay for the projection');
    const bias = extra.get(to);
    const used = bias?.some((value) => value !== 0);
    const weight = { shape: [post.units, pre.units], values: matrixOf(wiring, pre.units, post) };
    // A constant drive of a perfect integrator goes in with the first of its projections, once.
    const linear = add(`${from}_${to}`, used ? { type: 'Affine', weight, bias: { shape: [post.units], values: bias! } } : { type: 'Linear', weight });
    extra.delete(to);
    const delay = delays[0] ?? 0;
    const via = delay === 0 ? linear : add(`${from}_${to}_delay`, { type: 'Delay', values: { shape: [pre.units], values: new Float64Array(pre.units).fill(delay) } });
    edges.push([from, via], ...(via === linear ? [] : [[via, linear] as [string, string]]), [linear, to]);
  });
  for (const [name, bias] of extra)
    if (bias.some((value) => value !== 0)) refuse(`populations.${name}.bias`, 'a drive of integrate-and-fire that nothing projects to', 'a bias', 'a projection, or kind: lif');

  const neurons = model.populations.filter((population) => !isSource(population));
  if (neurons.length === 0) refuse('populations', 'no neurons', 'only sources', 'at least one population of neurons');
  const last = neurons.filter(({ name }) => !model.projections.some(({ from, to }) => from === name && to !== name));
  const outputs = last.length > 0 ? last : neurons;
  for (const { name, units } of outputs) edges.push([name, add(outputs.length === 1 ? 'output' : `${name}_output`, { type: 'Output', shape: [units] })]);
  if (neurons.length === model.populations.length) {
    const { name, units } = neurons[0]!;
    edges.push([add('input', { type: 'Input', shape: [units] }), name]);
    notes.add(`an Input in front of ${name}, because readers ask for one; nothing is to go in`);
  }
  if (model.populations.some(({ spikes }) => spikes.length > 0)) notes.add('the spikes of sources are not in the graph; NIRData holds them');
  return {
    notes: [...notes],
    graph: { version: '1.0.7', nodes, edges, notes: [], metadata: new Map([['time_unit', 's'], ['potential_unit', model.volts ? 'V' : 'none'], ['spike', 'Dirac pulse of integral 1'], ['written_by', 'settle']]) },
  };
} // prettier-ignore

type Refuse = (path: string, what: string, found: string, expected: string) => never;

/** R I of every unit: lists and draws as numbers. */
function valuesOf(model: NetworkModel, { bias, units }: NetworkPopulation, index: number): Float64Array {
  const draw = drawOf(bias, model.seed, populationStream(index, 'bias'));
  return Float64Array.from({ length: units }, (_, unit) => draw(unit, unit));
}

function sourceOf({ name, kind, units }: NetworkPopulation, refuse: Refuse): NirContent {
  if (kind !== 'spikes') refuse(`populations.${name}.kind`, 'sources that make their own spikes', kind, 'spikes: an Input has none of its own'); // prettier-ignore
  return { type: 'Input', shape: [units] };
}

function neuronsOf(population: NetworkPopulation, synapses: readonly Synapse[], bias: Float64Array, refuse: Refuse): NirContent {
  const { name, units, kind, rest, threshold, reset, refractory, floor, cap, current, drive } = population;
  const at = (key: string): string => `populations.${name}.${key}`;
  if (kind === 'equations') refuse(at('kind'), 'neurons stated as equations', kind, 'lif or integrate-and-fire');
  if (refractory.duration > 0) refuse(at('refractory'), 'a refractory time', `${refractory.duration} s`, '0 s');
  if (reset.mode === 'by') refuse(at('reset'), 'reset by subtraction', `by ${reset.value}`, '{ to: ... }');
  if (floor !== -Infinity) refuse(at('floor'), 'a lowest potential', String(floor), 'none');
  if (cap !== Infinity) refuse(at('cap'), 'a highest potential', String(cap), 'none');
  if (current.length > 0) refuse(at('current'), 'currents in steps', `${current.length} steps`, 'none');
  if (drive) refuse(at('drive'), 'spikes of its own from outside', 'a drive', 'none');
  if (synapses.some((synapse) => synapse.kind === 'alpha')) refuse(at(''), 'alpha synapses', 'alpha', 'exponential or delta');
  const times = new Set(synapses.map(({ timeConstant }) => timeConstant));
  if (times.size > 1) refuse(at(''), 'several synaptic time constants of one population', [...times].map((time) => (time === 0 ? 'delta' : `${time} s`)).join(', '), 'one');
  const [synapse = 0] = times;
  const perfect = kind === 'integrate-and-fire';
  if (perfect && synapse > 0) refuse(at('kind'), 'integrate-and-fire with exponential synapses', kind, 'lif');
  const filled = (value: number): Float64Array => new Float64Array(units).fill(value);
  const fires = threshold !== Infinity;
  const tau = population.membraneTimeConstant;
  const parameters: Partial<Record<NirParameter, Float64Array>> = {
    r: filled(1),
    ...(!perfect && synapse === 0 && { tau: filled(tau) }),
    ...(synapse > 0 && { tau_mem: filled(tau), tau_syn: filled(synapse), w_in: filled(1) }),
    // A constant R I is a membrane that rests higher; an integrator has no rest, its drive goes into an Affine.
    ...(!perfect && { v_leak: bias.map((each) => rest + each) }),
    ...(fires && { v_threshold: filled(threshold), v_reset: filled(reset.value) }),
  };
  const type: NirNeuronType = synapse > 0 ? (fires ? 'CubaLIF' : 'CubaLI') : perfect ? (fires ? 'IF' : 'I') : fires ? 'LIF' : 'LI';
  return { type, shape: [units], parameters };
} // prettier-ignore

/** Out x in. With r and w_in 1, a Dirac of weight w makes V jump by w / tau_m, R I by w / tau_syn, an integrator by w. */
function matrixOf({ rows, targets, weights, projection }: Wiring, pre: number, post: NetworkPopulation): Float64Array {
  const { kind, timeConstant } = projection.synapse;
  const scale = kind === 'exponential' ? timeConstant : post.kind === 'lif' ? post.membraneTimeConstant : 1;
  const values = new Float64Array(post.units * pre);
  for (let unit = 0; unit < pre; unit++)
    for (let k = rows[unit]!; k < rows[unit + 1]!; k++) values[targets[k]! * pre + unit]! += weights[k]! * scale;
  return values;
}
