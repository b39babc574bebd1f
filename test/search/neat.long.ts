// NEAT over many seeds, beside the counts for exclusive or that are quoted from its paper (Stanley and Miikkulainen 2002). An
// evaluation is one genome scored once; tests of champions are not counted.
import { expect, it } from 'vitest';
import { cmaEs } from '../../src/search/cmaes.ts';
import { type EvolveOptions, evolve, type Progress, serial } from '../../src/search/evolve.ts';
import { enabledCount, type Genome, hiddenCount } from '../../src/search/neat/genome.ts';
import { neat, neatDefaults, type NeatState, neatWithoutVelocities } from '../../src/search/neat/neat.ts';
import { networkOf } from '../../src/search/neat/network.ts';
import { linearController, recurrentController } from '../../src/search/tasks/controllers.ts';
import { poles } from '../../src/search/tasks/poles.ts';
import { xor } from '../../src/search/tasks/xor.ts';
import type { State } from '../../src/search/search.ts';
import { mean, median, seeds } from './runs.ts';

async function solvedOver<X, S extends State>(count: number, options: Omit<EvolveOptions<X, S>, 'seed'>) {
  const found: Progress<X, S>[] = [];
  for (const seed of seeds(count)) found.push(await evolve({ ...options, seed }));
  return found.filter(({ solved }) => solved);
}
const evaluations = (runs: readonly { readonly evaluations: number }[]): number[] =>
  runs.map((each) => each.evaluations);
const said = (counts: readonly number[]): string =>
  `mean ${Math.round(mean(counts))}, median ${median(counts)}, worst ${Math.max(...counts)}`;

it('exclusive or: at least 95 of 100 seeds within 300 generations', async () => {
  const solved = await solvedOver<Genome, NeatState>(100, { algorithm: neat({ inputs: 2, outputs: 1 }), evaluate: serial((genome: Genome) => xor.evaluate(networkOf(genome))), until: { generations: 300 } }); // prettier-ignore
  const champions = solved.map(({ champion }) => champion!.candidate);
  console.log(`exclusive or: ${solved.length} of 100; evaluations ${said(evaluations(solved))} (published mean 4,755); hidden units ${mean(champions.map(hiddenCount)).toFixed(2)} (2.35); enabled links ${mean(champions.map(enabledCount)).toFixed(2)} (7.48)`); // prettier-ignore
  expect(solved.length).toBeGreaterThanOrEqual(95);
});

it('a distance divided by the size of genomes is another algorithm: fewer than 60 of 100', async () => {
  const algorithm = neat(
    { inputs: 2, outputs: 1 },
    { compatibility: { ...neatDefaults.compatibility, normalised: true } },
  );
  const solved = await solvedOver<Genome, NeatState>(100, { algorithm, evaluate: serial((genome: Genome) => xor.evaluate(networkOf(genome))), until: { generations: 300 } }); // prettier-ignore
  console.log(`exclusive or, distance divided by size: ${solved.length} of 100`);
  expect(solved.length).toBeLessThan(60);
});

it('two poles with velocities: NEAT, and CMA-ES on a linear policy, over 50 seeds', async () => {
  const task = poles({ poles: 2, velocities: true });
  const grown = await solvedOver<Genome, NeatState>(50, { algorithm: neat(task), evaluate: serial((genome: Genome) => task.evaluate(networkOf(genome, task))), until: { generations: 200 } }); // prettier-ignore
  console.log(`two poles with velocities, NEAT: ${grown.length} of 50; evaluations ${said(evaluations(grown))}`); // prettier-ignore
  expect(grown.length).toBeGreaterThanOrEqual(48);
  expect(mean(evaluations(grown))).toBeLessThan(7200);
  const { size, network } = linearController(task);
  const linear = await solvedOver(50, { algorithm: cmaEs({ mean: Array<number>(size).fill(0), sigma: 1 }), evaluate: serial((x: readonly number[]) => task.evaluate(network(x))), until: { evaluations: 20_000 } }); // prettier-ignore
  console.log(`two poles with velocities, CMA-ES, linear: ${linear.length} of 50; evaluations ${said(evaluations(linear))}`); // prettier-ignore
  expect(linear.length).toBeGreaterThanOrEqual(40);
  expect(mean(evaluations(linear))).toBeLessThan(895);
});

it('two poles without velocities, damping fitness, with the test on 625 starts', async () => {
  const task = poles({ poles: 2, velocities: false });
  const net = (genome: Genome) => networkOf(genome, task);
  const grown = await solvedOver<Genome, NeatState>(10, { algorithm: neat(task, neatWithoutVelocities), evaluate: serial((genome: Genome) => task.evaluate(net(genome))), validate: (genome) => task.validate!(net(genome)).solved, until: { generations: 250 } }); // prettier-ignore
  const general = grown.map(({ champion }) => task.validate!(net(champion!.candidate)).generalisation);
  console.log(`two poles without velocities, NEAT: ${grown.length} of 10; evaluations ${said(evaluations(grown))}; starts passed ${mean(general)} of 625`); // prettier-ignore
  expect(grown.length).toBeGreaterThanOrEqual(7);
  expect(Math.min(...general)).toBeGreaterThanOrEqual(200);
});

it('two poles without velocities, CMA-ES on three recurrent units', async () => {
  const task = poles({ poles: 2, velocities: false });
  const { size, network } = recurrentController(task, 3);
  const vector = await solvedOver(8, { algorithm: cmaEs({ mean: Array<number>(size).fill(0), sigma: 1 }), evaluate: serial((x: readonly number[]) => task.evaluate(network(x))), validate: (x) => task.validate!(network(x)).solved, until: { evaluations: 6000 } }); // prettier-ignore
  console.log(`two poles without velocities, CMA-ES, 3 recurrent units: ${vector.length} of 8; evaluations ${said(evaluations(vector))}`); // prettier-ignore
  expect(vector.length).toBeGreaterThanOrEqual(6);
});
