// The event rule's weight changes against spike times: is there a window like that of spike-timing dependent plasticity?
// EqSpike (Martin et al. 2021) says so of its rule. Writes docs/stdp.svg and prints the table.
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { reference } from '../src/backends/reference.ts';
import { loadDataSet } from '../src/data/load.node.ts';
import { ep } from '../src/learn/ep.ts';
import { feeder } from '../src/learn/trainer.ts';
import { readModel } from '../src/model/read.node.ts';
import { builder } from '../src/program/builder.ts';
import { run } from '../src/run/run.node.ts';

const halfWidth = 40;

interface Window {
  /** t_post - t_pre in ms, from -40 to 40. */
  readonly milliseconds: number[];
  /** Mean change a spike, in units of rate / (2 beta), and how many spikes. */
  readonly change: number[];
  readonly spikes: number[];
}

/** Spikes of hidden (pre) and output (post) units in the +beta phase; each moves its synapses by the partner's slope. */
async function measure(examples: number): Promise<{ start: Window; trained: Window }> {
  const set = ['learning.update=events', 'phases.free.duration=120 ms', 'populations.h.units=100', 'learning.epochs=1'];
  const { model } = readModel('mnist', { set });
  const { state } = await run({ model: { ...model, learning: { ...model.learning, update: 'contrast' } }, threads: 2 });
  const data = loadDataSet({ ...model.data, train: examples, test: 1 });
  async function window(weights: ReadonlyMap<string, ArrayLike<number>>): Promise<Window> {
    const b = builder('stdp');
    const recipe = ep().contribute(b, model);
    const machine = await reference.open(b.build(), { batch: examples, threads: 1 });
    for (const [name, values] of weights) await machine.write(name, values);
    await feeder(recipe, machine, data.train, 10).write(Int32Array.from({ length: examples }, (_, k) => k), 1); // prettier-ignore
    for (const [name, value] of Object.entries(recipe.parameters({ seed: 1, epoch: 0, batch: 0, examples: 0, batchExamples: examples }))) machine.setParameter(name, value); // prettier-ignore
    const sequence = recipe.train[0]!;
    const plus = sequence.findIndex(([slot]) => slot === 'plus');
    await machine.perform(sequence.slice(0, plus));
    const steps = sequence[plus]![1];
    const spikes: { h: Float64Array; y: Float64Array; hSlope: Float64Array; ySlope: Float64Array }[] = [];
    for (let step = 0; step < steps; step++) {
      await machine.run('plus');
      const [h, y, hSlope, ySlope] = await Promise.all(
        ['h.spike', 'y.spike', 'h.slope', 'y.slope'].map((name) => machine.read(name)),
      );
      spikes.push({ h, y, hSlope, ySlope } as (typeof spikes)[number]);
    }
    await machine.close();
    const change = new Float64Array(2 * halfWidth + 1);
    const count = new Float64Array(2 * halfWidth + 1);
    const hidden = spikes[0]!.h.length / examples;
    const nearest = (times: readonly number[], at: number): number | null => {
      let best: number | null = null;
      for (const time of times) if (best === null || Math.abs(time - at) < Math.abs(best - at)) best = time;
      return best;
    };
    const note = (difference: number, amount: number): void => {
      if (Math.abs(difference) > halfWidth) return;
      change[difference + halfWidth]! += amount;
      count[difference + halfWidth]! += 1;
    };
    for (let example = 0; example < examples; example++) {
      const times = (which: 'h' | 'y', unit: number, units: number): number[] =>
        spikes.flatMap((step, time) => (step[which][example * units + unit] !== 0 ? [time] : []));
      const outputs = Array.from({ length: 10 }, (_, unit) => times('y', unit, 10));
      for (let i = 0; i < hidden; i++) {
        const pre = times('h', i, hidden);
        for (let j = 0; j < 10; j++) {
          for (const at of pre) {
            const other = nearest(outputs[j]!, at);
            if (other !== null)
              note(other - at, spikes[at]!.h[example * hidden + i]! * spikes[at]!.ySlope[example * 10 + j]!);
          }
          for (const at of outputs[j]!) {
            const other = nearest(pre, at);
            if (other !== null)
              note(at - other, spikes[at]!.y[example * 10 + j]! * spikes[at]!.hSlope[example * hidden + i]!);
          }
        }
      }
    }
    const milliseconds = Array.from({ length: 2 * halfWidth + 1 }, (_, k) => k - halfWidth);
    return {
      milliseconds,
      change: [...change].map((sum, k) => (count[k]! > 0 ? sum / count[k]! : 0)),
      spikes: [...count],
    };
  }
  return {
    start: await window(ep().contribute(builder('start'), model).initial(1)),
    trained: await window(state.learned),
  };
}

function picture({ start, trained }: { start: Window; trained: Window }): string {
  const [width, height, margin] = [640, 320, 56];
  const [low, high] = [Math.min(...start.change, ...trained.change), Math.max(...start.change, ...trained.change)];
  const x = (ms: number): number => margin + ((ms + halfWidth) / (2 * halfWidth)) * (width - margin - 20);
  const y = (value: number): number => 36 + ((high - value) / (high - low)) * (height - 90);
  const ticks = Array.from({ length: 9 }, (_, k) => 10 * k - halfWidth);
  const steps = [-0.15, -0.1, -0.05, 0, 0.05, 0.1, 0.15].filter((value) => value >= low && value <= high);
  const path = ({ milliseconds, change }: Window): string =>
    milliseconds.map((ms, k) => `${k === 0 ? 'M' : 'L'}${x(ms).toFixed(1)} ${y(change[k]!).toFixed(1)}`).join('');
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="13">
<rect width="${width}" height="${height}" rx="8" fill="#ffffff"/>
<path d="M${margin} ${y(0)}H${x(halfWidth)}M${x(0)} 30V${height - 48}" stroke="#98a2b3" fill="none"/>
${ticks.map((ms) => `<text x="${x(ms)}" y="${height - 32}" text-anchor="middle" fill="#667085">${ms}</text>`).join('')}
${steps.map((value) => `<text x="${margin - 8}" y="${y(value) + 4}" text-anchor="end" fill="#667085">${value.toFixed(2)}</text>`).join('')}
<path d="${path(start)}" stroke="#2f6fde" stroke-width="2" fill="none"/><path d="${path(trained)}" stroke="#e0572f" stroke-width="2" fill="none"/>
<text x="${margin}" y="20" fill="#2f6fde">at the start</text><text x="${margin + 90}" y="20" fill="#e0572f">after one epoch</text>
<text x="${x(halfWidth)}" y="20" text-anchor="end" fill="#344054">mean weight change a spike, in rate / (2 beta)</text>
<text x="${width / 2}" y="${height - 10}" text-anchor="middle" fill="#344054">t_post - t_pre (ms)</text>
</svg>
`;
}

/** The table of the window, and the picture written. */
export async function stdpBench(root: string): Promise<string> {
  const windows = await measure(60);
  if (existsSync(join(root, 'docs'))) writeFileSync(join(root, 'docs', 'stdp.svg'), picture(windows));
  const mean = (window: Window, from: number, to: number): number => {
    let [sum, count] = [0, 0];
    window.milliseconds.forEach((ms, k) => {
      if (ms < from || ms > to) return;
      sum += window.change[k]! * window.spikes[k]!;
      count += window.spikes[k]!;
    });
    return sum / Math.max(1, count);
  };
  const ranges: [number, number][] = [[-40, -21], [-20, -11], [-10, -6], [-5, -1], [0, 0], [1, 5], [6, 10], [11, 20], [21, 40]]; // prettier-ignore
  const row = ([from, to]: [number, number]): string =>
    `| ${from === to ? from : `${from} to ${to}`} | ${mean(windows.start, from, to).toExponential(2)} | ${mean(windows.trained, from, to).toExponential(2)} |`;
  return `| t_post - t_pre, ms | at the start | after one epoch |\n|---|--:|--:|\n${ranges.map(row).join('\n')}\n`;
}
