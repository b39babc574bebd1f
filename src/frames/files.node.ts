// Files that are never half-written, files read in chunks, and a writer for containers that grow while a run goes on.
import { createHash } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { codeOf, reasonOf, SettleError } from '../errors.ts';
import {
  containerReader,
  type ContainerReader,
  encodeEnd,
  encodeFrame,
  encodeHeader,
  type Header,
} from './container.ts';
import type { Frame } from './frame.ts';

export function sha256(data: Uint8Array | string): string {
  return createHash('sha256').update(data).digest('hex');
}

function writeAll(descriptor: number, bytes: Uint8Array, position: number): void {
  for (let at = 0; at < bytes.length;) at += writeSync(descriptor, bytes, at, bytes.length - at, position + at);
}

/** Writes a file beside its place, then renames: readers see the old bytes or the new ones. */
export function writeFileAtomic(path: string, data: Uint8Array | string): void {
  writeChunksAtomic(path, [typeof data === 'string' ? new TextEncoder().encode(data) : data]);
}

/** The same, chunk by chunk; a chunk may be used again once the next is asked for. Gives the number of bytes. */
export function writeChunksAtomic(path: string, chunks: Iterable<Uint8Array>): number {
  const temporary = `${path}.${process.pid}.tmp`;
  let descriptor: number | null = null;
  try {
    descriptor = openSync(temporary, 'w');
    let length = 0;
    for (const chunk of chunks) {
      writeAll(descriptor, chunk, length);
      length += chunk.length;
    }
    fsyncSync(descriptor);
    closeSync(descriptor);
    descriptor = null;
    renameSync(temporary, path);
    return length;
  } catch (error) {
    if (descriptor !== null) closeSync(descriptor);
    rmSync(temporary, { force: true });
    if (error instanceof SettleError || codeOf(error) === undefined) throw error;
    throw new SettleError(`cannot write: ${reasonOf(error)}`, { kind: 'environment', file: path });
  }
}

/** A container on disk that grows by frames; its length at any moment can go into a checkpoint. */
export interface ContainerWriter {
  readonly length: number;
  frame(frame: Frame): void;
  /** Writes the end record and closes. */
  end(): void;
  /** Closes without an end: the file says that it is not complete. */
  close(): void;
}

/** Opens a container cut to `length` bytes (0: new, with this header). */
export function openContainer(path: string, header: Header, length: number): ContainerWriter {
  const descriptor = openSync(path, length > 0 ? 'r+' : 'w');
  let at = length;
  let open = true;
  const append = (bytes: Uint8Array): void => {
    writeAll(descriptor, bytes, at);
    at += bytes.length;
  };
  const close = (): void => {
    if (open) closeSync(descriptor);
    open = false;
  };
  try {
    ftruncateSync(descriptor, length);
    if (length === 0) append(encodeHeader(header));
  } catch (error) {
    close();
    throw error;
  }
  return {
    get length() {
      return at;
    },
    frame: (frame) => append(encodeFrame(frame)),
    end() {
      append(encodeEnd());
      close();
    },
    close,
  };
}

export function readBytes(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new SettleError(`cannot read: ${reasonOf(error)}`, { kind: 'input', file: path });
  }
}

/** Bytes read at a time. */
const chunkSize = 2 ** 20;

/** A file in chunks from a byte on, anew each time it is gone through; a chunk is valid until the next. @throws SettleError */
export function chunksOf(path: string, from = 0): Iterable<Uint8Array> {
  return {
    *[Symbol.iterator]() {
      const refuse = (error: unknown): never => {
        throw new SettleError(`cannot read: ${reasonOf(error)}`, { kind: 'input', file: path });
      };
      let descriptor = -1;
      try {
        descriptor = openSync(path, 'r');
      } catch (error) {
        refuse(error);
      }
      try {
        const buffer = new Uint8Array(chunkSize);
        for (let at = from; ;) {
          let length = 0;
          try {
            // A pipe has no places, and begins where it begins.
            length = readSync(descriptor, buffer, 0, chunkSize, from === 0 ? null : at);
          } catch (error) {
            refuse(error);
          }
          if (length === 0) return;
          at += length;
          yield buffer.subarray(0, length);
        }
      } finally {
        closeSync(descriptor);
      }
    },
  };
}

/** A trace on disk. */
export interface TraceFile {
  readonly path: string;
  readonly header: Header;
  /** Read from the file each time they are gone through: memory holds one. */
  readonly frames: Iterable<Frame>;
  /** What was wrong with the file when it was last gone through; null before. */
  readonly problem: string | null;
}

/** @throws SettleError of kind `input` for what is no trace */
export function openTrace(path: string): TraceFile {
  const begin = (): ContainerReader => containerReader(chunksOf(path), path, 'settle-trace');
  const first = begin();
  first.close();
  let problem: string | null = null;
  return {
    path,
    header: first.header,
    get problem() {
      return problem;
    },
    frames: {
      *[Symbol.iterator]() {
        const reader = begin();
        try {
          for (let frame = reader.next(); frame; frame = reader.next()) yield frame;
          problem = reader.problem;
        } finally {
          reader.close();
        }
      },
    },
  };
}
