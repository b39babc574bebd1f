// A chip check: nine limits broken at once are all named, an unknown limit never fits, counts and placements by hand.
import { describe, expect, it } from 'vitest';
import { checkChip, verdictLine } from '../../src/hardware/check/check.ts';
import { chipNetworkOf } from '../../src/hardware/check/chipNetwork.ts';
import type { Finding } from '../../src/hardware/check/finding.ts';
import { gainsOf } from '../../src/hardware/check/gains.ts';
import { placed } from '../../src/hardware/check/placement.ts';
import type { Profile } from '../../src/hardware/profile/profile.ts';
import { loadProfile } from '../../src/hardware/profile/profileLoad.ts';
import { readProfile } from '../../src/hardware/profile/profileRead.node.ts';
import { type SpikeLog, trafficOf } from '../../src/hardware/check/spikeLog.ts';
import { loadModel } from '../../src/model/load.ts';
import type { Model } from '../../src/model/model.ts';

const model = (changes: readonly string[] = []): Model =>
  loadModel(
    `settle: 1
name: small
data: { set: xor }
populations:
  x: { units: 4, kind: input, encode: { kind: regular, rate: 200 } }
  h: { units: 6, kind: lif, refractory: { duration: 5 ms } }
  y: { units: 2, kind: lif, refractory: { duration: 5 ms } }
projections: { x->h: { delay: 9 ms }, h<->y: {} }
cost: { on: y, text: 1/2 * (s - target)^2 }
phases: { free: { duration: 60 ms }, nudge: { duration: 80 ms, beta: 0.5 } }
`,
    { file: 'small.yaml', set: changes },
  ).model;

/** Holds everything of the small model but what `changes` take away. */
const chip = (changes: readonly string[] = []): Profile =>
  loadProfile(
    `settleProfile: 1
name: own
kind: digital
description: A chip of a test.
sources: { sheet: a data sheet }
time: { source: sheet, mode: stepped, step: 1 ms }
capacity: { source: sheet, cores: 2, neuronsPerCore: 6, inputs: 4, outputs: 2, addresses: 12, fanIn: 6, fanOut: 6, synapses: 48, synapsesPerCore: 40, synapseBitsPerCore: 400, inputAxonsPerCore: 10, outputAxonsPerCore: 12, parameterSetsPerCore: 1 }
weight: { source: sheet, bits: 8, signs: synapse, minimum: -127, maximum: 127, step: 1, exponentMinimum: 0, exponentMaximum: 0, rounding: nearest }
membrane: { source: sheet, bits: 24, signed: true, overflow: saturate, rounding: nearest }
threshold: { source: sheet, bits: 20, shift: 0, minimum: 1, maximum: 1000000, compare: reached }
decay: { source: sheet, kind: multiplier, bits: 16 }
reset: { source: sheet, to: true, by: true }
refractory: { source: sheet, minimum: 0, maximum: 10 }
delay: { source: sheet, minimum: 0, maximum: 10, step: 1 }
neuron: { source: sheet, exponentialSynapse: true, exponentialLeak: true, inputCurrent: true, bias: true, floor: true }
rates: { source: sheet, spikesPerNeuronStep: 1, inputEventsPerChannelStep: 1, eventsPerSecond: 1000000, queue: 100 }
stateCopy: { value: true, source: sheet }
learning: { value: any rule, source: sheet }
`,
    'own.yaml',
    changes,
  );

/** Weights of the small model: senders of both signs in x, one sign each in h and y. */
const weights = new Map([
  ['x->h', Float64Array.from({ length: 24 }, (_, k) => (k % 2 === 0 ? 0.5 : -0.25))],
  ['h<->y', Float64Array.from({ length: 12 }, (_, k) => (k === 3 ? 0.001 : 0.5))],
]);
const traffic = (profile: Profile, log: Partial<SpikeLog> = {}, from = model()) =>
  trafficOf({ examples: 1, steps: 100, step: 0.001, example: [], at: [], population: [], unit: [], ...log }, chipNetworkOf(from, profile)); // prettier-ignore

function checked(profile: Profile, from = model(), log: Partial<SpikeLog> = {}) {
  const network = chipNetworkOf(from, profile);
  return checkChip({ asked: network, network, weights, gains: gainsOf(from), traffic: traffic(profile, log, from), profile }); // prettier-ignore
}
const ids = (findings: readonly Finding[], severity: Finding['severity']): string[] =>
  [...new Set(findings.filter((one) => one.severity === severity).map(({ id }) => id))].sort();
const one = (findings: readonly Finding[], id: string, of: string | null = null): Finding =>
  findings.find((found) => found.id === id && (of === null || found.of === of))!;

describe('a network that breaks nine limits at once', () => {
  const broken = chip([
    'capacity.addresses=10', 'capacity.fanIn=5', 'capacity.outputs=1', 'capacity.synapses=40', 'weight.signs=source', 'delay.maximum=5',
    'refractory.maximum=3', 'neuron.exponentialLeak=false', 'threshold.maximum=20',
  ]); // prettier-ignore
  const { findings, verdict } = checked(broken);
  it('has all nine named, with who breaks them, by how much and where the limit is from', () => {
    expect(ids(findings, 'error')).toEqual(['addresses', 'delay-maximum', 'fan-in', 'leak', 'outputs', 'refractory', 'signs', 'synapses', 'threshold-range']); // prettier-ignore
    expect(verdict).toBe('does not fit');
    // x->h 24, h<->y 12 both ways.
    expect(one(findings, 'synapses')).toMatchObject({ worst: 48, limit: 40, count: 8, source: 'sheet' });
    // Four inputs, six hidden neurons, two outputs on ten addresses: the outputs are left over.
    expect(one(findings, 'addresses')).toMatchObject({ worst: 12, limit: 10, count: 2, names: ['y[0]', 'y[1]'] });
    // 4 from x and 2 back from y into h; 6 into y.
    expect(one(findings, 'fan-in', 'h')).toMatchObject({ worst: 6, limit: 5, count: 6, names: ['h[0]', 'h[1]', 'h[2]', 'h[3]', 'h[4]'] }); // prettier-ignore
    expect(one(findings, 'fan-in', 'y')).toMatchObject({ worst: 6, count: 2 });
    expect(one(findings, 'signs')).toMatchObject({ count: 4, names: ['x[0]', 'x[1]', 'x[2]', 'x[3]'] });
    expect(one(findings, 'delay-maximum', 'x->h')).toMatchObject({ worst: 9, limit: 5, count: 24 });
    expect(one(findings, 'refractory', 'h')).toMatchObject({ worst: 5, limit: 3, count: 6 });
    expect(one(findings, 'outputs')).toMatchObject({ worst: 2, limit: 1, count: 1, names: ['y[1]'] });
    for (const { sentence } of findings) expect(sentence.length).toBeGreaterThan(10);
  });
  it('says how many in the last line', () => {
    const errors = findings.filter(({ severity }) => severity === 'error').length;
    expect(verdictLine(findings)).toBe(`does not fit: ${errors} violations`);
  });
});

describe('the verdict', () => {
  it('is fits where every limit is known and kept, whatever the warnings', () => {
    const { findings, verdict } = checked(chip());
    expect(ids(findings, 'error')).toEqual([]);
    expect(ids(findings, 'undecided')).toEqual([]);
    expect(verdictLine(findings)).toBe('fits');
    expect(verdict).toBe('fits');
  });
  it.each([
    'capacity.cores', 'capacity.neuronsPerCore', 'capacity.addresses', 'capacity.inputs', 'capacity.outputs', 'capacity.fanIn', 'capacity.fanOut',
    'capacity.synapses', 'capacity.synapsesPerCore', 'capacity.synapseBitsPerCore', 'capacity.inputAxonsPerCore', 'capacity.outputAxonsPerCore',
    'capacity.parameterSetsPerCore', 'weight.bits', 'weight.signs', 'decay.bits', 'decay.kind', 'reset.to', 'refractory.minimum', 'refractory.maximum',
    'delay.minimum', 'delay.maximum', 'delay.step', 'neuron.exponentialSynapse', 'neuron.exponentialLeak', 'threshold.compare', 'stateCopy', 'learning',
  ])('is never fits while %s is unknown', (path) => {
    const { findings } = checked(chip([`${path}=unknown`]));
    expect(ids(findings, 'undecided').length).toBeGreaterThan(0);
    expect(verdictLine(findings)).toMatch(/^undecided: \d+ limits? (is|are) not public$/);
    expect(findings.some((found) => found.path === path || path === 'weight.bits')).toBe(true);
  }); // prettier-ignore
  it.each(['rates.spikesPerNeuronStep', 'rates.inputEventsPerChannelStep', 'rates.eventsPerSecond', 'rates.queue'])(
    'nor while %s is, once there are spikes',
    (path) => {
      const log = { example: [0, 0, 0], at: [1, 1, 2], population: [0, 1, 2], unit: [0, 0, 0] };
      const { findings, verdict } = checked(chip([`${path}=unknown`]), model(), log);
      expect(verdict).toBe('undecided');
      expect(findings.filter(({ severity }) => severity === 'undecided').map((found) => found.path)).toContain(path);
    },
  );
  it('is fits for the ideal machine', () => {
    expect(verdictLine(checked(readProfile('ideal').profile).findings)).toBe('fits');
  });
});

describe('neurons and synapses on the chip', () => {
  it('a shift register makes 15.5 steps of 20, a multiplier of 12 bits 19.98', () => {
    const steps = (changes: string[]) => checked(chip(changes), model(['populations.h.membraneTimeConstant=20 ms'])).decays.find(({ of }) => of === 'h')!; // prettier-ignore
    expect(steps(['decay.kind=shift', 'decay.bits=4'])).toMatchObject({ code: 4, requested: 0.02 });
    expect(1000 * steps(['decay.kind=shift', 'decay.bits=4']).obtained).toBeCloseTo(15.5, 1);
    expect(steps(['decay.bits=12']).code).toBe(200);
    expect(1000 * steps(['decay.bits=12']).obtained).toBeCloseTo(19.98, 2);
  });
  it('a time constant beyond the register is an error, one that it rounds a warning', () => {
    const of = (changes: string[], tau: string): Finding => one(checked(chip(changes), model([`populations.h.membraneTimeConstant=${tau}`])).findings, 'decay', 'h'); // prettier-ignore
    expect(of(['decay.kind=shift', 'decay.bits=2'], '100 ms')).toMatchObject({ severity: 'error', limit: 0.1 });
    expect(of(['decay.kind=shift', 'decay.bits=4'], '10 ms')).toMatchObject({ severity: 'warning' });
    expect(of(['decay.bits=4'], '1 s').severity).toBe('error');
  });
  it('weights collapse to 0 by name, and the errors are those of the grid', () => {
    const { grid, findings } = checked(chip());
    // One scale: the largest of both projections is 0.5 -> 127 in potential; gains differ by the sender's activity.
    const rows = new Map(grid.map((row) => [row.projection, row]));
    const own = rows.get('h<->y')!;
    expect(Math.max(own.largest, rows.get('x->h')!.largest)).toBeCloseTo(127, 9);
    expect(own.maximumError).toBeLessThanOrEqual(own.unit / 2 + 1e-15);
    expect(own.collapsed).toBeCloseTo(1 / 12, 12);
    expect(one(findings, 'weight-resolution', 'h<->y').names).toEqual(['h[1]->y[1]']);
  });
  it('weights without a negative side are out of range where they are negative', () => {
    const { findings } = checked(chip(['weight.minimum=0']));
    expect(one(findings, 'weight-range', 'x->h')).toMatchObject({ severity: 'error', count: 12 });
  });
  it('a loop without delay and a weight both ways are named', () => {
    const { findings } = checked(chip(['delay.minimum=1']));
    expect(one(findings, 'zero-delay-recurrence')).toMatchObject({ of: 'h<->y', severity: 'warning', limit: 1 });
    expect(one(findings, 'symmetric-weights')).toMatchObject({ of: 'h<->y', count: 12 });
    expect(findings.some(({ id }) => id === 'delay-minimum')).toBe(false);
  });
  it('a delay between steps is told with what it is', () => {
    const { findings } = checked(chip(['delay.step=2']));
    expect(one(findings, 'delay-grid', 'x->h')).toMatchObject({ worst: 9, limit: 2, count: 24 });
  });
  it('what a substitute stands for is a warning', () => {
    const lacks = ['neuron.exponentialLeak=false', 'substitutes.leak=linear', 'reset.to=false', 'substitutes.reset=by'];
    const { findings } = checked(chip(lacks));
    expect(ids(findings, 'error')).toEqual([]);
    expect(ids(findings, 'warning')).toEqual(expect.arrayContaining(['leak', 'reset']));
  });
});

describe('traffic', () => {
  const log = { example: [0, 0, 0, 0, 0], at: [3, 7, 7, 7, 7], population: [0, 0, 0, 2, 1], unit: [0, 1, 2, 1, 4] };
  it('the busiest step is found with its names, and only what passes the interface counts for it', () => {
    const { interface: through, all, spikes } = traffic(chip(), log);
    expect(all.peak).toMatchObject({ events: 4, begin: 0.007, eventsPerSecond: 4000 });
    expect(through.peak).toMatchObject({ events: 3, names: ['x[1]', 'x[2]', 'y[1]'] });
    // Four events in 100 ms.
    expect(through.eventsPerSecond).toBeCloseTo(40, 9);
    expect(spikes).toEqual({ x: 3, h: 1, y: 1 });
  });
  it('a mean above the bandwidth is an error, a peak above it a warning', () => {
    const at = (limit: number): Finding => one(checked(chip([`rates.eventsPerSecond=${limit}`]), model(), log).findings, 'event-bandwidth'); // prettier-ignore
    expect(at(39)).toMatchObject({ severity: 'error', limit: 39 });
    expect(at(2999)).toMatchObject({ severity: 'warning', worst: 3000 });
    expect(at(3000)).toBeUndefined();
  });
  it('the busy share is spikes times cycles over the clock: tinyODIN at 100 MHz saturates at 194,932 spikes/s', () => {
    const busy = (clock: number) => checked(chip(['rates.cyclesPerSpike=513', `rates.clock=${clock}`]), model(), log);
    expect(busy(100e6).busy.share).toBeCloseTo(50 / 194_932, 9);
    expect(one(busy(25_000).findings, 'busy')).toMatchObject({ severity: 'error', limit: 1 });
  });
  it('two spikes of a neuron in a step break a limit of one, and a burst above the queue is told', () => {
    const twice = { example: [0, 0], at: [5, 5], population: [1, 1], unit: [3, 3] };
    const { findings } = checked(chip(['rates.queue=1']), model(), twice);
    expect(one(findings, 'spikes-per-step', 'h')).toMatchObject({ severity: 'error', worst: 2, limit: 1, names: ['h[3]'] }); // prettier-ignore
    expect(one(findings, 'queue')).toMatchObject({ severity: 'warning', worst: 2, limit: 1 });
  });
});

describe('the placement', () => {
  it('fills cores in order and opens another where a limit of the core would break', () => {
    const { cores, unplaced } = placed(chipNetworkOf(model(), chip()), chip());
    // Six neurons a core: all of h (6 x 6 synapses), then y.
    expect(cores.map(({ parts }) => parts)).toEqual([
      [{ population: 'h', begin: 0, end: 6 }],
      [{ population: 'y', begin: 0, end: 2 }],
    ]);
    expect(cores[0]).toMatchObject({ neurons: 6, synapses: 36, inputAxons: 6, outputAxons: 6, parameterSets: 1 });
    expect(cores[1]).toMatchObject({ neurons: 2, synapses: 12, inputAxons: 6, outputAxons: 2 });
    expect(unplaced).toBe(0);
    const memory = placed(chipNetworkOf(model(), chip()), chip(['capacity.synapsesPerCore=13', 'capacity.cores=9']));
    expect(memory.cores.map(({ synapses }) => synapses)).toEqual([12, 12, 12, 12]);
    expect(memory.filled).toEqual(['synapse memory']);
  });
  it('says which neurons find no core, and why', () => {
    const { findings } = checked(chip(['capacity.synapsesPerCore=13', 'capacity.cores=3']));
    expect(one(findings, 'cores')).toMatchObject({ severity: 'error', count: 2, names: ['y[0]', 'y[1]'] });
    expect(one(findings, 'cores').sentence).toContain('synapse memory');
    expect(one(findings, 'synapses-per-core')).toMatchObject({ worst: 48, limit: 39 });
  });
});
