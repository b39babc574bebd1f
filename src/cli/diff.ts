// settle diff: two containers record by record, or the spikes of two files of any formats neuron by neuron.
import { existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { SettleError } from '../errors.ts';
import { quantity } from '../expr/units.ts';
import { containerReader } from '../frames/container.ts';
import { chunksOf, readBytes, writeFileAtomic } from '../frames/files.node.ts';
import type { Frame } from '../frames/frame.ts';
import { mapName, readAddressMap } from '../trace/addressMap.ts';
import { diffSpikes, ownTolerance, type Side, type SpikeDifference, tickOfBoth } from '../trace/diff.ts';
import { kindOf, openSpikes } from '../trace/open.node.ts';
import type { Sample, Spikes } from '../trace/spikes.ts';
import { timescaleOf } from '../trace/ticks.ts';
import { windowVcd } from '../trace/window.ts';
import { traceOf } from './export.ts';
import { path as filePath } from './flags.ts';
import { familyOf } from './inspect.ts';
import type { AddCommand, CommandLine } from './io.ts';
import { thousands } from './progress.ts';

interface DiffFlags {
  readonly tolerance?: string;
  readonly map?: string;
  readonly window?: string;
}

export const diffCommand: AddCommand = (program, io, finish) => {
  program
    .command('diff')
    .description('compare two traces or checkpoints, or the spikes of two files; exit 1 where they differ')
    .argument('<expected>', 'a trace, a checkpoint, the folder of a run (its trace), VCD, AER, AEDAT, csv or SONATA')
    .argument('<actual>', 'another')
    .option(
      '--tolerance <time>',
      'how far two spikes may be apart, such as "1 tick" or "0.5 ms" (default: not at all, or what rounding to ticks has lost)',
    ) // prettier-ignore
    .option('--map <file>', 'names of addresses (default: addr_map.csv beside the file)', filePath)
    .option(
      '--window <file>',
      'where the VCD around the first divergence goes (default: a new temporary folder)',
      filePath,
    ) // prettier-ignore
    .addHelpText(
      'after',
      '\nExamples:\n  settle diff runs/a/checkpoint.settle runs/b/checkpoint.settle\n  settle diff runs/a rtl.vcd --tolerance "1 tick" --map addr_map.csv --window divergence.vcd',
    )
    .action(async (expected: string, actual: string, flags: DiffFlags) => {
      const paths = [traceOf(expected), traceOf(actual)] as const;
      if (flags.window !== undefined && existsSync(flags.window))
        throw new SettleError('the file is there already', { kind: 'input', path: '--window', file: flags.window });
      const spikesOnly = Object.values(flags).some((flag) => flag !== undefined);
      const containers = paths.every((path) => kindOf(path).kind === 'container');
      if (containers && !spikesOnly) {
        if (sameContainers(paths, io)) return io.out('the same\n');
        finish(1);
        if (paths.some((path) => familyOf(path) !== 'settle-trace')) return;
      }
      const same = await sameSpikes(paths, flags, io);
      if (!same) finish(1);
      else if (!containers || spikesOnly) io.out('the same\n');
    });
};

/** Prints where two containers differ. */
function sameContainers(paths: readonly [string, string], io: CommandLine): boolean {
  const [a, b] = paths.map((path) => containerReader(chunksOf(path), path, familyOf(path))) as [ReturnType<typeof containerReader>, ReturnType<typeof containerReader>]; // prettier-ignore
  let count = 0;
  const say = (line: string): void => {
    if (++count <= 20) io.out(`${line}\n`);
  };
  for (const key of new Set([...Object.keys(a.header), ...Object.keys(b.header)]))
    if (JSON.stringify(a.header[key]) !== JSON.stringify(b.header[key])) say(`header: ${key}`);
  let [k, left, right] = [0, 0, 0];
  for (let [frame, other] = [a.next(), b.next()]; frame || other; [frame, other] = [a.next(), b.next()], k++) {
    left += frame ? 1 : 0;
    right += other ? 1 : 0;
    if (!frame || !other) continue;
    const where = `frame ${k} (${frame.kind} ${frame.phase})`;
    if (frame.kind !== other.kind || frame.phase !== other.phase || frame.epoch !== other.epoch || frame.example !== other.example)
      say(`${where}: found ${other.kind} ${other.phase} of epoch ${other.epoch}, example ${other.example}`); // prettier-ignore
    for (const text of differences(frame, other)) say(`${where}: ${text}`);
  }
  if (left !== right) say(`frames: expected ${left}, found ${right}`);
  if (a.problem !== b.problem) say(`complete: expected ${a.problem ?? 'yes'}, found ${b.problem ?? 'yes'}`);
  if (count > 20) io.out(`and ${count - 20} more\n`);
  return count === 0;
}

/** Columns in which two frames differ, with the first place. */
function differences(a: Frame, b: Frame): string[] {
  const found: string[] = [];
  for (const name of new Set([...Object.keys(a.columns), ...Object.keys(b.columns)])) {
    const [left, right] = [a.columns[name]?.data, b.columns[name]?.data];
    if (!left || !right) found.push(`${name}: only in one`);
    else if (left.length !== right.length) found.push(`${name}: expected ${left.length} values, found ${right.length}`);
    else {
      const at = left.findIndex((value, k) => !Object.is(value, right[k]));
      if (at >= 0) found.push(`${name}[${at}]: expected ${left[at]}, found ${right[at]}`);
    }
  }
  return found;
}

/** Prints where the spikes of two files differ, and writes a window around the first place. */
async function sameSpikes(paths: readonly [string, string], flags: DiffFlags, io: CommandLine): Promise<boolean> {
  const files = await openBoth(paths);
  try {
    const [expected, actual] = sidesOf(paths, files, flags.map);
    const tolerance = toleranceOf(flags.tolerance, ...files);
    const found = diffSpikes(expected, actual, tolerance);
    io.out(`expected ${paths[0]}: ${thousands(found.expected)} spikes; actual ${paths[1]}: ${thousands(found.actual)} spikes; tolerance ${secondsText(tolerance)}, ${found.largest > 0 ? `pairs at most ${secondsText(found.largest)} apart` : 'pairs at equal times'}\n`); // prettier-ignore
    for (const [k, file] of files.entries()) {
      const problem = file.problem?.();
      if (problem) io.err(`${paths[k]}: ${problem}\n`);
    }
    if (!found.first) return true;
    report(found, io);
    const window = flags.window ?? join(mkdtempSync(join(tmpdir(), 'settle-diff-')), 'window.vcd');
    const { text, before } = windowOf(expected, actual, found.first);
    if (before) io.out(`membrane of ${found.first.neuron} before it: ${before.value} at ${secondsText(before.time)}\n`);
    writeFileAtomic(window, text);
    io.out(`window: ${window}\n`);
    return false;
  } finally {
    for (const file of files) file.close?.();
  }
}

/** A table of several examples learns from the other file where they begin. */
async function openBoth(paths: readonly [string, string]): Promise<[Spikes, Spikes]> {
  const tables = paths.map((path) => kindOf(path).kind === 'csv');
  const files: Spikes[] = [];
  for (const [k, path] of paths.entries()) files[k] = tables[k] ? (undefined as never) : await openSpikes(path);
  for (const [k, path] of paths.entries()) {
    if (!tables[k]) continue;
    const other = files[1 - k];
    if (other?.examples) goThrough(other.blocks);
    const begins = other?.examples && new Map(Array.from(other.examples, ([key, at]) => [key, at * other.unit]));
    const alone = await openSpikes(path);
    if (alone.examples!.size > 1 && !begins && !tables[1 - k])
      throw new SettleError('a table of several examples does not say when they begin', { kind: 'input', file: path, found: `${alone.examples!.size} examples`, expected: 'beside it a settle trace, a VCD of settle or another table' }); // prettier-ignore
    const placed = begins !== undefined && begins.size > 0 && (alone.examples!.size > 1 || begins.get([...alone.examples!.keys()][0] ?? '') !== 0); // prettier-ignore
    files[k] = placed ? await openSpikes(path, begins) : alone;
  }
  return files as [Spikes, Spikes];
}

function goThrough(blocks: Iterable<unknown>): void {
  const all = blocks[Symbol.iterator]();
  while (!all.next().done);
}

/** Names for both: from --map, the map beside a file, the file itself, or the other file where it numbers neurons as we do. */
function sidesOf(paths: readonly [string, string], files: readonly [Spikes, Spikes], given: string | undefined): [Side, Side] {
  const maps = paths.map((path, k) => {
    const { nameOf, foreign } = files[k]!;
    if (nameOf && !foreign) return null;
    const beside = join(dirname(path), mapName);
    if (given !== undefined) return mapOf(given, foreign);
    return nameOf === null && existsSync(beside) ? mapOf(beside) : null;
  });
  const numbered = (spikes: Spikes): boolean => spikes.format === 'settle trace' || (spikes.format === 'VCD' && !spikes.foreign);
  return files.map((spikes, k) => {
    const other = files[1 - k]!;
    const fallback = spikes.nameOf ?? (numbered(other) ? other.nameOf : null);
    if (!maps[k] && fallback === null && (other.nameOf !== null || maps[1 - k]))
      throw new SettleError('which neurons are these addresses?', { kind: 'input', file: paths[k]!, found: 'addresses only', expected: `${mapName} beside it, or --map` });
    // Signals that a map does not name are none of its neurons; events of an address that it lacks are spikes all the same.
    const unknown = (address: number): string | null => (maps[k] && spikes.foreign ? null : `address ${address}`);
    return { spikes, nameOf: (address) => (maps[k] ? maps[k].get(address) : fallback?.(address)) ?? unknown(address) };
  }) as [Side, Side];
} // prettier-ignore

const mapOf = (file: string, bits = false): ReadonlyMap<number, string> => readAddressMap(new TextDecoder().decode(readBytes(file)), file, bits); // prettier-ignore

/** Seconds from "1 tick" or "0.5 ms". @throws SettleError of kind `input` for anything else */
function toleranceOf(words: string | undefined, expected: Spikes, actual: Spikes): number {
  if (words === undefined) return ownTolerance(expected, actual);
  const refuse = (message: string, wanted: string): never => {
    throw new SettleError(message, { kind: 'input', path: '--tolerance', found: `"${words}"`, expected: wanted });
  };
  const ticks = /^\s*(\d+(?:\.\d+)?)\s*ticks?\s*$/.exec(words)?.[1];
  if (ticks !== undefined) {
    const tick = tickOfBoth(expected, actual);
    return tick === null ? refuse('neither file has ticks', 'a time such as "0.5 ms"') : Number(ticks) * tick;
  }
  if (!/[a-zµμ]/i.test(words)) refuse('a unit is missing', 'a number of ticks such as "1 tick", or a time such as "0.5 ms"');
  const seconds = quantity(words, 'time', { path: '--tolerance' });
  return seconds >= 0 ? seconds : refuse('a tolerance is not negative', 'a time from 0 s');
} // prettier-ignore

const secondsText = (seconds: number): string => `${Number(seconds.toPrecision(12))} s`;

function report({ neurons, first }: SpikeDifference, io: CommandLine): void {
  const { neuron, time, missing } = first!;
  io.out(`first divergence: ${neuron} at ${secondsText(time)}, a spike that is ${missing ? 'missing' : 'extra'}\n`);
  const sum = (kind: 'missing' | 'extra'): number => [...neurons.values()].reduce((total, each) => total + (each[kind]?.count ?? 0), 0); // prettier-ignore
  io.out(`${thousands(sum('missing'))} missing and ${thousands(sum('extra'))} extra spikes of ${thousands(neurons.size)} neurons\n`); // prettier-ignore
  for (const [name, each] of [...neurons].slice(0, 20)) {
    const words = (['missing', 'extra'] as const).flatMap((kind) => (each[kind] ? [`${each[kind].count} ${kind}, first at ${secondsText(each[kind].first)}`] : [])); // prettier-ignore
    io.out(`${name}: ${words.join('; ')}\n`);
  }
  if (neurons.size > 20) io.out(`and ${neurons.size - 20} more neurons\n`);
}

/** Twenty ticks to both sides, or 10 ms where times are exact. */
function windowOf(expected: Side, actual: Side, { neuron, time }: { readonly neuron: string; readonly time: number }): { text: string; before: Sample | null } {
  const coarse = tickOfBoth(expected.spikes, actual.spikes);
  const half = coarse === null ? 0.01 : 20 * coarse;
  const fine = [expected.spikes, actual.spikes].map(({ whole, unit }) => (whole ? unit : 1e-9));
  let tick = Math.min(...fine);
  try {
    timescaleOf(tick);
  } catch {
    tick = 1e-9;
  }
  const [from, until] = [Math.max(0, time - half), time + half];
  const membrane: Sample[] = [];
  let before: Sample | null = null;
  for (const sample of expected.spikes.membrane?.(neuron) ?? []) {
    const at = { time: sample.time * expected.spikes.unit, value: sample.value };
    if (at.time > until) break;
    if (at.time < time) before = at;
    if (at.time >= from) membrane.push(at);
  }
  return { text: windowVcd(expected, actual, { neuron, from, until, tick, membrane }), before };
} // prettier-ignore
