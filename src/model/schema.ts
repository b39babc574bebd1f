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
const pools = ['max', 'average', 'softmax'] as const;
const schemes = ['glorot', 'glorot-normal', 'uniform', 'normal', 'orthogonal', 'zero'] as const;
export const optimisers = ['sgd', 'rmsprop', 'rmsprop-graves', 'adam'] as const;

/** Initial values of a matrix: a scheme, or a scheme with a factor. */
const initial = z.union(
  [
    z.enum(schemes),
    z.strictObject({
      scheme: z.enum(schemes).optional(),
      gain: number('factor on the initial weights (default 1)').optional(),
    }),
  ],
  { error: `${schemes.join(' or ')}, or { scheme: glorot, gain: 0.5 }` },
);

/** Of a projection: also every weight by its value. */
const initialWeights = z.union(
  [
    z.enum(schemes),
    z.strictObject({
      scheme: z.enum([...schemes, 'listed']).optional(),
      gain: number('factor on the initial weights (default 1)').optional(),
      values: z
        .array(z.number())
        .optional()
        .describe('scheme listed: every weight, the receivers of the first sender first'),
    }),
  ],
  { error: `${schemes.join(' or ')}, { scheme: glorot, gain: 0.5 } or { scheme: listed, values: [...] }` },
);

const data = z.strictObject({
  set: text('mnist, fashion-mnist, moons, xor, bars, or a user\'s own cifar10, idx, csv, npy (default mnist)').optional(), // prettier-ignore
  path: text('folder or file of a cifar10, idx, csv or npy set, as seen from the folder where the command runs').nullable().optional(), // prettier-ignore
  folder: text('the same as path').optional(),
  train: whole('training examples used, from the start (default all)').nullable().optional(),
  test: whole('test examples used, from the start (default all)').nullable().optional(),
  validation: whole('examples taken from the end of the training set for validation (default 0)').optional(),
  batch: whole('examples that settle side by side and share one update (default 20)').optional(),
  pixels: z
    .tuple([z.number().int(), z.number().int()], { error: 'two whole numbers, [rows, columns]' })
    .optional()
    .describe('pictures are averaged down to [rows, columns] (default as they come)'),
  normalise: z
    .union([z.boolean(), z.strictObject({ mean: z.array(z.number()), deviation: z.array(z.number()) })], {
      error: 'true, or { mean: [0.5], deviation: [0.25] } with a number for each channel',
    })
    .optional()
    .describe(
      'each channel to mean 0 and deviation 1: those of the training examples (true), or given ones (default false)',
    ),
  augment: z
    .strictObject({
      crop: whole('training pictures are padded by so many pixels and cut to size at random (default 0)').optional(),
      fill: z.enum(['edge', 'zero']).optional().describe('the padding: the pixel at the edge, or zero (default edge)'),
      flip: z.boolean().optional().describe('every other one, at random, is mirrored left to right (default false)'),
    })
    .optional()
    .describe('changes training pictures at random in every epoch'),
  order: z.enum(['shuffled', 'file']).optional().describe('of the training examples in an epoch (default shuffled)'),
});

const population = z.strictObject({
  units: whole('number of units; required unless shape or channels says it').optional(),
  shape: z
    .tuple([z.number().int(), z.number().int(), z.number().int()], {
      error: 'three whole numbers, [rows, columns, channels]',
    })
    .optional()
    .describe('units that make up a picture, [rows, columns, channels]'),
  channels: whole('of a picture whose rows and columns the kernel into it leaves').optional(),
  kind: z.enum(['input', 'lif', 'integrate-and-fire', 'rate', 'readout']).describe('what its units are; required'),
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
  leak: number('integrate-and-fire: potential that it loses in a second, towards rest (default 0)').optional(),
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
      spread: number('rate models: uniform in init +/- spread (default 0)').optional(),
      rate: number('learning rate (default: that of the first projection into it)').optional(),
      shared: z
        .boolean()
        .optional()
        .describe('rate models: one number a channel of a picture (default: yes where a kernel leads into it)'),
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
  energy: text('rate populations: energy F(s, input, b) of each unit (default -s * (input + b))').nullable().optional(),
  activation: text(
    'rate populations: function of the total input u, such as tanh(u); identity, tanh, sigmoid, hardSigmoid, relu for short (default hardSigmoid)',
  )
    .nullable()
    .optional(),
  range: z
    .tuple([z.number().nullable(), z.number().nullable()])
    .nullable()
    .optional()
    .describe('rate populations: states stay in [lowest, highest] (default none)'),
  dropout: number('share of units that are left out of a training example (default 0)').optional(),
});

const projection = z.strictObject({
  kind: z
    .enum(['dense', 'conv'])
    .optional()
    .describe('dense: every unit to every unit; conv: one kernel at every place of a picture (default dense)'),
  kernel: whole('conv: side of the square kernel; required there').optional(),
  stride: whole('conv: places from one kernel to the next (default 1)').optional(),
  padding: z
    .union([z.number().int(), z.literal('same')], { error: 'a whole number, or same' })
    .optional()
    .describe('conv: zeros around the picture; same: as many as keep its size (default 0)'),
  pool: z
    .union(
      [
        z.enum(pools),
        z.strictObject({
          kind: z.enum(pools).optional().describe('default max'),
          size: whole('side of the square windows (default 2)').optional(),
          stride: whole('from one window to the next (default: size)').optional(),
        }),
      ],
      { error: `${pools.join(' or ')}, or { kind: max, size: 2 }` },
    )
    .optional()
    .describe('conv: what is left of each window: the largest, the mean, or the mean weighted by the softmax'),
  init: initialWeights
    .optional()
    .describe('initial weights (default glorot: uniform in +/- gain sqrt(6 / (pre + post)))'),
  features: z
    .union([z.string(), z.record(z.string(), z.string())], { error: 'text in s, or a map of names to such texts' })
    .optional()
    .describe(
      'rate models: what the sender shows, in s, gathered as `input`; or several by name (default s; rho(s) is the activation)',
    ),
  bounds: z
    .tuple([z.number().nullable(), z.number().nullable()])
    .optional()
    .describe('rate models: [lowest, highest] weight, null for none'),
  synapse: z
    .strictObject({
      kind: z.enum(['exponential', 'delta']).optional().describe('default exponential'),
      timeConstant: time('default: traceTimeConstant of the sender').optional(),
    })
    .optional(),
  delay: time('a whole number of steps for the clocked engine (default 0 ms)').optional(),
});

const record = z.strictObject({
  population: text('name of a population; none with energy, which is of the whole network').optional(),
  variable: z
    .enum(['spikes', 'membrane', 'trace', 'slowTrace', 'current', 'energy'])
    .describe('current: its constant part, bias and constant inputs; energy: rate models, after every step'),
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
      .strictObject({
        on: text('output population'),
        kind: z
          .enum(['text', 'cross-entropy', 'binary-cross-entropy'])
          .optional()
          .describe('cross-entropy: softmax of a readout population (default text)'),
        text: text('of each unit, in s (activity) and target').optional(),
      })
      .optional(),
    dynamics: z
      .strictObject({
        kind: z
          .enum(['map', 'flow'])
          .optional()
          .describe('map: s <- activation(-dE/ds); flow: s <- s - step dE/ds (default map)'),
        step: number(
          'flow: step of the gradient flow; map: share of the way to the new value (default: flow 0.5, map 1)',
        ).optional(),
        order: z
          .enum(['synchronous', 'layers'])
          .optional()
          .describe('all populations at once, or one after the other in the order of the file (default synchronous)'),
        nudge: z
          .enum(['inside', 'outside'])
          .optional()
          .describe('map: the nudge inside the activation or outside (default inside)'),
      })
      .optional()
      .describe('how rate populations settle'),
    phases: z
      .strictObject({
        free: z
          .strictObject({
            duration: time('spiking models: required').optional(),
            steps: whole('rate models: at most so many steps (default 30)').optional(),
            tolerance: number(
              'rate models: settled when no state moves further in a step (default 0: all steps)',
            ).optional(),
            start: z
              .enum(['rest', 'kept'])
              .optional()
              .describe(
                'rate models: where training starts from; kept: where the same example settled in the epoch before (default rest)',
              ),
            window: time('its last part, for the running error (default 20 ms at most)').optional(),
          })
          .optional()
          .describe('required in spiking models'),
        nudge: z
          .strictObject({
            duration: time('of each nudged phase; spiking models: required').optional(),
            steps: whole('rate models: of each nudged phase (default 10)').optional(),
            window: time('its last part, over which traces are averaged (default half)').optional(),
            beta: number('nudging strength, above 0; required in spiking models (rate models: default 0.1)').optional(),
            estimator: z
              .enum(['one-sided', 'random-sign', 'symmetric', 'holomorphic'])
              .optional()
              .describe('holomorphic: rate models only (default symmetric)'),
            points: whole('holomorphic: points on the circle of radius beta (default 4)').optional(),
          })
          .optional()
          .describe('required in spiking models'),
        predict: z
          .strictObject({
            duration: time('default free.duration + nudge.window').optional(),
            steps: whole('rate models: default free.steps').optional(),
            window: time('default nudge.window').optional(),
          })
          .optional(),
        restart: z
          .enum(['copy', 'relax', 'reset'])
          .optional()
          .describe('how the second nudged phase starts (default copy)'),
        relaxDuration: time('with restart relax (default free.duration)').optional(),
      })
      .optional()
      .describe('required in spiking models'),
    learning: z
      .strictObject({
        rule: text('default ep').optional(),
        update: z
          .enum(['contrast', 'end-point', 'continual', 'events', 'single-trace'])
          .optional()
          .describe('default contrast'),
        rates: z.record(z.string(), z.number()).optional().describe('by projection (default 0.1); 0 freezes it'),
        rateDecay: number('every rate is multiplied by it after each epoch (default 1)').optional(),
        annealing: z
          .strictObject({
            epochs: whole('epochs in which rates fall along half a cosine; required'),
            least: number('where they end (default 0)').optional(),
          })
          .optional()
          .describe('cosine annealing of every rate, by epoch'),
        warmup: whole('examples over which rates rise to their value (default 0)').optional(),
        optimiser: z
          .union(
            [
              z.enum(optimisers),
              z.strictObject({
                kind: z.enum(optimisers).optional(),
                beta1: number('adam: of the first moment (default 0.9)').optional(),
                beta2: number('adam 0.999; rmsprop: of the mean square (default 0.99)').optional(),
                epsilon: number('default 1e-8').optional(),
              }),
            ],
            { error: `${optimisers.join(' or ')}, or { kind: adam, beta2: 0.95 }` },
          )
          .optional()
          .describe('default sgd'),
        feedback: z
          .strictObject({
            init: initial.optional().describe('of fixed or learned feedback matrices (default glorot)'),
            shared: z.boolean().optional().describe('dfa: one matrix for all layers (default false)'),
            decay: number('kolen-pollack: decay of both matrices a batch (default 0)').optional(),
            rate: number('weight-mirror: rate of the mirror phase (default 0.1)').optional(),
          })
          .optional()
          .describe('rules with feedback of their own'),
        targets: z
          .strictObject({
            step: number('length of the step of the top target, for each example (default 0.1)').optional(),
            top: z
              .enum(['gradient', 'label'])
              .optional()
              .describe('top target: a gradient step, or the label (default by the rule)'),
            inverse: z.enum(['trained', 'exact']).optional().describe('decoders (default trained)'),
            loss: z
              .enum(['corrupted', 'clean', 'difference'])
              .optional()
              .describe(
                'decoder reconstructs the noisy or the clean activity, or the difference loss (default corrupted)',
              ),
            reduction: z
              .enum(['sum', 'mean'])
              .optional()
              .describe(
                'of the local and the decoder losses over units; over examples it is always the mean (default sum)',
              ),
            noise: number('standard deviation of the noise in the decoder loss (default 0.1)').optional(),
            rate: number('learning rate of the decoders (default 0.001)').optional(),
            optimiser: z
              .union([
                z.enum(optimisers),
                z.strictObject({
                  kind: z.enum(optimisers).optional(),
                  beta1: z.number().optional(),
                  beta2: z.number().optional(),
                  epsilon: z.number().optional(),
                }),
              ])
              .optional()
              .describe('of the decoders (default that of the weights)'),
            schedule: z
              .enum(['parallel', 'batches', 'alternating'])
              .optional()
              .describe(
                'decoders learn in the same batch at once, in the same batch first, or in epochs of their own (default batches)',
              ),
            decoderSteps: whole('decoder steps for each batch, with schedule batches (default 1)').optional(),
            decoders: z
              .enum(['activation', 'linear'])
              .optional()
              .describe('a decoder ends in the activation of the layer it reconstructs, or not (default by the rule)'),
            decay: number('weight decay of the decoders (default 0)').optional(),
            auxiliary: whole('auxiliary output units of auxiliary-output sdtp (default 0)').optional(),
          })
          .optional()
          .describe('target propagation'),
        vectorField: z
          .enum(['same', 'different'])
          .optional()
          .describe('ep with h->y and y->h apart: both get half the summed contrast, or each its own (default same)'),
        momentum: number('default 0').optional(),
        weightDecay: number('of weights (default 0)').optional(),
        biasDecay: number('the same of biases (default 0)').optional(),
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
export type PopulationFile = z.infer<typeof population>;

/** The JSON Schema of model files, for editors. */
export function jsonSchema(): object {
  return { ...z.toJSONSchema(fileSchema, { io: 'input' }), $id: 'settle/model/1', title: 'settle model' };
}
