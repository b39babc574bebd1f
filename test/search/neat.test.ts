// NEAT: numbers, alignment, species, quotas, and exclusive or on a few seeds (100 in neat.long.ts).
import { describe, expect, it } from 'vitest';
import { draws } from '../../src/search/draws.ts';
import { evolve, serial } from '../../src/search/evolve.ts';
import { type Genome, hiddenCount, minimal, reaches } from '../../src/search/neat/genome.ts';
import { innovations } from '../../src/search/neat/innovation.ts';
import { neat, neatDefaults, neatWithoutVelocities } from '../../src/search/neat/neat.ts';
import { networkOf, steepness } from '../../src/search/neat/network.ts';
import { type Peopled, quotas, rescue, speciate } from '../../src/search/neat/species.ts';
import { addLink, addNode, cross, crossByPlace, distance, mutateWeights } from '../../src/search/neat/vary.ts';
import { scoreOf } from '../../src/search/search.ts';
import { decodeSearch, encodeSearch } from '../../src/search/state.ts';
import { xor } from '../../src/search/tasks/xor.ts';
import { seeds } from './runs.ts';

const shape = { inputs: 2, outputs: 1 };
const random = (k: number) => draws(1, 'mutate', 0, k);
const evaluate = serial((genome: Genome) => xor.evaluate(networkOf(genome)));

/** A genome after so many structural changes. */
function grown(steps: number, from = 0): Genome {
  const numbers = innovations({ node: 4, innovation: 3 });
  let genome = minimal(shape, (k) => 0.5 * (k + 1));
  for (let k = 0; k < steps; k++) {
    genome = addNode(genome, ['sigmoid'], random(from + 2 * k), numbers);
    genome = addLink(genome, 0, random(from + 2 * k + 1), numbers);
  }
  return mutateWeights(genome, neatDefaults, random(from + 1000));
}

describe('innovation numbers', () => {
  it('the same event in one generation has the same numbers, in the next one others', () => {
    const first = innovations({ node: 4, innovation: 3 });
    const split = first.split(0, () => false);
    expect(first.split(0, () => false)).toEqual(split);
    expect(first.link(0, 9)).toBe(first.link(0, 9));
    expect(first.link(9, 0)).not.toBe(first.link(0, 9));
    const second = innovations(first.next());
    expect(second.split(0, () => false)).not.toEqual(split);
    expect(second.next().innovation).toBe(first.next().innovation + 2);
  });

  it('a genome that holds the node of a split already gets another', () => {
    const numbers = innovations({ node: 4, innovation: 3 });
    const { node } = numbers.split(0, () => false);
    const again = numbers.split(0, (id) => id === node);
    expect(again.node).not.toBe(node);
    expect(numbers.split(0, () => false).node).toBe(node);
  });

  it('links stay in the order of their numbers, nodes are never twice in a genome, and no cycle closes', () => {
    for (let from = 0; from < 20; from++) {
      const { nodes, links } = grown(8, 100 * from);
      expect(links.map(({ innovation }) => innovation)).toEqual([...links.map(({ innovation }) => innovation)].sort((a, b) => a - b)); // prettier-ignore
      expect(new Set(nodes.map(({ id }) => id)).size).toBe(nodes.length);
      expect(new Set(links.map((link) => `${link.from} ${link.to}`)).size).toBe(links.length);
      for (const link of links) expect(reaches({ nodes, links }, link.to, link.from)).toBe(false);
    }
  });
});

describe('adding a node', () => {
  it('splits a link into one of weight 1 and one of its weight, and disables it', () => {
    const before = minimal(shape, () => 0.7);
    const after = addNode(before, ['sigmoid'], random(1), innovations({ node: 4, innovation: 3 }));
    const [split] = after.links.filter(({ enabled }) => !enabled);
    const [into, out] = after.links.slice(-2);
    expect(into).toMatchObject({ from: split!.from, weight: 1, enabled: true });
    expect(out).toMatchObject({ to: split!.to, weight: 0.7, enabled: true });
    expect(hiddenCount(after)).toBe(1);
  });
});

describe('crossover', () => {
  const cases = [[0, 0], [0, 1], [1, 0], [1, 1], [0.3, -0.8]]; // prettier-ignore
  const answers = (genome: Genome): number[] => cases.map((inputs) => networkOf(genome).act(inputs)[0]!);
  // The same network, its links written down in another order.
  const permuted = ({ nodes, links }: Genome, by: number): Genome => ({
    nodes,
    links: [...links].sort((a, b) => ((a.innovation * by) % 17) - ((b.innovation * by) % 17)),
  });

  it('of two permuted copies of one genome keeps its function', () => {
    const genome = grown(5);
    for (const by of [3, 5, 7]) {
      expect(answers(permuted(genome, by))).toEqual(answers(genome).map((each) => expect.closeTo(each, 12)));
      for (let k = 0; k < 20; k++) {
        // Disabled links may come back; everything else is the genome's own.
        const enabledAll = { ...genome, links: genome.links.map((link) => ({ ...link, enabled: true })) };
        const child = cross(enabledAll, permuted(enabledAll, by), k % 2 === 0, random(k));
        expect(answers(child)).toEqual(answers(enabledAll).map((each) => expect.closeTo(each, 12)));
      }
    }
  });

  it('place by place it does not', () => {
    // One whose answers hang on which link is where: in some genomes that matters little.
    const genome = grown(5, 300);
    const kept = Array.from({ length: 20 }, (_, k) =>
      answers(crossByPlace(genome, permuted(genome, 5), random(k))),
    ).filter((child) => child.every((each, k) => Math.abs(each - answers(genome)[k]!) < 1e-6));
    expect(kept.length).toBeLessThan(3);
  });

  it('what only one parent has comes from the fitter one', () => {
    const [small, large] = [minimal(shape, () => 1), grown(4)];
    const numbersOf = ({ links }: Genome): number[] => links.map(({ innovation }) => innovation);
    expect(numbersOf(cross(large, small, false, random(1)))).toEqual(numbersOf(large));
    expect(numbersOf(cross(small, large, false, random(1)))).toEqual(numbersOf(small));
  });
});

describe('species', () => {
  const c = { excess: 1, disjoint: 1, weight: 0.4, normalised: false };
  it('distance counts disjoint and excess links and the mean difference of the others', () => {
    const of = (links: readonly (readonly [number, number])[]): Genome => ({ nodes: [], links: links.map(([innovation, weight]) => ({ innovation, from: 0, to: 1, weight, enabled: true })) }); // prettier-ignore
    const [a, b] = [of([[1, 1], [2, 2], [4, 0], [8, 1]]), of([[1, 3], [3, 1], [4, 1], [9, 0], [10, 0]])]; // prettier-ignore
    // 2, 3 and 8 are disjoint, 9 and 10 excess; matching 1 and 4 differ by 2 and 1.
    expect(distance(a, b, c)).toBeCloseTo(3 + 2 + 0.4 * 1.5, 12);
    expect(distance(b, a, c)).toBeCloseTo(5.6, 12);
    expect(distance(a, b, { ...c, normalised: true })).toBeCloseTo(1 + 0.6, 12);
  });

  const options = { compatibility: c, threshold: 3, stagnation: 15 };
  const peopled = (fitness: readonly (readonly number[])[], improved: readonly number[] = []): Peopled[] =>
    fitness.map((members, k) => ({
      id: k, representative: minimal(shape, () => 0), born: 0, best: members[0]!, improved: improved[k] ?? 0,
      members: members.map((each) => ({ ...scoreOf(each), genome: minimal(shape, () => 0) })),
    })); // prettier-ignore

  it('children go by mean fitness, not by size, and are exactly as many as the population', () => {
    expect(quotas(peopled([[4, 4, 4, 4], [4], [2, 2]]), 100, 1, options)).toEqual([40, 40, 20]);
    for (let k = 0; k < 50; k++) {
      const some = peopled(Array.from({ length: 7 }, (_, j) => [random(100 * k + j).uniform(), -1, NaN]));
      const granted = quotas(some, 150, 1, options);
      expect(granted.reduce((a, b) => a + b, 0)).toBe(150);
      expect(Math.min(...granted)).toBeGreaterThanOrEqual(0);
    }
  });

  it('a species that stands still counts a hundredth, but for the one with the champion', () => {
    const [first, second] = quotas(peopled([[5], [4]], [0, 0]), 100, 20, options);
    expect(second).toBeLessThan(5);
    expect(first).toBeGreaterThan(95);
    expect(rescue(peopled([[1], [7], [5]]), 151)).toEqual([0, 76, 75]);
    expect(rescue(peopled([[1]]), 10)).toEqual([10]);
  });

  it('near genomes are of one species, far ones found their own', () => {
    const near = [0, 0.1, 9].map((weight) => ({ ...scoreOf(weight), genome: minimal(shape, () => weight) }));
    const found = speciate(near, [], 0, 0, options);
    expect(found.map(({ members }) => members.length)).toEqual([2, 1]);
    expect(found[0]!.members[0]!.fitness).toBe(0.1);
  });
});

describe('networks of genomes', () => {
  it('feed-forward: a hidden node by hand', () => {
    const nodes = [{ id: 0, kind: 'input', does: 'linear' }, { id: 1, kind: 'bias', does: 'linear' }, { id: 2, kind: 'output', does: 'linear' }, { id: 3, kind: 'hidden', does: 'sigmoid' }] as const; // prettier-ignore
    const link = (innovation: number, from: number, to: number, weight: number, enabled = true) => ({ innovation, from, to, weight, enabled }); // prettier-ignore
    const genome: Genome = { nodes, links: [link(0, 0, 2, 100, false), link(1, 1, 2, 0.25), link(2, 0, 3, 2), link(3, 3, 2, 3)] }; // prettier-ignore
    expect(networkOf(genome, { bias: 0.5 }).act([0.3])[0]).toBeCloseTo(0.125 + 3 / (1 + Math.exp(-steepness * 0.6)), 12); // prettier-ignore
  });

  it('recurrent: each node shows a step later what it read, and a flush forgets', () => {
    const nodes = [
      { id: 0, kind: 'input', does: 'linear' },
      { id: 1, kind: 'output', does: 'linear' },
    ] as const;
    const genome: Genome = { nodes, links: [{ innovation: 0, from: 0, to: 1, weight: 1, enabled: true }, { innovation: 1, from: 1, to: 1, weight: 0.5, enabled: true }] }; // prettier-ignore
    const network = networkOf(genome, { recurrent: true });
    const once = [1, 0, 0, 0].map((input) => network.act([input])[0]);
    expect(once).toEqual([1, 0.5, 0.25, 0.125]);
    network.flush();
    expect(network.act([0])[0]).toBe(0);
  });
});

describe('NEAT', () => {
  it('solves exclusive or within 300 generations (5 seeds)', async () => {
    for (const seed of seeds(5)) {
      const { solved, champion } = await evolve({
        algorithm: neat(shape),
        evaluate,
        seed,
        until: { generations: 300 },
      });
      expect(solved).toBe(true);
      expect(xor.evaluate(networkOf(champion!.candidate)).solved).toBe(true);
      expect(hiddenCount(champion!.candidate)).toBeGreaterThan(0);
    }
  });

  it('goes on after a stop with the same bits, recurrent links included', async () => {
    const algorithm = neat({ inputs: 2, outputs: 1 }, { ...neatWithoutVelocities, population: 40 });
    const score = serial((genome: Genome) => xor.evaluate(networkOf(genome, { recurrent: true })).fitness);
    const whole = await evolve({ algorithm, evaluate: score, seed: 4, until: { generations: 30 } });
    const half = await evolve({ algorithm, evaluate: score, seed: 4, until: { generations: 13 } });
    const rest = await evolve({ algorithm, evaluate: score, seed: 4, until: { generations: 30 }, from: decodeSearch(encodeSearch(half)) as typeof half }); // prettier-ignore
    expect(encodeSearch(rest)).toBe(encodeSearch(whole));
    expect(whole.records.at(-1)!.species).toBeGreaterThan(0);
  });

  it('stands a generation in which every candidate fails', async () => {
    const broken = serial((genome: Genome) => (genome.links.length > 0 ? NaN : 1));
    const { champion, records } = await evolve({ algorithm: neat(shape), evaluate: broken, seed: 1, until: { generations: 3 } }); // prettier-ignore
    expect(champion).toBeNull();
    expect(records.map(({ failures }) => failures)).toEqual([150, 150, 150]);
  });
});
