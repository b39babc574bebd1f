// A cursor over bytes that come in chunks. It holds no more than what is asked for, and believes no length before the bytes
// are there; where they come from is not its business.

export interface ByteCursor {
  /** Bytes taken so far. */
  readonly at: number;
  /** Nothing is left. */
  readonly ended: boolean;
  /** Up to `count` bytes, fewer at the end only. Valid until the next call. */
  take(count: number): Uint8Array;
  /** The bytes up to the next line feed, which is taken and left out, or to the end; null at the end. @throws RangeError beyond `most` */
  line(most: number): Uint8Array | null;
  /** Goes past up to `count` bytes; says how many there were. */
  skip(count: number): number;
  /** Gives the source back. */
  close(): void;
}

const none = new Uint8Array(0);

export function byteCursor(chunks: Iterable<Uint8Array>): ByteCursor {
  const source = chunks[Symbol.iterator]();
  let chunk: Uint8Array = none;
  let [from, at, ended] = [0, 0, false];
  /** False when nothing is left. */
  const more = (): boolean => {
    while (from >= chunk.length && !ended) {
      const next = source.next();
      ended = next.done === true;
      [chunk, from] = [next.done ? none : next.value, 0];
    }
    return from < chunk.length;
  };
  const here = (count: number): Uint8Array => {
    const part = chunk.subarray(from, from + count);
    from += part.length;
    at += part.length;
    return part;
  };
  return {
    get at() {
      return at;
    },
    get ended() {
      return !more();
    },
    take(count) {
      if (!more() || count === 0) return none;
      if (chunk.length - from >= count) return here(count);
      // Only what has come is kept: a length that a damaged file claims costs nothing.
      const parts: Uint8Array[] = [];
      let size = 0;
      for (; size < count && more(); size += parts.at(-1)!.length) parts.push(here(count - size).slice());
      return joined(parts);
    },
    line(most) {
      if (!more()) return null;
      let before: Uint8Array = none;
      for (;;) {
        const end = chunk.indexOf(10, from);
        const part = here((end < 0 ? chunk.length : end) - from);
        if (before.length + part.length > most) throw new RangeError(`a line of more than ${most} bytes`);
        const whole = before.length === 0 ? part : joined([before, part]);
        if (end >= 0) {
          here(1);
          return whole;
        }
        before = whole.slice();
        if (!more()) return before;
      }
    },
    skip(count) {
      let done = 0;
      while (done < count && more()) done += here(count - done).length;
      return done;
    },
    close() {
      ended = true;
      chunk = none;
      source.return?.();
    },
  };
}

/** Chunks end to end. */
export function joined(chunks: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
