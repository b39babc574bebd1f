// A model as a network for the event engines: neurons by population, synapses both ways along <->, and a self-synapse that
// carries the part of the nudge that decays with the activity. It holds no weights and runs nothing.
import type { Model, Population, Projection } from '../../model/model.ts';
import { currentSteps, type EventNetwork, type NeuronGroup, noInputs, type SynapseType } from './network.ts';

export interface ModelNetwork {
  readonly network: EventNetwork;
  /** Populations that settle, and the number of each one's first neuron. */
  readonly neurons: readonly (Population & { readonly first: number })[];
  /** The synapses of a projection: [pre, post] at `forward[pre] + post`, [post, pre] at `back[post] + pre`. */
  readonly synapses: readonly (Projection & { readonly forward: Uint32Array; readonly back: Uint32Array | null })[];
  /** Of each unit that is nudged: the place of its synapse upon itself, whose type decays with the trace. */
  readonly nudge: { readonly type: number; readonly places: Uint32Array } | null;
  /** What weight 1 from this sender into this receiver is in the network's units: a spike carries its sender's activityTime. */
  scale(projection: Projection, from: Population, to: Population): number;
}

/** Volts (or 1) a second and unit of current; the perfect integrator's equation is dV/dt = R I / activityTime. */
const charge = ({ membraneTimeConstant, activityTime, resistance }: Population): number =>
  resistance / (membraneTimeConstant === Infinity ? activityTime : membraneTimeConstant);

function groupOf(p: Population): NeuronGroup {
  const perfect = p.membraneTimeConstant === Infinity;
  // A model's cap is of what a spike leaves: of the value that V is reset to, or of V less what it loses.
  const capped = p.reset.mode === 'to';
  return {
    count: p.units,
    membraneTimeConstant: p.membraneTimeConstant,
    rest: p.rest,
    resistance: perfect ? charge(p) : p.resistance,
    threshold: p.threshold,
    strict: false,
    reset: capped ? Math.min(p.reset.value, p.cap) : p.threshold - p.reset.value,
    resetBy: capped ? 'value' : 'subtraction',
    refractory: p.refractory,
    floor: p.floor,
    cap: capped ? Infinity : p.cap + p.reset.value,
  };
}

export function modelNetwork(model: Model): ModelNetwork {
  let first = 0;
  const neurons = model.populations
    .filter(({ kind }) => kind !== 'input')
    .map((p) => ({ ...p, first: (first += p.units) - p.units }));
  const of = (name: string) => neurons.find((p) => p.name === name);
  const types: SynapseType[] = [];
  function typeOf(kind: 'delta' | 'exponential', timeConstant: number): number {
    const known = types.findIndex((t) => t.kind === kind && (kind === 'delta' || t.timeConstant === timeConstant));
    return known >= 0 ? known : types.push({ kind, timeConstant, amplitude: 'charge' }) - 1;
  }

  // What each neuron sends, by population: rows of targets with a delay and a type.
  interface Ways {
    readonly delay: number;
    readonly type: number;
    readonly targets: (unit: number) => ArrayLike<number>;
    readonly at: Uint32Array;
  }
  const ways = new Map(neurons.map(({ name }) => [name, [] as Ways[]]));
  const range = ({ first: begin, units }: { first: number; units: number }): Uint32Array =>
    Uint32Array.from({ length: units }, (_, k) => begin + k);
  const synapses = model.projections.flatMap((projection) => {
    const [from, to] = [of(projection.from), of(projection.to)];
    if (!from || !to) return [];
    const { delay, symmetric, synapse } = projection;
    const type = typeOf(synapse.kind, synapse.timeConstant);
    const forward = new Uint32Array(from.units);
    const back = symmetric ? new Uint32Array(to.units) : null;
    const [ahead, behind] = [range(to), range(from)];
    ways.get(from.name)!.push({ delay, type, targets: () => ahead, at: forward });
    if (back) ways.get(to.name)!.push({ delay, type, targets: () => behind, at: back });
    return [{ ...projection, forward, back }];
  });
  const nudged = model.cost ? of(model.cost.on) : undefined;
  const nudge = nudged && {
    type: typeOf('exponential', nudged.traceTimeConstant),
    places: new Uint32Array(nudged.units),
  };
  if (nudged && nudge)
    ways.get(nudged.name)!.push({ delay: 0, type: nudge.type, targets: (k) => [nudged.first + k], at: nudge.places });

  const rows = neurons.flatMap(({ name, units }) => {
    const sorted = ways.get(name)!.sort((a, b) => a.delay - b.delay || a.type - b.type);
    return Array.from({ length: units }, (_, unit) => sorted.map((way) => ({ ...way, unit })));
  });
  const segments = rows.flat();
  const lengths = segments.map(({ targets, unit }) => targets(unit).length);
  const count = lengths.reduce((sum, length) => sum + length, 0);
  const segmentOf = new Uint32Array(first + 1);
  rows.forEach((row, n) => (segmentOf[n + 1] = segmentOf[n]! + row.length));
  const synapseOf = new Uint32Array(segments.length + 1);
  const post = new Uint32Array(count);
  segments.forEach(({ targets, unit, at }, g) => {
    at[unit] = synapseOf[g]!;
    post.set(targets(unit), synapseOf[g]);
    synapseOf[g + 1] = synapseOf[g]! + lengths[g]!;
  });
  return {
    network: {
      neurons: first,
      groups: neurons.map(groupOf),
      types,
      connections: {
        segmentOf, synapseOf, post, weight: new Float64Array(count),
        delay: Float64Array.from(segments, ({ delay }) => delay), type: Uint8Array.from(segments, ({ type }) => type),
      }, // prettier-ignore
      initial: new Float64Array(first),
      bias: new Float64Array(first),
      inputs: noInputs,
      steps: currentSteps([]),
    },
    neurons,
    synapses,
    nudge: nudge ?? null,
    scale: ({ synapse }, from, to) => from.activityTime * (synapse.kind === 'delta' ? charge(to) : 1),
  };
}
