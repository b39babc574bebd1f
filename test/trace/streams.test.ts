// Formats of spikes as streams: ticks, one axis of time, and what each refuses.
import { describe, expect, it } from 'vitest';
import type { Frame } from '../../src/frames/frame.ts';
import { aedat } from '../../src/trace/aedat.ts';
import { aer } from '../../src/trace/aer.ts';
import { csv } from '../../src/trace/csv.ts';
import { exportFrames, type Format, type WriteOptions } from '../../src/trace/format.ts';
import { settle } from '../../src/trace/settle.ts';
import { vcd, vcdId } from '../../src/trace/vcd.ts';
import { timescaleOf } from '../../src/trace/ticks.ts';
import { putWhole, taken, text } from '../../src/trace/text.ts';
import { spikes } from './spikeFrames.ts';

const header = { schema: 'settle-trace/1', step: 0.001 };
const exact = { schema: 'settle-trace/1' };

const written = (format: Format, frames: Frame[], options?: WriteOptions, head: object = header): string =>
  new TextDecoder('latin1').decode(exportFrames(format, head as typeof header, frames, options));
/** The changes of a VCD behind its declarations. */
const changes = (file: string): string[] => file.slice(file.indexOf('$dumpvars')).split('\n').slice(0, -1);

describe('VCD', () => {
  it('keeps two spikes in adjacent ticks two: the pulse is shorter than the tick', () => {
    const file = written(vcd(), [spikes([['h', 3, 1], ['h', 4, 1], ['h', 4, 0]])]); // prettier-ignore
    expect(file).toContain('$timescale 100 us $end');
    const [zero, one] = ['spk_0', 'spk_1'].map((name) => new RegExp(`wire 1 (\\S+) ${name} `).exec(file)![1]);
    expect(changes(file).slice(-11)).toEqual(['$end', '#30', `1${one}`, '#31', `0${one}`, '#40', `1${zero}`, `1${one}`, '#41', `0${zero}`, `0${one}`, '#100'].slice(-11)); // prettier-ignore
  });
  it('gives every signal a value at #0', () => {
    const file = written(vcd(), [spikes([['h', 3, 4], ['y', 3, 1]])]); // prettier-ignore
    const declared = [...file.matchAll(/^\$var \w+ \d+ (\S+) /gm)].map(([, id]) => id);
    const first = file.slice(file.indexOf('$dumpvars\n') + 10, file.indexOf('$end\n', file.indexOf('$dumpvars'))).trim().split('\n'); // prettier-ignore
    expect(declared).toHaveLength(3 + 5 + 2);
    expect(first.map((line) => line.replace(/^(b0 |r0 |0)/, ''))).toEqual(declared);
  });
  it('writes states so that they read back to the same bits, also of float32 numbers', () => {
    const values = Float32Array.of(0.1, -1.5e-7, 3e30, 0.3);
    const sampled: Frame = {
      ...spikes([]), kind: 'samples',
      columns: { 'h.membrane.time': { dtype: 'i32', shape: [2], data: Int32Array.of(0, 2) }, 'h.membrane.unit': { dtype: 'i32', shape: [2], data: Int32Array.of(5, 9) }, 'h.membrane': { dtype: 'f32', shape: [2, 2], data: values } },
    }; // prettier-ignore
    const lines = changes(written(vcd(), [spikes([['h', 2, 0]]), sampled]));
    const found = lines.filter((line) => line.startsWith('r') && !line.startsWith('r0 ')).map((line) => Number(line.slice(1).split(' ')[0])); // prettier-ignore
    expect(found).toEqual([...values]);
    expect(lines.indexOf('#20')).toBeLessThan(lines.findIndex((line) => line.startsWith('r2.99')));
  });
  it('puts examples behind each other on one axis and says in signals which is which', () => {
    const frames = [
      spikes([['h', 1, 0]], { t0: 0, t1: 5 }), spikes([['h', 6, 0]], { t0: 5, t1: 9, phase: 'plus' }),
      spikes([['h', 1, 0]], { t0: 0, t1: 5, example: 7 }), spikes([['h', 1, 0]], { t0: 0, t1: 5, epoch: 2, example: 7 }),
    ]; // prettier-ignore
    const file = written(vcd(), frames);
    const id = (name: string): string => new RegExp(`integer 32 (\\S+) ${name} `).exec(file)![1]!;
    const body = changes(file);
    const after = (line: string): string => body.slice(0, body.indexOf(line)).findLast((each) => each.startsWith('#'))!;
    expect(after(`b1 ${id('phase')}`)).toBe('#50');
    expect(after(`b111 ${id('example')}`)).toBe('#90');
    expect(after(`b10 ${id('epoch')}`)).toBe('#140');
    expect(body.filter((line) => line.startsWith('1'))).toHaveLength(4);
    expect(body.at(-1)).toBe('#190');
    const times = body.filter((line) => line.startsWith('#')).map((line) => Number(line.slice(1)));
    expect(times).toEqual([...times].sort((a, b) => a - b));
  });
  it('names signals from ! to ~, each once', () => {
    const ids = Array.from({ length: 20_000 }, (_, k) => vcdId(k));
    expect(new Set(ids).size).toBe(20_000);
    expect(ids.every((id) => /^[!-~]{1,3}$/.test(id))).toBe(true);
    expect([vcdId(0), vcdId(93), vcdId(94)]).toEqual(['!', '~', '!!']);
  });
  it('takes the coarsest timescale that divides a tick in two or more', () => {
    const found = [1, 0.002, 1e-3, 1e-4, 2.5e-4, 1e-6, 1e-9].map((tick) => `${timescaleOf(tick).words}, ${timescaleOf(tick).parts}`); // prettier-ignore
    expect(found).toEqual([
      '100 ms, 10',
      '1 ms, 2',
      '100 us, 10',
      '10 us, 10',
      '10 us, 25',
      '100 ns, 10',
      '100 ps, 10',
    ]);
    expect(() => timescaleOf(1 / 3000)).toThrow('no timescale divides');
  });
});

describe('ticks', () => {
  const near = [spikes([['h', 0.0010002, 0], ['h', 0.0010004, 0], ['h', 0.0010006, 0], ['h', 0.002, 1]], { t1: 0.01 }, 'f64')]; // prettier-ignore
  it('that two spikes of a neuron would share are counted and refused, with a finer tick as the way out', () => {
    for (const format of [aer(), aedat()]) expect(() => written(format, near, {}, exact)).toThrow('fall into one tick');
    try {
      written(aer(), near, {}, exact);
    } catch (error) {
      expect((error as { place: object }).place).toMatchObject({ path: 'h[0]', found: '1 of 4 spikes in the tick of an earlier one, first at 0.001 s' }); // prettier-ignore
    }
    expect(() => written(vcd(), near, { tick: 1e-3 }, exact)).toThrow('fall into one tick');
    expect(written(aer(), near, { tick: 1e-9 }, exact)).toBe(
      't_ns,address\n1000200,0\n1000400,0\n1000600,0\n2000000,1\n',
    );
    expect(written(vcd(), near, {}, exact)).toContain('$timescale 100 ps $end');
  });
  it('round half up, once', () => {
    const halves = [spikes([['h', 0.5e-6, 0], ['h', 1.49e-6, 1], ['h', 2.5e-6, 2]], { t1: 1 }, 'f64')]; // prettier-ignore
    expect(written(aer(), halves, {}, exact)).toBe('t_us,address\n1,0\n1,1\n3,2\n');
  });
  it('of a clocked trace are its steps, whole to the last digit', () => {
    const steps = [spikes([['h', 0, 2], ['h', 3, 0], ['h', 2_000_000_000, 1]], { t1: 2_000_000_001 })]; // prettier-ignore
    expect(written(aer(), steps, {}, { ...header, step: 0.0001 })).toBe('t_us,address\n0,2\n300,0\n200000000000,1\n');
  });
});

describe('addresses', () => {
  it('number the populations one behind the other, and the map beside says which is whose', () => {
    const frames = [spikes([['h', 3, 1], ['y', 1, 0], ['y', 3, 0]])]; // prettier-ignore
    expect(written(aer(), frames)).toBe('t_us,address\n1000,2\n3000,1\n3000,2\n');
    expect(aer().beside!(header, frames).get('addr_map.csv')).toBe(
      'address,population,unit,x,y\n0,h,0,0,0\n1,h,1,1,0\n2,y,0,0,1\n',
    );
    expect(aedat().beside!(header, frames).get('addr_map.csv')).toBe('address,population,unit,x,y\n0,h,0,0,0\n1,h,1,1,0\n2,y,0,0,1\n'); // prettier-ignore
  });
  it('of one tick are in order, whatever the order of the trace', () => {
    expect(written(aer(), [spikes([['h', 3, 5], ['h', 3, 1], ['h', 3, 4]])])).toBe('t_us,address\n3000,1\n3000,4\n3000,5\n'); // prettier-ignore
  });
  it('of the header hold for units that never spike; a unit beyond them is refused', () => {
    const head = { ...exact, populations: { e: 4, i: 2 } };
    expect(
      aer().beside!(head, [spikes([['i', 1, 1]])])
        .get('addr_map.csv')!
        .split('\n'),
    ).toHaveLength(8);
    expect(() => written(aer(), [spikes([['i', 1, 2]])], {}, head)).toThrow('a unit that is not there');
  });
});

describe('what no format of spikes writes', () => {
  it('is a trace without spikes', () => {
    for (const format of [aer(), aedat(), vcd()]) expect(() => written(format, [spikes([])])).toThrow('no spikes');
  });
  it('is a trace whose times go back', () => {
    const back = spikes([['h', 5, 0], ['h', 3, 1]]); // prettier-ignore
    for (const format of [aer(), aedat(), vcd()]) expect(() => written(format, [back])).toThrow('go back');
  });
});

it.each([settle(), csv(), vcd(), aer(), aedat()])(
  '$name writes while it reads: no more than a chunk or a frame waits',
  (format) => {
    const count = 30;
    let begun = 0;
    const frames = {
      *[Symbol.iterator]() {
        for (let k = 0; k < count; k++) {
          begun = k + 1;
          yield spikes(
            Array.from({ length: 2000 }, (_, n) => ['h', 2000 * k + n, (n * 37) % 500] as const),
            { t0: 2000 * k, t1: 2000 * k + 2000 },
          );
        }
      },
    };
    let [bytes, largest] = [0, 0];
    const seen: [bytes: number, begun: number][] = [];
    for (const chunk of format.write(header, frames)) {
      bytes += chunk.length;
      largest = Math.max(largest, chunk.length);
      seen.push([bytes, begun]);
    }
    expect(largest).toBeLessThan(300_000);
    // Whenever a chunk behind the head comes, the bytes so far are those of the frames begun so far, but for one frame and one chunk.
    for (const [at, frame] of seen.slice(2))
      expect(at, String(frame)).toBeGreaterThan(((frame - 1) / count) * bytes - 600_000);
    expect(seen.length).toBeGreaterThan(2);
  },
);

it('digits put by hand are those of String', () => {
  const numbers = [0, 7, 9, 10, 99, 100, 999_999_999, 1e9, 1_000_000_001, 4294967296, 12345678901234, 2 ** 53 - 1];
  for (let k = 0; k < 2000; k++) numbers.push(Math.floor(10 ** ((k / 2000) * 15.9)));
  const to = text();
  for (const number of numbers) {
    putWhole(to, number);
    expect(new TextDecoder().decode(taken(to))).toBe(String(number));
  }
});
