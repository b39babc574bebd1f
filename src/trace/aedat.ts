// AEDAT 4.0, events of iniVation's tools (dv-processing, jAER, Tonic). It has no type for spikes: a neuron is a pixel (x, y)
// of an array, address = y * sizeX + x, and every event is of polarity on. Packets are not compressed and have no table.
//
// A file: the line `#!AER-DAT4.0`, a size-prefixed FlatBuffer IOHeader, then packets of int32 stream, int32 size and a
// size-prefixed FlatBuffer EventPacket, all little-endian. An event: int64 microseconds, int16 x, int16 y, bool, 3 bytes.
import { addressMap, mapName, pixelsAcross } from './addressMap.ts';
import { spikesOf, spiking, stretches } from './axis.ts';
import type { Format } from './format.ts';
import { ticker } from './ticks.ts';

export const aedatMark = '#!AER-DAT4.0\r\n';
const [perPacket, eventSize, packetHead] = [2 ** 14, 16, 32];

export function aedat(): Format {
  return {
    name: 'aedat',
    extension: '.aedat4',
    description: 'AEDAT 4.0 events in microseconds, a neuron a pixel, with addr_map.csv beside it',
    tick: 'fixed',
    *write(header, frames) {
      const found = spiking(header, frames);
      const width = pixelsAcross(found.neurons);
      const ticks = ticker(found, 1e-6, 'microseconds are the tick of AEDAT; VCD and AER take a finer --tick');
      yield new TextEncoder().encode(aedatMark);
      yield ioHeader(width, Math.ceil(found.neurons / width));
      const packet = new Uint8Array(8 + packetHead + perPacket * eventSize);
      const view = new DataView(packet.buffer);
      const words = new Int32Array(packet.buffer);
      let count = 0;
      for (const stretch of stretches(frames)) {
        const { time, address } = ticks.of(spikesOf(stretch, found));
        for (let k = 0; k < time.length; k++) {
          // Words of this machine; every machine that runs JavaScript today is little-endian.
          const [at, who] = [10 + 4 * count, address[k]!];
          const y = (who / width) | 0;
          words[at] = time[k]! % 2 ** 32;
          words[at + 1] = time[k]! / 2 ** 32;
          words[at + 2] = (who - y * width) | (y << 16);
          words[at + 3] = 1;
          if (++count < perPacket) continue;
          yield finished(packet, view, count);
          count = 0;
        }
      }
      ticks.end();
      if (count > 0) yield finished(packet, view, count);
    },
    beside: (header, frames) => new Map([[mapName, addressMap(spiking(header, frames).populations)]]),
  };
}

/** The parts of a packet around its events: its head, then a FlatBuffer of one table with one vector of structs. */
function finished(packet: Uint8Array, view: DataView, count: number): Uint8Array {
  const size = packetHead + count * eventSize;
  view.setInt32(0, 0, true);
  view.setInt32(4, size, true);
  const body = flat('EVTS', 20, size);
  // The description of the table: its own 6 bytes, 8 of the table, field 0 at its 4.
  for (const [k, word] of [6, 8, 4].entries()) body.setUint16(12 + 2 * k, word, true);
  body.setInt32(20, 20 - 12, true);
  body.setUint32(24, 28 - 24, true);
  body.setUint32(28, count, true);
  packet.set(new Uint8Array(body.buffer), 8);
  return packet.subarray(0, 8 + size);
}

/** The begin of a size-prefixed FlatBuffer whose table stands at `table`: 32 bytes, or all of a smaller one. */
function flat(identifier: string, table: number, size: number): DataView {
  const view = new DataView(new ArrayBuffer(Math.min(size, packetHead)));
  view.setUint32(0, size - 4, true);
  view.setUint32(4, table - 4, true);
  for (let k = 0; k < 4; k++) view.setUint8(8 + k, identifier.charCodeAt(k));
  return view;
}

/** The head: no compression and no table of packets are what is left out; the text says what the stream is. */
function ioHeader(width: number, height: number): Uint8Array {
  const node = (name: string, path: string, inside: string): string => `<node name="${name}" path="${path}">${inside}</node>`; // prettier-ignore
  const attribute = (key: string, type: string, value: string | number): string => `<attr key="${key}" type="${type}">${value}</attr>`; // prettier-ignore
  const array = node('info', '/mainloop/Recorder/outInfo/0/info/', attribute('sizeX', 'int', width) + attribute('sizeY', 'int', height) + attribute('source', 'string', 'settle') + attribute('tsOffset', 'long', 0)); // prettier-ignore
  const stream = [['compression', 'NONE'], ['originalModuleName', 'settle'], ['originalOutputName', 'events'], ['typeDescription', 'Array of events (polarity ON/OFF).'], ['typeIdentifier', 'EVTS']].map(([key, value]) => attribute(key!, 'string', value!)).join(''); // prettier-ignore
  const words = new TextEncoder().encode(`<dv version="2.0">${node('outInfo', '/mainloop/Recorder/outInfo/', node('0', '/mainloop/Recorder/outInfo/0/', stream + array))}</dv>`); // prettier-ignore
  // The text ends with a zero; the whole is a multiple of 4.
  const size = 4 * Math.ceil((36 + words.length + 1) / 4);
  const bytes = new Uint8Array(size);
  const head = flat('IOHE', 24, size);
  // Three fields (compression, position of the table, text), of which the third is there, at the table's 4.
  for (const [k, word] of [10, 8, 0, 0, 4].entries()) head.setUint16(12 + 2 * k, word, true);
  head.setInt32(24, 24 - 12, true);
  head.setUint32(28, 32 - 28, true);
  bytes.set(new Uint8Array(head.buffer));
  new DataView(bytes.buffer).setUint32(32, words.length, true);
  bytes.set(words, 36);
  return bytes;
}
