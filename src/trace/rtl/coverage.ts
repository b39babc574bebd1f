// Which neurons met which edges of their arithmetic in the vectors of a hand-over, and which edges nobody met. Names, not only
// numbers; it judges nothing.
import type { IntegerNetwork } from '../../hardware/neurons/network.ts';
import { countKeys, type Counts } from '../../hardware/neurons/counts.ts';

const words: Readonly<Record<keyof Counts, string>> = {
  saturations: 'membrane clipped',
  wraps: 'current wrapped around',
  ties: 'membrane exactly at threshold',
  negativeLeaks: 'negative state decayed',
  simultaneous: 'two or more events in one tick',
};

export interface Coverage {
  readonly schema: 'settle-coverage/1';
  readonly ticks: number;
  readonly edges: readonly {
    readonly edge: keyof Counts;
    readonly meaning: string;
    readonly neurons: number;
    readonly count: number;
  }[];
  readonly notMet: readonly (keyof Counts)[];
  readonly neurons: readonly ({ readonly name: string } & Readonly<Record<keyof Counts, number>>)[];
}

export function coverageOf({ populations, registers }: IntegerNetwork, counts: Counts, ticks: number): Coverage {
  // tinyODIN has no current to wrap.
  const keys = countKeys.filter((key) => key !== 'wraps' || registers.chip === 'loihi-1');
  const edges = keys.map((edge) => ({
    edge,
    meaning: words[edge],
    neurons: counts[edge].reduce((sum, count) => sum + (count > 0 ? 1 : 0), 0),
    count: counts[edge].reduce((sum, count) => sum + count, 0),
  }));
  const neurons = populations.flatMap(({ name, first, units }) =>
    Array.from({ length: units }, (_, k) => ({
      name: `${name}[${k}]`,
      ...(Object.fromEntries(keys.map((key) => [key, counts[key][first + k]!])) as Record<keyof Counts, number>),
    })),
  );
  const notMet = edges.filter(({ count }) => count === 0).map(({ edge }) => edge);
  return { schema: 'settle-coverage/1', ticks, edges, notMet, neurons };
}

export function coverageText({ ticks, edges, notMet, neurons }: Coverage): string {
  const listed = (edge: keyof Counts): string => {
    const met = neurons.filter((neuron) => neuron[edge] > 0).map(({ name }) => name);
    return met.length === 0 ? 'none' : met.length === neurons.length ? 'all' : `${met.slice(0, 24).join(', ')}${met.length > 24 ? `, and ${met.length - 24} more` : ''}`; // prettier-ignore
  };
  return `# What these vectors meet

${neurons.length} neurons, ${ticks} ticks. Counts of every neuron are in coverage.json.

| edge | times | neurons | which |
| --- | ---: | ---: | --- |
${edges.map(({ edge, meaning, count, neurons: met }) => `| ${meaning} | ${count} | ${met} | ${listed(edge)} |\n`).join('')}
${notMet.length === 0 ? 'Every edge was met by some neuron.' : `Not met by any neuron: ${notMet.map((edge) => words[edge]).join('; ')}. A design may be wrong there and pass.`}
`;
} // prettier-ignore
