// A network against a chip: all rules at once, and one verdict. It simulates nothing and trains nothing: weights and spikes come in.
import { checkCapacity } from './checkCapacity.ts';
import { checkNeurons, type DecayRow } from './checkNeurons.ts';
import { checkSynapses, type Weights } from './checkSynapses.ts';
import { type Busy, checkTraffic } from './checkTraffic.ts';
import { checkWeights, type GridRow } from './checkWeights.ts';
import type { ChipNetwork } from './chipNetwork.ts';
import { type Finding, finding } from './finding.ts';
import { type Placement, placed } from './placement.ts';
import type { Profile } from '../profile/profile.ts';
import type { Traffic } from './spikeLog.ts';

export interface ChipCheckOptions {
  /** As the model has it, and with the profile's substitutes: what the chip holds. The same where there are none. */
  readonly asked: ChipNetwork;
  readonly network: ChipNetwork;
  readonly weights: Weights;
  /** By projection: potential that a spike adds for a weight of 1. */
  readonly gains: ReadonlyMap<string, number>;
  /** Null: not simulated. */
  readonly traffic: Traffic | null;
  /** Why what the chip would run cannot be simulated. */
  readonly refused?: string | null;
  readonly profile: Profile;
}

export type Verdict = 'fits' | 'does not fit' | 'undecided';

export interface ChipCheck {
  readonly verdict: Verdict;
  readonly findings: readonly Finding[];
  readonly placement: Placement;
  readonly decays: readonly DecayRow[];
  readonly grid: readonly GridRow[];
  readonly busy: Busy;
}

const order = { error: 0, undecided: 1, warning: 2 } as const;

export function checkChip({ asked, network, weights, gains, traffic, refused, profile }: ChipCheckOptions): ChipCheck {
  const placement = placed(network, profile);
  const neurons = checkNeurons(asked, profile);
  const grid = checkWeights(network, weights, gains, profile);
  const load = traffic ? checkTraffic(network, traffic, profile) : { findings: [], busy: { cyclesPerSecond: null, share: null } };
  const findings = [
    ...checkCapacity(network, placement, profile), ...neurons.findings, ...checkSynapses(asked, weights, profile), ...grid.findings, ...load.findings,
    ...(refused ? [finding('substitute', 'error', null, `what the chip would run cannot be simulated: ${refused}`)] : []),
  ].sort((a, b) => order[a.severity] - order[b.severity]);
  return { verdict: verdictOf(findings), findings, placement, decays: neurons.decays, grid: grid.grid, busy: load.busy };
} // prettier-ignore

export const countOf = (findings: readonly Finding[], severity: Finding['severity']): number =>
  findings.filter((one) => one.severity === severity).length;

export function verdictOf(findings: readonly Finding[]): Verdict {
  if (countOf(findings, 'error') > 0) return 'does not fit';
  return countOf(findings, 'undecided') > 0 ? 'undecided' : 'fits';
}

/** The last line of a check. */
export function verdictLine(findings: readonly Finding[]): string {
  const broken = countOf(findings, 'error');
  const open = new Set(findings.filter(({ severity }) => severity === 'undecided').map(({ path }) => path)).size;
  if (broken > 0) return `does not fit: ${broken} ${broken === 1 ? 'violation' : 'violations'}`;
  return open > 0 ? `undecided: ${open} ${open === 1 ? 'limit is' : 'limits are'} not public` : 'fits';
}
