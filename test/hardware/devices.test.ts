// Memory devices: the law of many pulses against one pulse after another, spreads, stuck devices, drift.
import { describe, expect, it } from 'vitest';
import { compile, evaluate } from '../../src/expr/evaluate.ts';
import { name, num } from '../../src/expr/tools.ts';
import { drawDevices, normals, phaseChange, pulsed } from '../../src/hardware/pass/devices.ts';
import type { Devices } from '../../src/hardware/profile/profile.ts';
import { readProfile } from '../../src/hardware/profile/profileRead.node.ts';
import { normal, uniform24 } from '../../src/math/random.ts';

const devices = (profile: string, ...set: string[]): Devices => readProfile(profile, set).profile.devices!;
const at = { hidden: 'w', up: 'up', down: 'down', low: 'low', high: 'high' };
interface Cross {
  w: number;
  up: number;
  down: number;
  low: number;
  high: number;
}
const names = ['w', 'up', 'down', 'low', 'high', 'p', 'x'];
function law(model: Devices): (cross: Cross, pulses: number, noise?: number) => number {
  const run = compile(pulsed(model, at, name('p'), name('x')), names);
  return ({ w, up, down, low, high }, pulses, noise = 0) => run(Float64Array.of(w, up, down, low, high, pulses, noise));
}
const cross: Cross = { w: 0.1, up: 0.0022, down: 0.0018, low: -0.7, high: 1.1 };

describe('a train of pulses', () => {
  it.each(['soft-bounds', 'linear-step', 'constant-step'])('%s: n pulses at once are n single ones', (model) => {
    const step = law({
      ...devices('reram', 'devices.slopeUp=0.4', 'devices.slopeDown=0.6'),
      model: model as Devices['model'],
    });
    for (const pulses of [1, -1, 7, -7, 31, -31, 400]) {
      let w = cross.w;
      for (let k = 0; k < Math.abs(pulses); k++) w = step({ ...cross, w }, Math.sign(pulses));
      expect(step(cross, pulses)).toBeCloseTo(w, 12);
    }
  });
  it('soft bounds: one pulse is D (1 - w / b), and up and down cancel at the symmetry point', () => {
    const step = law(devices('reram'));
    expect(step(cross, 1) - cross.w).toBeCloseTo(0.0022 * (1 - 0.1 / 1.1), 15);
    expect(step(cross, -1) - cross.w).toBeCloseTo(-0.0018 * (1 - 0.1 / -0.7), 15);
    // w* = (up - down) / (up / high - down / low), computed by hand: 0.0875.
    const w = (0.0022 - 0.0018) / (0.0022 / 1.1 - 0.0018 / -0.7);
    expect(w).toBeCloseTo(0.0875, 10);
    expect(step({ ...cross, w }, 1) + step({ ...cross, w }, -1)).toBeCloseTo(2 * w, 12);
  });
  it('never leaves the bounds of the device', () => {
    const step = law(devices('constant-step'));
    expect(step(cross, 10000, 3)).toBe(1.1);
    expect(step(cross, -10000, -3)).toBe(-0.7);
  });
  it('the noise of n pulses has the spread of n independent ones', () => {
    const model = devices('constant-step', 'devices.cycleSpread=0.5');
    const step = law(model);
    const [trains, pulses] = [4000, 16];
    const spread = (values: number[]): number => {
      const mean = values.reduce((a, b) => a + b, 0) / values.length;
      return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
    };
    const single = Array.from({ length: trains }, (_, t) => {
      let w = cross.w;
      for (let k = 0; k < pulses; k++) w = step({ ...cross, w }, 1, normal(1, 2, t, k, 0));
      return w;
    });
    const together = Array.from({ length: trains }, (_, t) => step(cross, pulses, normal(3, 4, t, 0, 0)));
    expect(spread(together) / spread(single)).toBeCloseTo(1, 1);
    expect(spread(together) / (0.5 * 0.0022 * 4)).toBeCloseTo(1, 1);
  });
});

describe('devices of an array', () => {
  it('steps and bounds have the spreads of the profile, the same for one seed', () => {
    const drawn = drawDevices(devices('constant-step', 'devices.asymmetrySpread=0'), 20000, 5, 0);
    const mean = drawn.up.reduce((a, b) => a + b, 0) / 20000;
    const deviation = Math.sqrt(drawn.up.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 20000);
    expect(mean).toBeCloseTo(0.0016, 4);
    expect(deviation / 0.0016).toBeCloseTo(0.3, 1);
    expect(drawDevices(devices('constant-step'), 10, 5, 0).up).toEqual(
      drawDevices(devices('constant-step'), 10, 5, 0).up,
    );
    expect(drawDevices(devices('constant-step'), 10, 6, 0).up).not.toEqual(
      drawDevices(devices('constant-step'), 10, 5, 0).up,
    );
  });
  it('stuck devices have one value, inside a tenth of the range, and no steps', () => {
    const drawn = drawDevices(devices('reram', 'devices.stuck=0.2'), 20000, 5, 0);
    const stuck = [...drawn.low].flatMap((low, k) => (low === drawn.high[k] ? [k] : []));
    expect(stuck.length / 20000).toBeCloseTo(0.2, 1);
    for (const k of stuck) expect([Math.abs(drawn.low[k]!) <= 0.1, drawn.up[k], drawn.down[k]]).toEqual([true, 0, 0]);
  });
});

describe('phase change', () => {
  const read = (w: number, noise: { program?: number; read?: number; device?: number } = {}, ...set: string[]): number =>
    evaluate(phaseChange(devices('pcm', ...set), num(w), { program: num(noise.program ?? 0), read: num(noise.read ?? 0), device: num(noise.device ?? 0) }), () => 0); // prettier-ignore
  it('at once and without noise it reads what was written, sign included', () => {
    expect(read(0.6, {}, 'devices.driftTime=0 s')).toBeCloseTo(0.6, 12);
    expect(read(-0.6, {}, 'devices.driftTime=0 s')).toBeCloseTo(-0.6, 12);
  });
  it('a programming error of one standard deviation is the polynomial over 25 uS', () => {
    const wanted = 0.5 + (0.26348 + 1.965 * 0.5 - 1.1731 * 0.25) / 25;
    expect(read(0.5, { program: 1 }, 'devices.driftTime=0 s')).toBeCloseTo(wanted, 12);
  });
  it('drifts by ((t + t0) / t0)^-nu, faster the smaller it is', () => {
    const factor = (x: number): number =>
      (3620 / 20) ** -Math.min(0.1, Math.max(0.049, -0.0155 * Math.log(x) + 0.0244));
    for (const x of [0.05, 0.3, 1]) expect(read(x)).toBeCloseTo(x * factor(x), 10);
    expect(read(0.05) / 0.05).toBeLessThan(read(1));
  });
  it('two uniform numbers make two independent normal ones', () => {
    const [a, b] = normals('u', 'v').map((tree) => compile(tree, ['u', 'v']));
    const sums = [0, 0, 0, 0, 0];
    const count = 20000;
    for (let k = 0; k < count; k++) {
      const values = Float64Array.of(uniform24(9, 1, 0, k, 0), uniform24(9, 2, 0, k, 0));
      const [x, y] = [a!(values), b!(values)];
      [x, x * x, y, y * y, x * y].forEach((value, j) => (sums[j]! += value / count));
    }
    [0, 1, 0, 1, 0].forEach((wanted, j) => expect(Math.abs(sums[j]! - wanted)).toBeLessThan(0.04));
  });
});
