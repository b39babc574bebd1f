// What a chip lacks is replaced by what its profile names; time constants become those of its registers.
import { describe, expect, it } from 'vitest';
import { readProfile } from '../../src/hardware/profile/profileRead.node.ts';
import { decayOf, substituted } from '../../src/hardware/pass/substitute.ts';
import { activation } from '../../src/learn/meanField.ts';
import { readModel } from '../../src/model/read.node.ts';

const { model } = readModel('mnist');
const of = (profile: string) => substituted(model, readProfile(profile).profile);
const hidden = (profile: string) => of(profile).model.populations.find(({ name }) => name === 'h')!;

describe('decay registers', () => {
  const { profile: loihi } = readProfile('loihi-1');
  const { profile: xylo } = readProfile('xylo');
  it('a multiplier of 12 bits: 20, 5, 10, 50 steps become 19.98, 5.00, 9.99, 50.07 (hardware sheet, 2e)', () => {
    const found = [20, 5, 10, 50].map((tau) => decayOf(loihi, tau, 1)!);
    expect(found.map(({ code }) => code)).toEqual([200, 742, 390, 81]);
    [19.98, 5, 9.99, 50.07].forEach((wanted, k) => expect(found[k]!.timeConstant).toBeCloseTo(wanted, 2));
  });
  it('a shift: 20, 5, 10, 50 steps become 15.50, 3.48, 7.49, 63.50', () => {
    const found = [20, 5, 10, 50].map((tau) => decayOf(xylo, tau, 1)!);
    expect(found.map(({ code }) => code)).toEqual([4, 2, 3, 6]);
    [15.5, 3.48, 7.49, 63.5].forEach((wanted, k) =>
      expect(Math.abs(found[k]!.timeConstant - wanted)).toBeLessThan(0.01),
    );
  });
  it('a linear leak and an analog one have no code', () => {
    expect(decayOf(readProfile('tiny-odin').profile, 0.01, 0.001)).toBeNull();
    expect(decayOf(readProfile('brainscales-2').profile, 0.01, 0.001)).toBeNull();
  });
});

describe('substitutes', () => {
  it('a profile without limits changes nothing', () => {
    expect(of('ideal')).toEqual({ model, changes: [] });
  });
  it('tinyODIN integrates delta arrivals of spikes, without refractory time, floor or bias', () => {
    const { model: chip, changes } = of('tiny-odin');
    const h = hidden('tiny-odin');
    expect(h).toMatchObject({ kind: 'integrate-and-fire', membraneTimeConstant: Infinity, floor: -Infinity, bias: { init: 0, rate: 0 } });
    expect(h.refractory.duration).toBe(0);
    expect(chip.projections.every(({ synapse }) => synapse.kind === 'delta')).toBe(true);
    expect(chip.populations[0]!.encode).toEqual({ kind: 'regular', rate: 100 });
    expect(chip.phases.restart).toBe('relax');
    expect(changes.map(({ what }) => what)).toContain('leak');
  }); // prettier-ignore
  it('a bias that made up for the leak goes with it; without one the leak keeps its slope half-way to threshold', () => {
    expect(hidden('tiny-odin').leak).toBe(0);
    const bare = { ...model, populations: model.populations.map((p) => ({ ...p, bias: { init: 0, spread: 0, rate: 0 } })) }; // prettier-ignore
    const { populations } = substituted(bare, readProfile('tiny-odin').profile).model;
    expect(populations[1]!.leak).toBe(1 / (2 * 0.01));
  });
  it('Xylo resets by subtraction, and its activity stays a rate in units of the membrane time', () => {
    const h = hidden('xylo');
    expect(h.reset).toEqual({ mode: 'by', value: 1 });
    expect(h.activityTime).toBe(h.membraneTimeConstant);
  });
  it('a delay goes to the grid of the chip, whose first step every spike takes', () => {
    const late = { ...model, projections: model.projections.map((p) => ({ ...p, delay: 0.1 })) };
    const delays = (profile: string): number[] => substituted(late, readProfile(profile).profile).model.projections.map(({ delay }) => delay); // prettier-ignore
    expect(delays('loihi-1')).toEqual([0.061, 0.061]);
    expect(delays('tiny-odin')).toEqual([0, 0]);
    expect(delays('ideal')).toEqual([0.1, 0.1]);
    expect(of('loihi-1').changes.map(({ what }) => what)).not.toContain('delay');
  });
  it('rate models keep their units', () => {
    const rate = readModel('ep-mnist').model;
    expect(substituted(rate, readProfile('tiny-odin').profile).model).toBe(rate);
  });
});

describe('a linear leak', () => {
  it('takes leak x activityTime off the current of an integrate-and-fire unit', () => {
    const h = { ...hidden('tiny-odin'), leak: 30 };
    const { activity, current, slope } = activation(h);
    expect(activity(0.29)).toBe(0);
    expect(activity(0.8)).toBeCloseTo(0.5, 12);
    expect(current(0.5)).toBeCloseTo(0.8, 12);
    expect(slope(0.8)).toBeCloseTo(1, 12);
  });
});
