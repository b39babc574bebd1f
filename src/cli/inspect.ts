// settle inspect: what a file holds, in words or as JSON; which format it is its bytes say, not its name.
import { createHash } from 'node:crypto';
import { inflateRawSync } from 'node:zlib';
import { readNpy } from '../data/npy.ts';
import { SettleError } from '../errors.ts';
import { containerReader } from '../frames/container.ts';
import { chunksOf, readBytes } from '../frames/files.node.ts';
import { readAddressMap } from '../trace/addressMap.ts';
import { openHdf5, readHdf5 } from '../trace/hdf5.node.ts';
import type { HdfGroup } from '../trace/hdf5.ts';
import { readNpz } from '../trace/npz.ts';
import { kindOf, openSpikes } from '../trace/open.node.ts';
import { readMemory } from '../trace/readmemh.ts';
import { readSafetensors } from '../trace/safetensors.ts';
import { type SpikeSummary, summaryOf } from '../trace/summary.ts';
import { traceOf } from './export.ts';
import type { AddCommand } from './io.ts';
import { inspectedNir } from './nir.ts';
import { thousands } from './progress.ts';

interface Inspected {
  readonly json: object;
  readonly lines: readonly string[];
}

export const inspectCommand: AddCommand = (program, io) => {
  program
    .command('inspect')
    .description('what a file holds: traces, checkpoints, spikes, weights, NIR graphs')
    .argument('<file>', 'a file of any format that settle writes or reads, or the folder of a run (its trace)')
    .option('--json', 'one JSON object on stdout')
    .addHelpText(
      'after',
      '\nExamples:\n  settle inspect runs/mnist-ep-1\n  settle inspect runs/mnist-ep-1/checkpoint.settle\n  settle inspect spikes.vcd --json',
    )
    .action(async (file: string, flags: { json?: boolean }) => {
      const path = traceOf(file);
      const { json, lines } = await inspected(path);
      io.out(flags.json ? `${JSON.stringify(json)}\n` : `${lines.join('\n')}\n`);
    });
};

async function inspected(path: string): Promise<Inspected> {
  const { kind, size } = kindOf(path);
  const about = { schema: 'settle-inspect/1', file: path, bytes: size };
  const arrays = (format: string, found: Iterable<readonly [string, { readonly dtype: string; readonly shape: readonly number[] }]>, more: object = {}): Inspected => {
    const list = Array.from(found, ([name, { dtype, shape }]) => ({ name, dtype, shape }));
    return { json: { ...about, format, ...more, arrays: list }, lines: [`${path}: ${format}, ${thousands(size)} bytes, ${list.length} arrays`, ...Object.entries(more).map(([key, value]) => `${key}: ${JSON.stringify(value)}`), ...list.map(({ name, dtype, shape }) => `${name}: ${dtype}[${shape.join(', ')}]`)] };
  };
  const numbers = (format: string, more: Record<string, number>): Inspected =>
    ({ json: { ...about, format, ...more }, lines: [`${path}: ${format}, ${thousands(size)} bytes`, ...Object.entries(more).map(([key, value]) => `${key}: ${thousands(value)}`)] });
  if (kind === 'npz') return arrays('npz', readNpz(readBytes(path), path, inflated));
  if (kind === 'safetensors') {
    const { tensors, metadata } = readSafetensors(readBytes(path), path);
    return arrays('safetensors', tensors, { metadata });
  }
  if (kind === 'npy') {
    const { shape, data } = readNpy(readBytes(path), path);
    return arrays('npy', [['array', { shape, dtype: data.constructor.name.replace('Array', '').toLowerCase() }]]);
  }
  if (kind === 'memory') {
    const { words, digits, last } = readMemory(new TextDecoder().decode(readBytes(path)), path);
    return numbers('memory for $readmemh', { words, digits, 'last address': last });
  }
  if (kind === 'map') return numbers('map of addresses', { addresses: readAddressMap(new TextDecoder().decode(readBytes(path)), path).size });
  if (kind === 'hdf5') {
    const file = await openHdf5(path);
    const root = file.names('/') ?? [];
    file.close();
    if (root.includes('node')) {
      const { json, text } = (await inspectedNir(path))!;
      return { json, lines: text.trimEnd().split('\n') };
    }
    if (!root.includes('spikes')) {
      const tree = await readHdf5(path);
      const format = tree.attributes.get('__type__')?.texts[0] === 'NIRGraphData' ? 'NIRData (HDF5)' : 'HDF5';
      return arrays(format, [...hdfArrays(tree)]);
    }
  }
  return kind === 'container' || kind === null ? container(path, about) : spikes(path, about);
} // prettier-ignore

const inflated = (data: Uint8Array, size: number): Uint8Array => inflateRawSync(data, { maxOutputLength: size });

function* hdfArrays(group: HdfGroup, path = ''): Generator<readonly [string, { dtype: string; shape: readonly number[] }]> {
  for (const [name, member] of group.members)
    if (member.kind === 'array') yield [`${path}${name}`, { dtype: member.type, shape: member.shape }];
    else yield* hdfArrays(member, `${path}${name}/`);
} // prettier-ignore

async function spikes(path: string, about: object): Promise<Inspected> {
  const file = await openSpikes(path);
  try {
    const found = summaryOf(file);
    return { json: { ...about, ...found }, lines: [`${path}: ${found.format}`, ...words(found)] };
  } finally {
    file.close?.();
  }
}

function words({ spikes: count, neurons, first, last, tick, populations, largestAddress, examples, notes }: SpikeSummary): string[] {
  return [
    `${thousands(count)} spikes of ${thousands(neurons)} neurons${first === null ? '' : ` from ${first} s to ${last} s`}, ${tick === null ? 'exact times' : `ticks of ${tick} s`}`,
    ...populations.slice(0, 50).map((each) => `${each.name}: ${thousands(each.spikes)} spikes of ${thousands(each.neurons)} neurons`),
    ...(populations.length > 50 ? [`and ${populations.length - 50} more`] : []),
    ...(largestAddress === null ? [] : [`addresses up to ${largestAddress}`]),
    ...(examples === null || examples < 2 ? [] : [`${examples} examples behind each other`]),
    ...notes,
  ];
} // prettier-ignore

/** Which kind of container a file is, by the schema in its first record. */
export function familyOf(path: string): 'settle-trace' | 'settle-checkpoint' {
  for (const chunk of chunksOf(path))
    return new TextDecoder('latin1').decode(chunk.subarray(0, 200)).includes('settle-checkpoint/') ? 'settle-checkpoint' : 'settle-trace'; // prettier-ignore
  return 'settle-trace';
}

async function container(path: string, about: { readonly bytes: number }): Promise<Inspected> {
  const family = familyOf(path);
  const hash = createHash('sha256');
  for (const chunk of chunksOf(path)) hash.update(chunk);
  const reader = containerReader(chunksOf(path), path, family);
  const frames: { kind: string; epoch: number; example: number; phase: string; t0: number; t1: number; columns: Record<string, string> }[] = [];
  for (let frame = reader.next(); frame; frame = reader.next()) {
    const { kind, epoch, example, phase, t0, t1, columns } = frame;
    frames.push({ kind, epoch, example, phase, t0, t1, columns: Object.fromEntries(Object.entries(columns).map(([name, { dtype, shape }]) => [name, `${dtype}[${shape.join(', ')}]`])) });
  }
  const { header, complete, problem } = reader;
  const sha256 = hash.digest('hex');
  let summary: SpikeSummary | null = null;
  let unreadable: string | null = null;
  if (frames.some(({ kind }) => kind === 'spikes'))
    try {
      summary = summaryOf(await openSpikes(path));
    } catch (error) {
      if (!(error instanceof SettleError)) throw error;
      unreadable = error.message;
    }
  const listed = frames.map(({ kind, epoch, example, phase, t0, t1, columns }) =>
    `${kind}${phase === '' ? '' : ` epoch ${epoch}, example ${example}, ${phase} [${t0}, ${t1})`}: ${Object.entries(columns).map(([name, shape]) => `${name} ${shape}`).join(', ')}`);
  return {
    json: { ...about, sha256, header, complete, problem, ...(summary && { spikes: summary }), frames },
    lines: [
      `${path}: ${thousands(about.bytes)} bytes, SHA-256 ${sha256}`,
      ...Object.entries(header).map(([key, value]) => `${key}: ${typeof value === 'string' ? value : JSON.stringify(value)}`),
      ...(listed.length > 400 ? [...listed.slice(0, 200), `... ${listed.length - 400} more records ...`, ...listed.slice(-200)] : listed),
      ...(summary ? words(summary) : unreadable === null ? [] : [`spikes cannot be read: ${unreadable}`]),
      complete ? 'complete' : `not complete: ${problem}`,
    ],
  };
} // prettier-ignore
