// The real functions against their definitions in the CMA-ES literature, written with the host's cosine.
import { expect, it } from 'vitest';
import { draws } from '../../src/search/draws.ts';
import { ackley, griewank, rastrigin, realFunctions, rosenbrock } from '../../src/search/tasks/functions.ts';

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

it('Rastrigin, Ackley and Griewank are what they are defined as', () => {
  for (let k = 0; k < 200; k++) {
    const random = draws(1, 'task', 0, k);
    const x = Array.from({ length: 10 }, () => 30 * (2 * random.uniform() - 1));
    const waves = x.map((v) => Math.cos(2 * Math.PI * v));
    expect(rastrigin(x)).toBeCloseTo(100 + sum(x.map((v, i) => v * v - 10 * waves[i]!)), 9);
    expect(ackley(x)).toBeCloseTo(20 + Math.E - 20 * Math.exp(-0.2 * Math.sqrt(sum(x.map((v) => v * v)) / 10)) - Math.exp(sum(waves) / 10), 9); // prettier-ignore
    expect(griewank(x)).toBeCloseTo(1 + sum(x.map((v) => v * v)) / 4000 - x.reduce((p, v, i) => p * Math.cos(v / Math.sqrt(i + 1)), 1), 9); // prettier-ignore
  }
});

it('their minimum is 0', () => {
  for (const [name, { f }] of Object.entries(realFunctions)) expect(Math.abs(f(Array(10).fill(name === 'rosenbrock' ? 1 : 0)))).toBeLessThan(1e-15 * 40); // prettier-ignore
  expect(rastrigin([0, 0])).toBe(0);
  expect(rosenbrock([1, 1])).toBe(0);
});
