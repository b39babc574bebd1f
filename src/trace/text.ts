// Text written byte by byte into one buffer that is handed out when full: no string is joined, digits are put by hand.

export interface Text {
  /** Room for what one call puts is there when `full` was asked before. */
  readonly bytes: Uint8Array;
  length: number;
}

/** Bytes of a chunk, and the room that is kept for what is put between two looks at `full`. */
const [size, room] = [2 ** 18, 2 ** 12];

export const text = (): Text => ({ bytes: new Uint8Array(size), length: 0 });
export const full = (to: Text): boolean => to.length > size - room;

/** What was put so far; the text is empty afterwards, and the chunk valid until something is put. */
export function taken(to: Text): Uint8Array {
  const chunk = to.bytes.subarray(0, to.length);
  to.length = 0;
  return chunk;
}

/** Characters of one byte each. */
export function putText(to: Text, characters: string): void {
  const { bytes } = to;
  let { length } = to;
  for (let k = 0; k < characters.length; k++) bytes[length++] = characters.charCodeAt(k);
  to.length = length;
}

export function putBytes(to: Text, from: Uint8Array): void {
  const { bytes, length } = to;
  if (from.length < 32) for (let k = 0; k < from.length; k++) bytes[length + k] = from[k]!;
  else bytes.set(from, length);
  to.length = length + from.length;
}

/** A whole number from 0 to 2^53 in decimal digits. */
export function putWhole(to: Text, value: number): void {
  if (value >= 1e9) {
    const high = Math.floor(value / 1e9);
    putWhole(to, high);
    return putDigits(to, value - high * 1e9, 9);
  }
  let digits = 1;
  for (let bound = 10; bound <= value; bound *= 10) digits++;
  putDigits(to, value, digits);
}

/** So many digits of a whole number below 1e9, zeros before it included. */
function putDigits(to: Text, value: number, digits: number): void {
  const { bytes } = to;
  let rest = value | 0;
  for (let at = to.length + digits - 1; at >= to.length; at--) {
    const next = (rest / 10) | 0;
    bytes[at] = 48 + rest - next * 10;
    rest = next;
  }
  to.length += digits;
}
