// The indirect encoding: a small network paints the weights of a larger one and solves a regular task with fewer genes.
import { expect, it } from 'vitest';
import { evolve, serial } from '../../src/search/evolve.ts';
import { painted, paintedWeights, painter } from '../../src/search/indirect.ts';
import { geneCount, type Genome } from '../../src/search/neat/genome.ts';
import { neat } from '../../src/search/neat/neat.ts';
import { networkOf } from '../../src/search/neat/network.ts';
import { mirror } from '../../src/search/tasks/mirror.ts';

it('solves the mirror of 8 with a fifth of the genes that NEAT needs', async () => {
  const task = mirror(8);
  const seed = 1;
  const indirect = await evolve({ algorithm: painter(), evaluate: serial((genome: Genome) => task.evaluate(painted(genome, task))), seed, until: { generations: 150 } }); // prettier-ignore
  const direct = await evolve({ algorithm: neat(task), evaluate: serial((genome: Genome) => task.evaluate(networkOf(genome))), seed, until: { generations: 150 } }); // prettier-ignore
  expect([indirect.solved, direct.solved]).toEqual([true, true]);
  expect(geneCount(indirect.champion!.candidate) * 5).toBeLessThan(geneCount(direct.champion!.candidate));
  expect(indirect.evaluations).toBeLessThan(direct.evaluations);
});

it('paints any size from the same genes', async () => {
  const task = mirror(6);
  const { champion } = await evolve({ algorithm: painter(), evaluate: serial((genome: Genome) => task.evaluate(painted(genome, task))), seed: 2, until: { generations: 150 } }); // prettier-ignore
  expect(champion!.score.solved).toBe(true);
  expect(paintedWeights(champion!.candidate, { inputs: 40, outputs: 30 })).toHaveLength(1200);
});
