// An energy as text against what paper says: two linear units settle at y = w b / (1 - w^2).
import { describe, expect, it } from 'vitest';
import { energyText, estimate, presets, settleFrom } from '../../../src/dashboard/playground/energyText.ts';

const linear = energyText('1/2*x^2 + 1/2*y^2 - w*x*y - b*x');
const settings = { w: 0.5, b: 0.6, beta: 0, target: 1 };

describe('an energy as text', () => {
  it('two linear units settle where their forces are zero by hand', () => {
    const { path, settled } = settleFrom(linear, { x: -1, y: 1.5 }, settings);
    expect(settled).toBe(true);
    expect(path.at(-1)!.x).toBeCloseTo(0.6 / 0.75, 7);
    expect(path.at(-1)!.y).toBeCloseTo((0.5 * 0.6) / 0.75, 7);
  });

  it('energy never rises on the way', () => {
    for (const [name, text] of Object.entries(presets)) {
      const energy = energyText(text);
      const { path } = settleFrom(energy, { x: -1.2, y: 1.4 }, { ...settings, beta: 0.5 });
      const along = path.map((at) => energy.energy(at, { ...settings, beta: 0.5 }));
      for (let k = 1; k < along.length; k++) expect(along[k]!, name).toBeLessThanOrEqual(along[k - 1]! + 1e-12);
    }
  });

  it("equilibrium propagation's estimate goes to the gradient by hand, in proportion to beta", () => {
    const [w, b] = [settings.w, settings.b];
    const error = (w * b) / (1 - w * w) - 1;
    const byHand = { w: (error * b * (1 + w * w)) / (1 - w * w) ** 2, b: (error * w) / (1 - w * w) };
    const off = [0.1, 0.05, 0.025].map((beta) => {
      const { own, gradient } = estimate(linear, { x: 0, y: 0 }, { ...settings, beta });
      expect(gradient!.w).toBeCloseTo(byHand.w, 6);
      expect(gradient!.b).toBeCloseTo(byHand.b, 6);
      return Math.abs(own!.w - byHand.w);
    });
    expect(off[0]! / off[1]!).toBeGreaterThan(1.8);
    expect(off[1]! / off[2]!).toBeGreaterThan(1.8);
    expect(off[0]! / off[1]!).toBeLessThan(2.2);
  });

  it('forces are the slopes of the energy by finite differences', () => {
    const h = 1e-6;
    for (const [name, text] of Object.entries(presets)) {
      const energy = energyText(text);
      const [at, with_] = [
        { x: 0.31, y: -0.72 },
        { ...settings, beta: 0.7 },
      ];
      const slope = (dx: number, dy: number): number => (energy.energy({ x: at.x + dx, y: at.y + dy }, with_) - energy.energy({ x: at.x - dx, y: at.y - dy }, with_)) / (2 * h); // prettier-ignore
      const force = energy.force(at, with_);
      expect(-force.x, name).toBeCloseTo(slope(h, 0), 6);
      expect(-force.y, name).toBeCloseTo(slope(0, h), 6);
    }
  });

  it('an energy without a floor gives no estimate, and no end without numbers', () => {
    const { own, gradient, free } = estimate(energyText('-x^4 - y^2'), { x: 1, y: 1 }, { ...settings, beta: 0.1 });
    expect([own, gradient]).toEqual([null, null]);
    expect(free.every(({ x, y }) => Number.isFinite(x) && Number.isFinite(y))).toBe(true);
  });
});
