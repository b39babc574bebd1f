// The numerical statements that BP and feedback alignment rest on, in float64, through the rules' own Programs.
import { describe, expect, it } from 'vitest';
import {
  angle,
  bench,
  type Bench,
  chain,
  distance,
  joined,
  network,
  type Net,
  normals,
  oneHot,
  product,
} from './feedForward.ts';

const examples = 5;
const inputs = normals(7 * examples);
const targets = normals(4 * examples, 2);

async function fed(model: Net, rule: string, target = targets): Promise<Bench> {
  const b = await bench(chain(model), rule, examples);
  await b.feed(inputs, target);
  return b;
}

/** Minus the gradient of the mean cost by central differences of the Program's own cost, over all learned numbers. */
async function descent(b: Bench, width = 1e-5): Promise<Map<string, Float64Array>> {
  const found = new Map<string, Float64Array>();
  for (const [buffer, values] of await b.learned()) {
    const slope = new Float64Array(values.length);
    for (let k = 0; k < values.length; k++) {
      const [above, below] = [values.slice(), values.slice()];
      above[k]! += width;
      below[k]! -= width;
      await b.write(buffer, above);
      const up = await b.cost();
      await b.write(buffer, below);
      slope[k] = -(up - (await b.cost())) / (2 * width);
    }
    await b.write(buffer, values);
    found.set(buffer, slope);
  }
  return found;
}

/** What one batch changes at rate 1. */
async function change(b: Bench): Promise<Map<string, Float64Array>> {
  const before = await b.learned();
  await b.train();
  const after = await b.learned();
  return new Map([...before].map(([name, values]) => [name, after.get(name)!.map((value, k) => value - values[k]!)]));
}

describe('backpropagation', () => {
  const labels = oneHot(examples, 4);
  it.each<[string, Net, Float64Array]>([
    ['squared error', {}, targets],
    ['squared error behind a sigmoid', { output: 'sigmoid', activation: 'sigmoid' }, labels],
    ['cross-entropy', { cost: 'kind: cross-entropy' }, labels],
    ['cross-entropy of a tanh', { cost: 'kind: cross-entropy', output: 'tanh' }, labels],
    ['binary cross-entropy', { cost: 'kind: binary-cross-entropy', output: 'sigmoid' }, labels],
    ['binary cross-entropy of a linear read-out', { cost: 'kind: binary-cross-entropy', activation: 'u / 2 + sin(u)' }, labels], // prettier-ignore
  ])('moves weights and biases down the gradient of the %s', async (_, net, target) => {
    const b = await fed(net, 'bp', target);
    const expected = await descent(b);
    const found = await change(b);
    const error = distance(joined(found.values()), joined(expected.values()));
    console.log(`gradient against central differences: ${error.toExponential(1)}`);
    expect(found.size).toBe(6);
    expect(error).toBeLessThan(1e-7);
  });

  it('finds the order of the layers itself, and sums over several ways', async () => {
    const model = network(
      `  y: { units: 4, kind: readout }\n  h2: { units: 5, kind: rate, activation: tanh }\n  x: { units: 7, kind: input }\n  h1: { units: 6, kind: rate, activation: sigmoid }`,
      '{ h2<->y: {}, h1->y: {}, h1<->h2: {}, x->h2: {}, x->h1: {} }',
      '{ on: y, text: 1/2 * (s - target)^2 }',
      '{ rates: { x->h1: 1, x->h2: 1, h1<->h2: 1, h1->y: 1, h2<->y: 1 } }',
    );
    const b = await bench(model, 'bp', examples);
    await b.feed(inputs, targets);
    const expected = await descent(b);
    const found = await change(b);
    expect(distance(joined(found.values()), joined(expected.values()))).toBeLessThan(1e-7);
  });

  it('leaves out units of a training example, scales the rest, and reads out with all', async () => {
    const b = await fed({ set: ['populations.h1.dropout=0.5', 'populations.x.dropout=0.25'] }, 'bp');
    await b.machine.run('predict');
    const whole = await b.read('h1.s');
    await b.machine.run('train');
    const [mask, state, error, total, x] = await Promise.all(['h1.mask', 'h1.s', 'h1.e', 'h1.a', 'x.s'].map(b.read)) as Float64Array[]; // prettier-ignore
    expect(whole.every((value) => value !== 0)).toBe(true);
    expect(new Set(mask)).toEqual(new Set([0, 2]));
    for (let k = 0; k < mask!.length; k++) {
      expect(state![k]).toBeCloseTo(mask![k]! * Math.tanh(total![k]!), 12);
      expect(error![k] === 0).toBe(mask![k] === 0);
    }
    for (let k = 0; k < x!.length; k++) expect([0, inputs[k]! / 0.75]).toContainEqual(expect.closeTo(x![k]!, 12));
    const share = x!.filter((value) => value === 0).length / x!.length;
    expect(share).toBeGreaterThan(0.05);
    expect(share).toBeLessThan(0.5);
  });
});

/** The rule's own directions against BP's: largest absolute and relative difference. */
async function againstBP(b: Bench): Promise<{ absolute: number; relative: number }> {
  const both = [...(await b.probe()).values()];
  const [own, reference] = [joined(both.map((l) => l.own)), joined(both.map((l) => l.reference))];
  const absolute = own.reduce((most, value, k) => Math.max(most, Math.abs(value - reference[k]!)), 0);
  return { absolute, relative: distance(own, reference) };
}

describe('feedback alignment', () => {
  it('with B = W^T is backpropagation, and with its own B is not', async () => {
    const b = await fed({}, 'fa');
    expect((await againstBP(b)).relative).toBeGreaterThan(0.1);
    for (const layer of ['h1->h2', 'h2->y']) await b.write(`${layer}.feedback`, await b.read(`${layer}.weight`));
    const { absolute } = await againstBP(b);
    console.log(`FA with B = W^T against BP: ${absolute.toExponential(1)}`);
    expect(absolute).toBeLessThan(1e-14);
  });

  it.each(['dfa', 'ifa', 'ifa-random'])('with one hidden layer is the same as %s, to the bit', async (rule) => {
    const small = { sizes: [7, 6, 4] };
    const [one, other] = [await fed(small, 'fa'), await fed(small, rule)];
    for (let k = 0; k < 3; k++) {
      await one.train();
      await other.train();
    }
    for (const name of ['x->h1.weight', 'h1->y.weight', 'h1.bias', 'y.bias'])
      expect(await other.read(name)).toEqual(await one.read(name));
  });

  it('sent directly by the product of the weights is backpropagation in a linear network, not with tanh', async () => {
    for (const activation of ['identity', 'tanh']) {
      const b = await fed({ activation }, 'dfa');
      const [w2, w3] = [await b.read('h1->h2.weight'), await b.read('h2->y.weight')];
      await b.write('h2.feedback', w3);
      await b.write('h1.feedback', product(w2, w3, 5));
      const { absolute, relative } = await againstBP(b);
      console.log(`DFA by the product, ${activation}: ${absolute.toExponential(1)}, relative ${relative.toFixed(2)}`);
      if (activation === 'identity') expect(absolute).toBeLessThan(1e-14);
      else expect(relative).toBeGreaterThan(1e-2);
    }
  });

  it('sent directly by a matrix of each example, the product of weights and slopes above, is backpropagation with tanh too', async () => {
    const b = await bench(chain({}), 'dfa', 1);
    const whole = await fed({}, 'bp');
    const batch = new Map([...(await whole.probe())].map(([layer, { reference }]) => [layer, reference]));
    const mean = new Map([...batch].map(([layer, values]) => [layer, values.map(() => 0)]));
    const [w2, w3] = [await b.read('h1->h2.weight'), await b.read('h2->y.weight')];
    let other: Float64Array | null = null;
    for (let k = 0; k < examples; k++) {
      await b.feed(inputs.slice(7 * k, 7 * (k + 1)), targets.slice(4 * k, 4 * (k + 1)));
      await b.machine.run('train');
      const slopes = (await b.read('h2.a')).map((a) => 1 - Math.tanh(a) ** 2);
      const own = product(w2, w3.map((w, i) => slopes[Math.floor(i / 4)]! * w), 5); // prettier-ignore
      await b.write('h2.feedback', w3);
      if (other) {
        await b.write('h1.feedback', other);
        expect((await againstBP(b)).relative, 'by the matrix of the example before').toBeGreaterThan(1e-2);
      }
      await b.write('h1.feedback', own);
      expect((await againstBP(b)).absolute, `example ${k}`).toBeLessThan(1e-14);
      for (const [layer, { own: one }] of await b.probe())
        one.forEach((value, i) => (mean.get(layer)![i]! += value / examples)); // prettier-ignore
      other = own;
    }
    for (const [layer, values] of batch) expect(distance(mean.get(layer)!, values), layer).toBeLessThan(1e-14);
  }); // prettier-ignore

  it('of each kind does what its formula says to the errors of a second hidden layer', async () => {
    const slope = async (b: Bench, layer: string): Promise<Float64Array> => (await b.read(`${layer}.a`)).map((a) => 1 - Math.tanh(a) ** 2); // prettier-ignore
    const carried = async (rule: string, layer: string): Promise<{ found: Float64Array; b: Bench; slopes: Float64Array }> => {
      const b = await fed({ cost: 'kind: cross-entropy' }, rule, oneHot(examples, 4));
      await b.machine.run('train');
      return { found: await b.read(`${layer}.e`), b, slopes: await slope(b, layer) };
    }; // prettier-ignore
    /** rows (x) M^T, unit by unit times the slope. */
    const through = (rows: Float64Array, m: Float64Array, post: number, slopes: Float64Array): Float64Array => {
      const pre = m.length / post;
      return slopes.map((f, k) => {
        const [example, i] = [Math.floor(k / pre), k % pre];
        let sum = 0;
        for (let j = 0; j < post; j++) sum += m[i * post + j]! * rows[example * post + j]!;
        return f * sum;
      });
    };
    const forwards = (rows: Float64Array, m: Float64Array, pre: number, slopes: Float64Array): Float64Array => {
      const sent = product(rows, m, pre);
      return slopes.map((f, k) => f * sent[k]!);
    };
    const close = (a: Float64Array, b: Float64Array): void => expect(distance(a, b)).toBeLessThan(1e-14);
    for (const [rule, signal] of [['dfa', 'y.e'], ['sdfa', 'y.sign'], ['drtp', 'target']] as const) {
      const { found, b, slopes } = await carried(rule, 'h1');
      close(found, through(await b.read(signal), await b.read('h1.feedback'), 4, slopes));
    } // prettier-ignore
    const sd = await carried('sdfa', 'h1');
    expect(await sd.b.read('y.sign')).toEqual((await sd.b.read('y.e')).map(Math.sign));
    for (const [rule, matrix] of [['ifa', 'h1->h2.weight'], ['ifa-random', 'h1->h2.feedback']] as const) {
      const { found, b, slopes } = await carried(rule, 'h2');
      close(await b.read('h1.e'), through(await b.read('y.e'), await b.read('h1.feedback'), 4, await slope(b, 'h1')));
      close(found, forwards(await b.read('h1.e'), await b.read(matrix), 6, slopes));
    } // prettier-ignore
    for (const rule of ['sign-symmetric', 'frsf', 'brsf']) {
      const { b, found, slopes } = await carried(rule, 'h1');
      const [w, m] = [await b.read('h1->h2.weight'), await b.read('h1->h2.feedback')];
      expect(m.map(Math.sign)).toEqual(w.map(Math.sign));
      if (rule === 'sign-symmetric') for (const value of m) expect(Math.abs(value)).toBeCloseTo(Math.sqrt(2 / 11), 12);
      else close(m.map(Math.abs), await b.read('h1->h2.magnitude'));
      close(found, through(await b.read('h2.e'), m, 5, slopes));
    }
  });

  it('of random sign symmetry keeps its magnitudes (frsf) or draws them for every batch, the same for the same batch (brsf)', async () => {
    const middle = 'h1->h2.magnitude';
    for (const rule of ['frsf', 'brsf']) {
      const b = await fed({ sizes: [7, 60, 50, 4] }, rule);
      const drawn: Float64Array[] = [];
      for (const batch of [0, 5, 0]) {
        await b.machine.write(
          'example',
          Int32Array.from({ length: examples }, (_, i) => batch + i),
        );
        await b.machine.write('clock', Int32Array.of(1, 0));
        await b.train();
        drawn.push(await b.read(middle));
      }
      expect(drawn[2]).toEqual(drawn[0]);
      // Uniform in [0, sqrt(6 / 110)), whatever the batch.
      const high = Math.sqrt(6 / 110);
      const mean = drawn[1]!.reduce((a, value) => a + value, 0) / 3000;
      expect(mean).toBeGreaterThan(0.47 * high);
      expect(mean).toBeLessThan(0.53 * high);
      expect(Math.max(...drawn[1]!)).toBeLessThan(high);
      if (rule === 'frsf') expect(drawn[1]).toEqual(drawn[0]);
      else expect(distance(drawn[1]!, drawn[0]!)).toBeGreaterThan(0.5);
    }
    await expect(fed({ set: ['learning.feedback.init=normal'] }, 'brsf')).rejects.toThrow(/draws uniform magnitudes/);
  });

  it('starts at about 90 degrees between feedback and weights, whatever the seed', async () => {
    const angles: number[] = [];
    for (const rule of ['fa', 'dfa', 'kolen-pollack', 'weight-mirror'])
      for (const seed of [1, 2, 3]) {
        const b = await bench(chain({ sizes: [7, 60, 50, 10] }), rule, 1, { seed });
        for (const { a, b: feedback } of b.recipe.probe!.weights!) {
          const w = await b.read(a);
          const found = angle(w, await b.read(feedback));
          angles.push(found);
          expect(Math.abs(found - 90), `${rule} ${a}`).toBeLessThan((4 * 57.3) / Math.sqrt(w.length));
        }
      }
    console.log(`first angles: ${angles.map((a) => a.toFixed(1)).join(' ')}`);
    expect(angles.length).toBe(21);
  });

  it('from zero weights moves the first layer and every bias at once, upper layers one step later; BP the last bias only', async () => {
    const zero = { set: ['x-h1', 'h1-h2', 'h2-y'].map((name) => `projections.${name}.init=zero`), rate: 0.1 };
    const moved = (changes: Map<string, Float64Array>): string[] =>
      [...changes].filter(([name, values]) => !name.endsWith('feedback') && values.some((v) => v !== 0)).map(([name]) => name).sort(); // prettier-ignore
    const biases = ['h1.bias', 'h2.bias', 'y.bias'];
    const weights = ['h1->h2.weight', 'h2->y.weight', 'x->h1.weight'];
    for (const rule of ['fa', 'dfa']) {
      const b = await fed(zero, rule);
      expect(moved(await change(b)), rule).toEqual([...biases, 'x->h1.weight'].sort());
      expect(moved(await change(b)), rule).toEqual([...biases, ...weights].sort());
    }
    const b = await fed(zero, 'bp');
    for (let k = 0; k < 3; k++) expect(moved(await change(b))).toEqual(['y.bias']);
  });

  it('follows no gradient: the Jacobian of its update is not symmetric, while that of BP is', async () => {
    const asymmetry: Record<string, number> = {};
    for (const rule of ['bp', 'fa', 'dfa']) {
      const b = await bench(chain({ sizes: [3, 4, 3, 2] }), rule, 4);
      await b.feed(normals(12), normals(8, 2));
      const start = await b.learned();
      const names = [...start.keys()].filter((name) => !name.endsWith('feedback'));
      const fieldAt = async (values: Map<string, Float64Array>): Promise<Float64Array> => {
        for (const name of names) await b.write(name, values.get(name)!);
        const step = await change(b);
        return joined(names.map((name) => step.get(name)!));
      };
      const rows: Float64Array[] = [];
      for (const name of names)
        for (let k = 0; k < start.get(name)!.length; k++) {
          const at = async (offset: number): Promise<Float64Array> => {
            const values = new Map([...start].map(([n, v]) => [n, v.slice()]));
            values.get(name)![k]! += offset;
            return fieldAt(values);
          };
          const [up, down] = [await at(1e-5), await at(-1e-5)];
          rows.push(up.map((value, i) => (value - down[i]!) / 2e-5));
        }
      const n = rows.length;
      const jacobian = joined(rows);
      asymmetry[rule] = distance(Float64Array.from({ length: n * n }, (_, k) => rows[k % n]![Math.floor(k / n)]!), jacobian);
    } // prettier-ignore
    console.log(`asymmetry |J - J^T| / |J|: ${Object.entries(asymmetry).map(([rule, value]) => `${rule} ${value.toExponential(1)}`).join(', ')}`); // prettier-ignore
    expect(asymmetry['bp']).toBeLessThan(1e-7);
    expect(asymmetry['fa']).toBeGreaterThan(0.1);
    expect(asymmetry['dfa']).toBeGreaterThan(0.1);
  });
});

describe('feedback that learns', () => {
  it('by Kolen and Pollack: the difference to the weights shrinks by (1 - decay) a batch', async () => {
    const gap = async (b: Bench): Promise<Float64Array[]> =>
      Promise.all(['h1->h2', 'h2->y'].map(async (layer) => {
        const feedback = await b.read(`${layer}.feedback`);
        return (await b.read(`${layer}.weight`)).map((value, k) => value - feedback[k]!);
      })); // prettier-ignore
    for (const decay of [0.01, 0]) {
      const b = await fed({ rate: 0.1, set: [`learning.feedback.decay=${decay}`] }, 'kolen-pollack');
      const before = await gap(b);
      const weights = await b.read('h1->h2.weight');
      for (let k = 0; k < 100; k++) await b.train();
      const after = await gap(b);
      expect(distance(await b.read('h1->h2.weight'), weights)).toBeGreaterThan(0.1);
      for (const k of [0, 1])
        expect(distance(after[k]!, before[k]!.map((value) => (1 - decay) ** 100 * value))).toBeLessThan(1e-12); // prettier-ignore
    }
  });

  it('by a mirror: the mean of xi (x) W xi is W, with an error that falls as one over the root of the examples', async () => {
    const count = 200;
    const b = await bench(chain({ sizes: [7, 20, 10], rate: 0 }), 'weight-mirror', count);
    const weight = await b.read('h1->y.weight');
    const errors: number[] = [];
    for (let k = 1; k <= 320; k++) {
      await b.feed(normals(7 * count), new Float64Array(10 * count), k);
      // A running mean of all mirrors so far.
      for (const parameter of ['mirrorRate', 'mirrorDecay']) b.machine.setParameter(parameter, 1 / k);
      await b.machine.run('update');
      if (k === 20 || k === 320) errors.push(distance(await b.read('h1->y.feedback'), weight));
    }
    console.log(`mirror after 4,000 and 64,000 examples: ${errors.map((e) => e.toFixed(4)).join(', ')}`);
    expect(await b.read('h1->y.weight')).toEqual(weight);
    expect(errors[1]).toBeLessThan(0.025);
    expect(errors[0]! / errors[1]!).toBeGreaterThan(2.5);
    expect(errors[0]! / errors[1]!).toBeLessThan(6.5);
  });
});

it('shallow learning leaves hidden layers as they were and moves the output down its gradient', async () => {
  const b = await fed({}, 'shallow');
  const expected = await descent(b);
  const hidden = await Promise.all(['x->h1.weight', 'h1->h2.weight', 'h1.bias', 'h2.bias'].map(b.read));
  const found = await change(b);
  expect([...found.keys()]).toEqual(['h2->y.weight', 'y.bias']);
  expect(distance(joined(found.values()), joined(expected.values()))).toBeLessThan(1e-7);
  expect(await Promise.all(['x->h1.weight', 'h1->h2.weight', 'h1.bias', 'h2.bias'].map(b.read))).toEqual(hidden);
});
