// What a server tells a page, as MessagePack: the one form both sides share. Frames travel as the container's records, whole
// columns of typed arrays; it knows no socket and no drawing.
import { decodeFrame, encodeFrame } from '../frames/container.ts';
import { pack, unpack } from '../frames/messagepack.ts';
import type { LiveAbout, LiveProgress, LiveState, ShownExample } from '../run/live.ts';

/** A moment of training as a page keeps it. */
export interface Point {
  /** Training examples since the run began, and seconds of training alone (null where nobody looked at a clock). */
  readonly examples: number;
  readonly seconds: number | null;
  /** Share of the epoch's examples so far that were answered wrongly. */
  readonly error: number;
  /** An example: null without spikes. */
  readonly spikes: number | null;
  readonly events: number | null;
  readonly joules: number | null;
}

/** Null before the first example of an epoch, which has no error yet. */
export function pointOf(progress: LiveProgress): Point | null {
  const { examples, epochExamples, seconds, error, spikesPerExample: spikes, synapticEvents, joules } = progress;
  if (epochExamples === 0) return null;
  return { examples, seconds, error, spikes, events: spikes === null ? null : synapticEvents, joules };
}

export type Message =
  | { readonly kind: 'about'; readonly about: LiveAbout; readonly mode: 'live' | 'folder' }
  | { readonly kind: 'state'; readonly state: LiveState }
  | { readonly kind: 'progress'; readonly progress: LiveProgress }
  | { readonly kind: 'points'; readonly points: readonly Point[] }
  /** Lines of metrics.jsonl, from the first that this page has not had. */
  | { readonly kind: 'lines'; readonly lines: readonly Record<string, unknown>[] }
  | { readonly kind: 'example'; readonly shown: ShownExample }
  /** Nothing more will come: why. */
  | { readonly kind: 'end'; readonly what: string; readonly report: boolean };

export function encodeMessage(message: Message): Uint8Array {
  if (message.kind !== 'example') return pack(message);
  const { frames, ...shown } = message.shown;
  return pack({ kind: 'example', shown: { ...shown, frames: frames.map(encodeFrame) } });
}

/** @throws RangeError for what is no message */
export function decodeMessage(bytes: Uint8Array): Message {
  const message = unpack(bytes) as Message | null;
  if (typeof message !== 'object' || message === null || typeof message.kind !== 'string')
    throw new RangeError('not a message');
  if (message.kind !== 'example') return message;
  const frames = (message.shown.frames as unknown as Uint8Array[]).map((each) => decodeFrame(each));
  return { kind: 'example', shown: { ...message.shown, frames } };
}

/** What a page asks for, as JSON; the token beside it. */
export type Request =
  | { readonly do: 'pause' | 'go' | 'step' }
  | { readonly do: 'show'; readonly example: number | null }
  | { readonly do: 'pick'; readonly population: string; readonly units: readonly number[] }
  | { readonly do: 'change'; readonly path: string; readonly value: number };

const isNumbers = (value: unknown): value is number[] =>
  Array.isArray(value) && value.length <= 64 && value.every((each) => typeof each === 'number');

/** A request from text, or null for what is none. */
export function requestOf(text: string): Request | null {
  let found: Record<string, unknown>;
  try {
    found = JSON.parse(text) as Record<string, unknown>;
  } catch {
    return null;
  }
  if (typeof found !== 'object' || found === null) return null;
  const { do: what, example, population, units, path, value } = found;
  if (what === 'pause' || what === 'go' || what === 'step') return { do: what };
  if (what === 'show' && (example === null || typeof example === 'number')) return { do: what, example };
  if (what === 'pick' && typeof population === 'string' && isNumbers(units)) return { do: what, population, units };
  if (what === 'change' && typeof path === 'string' && typeof value === 'number') return { do: what, path, value };
  return null;
}
