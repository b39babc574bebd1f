// export, inspect and diff on the command line: spikes in every format against every other, the first divergence, refusals.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeEnd, encodeFrame, encodeHeader } from '../../src/frames/container.ts';
import type { Frame } from '../../src/frames/frame.ts';
import { encodeCheckpoint } from '../../src/frames/checkpoint.ts';
import { readVcd } from '../../src/trace/vcdRead.ts';
import { expectedOf, listOf, run, spikes } from '../trace/spikeFrames.ts';
import { command } from './process.ts';

let work: string;
const at = (name: string): string => join(work, name);
const endings = { vcd: 'vcd', aer: 'aer.csv', aedat: 'aedat4', csv: 'csv', sonata: 'h5', settle: 'again.settle' };
const files = Object.entries(endings);

function trace(name: string, frames: readonly Frame[], header: object = { step: 0.0005 }, end = true): void {
  const parts = [encodeHeader({ schema: 'settle-trace/1', ...header }), ...frames.map(encodeFrame), ...(end ? [encodeEnd()] : [])]; // prettier-ignore
  writeFileSync(at(name), Buffer.concat(parts));
}

/** The run with another spike list of b in its first phase. */
function changed(change: (time: number[], unit: number[]) => void): Frame[] {
  return run().map((frame, k) => {
    if (k !== 1) return frame;
    const [time, unit] = ['time', 'unit'].map((what) => [...frame.columns[`b.spikes.${what}`]!.data]) as [number[], number[]]; // prettier-ignore
    change(time, unit);
    const column = (data: number[]) => ({ dtype: 'i32' as const, shape: [data.length], data: Int32Array.from(data) });
    return { ...frame, columns: { 'b.spikes.time': column(time), 'b.spikes.unit': column(unit) } };
  });
}

beforeAll(async () => {
  work = mkdtempSync(join(tmpdir(), 'settle-formats-'));
  trace('a.settle', run());
  for (const [format, ending] of files)
    expect((await command('export', at('a.settle'), '--format', format, '--out', at(`a.${ending}`))).code, format).toBe(0); // prettier-ignore
});
afterAll(() => rmSync(work, { recursive: true, force: true }));

describe('diff of spikes', () => {
  it('finds every format the same as the trace it came from', async () => {
    for (const [format, ending] of files)
      for (const pair of [['a.settle', `a.${ending}`], [`a.${ending}`, 'a.settle']] as const) // prettier-ignore
        expect(await command('diff', ...pair.map(at)), format).toMatchObject({ code: 0, out: expect.stringMatching(/the same\n$/) as string }); // prettier-ignore
    expect((await command('diff', at('a.aedat4'), at('a.vcd'))).code).toBe(0);
    expect((await command('diff', at('a.h5'), at('a.aer.csv'))).code).toBe(0);
  });

  it('names the first divergence, the lost and the new spikes of each neuron, and the membrane before', async () => {
    const frames = run().map((frame, k) =>
      k === 0
        ? { ...frame, columns: spikes([...frame.columns['a.spikes.time']!.data].map((time, i) => ['a', time, frame.columns['a.spikes.unit']!.data[i]!] as const).filter(([, time, unit]) => !(unit === 6 && time > 9))).columns }
        : frame,
    ); // prettier-ignore
    trace('lost.settle', frames);
    const times = [...run()[0]!.columns['a.spikes.time']!.data].filter((time, k) => run()[0]!.columns['a.spikes.unit']!.data[k] === 6 && time > 9); // prettier-ignore
    const { code, out } = await command('diff', at('a.settle'), at('lost.settle'), '--window', at('lost.vcd'));
    expect(code).toBe(1);
    const first = Number((times[0]! * 0.0005).toPrecision(12));
    expect(out).toContain(`first divergence: a[6] at ${first} s, a spike that is missing\n${times.length} missing and 0 extra spikes of 1 neurons\na[6]: ${times.length} missing, first at ${first} s\n`); // prettier-ignore
    expect(out).toContain(`membrane of a[6] before it: ${Math.fround(Math.sin(2 * (times[0]! - 1) + 1))} at ${Number(((times[0]! - 1) * 0.0005).toPrecision(12))} s\n`); // prettier-ignore
    expect(out).toContain(`window: ${at('lost.vcd')}\n`);
    const window = readFileSync(at('lost.vcd'), 'utf8');
    expect(window).toMatch(/scope module expected[\s\S]*a_6 [\s\S]*membrane_a_6 [\s\S]*scope module actual[\s\S]*a_6 /);
    const found = listOf(readVcd([new TextEncoder().encode(window)], 'w'));
    expect(found).toContain(`expected.a_6 ${first}`);
    expect(found).not.toContain(`actual.a_6 ${first}`);
    const across = await command('diff', at('a.vcd'), at('lost.settle'));
    expect(across.out).toContain(`first divergence: a[6] at ${first} s, a spike that is missing\n`);
    expect(across.out).toMatch(/membrane of a\[6\] before it: /);
    const place = /window: (.*)\n/.exec(across.out)![1]!;
    expect(existsSync(place)).toBe(true);
    rmSync(join(place, '..'), { recursive: true });
    expect((await command('diff', at('lost.settle'), at('a.aer.csv'), '--window', at('w2.vcd'))).out).toMatch(/a spike that is extra/); // prettier-ignore
  });

  it('takes a spike that is late by a tick within a tolerance of a tick, and not within half of one', async () => {
    let late = NaN;
    trace('late.settle', changed((time, unit) => {
      const k = time.findIndex((each, i) => each > 5 && !time.some((other, j) => other === each + 1 && unit[j] === unit[i]) && time[i + 1] !== each);
      late = time[k]!++;
    })); // prettier-ignore
    const diff = (...flags: string[]) => command('diff', at('a.settle'), at('late.settle'), ...flags);
    for (const tolerance of ['1 tick', '2 ticks', '0.5 ms', '500 us', '1 s'])
      expect((await diff('--tolerance', tolerance)).code, tolerance).toBe(0);
    expect((await diff('--tolerance', '1 tick')).out).toMatch(/pairs at most 0\.0005 s apart/);
    for (const tolerance of ['0.5 ticks', '0 ticks', '0.4 ms']) {
      const { code, out } = await diff('--tolerance', tolerance, '--window', at(`${tolerance}.vcd`));
      expect([code, out], tolerance).toEqual([1, expect.stringMatching(new RegExp(`at ${Number((late * 0.0005).toPrecision(12))} s, a spike that is missing\n1 missing and 1 extra`))]); // prettier-ignore
    }
  });

  it('reads RTL by a map of addresses: signals in the order of their declaration', async () => {
    // As a hand-over has it: bits of the vector of spikes, addresses on the bus, inputs without a bit.
    writeFileSync(at('rtl-map.csv'), 'neuron,address,name\n0,2,h[0]\n1,3,h[1]\n,0,x[0]\n,1,x[1]\n');
    trace('small.settle', [spikes([['h', 1, 0], ['h', 2, 1]])], { step: 0.001 }); // prettier-ignore
    const vcd = '$timescale 1 us $end $scope module tb $end $var wire 1 c clk $end $var wire 2 ! out_spk [1:0] $end $var wire 1 s any_spk $end $upscope $end $enddefinitions $end\n#0 b0 ! 0c #1000 b1 ! 1c 1s #1500 b0 ! #2000 b10 ! #2500 b0 ! #3000\n'; // prettier-ignore
    writeFileSync(at('rtl.vcd'), vcd);
    expect((await command('diff', at('small.settle'), at('rtl.vcd'), '--map', at('rtl-map.csv'))).code).toBe(0);
    writeFileSync(at('rtl.vcd'), vcd.replace('#2000', '#2001'));
    const { code, out } = await command('diff', at('small.settle'), at('rtl.vcd'), '--map', at('rtl-map.csv'), '--window', at('rtl-window.vcd')); // prettier-ignore
    expect([code, out]).toEqual([1, expect.stringContaining('h[1]: 1 missing, first at 0.002 s; 1 extra, first at 0.002001 s')]); // prettier-ignore
    expect((await command('diff', at('small.settle'), at('rtl.vcd'), '--map', at('rtl-map.csv'), '--tolerance', '1 us')).code).toBe(0); // prettier-ignore
  });

  it('refuses what it cannot compare, with exit 2 and one line', async () => {
    mkdirSync(at('apart'), { recursive: true });
    for (const name of ['a.aer.csv', 'a.csv']) writeFileSync(at(`apart/${name}`), readFileSync(at(name)));
    writeFileSync(at('in-the-way'), '');
    writeFileSync(at('checkpoint.settle'), encodeCheckpoint({ identity: {}, counters: {}, lengths: {}, learned: {} }));
    const cases: [args: string[], says: RegExp][] = [
      [[at('a.vcd'), at('a.settle'), '--tolerance', '3'], /--tolerance: a unit is missing: found "3", expected a number of ticks/],
      [[at('a.vcd'), at('a.settle'), '--tolerance', '-1 tick'], /--tolerance/],
      [[at('a.vcd'), at('a.settle'), '--tolerance', '-1 ms'], /--tolerance: a tolerance is not negative/],
      [[at('a.vcd'), at('a.settle'), '--tolerance', '1 mV'], /--tolerance: wrong unit/],
      [[at('a.h5'), at('a.h5'), '--tolerance', '1 tick'], /--tolerance: neither file has ticks/],
      [[at('apart/a.aer.csv'), at('a.h5')], /which neurons are these addresses.*addr_map\.csv beside it, or --map/],
      [[at('apart/a.csv'), at('a.h5')], /does not say when they begin/],
      [[at('a.vcd'), at('checkpoint.settle')], /another kind of file/],
      [[at('a.vcd'), at('in-the-way')], /no file of spikes/],
      [[at('a.vcd'), at('none')], /none: cannot read/],
      [[at('a.vcd'), at('a.settle'), '--window', at('in-the-way')], /--window.*there already/],
      [[at('a.vcd'), at('a.aer.csv'), '--map', at('a.csv')], /not a map of addresses/],
    ]; // prettier-ignore
    for (const [args, says] of cases) {
      const { code, err, out } = await command('diff', ...args);
      expect([code, err.trim().split('\n').length, out], err).toEqual([2, 1, '']);
      expect(err).toMatch(says);
    }
  });
});

describe('inspect', () => {
  it('says what each format holds, in words and as JSON', async () => {
    const count = expectedOf(run(), 0.0005).length;
    for (const [format, ending] of files) {
      const { code, out } = await command('inspect', at(`a.${ending}`), '--json');
      expect(code).toBe(0);
      const told = JSON.parse(out) as { bytes: number; spikes: number | { spikes: number }; schema: string };
      expect(told.schema).toBe('settle-inspect/1');
      expect(told.bytes).toBe(readFileSync(at(`a.${ending}`)).length);
      expect(typeof told.spikes === 'number' ? told.spikes : told.spikes.spikes, format).toBe(count);
      expect((await command('inspect', at(`a.${ending}`))).out, format).toContain(`${count} spikes of 10 neurons from 0 s to 0.04`); // prettier-ignore
    }
  });
  it('says of a trace that is cut short what is missing, and what is there', async () => {
    const whole = readFileSync(at('a.settle'));
    writeFileSync(at('cut.settle'), whole.subarray(0, whole.length - 100));
    expect((await command('inspect', at('cut.settle'))).out).toMatch(/spikes of 10 neurons[\s\S]*not complete: the file ends inside a record/); // prettier-ignore
  });
});

describe('export', () => {
  it('of weights writes arrays that inspect finds, and memories with their scales', async () => {
    const learned = { 'x->h.weight': { dtype: 'f32' as const, shape: [2, 2], data: Float32Array.of(1, -1, 0.5, 0.25) } }; // prettier-ignore
    writeFileSync(at('w.settle'), encodeCheckpoint({ identity: { model: 'm' }, counters: {}, lengths: {}, learned }));
    for (const format of ['npz', 'safetensors']) {
      expect((await command('export', at('w.settle'), '--format', format, '--out', at(`w.${format}`))).code).toBe(0);
      const { arrays } = JSON.parse((await command('inspect', at(`w.${format}`), '--json')).out) as { arrays: unknown };
      expect(arrays).toEqual([{ name: 'x->h.weight', dtype: format === 'npz' ? 'f4' : 'F32', shape: [2, 2] }]);
    }
    expect((await command('export', at('w.settle'), '--format', 'readmemh', '--bits', '4', '--scale', 'max-abs', '--out', at('memories'))).code).toBe(0); // prettier-ignore
    expect(readdirSync(at('memories')).sort()).toEqual(['scales.csv', 'x-h.weight.mem']);
    expect(readFileSync(at('memories/x-h.weight.mem'), 'utf8')).toMatch(/\n7\n9\n@2 .*\n4\n2\n$/);
    expect(readFileSync(at('memories/scales.csv'), 'utf8')).toMatch(/^file,array,shape,bits,scale,largest_error\nx-h\.weight\.mem,x->h\.weight,2 x 2,4,7,0\.0714/); // prettier-ignore
    expect((await command('inspect', at('memories/x-h.weight.mem'))).out).toMatch(/words: 4\ndigits: 1/);
  });
  it('of exact times takes a tick, and counts the spikes that it would merge', async () => {
    trace('exact.settle', [spikes([['h', 0.0011, 0], ['h', 0.0014, 0], ['h', 0.002, 0]], {}, 'f64')], {}); // prettier-ignore
    const again = (out: string, ...flags: string[]) => command('export', at('exact.settle'), '--out', at(out), ...flags); // prettier-ignore
    const coarse = await again('exact.vcd', '--format', 'vcd', '--tick', '1 ms');
    expect([coarse.code, coarse.err]).toEqual([2, expect.stringMatching(/h\[0\]: spikes of one neuron fall into one tick: found 1 of 3 .* 0\.001 s.*finer --tick/)]); // prettier-ignore
    expect(readdirSync(work).filter((name) => name.startsWith('exact.'))).toEqual(['exact.settle']);
    expect((await again('exact.vcd', '--format', 'vcd', '--tick', '100 us')).code).toBe(0);
    expect((await command('diff', at('exact.settle'), at('exact.vcd'))).code).toBe(0);
  });
  it('refuses in one line and leaves nothing', async () => {
    trace('silent.settle', [spikes([])]);
    trace('odd.settle', [spikes([['h', 1, 0]])], { step: 1 / 3000 }); // prettier-ignore
    mkdirSync(at('other'));
    writeFileSync(at('other/addr_map.csv'), 'mine');
    const cases: [args: string[], says: RegExp][] = [
      [[at('silent.settle'), '--format', 'sonata', '--out', at('out')], /no spikes/],
      [[at('silent.settle'), '--format', 'vcd', '--out', at('out')], /no spikes/],
      [[at('silent.settle'), '--format', 'npz', '--out', at('out')], /another kind of file/],
      [[at('odd.settle'), '--format', 'vcd', '--out', at('out')], /--tick: no timescale divides this tick.*--tick "1 us"/],
      [[at('a.settle'), '--format', 'aer', '--out', at('other/out')], /other\/addr_map\.csv.*there already/],
      [[at('a.settle'), '--format', 'aer', '--tick', '2 us', '--out', at('out')], /--tick: not a tick of this format/],
      [[at('a.settle'), '--format', 'aedat', '--tick', '1 ns', '--out', at('out')], /--tick: the tick of this format is fixed/],
      [[at('a.settle'), '--format', 'csv', '--tick', '1 ns', '--out', at('out')], /--tick: this format has no ticks/],
      [[at('a.settle'), '--format', 'vcd', '--tick', '0 s', '--out', at('out')], /--tick: a tick takes time/],
      [[at('a.settle'), '--format', 'readmemh', '--bits', '33', '--out', at('out')], /--bits/],
      [[at('a.settle'), '--format', 'vcd', '--out', at('nowhere/out')], /nowhere.*cannot write/],
      [[at('a.settle'), '--format', 'sonata', '--out', at('nowhere/out')], /nowhere.*cannot write/],
    ]; // prettier-ignore
    for (const [args, says] of cases) {
      const before = readdirSync(work).sort();
      const { code, err, out } = await command('export', ...args);
      expect([code, err.trim().split('\n').length, out], err).toEqual([2, 1, '']);
      expect(err).toMatch(says);
      expect(readdirSync(work).sort()).toEqual(before);
    }
    expect(readdirSync(at('other'))).toEqual(['addr_map.csv']);
  });
});
