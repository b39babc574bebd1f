// Figures of the example that is shown: energy, outputs, membranes, rates. They draw what example.ts has taken from frames.
import { phaseLabel } from '../../report/bands.ts';
import { colour, compact, type Line } from '../../report/clientChart.ts';
import { phaseTone, stripes } from '../../report/clientRaster.ts';
import { rowColour } from '../../report/swatch.ts';
import type { LiveAbout } from '../../run/live.ts';
import { countsIn, type Example, type Traced } from './example.ts';
import { liveChart } from './liveChart.ts';

export interface ExampleCharts {
  draw(example: Example, about: LiveAbout): void;
}

export function exampleCharts(): ExampleCharts {
  const [energy, outputs, membranes] = ['energy', 'outputs', 'membranes'].map(liveChart) as [ReturnType<typeof liveChart>, ReturnType<typeof liveChart>, ReturnType<typeof liveChart>]; // prettier-ignore
  return {
    draw(example, about) {
      const scale = about.step === undefined ? 1 : about.step * 1000;
      const common = { x: about.step === undefined ? 'time (steps)' : 'time (ms)', at: compact, value: compact, under: stripes(example.phases, scale) }; // prettier-ignore
      const { phases } = example;
      energy.update(
        example.energy && {
          ...parted(example.energy.time, phases, scale, (order, time) =>
            [...new Set(phases.map(({ name }) => name))].map((name) => ({
              name: phaseLabel({ name }),
              colour: colour(phaseTone(name)),
              values: order.map((k) => (k >= 0 && phases.find(({ begin, end }) => time[k]! >= begin && time[k]! < end)?.name === name ? example.energy!.values[k]! : null)), // prettier-ignore
            })),
          ),
          options: { ...common, y: 'energy' },
        },
      );
      const target = example.shown.label;
      outputs.update(
        example.outputs && {
          ...parted(example.outputs.time, phases, scale, (order) => outputLines(example.outputs!, order, target, example.answer)), // prettier-ignore
          options: { ...common, y: 'activity' },
        },
      );
      const [first] = example.membranes;
      const traced = example.membranes.flatMap(({ population, units, values }) => units.map((unit, k) => ({ name: `${population} ${unit}`, values: values[k]! }))); // prettier-ignore
      // Where nothing is picked the section stays, to be picked in.
      membranes.update({
        ...(first
          ? parted(first.time, phases, scale, (order) =>
              traced.slice(0, 8).map(({ name, values }, row): Line => ({
                name,
                colour: colour(rowColour(row)),
                width: 1.5,
                values: order.map((k) => values[k] ?? null),
              })),
            )
          : { times: [0], lines: [] }),
        options: { ...common, y: 'potential' },
      });
    },
  };
}

/** The target on top, then a wrong answer; the others grey. */
function outputLines({ units, values }: Traced, order: readonly number[], target: number | null, answer: number | null): Line[] {
  const rank = (unit: number): number => (unit === target ? 2 : unit === answer ? 1 : 0);
  const sorted = units.map((_, k) => k).sort((a, b) => rank(units[a]!) - rank(units[b]!) || a - b);
  return sorted.map((k) => {
    const part = rank(units[k]!);
    return {
      name: `${units[k]}${['', ', answer', ', target'][part]}`,
      colour: colour(['faint', 'bad', 'accent'][part]!),
      width: part > 0 ? 2.5 : 1,
      values: order.map((row) => values[k]![row] ?? null),
    };
  });
} // prettier-ignore

/** A gap where a phase begins, so that no line joins what is not joined. */
function parted(time: readonly number[], phases: Example['phases'], scale: number, lines: (order: readonly number[], time: readonly number[]) => Line[]): { times: number[]; lines: Line[] } {
  const starts = new Set(phases.slice(1).map(({ begin }) => time.findIndex((value) => value >= begin)).filter((k) => k > 0));
  const order = time.flatMap((_, k) => (starts.has(k) ? [-1, k] : [k]));
  return { times: order.map((k, j) => (k >= 0 ? time[k]! : time[order[j + 1]!]! - 1e-6) * scale), lines: lines(order, time) };
} // prettier-ignore

/** More outputs than can be told apart as bars. */
const mostBars = 24;

/** A bar a phase for each output unit. */
export function drawRates(host: HTMLElement, example: Example, about: LiveAbout): void {
  const output = about.populations.find(({ name }) => name === about.output);
  document.getElementById('section-rates')!.hidden = !output || !example.spikes.has(output.name);
  if (!output || !example.spikes.has(output.name)) return;
  const seconds = about.step ?? 1;
  const names = [...new Set(example.phases.map(({ name }) => name))];
  const rates = names.map((name) => {
    const { counts, steps } = countsIn(example, output.name, output.units, name);
    return Array.from(counts, (count) => count / Math.max(1e-9, steps * seconds));
  });
  const most = Math.max(...rates.flat(), 1e-9);
  const made = Array.from({ length: Math.min(mostBars, output.units) }, (_, unit) => {
    const label = document.createElement('b');
    label.textContent = String(unit);
    label.className = unit === example.shown.label ? 'target' : unit === example.answer ? 'wrong' : '';
    const bars = document.createElement('span');
    for (const [k, name] of names.entries()) {
      const bar = document.createElement('i');
      bar.className = name;
      bar.style.width = `${(100 * rates[k]![unit]!) / most}%`;
      bars.append(bar);
    }
    const said = document.createElement('em');
    said.textContent = `${rates.map((each) => each[unit]!.toFixed(0)).join(' / ')} Hz`;
    return [label, bars, said];
  });
  host.replaceChildren(...made.flat());
  document.getElementById('note-rates')!.textContent = `Spikes a second of each unit of ${output.name}: ${names.map((name) => phaseLabel({ name })).join(', ')}.${output.units > mostBars ? ` The first ${mostBars} of ${output.units}.` : ''}`; // prettier-ignore
}
