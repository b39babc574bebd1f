// Model -> Model: what a chip lacks is replaced by what its profile names, and time constants become those that its decay
// registers hold. The rules never learn of it. It quantises nothing: that is constrain.ts.
import { inUnits } from '../../expr/units.ts';
import type { Model, Population, Projection } from '../../model/model.ts';
import type { Profile } from '../profile/profile.ts';

export interface Substitution {
  /** `h` or `x->h`; empty for the whole model. */
  readonly of: string;
  readonly what: string;
  readonly wanted: string;
  readonly given: string;
}

export interface Substituted {
  readonly model: Model;
  readonly changes: readonly Substitution[];
}

/** What a decay register makes of a time constant (seconds): its code and the time constant that it gives. */
export interface Decay {
  readonly code: number;
  readonly timeConstant: number;
}

/**
 * The nearest that a decay register expresses; null where the profile does not say, or has no such register. Multiplier:
 * x (1 - D / 2^bits) a step, D = round(2^bits (1 - exp(-step / tau))). Shift: x - (x >> d), d = round(log2(tau / step)).
 */
export function decayOf(profile: Profile, timeConstant: number, step: number): Decay | null {
  const { kind, bits } = profile.decay;
  if (bits.value === null || !Number.isFinite(bits.value) || !Number.isFinite(timeConstant)) return null;
  if (kind.value === 'multiplier') {
    const range = 2 ** bits.value;
    const code = Math.min(range, Math.max(1, Math.round(range * (1 - Math.exp(-step / timeConstant)))));
    return { code, timeConstant: -step / Math.log1p(-Math.min(code, range - 0.5) / range) };
  }
  if (kind.value === 'shift') {
    const code = Math.min(2 ** bits.value - 1, Math.max(0, Math.round(Math.log2(timeConstant / step))));
    return { code, timeConstant: code === 0 ? 0.25 * step : -step / Math.log1p(-(2 ** -code)) };
  }
  return null;
}

const hertz = (rate: number): string => `${Number(rate.toPrecision(6))} Hz`;

/** The model with a profile's substitutes. Rate models keep their units: only what a chip of neurons changes is changed. */
export function substituted(model: Model, profile: Profile): Substituted {
  if (model.kind === 'rate') return { model, changes: [] };
  const changes: Substitution[] = [];
  const say = (of: string, what: string, wanted: string, given: string): void => {
    if (wanted !== given) changes.push({ of, what, wanted, given });
  };
  const { substitutes, neuron, stateCopy } = profile;
  /** A chip whose synapses share one scale wants input spikes of the size of the others: one an activity time. */
  const shared = sharesScale(profile);
  const populations = model.populations.map((population) =>
    population.kind === 'input' ? input(population) : spiking(population),
  );
  const units = new Map(populations.map((p) => [p.name, p]));
  const projections = model.projections.map(synapse);
  const restart = model.phases.restart === 'copy' && stateCopy.value !== true ? 'relax' : model.phases.restart;
  say('', 'restart between nudged phases', model.phases.restart, restart);
  return { model: { ...model, populations, projections, phases: { ...model.phases, restart } }, changes };

  function input(population: Population): Population {
    const { encode, name } = population;
    if (encode.kind !== 'current' || neuron.inputCurrent.value === true || substitutes.inputCurrent === 'current')
      return population;
    const receiver = model.projections.find(({ from }) => from === name)?.to;
    const { activityTime = 0.01 } = model.populations.find((p) => p.name === receiver) ?? {};
    // Finer where weights of inputs may have an exponent of their own, as far as a spike a step goes.
    let rate = (shared ? 1 : 4) / activityTime;
    while (rate * model.step > 1) rate /= 2;
    say(name, 'input', 'current', `${substitutes.inputCurrent} spikes at ${hertz(rate)}`);
    return { ...population, encode: { kind: substitutes.inputCurrent, rate } };
  }

  function spiking(population: Population): Population {
    const { name } = population;
    let now = population;
    const linear = substitutes.leak === 'linear' && neuron.exponentialLeak.value !== true && now.kind === 'lif';
    const bias = neuron.bias.value === false ? { init: 0, spread: 0, rate: 0 } : now.bias;
    if (linear) {
      // The slope of the exponential leak half-way to threshold, less what a bias at the start made up for.
      const { membraneTimeConstant: tau, threshold, rest, activityTime, resistance } = now;
      const made = neuron.bias.value === false ? (resistance * now.bias.init) / tau : 0;
      const leak = Math.max(0, (threshold - rest) / (2 * tau) - made);
      say(
        name,
        'leak',
        `exponential, ${inUnits(tau)}`,
        leak === 0 ? 'none' : `linear, ${Number(leak.toPrecision(6))} a second`,
      );
      now = { ...now, kind: 'integrate-and-fire', membraneTimeConstant: Infinity, leak, activityTime };
    }
    if (neuron.bias.value === false && (population.bias.init !== 0 || population.bias.rate !== 0))
      say(name, 'bias', 'a constant current for each neuron', 'none');
    const { reset, threshold, refractory, floor, rest } = now;
    if (substitutes.reset === 'to' && reset.mode === 'by') {
      say(name, 'reset', `by ${reset.value}`, `to ${rest}`);
      now = { ...now, reset: { mode: 'to', value: rest } };
    }
    if (substitutes.reset === 'by' && reset.mode === 'to') {
      say(name, 'reset', `to ${reset.value}`, `by ${threshold - rest}`);
      now = { ...now, reset: { mode: 'by', value: threshold - rest } };
    }
    if (substitutes.refractory === 'none' && refractory.duration > 0) {
      say(name, 'refractory time', inUnits(refractory.duration), 'none');
      now = { ...now, refractory: { ...refractory, duration: 0 } };
    }
    const given = { same: floor, zero: rest, none: -Infinity }[substitutes.floor];
    if (given !== floor) {
      say(name, 'floor', String(floor), given === -Infinity ? 'none' : String(given));
      now = { ...now, floor: given };
    }
    const membrane = decayOf(profile, now.membraneTimeConstant, model.step);
    const trace = decayOf(profile, now.traceTimeConstant, model.step);
    if (membrane) say(name, 'membrane time constant', inUnits(now.membraneTimeConstant), nearly(membrane.timeConstant));
    if (trace) say(name, 'trace time constant', inUnits(now.traceTimeConstant), nearly(trace.timeConstant));
    return {
      ...now,
      bias,
      // An activity is a rate in units of the membrane's time, if it was before.
      ...(membrane && now.activityTime === now.membraneTimeConstant && { activityTime: membrane.timeConstant }),
      ...(membrane && { membraneTimeConstant: membrane.timeConstant }),
      ...(trace && { traceTimeConstant: trace.timeConstant }),
    };
  }

  /** A spike acts a step later with a delay of 0: a chip counts that step. */
  function delayed(projection: Projection): Projection {
    const { minimum, maximum, step } = profile.delay;
    const [least, most, grid] = [minimum.value ?? 0, maximum.value ?? Infinity, step.value ?? 1];
    const steps = Math.round(projection.delay / model.step) + 1;
    const held = Math.min(Math.max(Math.round(steps / grid) * grid, least, 1), Math.max(most, 1));
    const delay = (held - 1) * model.step;
    say(projection.name, 'delay', inUnits(projection.delay), inUnits(delay));
    return delay === projection.delay ? projection : { ...projection, delay };
  }

  function synapse(wide: Projection): Projection {
    const projection = delayed(wide);
    const { name, synapse: wanted } = projection;
    if (wanted.kind === 'exponential' && neuron.exponentialSynapse.value !== true && substitutes.synapse === 'delta') {
      const constant =
        units.get(projection.from)!.encode.kind === 'current' && units.get(projection.from)!.kind === 'input';
      if (!constant) say(name, 'synapse', `exponential, ${inUnits(wanted.timeConstant)}`, 'delta');
      return { ...projection, synapse: { kind: 'delta', timeConstant: wanted.timeConstant } };
    }
    const decay = wanted.kind === 'exponential' ? decayOf(profile, wanted.timeConstant, model.step) : null;
    if (!decay) return projection;
    say(name, 'synaptic time constant', inUnits(wanted.timeConstant), nearly(decay.timeConstant));
    return { ...projection, synapse: { ...wanted, timeConstant: decay.timeConstant } };
  }
}

const nearly = (seconds: number): string => inUnits(Number(seconds.toPrecision(4)));

/** Whether all synapses into a neuron share one scale: fixed-point weights without exponents. */
export function sharesScale({ weight }: Profile): boolean {
  const { bits, exponentMinimum: low, exponentMaximum: high } = weight;
  return bits.value !== null && Number.isFinite(bits.value) && low.value === high.value && low.value !== null;
}
