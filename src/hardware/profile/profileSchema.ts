// What a profile file may say (`settleProfile: 1`): one table of fields, from which the zod schema, the JSON Schema and the
// reader come. Meaning beyond one value is checked in profileLoad.ts.
import { z } from 'zod';
import type { CapacityKey, PriceKey, RateKey } from './profile.ts';

/** What kind of value a field holds; times, frequencies and energies are text with units. */
export interface Field {
  readonly kind: 'count' | 'whole' | 'number' | 'notNegative' | 'time' | 'energy' | 'truth' | 'word' | 'text';
  readonly words?: readonly string[];
  readonly about: string;
} // prettier-ignore

const count = (about: string): Field => ({ kind: 'count', about });
const whole = (about: string): Field => ({ kind: 'whole', about });
const number = (about: string): Field => ({ kind: 'number', about });
const notNegative = (about: string): Field => ({ kind: 'notNegative', about });
const truth = (about: string): Field => ({ kind: 'truth', about });
const word = (about: string, ...words: string[]): Field => ({ kind: 'word', words, about });
const state = (what: string): Record<string, Field> => ({
  bits: count(`width of ${what}; unlimited for a real number`),
  signed: truth('negative numbers included'),
  overflow: word('what happens at the rails', 'saturate', 'wrap'),
  rounding: word('of what decays', 'nearest', 'half-even', 'floor', 'toward-zero'),
});

const capacityWords: Readonly<Record<CapacityKey, string>> = {
  cores: 'cores of the chip',
  neuronsPerCore: 'neurons of a core',
  inputs: 'input channels of the chip',
  outputs: 'output neurons of the chip',
  addresses: 'addresses that neurons and inputs share',
  fanIn: 'synapses into a neuron',
  fanOut: 'synapses from a neuron',
  synapses: 'synapses of the chip',
  synapsesPerCore: 'synapses of a core',
  synapseBitsPerCore: 'bits of synapse memory of a core',
  inputAxonsPerCore: 'senders that reach a core',
  outputAxonsPerCore: 'cores that the neurons of a core reach, in all',
  parameterSetsPerCore: 'different sets of neuron parameters in a core',
};
const rateWords: Readonly<Record<RateKey, string>> = {
  spikesPerNeuronStep: 'spikes of a neuron in a step',
  inputEventsPerChannelStep: 'spikes of an input channel in a step',
  eventsPerSecond: 'events through the interface of the chip',
  cyclesPerSpike: 'clock cycles that a spike takes with every neuron in use',
  clock: 'cycles a second',
  queue: 'events that wait',
};
const priceWords: Readonly<Record<PriceKey, string>> = {
  synapticEvent: 'a spike at a synapse, dense',
  synapticEventSparse: 'a spike at a synapse stored in a list',
  neuronUpdate: 'a step of a neuron that takes part',
  neuronUpdateIdle: 'a step of a neuron without input',
  spike: 'a spike sent',
  hop: 'a spike passed on from core to core',
  weightUpdate: 'a change of a weight',
  multiplyAccumulate: 'a multiplication with an addition',
  conversion: 'a conversion between analog and digital',
  pulse: 'a write pulse',
};
const each = <K extends string>(
  words: Readonly<Record<K, string>>,
  field: (about: string) => Field,
): Record<K, Field> =>
  Object.fromEntries(Object.entries<string>(words).map(([key, about]) => [key, field(about)])) as Record<K, Field>;

export const prices = each(priceWords, (about) => ({ kind: 'energy', about }));

/** Sections of plain fields. */
export const sections = {
  time: {
    mode: word('how time passes', 'stepped', 'event', 'continuous'),
    step: { kind: 'time', about: 'of the algorithm' },
  },
  capacity: each(capacityWords, count),
  weight: {
    bits: count('of the mantissa, sign included'),
    signs: word('what carries the sign', 'synapse', 'source', 'row', 'group'),
    minimum: number('least mantissa'),
    maximum: number('greatest mantissa'),
    step: notNegative('between neighbouring mantissas'),
    exponentMinimum: whole('of the power of two that the weights of a projection are multiplied by'),
    exponentMaximum: whole('of the same'),
    rounding: word('to a mantissa', 'nearest', 'half-even', 'floor', 'toward-zero'),
  },
  membrane: state('the membrane'),
  current: state('the synaptic current'),
  threshold: {
    bits: count('of the threshold register'),
    shift: whole('threshold = register x 2^shift'),
    minimum: number('least register'),
    maximum: number('greatest register'),
    compare: word('a spike when the membrane is above the threshold, or has reached it', 'above', 'reached'),
  },
  decay: {
    kind: word('of the decay register', 'multiplier', 'shift', 'linear', 'analog', 'software', 'none'),
    bits: count('of the decay register'),
  },
  reset: { to: truth('to a value'), by: truth('by subtraction') },
  refractory: { minimum: count('dead steps after a spike, at least'), maximum: count('dead steps at most') },
  delay: { minimum: count('steps'), maximum: count('steps'), step: notNegative('steps') },
  neuron: {
    exponentialSynapse: truth('a synaptic current that decays exponentially'),
    exponentialLeak: truth('a membrane that decays exponentially'),
    inputCurrent: truth('a constant current that the host sets for every example'),
    bias: truth('a constant current for each neuron'),
    floor: truth('a lowest membrane potential'),
  },
  rates: each(rateWords, count),
  variation: {
    weight: notNegative('relative standard deviation of a synapse, drawn once'),
    copies: notNegative('relative standard deviation between the two copies of a symmetric weight'),
    stuck: notNegative('share of synapses that hold a value of their own and never move'),
    nudge: number('how much stronger the first nudge is than the second, relative'),
  },
} as const satisfies Readonly<Record<string, Readonly<Record<string, Field>>>>;

export const deviceFields = {
  step: notNegative('mean change by one pulse'),
  stepSpread: notNegative('relative standard deviation from device to device'),
  cycleSpread: notNegative('relative standard deviation from pulse to pulse'),
  minimum: number('lower bound'),
  maximum: number('upper bound'),
  minimumSpread: notNegative('relative standard deviation of the lower bound'),
  maximumSpread: notNegative('relative standard deviation of the upper bound'),
  asymmetry: number('steps up are larger than steps down by this share'),
  asymmetrySpread: notNegative('its standard deviation from device to device'),
  slopeUp: notNegative('linear-step: relative loss of step at the upper bound'),
  slopeDown: notNegative('linear-step: relative loss of step at the lower bound'),
  writeNoise: notNegative('standard deviation of what is read after a write, in steps'),
  stuck: notNegative('share of devices that never move'),
  pulses: count('most pulses for one update'),
  pulseRounding: word('how a part of a pulse is decided', 'stochastic', 'nearest'),
  drift: number('phase-change: exponent of the decay in time'),
  driftSpread: notNegative('its standard deviation from device to device'),
  driftStart: { kind: 'time', about: 'after programming' },
  driftTime: { kind: 'time', about: 'between programming and reading' },
} as const satisfies Readonly<Record<string, Field>>;
export const deviceModels = ['constant-step', 'soft-bounds', 'linear-step', 'phase-change'] as const;

export const converterFields = {
  inputBits: count('of the converter before the array'),
  inputBound: notNegative('of the same'),
  outputBits: count('of the converter behind the array'),
  outputBound: notNegative('of the same'),
  outputNoise: notNegative('standard deviation before the output converter'),
} as const satisfies Readonly<Record<string, Field>>;

const examples: Readonly<Record<string, string>> = { time: '1 ms', energy: '23.6 pJ' };

function valueOf({ kind, words }: Field): z.ZodType {
  switch (kind) {
    case 'count':
      return z.union([z.number().int().min(0, { error: 'a whole number, 0 or more, or unlimited' }), z.literal('unlimited')], { error: 'a whole number, 0 or more, or unlimited' }); // prettier-ignore
    case 'whole':
      return z.number().int();
    case 'number':
      return z.number();
    case 'notNegative':
      return z.number({ error: 'a number, 0 or more' }).min(0, { error: 'a number, 0 or more' });
    case 'truth':
      return z.boolean({ error: 'true or false' });
    case 'word':
      return z.enum(words as [string, ...string[]]);
    case 'text':
      return z.string();
    default:
      return z.string({ error: `a quantity such as "${examples[kind]}"` });
  }
}

/** A value, `unknown`, or either with its source. */
function field(one: Field): z.ZodType {
  const value = valueOf(one);
  const choice = one.kind === 'word' ? z.enum(['unknown', ...one.words!]) : null;
  const expected = `${expectationOf(one)}, unknown, or { value, source }`;
  const plain = choice ?? z.union([value, z.literal('unknown')], { error: expected });
  const long = z.strictObject({ value: plain, source: z.string() });
  return z.union([plain, long], { error: expected }).optional().describe(one.about);
}

function expectationOf({ kind, words }: Field): string {
  if (words) return words.join(' or ');
  const names = {
    count: 'a whole number, 0 or more, or unlimited', whole: 'a whole number', number: 'a number',
    notNegative: 'a number, 0 or more', truth: 'true or false', text: 'text', word: 'a word',
  } as const; // prettier-ignore
  return kind in names ? names[kind as keyof typeof names] : `a quantity such as "${examples[kind]}"`;
}

const source = z.string().optional().describe('where the plain values of this section are from; a name in `sources`');
const section = (fields: Readonly<Record<string, Field>>) =>
  z.strictObject({ source, ...Object.fromEntries(Object.entries(fields).map(([key, one]) => [key, field(one)])) });

export const profileSchema = z
  .strictObject({
    settleProfile: z.literal(1).describe('version of this format; required'),
    name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, { error: 'letters, digits, - _ .' }).describe('required'),
    kind: z.enum(['ideal', 'digital', 'mixed-signal', 'software', 'crossbar']).describe('required'),
    description: z.string().describe('what the chip is, in a sentence; required'),
    sources: z.record(z.string(), z.string()).describe('by short name: what it is and how it was read; required'),
    ...(Object.fromEntries(
      Object.entries(sections).map(([key, fields]) => [key, section(fields).optional()]),
    ) as Record<keyof typeof sections, z.ZodOptional<ReturnType<typeof section>>>),
    substitutes: z
      .strictObject({
        synapse: z.enum(['exponential', 'delta']).optional(),
        leak: z.enum(['exponential', 'linear']).optional(),
        reset: z.enum(['to', 'by', 'same']).optional(),
        inputCurrent: z.enum(['current', 'regular', 'poisson']).optional(),
        refractory: z.enum(['same', 'none']).optional(),
        floor: z.enum(['same', 'zero', 'none']).optional(),
      })
      .optional()
      .describe('what stands for what the chip lacks (default: nothing is replaced)'),
    stateCopy: field(truth('all states can be saved and put back')),
    learning: field({ kind: 'text', about: 'what learns on the chip' }),
    devices: z
      .strictObject({
        source,
        model: z.enum(deviceModels).describe('required'),
        ...Object.fromEntries(Object.entries(deviceFields).map(([key, one]) => [key, field(one)])),
      })
      .optional(),
    converters: section(converterFields).optional(),
    energy: z
      .array(
        z.strictObject({
          name: z.string(),
          scope: z.enum(['per-term', 'all-in']),
          conditions: z.string(),
          source: z.string(),
          prices: z.strictObject(
            Object.fromEntries(Object.entries(prices).map(([key, one]) => [key, field(one)])),
          ),
        }),
      )
      .optional()
      .describe('energy tables; the first one is the default, and no two are ever mixed'),
  })
  .describe('A hardware profile: what a chip can hold, in which formats, how its devices write, what an event costs. A key that is absent is unknown.'); // prettier-ignore

/** The JSON Schema of profile files, for editors. */
export function profileJsonSchema(): object {
  return {
    ...z.toJSONSchema(profileSchema, { io: 'input', reused: 'ref' }),
    $id: 'settle/profile/1',
    title: 'settle hardware profile',
  };
}
