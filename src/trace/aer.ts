// A plain list of address events: two columns, time in whole ticks and address, the unit of time in the name of the column.
// Which neuron an address is stands in addr_map.csv beside it. States are left out.
import { SettleError } from '../errors.ts';
import { addressMap, mapName } from './addressMap.ts';
import { spikesOf, spiking, stretches } from './axis.ts';
import type { Format } from './format.ts';
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
