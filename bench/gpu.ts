// The backends for graphics cards by mode and size, beside wasm on one thread in the same run, each with its share of what its
// device does at most. Without a card it prints what the software modes do, and says so. It tests nothing.
import type { Backend, Machine } from '../src/backends/backend.ts';
import { gpujs } from '../src/backends/gpujs.node.ts';
import { webgpu } from '../src/backends/webgpu.node.ts';
import { modes } from '../src/backends/gpujs.ts';
import { wasm } from '../src/backends/wasm/backend.node.ts';
import { builder } from '../src/program/builder.ts';
import { markdownText } from '../src/report/table.ts';
import { computing, fill, type Floors, moving, multiplying, shares, steps, type Work, works } from './gpuWorks.ts';
import { open as openModel, train } from './setup.ts';

interface Column {
  readonly name: string;
  readonly backend: Backend;
  /** A graphics card, or the processor at its best. */
  readonly fast: boolean;
}

/** Seconds of one run, and what of them the host takes before it waits. */
interface Time {
  readonly seconds: number;
  readonly host: number;
}

/** The best of three times of a tenth of a second or more, each closed by reading a number back. */
async function timeOf(work: Omit<Work, 'least'>, { backend }: Column, runs = 1): Promise<Time> {
  const b = builder(work.label);
  work.build(b);
  const machine = await backend.open(b.build(), { batch: work.batch, threads: 1 });
  await fill(work, machine);
  const result = ['v', 'current', 'y'].find((buffer) => machine.program.buffers.has(buffer))!;
  const timed = async (times: number): Promise<Time> => {
    const begun = performance.now();
    await machine.run('run', times);
    const host = performance.now() - begun;
    await machine.read(result, [0, 1]);
    return { seconds: (performance.now() - begun) / (1000 * times), host: host / (1000 * times) };
  };
  let times = runs;
  for (;;) {
    // The first compiles.
    await timed(times);
    if ((await timed(times)).seconds * times > 0.1 || times >= 2 ** 16) break;
    times *= 4;
  }
  const each = [await timed(times), await timed(times), await timed(times)];
  await machine.close();
  return {
    seconds: Math.min(...each.map(({ seconds }) => seconds)),
    host: Math.min(...each.map(({ host }) => host)),
  };
}

const shown = (value: number): string => (value < 10 ? value.toPrecision(2) : String(Math.round(value)));

async function floorsOf(column: Column): Promise<Floors> {
  const rate = async (work: Omit<Work, 'least'>): Promise<number> => work.each / (await timeOf(work, column)).seconds;
  const memory = await rate(moving(column.fast ? 2 ** 22 : 2 ** 17));
  const polynomials = await rate(computing(column.fast ? 2 ** 19 : 2 ** 12));
  const arithmetic = Math.max(polynomials, await rate(multiplying));
  return { memory, arithmetic, launch: await timeOf(moving(1), column, 1024) };
}

/** The columns that are here, and a line about each that is not. */
async function columnsHere(): Promise<{ columns: Column[]; notes: string[] }> {
  const columns: Column[] = [{ name: 'wasm', backend: wasm(), fast: true }];
  const notes: string[] = [];
  const candidates = modes.map((mode) => gpujs(mode));
  for (const backend of [webgpu(), ...candidates])
    try {
      const machine = await backend.open(builder('none').build(), { batch: 1, threads: 1 });
      columns.push({ name: machine.backend, backend, fast: isCard(machine) });
      notes.push(`- ${machine.backend}: ${machine.device}`);
      await machine.close();
    } catch (error) {
      notes.push(`- not here: ${(error as Error).message}`);
    }
  return { columns, notes };
}
const isCard = ({ backend, device }: Machine): boolean => /web(gpu|gl2)$/.test(backend) && !/software/.test(device ?? 'software'); // prettier-ignore

const networks = [
  { model: 'ep-mnist', set: ['populations.h.units=64'], label: 'ep-mnist, 64 hidden units, batch 20', batch: 20, large: false },
  { model: 'mnist', set: ['populations.h.units=64'], label: 'mnist, 64 hidden units, batch 20', batch: 20, large: false },
  { model: 'ep-mnist', set: ['populations.h.units=500', 'data.batch=1000'], label: 'ep-mnist, 500 hidden units, batch 1000', batch: 1000, large: true },
  { model: 'mnist', set: ['data.batch=1000'], label: 'mnist, 300 hidden units, batch 1000', batch: 1000, large: true },
]; // prettier-ignore

/** A section of text: one column for each backend that is here. */
export async function gpuBench(): Promise<string> {
  const { columns, notes } = await columnsHere();
  const card = columns.some(({ name, fast }) => fast && name !== 'wasm');
  const names = columns.map(({ name }) => name);
  const floors = new Map<Column, Floors>();
  for (const column of columns) floors.set(column, await floorsOf(column));
  const floorRow = (what: string, unit: string, of: (floors: Floors) => number): string[] => [what, unit, ...columns.map((column) => shown(of(floors.get(column)!)))]; // prettier-ignore
  const atMost = [
    floorRow('arrays scaled', 'GB/s', ({ memory }) => memory / 1e9),
    floorRow('polynomials, or 64 x 64 x 64', 'GFLOP/s', ({ arithmetic }) => arithmetic / 1e9),
    floorRow('a launch of one thread', 'microseconds', ({ launch }) => 1e6 * launch.seconds),
    floorRow('of it the host', 'microseconds', ({ launch }) => 1e6 * launch.host),
  ];
  const seconds = new Map<string, number>();
  const rows: string[][] = [];
  /** A row of figures; where a device fails, the others' are printed all the same, and what it said. */
  async function row(
    label: string,
    unit: string,
    large: boolean,
    figure: (column: Column) => Promise<string>,
  ): Promise<void> {
    if (large && !card) return;
    const figures: string[] = [];
    for (const column of columns)
      figures.push(large && !column.fast ? '' : await figure(column).catch((error: Error) => {
        notes.push(`- ${column.name} failed at ${label}: ${error.message.split('\n')[0]}`);
        return 'failed';
      })); // prettier-ignore
    rows.push([label, unit, ...figures]);
  }
  for (const work of works)
    await row(work.label, work.unit, work.large ?? false, async (column) => {
      const { seconds: each } = await timeOf(work, column);
      seconds.set(`${work.label} ${column.name}`, each);
      const share = (100 * work.each * work.least(floors.get(column)!)) / each;
      return `${shown(work.each / each)} (${shown(share)} %)`;
    });
  for (const { label, model, set, batch, large } of networks)
    await row(label, 'EP examples/s', large, async ({ backend }) => {
      const setup = await openModel(model, set, 1, backend);
      await train(setup, batch, 0);
      const rate = Math.max(await train(setup, 3 * batch, 1), await train(setup, 3 * batch, 2));
      await setup.machine.close();
      return shown(rate);
    });
  const stepRows = [1000, 4000].flatMap((units) => steps(units).map(({ label }) => [label, ...names.map((name) => seconds.get(`${label} ${name}`))])) // prettier-ignore
    .filter((row) => row.slice(1).some((value) => value !== undefined))
    .map(([label, ...values]) => [String(label), ...values.map((value) => (value === undefined ? '' : shown(1e6 * Number(value))))]); // prettier-ignore
  const said = card ? '' : ' **No graphics card was found: every figure is of software on the processor, none of a card.**'; // prettier-ignore
  return [
    `\n## Graphics cards: webgpu and gpu.js by mode\n\nfloat32, one thread, best of three.${said}\n\n${notes.join('\n')}`,
    `What each does at most:\n\n${markdownText({ columns: ['what', 'unit', ...names], rows: atMost })}`,
    `What it does, with its share of that: neuron updates move 20 bytes each and synaptic events 4 (more than 100 % where they stay in a cache), products are bound by arithmetic.\n\n${markdownText({ columns: ['what', 'unit', ...names], rows })}`,
    `Delivery goes from event to event: microseconds of a step (spike list and delivery) at ${shares.map((share) => `${100 * share} %`).join(', ')} of the units.\n\n${markdownText({ columns: ['step', ...names], rows: stepRows })}`,
  ].join('\n\n'); // prettier-ignore
}
