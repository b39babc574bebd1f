// How a graph grows into a body, and how genotypes change.
import { describe, expect, it } from 'vitest';
import { bodyOf, cornersOf, mostParts } from '../../../src/search/creatures/body.ts';
import { comingFrom, type Individual, sims } from '../../../src/search/creatures/sims.ts';
import { draws } from '../../../src/search/draws.ts';
import { evolve, serial } from '../../../src/search/evolve.ts';
import { bounds, type Genotype, most } from '../../../src/search/creatures/genotype.ts';
import { cosine, sine } from '../../../src/math/turns.ts';
import { crossed, grafted, mutated, randomGenotype } from '../../../src/search/creatures/vary.ts';
import { box, creature, edge } from './bodies.ts';

describe('generations', () => {
  it('are counted as in the records of the search, from 1', async () => {
    const algorithm = sims({ population: 10, controller: 'rate' });
    // The younger the better.
    const { champion, state } = await evolve({ algorithm, evaluate: serial(({ id }: Individual) => 1 + id), seed: 1, until: { generations: 4 } }); // prettier-ignore
    expect(state.records.map(({ generation }) => generation)).toEqual([1, 2, 3, 4]);
    expect(state.records.at(-1)!.generation).toBe(champion!.generation);
    expect(state.family.find(({ id }) => id === champion!.candidate.id)).toMatchObject({ generation: 4, score: champion!.score.fitness }); // prettier-ignore
    expect(comingFrom(state.family, [champion!.candidate.id]).map(({ generation }) => generation)[0]).toBe(1);
  });
});

describe('turns', () => {
  it('sine and cosine are those of the host to 1e-12', () => {
    for (let turn = -40; turn < 40; turn += 0.0137) {
      expect(Math.abs(sine(turn) - Math.sin(turn))).toBeLessThan(1e-12);
      expect(Math.abs(cosine(turn) - Math.cos(turn))).toBeLessThan(1e-12);
    }
  });
});

describe('a body', () => {
  it('a part stands on its place on the rim of the one it hangs on', () => {
    const [root, top, right] = bodyOf(creature([box(), box({ width: 0.05, length: 0.3 }), box({ width: 0.05, length: 0.1 })], [edge({ to: 1 }), edge({ to: 2, at: 0.25 })]))!; // prettier-ignore
    expect(root).toMatchObject({ x: 0, y: 0, parent: -1 });
    expect(top!.parent).toBe(0);
    expect(Math.hypot(top!.joint.x, top!.joint.y - 0.2)).toBeLessThan(1e-9);
    expect(top!.y).toBeCloseTo(0.5, 9);
    expect(right!.joint).toEqual({ x: expect.closeTo(0.1, 9) as number, y: expect.closeTo(0, 9) as number });
    expect(right!.x).toBeCloseTo(0.2, 9);
    expect(right!.turn).toBeCloseTo(-Math.PI / 2, 9);
  });

  it('a mirrored edge grows the other side too, turning the other way', () => {
    const parts = bodyOf(creature([box(), box({ limits: [-0.2, 0.9] })], [edge({ at: 0.25, angle: 0.3, mirror: true })]))!;
    expect(parts).toHaveLength(3);
    const [, right, left] = parts;
    expect(left!.x).toBeCloseTo(-right!.x, 12);
    expect(left!.y).toBeCloseTo(right!.y, 12);
    expect(left!.limits).toEqual([-0.9, 0.2]);
    for (const [x, y] of cornersOf(left!, left!.x, left!.y, left!.turn))
      expect(cornersOf(right!, right!.x, right!.y, right!.turn).some(([a, b]) => Math.hypot(a + x, b - y) < 1e-9)).toBe(true);
  }); // prettier-ignore

  it('recursion makes so many copies, each with its scale; a terminal edge grows from the last', () => {
    const chain = creature(
      [box({ recursion: 4 }), box({ width: 0.06 })],
      [edge({ to: 0, scale: 0.9 }), edge({ to: 1, at: 0.25, terminal: true })],
    );
    const parts = bodyOf(chain)!;
    expect(parts.map(({ node, parent }) => [node, parent])).toEqual([[0, -1], [0, 0], [0, 1], [0, 2], [1, 3]]); // prettier-ignore
    expect(parts[3]!.length).toBeCloseTo(0.2 * 0.9 ** 3, 12);
  });

  it('more parts than allowed, and crumbs, are not grown; a size that is no number is no body', () => {
    const bush = creature([box({ recursion: 4 })], [edge({ to: 0, mirror: true, at: 0.1 }), edge({ to: 0, at: 0.3, mirror: true })]); // prettier-ignore
    expect(bodyOf(bush)).toHaveLength(mostParts);
    expect(bodyOf(creature([box({ recursion: 4 })], [edge({ to: 0, scale: 0.1 })]))).toHaveLength(1);
    expect(bodyOf(creature([box({ width: NaN })]))).toBeNull();
    expect(bodyOf(creature([box({ length: Infinity })]))).toBeNull();
    expect(bodyOf(creature([]))).toBeNull();
  });
});

describe('variation', () => {
  const sound = ({ nodes, edges, centre }: Genotype): void => {
    expect(nodes.length).toBeGreaterThan(0);
    expect(nodes.length).toBeLessThanOrEqual(most.nodes);
    expect(edges.length).toBeLessThanOrEqual(most.edges);
    expect(edges.every(({ from, to }) => from < nodes.length && to < nodes.length)).toBe(true);
    for (const { width, length, limits } of nodes) {
      expect(Math.min(width, length)).toBeGreaterThanOrEqual(bounds.side[0]);
      expect(Math.max(width, length)).toBeLessThanOrEqual(bounds.side[1]);
      expect(limits[0]).toBeLessThanOrEqual(limits[1]);
    }
    for (const { inputs, pace } of [...centre, ...nodes.flatMap(({ neurons }) => neurons)]) {
      expect(inputs.length).toBeLessThanOrEqual(most.inputs);
      expect(pace).toBeLessThanOrEqual(bounds.pace[1]);
    }
    expect(bodyOf({ nodes, edges, centre })).not.toBeNull();
  };

  it('whatever is done to genotypes, they stay within their bounds and grow', () => {
    let pool = Array.from({ length: 12 }, (_, k) => randomGenotype(draws(7, 'initial', 0, k), 'rate'));
    pool.forEach(sound);
    for (let generation = 1; generation < 40; generation++) {
      pool = pool.map((genotype, k) => {
        const draw = draws(7, 'mutate', generation, k);
        const other = draw.one(pool);
        return mutated([crossed, grafted][k % 2]!(genotype, other, draw), draw, 'rate');
      });
      pool.forEach(sound);
    }
  });

  it('the same draw makes the same child, another one another', () => {
    const parent = randomGenotype(draws(1, 'initial', 0, 0), 'lif');
    expect(mutated(parent, draws(1, 'mutate', 1, 0), 'lif')).toEqual(mutated(parent, draws(1, 'mutate', 1, 0), 'lif'));
    const children = Array.from({ length: 20 }, (_, k) =>
      JSON.stringify(mutated(parent, draws(1, 'mutate', 1, k), 'lif')),
    );
    expect(new Set(children).size).toBeGreaterThan(15);
  });

  it('a controller of spikes has no other units than those of spikes and waves', () => {
    let genotype = randomGenotype(draws(3, 'initial', 0, 0), 'lif');
    for (let k = 1; k < 60; k++) genotype = mutated(genotype, draws(3, 'mutate', k, 0), 'lif');
    const kinds = [...genotype.centre, ...genotype.nodes.flatMap(({ neurons }) => neurons)].map(({ kind }) => kind);
    expect(kinds.length).toBeGreaterThan(0);
    expect(kinds.every((kind) => kind === 'lif' || kind === 'wave')).toBe(true);
  });
});
