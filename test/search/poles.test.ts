// The cart: energy is kept where nothing pushes or rubs, the integrator is of fourth order, and known controllers balance it.
import { describe, expect, it } from 'vitest';
import { cmaEs } from '../../src/search/cmaes.ts';
import { evolve, serial } from '../../src/search/evolve.ts';
import { linearController, recurrentController } from '../../src/search/tasks/controllers.ts';
import { type Cart, cartOf, hasFailed, poles, twoPoles } from '../../src/search/tasks/poles.ts';
import { median, seeds } from './runs.ts';

const smooth: Cart = { ...twoPoles, friction: 0 };

/** M x'^2 / 2 + sum m (x'^2 / 2 + x' l th' cos th + 2/3 l^2 th'^2 + 9.8 l cos th). */
function energy(s: Float64Array): number {
  let sum = (1 * s[1]! ** 2) / 2;
  twoPoles.poles.forEach(({ mass, halfLength: l }, k) => {
    const [angle, turn] = [s[2 + 2 * k]!, s[3 + 2 * k]!];
    sum += mass * (s[1]! ** 2 / 2 + s[1]! * l * turn * Math.cos(angle) + (2 / 3) * l * l * turn * turn + 9.8 * l * Math.cos(angle)); // prettier-ignore
  });
  return sum;
}

function drift(seconds: number, h: number): number {
  const s = Float64Array.of(0, 0, 0.07, 0, 0.02, 0);
  const [move, before] = [cartOf(smooth, h), energy(s)];
  for (let k = 0; k < Math.round(seconds / h); k++) move(s, 0);
  return Math.abs(energy(s) / before - 1);
}

describe('two poles on a cart', () => {
  it('keep their energy without force and friction, and the better the smaller the step', () => {
    expect(drift(0.2, 0.01)).toBeLessThan(1e-10);
    expect(drift(1, 0.01)).toBeLessThan(1e-6);
    expect(drift(1, 0.01) / drift(1, 0.005)).toBeGreaterThan(16);
  });

  it('fall without a force, and have failed beyond 2.4 m or 36 degrees', () => {
    const s = Float64Array.of(0, 0, 0.07, 0, 0, 0);
    const move = cartOf(twoPoles);
    let steps = 0;
    while (!hasFailed(s)) {
      move(s, 0);
      steps += 1;
    }
    expect(steps).toBeLessThan(200);
    expect(hasFailed(Float64Array.of(2.41, 0, 0, 0, 0, 0))).toBe(true);
    expect(hasFailed(Float64Array.of(0, 0, 0, 0, -0.63, 0))).toBe(true);
    expect(hasFailed(Float64Array.of(NaN, 0, 0, 0, 0, 0))).toBe(true);
    expect(hasFailed(Float64Array.of(2.39, 0, 0.62, 0, 0.62, 0))).toBe(false);
  });

  it('a linear policy by CMA-ES balances them for 2,000 steps after some hundred evaluations on most seeds', async () => {
    const task = poles({ poles: 2, velocities: true, steps: 2000 });
    const { size, network } = linearController(task);
    const counts: number[] = [];
    for (const seed of seeds(5)) {
      const { solved, evaluations } = await evolve({ algorithm: cmaEs({ mean: Array(size).fill(0), sigma: 1 }), evaluate: serial((x: readonly number[]) => task.evaluate(network(x))), seed, until: { evaluations: 3000 } }); // prettier-ignore
      counts.push(solved ? evaluations : Infinity);
    }
    expect(median(counts)).toBeLessThan(500);
    expect(counts.filter((count) => count < 2000).length).toBeGreaterThanOrEqual(4);
  });

  it('one pole is balanced by a linear policy too, without velocities only by one that remembers', async () => {
    const task = poles({ poles: 1, velocities: true, steps: 2000 });
    const { size, network } = linearController(task);
    const found = await evolve({ algorithm: cmaEs({ mean: Array(size).fill(0), sigma: 1 }), evaluate: serial((x: readonly number[]) => task.evaluate(network(x))), seed: 1, until: { evaluations: 3000 } }); // prettier-ignore
    expect(found.solved).toBe(true);
    const blind = poles({ poles: 1, velocities: false, steps: 2000 });
    const budget = { evaluations: 1500 };
    const run = (controller: ReturnType<typeof linearController>) =>
      evolve({ algorithm: cmaEs({ mean: Array(controller.size).fill(0), sigma: 1 }), evaluate: serial((x: readonly number[]) => blind.evaluate(controller.network(x))), seed: 1, until: budget }); // prettier-ignore
    expect((await run(linearController(blind))).solved).toBe(false);
    expect((await run(recurrentController(blind, 2))).solved).toBe(true);
  });
});
