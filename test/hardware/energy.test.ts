// Energy by hand: counts of a small network, joules of each table, what has no price; rates of substitutes against closed forms.
import { describe, expect, it } from 'vitest';
import { chipNetworkOf } from '../../src/hardware/check/chipNetwork.ts';
import { energyOf, type EventCounts, noEvents } from '../../src/hardware/energy/energy.ts';
import { countsOfLog, countsOfSpikes } from '../../src/hardware/energy/eventCounts.ts';
import { fiCurves, ratesOf } from '../../src/hardware/check/fiCurve.ts';
import { placed } from '../../src/hardware/check/placement.ts';
import { denseEnergy, processorEnergy } from '../../src/hardware/energy/prices.ts';
import { readProfile } from '../../src/hardware/profile/profileRead.node.ts';
import type { SpikeLog } from '../../src/hardware/check/spikeLog.ts';
import { substituted } from '../../src/hardware/pass/substitute.ts';
import { activation } from '../../src/learn/meanField.ts';
import { readModel } from '../../src/model/read.node.ts';
import { simulate } from '../../src/run/simulate.node.ts';

const profile = (name: string, changes: readonly string[] = []) => readProfile(name, changes).profile;
const counts = (some: Partial<EventCounts>): EventCounts => ({ ...noEvents, ...some });
/** xor: 4 inputs, 16 hidden, 2 outputs. */
const xor = (changes: readonly string[] = []) => readModel('xor', { set: changes }).model;

describe('joules by hand', () => {
  const some = counts({ synapticEvents: 1000, neuronUpdates: 100, neuronUpdatesIdle: 200, spikes: 50, hops: 10, weightUpdates: 20, biases: 300 }); // prettier-ignore
  it('Loihi: 23.6 nJ of synaptic events, 8.1 and 10.4 nJ of updates, 85 pJ of spikes, 40 pJ of hops, 2.4 nJ of writes', () => {
    const { joules, terms, unpriced, table } = energyOf(some, profile('loihi-1'));
    expect(table).toBe('Davies2018');
    expect(terms.map((term) => term.joules === null ? null : Number((1e12 * term.joules).toPrecision(9)))).toEqual([23_600, 8100, 10_400, 85, 40, 2400, null]); // prettier-ignore
    expect(joules! * 1e9).toBeCloseTo(23.6 + 8.1 + 10.4 + 0.085 + 0.04 + 2.4, 9);
    expect(unpriced).toEqual([]);
    expect(terms.every(({ price, source }) => price === null || source === 'Davies2018')).toBe(true);
  });
  it('another table of the same chip is never mixed with it: 35.5 pJ, one price for all updates, none for a write', () => {
    const { joules, unpriced, terms } = energyOf(some, profile('loihi-1'), 'SANA-FE');
    expect(joules! * 1e9).toBeCloseTo(35.5 + 300 * 0.0728 + 50 * 0.0693 + 10 * 0.0042, 9);
    expect(unpriced).toEqual(['weights written']);
    expect(terms.find(({ key }) => key === 'neuronUpdatesIdle')!.note).toContain('neuronUpdate');
  });
  it('nothing is added to an all-in price: TrueNorth is 26 pJ times synaptic events, though its table prices a hop', () => {
    const { joules, terms, unpriced } = energyOf(some, profile('truenorth'));
    expect(joules! * 1e9).toBeCloseTo(26, 9);
    expect(terms.filter((term) => term.joules !== null).map(({ key }) => key)).toEqual(['synapticEvents']);
    expect(terms.find(({ key }) => key === 'hops')!.price).toBeNull();
    expect(unpriced).toEqual(['weights written']);
  });
  it('SpiNNaker 2 has no price of a spike, and a chip without a table has none of anything', () => {
    const { joules, unpriced } = energyOf(some, profile('spinnaker-2'));
    expect(joules! * 1e9).toBeCloseTo(450 + 300 * 2.19, 6);
    expect(unpriced).toEqual(['spikes sent', 'hops from core to core', 'weights written', 'constant currents added'].slice(0, 3)); // prettier-ignore
    const none = energyOf(some, profile('xylo'));
    expect(none).toMatchObject({ joules: null, table: null });
    expect(none.unpriced.length).toBe(7);
  });
  it('what was not counted is not free', () => {
    expect(energyOf(counts({ synapticEvents: 1, hops: null }), profile('loihi-1')).unpriced).toEqual(['hops from core to core (not counted)']); // prettier-ignore
  });
  it('a table that is not there is refused by name', () => {
    expect(() => energyOf(some, profile('odin'), 'Davies2018')).toThrow('no such energy table');
  });
  it('arithmetic alone: an add a synaptic event, 4.6 pJ a multiply-accumulate', () => {
    const [bound] = processorEnergy(counts({ synapticEvents: 1000, weightUpdates: 100 }));
    expect(bound!.joules * 1e9).toBeCloseTo(0.9 + 0.46, 9);
    expect(denseEnergy(238_200, false)[0]!.joules * 1e6).toBeCloseTo(0.2382 * 4.6, 9);
    expect(denseEnergy(238_200, true)[1]!.joules * 1e6).toBeCloseTo(3 * 0.2382 * 300, 6);
  });
});

describe('counts by hand', () => {
  const chip = profile('loihi-1', ['capacity.neuronsPerCore=10']);
  const network = chipNetworkOf(xor(), chip);
  /** h[3] fires in step 0, h[12] and y[1] in step 2; 5 steps of 2 ms. */
  const log: SpikeLog = { examples: 1, steps: 5, step: 0.002, example: [0, 0, 0], at: [0, 2, 2], population: [1, 1, 2], unit: [3, 12, 1] }; // prettier-ignore
  it('a spike of h reaches 2 synapses, one of y 16; the input current is the host’s and reaches none', () => {
    const found = countsOfLog(log, { network, steps: 5, multiplyAccumulates: 64, weightUpdates: 3.2 });
    expect(found).toMatchObject({ synapticEvents: 2 + 2 + 16, synapticEventsSparse: 0, spikes: 3, multiplyAccumulates: 64, weightUpdates: 3.2, hops: null }); // prettier-ignore
    // Step 1: both outputs; step 3: both outputs and all of h. Of 18 x 5 updates.
    expect(found).toMatchObject({ neuronUpdates: 2 + 2 + 16, neuronUpdatesIdle: 90 - 20, biases: 90 });
  });
  it('hops are counted on a placement alone: ten neurons a core, so y is one core further than h[3]', () => {
    const placement = placed(network, chip);
    expect(placement.cores.map(({ parts }) => parts.map(({ begin, end }) => end - begin))).toEqual([[10], [6, 2]]);
    // h[3] in core 0 to y in core 1: 1. h[12] in core 1: 0. y[1] to both cores: 1.
    expect(countsOfLog(log, { network, steps: 5, placement }).hops).toBe(2);
  });
  it('from spikes of a run by population: the same events, no word on idle updates', () => {
    const found = countsOfSpikes({ h: 2, y: 1 }, { network, steps: 5, placement: placed(network, chip) });
    expect(found).toMatchObject({ synapticEvents: 20, spikes: 3, neuronUpdates: 90, neuronUpdatesIdle: 0 });
    // Mean over units of h: 10 of 16 are a core away from y; y always one from core 0.
    expect(found.hops).toBeCloseTo((2 * 10) / 16 + 1, 12);
  });
  it('inputs that spike have synapses of their own', () => {
    const spiking = chipNetworkOf(xor(['populations.x.encode=regular']), chip);
    expect(countsOfSpikes({ x: 10, h: 2, y: 1 }, { network: spiking, steps: 5 }).synapticEvents).toBe(160 + 20);
  });
});

describe('f-I curves', () => {
  it.each([
    ['mnist', 0.00001],
    ['xor', 0.00001],
  ] as const)('of %s meet the closed form at fine steps', (name, step) => {
    const h = readModel(name).model.populations[1]!;
    const currents = [0.2, 0.7, 1.1, 1.6, 2.4];
    const { activity } = activation(h);
    ratesOf(h, currents, step).forEach((rate, k) => expect(Math.abs(rate - activity(currents[k]!) / h.activityTime)).toBeLessThan(1)); // prettier-ignore
  });
  it('a linear leak is the closed form too: nothing below leak x T, then a straight line', () => {
    const { model } = substituted(readModel('mnist', { set: ['populations.h.bias.init=0'] }).model, profile('odin'));
    const h = model.populations[1]!;
    expect(h.leak).toBeCloseTo(50, 9);
    const [none, half, more] = ratesOf(h, [0.45, 1, 2], 0.00001);
    expect(none).toBe(0);
    // dV/dt = I / T - leak, T = 10 ms, threshold 1: 50 and 150 spikes a second.
    expect(Math.abs(half! - 50)).toBeLessThan(1);
    expect(Math.abs(more! - 150)).toBeLessThan(1);
  });
  it.each([
    ['integrate-and-fire', ['populations.h.bias.init=0.3719']],
    [
      'integrate-and-fire with a linear leak, reset to 0',
      [
        'populations.h.bias.init=0.83',
        'populations.h.leak=90',
        'populations.h.reset={ to: 0 }',
        'populations.h.cap=10',
      ],
    ],
    ['leaky', ['populations.h.bias.init=1.7', 'populations.h.kind=lif', 'populations.h.refractory.duration=4 ms']],
  ] as const)('are the clocked engine’s own, spike for spike: %s', async (_, changes) => {
    const still = ['projections.x->h.init=zero', 'projections.h<->y.init=zero', 'populations.h.initial=0', 'phases.predict.duration=2 s', 'data.test=1', 'backend=reference', ...changes]; // prettier-ignore
    const model = xor(still);
    const h = model.populations[1]!;
    const seen = (await simulate({ model, examples: 1, threads: 1 }))!.populations.find(({ name }) => name === 'h')!;
    const [rate] = ratesOf(h, [h.bias.init], model.step);
    expect(rate).toBeGreaterThan(20);
    expect(seen.spikesPerExample).toBe(16 * 2 * rate!);
  });
  it('are made for neurons that a chip replaces, one for all that are alike', () => {
    const model = readModel('mnist').model;
    const curves = fiCurves(model, substituted(model, profile('odin')).model);
    expect(curves.map(({ populations }) => populations)).toEqual([['h', 'y']]);
    expect(fiCurves(model, substituted(model, profile('ideal')).model)).toEqual([]);
    const { asked, given } = curves[0]!;
    expect(asked.at(-1)).not.toBe(given.at(-1));
  });
});
