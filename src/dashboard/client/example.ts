// What the frames of an example say, in the form its figures are drawn from: spikes stay the columns they came as.
import type { Frame } from '../../frames/frame.ts';
import type { LiveAbout, ShownExample } from '../../run/live.ts';

export interface Phase {
  readonly name: string;
  readonly begin: number;
  readonly end: number;
}
/** Spikes of a population in one phase. */
export interface SpikeBlock {
  readonly phase: string;
  readonly time: ArrayLike<number>;
  readonly unit: ArrayLike<number>;
}
export interface Traced {
  readonly population: string;
  readonly units: readonly number[];
  readonly time: readonly number[];
  /** One list a unit. */
  readonly values: readonly (readonly number[])[];
}
export interface Example {
  readonly shown: ShownExample;
  readonly phases: readonly Phase[];
  readonly spikes: ReadonlyMap<string, readonly SpikeBlock[]>;
  readonly energy: { readonly time: readonly number[]; readonly values: readonly number[] } | null;
  readonly outputs: Traced | null;
  readonly membranes: readonly Traced[];
  readonly total: number;
  readonly answer: number | null;
}

export function exampleOf(shown: ShownExample, about: LiveAbout): Example {
  const { frames } = shown;
  const phases = new Map<string, Phase>();
  for (const { phase: name, t0: begin, t1: end } of frames) phases.set(`${name} ${begin}`, { name, begin, end });
  const spikes = new Map<string, SpikeBlock[]>();
  let total = 0;
  for (const { name } of about.populations) {
    const blocks = frames.flatMap(({ phase, columns }): SpikeBlock[] => {
      const [time, unit] = [columns[`${name}.spikes.time`]?.data, columns[`${name}.spikes.unit`]?.data];
      return time && unit ? [{ phase, time, unit }] : [];
    });
    if (blocks.length > 0) spikes.set(name, blocks);
    for (const { time } of blocks) total += time.length;
  }
  const energies = frames.filter(({ columns }) => 'energy.time' in columns);
  const sorted = [...phases.values()].sort((a, b) => a.begin - b.begin);
  const outputs = about.output === null ? null : traced(frames, about.output, 'trace');
  const time = energies.flatMap(({ columns }) => Array.from(columns['energy.time']!.data));
  return {
    shown,
    phases: sorted,
    spikes,
    energy: time.length === 0 ? null : { time, values: energies.flatMap(({ columns }) => Array.from(columns['energy']!.data)) },
    outputs,
    membranes: about.populations.flatMap(({ name }) => traced(frames, name, 'membrane') ?? []),
    total,
    answer: outputs ? answerOf(outputs, sorted) : null,
  };
} // prettier-ignore

function traced(frames: readonly Frame[], population: string, variable: string): Traced | null {
  const name = `${population}.${variable}`;
  const mine = frames.filter(({ columns }) => name in columns && `${name}.time` in columns);
  const units = Array.from(mine[0]?.columns[`${name}.unit`]?.data ?? []);
  if (units.length === 0) return null;
  const time = mine.flatMap(({ columns }) => Array.from(columns[`${name}.time`]!.data));
  const values = units.map((_, k) =>
    mine.flatMap(({ columns }) => {
      const { data, shape } = columns[name]!;
      return Array.from({ length: shape[0] ?? 0 }, (_unused, row) => data[row * units.length + k]!);
    }),
  );
  return { population, units, time, values };
}

/** The output with the largest mean trace in the last half of the free phase. */
function answerOf({ time, units, values }: Traced, phases: readonly Phase[]): number | null {
  const free = phases.find(({ name }) => name === 'free');
  if (!free) return null;
  const rows = time.flatMap((at, row) => (at >= (free.begin + free.end) / 2 && at < free.end ? [row] : []));
  const sums = values.map((each) => rows.reduce((sum, row) => sum + each[row]!, 0));
  const most = Math.max(...sums);
  return most > 0 ? units[sums.indexOf(most)]! : null;
}

/** Spikes of each unit in the phases of one name, and how long these lasted in steps. */
export function countsIn(example: Example, population: string, units: number, phase: string): { counts: Int32Array; steps: number } {
  const counts = new Int32Array(units);
  for (const block of example.spikes.get(population) ?? [])
    if (block.phase === phase) for (let k = 0; k < block.unit.length; k++) counts[block.unit[k]!]! += 1;
  const steps = example.phases.reduce((sum, { name, begin, end }) => sum + (name === phase ? end - begin : 0), 0);
  return { counts, steps };
} // prettier-ignore

/** Mean rates in the free phase in Hz by population; none for networks that count steps. */
export function freeRates(example: Example, { populations, step }: LiveAbout): Map<string, number> {
  const rates = new Map<string, number>();
  for (const { name, units } of populations) {
    if (step === undefined || !example.spikes.has(name)) continue;
    const { counts, steps } = countsIn(example, name, units, 'free');
    rates.set(name, counts.reduce((a, b) => a + b, 0) / units / Math.max(1e-9, steps * step));
  }
  return rates;
}
