// What a chip's neurons can be against what the model's are: leak, time constants, reset, refractory time, floor, currents.
import { inUnits } from '../../expr/units.ts';
import { type ChipNetwork, type ChipNeuron, hostsCurrents, unitName } from './chipNetwork.ts';
import { type Finding, finding, nearly, undecided } from './finding.ts';
import type { Known, Profile } from '../profile/profile.ts';
import { decayOf } from '../pass/substitute.ts';

/** A time constant and what the chip's register makes of it. */
export interface DecayRow {
  readonly of: string;
  readonly what: 'membrane' | 'synapse';
  /** Seconds. */
  readonly requested: number;
  /** Multiplier or shift. */
  readonly code: number;
  readonly obtained: number;
}

/** Larger differences of time constants are told. */
const tolerance = 1e-3;

/** Something that the chip offers or not, with what stands for it in the profile. */
export function offered(id: string, of: string, what: string, path: string, known: Known<boolean>, substitute: string | null, names: readonly string[], count: number): Finding[] {
  if (known.value === true) return [];
  const instead = substitute === null ? '' : `; in its place: ${substitute}`;
  if (known.value === null) return [{ ...undecided(id, of, path, `${of}: ${what}${instead}`, known.source), count, names: names.slice(0, 5) }];
  return [finding(id, substitute === null ? 'error' : 'warning', of, `${of}: ${what}, which the chip has not${instead}`, { count, limit: 'not offered', source: known.source, names })];
} // prettier-ignore

/** `network` is the model's own, without substitutes. */
export function checkNeurons(network: ChipNetwork, profile: Profile): { findings: Finding[]; decays: DecayRow[] } {
  const { neuron: chip, substitutes, decay, stateCopy, learning, time } = profile;
  const findings: Finding[] = [];
  const decays: DecayRow[] = [];
  const spikes = profile.kind === 'digital' || profile.kind === 'mixed-signal';
  for (const { name, units, neuron, constant } of network.populations) {
    const names = Array.from({ length: Math.min(5, units) }, (_, unit) => unitName(name, unit));
    const offers = (id: string, what: string, key: keyof Profile['neuron'], substitute: string | null): void =>
      void findings.push(...offered(id, name, what, `neuron.${key}`, chip[key], substitute, names, units));
    if (constant && !hostsCurrents(profile) && chip.inputCurrent.value !== true)
      offers('input-current', 'inputs as constant currents', 'inputCurrent', substitutes.inputCurrent === 'current' ? null : `${substitutes.inputCurrent} spikes`); // prettier-ignore
    if (!neuron) continue;
    if (neuron.kind === 'rate' || neuron.kind === 'equations') {
      const what = neuron.kind === 'rate' ? 'units without spikes' : 'neurons by equations of their own';
      if (spikes) findings.push(finding('neuron-model', 'error', name, `${name}: ${what}, which a ${profile.kind} chip of spiking neurons has not`, { count: units, names })); // prettier-ignore
      continue;
    }
    const leaks = neuron.kind === 'lif';
    if (leaks) offers('leak', `an exponential leak of ${inUnits(neuron.membraneTimeConstant)}`, 'exponentialLeak', substitutes.leak === 'linear' ? 'a linear leak' : null); // prettier-ignore
    if (leaks && chip.exponentialLeak.value === true)
      decayed(name, 'membrane', neuron.membraneTimeConstant, units, names);
    if (!leaks && (decay.kind.value === 'shift' || decay.kind.value === 'analog'))
      findings.push(finding('decay', 'warning', name, `${name}: no leak, which a ${decay.kind.value} decay always has`, { count: units, source: decay.kind.source, names })); // prettier-ignore
    if (neuron.bias) offers('bias', 'a constant current of each neuron', 'bias', network.learning ? 'none' : null);
    if (neuron.drive) findings.push(finding('drive', 'warning', name, `${name}: a Poisson source for each neuron, which takes an input channel each`, { count: units, names })); // prettier-ignore
    if (Number.isFinite(neuron.floor)) {
      const substitute = { same: null, zero: 'a floor at rest', none: 'no floor' }[substitutes.floor];
      const already = substitutes.floor === 'zero' && neuron.floor === neuron.rest;
      if (!already) offers('floor', `a floor of ${neuron.floor} under the membrane`, 'floor', substitute);
      if (!already && chip.floor.value === true && substitutes.floor === 'zero')
        findings.push(finding('floor', 'warning', name, `${name}: a floor of ${neuron.floor}; the chip's is at rest`, { count: units, worst: neuron.floor, limit: neuron.rest, source: chip.floor.source, names })); // prettier-ignore
    }
    findings.push(...resets(name, neuron, names, units), ...refractory(name, neuron, names, units));
    const { compare } = profile.threshold;
    if (compare.value === null) findings.push(undecided('threshold-compare', name, 'threshold.compare', `${name}: whether a spike needs the membrane on the threshold or above it`)); // prettier-ignore
    else if ((compare.value === 'above') !== neuron.strict)
      findings.push(finding('threshold-compare', 'warning', name, `${name}: fires ${neuron.strict ? 'above' : 'on'} the threshold, the chip ${neuron.strict ? 'on' : 'above'} it: they differ where an integer membrane lands on it`, { count: units, source: compare.source, names })); // prettier-ignore
  }
  for (const { projection, to, synapse, hosted, back } of network.strands)
    if (
      !hosted &&
      !back &&
      synapse.kind === 'exponential' &&
      chip.exponentialSynapse.value === true &&
      isSpiking(network, to)
    )
      decayed(projection, 'synapse', synapse.timeConstant, 1, []);
  findings.push(...ofLearning());
  const given = time.step.value;
  if (given !== null && time.mode.value === 'stepped' && Math.abs(given / network.step - 1) > 1e-9 && network.populations.some(({ neuron }) => neuron?.kind !== 'rate'))
    findings.push(finding('step', 'warning', null, `steps of ${inUnits(network.step)}, the chip's are ${inUnits(given)}`, { worst: network.step, limit: given, source: time.step.source })); // prettier-ignore
  return { findings, decays };

  function decayed(of: string, what: DecayRow['what'], requested: number, count: number, names: readonly string[]): void {
    const { kind, bits } = decay;
    const words = `${of}: a ${what} time constant of ${inUnits(requested)}`;
    if (kind.value === 'none') return void findings.push(finding('decay', 'error', of, `${words}; the chip has no decay`, { count, source: kind.source, names }));
    if (kind.value === 'linear' || (kind.value === 'software' && bits.value === Infinity)) return;
    if (kind.value === null || bits.value === null) return void findings.push(undecided('decay', of, kind.value === null ? 'decay.kind' : 'decay.bits', words, kind.source));
    const found = decayOf(profile, requested, network.step);
    if (!found) return;
    decays.push({ of, what, requested, code: found.code, obtained: found.timeConstant });
    const off = found.timeConstant / requested - 1;
    if (Math.abs(off) <= tolerance) return;
    const [range, wanted] = [2 ** bits.value, kind.value === 'shift' ? Math.log2(requested / network.step) : 2 ** bits.value * -Math.expm1(-network.step / requested)];
    const outside = kind.value === 'shift' ? wanted < -0.5 || wanted >= range - 0.5 : wanted < 0.5;
    findings.push(finding('decay', outside ? 'error' : 'warning', of, `${words}: the nearest is ${nearly(found.timeConstant)} (${kind.value} ${found.code}), off by ${(100 * off).toFixed(1)} %`, {
      count, worst: found.timeConstant, limit: requested, source: bits.source || kind.source, names,
    }));
  } // prettier-ignore

  function resets(name: string, { reset }: ChipNeuron, names: readonly string[], count: number): Finding[] {
    const other = reset.mode === 'to' ? 'by' : 'to';
    const substitute = substitutes.reset === other ? `a reset ${other === 'to' ? 'to rest' : 'by the threshold'}` : null;
    return offered('reset', name, `a reset ${reset.mode} ${reset.value}`, `reset.${reset.mode}`, profile.reset[reset.mode], substitute, names, count);
  } // prettier-ignore

  function refractory(name: string, neuron: ChipNeuron, names: readonly string[], count: number): Finding[] {
    const { minimum, maximum } = profile.refractory;
    const steps = neuron.refractory / network.step;
    const words = `${name}: a refractory time of ${inUnits(neuron.refractory)}, ${Number(steps.toPrecision(6))} steps`;
    const instead = substitutes.refractory === 'none' && steps > 0 ? '; in its place: none' : '';
    const common = { count, worst: steps, names };
    if (maximum.value === null && steps > 0) return [undecided('refractory', name, 'refractory.maximum', words + instead, maximum.source)];
    if (maximum.value !== null && steps > maximum.value + 1e-9)
      return [finding('refractory', instead ? 'warning' : 'error', name, `${words}, at most ${maximum.value}${instead}`, { ...common, limit: maximum.value, source: maximum.source })];
    if (minimum.value === null) return [undecided('refractory', name, 'refractory.minimum', words, minimum.source)];
    if (steps < minimum.value - 1e-9) return [finding('refractory', 'error', name, `${words}, at least ${minimum.value}`, { ...common, limit: minimum.value, source: minimum.source })];
    if (Math.abs(steps - Math.round(steps)) > 1e-6 && time.mode.value === 'stepped') return [finding('refractory', 'warning', name, `${words}, which become ${Math.round(steps)}`, { ...common, limit: Math.round(steps), source: time.mode.source })];
    return [];
  } // prettier-ignore

  function ofLearning(): Finding[] {
    if (!network.learning) return [];
    const { rule, restart } = network.learning;
    const found: Finding[] = [];
    if (restart === 'copy' && stateCopy.value !== true) {
      const words = 'nudged phases start from a copy of the free state (phases.restart: copy); they relax in between instead';
      found.push(stateCopy.value === null ? undecided('state-copy', null, 'stateCopy', words, stateCopy.source) : finding('state-copy', 'warning', null, `${words}: the chip cannot copy its states`, { source: stateCopy.source }));
    }
    if (learning.value === null) found.push(undecided('learning', null, 'learning', `the rule ${rule} on the chip`, learning.source));
    else if (!/^(any rule|software)$/.test(learning.value)) {
      const what = learning.value === 'none' ? 'the chip learns nothing by itself: weights are learned elsewhere and written' : `learns on the chip by: ${learning.value}; whether that can be ${rule} is not checked`;
      found.push(finding('learning', 'warning', null, what, { limit: learning.value, source: learning.source }));
    }
    return found;
  } // prettier-ignore
}

export const isSpiking = ({ populations }: ChipNetwork, name: string): boolean => {
  const kind = populations.find((p) => p.name === name)?.neuron?.kind;
  return kind === 'lif' || kind === 'integrate-and-fire';
};
