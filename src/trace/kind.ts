// What a file is, by its first bytes and never by its name.

export type FileKind =
  'container' | 'hdf5' | 'aedat' | 'npz' | 'npy' | 'safetensors' | 'vcd' | 'csv' | 'aer' | 'map' | 'memory';

/** Bytes that are looked at. */
export const headBytes = 4096;

/** `size`: bytes of the whole file. Null for what none of our formats begins with. */
export function fileKind(head: Uint8Array, size: number): FileKind | null {
  const begins = (...bytes: number[]): boolean => bytes.every((byte, k) => head[k] === byte);
  const text = new TextDecoder('latin1').decode(head);
  if (text.startsWith('\x94\xa6settle')) return 'container';
  if (text.startsWith('\x89HDF\r\n')) return 'hdf5';
  if (text.startsWith('#!AER-DAT')) return 'aedat';
  if (begins(0x50, 0x4b, 3, 4) || begins(0x50, 0x4b, 5, 6)) return 'npz';
  if (text.startsWith('\x93NUMPY')) return 'npy';
  if (head.length >= 9 && head[8] === 0x7b) {
    const length = new DataView(head.buffer, head.byteOffset, 8).getBigUint64(0, true);
    if (length <= BigInt(Math.max(0, size - 8))) return 'safetensors';
  }
  const line = (/^[^\r\n]*/.exec(text)?.[0] ?? '').trim();
  if (/^\s*\$(date|version|comment|timescale|scope|var|enddefinitions)\b/.test(text)) return 'vcd';
  if (line.startsWith('time_s,')) return 'csv';
  if (/^t_(s|ms|us|ns),/.test(line)) return 'aer';
  if (line.split(',').includes('address')) return 'map';
  if (/^(\/\/|\/\*|@[0-9a-f]|[0-9a-f_xz]+(\s|$))/i.test(line) && /^[\s\x20-\x7e]*$/.test(text)) return 'memory';
  return null;
}
