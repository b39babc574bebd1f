// What a format has written it reads back, spike by spike; foreign files are read as their formats say; damaged ones are refused.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SettleError } from '../../src/errors.ts';
import { aedat } from '../../src/trace/aedat.ts';
import { readAddressMap, addressMap } from '../../src/trace/addressMap.ts';
import { readAedat } from '../../src/trace/aedatRead.ts';
import { aer, readAer } from '../../src/trace/aer.ts';
import { csv, readCsv } from '../../src/trace/csv.ts';
import { exportFrames, type Format } from '../../src/trace/format.ts';
import { writeHdf5 } from '../../src/trace/hdf5.node.ts';
import { hdfGroup, hdfNumbers } from '../../src/trace/hdf5.ts';
import { fileKind } from '../../src/trace/kind.ts';
import { settle } from '../../src/trace/settle.ts';
import { readSonata, writeSonata } from '../../src/trace/sonata.node.ts';
import type { Spikes } from '../../src/trace/spikes.ts';
import { summaryOf } from '../../src/trace/summary.ts';
import { traceSpikes } from '../../src/trace/traceSpikes.ts';
import { vcd } from '../../src/trace/vcd.ts';
import { readVcd } from '../../src/trace/vcdRead.ts';
import { expectedOf, listOf, run, spikes } from './spikeFrames.ts';

let work: string;
beforeAll(() => void (work = mkdtempSync(join(tmpdir(), 'settle-formats-'))));
afterAll(() => rmSync(work, { recursive: true, force: true }));

const step = 0.0005;
const header = { schema: 'settle-trace/1', step };
const frames = run();
const expected = expectedOf(frames, step);
const bytes = (format: Format): Uint8Array => exportFrames(format, header, frames);
/** In chunks of an awkward size, each of which is lost with the next. */
function chunked(whole: Uint8Array, size = 7): Iterable<Uint8Array> {
  return {
    *[Symbol.iterator]() {
      const buffer = new Uint8Array(size);
      for (let at = 0; at < whole.length; at += size) {
        buffer.fill(0);
        buffer.set(whole.subarray(at, at + size));
        yield buffer.subarray(0, Math.min(size, whole.length - at));
      }
    },
  };
}
const text = (words: string): Iterable<Uint8Array> => [new TextEncoder().encode(words)];
const named = (file: Spikes, names: ReadonlyMap<number, string>): Spikes => ({ ...file, nameOf: (address) => names.get(address)! }); // prettier-ignore

describe('a trace of two examples', () => {
  it('has as many spikes as the test means, some in adjacent steps of one unit', () => {
    expect(expected.length).toBeGreaterThan(100);
    expect(listOf(traceSpikes({ header, frames }))).toEqual(expected);
  });
  it('comes back from VCD with its examples and its membranes, however the file is cut into chunks', () => {
    const file = readVcd(chunked(bytes(vcd())), 'a.vcd');
    expect(file).toMatchObject({ unit: step, whole: true, foreign: false });
    expect(listOf(file)).toEqual(expected);
    expect([...file.examples!]).toEqual([['epoch 2, example 0', 0], ['epoch 2, example 4', 50]]); // prettier-ignore
    const membrane = [...file.membrane!('a[6]')];
    expect(membrane).toEqual([...traceSpikes({ header, frames }).membrane!('a[6]')]);
    expect(membrane).toHaveLength(100);
    expect(membrane[1]).toEqual({ time: 1, value: Math.fround(Math.sin(3)) });
    expect([...file.membrane!('a[2]')]).toEqual([]);
  });
  it('comes back from address events and from AEDAT by the map beside them', () => {
    const { populations } = traceSpikes({ header, frames });
    const names = readAddressMap(addressMap(populations), 'addr_map.csv');
    expect(names.size).toBe(10);
    expect(listOf(named(readAer(chunked(bytes(aer())), 'a.csv'), names))).toEqual(expected);
    expect(listOf(named(readAedat(chunked(bytes(aedat())), 'a.aedat4'), names))).toEqual(expected);
  });
  it('comes back from csv where another file says when its examples begin', () => {
    const begins = new Map([['epoch 2, example 0', 0], ['epoch 2, example 4', 50 * step]]); // prettier-ignore
    expect(listOf(readCsv(chunked(bytes(csv())), 'a.csv', begins))).toEqual(expected);
    expect(readCsv(chunked(bytes(csv())), 'a.csv').notes()[0]).toMatch(/taken to begin/);
  });
  it('comes back from SONATA', async () => {
    const path = join(work, 'a.h5');
    await writeSonata(path, header, frames);
    const file = await readSonata(path);
    expect(listOf(file)).toEqual(expected);
    file.close!();
  });
  it('has one summary in every format', () => {
    const files = [traceSpikes({ header, frames }), readVcd([bytes(vcd())], ''), readCsv([bytes(csv())], '')];
    for (const file of files)
      expect(summaryOf(file)).toMatchObject({
        spikes: expected.length, neurons: 10, populations: [{ name: 'a', neurons: 7 }, { name: 'b', neurons: 3 }],
      }); // prettier-ignore
    expect(summaryOf(readAedat([bytes(aedat())], ''))).toMatchObject({ spikes: expected.length, neurons: 10, largestAddress: 9, tick: 1e-6 }); // prettier-ignore
  });
  it('is known by its bytes, whatever the format is called', () => {
    const kinds = [settle(), vcd(), csv(), aer(), aedat()].map((format) => fileKind(bytes(format).subarray(0, 4096), bytes(format).length)); // prettier-ignore
    expect(kinds).toEqual(['container', 'vcd', 'csv', 'aer', 'aedat']);
    expect(fileKind(new TextEncoder().encode('hello'), 5)).toBe(null);
    expect(fileKind(new TextEncoder().encode('// a memory\n@0\nff\n'), 18)).toBe('memory');
  });
});

it('AEDAT 4 is what its description says, byte by byte', () => {
  // Read again as the FlatBuffers format and the schemas of AEDAT say: root, table, description of the table, vector.
  const file = exportFrames(aedat(), header, [spikes([['h', 2, 5], ['h', 3, 0]]), spikes([['y', 12_000_000, 3]], { t0: 10, t1: 12_000_001 })]); // prettier-ignore
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const latin = (from: number, to: number): string => String.fromCharCode(...file.subarray(from, to));
  expect(latin(0, 14)).toBe('#!AER-DAT4.0\r\n');
  const fieldOf = (root: number, field: number): number | null => {
    const table = root + 4 + view.getUint32(root + 4, true);
    const description = table - view.getInt32(table, true);
    expect((table - root) % 4).toBe(0);
    const offset = 4 + 2 * field < view.getUint16(description, true) ? view.getUint16(description + 4 + 2 * field, true) : 0; // prettier-ignore
    return offset === 0 ? null : table + offset;
  };
  expect(latin(14 + 8, 14 + 12)).toBe('IOHE');
  expect([fieldOf(14, 0), fieldOf(14, 1)]).toEqual([null, null]);
  const words = fieldOf(14, 2)!;
  const string = words + view.getUint32(words, true);
  const xml = latin(string + 4, string + 4 + view.getUint32(string, true));
  expect(xml).toMatch(/^<dv version="2\.0">.*typeIdentifier" type="string">EVTS<.*sizeX" type="int">4<.*<\/dv>$/);
  expect(file[string + 4 + xml.length]).toBe(0);
  let at = 14 + 4 + view.getUint32(14, true);
  expect([view.getInt32(at, true), view.getInt32(at + 4, true)]).toEqual([0, file.length - at - 8]);
  at += 8;
  expect(view.getUint32(at, true)).toBe(file.length - at - 4);
  expect(latin(at + 8, at + 12)).toBe('EVTS');
  const elements = fieldOf(at, 0)!;
  const vector = elements + view.getUint32(elements, true);
  expect([(vector + 4 - at) % 8, view.getUint32(vector, true)]).toEqual([0, 3]);
  const events = [0, 1, 2].map((k) => vector + 4 + 16 * k).map((from) => [view.getBigInt64(from, true), view.getInt16(from + 8, true), view.getInt16(from + 10, true), file[from + 12]]); // prettier-ignore
  // Ten neurons in rows of four: h[5] is (1, 1), y[3] is address 9, (1, 2). 12 million steps of 0.5 ms go beyond 32 bits.
  expect(events).toEqual([[1000n, 1, 1, 1], [1500n, 0, 0, 1], [6_000_000_000n, 1, 2, 1]]); // prettier-ignore
  expect(vector + 4 + 3 * 16).toBe(file.length);
});

describe('a foreign VCD', () => {
  const head = '$date today $end $timescale 10 ns $end\n$scope module tb $end $var wire 1 ! clk $end\n';
  it('has a spike at every rising edge of what is called spk, clocks and resets left out, bits of vectors counted from 0', () => {
    const file = readVcd(
      text(`${head}$var reg 1 " spk_4 $end $scope module dut $end $var wire 3 # out_spk [2:0] $end $var wire 1 $ out_spk_any $end
$upscope $end $upscope $end $enddefinitions $end
#0 $dumpvars 0! 1" b000 # x$ $end #5 1! #10 0! b101 # 1$ #20 b1 # 0" #30 b110 # 1" $comment 1! $end #40 b0 #`),
      'tb.vcd',
    );
    expect(listOf(file)).toEqual(['tb.dut.out_spk[0] 1e-7', 'tb.dut.out_spk[1] 3e-7', 'tb.dut.out_spk[2] 1e-7', 'tb.dut.out_spk[2] 3e-7', 'tb.dut.out_spk_any 1e-7', 'tb[4] 3e-7']); // prettier-ignore
    expect(file).toMatchObject({ unit: 1e-8, foreign: true });
  });
  it('without such names has spikes in all its 1-bit signals, each signal once', () => {
    const file = readVcd(text(`${head}$var wire 1 " a $end $var wire 1 " alias $end $var integer 32 # n $end $enddefinitions $end #0 0! 0" #1 1! 1" b101 # #2 0! 0" #3 1!`), 'tb.vcd'); // prettier-ignore
    expect(listOf(file)).toEqual(['tb.a 1e-8', 'tb.clk 1e-8', 'tb.clk 3e-8']);
  });
});

it('SONATA of other tools is read also when sorted by node, and in seconds', async () => {
  const path = join(work, 'by-id.h5');
  const population = hdfGroup({ node_ids: hdfNumbers([0, 0, 2], [3], 'int64'), timestamps: hdfNumbers([1, 30, 20], [3]) }); // prettier-ignore
  await writeHdf5(path, hdfGroup({ spikes: hdfGroup({ v1: population }) }));
  const file = await readSonata(path);
  expect(listOf(file)).toEqual(['v1[0] 0.001', 'v1[0] 0.03', 'v1[2] 0.02']);
  expect(file.notes()).toEqual(['v1 was not in order of time']);
  file.close!();
});

describe('a damaged file', () => {
  const all = (file: Spikes): unknown => [...file.blocks];
  const start = '$timescale 1 ns $end $var wire 1 ! a $end $enddefinitions $end ';
  const aedatFile = bytes(aedat());
  const cases: [what: string, read: () => unknown, says: RegExp, place: object][] = [
    ['VCD whose time goes back', () => all(readVcd(text(`${start}#10 1! #5 0!`), 'f')), /times go back/, { found: '"#5"', expected: '#10 or later' }],
    ['VCD with a timescale of 5 ns', () => all(readVcd(text('$timescale 5ns $end $enddefinitions $end'), 'f')), /not a timescale/, { found: '"5ns"' }],
    ['VCD with a time of 10.5', () => all(readVcd(text(`${start}#10.5`), 'f')), /not a time/, { path: /byte \d+/ }],
    ['VCD that ends in its declarations', () => all(readVcd(text('$timescale 1 ns $end $var wire'), 'f')), /ends inside a command/, {}],
    ['VCD of other words', () => all(readVcd(text(`${start}#1 hello`), 'f')), /not a change of a value/, { found: '"hello"' }],
    ['AER whose time goes back', () => all(readAer(text('t_us,address\n5,1\n4,1\n'), 'f')), /times go back/, { line: 3, found: '4' }],
    ['AER with a word', () => all(readAer(text('t_us,address\n5,1\n6,b\n'), 'f')), /not an event/, { line: 3, found: '"6,b"' }],
    ['AER in minutes', () => all(readAer(text('t_min,address\n5,1\n'), 'f')), /not a list/, { line: 1 }],
    ['AER without line feeds', () => all(readAer(text(`t_us,address\n1,1\n${'1'.repeat(5000)}`), 'f')), /not a list/, {}],
    ['csv with too few columns', () => all(readCsv(text('time_s,epoch,example,phase,population,unit,variable,value\n1,2\n'), 'f')), /not a row/, { line: 2 }],
    ['csv of an example that the other file lacks', () => readCsv([bytes(csv())], 'f', new Map([['epoch 2, example 0', 0]])), /other file does not have/, {}],
    ['AEDAT cut inside a packet', () => all(readAedat([aedatFile.subarray(0, -5)], 'f')), /ends inside a packet/, { path: /byte/ }],
    ['AEDAT of version 2', () => all(readAedat(text('#!AER-DAT2.0\r\n'), 'f')), /not AEDAT 4/, { found: '"#!AER-DAT2.0"' }],
    ['a map with an address twice', () => readAddressMap('address,name\n1,a\n1,b\n', 'f'), /twice/, { line: 3 }],
    ['a map without names', () => readAddressMap('address,unit\n1,1\n', 'f'), /not a map/, { line: 1 }],
  ]; // prettier-ignore
  it.each(cases)('such as %s is refused with file, place, found and expected', (_, read, says, place) => {
    try {
      read();
    } catch (error) {
      expect(error).toBeInstanceOf(SettleError);
      expect((error as SettleError).message).toMatch(says);
      const told = (error as SettleError).place;
      expect(told).toMatchObject({ kind: 'input', file: 'f' });
      expect(told.found, 'found').toBeTruthy();
      expect(told.expected, 'expected').toBeTruthy();
      for (const [key, value] of Object.entries(place))
        if (value instanceof RegExp) expect(told[key as 'path']).toMatch(value);
        else expect(told[key as 'path']).toEqual(value);
      return;
    }
    throw new Error('it was taken');
  });
});
