// npm run bench [NAME...]: speed of training and of its parts, each with its floor and, where it is installed, a peer in
// the same run. Writes bench/RESULTS.md when all are run. Nothing here tests anything.
// First: a process that measures one export or one training ends in it.
import './exportChild.ts';
import './epChild.ts';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { wasm } from '../src/backends/wasm/backend.node.ts';
import { batches } from '../src/data/batches.ts';
import { feeder } from '../src/learn/trainer.ts';
import { builder } from '../src/program/builder.ts';
import type { Sequence } from '../src/program/program.ts';
import { denseBench } from './dense.ts';
import { cubaBench, deliveryBench, threadsBench } from './events.ts';
import { exportBench } from './export.ts';
import { gpuBench } from './gpu.ts';
import { epBench } from './ep.ts';
import { noPeer, python, torchInstalled } from './peers.ts';
import { picturesBench } from './pictures.ts';
import { baselinesBench } from './rates.ts';
import { searchBench } from './search.ts';
import { data, open, type Setup, train, whole } from './setup.ts';
import { stdpBench } from './stdp.ts';
import { sweepBench } from './sweep.ts';
import { markdownText } from '../src/report/table.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const wanted = process.argv.slice(2).filter((name) => !name.startsWith('-'));
const sections: string[] = [];

/** Seconds of one call, the best of several (shared machines are only ever slower). */
async function best(times: number, call: () => Promise<void>): Promise<number> {
  let least = Infinity;
  for (let k = 0; k < times; k++) {
    const begun = performance.now();
    await call();
    least = Math.min(least, (performance.now() - begun) / 1000);
  }
  return least;
}

const stepsOf = (sequence: Sequence): number =>
  sequence.reduce((sum, [slot, times]) => sum + (/^(free|plus|minus|predict)(\.window)?$/.test(slot) ? times : 0), 0);

const networks = [
  { label: 'integrate-and-fire 784-100-10, 2 ms', model: 'if-mnist', set: [] },
  { label: 'LIF 784-100-10, 1 ms', model: 'mnist', set: ['populations.h.units=100'] },
  { label: 'LIF 784-300-10, 1 ms (npm start)', model: 'mnist', set: [] },
] as const; // prettier-ignore

/** Training throughput after a warm-up of one epoch's tenth, so that the network spikes as it does most of the time. */
async function trainBench(): Promise<void> {
  const rows: string[][] = [];
  for (const { label, model, set } of networks)
    for (const threads of [1, 2]) {
      const setup = await open(model, set, threads);
      await train(setup, 12_000, 0);
      await setup.machine.run(setup.recipe.clearCounts);
      const examples = 12_000;
      const rates = [await train(setup, examples, 1), await train(setup, examples, 2), await train(setup, examples, 3)];
      const rate = Math.max(...rates);
      let events = 0;
      for (const [population, list] of Object.entries(setup.recipe.spikeLists)) {
        const counts = await setup.machine.read(`${list}.count`);
        for (let k = 1; k < counts.length; k += 2)
          events += (counts[k]! * setup.recipe.fanOut[population]!) / (3 * examples);
      }
      const neurons = setup.model.populations.slice(1).reduce((sum, { units }) => sum + units, 0);
      const steps = stepsOf(setup.recipe.train[0]!);
      rows.push([
        label,
        String(threads),
        whole(rate),
        whole((rate * steps * neurons) / 1e6),
        whole((rate * events) / 1e6),
        String(setup.machine.batch),
      ]);
      await setup.machine.close();
    }
  sections.push(
    '## Training\n\nfloat32, contrast, symmetric, whole protocol with its update, best of three times 12,000 examples after one warm-up.\n',
  );
  sections.push(
    markdownText({
      columns: ['network', 'threads', 'examples/s', 'M neuron updates/s', 'M synaptic events/s', 'batch'],
      rows,
    }),
  );
}

/** Seconds of a slot of a small program of its own, run `times` times for each of `batch` examples, on one thread. */
async function alone(
  batch: number,
  times: number,
  build: (b: ReturnType<typeof builder>) => void,
  before: readonly string[] = [],
): Promise<number> {
  const b = builder('alone');
  build(b);
  const machine = await wasm().open(b.build(), { batch, threads: 1 });
  for (const { name, dtype, shape, batch: own } of machine.program.buffers.values())
    if (dtype === 'real')
      await machine.write(name, new Float32Array(shape.reduce((x, y) => x * y, own ? batch : 1)).fill(0.5));
  for (const slot of before) await machine.run(slot);
  const seconds = await best(7, () => machine.perform([['run', times]]));
  await machine.close();
  return seconds;
}

/** Each part alone on one thread, beside a floor measured in the same run. */
async function partsBench(): Promise<void> {
  const setup = await open('mnist', [], 1);
  const { machine, recipe } = setup;
  await train(setup, 12_000, 0);
  const feed = feeder(recipe, machine, data.train, data.classes);
  const [indices] = [...batches(data.train.count, machine.batch, 1, 5)];
  await feed.write(indices!, 1);
  let active = 0;
  for (const index of indices!) for (let k = 0; k < 784; k++) if (data.train.inputs[index * 784 + k] !== 0) active++;
  const rows: string[][] = [];
  const row = (part: string, value: number, unit: string, floor: number, what: string): void => {
    rows.push([
      part,
      `${value < 100 ? value.toFixed(1) : whole(value)} ${unit}`,
      `${floor < 100 ? floor.toFixed(1) : whole(floor)} ${unit}`,
      (value / floor).toFixed(2),
      what,
    ]);
  };
  const repeat = 400;
  // The most that the dense kernel does: every input active, weights that stay in the first-level cache.
  const small = await alone(1, 20_000, (b) => {
    b.buffer('x', [64], { batch: true });
    b.buffer('y', [64], { batch: true });
    b.buffer('w', [64, 64]);
    b.add('run', { op: 'gather', from: 'x', weight: 'w', into: 'y', add: false });
  });
  const peak = (2 * 64 * 64 * 20_000) / small / 1e9;
  const begin = await best(7, () => machine.perform([['begin', repeat]]));
  row(
    'input drive W_0 x, with the initial state',
    (2 * active * 300 * repeat) / begin / 1e9,
    'GFLOP/s',
    peak,
    'the same kernel on weights in the first-level cache',
  );
  const update = await best(7, () => machine.perform([['update', repeat]]));
  row(
    'update of all weights, zero pixels skipped',
    (2 * (active * 300 + 2 * 20 * 3000) * repeat) / update / 1e9,
    'GFLOP/s',
    peak,
    'as above; it also reads and writes each touched weight once',
  );
  // Five states read and written, one multiplication each: what a LIF step must move.
  const names = ['a', 'b', 'c', 'd', 'e'];
  const moving = await alone(20, 2000, (b) => {
    for (const name of names) b.buffer(name, [300], { batch: true });
    const value = (name: string) =>
      ({
        kind: 'call',
        call: 'mul',
        args: [
          { kind: 'name', name },
          { kind: 'number', value: 0.999 },
        ],
      }) as const;
    b.add('run', { op: 'map', units: 300, assign: names.map((name) => ({ into: name, value: value(name) })) });
  });
  // From a fresh start each time: traces of silent units fall below the normal range after some 900 steps, which is slow.
  const fresh: Sequence = [['begin', 1], ['free', 300], ['begin', 1], ['free', 300]]; // prettier-ignore
  const settle = (await best(7, () => machine.perform(fresh))) - (2 * begin) / repeat;
  row(
    'a free step: LIF, spike lists, delivery',
    (20 * 310 * 600) / settle / 1e6,
    'M neuron updates/s',
    (20 * 300 * 2000) / moving / 1e6,
    'the same five states read, scaled and written',
  );
  await machine.close();
  // Delivery alone: 1,000 units all in the list, each with 1,000 targets; rows that fit the cache are its floor.
  const delivery = (units: number, targets: number, times: number): Promise<number> =>
    alone(1, times, (b) => {
      b.buffer('spike', [units], { batch: true });
      b.buffer('current', [targets], { batch: true });
      b.buffer('weight', [units, targets]);
      b.list('list', units);
      b.add('compact', { op: 'compact', from: 'spike', list: 'list' });
      b.add('run', { op: 'deliver', list: 'list', weight: 'weight', into: 'current', at: 0 });
    }, ['compact']); // prettier-ignore
  const large = (1e6 * 200) / (await delivery(1000, 1000, 200)) / 1e6;
  row(
    'delivery, 1,000 spikes to 1,000 targets each',
    large,
    'M synaptic events/s',
    (64 * 64 * 20_000) / (await delivery(64, 64, 20_000)) / 1e6,
    'the same with 64 spikes to 64 targets, in the first-level cache',
  );
  sections.push('\n## Parts, one thread, batch 20\n');
  sections.push(markdownText({ columns: ['part', 'measured', 'floor', 'share', 'what the floor is'], rows }));
}

/** The same integrate-and-fire recipe written by hand in PyTorch, in the same run; skipped where it is not installed. */
async function peerBench(): Promise<void> {
  sections.push('\n## Beside PyTorch: integrate-and-fire 784-100-10, same recipe\n');
  if (!torchInstalled()) return void sections.push(noPeer);
  const rows: string[][] = [];
  const setups: [string, Setup][] = [];
  for (const threads of [1, 2]) {
    const setup = await open('if-mnist', [], threads);
    await train(setup, 12_000, 0);
    setups.push([`settle, ${threads} thread${threads > 1 ? 's' : ''}, batch 20`, setup]);
  }
  const peer = (batch: number, threads: number): number =>
    Number(
      execFileSync(python, [join(root, 'bench/peer_torch.py'), String(batch), String(threads)], {
        encoding: 'utf8',
      }),
    );
  const rates = new Map<string, number[]>();
  const note = (label: string, rate: number): void => void rates.set(label, [...(rates.get(label) ?? []), rate]);
  for (let round = 0; round < 3; round++) {
    for (const [label, setup] of setups) note(label, await train(setup, 12_000, round + 1));
    for (const [batch, threads] of [[20, 1], [100, 1], [100, 2]] as const) note(`PyTorch by hand, ${threads} thread${threads > 1 ? 's' : ''}, batch ${batch}`, peer(batch, threads)); // prettier-ignore
  }
  for (const [label, values] of rates) rows.push([label, whole(Math.max(...values)), values.map(whole).join(', ')]);
  sections.push(markdownText({ columns: ['what', 'examples/s, best', 'each round'], rows }));
  for (const [, { machine }] of setups) await machine.close();
}

async function memoryBench(): Promise<void> {
  const time = spawnSync('/usr/bin/env', ['bash', '-c', `rm -rf runs/bench-memory; node dist/cli.js run mnist --epochs 1 --out runs/bench-memory >/dev/null 2>&1 & pid=$!; peak=0; while [ -d /proc/$pid ]; do now=$(awk '/VmHWM/ {print $2}' /proc/$pid/status 2>/dev/null); [ -n "$now" ] && peak=$now; sleep 0.2; done; rm -rf runs/bench-memory; echo $peak`], { cwd: root, encoding: 'utf8' }); // prettier-ignore
  sections.push(
    `\n## Memory\n\nPeak resident memory of one epoch of the main job: ${whole(Number(time.stdout.trim()) / 1024)} MB.`,
  );
}

async function stdp(): Promise<void> {
  sections.push(
    '\n## Weight change and spike times\n\nThe event rule in the +beta phase, LIF 784-100-10, 60 images: mean change of a synapse at a spike of one of its two neurons, by the time to the nearest spike of the other, in units of rate / (2 beta). Picture: docs/stdp.svg.\n',
  );
  sections.push(await stdpBench(root));
}

async function dense(): Promise<void> {
  sections.push(
    '\n## Dense products, GFLOP/s\n\nfloat32, one thread where not said, best of 30 interleaved rounds; only terms that are not zero are counted.\n',
  );
  sections.push(await denseBench(root, data.train.inputs));
}

async function pictures(): Promise<void> {
  sections.push(
    '\n## Kernels over pictures, GFLOP/s\n\nfloat32, 8 pictures, one thread, best of 12 interleaved rounds; terms that are zero count as well, which the way back from unpooled values leaves out (three of four after 2 x 2 windows). The floor is multiplications and additions on registers alone, without fusing.\n',
  );
  sections.push(await picturesBench());
}

const machine = (): string =>
  `${cpus()[0]?.model ?? 'unknown processor'}, ${cpus().length} cores, Node ${process.versions.node}, ${new Date().toISOString().slice(0, 10)}`;

async function exported(): Promise<void> {
  const table = exportBench(root);
  sections.push(table);
  // Of the whole size only.
  if (process.env['SETTLE_BENCH'] === undefined && existsSync(join(root, 'bench')))
    writeFileSync(
      join(root, 'bench', 'EXPORT.md'),
      `# Export\n\nMade by \`npm run bench -- export\` on: ${machine()}.\n${table}\n`,
    );
}

const benches: Record<string, () => Promise<void>> = {
  // First: what others leave in the process slows them.
  cuba: async () => void sections.push(await cubaBench(root)),
  delivery: async () => void sections.push(await deliveryBench()),
  threads: async () => void sections.push(await threadsBench()),
  train: trainBench,
  parts: partsBench,
  dense: dense,
  pictures: pictures,
  peer: peerBench,
  ep: async () => void sections.push(epBench(root)),
  baselines: async () => void sections.push(await baselinesBench(root)),
  memory: memoryBench,
  stdp: stdp,
  export: exported,
  gpu: async () => void sections.push(await gpuBench()),
  search: async () => void sections.push(await searchBench(root)),
  sweep: async () => void sections.push(await sweepBench()),
};
const chosen = wanted.length > 0 ? wanted : Object.keys(benches);
for (const name of chosen) {
  const bench = benches[name];
  if (!bench) {
    console.error(`settle: unknown measurement "${name}", expected ${Object.keys(benches).join(', ')}`);
    process.exit(2);
  }
  await bench();
}
const text = `# Speed\n\nMade by \`npm run bench\` on: ${machine()}. Shared machines are noisy: trust ratios within one table.\n\n${sections.join('\n')}\n`;
console.log(text);
// An installed package has no folder for it.
if (wanted.length === 0 && existsSync(join(root, 'bench'))) writeFileSync(join(root, 'bench', 'RESULTS.md'), text);
process.exit(0);
