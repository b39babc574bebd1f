// Genomes as settle models: what the file computes is what the genome's network computes.
import { describe, expect, it } from 'vitest';
import { initialMatrix } from '../../src/learn/initial.ts';
import { loadModel } from '../../src/model/load.ts';
import { draws } from '../../src/search/draws.ts';
import { minimal, type Genome, reaches } from '../../src/search/neat/genome.ts';
import { innovations } from '../../src/search/neat/innovation.ts';
import { neatDefaults } from '../../src/search/neat/neat.ts';
import { genomeModel } from '../../src/search/neat/model.ts';
import { networkOf } from '../../src/search/neat/network.ts';
import { addLink, addNode, mutateWeights } from '../../src/search/neat/vary.ts';
import { loadDataSet } from '../../src/data/load.node.ts';
import { evaluate, freshState } from '../../src/learn/trainer.ts';
import { openBench } from '../../src/run/run.node.ts';

const data = { set: 'xor', train: 60, test: 100, batch: 20 };

function grown(seed: number, steps: number): Genome {
  const numbers = innovations({ node: 7, innovation: 10 });
  const random = draws(seed, 'task', 0, 0);
  let genome = minimal({ inputs: 4, outputs: 2 }, () => 2 * random.uniform() - 1);
  for (let k = 0; k < steps; k++) {
    genome = addNode(genome, ['sigmoid', 'tanh', 'gaussian', 'sine', 'absolute', 'linear'], random, numbers);
    genome = mutateWeights(addLink(genome, 0, random, numbers), neatDefaults, random);
  }
  return genome;
}

async function predicted(text: string): Promise<number[]> {
  const { model } = loadModel(text, { file: 'evolved' });
  const { recipe, machine, data: sets } = await openBench({ model, threads: 1 });
  await freshState(recipe, machine, model.seed);
  const found = await evaluate({ recipe, machine, data: sets, examples: sets.test, seed: 1 });
  await machine.close();
  return [...found!.predicted];
}

describe('a genome as a settle model', () => {
  it('of rate units gives the answers of its network, whatever its nodes do', async () => {
    const { test } = loadDataSet({ ...data, path: null, validation: 0 });
    for (const [seed, steps] of [[1, 0], [2, 2], [3, 5], [4, 9]] as const) {
      const genome = grown(seed, steps);
      const network = networkOf(genome);
      const answers = Array.from({ length: test.count }, (_, k) => [...network.act(test.inputs.subarray(4 * k, 4 * k + 4))]);
      const model = await predicted(genomeModel(genome, { name: 'evolved', source: '', units: 'rate', data }));
      // Float32 may decide otherwise where both outputs are as large.
      const unlike = answers.filter(([a, b], k) => Math.abs(a! - b!) > 1e-5 && (b! > a! ? 1 : 0) !== model[k]);
      expect(unlike).toEqual([]);
    } // prettier-ignore
  });

  it('of leaky units runs, links between outputs included, and leaves out what leads nowhere', async () => {
    let genome = grown(3, 4);
    const [from, to] = reaches(genome, 6, 5) ? [6, 5] : [5, 6];
    genome = { ...genome, links: [...genome.links, { innovation: 999, from, to, weight: 1, enabled: true }] };
    const text = genomeModel(genome, { name: 'evolved', source: '', units: 'lif', data });
    expect(text).toContain('y->y');
    expect(await predicted(text)).toHaveLength(100);
    const cut = { ...genome, links: genome.links.map((link) => ({ ...link, enabled: link.enabled && link.innovation < 10 })) }; // prettier-ignore
    expect(genomeModel(cut, { name: 'evolved', source: '', units: 'lif', data })).not.toMatch(/\bn\d+:/);
  });

  it('a recurrent one is refused', () => {
    const genome = grown(1, 0);
    const loop = { ...genome, links: [...genome.links, { innovation: 99, from: 5, to: 5, weight: 1, enabled: true }] };
    expect(() => genomeModel(loop, { name: 'evolved', source: '', units: 'rate', data })).toThrow('recurrent');
  });
});

describe('listed weights', () => {
  it('are the matrix, row by row, times the gain', () => {
    const matrix = initialMatrix({ scheme: 'listed', gain: 2, values: [1, 2, 3, 4, 5, 6] }, 'weights', 0, 2, 3, 1);
    expect([...matrix]).toEqual([2, 4, 6, 8, 10, 12]);
  });

  it('that do not fit the projection are refused with both sizes, as is a list without its scheme', () => {
    const text = genomeModel(grown(1, 0), { name: 'evolved', source: '', units: 'rate', data });
    expect(() => loadModel(text.replace('values: [1, 0]', 'values: [1, 0, 3]'), { file: 'm' })).toThrow(
      expect.objectContaining({ place: expect.objectContaining({ found: '3 with scheme listed', expected: '2, one for each pair' }) as unknown }), // prettier-ignore
    );
    expect(() => loadModel(text.replace('scheme: listed, values: [1, 0]', 'values: [1, 0]'), { file: 'm' })).toThrow('listed weights'); // prettier-ignore
    expect(() => loadModel(text.replace('scheme: listed, values: [1, 0]', 'scheme: listed'), { file: 'm' })).toThrow('listed weights'); // prettier-ignore
  });

  it('come back from the resolved model', () => {
    const text = genomeModel(grown(2, 3), { name: 'evolved', source: '', units: 'rate', data });
    const { model, resolvedYaml } = loadModel(text, { file: 'm' });
    expect(loadModel(resolvedYaml, { file: 'again' }).model).toEqual(model);
  });
});
