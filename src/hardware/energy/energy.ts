// Energy as counts times prices: every event that a profile's table prices, the rest listed as unpriced. An all-in price of a
// synaptic event holds everything, so nothing is ever added to it. It counts nothing itself and knows no clock.
import { SettleError } from '../../errors.ts';
import type { EnergyTable, PriceKey, Profile } from '../profile/profile.ts';

export const countKeys = [
  'synapticEvents', 'synapticEventsSparse', 'neuronUpdates', 'neuronUpdatesIdle', 'spikes', 'hops', 'weightUpdates', 'pulses',
  'multiplyAccumulates', 'conversions', 'biases',
] as const; // prettier-ignore
export type CountKey = (typeof countKeys)[number];

/** Events of one example; null: not counted. */
export type EventCounts = Readonly<Record<CountKey, number | null>>;

export const countWords: Readonly<Record<CountKey, string>> = {
  synapticEvents: 'synaptic events, dense',
  synapticEventsSparse: 'synaptic events, from lists',
  neuronUpdates: 'neuron updates with input',
  neuronUpdatesIdle: 'neuron updates without input',
  spikes: 'spikes sent',
  hops: 'hops from core to core',
  weightUpdates: 'weights written',
  pulses: 'write pulses',
  multiplyAccumulates: 'multiply-accumulates of constant inputs',
  conversions: 'conversions',
  biases: 'constant currents added',
};

/** The price of each count, and what takes its place in a table that does not tell the two apart. */
const prices: Readonly<Record<CountKey, readonly PriceKey[]>> = {
  synapticEvents: ['synapticEvent'],
  synapticEventsSparse: ['synapticEventSparse', 'synapticEvent'],
  neuronUpdates: ['neuronUpdate'],
  neuronUpdatesIdle: ['neuronUpdateIdle', 'neuronUpdate'],
  spikes: ['spike'],
  hops: ['hop'],
  weightUpdates: ['weightUpdate'],
  pulses: ['pulse'],
  multiplyAccumulates: ['multiplyAccumulate'],
  conversions: ['conversion'],
  biases: [],
};
/** What an all-in price of synaptic events holds. */
const inside: readonly CountKey[] = ['neuronUpdates', 'neuronUpdatesIdle', 'spikes', 'hops', 'biases'];

export interface EnergyTerm {
  readonly key: CountKey;
  readonly what: string;
  readonly count: number | null;
  /** Joules of one, and where that is from; null: unknown. */
  readonly price: number | null;
  readonly source: string;
  /** Count times price; null where one of them is unknown, or where another price holds it. */
  readonly joules: number | null;
  readonly note: string;
}

export interface Energy {
  readonly profile: string;
  /** Null: the profile has no table. */
  readonly table: string | null;
  readonly scope: EnergyTable['scope'] | null;
  readonly conditions: string;
  readonly source: string;
  readonly terms: readonly EnergyTerm[];
  /** Of what has a price; null where nothing has. */
  readonly joules: number | null;
  /** What happened and has no price, in words. */
  readonly unpriced: readonly string[];
}

/** The table of this name, or the first; null where a profile has none. @throws SettleError of kind `input` */
export function tableOf(profile: Profile, name?: string): EnergyTable | null {
  if (name === undefined) return profile.energy[0] ?? null;
  const table = profile.energy.find((one) => one.name === name);
  if (!table)
    throw new SettleError('no such energy table', {
      kind: 'input', path: '--energy-table', found: `"${name}"`, expected: profile.energy.map((one) => one.name).join(' or ') || `a profile with prices (${profile.name} has none)`,
    }); // prettier-ignore
  return table;
}

/** What the events of an example cost by one of a profile's tables (default the first). */
export function energyOf(counts: EventCounts, profile: Profile, tableName?: string): Energy {
  const table = tableOf(profile, tableName);
  const terms = countKeys.filter((key) => counts[key] !== 0).map((key) => term(key, counts[key], table));
  const priced = terms.filter(({ joules }) => joules !== null);
  return {
    profile: profile.name,
    table: table?.name ?? null,
    scope: table?.scope ?? null,
    conditions: table?.conditions ?? '',
    source: table?.source ?? '',
    terms,
    joules: priced.length === 0 ? null : priced.reduce((sum, { joules }) => sum + joules!, 0),
    unpriced: terms.filter(({ joules, note }) => joules === null && note !== held && note !== ofUpdates).map(({ what, count }) => (count === null ? `${what} (not counted)` : what)),
  }; // prettier-ignore
}

const held = 'in the price of a synaptic event';
const ofUpdates = 'in the price of a neuron update';

function term(key: CountKey, count: number | null, table: EnergyTable | null): EnergyTerm {
  const common = { key, what: countWords[key], count };
  const none = (note: string): EnergyTerm => ({ ...common, price: null, source: '', joules: null, note });
  if (!table) return none('no price');
  const isSynaptic = key === 'synapticEvents' || key === 'synapticEventsSparse';
  if (table.scope === 'all-in' && !isSynaptic)
    return none(inside.includes(key) ? held : 'not added to an all-in price');
  if (key === 'biases') return none(table.prices.neuronUpdate.value === null ? 'no price' : ofUpdates);
  const [own, other] = prices[key];
  const found = [own, other].find((price) => price !== undefined && table.prices[price].value !== null);
  if (found === undefined) return none('no price');
  const { value, source } = table.prices[found];
  const note = found === own ? '' : `the table has one price: ${found}`;
  return { ...common, price: value, source, joules: count === null ? null : count * value!, note };
}

/** Counts that are nothing but zeros. */
export const noEvents: EventCounts = Object.fromEntries(countKeys.map((key) => [key, 0])) as Record<CountKey, number>;
