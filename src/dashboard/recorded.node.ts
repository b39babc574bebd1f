// The examples of a trace that may still grow, each as its latest epoch has it. Every byte is gone through once, so many at a look;
// kept is where frames stand, and only those of one example are read again. It shows nothing.
import { existsSync, statSync } from 'node:fs';
import { byteCursor } from '../frames/bytes.ts';
import { type ContainerReader, containerReader, decodeFrame, type Header } from '../frames/container.ts';
import { chunksOf } from '../frames/files.node.ts';
import type { Frame } from '../frames/frame.ts';

export interface Recorded {
  /** Goes on through what has come; a file that is another, or has become shorter, is gone through anew. */
  look(): void;
  /** Numbers of the examples, in the order of their first frames. */
  readonly examples: readonly number[];
  /** Changes when the frames of an example do; 0: there are none. */
  versionOf(example: number): number;
  /** Empty where they cannot be read. */
  framesOf(example: number): Frame[];
}

interface Kept {
  readonly epoch: number;
  readonly places: { readonly from: number; readonly length: number }[];
  version: number;
}

const shown = ['spikes', 'samples', 'energy'];

/** `most`: bytes gone through at one look, by which a page of the same thread has to wait; the next look goes on. */
export function recordedIn(file: string, most: number): Recorded {
  const examples = new Map<number, Kept>();
  let header: Header | undefined;
  let [inode, at, seen, versions] = [-1, 0, -1, 0];
  function note({ kind, example, epoch }: Frame, from: number, length: number): void {
    if (!shown.includes(kind)) return;
    let kept = examples.get(example);
    if (kept?.epoch !== epoch) examples.set(example, (kept = { epoch, places: [], version: 0 }));
    kept.places.push({ from, length });
    kept.version = ++versions;
  }
  return {
    look() {
      const now = existsSync(file) ? statSync(file) : null;
      if (!now || now.size === 0) return;
      if (now.ino !== inode || now.size < at) {
        examples.clear();
        [header, inode, at, seen] = [undefined, now.ino, 0, -1];
      }
      if (now.size === seen) return;
      let reader: ContainerReader | undefined;
      try {
        reader = containerReader(chunksOf(file, at), file, 'settle-trace', header && { header, bytes: at });
        header = reader.header;
        at = reader.wholeBytes;
        for (const end = at + most; at < end;) {
          const frame = reader.next();
          if (!frame) {
            seen = now.size;
            return;
          }
          note(frame, at, reader.wholeBytes - at);
          at = reader.wholeBytes;
        }
      } catch {
        // Its header has not come yet.
      } finally {
        reader?.close();
      }
    },
    get examples() {
      return [...examples.keys()];
    },
    versionOf: (example) => examples.get(example)?.version ?? 0,
    framesOf(example) {
      try {
        return (examples.get(example)?.places ?? []).map(({ from, length }) => {
          const cursor = byteCursor(chunksOf(file, from));
          try {
            return decodeFrame(cursor.take(length));
          } finally {
            cursor.close();
          }
        });
      } catch {
        return [];
      }
    },
  };
}
