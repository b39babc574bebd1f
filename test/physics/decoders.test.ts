// What decoders learn: their updates against finite differences of each loss written out by hand, and where the losses lead.
import { describe, expect, it } from 'vitest';
import { norm } from '../../src/math/linear.ts';
import { angle, type Bench, bench, chain, distance, type Net, normals, oneHot, product } from './feedForward.ts';

const examples = 3;
const sizes = [7, 6, 5, 4];
const sigma = 0.3;

type Vector = Float64Array;
const zip = (a: Vector, b: Vector, f: (x: number, y: number) => number): Vector => a.map((value, k) => f(value, b[k]!));
const plus = (a: Vector, b: Vector): Vector => zip(a, b, (x, y) => x + y);
const minus = (a: Vector, b: Vector): Vector => zip(a, b, (x, y) => x - y);
const times = (factor: number, a: Vector): Vector => a.map((value) => factor * value);
const dot = (a: Vector, b: Vector): number => zip(a, b, (x, y) => x * y).reduce((sum, value) => sum + value, 0);
const tanh = (a: Vector): Vector => a.map(Math.tanh);
function softmax(a: Vector): Vector {
  const e = a.map(Math.exp);
  return times(1 / e.reduce((x, y) => x + y, 0), e);
}

/** One example's part of a batch buffer. */
const rowOf = (values: Vector, example: number): Vector => {
  const width = values.length / examples;
  return values.slice(example * width, (example + 1) * width);
};

interface Numbers {
  readonly [buffer: string]: Vector;
}

/** The network and its decoders as plain functions of what lies in buffers; layers 1, 2 and 3 are h1, h2 and y. */
function functions(of: Numbers, { probability, linear, features }: { probability?: boolean; linear?: boolean; features?: boolean }) {
  const affine = (h: Vector, w: string, b: string): Vector => plus(product(h, of[w]!, h.length), of[b]!);
  const forward = (layer: 2 | 3, h: Vector): Vector => {
    if (layer === 2) return tanh(affine(h, 'h1->h2.weight', 'h2.bias'));
    const o = affine(h, 'h2->y.weight', 'y.bias');
    const out = probability ? softmax(o) : o;
    return features ? Float64Array.of(...out, ...tanh(product(h, of['y.features.weight']!, h.length))) : out;
  };
  const decode = (layer: 2 | 3, h: Vector): Vector => {
    const name = layer === 2 ? 'h2' : 'y';
    const own = layer === 3 && features ? h.slice(0, 4) : h;
    let a = affine(own, `${name}.decoder`, `${name}.decoderBias`);
    if (own.length < h.length) a = plus(a, product(h.slice(4), of['y.features.decoder']!, h.length - 4));
    return linear ? a : tanh(a);
  };
  return { forward, decode };
} // prettier-ignore

type Functions = ReturnType<typeof functions>;
/** Loss of one example of the decoder of `layer` from h below it, h of it, and noise in both. */
type Loss = (f: Functions, layer: 2 | 3, h: Vector, above: Vector, e: Vector, eAbove: Vector, all: { h1: Vector; h2: Vector; y: Vector }) => number; // prettier-ignore

const squared = (a: Vector): number => dot(a, a);
const losses: Readonly<Record<string, Loss>> = {
  corrupted: ({ forward, decode }, layer, h, _, e) => squared(minus(decode(layer, forward(layer, plus(h, e))), plus(h, e))),
  clean: ({ forward, decode }, layer, h, _, e) => squared(minus(decode(layer, forward(layer, plus(h, e))), h)),
  difference: ({ forward, decode }, layer, h, above, e, eAbove) => {
    const here = decode(layer, above);
    const moved = minus(decode(layer, plus(above, eAbove)), here);
    return -2 * dot(e, minus(decode(layer, forward(layer, plus(h, e))), here)) + squared(moved);
  },
  'through-output': ({ forward, decode }, layer, h, above, e, _, { h2, y }) => {
    const there = plus(h, e);
    if (layer === 3) return squared(minus(plus(h, minus(decode(3, forward(3, there)), decode(3, y))), there)) / sigma ** 2;
    const back = plus(h2, minus(decode(3, forward(3, forward(2, there))), decode(3, y)));
    return squared(minus(plus(h, minus(decode(2, back), decode(2, above))), there)) / sigma ** 2;
  },
}; // prettier-ignore

const cost = 'kind: cross-entropy';
const ends = 'learning.targets.decoders=activation';
const cases: readonly [name: string, rule: string, net: Net, loss: string, options: Parameters<typeof functions>[1]][] = [
  ['the corrupted activity, from probabilities', 'sdtp', { cost }, 'corrupted', { probability: true, linear: true }],
  ['the clean activity, from probabilities', 'sdtp', { cost, set: [ends, 'learning.targets.loss=clean'] }, 'clean', { probability: true }],
  ['the corrupted activity, from probabilities and features', 'ao-sdtp', { cost, set: [ends, 'learning.targets.auxiliary=8'] }, 'corrupted', { probability: true, features: true }],
  ['the difference loss', 'sdtp-g', { set: [ends, 'learning.targets.loss=difference'] }, 'difference', {}],
  ['the difference loss, linear', 'l-drl', { cost }, 'difference', { linear: true }],
  ['the difference loss on the way from the output', 'drl', { cost }, 'through-output', {}],
]; // prettier-ignore

/** One step of every decoder at rate 1 from random biases; what changed, and all that was there before. */
async function lesson(rule: string, net: Net) {
  const set = [`learning.targets.noise=${sigma}`, 'learning.targets.rate=1', ...(net.set ?? [])];
  const b = await bench(chain({ sizes, ...net, set }), rule, examples);
  for (const [name, units] of [['h2', 6], ['y', 5]] as const) await b.write(`${name}.decoderBias`, times(0.3, normals(units, 5))); // prettier-ignore
  await b.feed(normals(7 * examples), oneHot(examples, 4));
  const before = await numbers(b);
  await b.machine.perform([
    ['forward', 1],
    ['decoders', 1],
  ]);
  const after = await numbers(b);
  return { before, after };
}
async function numbers(b: Bench): Promise<Record<string, Vector>> {
  const of: Record<string, Vector> = {};
  for (const name of b.machine.program.buffers.keys()) of[name] = await b.read(name);
  return of;
}

describe('one step of the decoders goes down the gradient of', () => {
  it.each(cases)('%s', async (_, rule, net, loss, options) => {
    const { before, after } = await lesson(rule, net);
    const at = { ...before };
    const f = functions(at, options);
    const states = ['h1.s', 'h2.s'].map((name) => after[name]!);
    const top = options.features ? ['y.p', 'y.features'] : [options.probability ? 'y.p' : 'y.s'];
    const [low, high] = [['h1.noise'], top.map((part) => `${part}.noise`)];
    const mean = (layer: 2 | 3): number => {
      let sum = 0;
      for (let example = 0; example < examples; example++) {
        const [h1, h2] = states.map((values) => rowOf(values, example)) as [Vector, Vector];
        const y = Float64Array.of(...top.flatMap((part) => [...rowOf(after[part]!, example)]));
        const noise = (names: string[]): Vector =>
          Float64Array.of(...names.flatMap((name) => [...(after[name] ? rowOf(times(sigma, after[name]), example) : [])])); // prettier-ignore
        const [e, eAbove] = layer === 2 ? [noise(low), noise(['h2.s.noise'])] : [noise(['h2.noise']), noise(high)];
        sum += losses[loss]!(f, layer, layer === 2 ? h1 : h2, layer === 2 ? h2 : y, e, eAbove, { h1, h2, y });
      }
      return sum / examples;
    };
    const decoders: [buffer: string, layer: 2 | 3][] = [['h2.decoder', 2], ['h2.decoderBias', 2], ['y.decoder', 3], ['y.decoderBias', 3]]; // prettier-ignore
    if (options.features) decoders.push(['y.features.decoder', 3]);
    for (const [buffer, layer] of decoders) {
      const found = minus(after[buffer]!, before[buffer]!);
      const expected = found.map((__, k) => {
        const [above, below] = [1e-5, -1e-5].map((width) => {
          at[buffer] = before[buffer]!.slice();
          at[buffer][k]! += width;
          return mean(layer);
        }) as [number, number];
        at[buffer] = before[buffer]!;
        return -(above - below) / 2e-5;
      });
      // Constants cancel in a difference of linear decoders: their biases stay.
      if (norm(expected) < 1e-8) expect(norm(found), buffer).toBeLessThan(1e-8);
      else expect(distance(found, expected), buffer).toBeLessThan(1e-7);
    }
  });
});

it('the noise is new at each step and the same for the same clock', async () => {
  const b = await bench(chain({ sizes }), 'dtp', examples);
  const draw = async (times: number): Promise<Vector> => {
    await b.feed(normals(7 * examples), normals(4 * examples));
    await b.machine.perform([['forward', 1], ['decoders', times]]); // prettier-ignore
    return b.read('h1.noise');
  };
  const [once, twice, again] = [await draw(1), await draw(2), await draw(1)];
  expect(twice).not.toEqual(once);
  expect(again).toEqual(once);
});

describe('decoders that learn beside weights that stand still', () => {
  const many = 40;
  const lessons = async (rule: string, times: number, set: readonly string[]): Promise<Bench> => {
    const more = ['learning.targets.optimiser=adam', 'learning.targets.rate=0.01', ...set];
    const b = await bench(chain({ sizes: [7, 6, 6, 4], set: more }), rule, many);
    await b.feed(normals(7 * many), normals(4 * many));
    await b.machine.perform([['forward', 1], ['decoders', times]]); // prettier-ignore
    return b;
  };

  it('come to reconstruct (the corrupted activity)', async () => {
    const errorAfter = async (times: number): Promise<number> => {
      const b = await lessons('dtp', times, ['learning.targets.noise=0.1']);
      await b.probe();
      const [drive, bias] = [await b.read('h1.fromState'), await b.read('h2.decoderBias')];
      return distance(drive.map((value, k) => Math.tanh(value + bias[k % 6]!)), await b.read('h1.s')); // prettier-ignore
    };
    const [before, after] = [await errorAfter(0), await errorAfter(600)];
    console.log(`|g(F(h)) - h| / |h|: ${before.toFixed(2)} before, ${after.toFixed(2)} after`);
    expect(before).toBeGreaterThan(0.8);
    expect(after).toBeLessThan(0.25);
  });

  it("turn every layer's update towards that of backpropagation (the difference loss)", async () => {
    const anglesAfter = async (times: number): Promise<number[]> => {
      const b = await lessons('l-drl', times, ['learning.targets.noise=0.1', 'learning.targets.step=0.01']);
      return [...(await b.probe()).values()].map(({ own, reference }) => angle(own, reference));
    };
    const [before, after] = [await anglesAfter(0), await anglesAfter(600)];
    const told = (angles: number[]): string => angles.map((value) => value.toFixed(0)).join(' ');
    console.log(`angles to BP: ${told(before)} before, ${told(after)} after`);
    expect(Math.max(...before)).toBeGreaterThan(60);
    expect(Math.max(...after)).toBeLessThan(30);
  });
});

describe('the difference loss leads a decoder', () => {
  it("to the transpose of its layer's Jacobian: its mean update is -2 sigma^2 (V - W^T) in a linear network", async () => {
    const many = 5000;
    const [s, wide] = [0.1, { sizes: [3, 4, 3, 2], activation: 'identity' }];
    const set = [`learning.targets.noise=${s}`, 'learning.targets.rate=1'];
    const b = await bench(chain({ ...wide, set }), 'l-drl', many);
    await b.feed(normals(3 * many), normals(2 * many));
    const [v, w] = [await b.read('h2.decoder'), await b.read('h1->h2.weight')];
    await b.machine.perform([['forward', 1], ['decoders', 1]]); // prettier-ignore
    const step = minus(await b.read('h2.decoder'), v);
    const expected = v.map((value, k) => -2 * s * s * (value - w[(k % 4) * 3 + Math.floor(k / 4)]!));
    console.log(`mean update against its expectation: ${distance(step, expected).toFixed(3)}`);
    expect(distance(step, expected)).toBeLessThan(0.1);
  });
});
