// Weights on a chip's grid: mantissas, units, rounding; numbers and trees say the same.
import { describe, expect, it } from 'vitest';
import { evaluate } from '../../src/expr/evaluate.ts';
import { name } from '../../src/expr/tools.ts';
import { readProfile } from '../../src/hardware/profile/profileRead.node.ts';
import { gridOf, gridTree, onGrid, unitOf, unitTree } from '../../src/hardware/pass/weights.ts';
import { uniform24 } from '../../src/math/random.ts';

const grid = (profile: string, ...set: string[]) => gridOf(readProfile(profile, set).profile);
const random = (k: number): number => 2 * uniform24(1, 2, 3, k, 4) - 1;

describe('grids', () => {
  it('a Loihi has even mantissas from -256 to 254, and 5 bits make steps of 16', () => {
    expect(grid('loihi-1')).toEqual({ least: -256, greatest: 254, step: 2, binary: false });
    expect(grid('loihi-1', 'weight.bits=5')).toEqual({ least: -256, greatest: 240, step: 16, binary: false });
  });
  it('tinyODIN holds -8 to 7, ODIN -7 to 7, one bit -1 and 1', () => {
    expect(grid('tiny-odin')).toEqual({ least: -8, greatest: 7, step: 1, binary: false });
    expect(grid('odin')).toEqual({ least: -7, greatest: 7, step: 1, binary: false });
    expect(grid('ideal', 'weight.bits=1')).toEqual({ least: -1, greatest: 1, step: 1, binary: true });
  });
  it('real numbers and what is not public have none', () => {
    expect(grid('ideal')).toBeNull();
    expect(grid('truenorth')).toBeNull();
  });
});

describe('units', () => {
  it('are the power of two nearest to 2 mean / sqrt(Q)', () => {
    const eight = grid('ideal', 'weight.bits=8')!;
    // 2 * 0.05 / sqrt(127) = 0.00887: between 2^-7 and 2^-6.5.
    expect(unitOf(0.05, eight)).toBe(2 ** -7);
    // 2 * 0.05 / sqrt(7) = 0.0378, below 2^-4.5 = 0.0442.
    expect(unitOf(0.05, grid('ideal', 'weight.bits=4')!)).toBe(2 ** -5);
    expect(unitOf(0.05, grid('ideal', 'weight.bits=1')!)).toBe(2 ** -4);
  });
  it('the tree says what the function says', () => {
    for (const bits of [1, 2, 4, 8]) {
      const own = grid('ideal', `weight.bits=${bits}`)!;
      const tree = unitTree(name('m'), own);
      for (let k = 0; k < 200; k++) {
        const mean = Math.abs(random(k)) * 10 ** (-4 * Math.abs(random(k + 1000)));
        expect(evaluate(tree, () => mean)).toBe(unitOf(mean, own));
      }
    }
  });
});

describe('rounding', () => {
  it('is to the nearest mantissa, half up, and saturates', () => {
    const own = grid('loihi-1')!;
    const values = [-300, -257, -37, -1, 0, 1, 37, 254.9, 300].map((w) => onGrid(w, own, 1));
    expect(values).toEqual([-256, -256, -36, 0, 0, 2, 38, 254, 254]);
  });
  it('no weight inside the range moves by more than half a step, and a rounded weight stays', () => {
    const own = grid('ideal', 'weight.bits=6')!;
    for (let k = 0; k < 500; k++) {
      const w = random(k);
      const held = onGrid(w, own, 2 ** -5);
      if (Math.abs(w) < 0.9) expect(Math.abs(held - w)).toBeLessThanOrEqual(2 ** -6);
      expect(onGrid(held, own, 2 ** -5)).toBe(held);
    }
  });
  it('the tree says what the function says, also with one bit', () => {
    for (const own of [grid('loihi-1')!, grid('tiny-odin')!, grid('ideal', 'weight.bits=1')!]) {
      const tree = gridTree(name('w'), own, name('u'));
      for (let k = 0; k < 300; k++) {
        const [w, u] = [random(k), 2 ** -(k % 9)];
        expect(evaluate(tree, (of) => (of === 'w' ? w : u))).toBe(onGrid(w, own, u));
      }
    }
  });
});
