// The gpujs backend by mode and size, beside wasm on one thread in the same run. Without a graphics card it prints what the
// software modes do, and says so: a figure of a card comes from a card. It tests nothing.
import type { Backend, Machine } from '../src/backends/backend.ts';
import { gpujs } from '../src/backends/gpujs.node.ts';
import { modes } from '../src/backends/gpujs.ts';
import { wasm } from '../src/backends/wasm/backend.node.ts';
import { formula } from '../src/expr/formula.ts';
import { elements } from '../src/program/builder.ts';
import { builder, type Builder } from '../src/program/builder.ts';
import { markdownText } from '../src/report/table.ts';
import { open as openModel, train } from './setup.ts';

interface Work {
  readonly label: string;
  readonly unit: string;
  readonly batch: number;
  /** Units of work in one run. */
  readonly each: number;
  build(b: Builder): void;
}

/** A leaky unit: membrane, trace and spike, from equation text. */
const neurons = (units: number): Work => ({
  label: `LIF, ${units} units`, unit: 'M neuron updates/s', batch: 1, each: units / 1e6,
  build(b) {
    for (const name of ['v', 's', 'drive']) b.buffer(name, [units], { batch: true });
    const next = 'v >= 1 ? 0.05 * drive : v + 0.1 * (1.2 * drive - v)';
    b.add('run', { op: 'map', units, assign: [
      { into: 'v', value: formula(next, { v: 'v', drive: 'drive' }) },
      { into: 's', value: formula('0.9 * s + (v >= 1)', { s: 's', v: 'v' }) },
    ] });
  },
}); // prettier-ignore

/** Spike lists and their delivery; `share` of the units spike at every step. */
const events = (units: number, share: number): Work => ({
  label: `${units} to ${units} units, ${100 * share} % spike`, unit: 'M synaptic events/s', batch: 1,
  each: (units * units * share) / 1e6,
  build(b) {
    for (const name of ['spike', 'current', 'drive']) b.buffer(name, [units], { batch: true });
    b.buffer('w', [units, units]);
    b.list('list', units);
    // `drive` is spread over [0, 1].
    b.add('begin', { op: 'map', units, assign: [{ into: 'spike', value: formula('drive < share ? 1 : 0', { drive: 'drive', share }) }] });
    b.add('run', { op: 'compact', from: 'spike', list: 'list' }, { op: 'deliver', list: 'list', weight: 'w', into: 'current', at: 0 });
  },
}); // prettier-ignore

const products = (examples: number, pre: number, post: number): Work => ({
  label: `${examples} x ${pre} x ${post}`, unit: 'GFLOP/s', batch: examples, each: (2 * examples * pre * post) / 1e9,
  build(b) {
    b.buffer('drive', [pre], { batch: true });
    b.buffer('y', [post], { batch: true });
    b.buffer('w', [pre, post]);
    b.add('run', { op: 'gather', from: 'drive', weight: 'w', into: 'y', add: false });
  },
}); // prettier-ignore

const works = [
  neurons(1000), neurons(100_000), events(1000, 0.01), events(1000, 0.1), events(1000, 1), products(64, 784, 512), products(20, 300, 10),
]; // prettier-ignore

/** Units of work a second: the best of three times about 0.3 s, each closed by reading a number back, so that a card is done. */
async function rateOf(work: Work, machine: Machine): Promise<number> {
  const drive = elements(machine.program.buffers.get('drive')!) * work.batch;
  await machine.write(
    'drive',
    Float32Array.from({ length: drive }, (_, k) => (k + 0.5) / drive),
  );
  if (machine.program.buffers.has('w')) await machine.write('w', new Float32Array(elements(machine.program.buffers.get('w')!)).fill(1e-3)); // prettier-ignore
  if (machine.program.slots.has('begin')) await machine.run('begin');
  const result = ['v', 'current', 'y'].find((name) => machine.program.buffers.has(name))!;
  const timed = async (times: number): Promise<number> => {
    const begun = performance.now();
    await machine.run('run', times);
    await machine.read(result, [0, 1]);
    return (performance.now() - begun) / 1000;
  };
  await timed(64);
  // Whole numbers of recorded plans, so that none is compiled while the time runs.
  const times = 64 * Math.max(1, Math.min(50, Math.round(0.3 / Math.max(1e-4, await timed(64)))));
  return (work.each * times) / Math.min(await timed(times), await timed(times), await timed(times));
}

const shown = (value: number): string => (value < 10 ? value.toPrecision(2) : String(Math.round(value)));

/** A section of text: one column for each mode that is here. */
export async function gpuBench(): Promise<string> {
  const columns: { name: string; backend: Backend }[] = [{ name: 'wasm', backend: wasm() }];
  const notes: string[] = [];
  for (const mode of modes) {
    const backend = gpujs(mode);
    try {
      const machine = await backend.open(builder('none').build(), { batch: 1, threads: 1 });
      columns.push({ name: machine.backend, backend });
      notes.push(`- ${machine.backend}: ${machine.device}`);
      await machine.close();
    } catch (error) {
      notes.push(`- not here: ${(error as Error).message}`);
    }
  }
  const rows: string[][] = [];
  for (const work of works) {
    const row = [work.label, work.unit];
    for (const { backend } of columns) {
      const b = builder(work.label);
      work.build(b);
      const machine = await backend.open(b.build(), { batch: work.batch, threads: 1 });
      row.push(shown(await rateOf(work, machine)));
      await machine.close();
    }
    rows.push(row);
  }
  for (const [model, set] of [
    ['ep-mnist', ['populations.h.units=64']],
    ['mnist', ['populations.h.units=64']],
  ] as const) {
    const row = [`${model}, 64 hidden units`, 'EP examples/s'];
    for (const { backend } of columns) {
      const setup = await openModel(model, set, 1, backend);
      await train(setup, 20, 0);
      row.push(shown(Math.max(await train(setup, 60, 1), await train(setup, 60, 2))));
      await setup.machine.close();
    }
    rows.push(row);
  }
  const card = notes.some(
    (note) => /gpujs:web(gpu|gl2)/.test(note) && !note.includes('not here') && !note.includes('software'),
  );
  const said = card
    ? ''
    : ' **No graphics card was found: every figure is of software on the processor, none of a card.**';
  return `\n## gpu.js by mode\n\nfloat32, one thread, best of three.${said}\n\n${notes.join('\n')}\n\n${markdownText({ columns: ['what', 'unit', ...columns.map(({ name }) => name)], rows })}`; // prettier-ignore
}
