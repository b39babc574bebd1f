// What a model file without learning may say (`simulation:` in place of phases and learning): populations, generators of
// connections, distributions of weights and delays. Keys and words for editors; meaning is checked in network.ts.
import { z } from 'zod';
import { methods } from './equations.ts';

const text = (words: string) => z.string().describe(words);
const number = (words: string) => z.number().describe(words);
const whole = (words: string) => z.number().int().describe(words);
const time = (words: string) =>
  z.string({ error: 'a time such as "10 ms"' }).describe(`${words}; a time with its unit, such as "10 ms"`);
/** A number in a dimensionless model, text with a unit otherwise. */
const quantity = z.union([z.number(), z.string()], { error: 'a number, or text with a unit' });
const potential = (words: string) => quantity.describe(`${words}; a number, or text such as "-65 mV"`);
const frequency = (words: string) => quantity.describe(`${words}; a frequency such as "10 Hz"`);

const spread = {
  low: quantity.describe('uniform: from; others: nothing below (drawn again)').optional(),
  high: quantity.describe('uniform: up to; others: nothing above (drawn again)').optional(),
  mean: quantity.describe('normal, lognormal').optional(),
  deviation: quantity.describe('normal, lognormal: standard deviation').optional(),
  scale: quantity.describe('exponential: mean').optional(),
};
const distributions = ['uniform', 'normal', 'lognormal', 'exponential'] as const;
/** A value for all, or one drawn for each. */
const drawn = (words: string) =>
  z
    .union([quantity, z.strictObject({ distribution: z.enum(distributions), ...spread }), z.array(quantity).min(1)], {
      error: 'a value, { distribution: normal, mean: ..., deviation: ... }, or a list of values',
    })
    .describe(`${words}; one value, a distribution, or a list (one for each, in order)`);

const connect = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('all-to-all') }),
  z.strictObject({ kind: z.literal('one-to-one') }),
  z.strictObject({ kind: z.literal('fixed-probability'), probability: number('of each ordered pair') }),
  z.strictObject({
    kind: z.literal('fixed-in-degree'),
    degree: whole('synapses into every unit of the receiver'),
    multapses: z.boolean().optional().describe('whether a pair may have several (default true)'),
  }),
  z.strictObject({
    kind: z.literal('distance'),
    probability: number('at distance 0'),
    scale: number('distance over which the probability falls, in sides of the unit square on which units lie'),
    shape: z.enum(['gaussian', 'exponential']).optional().describe('exp(-d^2 / (2 scale^2)) or exp(-d / scale) (default gaussian)'), // prettier-ignore
    periodic: z.boolean().optional().describe('the square is a torus (default true)'),
  }),
  z.strictObject({
    kind: z.literal('list'),
    pairs: z.array(z.tuple([z.number().int(), z.number().int()])).describe('[pre, post] unit numbers'),
  }),
]);

const synapse = z.strictObject({
  kind: z.enum(['delta', 'exponential', 'alpha']).optional().describe('default exponential; delta without a timeConstant'),
  timeConstant: time('of the current').optional(),
}); // prettier-ignore

const textLines = (words: string) =>
  z.union([z.string(), z.array(z.string())], { error: 'text, or a list of lines' }).describe(words);

const equations = z.strictObject({
  units: whole('number of units; required'),
  kind: z.literal('equations').describe('neurons whose equations stand here'),
  equations: textLines(
    'lines "dv/dt = (E - v + R*I)/tau : volt (unless refractory)" and subexpressions "I = g*(E - v) : amp"; required',
  ),
  parameters: z
    .record(z.string(), drawn('a number with its unit'))
    .optional()
    .describe('by name: one value for all units, a distribution, or a list (default none)'),
  threshold: text('a comparison of the values at the end of a step, "v > -50 mV" (default none: no spikes)').optional(),
  reset: textLines('assignments at a spike, one after the other: "v = -65 mV; w += b" (default none)').optional(),
  refractory: z
    .strictObject({ duration: time('after a spike (default 0 ms)').optional() })
    .optional()
    .describe('no spike meanwhile; variables marked (unless refractory) are held and lose what arrives'),
  initial: z
    .record(z.string(), drawn('value at the start'))
    .optional()
    .describe('by variable: a value, a distribution or a list (default 0)'),
  method: z
    .enum(methods)
    .optional()
    .describe('euler, exponential-euler, rk2 (midpoint) or rk4: orders 1, 1, 2, 4 (default rk2)'),
  drive: z
    .strictObject({
      rate: frequency('of all spikes that each unit receives from outside'),
      target: text('the variable that each of them changes; required'),
      weight: quantity.describe('of each of them, in the unit of its target'),
    })
    .optional()
    .describe('independent Poisson spikes into every unit'),
});

const neurons = z.strictObject({
  units: whole('number of units; required'),
  kind: z
    .enum(['lif', 'integrate-and-fire', 'poisson', 'regular', 'spikes'])
    .describe('what its units are: neurons, or sources that only send; required'),
  rate: frequency('poisson, regular').optional(),
  spikes: z
    .array(z.tuple([z.number().int(), z.string()]))
    .optional()
    .describe('spikes: [unit, time]'),
  file: text('spikes: a csv file with columns unit, time (in seconds), beside the model file').optional(),
  membraneTimeConstant: time('lif (default 10 ms)').optional(),
  rest: potential('resting potential (default 0)').optional(),
  threshold: potential('a spike when the potential reaches it (default 1); none: units that never fire').optional(),
  strict: z.boolean().optional().describe('a spike only when the potential exceeds the threshold (default false)'),
  reset: z
    .union([
      z.strictObject({ to: potential('value after a spike') }),
      z.strictObject({ by: potential('what a spike takes off') }),
    ])
    .optional()
    .describe('{ to: ... } (default: rest) or { by: ... }'),
  refractory: z
    .strictObject({
      duration: time('after a spike (default 0 ms)').optional(),
      arrivals: z.enum(['keep', 'lose']).optional().describe('delta arrivals meanwhile (default lose)'),
    })
    .optional(),
  floor: potential('lowest potential (default none)').optional(),
  cap: potential('highest potential (default none)').optional(),
  bias: drawn('constant drive, as the potential it would hold a leaky membrane above rest (default 0)').optional(),
  current: z
    .array(z.tuple([z.number().int(), z.string(), quantity]))
    .optional()
    .describe('[unit, time, value]: from then on the unit has this drive beside its bias (default none)'),
  initial: drawn('potential at the start (default rest)').optional(),
  drive: z
    .strictObject({
      rate: frequency('of all spikes that each unit receives from outside'),
      weight: potential('of each of them'),
      synapse: synapse.optional().describe('default delta'),
    })
    .optional()
    .describe('independent Poisson spikes into every unit'),
});

const population = z.discriminatedUnion('kind', [neurons, equations], {
  error: 'lif, integrate-and-fire, equations, poisson, regular or spikes',
});

const projection = z.strictObject({
  connect: z.union([z.enum(['all-to-all', 'one-to-one']), connect]).describe('which pairs; required'),
  autapses: z.boolean().optional().describe('whether a unit may connect to itself (default true)'),
  weight: drawn('what a spike adds: to the potential (delta), or at its peak to the drive as a potential; to the target of equations in its unit'), // prettier-ignore
  target: text('into equations: the variable that a spike changes; required there').optional(),
  delay: drawn('default 0 ms').optional(),
  synapse: synapse.optional(),
});

export const networkSchema = z
  .strictObject({
    settle: z.literal(1).describe('version of this format; required'),
    name: text('name of the model; required'),
    source: text('where the model comes from').optional(),
    populations: z.record(z.string(), population).describe('by name; required'),
    projections: z.record(z.string(), projection).describe('by name, `e->i`; required'),
    simulation: z
      .strictObject({
        duration: time('simulated time (default 1 s)').optional(),
        discard: time('left out of statistics at the start (default 0 ms)').optional(),
        weights: z
          .enum(['float32', 'float64'])
          .optional()
          .describe(
            'how weights are stored (default float64; the clocked engine on wasm computes in float32 whatever they are)',
          ),
      })
      .describe('makes this a model that runs without data and learning; required here'),
    engine: z.enum(['clocked', 'event']).optional().describe('default clocked'),
    step: time('clocked engine (default 0.1 ms)').optional(),
    backend: text('default wasm').optional(),
    seed: whole('of everything random (default 1)').optional(),
  })
  .describe('A settle model that runs without learning: populations, connections, sources.');

export type NetworkFile = z.infer<typeof networkSchema>;
export type EquationsFile = z.infer<typeof equations>;
export type DrawnFile = z.infer<ReturnType<typeof drawn>>;

/** The JSON Schema of models without learning, for editors. */
export function networkJsonSchema(): object {
  return { ...z.toJSONSchema(networkSchema, { io: 'input' }), $id: 'settle/network/1', title: 'settle network' };
}
