// What a model file may say, as a zod schema: keys, kinds of values and words for editors. Meaning is checked in load.ts.
import { z } from 'zod';

const text = (words: string) => z.string().describe(words);
const number = (words: string) => z.number().describe(words);
const whole = (words: string) => z.number().int().describe(words);
/** A time with its unit. */
const time = (words: string) =>
  z.string({ error: 'a time such as "10 ms"' }).describe(`${words}; a time with its unit, such as "10 ms"`);
/** A potential: a number in a dimensionless model, text such as "-65 mV" otherwise. */
const potential = (words: string) =>
  z
    .union([z.number(), z.string()], { error: 'a finite number, or text such as "-65 mV"' })
    .describe(`${words}; a number, or text such as "-65 mV" throughout the model`);

const encodings = ['current', 'poisson', 'regular'] as const;
const schemes = ['glorot', 'uniform', 'normal', 'zero'] as const;

const data = z.strictObject({
  set: text('mnist, fashion-mnist, moons, xor, bars, or a user\'s own idx, csv, npy (default mnist)').optional(), // prettier-ignore
  path: text('folder or file of an idx, csv or npy set, as seen from the working folder').nullable().optional(),
  train: whole('training examples used, from the start (default all)').nullable().optional(),
  test: whole('test examples used, from the start (default all)').nullable().optional(),
  validation: whole('examples taken from the end of the training set for validation (default 0)').optional(),
  batch: whole('examples that settle side by side and share one update (default 20)').optional(),
});

const population = z.strictObject({
  units: whole('number of units; required: nothing else says how large the network is'),
  kind: z.enum(['input', 'lif', 'integrate-and-fire', 'rate']).describe('what its units are; required'),
  encode: z
    .union(
      [
        z.enum(encodings),
        z.strictObject({
          kind: z.enum(encodings),
          rate: z
            .union([z.number(), z.string()], { error: 'a frequency such as "200 Hz"' })
            .optional()
            .describe('spikes a second at input 1 (default "200 Hz")'),
        }),
      ],
      { error: `${encodings.join(' or ')}, or { kind: poisson, rate: 200 Hz }` },
    )
    .optional()
    .describe('inputs only: a constant current (default), Poisson spikes or regular spikes'),
  membraneTimeConstant: time('lif only (default 10 ms)').optional(),
  rest: potential('resting potential (default 0)').optional(),
  resistance: number('potential per current (default 1)').optional(),
  threshold: potential('a spike when the potential reaches it (default 1)').optional(),
  reset: z
    .union(
      [
        z.strictObject({ to: potential('value after a spike') }),
        z.strictObject({ by: potential('what a spike takes off') }),
      ],
      { error: '{ to: POTENTIAL } or { by: POTENTIAL }' },
    )
    .optional()
    .describe('lif: { to: 0 }; integrate-and-fire: { by: 1 }'),
  refractory: z
    .strictObject({
      duration: time('after a spike (default 0 ms)').optional(),
      membrane: z
        .enum(['clamp', 'integrate'])
        .optional()
        .describe('held at its value, or running on (default clamp; integrate-and-fire: integrate)'),
      arrivals: z.enum(['keep', 'lose']).optional().describe('what happens to delta arrivals meanwhile (default keep)'),
    })
    .optional(),
  floor: potential('lowest potential (default none; integrate-and-fire 0)').optional(),
  cap: potential('highest potential right after a spike (default none; integrate-and-fire 1)').optional(),
  bias: z
    .strictObject({
      init: number('constant current at the start; 1 puts a lif of threshold 1 at rheobase (default 0)').optional(),
      rate: number('learning rate (default: that of the first projection into it)').optional(),
    })
    .optional(),
  initial: z
    .union([potential('the same for all'), z.tuple([potential('from'), potential('up to')])], {
      error: 'a potential, or [from, up to]',
    })
    .optional()
    .describe('potential at the start of an example; two values: uniform between them (default [0, 1])'),
  traceTimeConstant: time('of the activity trace (default 10 ms)').optional(),
  slowTraceTimeConstant: time('of the slow trace that follows it (default 20 ms)').optional(),
  activityTime: time(
    'activity = rate times this (default: membraneTimeConstant; integrate-and-fire: refractory.duration)',
  ).optional(),
  energy: text('rate populations: energy F(s, input, b)').nullable().optional(),
  activation: text('rate populations: activation').nullable().optional(),
});

const projection = z.strictObject({
  kind: z.literal('dense').optional().describe('every unit to every unit'),
  init: z
    .union(
      [
        z.enum(schemes),
        z.strictObject({
          scheme: z.enum(schemes).optional(),
          gain: number('factor on the initial weights (default 1)').optional(),
        }),
      ],
      { error: `${schemes.join(' or ')}, or { scheme: glorot, gain: 0.5 }` },
    )
    .optional()
    .describe('initial weights (default glorot: uniform in +/- gain sqrt(6 / (pre + post)))'),
  synapse: z
    .strictObject({
      kind: z.enum(['exponential', 'delta']).optional().describe('default exponential'),
      timeConstant: time('default: traceTimeConstant of the sender').optional(),
    })
    .optional(),
  delay: time('a whole number of steps for the clocked engine (default 0 ms)').optional(),
});

const record = z.strictObject({
  population: text('name of a population'),
  variable: z
    .enum(['spikes', 'membrane', 'trace', 'slowTrace', 'current'])
    .describe('current: its constant part, bias and constant inputs'),
  units: z.array(z.number().int()).nullable().optional().describe('unit numbers (default all)'),
  interval: time('between samples (default one step)').optional(),
  examples: z.array(z.number().int()).optional().describe('numbers of test examples (default [0])'),
  phases: z
    .array(z.enum(['free', 'plus', 'minus']))
    .optional()
    .describe('default all'),
});

export const fileSchema = z
  .strictObject({
    settle: z.literal(1).describe('version of this format; required'),
    name: text('name of the model; required: folders and tables are called by it'),
    source: text('where the model comes from').optional(),
    data: data.optional(),
    populations: z.record(z.string(), population).describe('by name; required'),
    projections: z
      .record(z.string(), projection)
      .describe('by name: `x->h` one way, `h<->y` one matrix both ways; required'),
    cost: z
      .strictObject({ on: text('output population'), text: text('of each unit, in s (activity) and target') })
      .optional(),
    phases: z
      .strictObject({
        free: z.strictObject({
          duration: time('required'),
          window: time('its last part, for the running error (default 20 ms at most)').optional(),
        }),
        nudge: z.strictObject({
          duration: time('of each nudged phase; required'),
          window: time('its last part, over which traces are averaged (default half)').optional(),
          beta: number('nudging strength; required, above 0'),
          estimator: z.enum(['one-sided', 'random-sign', 'symmetric']).optional().describe('default symmetric'),
        }),
        predict: z
          .strictObject({
            duration: time('default free.duration + nudge.window').optional(),
            window: time('default nudge.window').optional(),
          })
          .optional(),
        restart: z
          .enum(['copy', 'relax', 'reset'])
          .optional()
          .describe('how the second nudged phase starts (default copy)'),
        relaxDuration: time('with restart relax (default free.duration)').optional(),
      })
      .describe('required'),
    learning: z
      .strictObject({
        rule: text('default ep').optional(),
        update: z
          .enum(['contrast', 'end-point', 'continual', 'events', 'single-trace'])
          .optional()
          .describe('default contrast'),
        rates: z.record(z.string(), z.number()).optional().describe('by projection (default 0.1); 0 freezes it'),
        rateDecay: number('every rate is multiplied by it after each epoch (default 1)').optional(),
        warmup: whole('examples over which rates rise to their value (default 0)').optional(),
        momentum: number('default 0').optional(),
        weightDecay: number('default 0').optional(),
        epochs: whole('default 1').optional(),
      })
      .optional(),
    record: z.array(record).optional(),
    engine: z.enum(['clocked', 'event']).optional().describe('default clocked'),
    step: time('clocked engine (default 1 ms)').optional(),
    spikeTimes: z.enum(['grid', 'interpolated']).optional().describe('default grid'),
    backend: text('default wasm').optional(),
    seed: whole('of everything random (default 1)').optional(),
  })
  .describe('A settle model: populations, projections, phases and learning.');

export type ModelFile = z.infer<typeof fileSchema>;

/** The JSON Schema of model files, for editors. */
export function jsonSchema(): object {
  return { ...z.toJSONSchema(fileSchema, { io: 'input' }), $id: 'settle/model/1', title: 'settle model' };
}
