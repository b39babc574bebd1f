// A hardware profile: what a chip can hold, in which formats, how its devices write, what an event costs. Pure data; it
// applies nothing.

/** A value with where it is from; null: not public. */
export interface Known<T> {
  readonly value: T | null;
  readonly source: string;
}

export type ProfileKind = 'ideal' | 'digital' | 'mixed-signal' | 'software' | 'crossbar';
export type Rounding = 'nearest' | 'half-even' | 'floor' | 'toward-zero';

export interface Profile {
  readonly settleProfile: 1;
  readonly name: string;
  readonly kind: ProfileKind;
  readonly description: string;
  /** What sources are called by, in full. */
  readonly sources: Readonly<Record<string, string>>;
  readonly time: {
    readonly mode: Known<'stepped' | 'event' | 'continuous'>;
    /** Seconds. */
    readonly step: Known<number>;
  };
  /** Counts; Infinity where nothing limits. */
  readonly capacity: Readonly<Record<CapacityKey, Known<number>>>;
  readonly weight: {
    /** Of the mantissa, sign included. */
    readonly bits: Known<number>;
    /** What carries the sign: every synapse, all synapses of a sender, a row of them, or a group (projection). */
    readonly signs: Known<'synapse' | 'source' | 'row' | 'group'>;
    /** Of the mantissa. */
    readonly minimum: Known<number>;
    readonly maximum: Known<number>;
    readonly step: Known<number>;
    /** A power of two for each projection: mantissa x 2^exponent. Both 0 where all synapses share one scale. */
    readonly exponentMinimum: Known<number>;
    readonly exponentMaximum: Known<number>;
    readonly rounding: Known<Rounding>;
  };
  readonly membrane: StateFormat;
  readonly current: StateFormat;
  readonly threshold: {
    readonly bits: Known<number>;
    /** In steps of the membrane: threshold register x 2^shift. */
    readonly shift: Known<number>;
    readonly minimum: Known<number>;
    readonly maximum: Known<number>;
    readonly compare: Known<'above' | 'reached'>;
  };
  readonly decay: {
    readonly kind: Known<'multiplier' | 'shift' | 'linear' | 'analog' | 'software' | 'none'>;
    /** Width of the decay register: multiplier 1 - D / 2^bits, shift by up to 2^bits - 1, linear up to 2^bits - 1 a tick. */
    readonly bits: Known<number>;
  };
  readonly reset: {
    readonly to: Known<boolean>;
    readonly by: Known<boolean>;
  };
  /** Dead steps after a spike. */
  readonly refractory: { readonly minimum: Known<number>; readonly maximum: Known<number> };
  /** Steps. */
  readonly delay: { readonly minimum: Known<number>; readonly maximum: Known<number>; readonly step: Known<number> };
  /** What the chip's neurons offer. */
  readonly neuron: {
    readonly exponentialSynapse: Known<boolean>;
    readonly exponentialLeak: Known<boolean>;
    /** A constant current for each neuron that a host can set for every example. */
    readonly inputCurrent: Known<boolean>;
    readonly bias: Known<boolean>;
    /** A floor under the membrane. */
    readonly floor: Known<boolean>;
  };
  readonly rates: Readonly<Record<RateKey, Known<number>>>;
  /** What stands for what the chip lacks. */
  readonly substitutes: {
    readonly synapse: 'exponential' | 'delta';
    readonly leak: 'exponential' | 'linear';
    readonly reset: 'to' | 'by' | 'same';
    readonly inputCurrent: 'current' | 'regular' | 'poisson';
    readonly refractory: 'same' | 'none';
    readonly floor: 'same' | 'zero' | 'none';
  };
  /** Whether all states can be copied and put back: else the nudged phases relax between them. */
  readonly stateCopy: Known<boolean>;
  /** What learns on the chip, in words. */
  readonly learning: Known<string>;
  readonly devices: Devices | null;
  readonly converters: Converters | null;
  readonly variation: {
    /** Relative standard deviations, drawn once for each chip: of a synapse's weight, and between the two copies of one. */
    readonly weight: Known<number>;
    /** Of the copy of a symmetric weight that takes signals back, beside the other: drawn once. */
    readonly copies: Known<number>;
    /** Share of synapses that hold a value of their own and never move. */
    readonly stuck: Known<number>;
    /** (+beta - -beta) / beta: how much stronger the first nudge is than the second. */
    readonly nudge: Known<number>;
  };
  readonly energy: readonly EnergyTable[];
}

export type CapacityKey =
  | 'cores'
  | 'neuronsPerCore'
  | 'inputs'
  | 'outputs'
  | 'addresses'
  | 'fanIn'
  | 'fanOut'
  | 'synapses'
  | 'synapsesPerCore'
  | 'synapseBitsPerCore'
  | 'inputAxonsPerCore'
  | 'outputAxonsPerCore'
  | 'parameterSetsPerCore';

export type RateKey =
  'spikesPerNeuronStep' | 'inputEventsPerChannelStep' | 'eventsPerSecond' | 'cyclesPerSpike' | 'clock' | 'queue';

/** A state register. `bits` Infinity: a real number. */
export interface StateFormat {
  readonly bits: Known<number>;
  readonly signed: Known<boolean>;
  readonly overflow: Known<'saturate' | 'wrap'>;
  readonly rounding: Known<Rounding>;
}

/** How a device takes a pulse (hardware sheet, section 3; after aihwkit's device models). Weights in units of the range. */
export interface Devices {
  readonly model: 'constant-step' | 'soft-bounds' | 'linear-step' | 'phase-change';
  /** Mean change by one pulse in the middle of the range. */
  readonly step: Known<number>;
  /** Relative standard deviations of the step: from device to device, and from pulse to pulse. */
  readonly stepSpread: Known<number>;
  readonly cycleSpread: Known<number>;
  readonly minimum: Known<number>;
  readonly maximum: Known<number>;
  /** Of the bounds, relative, from device to device. */
  readonly minimumSpread: Known<number>;
  readonly maximumSpread: Known<number>;
  /** Steps up are larger by this share than steps down (mean, and standard deviation from device to device). */
  readonly asymmetry: Known<number>;
  readonly asymmetrySpread: Known<number>;
  /** linear-step: relative loss of step at the bound, up and down. */
  readonly slopeUp: Known<number>;
  readonly slopeDown: Known<number>;
  /** Of what is read after a write, in steps. */
  readonly writeNoise: Known<number>;
  /** Share of devices that never move. */
  readonly stuck: Known<number>;
  /** Most pulses for one update. */
  readonly pulses: Known<number>;
  /** How a part of a pulse is decided. */
  readonly pulseRounding: Known<'stochastic' | 'nearest'>;
  /** Phase change: exponent of the conductance's decay in time, and its spread; seconds after programming where it starts. */
  readonly drift: Known<number>;
  readonly driftSpread: Known<number>;
  readonly driftStart: Known<number>;
  /** Seconds between programming and reading. */
  readonly driftTime: Known<number>;
}

/** Of a crossbar's ends. Values are clipped to +/- bound and rounded to 2 bound / (2^bits - 2). */
export interface Converters {
  readonly inputBits: Known<number>;
  readonly inputBound: Known<number>;
  readonly outputBits: Known<number>;
  readonly outputBound: Known<number>;
  /** Standard deviation at the output, in units of the bound / 12 that the converter's source uses: absolute. */
  readonly outputNoise: Known<number>;
}

export type PriceKey =
  | 'synapticEvent'
  | 'synapticEventSparse'
  | 'neuronUpdate'
  | 'neuronUpdateIdle'
  | 'spike'
  | 'hop'
  | 'weightUpdate'
  | 'multiplyAccumulate'
  | 'conversion'
  | 'pulse';

/** Joules an event. `all-in`: the synaptic event's price holds everything, and no other term is added. */
export interface EnergyTable {
  readonly name: string;
  readonly scope: 'per-term' | 'all-in';
  /** Minimum or average, simulated or measured, voltage: what a reader has to know. */
  readonly conditions: string;
  readonly source: string;
  readonly prices: Readonly<Record<PriceKey, Known<number>>>;
}
