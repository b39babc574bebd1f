// What a search costs beside its evaluations: NEAT on exclusive or beside an npm peer, and CMA-ES at dimension 100 beside the one
// product that every candidate needs. One thread.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { cmaEs, cmaParameters } from '../src/search/cmaes.ts';
import { evolve, serial } from '../src/search/evolve.ts';
import type { Genome } from '../src/search/neat/genome.ts';
import { neat } from '../src/search/neat/neat.ts';
import { networkOf } from '../src/search/neat/network.ts';
import { sphere } from '../src/search/tasks/functions.ts';
import { xor } from '../src/search/tasks/xor.ts';
import { markdownText } from '../src/report/table.ts';
import { whole } from './setup.ts';

const [generations, rounds] = [40, 5];

/** Evaluations a second of 40 generations of 150 that never stop early; the best of five seeds. */
async function neatRate(): Promise<{ rate: number; share: number }> {
  let [rate, share] = [0, 0];
  for (let seed = 1; seed <= rounds; seed++) {
    let evaluating = 0;
    const score = serial((genome: Genome) => xor.evaluate(networkOf(genome)).fitness);
    const evaluate: typeof score = (genomes) => {
      const begun = performance.now();
      const scores = score(genomes);
      evaluating += performance.now() - begun;
      return scores;
    };
    const begun = performance.now();
    const { evaluations } = await evolve({ algorithm: neat(xor), evaluate, seed, until: { generations } });
    const milliseconds = performance.now() - begun;
    if ((1000 * evaluations) / milliseconds > rate) [rate, share] = [(1000 * evaluations) / milliseconds, evaluating / milliseconds]; // prettier-ignore
  }
  return { rate, share };
}

interface Peer {
  population: { score?: number; activate(inputs: number[]): number[]; clear(): void }[];
  evolve(): Promise<unknown>;
}

/** neataptic 1.4.7 with its own defaults but for the population; null where it is not installed. */
async function peerRate(root: string): Promise<number | null> {
  const folder = join(root, 'bench/peers/node_modules/neataptic');
  if (!existsSync(folder)) return null;
  const { Neat } = createRequire(join(root, 'bench/peers/'))('neataptic') as { Neat: new (...args: unknown[]) => Peer };
  let rate = 0;
  for (let round = 0; round < rounds; round++) {
    const peer = new Neat(2, 1, null, { popsize: 150 });
    const begun = performance.now();
    for (let k = 0; k < generations; k++) {
      for (const genome of peer.population) genome.score = xor.evaluate({ act: (inputs) => Float64Array.from(genome.activate(Array.from(inputs))), flush: () => genome.clear() }).fitness; // prettier-ignore
      await peer.evolve();
    }
    rate = Math.max(rate, (1000 * generations * 150) / (performance.now() - begun));
  }
  return rate;
}

/** Microseconds an evaluation of the sphere, and of one product of an n x n matrix with a vector. */
async function cmaCost(n: number): Promise<{ cost: number; floor: number }> {
  let [cost, floor] = [Infinity, Infinity];
  const matrix = new Float64Array(n * n).fill(0.5);
  const vector = new Float64Array(n).fill(0.25);
  const into = new Float64Array(n);
  for (let round = 0; round < rounds; round++) {
    const begun = performance.now();
    const { evaluations } = await evolve({ algorithm: cmaEs({ mean: Array<number>(n).fill(1), sigma: 0.5 }), evaluate: serial((x: readonly number[]) => -sphere(x)), seed: round + 1, until: { generations: 500 } }); // prettier-ignore
    cost = Math.min(cost, (1000 * (performance.now() - begun)) / evaluations);
    const start = performance.now();
    for (let k = 0; k < 5000; k++) {
      for (let i = 0; i < n; i++) {
        let sum = 0;
        for (let j = 0; j < n; j++) sum += matrix[i * n + j]! * vector[j]!;
        into[i] = sum;
      }
      vector[k % n] = into[k % n]! > 1 ? 0.25 : 0.5;
    }
    floor = Math.min(floor, (1000 * (performance.now() - start)) / 5000);
  }
  return { cost, floor };
}

export async function searchBench(root: string): Promise<string> {
  const { rate, share } = await neatRate();
  const peer = await peerRate(root);
  const { cost, floor } = await cmaCost(100);
  const n = cmaParameters(100).lambda;
  const rows = [
    ['NEAT, exclusive or, population 150', `${whole(rate)} evaluations/s`, `evaluating takes ${whole(100 * share)} % of the time`],
    ['neataptic 1.4.7, the same task and population', peer === null ? 'not installed' : `${whole(peer)} evaluations/s`, 'its own defaults; neither species nor historical marks, so a rate and no comparison of searches'],
    [`CMA-ES, dimension 100, ${n} candidates`, `${cost.toFixed(1)} us an evaluation`, `one product of 100 x 100: ${floor.toFixed(1)} us`],
  ]; // prettier-ignore
  return `\n## Search\n\nfloat64, one thread; ${generations} generations, the best of ${rounds} rounds.\n\n${markdownText({ columns: ['what', 'measured', 'beside'], rows })}`;
}
