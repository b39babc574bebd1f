// Spikes from AEDAT 4.0: every event of the first stream of events, whatever its polarity, is a spike of address
// y * sizeX + x. Compressed packets are refused by name; other versions too.
import { SettleError } from '../errors.ts';
import { byteCursor, type ByteCursor } from '../frames/bytes.ts';
import { aedatMark } from './aedat.ts';
import { blockOf, filled, filling, type Spikes } from './spikes.ts';

/** Bytes of a packet at most. */
const largest = 2 ** 28;
const compressions = ['NONE', 'LZ4', 'LZ4_HIGH', 'ZSTD', 'ZSTD_HIGH'];

/** @throws SettleError of kind `input` with the byte of what is damaged, from the first block to the last */
export function readAedat(chunks: Iterable<Uint8Array>, file: string): Spikes {
  const first = byteCursor(chunks);
  const head = headOf(first, file);
  first.close();
  let others = 0;
  return {
    format: 'AEDAT 4.0', unit: 1e-6, whole: true, nameOf: null,
    notes: () => [`an array of ${head.sizeX} x ${head.sizeY}`, ...(others > 0 ? [`${others} packets of other streams`] : [])],
    blocks: {
      *[Symbol.iterator]() {
        const cursor = byteCursor(chunks);
        const block = filling();
        let last = -Infinity;
        others = 0;
        try {
          headOf(cursor, file);
          while (!cursor.ended && (head.tableAt < 0 || cursor.at < head.tableAt)) {
            const at = cursor.at;
            const refuse = (message: string, found: string, expected: string): never => {
              throw new SettleError(message, { kind: 'input', file, path: `byte ${at}`, found, expected });
            };
            const start = cursor.take(8);
            if (start.length < 8) refuse('the file ends inside a packet', `${start.length} bytes`, '8 of its head');
            const packetHead = new DataView(start.buffer, start.byteOffset, 8);
            const [stream, size] = [packetHead.getInt32(0, true), packetHead.getInt32(4, true)];
            if (size < 8 || size > largest) refuse('not a packet', `${size} bytes`, `8 to ${largest}`);
            if (stream !== head.stream) {
              others++;
              if (cursor.skip(size) < size) refuse('the file ends inside a packet', 'its end', `${size} bytes`);
              continue;
            }
            const bytes = cursor.take(size);
            if (bytes.length < size) refuse('the file ends inside a packet', `${bytes.length} bytes`, String(size));
            const table = flatTable(bytes, 'EVTS') ?? refuse('not a packet of events', 'another FlatBuffer', 'EVTS');
            const events = table.vector(0, 16) ?? refuse('a damaged packet', 'a vector beyond its end', `events within ${size} bytes`);
            for (let k = 0; k < events.count; k++) {
              const from = events.at + 16 * k;
              const time = table.view.getInt32(from + 4, true) * 2 ** 32 + table.view.getUint32(from, true);
              const [x, y] = [table.view.getInt16(from + 8, true), table.view.getInt16(from + 10, true)];
              if (time < last || !(Math.abs(time) < 2 ** 53)) refuse('times go back', String(time), `${last} or later`);
              if (x < 0 || y < 0 || x >= head.sizeX) refuse('an event outside its array', `(${x}, ${y})`, `x below ${head.sizeX}`);
              last = time;
              if (filled(block, time, y * head.sizeX + x)) yield blockOf(block);
            }
          }
        } finally {
          cursor.close();
        }
        if (block.count > 0) yield blockOf(block);
      },
    },
  };
} // prettier-ignore

interface Head {
  readonly stream: number;
  readonly sizeX: number;
  readonly sizeY: number;
  /** Where the table of packets begins; -1 for none. */
  readonly tableAt: number;
}

function headOf(cursor: ByteCursor, file: string): Head {
  const refuse = (message: string, found: string, expected: string): never => {
    throw new SettleError(message, { kind: 'input', file, found, expected });
  };
  const mark = new TextDecoder('latin1').decode(cursor.take(aedatMark.length));
  if (mark !== aedatMark) refuse('not AEDAT 4', JSON.stringify(mark.trim()), aedatMark.trim());
  const prefix = cursor.take(4);
  const size = prefix.length < 4 ? 0 : new DataView(prefix.buffer, prefix.byteOffset, 4).getUint32(0, true);
  if (size < 8 || size > largest) refuse('a damaged head', `${size} bytes`, 'a FlatBuffer IOHE');
  const rest = cursor.take(size);
  const bytes = new Uint8Array(4 + rest.length);
  bytes.set(rest, 4);
  new DataView(bytes.buffer).setUint32(0, size, true);
  const table = (rest.length === size ? flatTable(bytes, 'IOHE') : null) ?? refuse('a damaged head', `${rest.length} bytes`, 'a FlatBuffer IOHE');
  const compression = table.int(0);
  if (compression !== 0) refuse('compressed packets', compressions[compression] ?? String(compression), 'NONE');
  const words = table.vector(2, 1);
  const xml = words ? new TextDecoder().decode(bytes.subarray(words.at, words.at + words.count)) : '';
  // Streams are nodes named by numbers; the first that holds events counts.
  const streams = [...xml.matchAll(/<node name="(\d+)"[\s\S]*?(?=<node name="\d+"|$)/g)];
  const found = streams.find(([text]) => text.includes('>EVTS<')) ?? refuse('no stream of events', xml === '' ? 'no description' : 'others', 'typeIdentifier EVTS');
  const number = (key: string): number => Number(new RegExp(`key="${key}"[^>]*>(\\d+)<`).exec(found[0])?.[1] ?? NaN);
  const [sizeX, sizeY] = [number('sizeX'), number('sizeY')];
  if (!(sizeX > 0 && sizeX <= 32768)) refuse('the width of the array is missing', String(sizeX), 'sizeX from 1 to 32768');
  return { stream: Number(found[1]), sizeX, sizeY, tableAt: table.long(1, -1) };
} // prettier-ignore

interface FlatTable {
  readonly view: DataView;
  int(field: number): number;
  long(field: number, otherwise: number): number;
  /** Of elements of `size` bytes; null where it is missing or goes beyond the end. */
  vector(field: number, size: number): { readonly at: number; readonly count: number } | null;
}

/** The root table of a size-prefixed FlatBuffer; null for anything else. Every position is held to the bytes there are. */
function flatTable(bytes: Uint8Array, identifier: string): FlatTable | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const fits = (at: number, size: number): boolean => at >= 4 && at + size <= view.byteLength;
  if (!fits(4, 8) || view.getUint32(0, true) + 4 > view.byteLength) return null;
  if (new TextDecoder('latin1').decode(bytes.subarray(8, 12)) !== identifier) return null;
  const table = 4 + view.getUint32(4, true);
  if (!fits(table, 4)) return null;
  const fields = table - view.getInt32(table, true);
  if (!fits(fields, 4) || !fits(fields, view.getUint16(fields, true))) return null;
  const place = (field: number, size: number): number | null => {
    const entry = 4 + 2 * field;
    const offset = entry + 2 <= view.getUint16(fields, true) ? view.getUint16(fields + entry, true) : 0;
    return offset !== 0 && fits(table + offset, size) ? table + offset : null;
  };
  return {
    view,
    int: (field) => view.getInt32(place(field, 4) ?? 0, true) * (place(field, 4) === null ? 0 : 1),
    long(field, otherwise) {
      const at = place(field, 8);
      return at === null ? otherwise : Number(view.getBigInt64(at, true));
    },
    vector(field, size) {
      const at = place(field, 4);
      const from = at === null ? 0 : at + view.getUint32(at, true);
      if (!fits(from, 4)) return null;
      const count = view.getUint32(from, true);
      return fits(from + 4, count * size) ? { at: from + 4, count } : null;
    },
  };
}
