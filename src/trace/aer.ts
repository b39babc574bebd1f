// A plain list of address events: two columns, time in whole ticks and address, the unit of time in the name of the column.
// Which neuron an address is stands in addr_map.csv beside it. States are left out.
import { SettleError } from '../errors.ts';
import { byteCursor } from '../frames/bytes.ts';
import { addressMap, mapName } from './addressMap.ts';
import { spikesOf, spiking, stretches } from './axis.ts';
import type { Format } from './format.ts';
import { blockOf, filled, filling, type Spikes } from './spikes.ts';
import { full, putText, putWhole, taken, text } from './text.ts';
import { ticker } from './ticks.ts';

/** What a tick may be, by the ending of the column. */
export const aerUnits = { s: 1, ms: 1e-3, us: 1e-6, ns: 1e-9 } as const;

export function aer(): Format {
  return {
    name: 'aer',
    extension: '.csv',
    description: 'address events, `t_us,address` a line, with addr_map.csv beside it',
    tick: 'free',
    *write(header, frames, { tick = 1e-6 } = {}) {
      const unit = Object.entries(aerUnits).find(([, seconds]) => Math.abs(seconds - tick) < 1e-9 * seconds);
      if (!unit)
        throw new SettleError('not a tick of this format', { kind: 'input', path: '--tick', found: `${tick} s`, expected: '1 s, 1 ms, 1 us or 1 ns' }); // prettier-ignore
      const found = spiking(header, frames);
      const ticks = ticker(found, unit[1], 'a finer --tick, such as --tick "1 ns"');
      const to = text();
      putText(to, `t_${unit[0]},address\n`);
      for (const stretch of stretches(frames)) {
        const { time, address } = ticks.of(spikesOf(stretch, found));
        for (let k = 0; k < time.length; k++) {
          putWhole(to, time[k]!);
          to.bytes[to.length++] = 44;
          putWhole(to, address[k]!);
          to.bytes[to.length++] = 10;
          if (full(to)) yield taken(to);
        }
      }
      ticks.end();
      yield taken(to);
    },
    beside: (header, frames) => new Map([[mapName, addressMap(spiking(header, frames).populations)]]),
  };
}

/** Longest line of a list, and of what is not one. */
const longest = 1000;

/** @throws SettleError of kind `input` with the line, from the first block to the last, for what is no list in order of time */
export function readAer(chunks: Iterable<Uint8Array>, file: string): Spikes {
  const lines = byteCursor(chunks);
  const words = (bytes: Uint8Array | null): string => new TextDecoder('latin1').decode(bytes ?? new Uint8Array(0)).trim(); // prettier-ignore
  const head = words(lines.line(longest));
  const first = words(lines.line(longest));
  lines.close();
  const unit = aerUnits[/^t_(s|ms|us|ns),\s*address$/.exec(head)?.[1] as keyof typeof aerUnits];
  if (unit === undefined)
    throw new SettleError('not a list of address events', { kind: 'input', file, line: 1, found: `"${head.slice(0, 80)}"`, expected: 't_us,address (or t_s, t_ms, t_ns)' }); // prettier-ignore
  const whole = !/[.eE]/.test(first);
  return {
    format: 'address events',
    unit,
    whole,
    nameOf: null,
    notes: () => [],
    blocks: {
      *[Symbol.iterator]() {
        const cursor = byteCursor(chunks);
        const block = filling();
        try {
          cursor.line(longest);
          let last = -Infinity;
          for (let number = 2; ; number++) {
            const line = cursor.line(longest);
            if (line === null) break;
            const spike = whole ? wholeEvent(line) : decimalEvent(line);
            if (spike === null) {
              if (line.length === 0 || (line.length === 1 && line[0] === 13)) continue;
              throw new SettleError('not an event', { kind: 'input', file, line: number, found: `"${words(line).slice(0, 80)}"`, expected: whole ? 'a whole time and an address, such as 1000,3' : 'a time and an address' }); // prettier-ignore
            }
            if (spike.time < last)
              throw new SettleError('times go back', { kind: 'input', file, line: number, found: String(spike.time), expected: `${last} or later` }); // prettier-ignore
            last = spike.time;
            if (filled(block, last, spike.address)) yield blockOf(block);
          }
        } catch (error) {
          if (!(error instanceof RangeError)) throw error;
          throw new SettleError('not a list of address events', { kind: 'input', file, found: error.message, expected: 'short lines' }); // prettier-ignore
        } finally {
          cursor.close();
        }
        if (block.count > 0) yield blockOf(block);
      },
    },
  };
}

const event = { time: 0, address: 0 };

/** Digits, a comma, digits: what `write` leaves. The same object every time. */
function wholeEvent(line: Uint8Array): typeof event | null {
  const end = line.at(-1) === 13 ? line.length - 1 : line.length;
  let [at, time, address] = [0, 0, 0];
  for (; at < end && line[at]! >= 48 && line[at]! <= 57; at++) time = time * 10 + line[at]! - 48;
  if (at === 0 || line[at] !== 44) return null;
  const from = ++at;
  for (; at < end && line[at]! >= 48 && line[at]! <= 57; at++) address = address * 10 + line[at]! - 48;
  if (at === from || at < end || time > 2 ** 53 || address >= 2 ** 32) return null;
  [event.time, event.address] = [time, address];
  return event;
}

function decimalEvent(line: Uint8Array): typeof event | null {
  const [, time, address] = /^([\d.eE+-]+),\s*(\d+)\s*$/.exec(new TextDecoder('latin1').decode(line)) ?? [];
  [event.time, event.address] = [Number(time), Number(address)];
  return Number.isFinite(event.time) && event.address < 2 ** 32 ? event : null;
}
