// NIR on the command line: models and graphs into each other, spikes of a trace as NIRData, what a graph file holds.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { SettleError } from '../errors.ts';
import { readContainer } from '../frames/container.ts';
import { readBytes, writeFileAtomic } from '../frames/files.node.ts';
import { readNetwork } from '../model/read.node.ts';
import { runFiles } from '../run/folder.node.ts';
import { isNirFile, openNir, readNirFile, writeNir, writeNirSpikes } from '../run/nir.node.ts';
import { shapeText } from '../trace/nirGraph.ts';
import { nirShapes } from '../trace/nirShapes.ts';
import type { CommandLine } from './io.ts';

export interface NirFlags {
  readonly out: string;
  /** Of format model: how the graph is to be read. */
  readonly pulse?: string;
  readonly timeUnit?: string;
  readonly spikes?: string;
  /** Of format nirdata: the graph that was run. */
  readonly nir?: string;
}

/** Formats of export that are not those of frames. */
export const nirFormats: Readonly<Record<string, (from: string, flags: NirFlags, io: CommandLine) => Promise<void>>> = {
  async nir(from, { out }, io) {
    const found = readNetwork(from);
    if (!found)
      throw new SettleError('only models without learning are written as NIR', { kind: 'input', file: from, found: 'a model that learns', expected: 'a model with simulation:' });
    for (const note of await writeNir(found.model, found.file, out)) io.err(`${out}: ${note}\n`);
  },
  async model(from, { out, pulse, timeUnit, spikes }, io) {
    const { text, notes } = await openNir(from, { pulse, timeUnit, spikes });
    writeFileAtomic(out, text);
    for (const note of notes) io.err(`${from}: ${note}\n`);
  },
  async nirdata(from, { out, nir }) {
    const path = existsSync(join(from, runFiles.trace)) ? join(from, runFiles.trace) : from;
    const { frames, header } = readContainer(readBytes(path), path, 'settle-trace');
    const sizes = header['populations'];
    if (typeof sizes !== 'object' || sizes === null)
      throw new SettleError('only traces of networks without learning become NIRData', { kind: 'input', file: path, path: 'populations', found: 'nothing', expected: 'a trace of settle simulate' });
    await writeNirSpikes(frames, sizes as Readonly<Record<string, number>>, out, nir === undefined ? undefined : await openNir(nir));
  },
}; // prettier-ignore

/** What a graph file holds, or undefined for a file of another kind. */
export async function inspectedNir(file: string): Promise<{ json: object; text: string } | undefined> {
  if (!existsSync(file) || !isNirFile(file)) return undefined;
  const graph = await readNirFile(file);
  const shapes = nirShapes(graph, file);
  const nodes = graph.nodes.map(({ name, type }) => ({ name, type, input: shapes.get(name)!.input, output: shapes.get(name)!.output })); // prettier-ignore
  const { version, edges, notes } = graph;
  const metadata = Object.fromEntries(graph.metadata);
  const lines = [
    `${file}: NIR ${version}, ${nodes.length} nodes, ${edges.length} edges`,
    ...Object.entries(metadata).map(([key, value]) => `${key}: ${value}`),
    ...nodes.map(({ name, type, input, output }) => `${name}: ${type} ${shapeText(input)} -> ${shapeText(output)}`),
    ...edges.map(([from, to]) => `${from} -> ${to}`),
    ...notes,
  ];
  return { json: { schema: 'settle-nir/1', file, version, metadata, nodes, edges, notes }, text: `${lines.join('\n')}\n` }; // prettier-ignore
}
