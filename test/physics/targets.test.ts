// The numerical statements that target propagation rests on, in float64, through the rules' own Programs.
import { describe, expect, it } from 'vitest';
import { solve } from '../../src/math/linear.ts';
import { type Bench, bench, chain, distance, joined, type Net, normals, product } from './feedForward.ts';

/** A bijection of the real numbers, so that every target can be reached. */
const bijective = 'log(u + sqrt(u^2 + 1)) + u / 2';
const slopeOf = (u: number): number => 1 / Math.sqrt(u * u + 1) + 0.5;
const exact = 'learning.targets.inverse=exact';
const square: Net = { sizes: [7, 5, 5, 5], activation: bijective, output: bijective };

async function fed(
  net: Net,
  rule: string,
  target: ArrayLike<number>,
  examples: number,
  inputs = normals(7 * examples),
) {
  const b = await bench(chain(net), rule, examples);
  await b.feed(inputs, target);
  return b;
}

/** What lies in the buffers after targets have been set; no weight has moved. */
async function aimed(b: Bench, ...buffers: string[]): Promise<Float64Array[]> {
  await b.probe();
  return Promise.all(buffers.map((name) => b.read(name)));
}

const minus = (a: Float64Array, b: Float64Array): Float64Array => a.map((value, k) => value - b[k]!);
const times = (factor: number, a: Float64Array): Float64Array => a.map((value) => factor * value);
const largest = (a: Float64Array): number => Math.max(...a.map(Math.abs));
const transposed = (a: Float64Array, rows: number): Float64Array => {
  const columns = a.length / rows;
  return Float64Array.from(a, (_, k) => a[(k % rows) * columns + Math.floor(k / rows)]!);
};
/** x with x A = row, A square [n, n]. */
const leftSolve = (row: Float64Array, a: Float64Array): Float64Array =>
  solve(transposed(a, row.length), Float64Array.from(row));

describe('the exact inverse of a layer', () => {
  it('finds the activities of other examples from their outputs alone: g(F(h)) = h', async () => {
    const b = await fed({ ...square, set: [exact, 'learning.targets.top=label'] }, 'tp', new Float64Array(10), 2);
    await b.machine.perform(b.recipe.predict);
    const [h1, h2, y] = [await b.read('h1.s'), await b.read('h2.s'), await b.read('y.s')];
    await b.feed(times(0.5, normals(14, 9)), y);
    const [one, two, other] = await aimed(b, 'h1.target', 'h2.target', 'h1.s');
    console.log(`g(F(h)) - h: ${distance(two!, h2).toExponential(1)} and, two layers down, ${distance(one!, h1).toExponential(1)}`); // prettier-ignore
    expect(distance(other!, h1)).toBeGreaterThan(0.5);
    expect(distance(two!, h2)).toBeLessThan(1e-12);
    expect(distance(one!, h1)).toBeLessThan(1e-12);
  });

  it('keeps targets within reach of a bounded activation', async () => {
    const b = await fed(
      { ...square, activation: 'tanh', set: [exact, 'learning.targets.step=100'] },
      'tp',
      normals(15),
      3,
    );
    const [target] = await aimed(b, 'h1.target');
    expect(target!.every(Number.isFinite)).toBe(true);
  });

  it.each([
    ['with its top target in the last hidden layer', { ...square, sizes: [7, 5, 5, 5, 4] }, 'dtp', []],
    ['with the label as its top target', square, 'sdtp', ['learning.targets.top=label']],
  ] as const)('makes difference target propagation, %s, the same as target propagation', async (_, net, rule, set) => {
    const examples = 3;
    const targets = normals(examples * net.sizes!.at(-1)!, 2);
    const found = await Promise.all(
      ['tp', rule].map(async (name) => {
        const b = await fed({ ...net, set: [exact, ...set] }, name, targets, examples);
        const states = await aimed(b, 'h1.target', 'h2.target', 'h1.s');
        await b.train();
        return { states, learned: joined((await b.learned()).values()) };
      }),
    );
    const [a, c] = found as [(typeof found)[0], (typeof found)[0]];
    console.log(`TP against ${rule}: ${largest(minus(a.states[0]!, c.states[0]!)).toExponential(1)}`);
    expect(distance(a.states[0]!, a.states[2]!)).toBeGreaterThan(1e-2);
    expect(largest(minus(a.states[0]!, c.states[0]!))).toBeLessThan(1e-12);
    expect(largest(minus(a.states[1]!, c.states[1]!))).toBeLessThan(1e-12);
    expect(largest(minus(a.learned, c.learned))).toBeLessThan(1e-11);
  });
});

describe('exact target propagation against Gauss-Newton steps of the activities, -eta J^-1 e', () => {
  const targets = normals(5, 2);

  it('linear: equal for every eta, and a layer put on its target puts the output on its own', async () => {
    const b = await fed({ ...square, activation: 'identity', output: 'identity', set: [exact] }, 'tp', targets, 1);
    const [w2, w3] = [await b.read('h1->h2.weight'), await b.read('h2->y.weight')];
    for (const eta of [1, 0.1, 1e-3]) {
      b.machine.setParameter('targetStep', eta);
      const [t1, t2, ty, h1, h2, y] = (await aimed(b, 'h1.target', 'h2.target', 'y.target', 'h1.s', 'h2.s', 'y.s')) as [Float64Array, Float64Array, Float64Array, Float64Array, Float64Array, Float64Array]; // prettier-ignore
      const e = minus(y, targets);
      expect(largest(minus(ty, minus(y, times(eta, e))))).toBeLessThan(1e-14);
      const step2 = times(-eta, leftSolve(e, w3));
      const step1 = times(-eta, leftSolve(leftSolve(e, w3), w2));
      const errors = [distance(minus(t2, h2), step2), distance(minus(t1, h1), step1)];
      console.log(`eta ${eta}: ${errors.map((error) => error.toExponential(1)).join(' ')}`);
      for (const error of errors) expect(error).toBeLessThan(1e-12);
      expect(largest(minus(product(product(t1, w2, 5), w3, 5), ty))).toBeLessThan(1e-12);
    }
  });

  it('non-linear: the difference is proportional to eta, and none across the last, linear map', async () => {
    const b = await fed({ ...square, output: 'identity', set: [exact] }, 'tp', targets, 1);
    const [w2, w3] = [await b.read('h1->h2.weight'), await b.read('h2->y.weight')];
    const errors: number[] = [];
    for (const eta of [1e-1, 1e-2, 1e-3, 1e-4]) {
      b.machine.setParameter('targetStep', eta);
      const [t1, t2, h1, h2, a2, y] = (await aimed(b, 'h1.target', 'h2.target', 'h1.s', 'h2.s', 'h2.a', 'y.s')) as [Float64Array, Float64Array, Float64Array, Float64Array, Float64Array, Float64Array]; // prettier-ignore
      const step2 = times(-eta, leftSolve(minus(y, targets), w3));
      expect(distance(minus(t2, h2), step2)).toBeLessThan(1e-11);
      const step1 = leftSolve(step2.map((value, k) => value / slopeOf(a2[k]!)), w2); // prettier-ignore
      errors.push(distance(minus(t1, h1), step1));
    }
    console.log(`errors at eta 1e-1 to 1e-4: ${errors.map((error) => error.toExponential(1)).join(' ')}`);
    for (let k = 1; k < errors.length; k++)
      expect(Math.abs(Math.log10(errors[k - 1]! / errors[k]!) - 1)).toBeLessThan(0.1);
  });
});

/** Right inverse A^T (A A^T)^-1 of a wide matrix [rows, columns] of full rank. */
function pseudoInverse(a: Float64Array, rows: number): Float64Array {
  const columns = a.length / rows;
  const across = transposed(a, rows);
  const gram = product(a, across, columns);
  // Row i of A^T G^-1 is x with x G = (column i of A).
  return joined(Array.from({ length: columns }, (_, i) => leftSolve(across.slice(i * rows, (i + 1) * rows), gram)));
}

it('pseudo-inverses layer by layer are not the pseudo-inverse of the way to the output: no Gauss-Newton targets', async () => {
  const identity = { activation: 'identity', set: ['learning.targets.step=1'] };
  const targets = normals(4, 2);
  const b = await fed({ sizes: [7, 6, 5, 4], ...identity }, 'sdtp-g', targets, 1);
  // In columns, as A h: [post, pre].
  const [a1, a2] = [transposed(await b.read('h1->h2.weight'), 6), transposed(await b.read('h2->y.weight'), 5)];
  await b.write('h2.decoder', transposed(pseudoInverse(a1, 5), 6));
  await b.write('y.decoder', transposed(pseudoInverse(a2, 4), 5));
  const [t1, h1, y] = (await aimed(b, 'h1.target', 'h1.s', 'y.s')) as [Float64Array, Float64Array, Float64Array];
  const e = minus(y, targets);
  const layerwise = times(-1, product(pseudoInverse(a1, 5), product(pseudoInverse(a2, 4), e, 4), 5));
  const whole = times(-1, product(pseudoInverse(product(a2, a1, 5), 4), e, 4));
  console.log(`layer by layer against the whole: ${distance(layerwise, whole).toFixed(2)}`);
  expect(distance(minus(t1, h1), layerwise)).toBeLessThan(1e-12);
  expect(distance(minus(t1, h1), whole)).toBeGreaterThan(1e-2);
});

it('decoders that reconstruct on the way from the output (DRL) make Gauss-Newton targets of the same network', async () => {
  const many = 16;
  const set = ['step=1', 'optimiser=adam', 'rate=0.02', 'noise=0.1', 'decoders=linear'].map(
    (entry) => `learning.targets.${entry}`,
  );
  const b = await bench(chain({ sizes: [7, 6, 5, 4], activation: 'identity', set }), 'drl', many);
  const targets = normals(4 * many, 2);
  await b.feed(normals(7 * many), targets);
  const [a1, a2] = [transposed(await b.read('h1->h2.weight'), 6), transposed(await b.read('h2->y.weight'), 5)];
  const ways = {
    whole: pseudoInverse(product(a2, a1, 5), 4),
    layerwise: product(pseudoInverse(a1, 5), pseudoInverse(a2, 4), 5),
  };
  const found = async (): Promise<Record<string, number>> => {
    const [t1, h1, y] = (await aimed(b, 'h1.target', 'h1.s', 'y.s')) as [Float64Array, Float64Array, Float64Array];
    const e = minus(y, targets);
    // Examples are rows: -e J^+ transposed.
    const off = (way: Float64Array): number => distance(minus(t1, h1), times(-1, product(e, transposed(way, 6), 4)));
    return { whole: off(ways.whole), layerwise: off(ways.layerwise) };
  };
  const before = await found();
  await b.machine.perform([['forward', 1], ['decoders', 600]]); // prettier-ignore
  b.machine.setParameter('rate:decoders', 1e-3);
  await b.machine.perform([['decoders', 150]]); // prettier-ignore
  const after = await found();
  console.log(`from Gauss-Newton: ${before['whole']!.toFixed(2)} before, ${after['whole']!.toFixed(3)} after; from layer by layer ${after['layerwise']!.toFixed(2)}`); // prettier-ignore
  expect(before['whole']).toBeGreaterThan(0.5);
  expect(after['whole']).toBeLessThan(0.1);
  expect(after['layerwise']).toBeGreaterThan(3 * after['whole']!);
});

describe('a decoder whose Jacobian is the transposed one of its layer', () => {
  /** V = J_F^T at the present example; `centred`: with the bias that puts its drive at 0, where tanh is straightest. */
  async function transposedJacobians(net: Net, centred: boolean): Promise<Bench> {
    const b = await fed({ sizes: [7, 6, 5, 4], ...net }, 'l-drl', normals(4, 2), 1);
    await b.machine.perform(b.recipe.predict);
    for (const [layer, projection, below] of [
      ['h2', 'h1->h2', 'h1'],
      ['y', 'h2->y', 'h2'],
    ] as const) {
      const [w, a, h] = [await b.read(`${projection}.weight`), await b.read(`${layer}.a`), await b.read(`${below}.s`)];
      const post = a.length;
      const slope = (k: number): number => (layer === 'y' ? 1 : 1 - Math.tanh(a[k]!) ** 2);
      // Decoders are [post, pre]: row j is slope_j times column j of the weights.
      const v = Float64Array.from({ length: w.length }, (_, k) => slope(Math.floor(k / h.length)) * w[(k % h.length) * post + Math.floor(k / h.length)]!); // prettier-ignore
      const state = await b.read(`${layer}.s`);
      await b.write(`${layer}.decoder`, v);
      if (centred) await b.write(`${layer}.decoderBias`, times(-1, product(state, v, post)));
    }
    return b;
  }
  async function errorAt(b: Bench, beta: number): Promise<number> {
    b.machine.setParameter('targetStep', beta);
    const directions = [...(await b.probe()).values()];
    return Math.max(...directions.map(({ own, reference }) => distance(own, reference)));
  }

  it('makes the targets gradients, and the update that of backpropagation, as beta goes to 0', async () => {
    const b = await transposedJacobians({ set: ['learning.targets.decoders=activation'] }, true);
    const errors: number[] = [];
    for (const beta of [0.1, 0.01, 1e-3]) errors.push(await errorAt(b, beta));
    console.log(`beta 0.1, 0.01, 0.001: ${errors.map((error) => error.toExponential(1)).join(' ')}`);
    expect(errors[0]).toBeLessThan(1e-2);
    expect(Math.log10(errors[0]! / errors[1]!)).toBeCloseTo(2, 1);
    expect(Math.log10(errors[1]! / errors[2]!)).toBeCloseTo(2, 1);
  });

  it('does so at every beta if it is linear', async () => {
    const b = await transposedJacobians({}, false);
    for (const beta of [1, 0.01]) expect(await errorAt(b, beta)).toBeLessThan(1e-12);
  });
});
