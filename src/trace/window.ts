// A small VCD around one moment: the spikes of two files in the modules `expected` and `actual`, and what a membrane did.
import type { Side } from './diff.ts';
import type { Sample } from './spikes.ts';
import { timescaleOf } from './ticks.ts';
import { vcdId } from './vcd.ts';

export interface WindowOptions {
  readonly neuron: string;
  /** Seconds. */
  readonly from: number;
  readonly until: number;
  readonly tick: number;
  /** Of the neuron in the expected file, times in seconds. */
  readonly membrane: readonly Sample[];
}

/** Neurons beside the one it is about. */
const most = 200;

/** Spikes of [from, until] as [seconds, name]. */
export function spikesWithin({ spikes, nameOf }: Side, from: number, until: number): [number, string][] {
  const found: [number, string][] = [];
  for (const { time, address } of spikes.blocks)
    for (let k = 0; k < time.length; k++) {
      const at = time[k]! * spikes.unit;
      if (at > until) return found;
      const name = at >= from ? nameOf(address[k]!) : null;
      if (name !== null) found.push([at, name]);
    }
  return found;
}

export function windowVcd(expected: Side, actual: Side, { neuron, from, until, tick, membrane }: WindowOptions): string {
  const scale = timescaleOf(tick);
  const sides = [expected, actual].map((side) => spikesWithin(side, from, until));
  const names = [...new Set([neuron, ...sides.flat().map(([, name]) => name)])].slice(0, most);
  let count = 0;
  const declared: string[] = [];
  const zeros: string[] = [];
  const declare = (kind: string, name: string, zero: string): string => {
    const id = vcdId(count++);
    declared.push(`$var ${kind} ${id} ${name.replace(/\[(\d+)\]$/, '_$1').replace(/[^\w.]/g, '_')} $end`);
    zeros.push(`${zero}${id}`);
    return id;
  };
  const changes = new Map<number, string[]>();
  const change = (time: number, what: string): void => void changes.set(time, [...(changes.get(time) ?? []), what]);
  const inTicks = (seconds: number): number => Math.floor(seconds / tick + 0.5) * scale.parts;
  sides.forEach((spikes, side) => {
    declared.push(`$scope module ${side === 0 ? 'expected' : 'actual'} $end`);
    const ids = new Map(names.map((name) => [name, declare('wire 1', name, '0')]));
    if (side === 0 && membrane.length > 0) {
      const id = declare('real 64', `membrane_${neuron}`, 'r0 ');
      for (const { time, value } of membrane) change(inTicks(time), `r${value} ${id}`);
    }
    declared.push('$upscope $end');
    for (const [time, name] of spikes) {
      const id = ids.get(name);
      if (id === undefined) continue;
      change(inTicks(time), `1${id}`);
      change(inTicks(time) + 1, `0${id}`);
    }
  });
  const begin = Math.max(0, inTicks(from) - 1);
  const body = [...changes].sort(([a], [b]) => a - b).flatMap(([time, what]) => [`#${time}`, ...what.sort()]);
  return [
    '$version settle diff $end', `$timescale ${scale.words} $end`, ...declared, '$enddefinitions $end', `#${begin}`, '$dumpvars', ...zeros, '$end', ...body, `#${inTicks(until) + scale.parts}`, '',
  ].join('\n');
} // prettier-ignore
