// Expressions that evolve: operators keep trees whole, what is shown means what was evolved, and the quartic is found (50 seeds in
// geneticProgramming.long.ts).
import { describe, expect, it } from 'vitest';
import { compile } from '../../src/expr/evaluate.ts';
import { parseExpression } from '../../src/expr/parse.ts';
import { call, name, num, print } from '../../src/expr/tools.ts';
import type { Tree } from '../../src/expr/tree.ts';
import { draws } from '../../src/search/draws.ts';
import { evolve, serial } from '../../src/search/evolve.ts';
import { geneticProgramming } from '../../src/search/geneticProgramming.ts';
import { quartic } from '../../src/search/tasks/regression.ts';
import { evaluateCases, grown, halfAndHalf, hoistMutation, type Language, pointMutation, protectedTree, replaced, shown, shrinkMutation, subtree, subtreeMutation, subtreeSwap, treeHeight, treeSize } from '../../src/search/trees.ts'; // prettier-ignore
import { seeds } from './runs.ts';

const language: Language = { ...quartic.language, names: ['x', 'y'], constants: 1 };
const random = (k: number) => draws(2, 'initial', 0, k);
const some = Array.from({ length: 60 }, (_, k) => grown(language, 5, k % 2 === 0 ? 'full' : 'grow', random(k)));

describe('trees', () => {
  it('full ones have the depth drawn, grown ones at most that, half and half has both and all depths', () => {
    some.forEach((tree, k) => (k % 2 === 0 ? expect(treeHeight(tree)).toBe(5) : expect(treeHeight(tree)).toBeLessThanOrEqual(5))); // prettier-ignore
    const heights = new Set(
      Array.from({ length: 100 }, (_, k) => treeHeight(halfAndHalf(language, 2, 6, k, random(k)))),
    );
    for (const height of [2, 3, 4, 5, 6]) expect(heights).toContain(height);
  });

  it('every node can be read and put back', () => {
    for (const tree of some.slice(0, 10))
      for (let at = 0; at < treeSize(tree); at++) expect(replaced(tree, at, subtree(tree, at))).toEqual(tree);
    expect(print(replaced(call('add', name('x'), num(1)), 2, name('y')))).toBe('(x + y)');
  });

  it('a swap keeps the number of nodes of a pair, unless a child would be too high', () => {
    for (let k = 0; k < 50; k++) {
      const [a, b] = [some[k]!, some[k + 5]!];
      const children = subtreeSwap(1, 99).cross([a, b], random(k));
      expect(treeSize(children[0]!) + treeSize(children[1]!)).toBe(treeSize(a) + treeSize(b));
      for (const child of subtreeSwap(1, 6).cross([a, b], random(k))) expect(treeHeight(child)).toBeLessThanOrEqual(6);
    }
  });

  it('point mutation keeps the size, hoist and shrink never make it larger', () => {
    some.forEach((tree, k) => {
      expect(treeSize(pointMutation(language)(tree, random(k)))).toBe(treeSize(tree));
      expect(treeSize(hoistMutation(tree, random(k)))).toBeLessThanOrEqual(treeSize(tree));
      expect(treeSize(shrinkMutation(tree, random(k)))).toBeLessThanOrEqual(treeSize(tree));
      expect(treeHeight(subtreeMutation(language, 2)(tree, random(k)))).toBeLessThanOrEqual(treeHeight(tree) + 2);
    });
  });

  it('what is shown is text of the language and means what was evolved, quotients by 0 included', () => {
    const x = Float64Array.of(0, 0.5, -2, 1);
    const y = Float64Array.of(1, 0, 3, 0);
    for (const tree of some) {
      const values = evaluateCases(tree, { x, y }, 4);
      const written = compile(parseExpression(print(protectedTree(tree))), ['x', 'y']);
      const simplified = compile(parseExpression(shown(tree)), ['x', 'y']);
      for (let k = 0; k < 4; k++) {
        expect(written(Float64Array.of(x[k]!, y[k]!))).toBe(values[k]);
        expect(simplified(Float64Array.of(x[k]!, y[k]!))).toBeCloseTo(values[k]!, 9);
      }
    }
  });

  it('a quotient by 0 is 1', () => {
    expect([...evaluateCases(call('div', name('x'), name('y')), { x: Float64Array.of(3, 3), y: Float64Array.of(0, 2) }, 2)]).toEqual([1, 1.5]); // prettier-ignore
  });
});

describe('genetic programming', () => {
  it('keeps to its height whatever varied a tree: crossing or mutation', async () => {
    const algorithm = geneticProgramming({ language, population: 100, height: 5, mutation: 1 });
    const heights: number[] = [];
    // The higher the better.
    const evaluate = serial((tree: Tree) => (heights.push(treeHeight(tree)), treeHeight(tree)));
    await evolve({ algorithm, evaluate, seed: 3, until: { generations: 30 } });
    expect(Math.max(...heights)).toBe(5);
  });

  it('knows the quartic when it sees it, and an overflow is a failure', () => {
    const found = parseExpression('x*x*x*x + x*x*x + x*x + x');
    expect(quartic.evaluate(found).solved).toBe(true);
    let huge: Tree = num(1e200);
    huge = call('mul', huge, huge);
    expect(Number.isFinite(quartic.evaluate(huge).fitness)).toBe(false);
    expect(Number.isNaN(quartic.evaluate(call('sub', huge, huge)).fitness)).toBe(true);
  });

  it('finds the quartic (2 of 3 seeds at least)', async () => {
    let found = 0;
    for (const seed of seeds(3)) {
      const { solved, champion } = await evolve({ algorithm: geneticProgramming({ language: quartic.language }), evaluate: serial((tree: Tree) => quartic.evaluate(tree)), seed, until: { generations: 25 } }); // prettier-ignore
      if (!solved) continue;
      found += 1;
      const text = compile(parseExpression(shown(champion!.candidate)), ['x']);
      expect(Math.abs(text(Float64Array.of(0.3)) - (0.3 + 0.09 + 0.027 + 0.0081))).toBeLessThan(0.02);
    }
    expect(found).toBeGreaterThanOrEqual(2);
  });
});
