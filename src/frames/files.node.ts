// Files that are never half-written, and a writer for containers that grow while a run goes on.
import { createHash } from 'node:crypto';
import { closeSync, fsyncSync, ftruncateSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs';
import { reasonOf, SettleError } from '../errors.ts';
import { encodeEnd, encodeFrame, encodeHeader, type Header } from './container.ts';
import type { Frame } from './frame.ts';

export function sha256(data: Uint8Array | string): string {
  return createHash('sha256').update(data).digest('hex');
}

function writeAll(descriptor: number, bytes: Uint8Array, position: number): void {
  for (let at = 0; at < bytes.length;) at += writeSync(descriptor, bytes, at, bytes.length - at, position + at);
}

/** Writes a file beside its place, then renames: readers see the old bytes or the new ones. */
export function writeFileAtomic(path: string, data: Uint8Array | string): void {
  const bytes = typeof data === 'string' ? new TextEncoder().encode(data) : data;
  const temporary = `${path}.${process.pid}.tmp`;
  let descriptor: number | null = null;
  try {
    descriptor = openSync(temporary, 'w');
    writeAll(descriptor, bytes, 0);
    fsyncSync(descriptor);
    closeSync(descriptor);
    descriptor = null;
    renameSync(temporary, path);
  } catch (error) {
    if (descriptor !== null) closeSync(descriptor);
    rmSync(temporary, { force: true });
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
