// The page of a run's folder: what its files say, and what they come to say while the run goes on elsewhere. It writes nothing.
import { closeSync, existsSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { readNpy } from '../data/npy.ts';
import { SettleError } from '../errors.ts';
import { readBytes } from '../frames/files.node.ts';
import { loadModel } from '../model/load.ts';
import { isNetwork } from '../model/network.ts';
import { runFiles } from '../run/folder.node.ts';
import { type LiveAbout, shapeOf } from '../run/live.ts';
import { assets } from './assets.node.ts';
import { type Feed, feed as newFeed } from './feed.ts';
import { recordedIn } from './recorded.node.ts';
import { serve, type Server } from './server.node.ts';

export interface FolderPageOptions {
  readonly folder: string;
  readonly host?: string | undefined;
  readonly port: number;
  /** Milliseconds between two looks at the files (default 500). */
  readonly every?: number;
}

/** Bytes of the trace gone through at one look: a fraction of a second, in which no page is answered. */
const mostTrace = 1 << 25;
/** Bytes of metrics.jsonl read at one look. */
const mostRead = 1 << 22;

/** @throws SettleError of kind `input` for a folder that holds no run that learns */
export async function folderPageOf(options: FolderPageOptions): Promise<Server> {
  const { folder } = options;
  const feed = newFeed();
  const about = aboutOf(folder);
  let chosen: number | null = null;
  const metrics = follower(join(folder, runFiles.metrics), feed, () => feed.put({ kind: 'about', about, mode: 'folder' })); // prettier-ignore
  const trace = recorded(folder, about, feed);
  let finished = false;
  const look = (): void => {
    metrics();
    trace.look(chosen);
    const now = existsSync(join(folder, runFiles.report));
    if (now && !finished) feed.put({ kind: 'end', what: 'finished', report: true });
    finished = now;
  };
  feed.put({ kind: 'about', about, mode: 'folder' });
  look();
  const server = await serve({
    feed, resources: assets(about.name, folder, null), host: options.host, port: options.port,
    request(asked) {
      if (asked.do !== 'show') throw new SettleError('the run is not under way here', { kind: 'input', hint: 'watch it with settle run --live' });
      chosen = trace.nextOf(asked.example);
      trace.look(chosen);
    },
  }); // prettier-ignore
  const timer = setInterval(look, options.every ?? 500);
  return {
    ...server,
    get pages() {
      return server.pages;
    },
    async close() {
      clearInterval(timer);
      await server.close();
    },
  };
}

function aboutOf(folder: string): LiveAbout {
  const file = join(folder, runFiles.model);
  if (!existsSync(file)) throw new SettleError('no run in the folder', { kind: 'input', file: folder, expected: `a folder with ${runFiles.model}` }); // prettier-ignore
  const text = new TextDecoder().decode(readBytes(file));
  if (isNetwork(text)) throw new SettleError('a network without learning has no page to follow', { kind: 'input', file: folder, expected: 'the folder of a run that learns' }); // prettier-ignore
  const { model } = loadModel(text, { file });
  const told = jsonIn(join(folder, runFiles.provenance));
  const rule = String(told['rule'] ?? model.learning.rule);
  return {
    name: `${model.name}-${rule}-${model.seed}`, model: model.name, rule, backend: String(told['backend'] ?? model.backend), seed: model.seed,
    profile: existsSync(join(folder, runFiles.profile)) ? String((told['result'] as { profile?: string } | undefined)?.profile ?? 'profile.yaml') : null,
    ...(model.kind === 'rate' ? {} : { step: model.step }), ...shapeOf(model),
    examples: model.data.train, batch: model.data.batch, testExamples: model.data.test, epochs: model.learning.epochs,
  };
} // prettier-ignore

function jsonIn(file: string): Record<string, unknown> {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
  } catch {
    return {};
  }
}

/** Feeds whole lines as they come; a file that has become shorter, by a run that goes on, is read anew after `anew`. */
function follower(file: string, feed: Feed, anew: () => void): () => void {
  let at = 0;
  let rest = Buffer.alloc(0);
  return () => {
    const size = existsSync(file) ? statSync(file).size : 0;
    if (size < at) {
      [at, rest] = [0, Buffer.alloc(0)];
      feed.restart();
      anew();
    }
    while (at < size) {
      const chunk = Buffer.alloc(Math.min(mostRead, size - at));
      const descriptor = openSync(file, 'r');
      const read = readSync(descriptor, chunk, 0, chunk.length, at);
      closeSync(descriptor);
      if (read === 0) return;
      at += read;
      rest = Buffer.concat([rest, chunk.subarray(0, read)]);
      const end = rest.lastIndexOf(10) + 1;
      for (const line of rest.subarray(0, end).toString().split('\n')) {
        try {
          if (line !== '') feed.line(JSON.parse(line) as Record<string, unknown>);
        } catch {
          // Somebody else's line.
        }
      }
      rest = rest.subarray(end);
    }
  };
}

/** Feeds the chosen example of the trace, or its first, whenever there is more of it. */
function recorded(folder: string, about: LiveAbout, feed: Feed) {
  const trace = recordedIn(join(folder, runFiles.trace), mostTrace);
  let had = '';
  return {
    /** The recorded example after the one asked for, or that one itself. */
    nextOf(example: number | null): number | null {
      const known = trace.examples.toSorted((a, b) => a - b);
      return known.find((each) => each >= (example ?? 0)) ?? known[0] ?? null;
    },
    look(chosen: number | null): void {
      trace.look();
      const example = chosen ?? trace.examples[0];
      if (example === undefined) return;
      const has = [chosen, example, trace.versionOf(example), existsSync(join(folder, runFiles.predictions))].join();
      if (has === had) return;
      had = has;
      const frames = trace.framesOf(example);
      const [first] = frames;
      if (!first) return;
      feed.put({ kind: 'state', state: { paused: false, settings: [], chosen: example, picks: {} } });
      const label = labelOf(folder, example);
      feed.put({ kind: 'example', shown: { set: 'test', example, label, image: null, examples: first.epoch * (about.examples ?? 0), epoch: first.epoch, frames } }); // prettier-ignore
    },
  };
}

/** Of a test example of a finished run; null before. */
function labelOf(folder: string, example: number): number | null {
  const file = join(folder, runFiles.predictions);
  if (!existsSync(file)) return null;
  try {
    const { data } = readNpy(readBytes(file), file);
    return data[2 * example + 1] ?? null;
  } catch {
    return null;
  }
}
