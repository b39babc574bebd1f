// Energies of every bundled model that settles: their derivatives, how they fall, and what is refused.
import { afterEach, describe, expect, it } from 'vitest';
import { explain, SettleError } from '../../src/errors.ts';
import { inverseIntegral } from '../../src/expr/inverseIntegral.ts';
import { compile } from '../../src/expr/evaluate.ts';
import { derivative } from '../../src/expr/derivative.ts';
import { parseExpression } from '../../src/expr/parse.ts';
import type { Equilibrium } from '../../src/learn/equilibrium.ts';
import { fallWithoutEnd } from '../../src/learn/lowerBound.ts';
import { activationOf } from '../../src/model/rate.ts';
import { draw, energyModels, open, openSettled, randomState, slopeOf, small, written } from './energies.ts';
import { relative } from './settling.ts';

let net: Equilibrium;
afterEach(() => net?.close());
const energyNow = async (): Promise<number> => (await net.energy())[0]!;

describe.each(energyModels)('the energy of %s', (name) => {
  it('has the slopes that forces and local gradients say, at random states', async () => {
    net = await open(small(name));
    for (const seed of [1, 2]) {
      await randomState(net, seed);
      const states = await net.states();
      await net.machine.run('slope');
      for (const [index, p] of net.network.settled.entries()) {
        const exact = await net.machine.read(`${p.name}.dE`);
        const numeric: number[] = [];
        for (let k = 0; k < p.units; k++)
          numeric.push(
            await slopeOf(async (shift) => {
              await net.restore(states.map((values, i) => (i === index ? values.map((s, j) => s + (j === k ? shift : 0)) : values)));
              return energyNow();
            }),
          ); // prettier-ignore
        await net.restore(states);
        expectClose(numeric, exact, `dE/ds of ${p.name}`);
      }
      const local = await net.local();
      expect([...local.keys()].length).toBeGreaterThan(2);
      for (const [buffer, minus] of local) {
        const values = Float64Array.from(await net.machine.read(buffer));
        const picked = Array.from({ length: Math.min(values.length, 8) }, (_, k) => (k * 7) % values.length);
        const numeric: number[] = [];
        for (const k of picked)
          numeric.push(
            await slopeOf(async (shift) => {
              await net.writeParameter(buffer, values.map((value, j) => value + (j === k ? shift : 0)));
              return energyNow();
            }),
          ); // prettier-ignore
        await net.writeParameter(buffer, values);
        expectClose(numeric, picked.map((k) => -minus[k]!), `dE/d(${buffer})`); // prettier-ignore
      }
    }
  });

  it('never rises under small steps', async () => {
    net = await open(small(name, { step: 0.05, order: 'synchronous' }));
    expect(await fall(300)).toBeGreaterThan(1e-3);
  });

  it('never rises when one population after the other steps', async () => {
    const model = small(name, { order: 'layers' });
    // Units of a population that is coupled with itself still step together.
    const step = model.dynamics.kind === 'map' ? 1 : Math.min(model.dynamics.step, 0.2);
    net = await open({ ...model, dynamics: { ...model.dynamics, step } });
    expect(await fall(100)).toBeGreaterThan(1e-3);
  });

  it('gives the gradient of the settled cost, by backpropagation through time, that finite differences say', async () => {
    const settled = await openSettled(small(name));
    net = settled.net;
    const { gradient } = settled;
    expect(await net.settle()).toBeLessThan(1e-13);
    const states = await net.states();
    expect([...gradient.keys()].sort()).toEqual([...net.names].sort());
    for (const [buffer, exact] of gradient) {
      const values = Float64Array.from(await net.machine.read(buffer));
      const way = values.map((_, k) => draw(5, 300, k));
      const numeric = await slopeOf(async (shift) => {
        await net.writeParameter(buffer, values.map((value, k) => value + shift * way[k]!)); // prettier-ignore
        await net.restore(states);
        await net.settle();
        return net.cost();
      }, 1e-4);
      await net.writeParameter(buffer, values);
      const along = exact.reduce((sum, value, k) => sum + value * way[k]!, 0);
      const size = Math.sqrt(exact.reduce((sum, value) => sum + value * value, 0));
      expect(Math.abs(numeric - along) / size, buffer).toBeLessThan(1e-7);
    }
  });

  it('has a lower bound in every direction tried', async () => {
    net = await open(small(name));
    await net.rest();
    expect(await fallWithoutEnd(net, 1)).toBeNull();
  });
});

function expectClose(numeric: ArrayLike<number>, exact: ArrayLike<number>, what: string): void {
  const [largest] = [Math.max(...Array.from(exact, Math.abs))];
  if (largest < 1e-12) return expect(Math.max(...Array.from(numeric, Math.abs)), what).toBeLessThan(1e-9);
  expect(relative(numeric, exact), what).toBeLessThan(1e-7);
}

/** How far the energy falls over so many steps from a random state; it may never rise. */
async function fall(steps: number): Promise<number> {
  await randomState(net, 3);
  const first = await energyNow();
  let before = first;
  for (let t = 0; t < steps; t++) {
    await net.step(null);
    const now = await energyNow();
    expect(now - before, `step ${t}`).toBeLessThanOrEqual(1e-13 * Math.max(1, Math.abs(first)));
    before = now;
  }
  return first - before;
}

describe('prototypical networks under synchronous updates', () => {
  /** sum G(s_t) + G(s_t-1) - s_t . W s_t-1 - b . (s_t + s_t-1), with what the input sends in b. */
  async function twoSteps(now: Float64Array[], before: Float64Array[]): Promise<number> {
    const { network, model } = net;
    const at = (states: Float64Array[], name: string): Float64Array => {
      const index = network.settled.findIndex((p) => p.name === name);
      return states[index]!;
    };
    let sum = 0;
    for (const [k, p] of network.settled.entries()) {
      const g = compile(inverseIntegral(activationOf(p)), ['s']);
      const bias = await net.machine.read(network.biasOf(p));
      for (const states of [now, before])
        states[k]!.forEach((s, i) => (sum += g(Float64Array.of(s)) - bias[i]! * s)); // prettier-ignore
    }
    for (const projection of model.projections) {
      const w = await net.machine.read(network.weightOf(projection));
      const x = projection.symmetric ? null : await net.machine.read(projection.from);
      for (const [from, to] of [[now, before], [before, now]] as const) {
        const [pre, post] = [x ?? at(from, projection.from), at(to, projection.to)];
        for (let i = 0; i < pre.length; i++)
          for (let j = 0; j < post.length; j++) sum -= pre[i]! * w[i * post.length + j]! * post[j]!;
      }
    }
    return sum;
  } // prettier-ignore

  it.each(['ep-mnist', 'lecture-example'])('%s: the two-step function never rises, and the energy itself may', async (name) => {
    const model = small(name, { order: 'synchronous', step: 1 });
    net = await open({ ...model, projections: model.projections.map((p) => ({ ...p, init: { ...p.init, gain: 4 } })) });
    await randomState(net, 4);
    let [before, now] = [await net.states(), await net.states()];
    let [energy, rises] = [await energyNow(), 0];
    let last = Infinity;
    for (let t = 0; t < 60; t++) {
      await net.step(null);
      [before, now] = [now, await net.states()];
      const value = await twoSteps(now, before);
      expect(value - last, `step ${t}`).toBeLessThanOrEqual(1e-12 * Math.max(1, Math.abs(value)));
      last = value;
      const after = await energyNow();
      if (after > energy + 1e-6) rises++;
      energy = after;
    }
    console.log(`${name} at gain 4: the energy rose in ${rises} of 60 synchronous steps`);
    expect(rises).toBeGreaterThan(0);
  }); // prettier-ignore
});

describe('is refused in one sentence:', () => {
  const refused = async (make: () => unknown): Promise<string> => {
    try {
      await make();
    } catch (error) {
      expect(error).toBeInstanceOf(SettleError);
      const sentence = explain(error as SettleError);
      expect(sentence).not.toContain('\n');
      return sentence;
    }
    return 'not refused';
  };
  it.each([
    ['1/2 * s^2 - s * (inptu + b)', /populations\.h\.energy.*unknown name.*inptu.*did you mean input/],
    ['1/2 * s^2 - s * y', /unknown name.*"?y"?.*one of s, b, input/],
    ['1/2 * s^2 - s[1] * (input + b)', /not part of the language/],
    ['1/2 * s^2 - sum(s)', /unknown function.*sum/],
    ['1/2 * s^2 - target * s', /unknown name/],
  ])('an energy %s', async (energy, words) => {
    expect(await refused(() => written(energy))).toMatch(words);
  });
  it.each([
    ['s * logsumexp(input)', /populations\.h\.energy.*counts once/],
    ['exp(logsumexp(input))', /counts once/],
    ['logsumexp(s + logsumexp(input))', /counts once/],
  ])('logsumexp inside other functions: %s', async (energy, words) => {
    expect(await refused(() => open(written(energy)))).toMatch(words);
  });
  it('logsumexp in a feature or an activation', async () => {
    const energy = '1/2 * s^2 - s * (input + b)';
    for (const place of ['projections.x->h.features', 'projections.h<->y.features', 'populations.h.activation']) {
      const variable = place.endsWith('activation') ? 'u' : 's';
      const words = await refused(() => written(energy, [`${place}=logsumexp(${variable})`]));
      expect(words).toContain(place);
      expect(words).toMatch(/over a population/);
    }
  });
  it('an energy of an activation whose inverse has no closed integral', () => {
    for (const text of ['u + u^3', '-tanh(u)', 'clip(u, 0, u + 1)', 'tanh(u^3)', 'max(u, tanh(u))'])
      expect(() => inverseIntegral(parseExpression(text, { names: ['u'] })), text).toThrow(/not known in closed form/);
  });
});

describe('an energy without a lower bound is found', () => {
  it.each([
    ['-s * (input + b)', []],
    ['-1/4 * s^4 + s^2 - s * (input + b)', []],
    ['1/2 * s^2 - s * (input + b)', ['projections.h<->y.init.gain=4']],
    ['-log(1 + s^2) - s * b', ['projections.h<->y.init.gain=0']],
  ] as const)('%s %j', async (energy, more) => {
    net = await open(written(energy, more));
    const found = await fallWithoutEnd(net, 1);
    expect(found).not.toBeNull();
    expect(found!.energies.at(-1)).toBeLessThan(found!.energies[0]! - 3);
  });
  it.each([
    ['-s * (input + b)', ['populations.h.range=[-1, 1]']],
    ['-cos(s) * (input + b) + 1/2 * s^2', ['projections.h<->y.init.gain=0.3']],
    ['1/2 * s^2 - tanh(s) * (input + b)', ['projections.h<->y.init.gain=0.3']],
    ['s^2 - logsumexp(s)', ['projections.h<->y.init.gain=0.3']],
  ] as const)('and not where there is one: %s %j', async (energy, more) => {
    net = await open(written(energy, more));
    expect(await fallWithoutEnd(net, 1)).toBeNull();
  });
});

describe('the integral of the inverse', () => {
  it.each([
    'u', '2 * u - 1', 'tanh(u)', '3 * tanh(u / 2 + 1) - 1', 'sigmoid(u)', 'sigmoid(4 * (u - 1/2))', '1 - sigmoid(-u)',
    'clip(u, 0, 1)', 'clip(u / 2, 0, 1)', 'clip(u, -1/2, 1/2)', 'hardSigmoid(u)', 'relu(u - 1)', '(tanh(u) + 1) / 2',
  ])('of %s has the inverse as its slope', (text) => {
    const activation = parseExpression(text, { names: ['u'] });
    const f = compile(activation, ['u']);
    const inverse = compile(derivative(inverseIntegral(activation), 's'), ['s']);
    for (const u of text.includes('relu') ? [1.2, 3] : text.includes('-1/2') ? [-0.4, 0.3] : [0.1, 0.45, 0.9])
      expect(inverse(Float64Array.of(f(Float64Array.of(u))))).toBeCloseTo(u, 10);
  }); // prettier-ignore
  it('is finite at the ends of the range', () => {
    for (const [text, ends] of [['sigmoid(u)', [0, 1]], ['tanh(u)', [-1, 1]]] as const)
      for (const s of ends) expect(compile(inverseIntegral(parseExpression(text, { names: ['u'] })), ['s'])(Float64Array.of(s))).toBeCloseTo(text === 'tanh(u)' ? Math.log(2) : 0, 12);
  }); // prettier-ignore
});
