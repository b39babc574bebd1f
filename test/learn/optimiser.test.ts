// Optimisers against the same steps by hand.
import { describe, expect, it } from 'vitest';
import type { Backend } from '../../src/backends/backend.ts';
import { reference } from '../../src/backends/reference.ts';
import { wasm } from '../../src/backends/wasm/backend.node.ts';
import { num } from '../../src/expr/tools.ts';
import { ep } from '../../src/learn/ep.ts';
import { type Learned, optimiser } from '../../src/learn/optimiser.ts';
import type { Learning, OptimiserSpec } from '../../src/model/model.ts';
import { builder } from '../../src/program/builder.ts';
import { layered, leaky } from '../fixtures.ts';
import { pictureModel } from '../physics/pictures.ts';

const { learning } = layered(leaky, [2, 2, 2]);
const rate = 0.1;
/** Directions of descent of the weight (0.5 x y) and of the bias (0.5 y) with x = 2 and these y, step by step. */
const ys = [3, -1, 2, 0.5];

/** A weight [1, 1] that starts at 1 and a bias [1] that starts at 0, after a step along each of `ys`; `break` saves and restores. */
async function after(
  over: Partial<Learning>,
  more: Partial<Learned> = {},
  backend: Backend = reference,
  breaks = false,
) {
  const b = builder('optimiser');
  for (const name of ['x', 'y']) b.buffer(name, [1], { batch: true });
  b.buffer('w', [1, 1]);
  b.buffer('bias', [1]);
  b.parameter('rate');
  const learned = [
    { buffer: 'w', rate: 'rate', decays: true, ...more },
    { buffer: 'bias', rate: 'rate', decays: false },
  ];
  const { state, addUpdate } = optimiser(b, learned, { ...learning, ...over });
  addUpdate('update', {
    prepare: [],
    terms: new Map([
      ['w', { outer: [{ pre: 'x', post: 'y', sign: 1 as const }], scale: num(0.5) }],
      ['bias', { reduce: 'y', scale: num(0.5) }],
    ]),
  });
  const program = b.build();
  let machine = await backend.open(program, { batch: 1, threads: 1 });
  await machine.write('w', [1]);
  for (const y of ys) {
    if (breaks) {
      // What `state` and the weights say is all there is to go on with.
      const next = await backend.open(program, { batch: 1, threads: 1 });
      for (const name of ['w', 'bias', ...state]) await next.write(name, await machine.read(name));
      await machine.close();
      machine = next;
    }
    await machine.write('x', [2]);
    await machine.write('y', [y]);
    machine.setParameter('rate', rate);
    await machine.run('update');
  }
  const [[weight], [bias]] = await Promise.all([machine.read('w'), machine.read('bias')]);
  await machine.close();
  return { weight: weight!, bias: bias!, state };
}

/** One number moved by hand: `step` gets the gradient (decay included) and the number of the step, from 1. */
function byHand(start: number, scale: number, decay: number, step: (gradient: number, t: number) => number): number {
  let w = start;
  ys.forEach((y, k) => (w -= step(-scale * y + decay * w, k + 1)));
  return w;
}

type Steps = () => (gradient: number, t: number) => number;

const spec = (kind: OptimiserSpec['kind'], beta1: number, beta2: number, epsilon: number): OptimiserSpec => ({ kind, beta1, beta2, epsilon }); // prettier-ignore
const byKind: readonly (readonly [OptimiserSpec, Steps])[] = [
  [
    spec('rmsprop', 0, 0.9, 1e-2),
    () => {
      let square = 0;
      return (g) => {
        square = 0.9 * square + 0.1 * g * g;
        return (rate * g) / (Math.sqrt(square) + 1e-2);
      };
    },
  ],
  [
    spec('rmsprop-graves', 0.8, 0.95, 1e-3),
    () => {
      let [mean, square, u] = [0, 0, 0];
      return (g) => {
        mean = 0.95 * mean + 0.05 * g;
        square = 0.95 * square + 0.05 * g * g;
        u = 0.8 * u - (rate * g) / Math.sqrt(square - mean * mean + 1e-3);
        return -u;
      };
    },
  ],
  [
    spec('adam', 0.9, 0.99, 1e-2),
    () => {
      let [mean, square] = [0, 0];
      return (g, t) => {
        mean = 0.9 * mean + 0.1 * g;
        square = 0.99 * square + 0.01 * g * g;
        return (rate * (mean / (1 - 0.9 ** t))) / (Math.sqrt(square / (1 - 0.99 ** t)) + 1e-2);
      };
    },
  ],
];

it.each([
  [0, 0],
  [0.9, 0],
  [0, 0.01],
  [0.9, 0.01],
])('momentum %f and weight decay %f are those of v <- m v + g - d w, w <- w + rate v', async (momentum, decay) => {
  const steps: Steps = () => {
    let v = 0;
    return (g) => rate * (v = momentum * v + g);
  };
  const found = await after({ momentum, weightDecay: decay });
  expect(found.weight).toBeCloseTo(byHand(1, 1, decay, steps()), 12);
  expect(found.bias).toBeCloseTo(byHand(0, 0.5, 0, steps()), 12);
  const both = await after({ momentum, weightDecay: decay, biasDecay: 0.03 });
  expect(both.weight).toBe(found.weight);
  expect(both.bias).toBeCloseTo(byHand(0, 0.5, 0.03, steps()), 12);
});

describe.each(byKind.map(([one, steps]) => ({ kind: one.kind, optimiser: one, steps })))(
  '$kind',
  ({ optimiser, steps }) => {
    it.each([0, 0.01])(
      'takes its own steps on gradient + %f w for weights, on the gradient for biases',
      async (decay) => {
        const found = await after({ optimiser, weightDecay: decay });
        expect(found.weight).toBeCloseTo(byHand(1, 1, decay, steps()), 12);
        expect(found.bias).toBeCloseTo(byHand(0, 0.5, 0, steps()), 12);
      },
    );

    it("may be one matrix's own beside plain descent of the rest", async () => {
      const found = await after({}, { optimiser });
      expect(found.weight).toBeCloseTo(byHand(1, 1, 0, steps()), 12);
      expect(found.bias).toBeCloseTo(byHand(0, 0.5, 0, (g) => rate * g), 12); // prettier-ignore
    });

    it('goes on from a checkpoint with the same bits', async () => {
      const [through, broken] = [await after({ optimiser }), await after({ optimiser }, {}, reference, true)];
      expect(broken).toEqual(through);
    });

    it('agrees in float32', async () => {
      const found = await after({ optimiser }, {}, wasm());
      expect(found.weight).toBeCloseTo(byHand(1, 1, 0, steps()), 5);
      expect(found.bias).toBeCloseTo(byHand(0, 0.5, 0, steps()), 5);
    });
  },
);

it('adam does not depend on the scale of the gradient once epsilon is small', async () => {
  const one = await after({ optimiser: spec('adam', 0.9, 0.999, 1e-12) });
  // The bias's directions are half the weight's; both move by the same amounts.
  expect(one.bias).toBeCloseTo(one.weight - 1, 9);
});

it.each([spec('sgd', 0, 0, 0), spec('adam', 0.9, 0.99, 1e-2)])(
  'bounds keep a weight inside ($kind)',
  async (optimiser) => {
    const free = await after({ optimiser });
    const bound = await after({ optimiser }, { bounds: [-Infinity, 0.5] });
    expect(free.weight).toBeGreaterThan(1);
    expect(bound.weight).toBeLessThanOrEqual(0.5);
  },
);

it('updates once, because the steps are counted', () => {
  const b = builder('twice');
  const { addUpdate } = optimiser(b, [], learning);
  addUpdate('update', { prepare: [], terms: new Map() });
  expect(() => addUpdate('again', { prepare: [], terms: new Map() })).toThrow('once');
});

it('steps made while a network settles are plain ones: all that makes them otherwise is named', () => {
  const spiking = layered(leaky, [2, 2, 2]);
  const rates = pictureModel('conv', 'mse');
  const overs = [
    { momentum: 0.9 }, { weightDecay: 1e-4 }, { biasDecay: 1e-4 }, { optimiser: { ...learning.optimiser, kind: 'adam' } },
  ] as const; // prettier-ignore
  for (const model of [spiking, rates]) {
    const open = (over: object) => (): unknown =>
      ep().contribute(builder('plain'), { ...model, learning: { ...model.learning, update: 'continual', ...over } });
    expect(open({})).not.toThrow();
    for (const over of overs)
      expect(open(over)).toThrow(expect.objectContaining({ place: expect.objectContaining({ found: 'continual with momentum, weight decay, bias decay or another optimiser than sgd' }) })); // prettier-ignore
  }
});
