// Case files with exact spike times (schema `exact-lif-case/1`, times in ms): text to network and expectations, and a run
// against them. It reads no file; the conventions stand in each file and in docs/event-engine.md.
import { z } from 'zod';
import type { EventEngine } from '../engine/event/engine.ts';
import { compressed, currentSteps, type EventNetwork, inputEvents } from '../engine/event/network.ts';
import { SettleError } from '../errors.ts';

const count = z.int().nonnegative();
const finite = z.number();
/** JSON has no infinity. */
const infinite = z.union([finite, z.enum(['infinity', '-infinity'])]);

const schema = z.object({
  schema: z.literal('exact-lif-case/1'),
  id: z.string(),
  description: z.string().optional(),
  n_neurons: z.int().positive(),
  t_stop: z.number().positive(),
  neuron: z.strictObject({
    tau_m: infinite,
    E_L: finite,
    V_th: finite,
    V_reset: finite,
    t_ref: finite,
    R: finite,
    I_bias: z.union([finite, z.array(finite)]),
    V0: z.union([finite, z.array(finite)]),
    reset: z.enum(['value', 'subtract']),
    floor: finite.optional(),
    cap: finite.optional(),
    refractory_membrane: z.enum(['clamp', 'integrate']).optional(),
    refractory_arrivals: z.enum(['lose', 'keep']).optional(),
    threshold_test: z.enum(['>=', '>']).optional(),
  }),
  synapse_types: z.array(
    z.strictObject({
      name: z.string(),
      kind: z.enum(['delta', 'exp', 'alpha']),
      tau: finite.optional(),
      amplitude: z.enum(['peak', 'charge']).optional(),
    }),
  ),
  connections: z.array(z.tuple([count, count, z.string(), finite, finite])).optional(),
  input_events: z.array(z.tuple([finite, count, z.string(), finite])).optional(),
  current_steps: z.array(z.tuple([finite, count, finite])).optional(),
  expected: z.object({
    spikes: z.array(z.tuple([count, finite])),
    dvdt: z.array(z.union([finite, z.null()])),
    probes: z.array(z.tuple([finite, count, finite])).optional(),
    final_V: z.array(finite).optional(),
    final_I: z.record(z.string(), z.array(finite)).optional(),
  }),
});

type CaseFile = z.infer<typeof schema>;

export interface ExactCase {
  readonly id: string;
  readonly network: EventNetwork;
  readonly stop: number;
  readonly expected: CaseFile['expected'];
  readonly typeNames: readonly string[];
}

/** @throws SettleError of kind `input` for text that is no case file */
export function exactCase(text: string, file: string): ExactCase {
  const refuse = (message: string, sides: { path?: string; found?: string; expected?: string }): SettleError =>
    new SettleError(message, { kind: 'input', file, ...sides });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw refuse('not valid JSON', { found: error instanceof Error ? error.message : String(error) });
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0]!;
    const at = path.reduce<unknown>((inner, key) => (inner as Record<PropertyKey, unknown> | undefined)?.[key], value);
    throw refuse('not a case file', {
      path: path.map(String).join('.'), found: at === undefined ? 'nothing' : JSON.stringify(at).slice(0, 60), expected: message,
    }); // prettier-ignore
  }
  const data = parsed.data;
  const { neuron, synapse_types: types, n_neurons: neurons } = data;
  const typeNames = types.map(({ name }) => name);
  const typeOf = (name: string, path: string): number => {
    const k = typeNames.indexOf(name);
    if (k < 0) throw refuse('unknown synapse type', { path, found: `"${name}"`, expected: typeNames.join(' or ') || 'no synapses' }); // prettier-ignore
    return k;
  };
  const inside = (n: number, path: string): number => {
    if (n >= neurons) throw refuse('no such neuron', { path, found: String(n), expected: `below ${neurons}` });
    return n;
  };
  const each = (values: number | number[], path: string): Float64Array => {
    if (typeof values === 'number') return new Float64Array(neurons).fill(values);
    if (values.length !== neurons) throw refuse('wrong number of values', { path, found: String(values.length), expected: String(neurons) }); // prettier-ignore
    return Float64Array.from(values);
  };
  if (data.expected.dvdt.length !== data.expected.spikes.length)
    throw refuse('wrong number of slopes', {
      path: 'expected.dvdt', found: String(data.expected.dvdt.length), expected: String(data.expected.spikes.length),
    }); // prettier-ignore
  data.expected.spikes.forEach(([n], k) => inside(n, `expected.spikes.${k}`));
  data.expected.probes?.forEach(([, n], k) => inside(n, `expected.probes.${k}`));
  const network: EventNetwork = {
    neurons,
    groups: [
      {
        count: neurons,
        membraneTimeConstant: Number(neuron.tau_m === 'infinity' ? Infinity : neuron.tau_m),
        rest: neuron.E_L,
        resistance: neuron.R,
        threshold: neuron.V_th,
        strict: neuron.threshold_test === '>',
        reset: neuron.V_reset,
        resetBy: neuron.reset === 'value' ? 'value' : 'subtraction',
        refractory: {
          duration: neuron.t_ref,
          membrane: neuron.refractory_membrane ?? 'clamp',
          arrivals: neuron.refractory_arrivals ?? 'lose',
        },
        floor: neuron.floor ?? -Infinity,
        cap: neuron.cap ?? Infinity,
      },
    ],
    types: types.map(({ kind, tau, amplitude }) => ({
      kind: kind === 'exp' ? 'exponential' : kind,
      timeConstant: tau ?? 0,
      amplitude: amplitude ?? 'peak',
    })),
    connections: compressed(
      neurons,
      (data.connections ?? []).map(([pre, post, name, weight, delay], k) => ({
        pre: inside(pre, `connections.${k}.0`), post: inside(post, `connections.${k}.1`), type: typeOf(name, `connections.${k}.2`), weight, delay,
      })), // prettier-ignore
    ),
    initial: each(neuron.V0, 'neuron.V0'),
    bias: each(neuron.I_bias, 'neuron.I_bias'),
    inputs: inputEvents(
      (data.input_events ?? []).map(([time, n, name, weight], k) => ({
        time, neuron: inside(n, `input_events.${k}.1`), type: typeOf(name, `input_events.${k}.2`), weight,
      })), // prettier-ignore
    ),
    steps: currentSteps(
      (data.current_steps ?? []).map(([time, n, value], k) => ({
        time, neuron: inside(n, `current_steps.${k}.1`), value,
      })), // prettier-ignore
    ),
  };
  return { id: data.id, network, stop: data.t_stop, expected: data.expected, typeNames };
}

/** What became of one case. Times in ms, potentials in mV. */
export interface Verdict {
  readonly id: string;
  readonly expected: number;
  readonly found: number;
  readonly missing: number;
  readonly extra: number;
  /** Largest |time - expected|, and the largest ratio of it to its own tolerance. */
  readonly timeError: number;
  readonly ofTolerance: number;
  readonly probes: number;
  /** Largest |V - expected| over probes and the end, and |I - expected|, over max(1, |expected|). */
  readonly probeError: number;
  readonly passed: boolean;
}

/** How far a probe may be off: 1e-10 of the value or of 1 mV. */
const probeTolerance = 1e-10;

/** ms: 1e-12; what 16 rounding units of 15 mV are at the crossing's slope; two units in the last place of the time. */
export function timeTolerance(time: number, slope: number | null): number {
  const last = 2 ** (Math.floor(Math.log2(Math.max(Math.abs(time), 2 ** -30))) - 52);
  return Math.max(1e-12, slope === null ? 0 : (16 * 2 ** -53 * 15) / Math.abs(slope), 2 * last);
}

/** Runs the case. Spikes are matched neuron by neuron, in order of time, within a thousand times their tolerance. */
export function verifyCase(
  { id, network, stop, expected, typeNames }: ExactCase,
  engine: (network: EventNetwork) => EventEngine,
): Verdict {
  const run = engine(network);
  const found: number[][] = Array.from({ length: network.neurons }, () => []);
  const advance = (until: number): void => {
    const { time, neuron } = run.advance(until);
    time.forEach((t, k) => found[neuron[k]!]!.push(t));
  };
  let probeError = 0;
  const probe = (value: number, right: number): void => {
    const error = Math.abs(value - right) / Math.max(1, Math.abs(right));
    probeError = error <= probeError ? probeError : error;
  };
  const probes = (expected.probes ?? []).toSorted((a, b) => a[0] - b[0]);
  for (const [time, n, right] of probes) {
    advance(time);
    probe(run.potential(n), right);
  }
  advance(stop);
  expected.final_V?.forEach((right, n) => probe(run.potential(n), right));
  for (const [name, values] of Object.entries(expected.final_I ?? {}))
    values.forEach((right, n) => probe(run.current(n, typeNames.indexOf(name)), right));

  let [missing, matched, timeError, ofTolerance] = [0, 0, 0, 0];
  const next = new Int32Array(network.neurons);
  expected.spikes.forEach(([n, time], k) => {
    const tolerance = timeTolerance(time, expected.dvdt[k]!);
    const far = Math.max(1e-6, 1000 * tolerance);
    const own = found[n]!;
    while (next[n]! < own.length && own[next[n]!]! < time - far) next[n]!++;
    const error = Math.abs((own[next[n]!] ?? Infinity) - time);
    if (!(error <= far)) return void missing++;
    next[n]!++;
    matched++;
    timeError = Math.max(timeError, error);
    ofTolerance = Math.max(ofTolerance, error / tolerance);
  });
  const total = found.reduce((sum, { length }) => sum + length, 0);
  const extra = total - matched;
  return {
    id, expected: expected.spikes.length, found: total, missing, extra, timeError, ofTolerance, probes: probes.length, probeError,
    passed: missing === 0 && extra === 0 && ofTolerance <= 1 && probeError <= probeTolerance,
  }; // prettier-ignore
}
