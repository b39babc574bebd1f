// Spikes of a short simulation against what the chip's wires carry: spikes of a unit in a step, events a second, the busy share of
// an event-driven core, its queue. Simulated seconds are taken for the chip's.
import type { ChipNetwork } from './chipNetwork.ts';
import { type Finding, finding, undecided, whole } from './finding.ts';
import type { Profile } from '../profile/profile.ts';
import type { Traffic } from './spikeLog.ts';

/** Share of the time that spikes keep a core busy, if it is known. */
export interface Busy {
  /** Cycles a second that its spikes take. */
  readonly cyclesPerSecond: number | null;
  readonly share: number | null;
}

export function checkTraffic(network: ChipNetwork, traffic: Traffic, { rates }: Profile): { findings: Finding[]; busy: Busy } {
  const findings: Finding[] = [];
  for (const { name, neuron } of network.populations) {
    const { spikes, names } = traffic.busiestUnit[name]!;
    if (spikes === 0) continue;
    const key = neuron ? 'spikesPerNeuronStep' : 'inputEventsPerChannelStep';
    const [id, what] = neuron ? ['spikes-per-step', 'spikes of a neuron in a step'] : ['input-events-per-step', 'spikes of a channel in a step'];
    const limit = rates[key];
    const sentence = `${name}: up to ${spikes} ${what}`;
    if (limit.value === null) findings.push({ ...undecided(id, name, `rates.${key}`, sentence, limit.source), names });
    else if (spikes > limit.value) findings.push(finding(id, 'error', name, `${sentence}, at most ${limit.value}`, { count: names.length, worst: spikes, limit: limit.value, source: limit.source, names }));
  }
  const { eventsPerSecond: most, cyclesPerSpike, clock, queue } = rates;
  const { interface: through, all } = traffic;
  const cyclesPerSecond = cyclesPerSpike.value === null || cyclesPerSpike.value === Infinity ? null : all.eventsPerSecond * cyclesPerSpike.value;
  const share = cyclesPerSecond === null || clock.value === null ? null : cyclesPerSecond / clock.value;
  if (all.peak.events === 0) return { findings, busy: { cyclesPerSecond, share } };
  const { peak } = through;
  const at = `${rounded(through.eventsPerSecond)} events/s through the interface, ${peak.events} in the busiest step at ${(1000 * peak.begin).toFixed(1)} ms (${rounded(peak.eventsPerSecond)}/s over ${1000 * peak.window} ms)`;
  const common = { worst: peak.eventsPerSecond, limit: most.value, source: most.source, names: peak.names };
  if (most.value === null) {
    if (share === null && through.peak.events > 0) findings.push({ ...undecided('event-bandwidth', null, 'rates.eventsPerSecond', at, most.source), names: peak.names });
  } else if (through.eventsPerSecond > most.value) findings.push(finding('event-bandwidth', 'error', null, `${at}, at most ${whole(most.value)}`, { ...common, worst: through.eventsPerSecond }));
  else if (peak.eventsPerSecond > most.value) findings.push(finding('event-bandwidth', 'warning', null, `${at}, at most ${whole(most.value)}: they wait`, common));
  if (cyclesPerSecond !== null) {
    const load = `${rounded(all.eventsPerSecond)} spikes/s of ${cyclesPerSpike.value} cycles each, ${rounded(cyclesPerSecond)} cycles/s`;
    if (share === null) findings.push(undecided('busy', null, 'rates.clock', load, clock.source));
    else if (share > 1) findings.push(finding('busy', 'error', null, `${load}: busy for ${(100 * share).toFixed(0)} % of the time`, { worst: share, limit: 1, source: cyclesPerSpike.source, names: all.peak.names }));
  }
  if (queue.value === null) findings.push(undecided('queue', null, 'rates.queue', `${all.peak.events} spikes in the busiest step`, queue.source));
  else if (all.peak.events > queue.value) findings.push(finding('queue', 'warning', null, `${all.peak.events} spikes in one step wait for a core that holds ${queue.value}, unless they are sent apart`, { count: all.peak.events - queue.value, worst: all.peak.events, limit: queue.value, source: queue.source, names: all.peak.names }));
  return { findings, busy: { cyclesPerSecond, share } };
} // prettier-ignore

const rounded = (value: number): string => whole(Math.round(value));
