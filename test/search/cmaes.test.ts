// CMA-ES against counts measured elsewhere (the same algorithm in throw-away code, 21 seeds) and against its invariances.
import { describe, expect, it } from 'vitest';
import { symmetricEigen } from '../../src/math/eigen.ts';
import { draws } from '../../src/search/draws.ts';
import { cmaEs } from '../../src/search/cmaes.ts';
import { evolve, reached, serial } from '../../src/search/evolve.ts';
import { decodeSearch, encodeSearch } from '../../src/search/state.ts';
import { ellipsoid, type RealFunction, rosenbrock, sphere } from '../../src/search/tasks/functions.ts';
import { cmaCounts, median } from './runs.ts';

describe('eigenvalues of symmetric matrices', () => {
  it('vectors are orthonormal and rebuild the matrix', () => {
    const random = draws(1, 'initial', 0, 0);
    for (const n of [1, 2, 3, 10, 40]) {
      const a = new Float64Array(n * n);
      for (let i = 0; i < n; i++) for (let j = 0; j <= i; j++) a[i * n + j] = a[j * n + i] = random.normal();
      const { values, vectors } = symmetricEigen(a, n);
      for (let i = 0; i < n; i++)
        for (let j = 0; j < n; j++) {
          let [rebuilt, product] = [0, 0];
          for (let k = 0; k < n; k++) {
            rebuilt += vectors[i * n + k]! * values[k]! * vectors[j * n + k]!;
            product += vectors[k * n + i]! * vectors[k * n + j]!;
          }
          expect(rebuilt).toBeCloseTo(a[i * n + j]!, 11);
          expect(product).toBeCloseTo(i === j ? 1 : 0, 12);
        }
    }
  });

  it('the second difference matrix has the eigenvalues 2 - 2 cos(k pi / (n + 1))', () => {
    const n = 12;
    const a = Float64Array.from({ length: n * n }, (_, k) => {
      const distance = Math.abs(Math.floor(k / n) - (k % n));
      return distance === 0 ? 2 : distance === 1 ? -1 : 0;
    });
    const values = [...symmetricEigen(a, n).values].sort((x, y) => x - y);
    values.forEach((value, k) => expect(value).toBeCloseTo(2 - 2 * Math.cos(((k + 1) * Math.PI) / (n + 1)), 12));
  });

  it('equal and zero eigenvalues are no trouble', () => {
    expect([...symmetricEigen([0, 0, 0, 0], 2).values]).toEqual([0, 0]);
    expect([...symmetricEigen([3, 0, 0, 0, 3, 0, 0, 0, 3], 3).values]).toEqual([3, 3, 3]);
  });
});

describe('CMA-ES in 10 dimensions', () => {
  it('needs within 20 % of the evaluations measured elsewhere (5 seeds; 20 in cmaes.long.ts)', async () => {
    for (const [f, mean, published] of cmaCounts) {
      const counts = await Promise.all([1, 2, 3, 4, 5].map((seed) => evaluationsOf(f, mean, seed)));
      expect(median(counts) / published).toBeGreaterThan(0.8);
      expect(median(counts) / published).toBeLessThan(1.2);
    }
  });

  it('sees ranks only: any rising function of the fitness gives the same bits', async () => {
    const run = (f: RealFunction) => evolve({ algorithm: cmaEs({ mean: Array(5).fill(1), sigma: 0.5 }), evaluate: serial((x: readonly number[]) => f(x)), seed: 3, until: { generations: 60 } }); // prettier-ignore
    const plain = await run((x) => -rosenbrock(x));
    const bent = await run((x) => -Math.sqrt(rosenbrock(x)));
    expect(bent.state).toEqual(plain.state);
  });

  it('does not care how the ellipsoid is turned', async () => {
    // A rotation in every plane of neighbours.
    const turned: RealFunction = (x) => {
      const y = [...x];
      for (let k = 0; k < y.length - 1; k++) [y[k], y[k + 1]] = [(y[k]! - y[k + 1]!) / Math.SQRT2, (y[k]! + y[k + 1]!) / Math.SQRT2]; // prettier-ignore
      return ellipsoid(y);
    };
    const counts = await Promise.all([1, 2, 3, 4, 5].map((seed) => evaluationsOf(turned, 1, seed)));
    expect(median(counts) / 6045).toBeGreaterThan(0.75);
    expect(median(counts) / 6045).toBeLessThan(1.25);
  });

  it('a search that is stopped, written down and read goes on with the same bits', async () => {
    const algorithm = cmaEs({ mean: Array(6).fill(1), sigma: 0.5 });
    const evaluate = serial((x: readonly number[]) => -ellipsoid(x));
    const whole = await evolve({ algorithm, evaluate, seed: 9, until: { generations: 101 } });
    const half = await evolve({ algorithm, evaluate, seed: 9, until: { generations: 47 } });
    const from = decodeSearch(encodeSearch(half)) as typeof half;
    const rest = await evolve({ algorithm, evaluate, seed: 9, from, until: { generations: 101 } });
    expect(encodeSearch(rest)).toBe(encodeSearch(whole));
  });

  it('a fitness of NaN or a throw is that candidate failed, and never the best', async () => {
    let asked = 0;
    const bad = serial((x: readonly number[]) => {
      asked += 1;
      if (asked % 3 === 0) return NaN;
      if (asked % 7 === 0) throw new Error('no power');
      return -sphere(x);
    });
    const result = await evolve({ algorithm: cmaEs({ mean: Array(4).fill(1), sigma: 0.5, lambda: 16 }), evaluate: bad, seed: 1, until: { target: -1e-8, evaluations: 5000 } }); // prettier-ignore
    expect(reached(result, { target: -1e-8 })).toBe(true);
    expect(result.champion!.score.failure).toBeNull();
    const said = new Set(result.failures.map(({ message }) => message));
    expect([...said].sort()).toEqual(['no power', 'the fitness is NaN']);
    expect(result.records[0]!.failures).toBeGreaterThan(4);
  });

  it('goes on where a whole generation fails', async () => {
    let generation = 0;
    const evaluate = (xs: readonly (readonly number[])[]) => {
      generation += 1;
      return serial((x: readonly number[]) => (generation < 3 ? Infinity : -sphere(x)))(xs);
    };
    const result = await evolve({ algorithm: cmaEs({ mean: [1, 1], sigma: 0.5 }), evaluate, seed: 1, until: { generations: 60 } }); // prettier-ignore
    expect(result.records[0]).toMatchObject({ best: null, median: null, failures: 6 });
    expect(result.champion!.score.fitness).toBeGreaterThan(-1e-6);
  });
});

async function evaluationsOf(f: RealFunction, mean: number, seed: number): Promise<number> {
  const until = { target: -1e-10, evaluations: 20_000 };
  const found = await evolve({ algorithm: cmaEs({ mean: Array(10).fill(mean), sigma: 0.5 }), evaluate: serial((x: readonly number[]) => -f(x)), seed, until }); // prettier-ignore
  return reached(found, until) ? found.evaluations : Infinity;
}
