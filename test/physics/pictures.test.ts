// Networks of pictures in float64: energies against finite differences, the gradient of the settled cost, and EP's way to it,
// for every projection, pool and cost.
import { afterEach, describe, expect, it } from 'vitest';
import { refuseKernels } from '../../src/hardware/kernels.ts';
import { differenceError, waysOf } from '../../src/learn/differences.ts';
import type { Equilibrium } from '../../src/learn/equilibrium.ts';
import { orders } from '../../src/learn/gradientDescent.ts';
import { builder } from '../../src/program/builder.ts';
import { rules } from '../../src/run/tables.ts';
import { bench, distance, normals, oneHot } from './feedForward.ts';
import { open, openSettled, randomState, slopeOf } from './energies.ts';
import { costs, pictureModel, ways } from './pictures.ts';
import { relative } from './settling.ts';

type Way = keyof typeof ways;
type Cost = keyof typeof costs;
const all = (Object.keys(ways) as Way[]).flatMap((way) =>
  (Object.keys(costs) as Cost[]).map((cost) => [way, cost] as const),
);

let net: Equilibrium;
afterEach(() => net?.close());

describe.each(all)('a network of pictures with %s and %s', (way, cost) => {
  it('has the energy slopes that forces and local gradients say', async () => {
    net = await open(pictureModel(way, cost));
    await randomState(net, 1);
    const states = await net.states();
    const energyNow = async (): Promise<number> => (await net.energy())[0]!;
    await net.machine.run('slope');
    for (const [index, p] of net.network.settled.entries()) {
      const exact = await net.machine.read(`${p.name}.dE`);
      const picked = Array.from({ length: Math.min(p.units, 12) }, (_, k) => (k * 7) % p.units);
      const numeric: number[] = [];
      for (const k of picked)
        numeric.push(
          await slopeOf(async (shift) => {
            await net.restore(states.map((values, i) => (i === index ? values.map((s, j) => s + (j === k ? shift : 0)) : values)));
            return energyNow();
          }, 1e-4),
        ); // prettier-ignore
      await net.restore(states);
      expect(
        relative(
          numeric,
          picked.map((k) => exact[k]!),
        ),
        `dE/ds of ${p.name}`,
      ).toBeLessThan(1e-6);
    }
    for (const [buffer, minus] of await net.local()) {
      if (buffer.startsWith('y.') && cost === 'ce') continue;
      if (buffer === 'c2->y.weight') continue;
      const values = Float64Array.from(await net.machine.read(buffer));
      const picked = Array.from({ length: Math.min(values.length, 12) }, (_, k) => (k * 7) % values.length);
      const numeric: number[] = [];
      for (const k of picked)
        numeric.push(
          await slopeOf(async (shift) => {
            await net.writeParameter(buffer, values.map((value, j) => value + (j === k ? shift : 0)));
            return energyNow();
          }, 1e-4),
        ); // prettier-ignore
      await net.writeParameter(buffer, values);
      expect(relative(numeric, picked.map((k) => -minus[k]!)), `dE/d(${buffer})`).toBeLessThan(1e-6); // prettier-ignore
    }
  });

  it('has the gradient of its settled cost that finite differences say, and EP comes to it as beta and as beta squared', async () => {
    const settled = await openSettled(pictureModel(way, cost));
    net = settled.net;
    const { gradient } = settled;
    expect(await net.settle()).toBeLessThan(1e-13);
    expect([...gradient.keys()].sort()).toEqual([...net.names].sort());
    const states = await net.states();
    for (const [index, [buffer, exact]] of [...gradient].entries()) {
      const values = Float64Array.from(await net.machine.read(buffer));
      const error = await differenceError(values, exact, waysOf(exact, index), 1e-7, async (moved) => {
        await net.writeParameter(buffer, moved);
        await net.restore(states);
        await net.settle();
        return net.cost();
      });
      await net.writeParameter(buffer, values);
      expect(error, buffer).toBeLessThan(1e-6);
    }
    await net.restore(states);
    await net.settle();
    for (const { layer, oneSided, symmetric, orderOneSided, orderSymmetric } of await orders(net, gradient, [3e-2, 1e-2, 3e-3])) {
      if (cost === 'ce' && (layer === 'c2->y.weight' || layer === 'y.bias')) continue;
      expect(orderOneSided, `${layer}: ${oneSided.join(' ')}`).toBeCloseTo(1, 1);
      expect(Math.abs(orderSymmetric - 2), `${layer}: ${symmetric.join(' ')}`).toBeLessThan(0.1);
    }
  }, 20_000); // prettier-ignore
});

describe('backpropagation through pictures', () => {
  it.each(all)('with %s and %s is the gradient that finite differences say', async (way, cost) => {
    const model = pictureModel(way, cost, 'bp', ['data.batch=3']);
    const net = await bench(model, 'bp', 3);
    await net.feed(normals(3 * 128), oneHot(3, 5));
    const before = await net.learned();
    await net.train();
    const after = await net.learned();
    const { rates } = model.learning;
    for (const [name, values] of before) await net.write(name, values);
    for (const [index, [name, values]] of [...before].entries()) {
      const rate = Object.values(rates)[0]!;
      const gradient = after.get(name)!.map((value, k) => -(value - values[k]!) / rate);
      const error = await differenceError(values, gradient, waysOf(gradient, index), 1e-7, async (moved) => {
        await net.write(name, moved);
        return net.cost();
      });
      await net.write(name, values);
      expect(error, name).toBeLessThan(1e-6);
    }
    await net.machine.close();
  });

  it.each(['fa', 'dfa', 'sign-symmetric', 'kolen-pollack', 'dtp', 'sdtp'])('%s moves every kernel, another way than bp in front and the same way at the output', async (rule) => {
    const net = await bench(pictureModel('max', 'ce', 'bp', ['data.batch=3', 'populations.y.activation=identity']), rule, 3);
    await net.feed(normals(3 * 128), oneHot(3, 5));
    const found = await net.probe();
    for (const layer of ['x->c1', 'c1->c2']) {
      const { own, reference } = found.get(layer)!;
      expect(own.some((value) => value !== 0), layer).toBe(true);
      expect(distance(own, reference), layer).toBeGreaterThan(1e-2);
    }
    const last = found.get('c2->y')!;
    if (rule !== 'sdtp') expect(distance(last.own, last.reference)).toBeLessThan(1e-12);
    await net.machine.close();
  }); // prettier-ignore

  it.each(['bp', 'fa', 'dfa'])('%s unpools the error of each layer once a batch', (rule) => {
    const b = builder('once');
    rules[rule]!().contribute(b, pictureModel('max', 'ce', 'bp'));
    const windows = ['train', 'update'].flatMap((slot) => b.operations(slot)).filter(({ op }) => op === 'unpool');
    expect(windows.map((operation) => ('from' in operation ? operation.from : '')).sort()).toEqual(['c1.e', 'c2.e']);
  });

  it('sign symmetry has kernels of the size that feedback alignment draws', async () => {
    // 3 x 3 kernels: a number after gathers 9 for each channel before, a number before goes to 9 for each channel after.
    const model = pictureModel('max', 'ce', 'bp', ['data.batch=3']);
    const { size, from, into } = model.projections.find(({ name }) => name === 'c1->c2')!.conv!;
    const fans = size ** 2 * (from[2] + into[2]);
    const sizes = new Map<string, Float64Array>();
    for (const rule of ['sign-symmetric', 'frsf', 'brsf', 'fa']) {
      const net = await bench(model, rule, 3);
      await net.feed(normals(3 * 128), oneHot(3, 5));
      await net.train();
      sizes.set(rule, Float64Array.from(await net.read('c1->c2.feedback'), Math.abs));
      await net.machine.close();
    }
    for (const value of sizes.get('sign-symmetric')!) expect(value).toBeCloseTo(Math.sqrt(2 / fans), 12);
    for (const rule of ['frsf', 'brsf', 'fa']) {
      const [high, largest] = [Math.sqrt(6 / fans), Math.max(...sizes.get(rule)!)];
      expect(largest, rule).toBeLessThan(high);
      expect(largest, rule).toBeGreaterThan(0.97 * high);
    }
  });

  it.each(['weight-mirror', 'ifa', 'ifa-random'])('%s refuses kernels in one sentence', async (rule) => {
    await expect(bench(pictureModel('max', 'ce', 'bp'), rule, 3)).rejects.toThrow(new RegExp(`the rule ${rule} cannot train this model:`));
  }); // prettier-ignore
});

it('a chip refuses kernels, by the projection', () => {
  expect(() => refuseKernels(pictureModel('max', 'mse'), 'loihi-1')).toThrow('the profile loihi-1 cannot be applied');
});
