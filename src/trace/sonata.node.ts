// Spikes in HDF5 as SONATA has them: /spikes/POPULATION/timestamps (float64, ms) and node_ids (uint64), by time. The optional
// attribute `sorting` is an enumeration, which h5wasm cannot write: it is left out.
import { SettleError } from '../errors.ts';
import type { Header } from '../frames/container.ts';
import type { Frame } from '../frames/frame.ts';
import { spikesOf, spiking, stretches, type Survey } from './axis.ts';
import { hdfChunk, type HdfFile, openHdf5, writeHdf5Columns } from './hdf5.node.ts';
import { inOrder, merged, namesOf, type Population, type SpikeBlock, type Spikes } from './spikes.ts';

/** @throws SettleError of kind `input` for a trace without spikes, `environment` where nothing can be written */
export async function writeSonata(path: string, header: Header, frames: Iterable<Frame>): Promise<void> {
  const found = spiking(header, frames);
  const chunk = Math.min(hdfChunk, Math.max(256, found.spikes));
  const columns = found.populations.flatMap(({ name }) => [
    { group: `spikes/${name}`, name: 'timestamps', type: 'float64' as const, attributes: { units: 'ms' }, chunk },
    { group: `spikes/${name}`, name: 'node_ids', type: 'uint64' as const, chunk },
  ]);
  await writeHdf5Columns(path, columns, blocks(frames, found));
}

/** Blocks of a chunk for each column. */
function* blocks(frames: Iterable<Frame>, found: Survey): Generator<readonly [number, Float64Array | Uint32Array]> {
  const places = found.populations.map(() => ({ count: 0, time: new Float64Array(hdfChunk), id: new Uint32Array(2 * hdfChunk) })); // prettier-ignore
  const owner = new Uint32Array(found.neurons);
  found.populations.forEach(({ offset, units }, p) => owner.fill(p, offset, offset + units));
  const milliseconds = 1000 * found.unit;
  // The nearest float64 to what a decimal step says, without the tail of binary rounding.
  const perSecond = Math.round(1 / found.unit);
  const divides = found.whole && Math.abs(perSecond * found.unit - 1) < 1e-12;
  for (const stretch of stretches(frames)) {
    const { time, address } = spikesOf(stretch, found);
    for (let k = 0; k < time.length; k++) {
      const p = owner[address[k]!]!;
      const place = places[p]!;
      place.time[place.count] = divides ? (1000 * time[k]!) / perSecond : time[k]! * milliseconds;
      place.id[2 * place.count] = address[k]! - found.populations[p]!.offset;
      if (++place.count < hdfChunk) continue;
      yield [2 * p, place.time];
      yield [2 * p + 1, place.id];
      place.count = 0;
    }
  }
  for (const [p, { count, time, id }] of places.entries()) {
    yield [2 * p, time.subarray(0, count)];
    yield [2 * p + 1, id.subarray(0, 2 * count)];
  }
}

/** @throws SettleError of kind `input` with the path inside of what is no spikes */
export async function readSonata(path: string): Promise<Spikes> {
  const file = await openHdf5(path);
  try {
    const names = file.names('spikes') ?? refuse(path, 'spikes', 'no spikes of SONATA', 'no such group', '/spikes/POPULATION'); // prettier-ignore
    // One unit for the file: the populations have to agree.
    const units = [...new Set(names.map((name) => file.attribute(`spikes/${name}/timestamps`, 'units') ?? 'ms'))].join(' and ') || 'ms'; // prettier-ignore
    const unit = secondsPer[units] ?? refuse(path, `spikes/${names[0]}/timestamps@units`, 'not a unit of time', units, 's, ms or us'); // prettier-ignore
    let offset = 0;
    const trains = names.map((name) => {
      const train = trainOf(file, path, name, offset);
      offset += train.units;
      return train;
    });
    return {
      format: 'SONATA spikes',
      unit,
      whole: false,
      blocks: { [Symbol.iterator]: () => merged(trains.map(({ blocks }) => blocks)) },
      nameOf: namesOf(trains),
      notes: () => trains.filter(({ sorted }) => !sorted).map(({ name }) => `${name} was not in order of time`),
      close: () => file.close(),
    };
  } catch (error) {
    file.close();
    throw error;
  }
}

const secondsPer: Readonly<Record<string, number>> = { s: 1, ms: 1e-3, us: 1e-6 };

function refuse(file: string, path: string, message: string, found: string, expected: string): never {
  throw new SettleError(message, { kind: 'input', file, path, found, expected });
}

interface Train extends Population {
  readonly sorted: boolean;
  readonly blocks: Iterable<SpikeBlock>;
}

/** One population, gone through once: how many units, and whether in order of time. Others are sorted, in memory. */
function trainOf(file: HdfFile, path: string, name: string, offset: number): Train {
  const [times, ids] = [`spikes/${name}/timestamps`, `spikes/${name}/node_ids`];
  const length = file.length(times);
  if (file.length(ids) !== length) refuse(path, ids, 'times and nodes do not match', `${file.length(ids)} nodes`, `${length}, one a time`); // prettier-ignore
  function* parts(): Generator<SpikeBlock> {
    for (let from = 0; from < length; from += hdfChunk) {
      const to = Math.min(length, from + hdfChunk);
      const address = Uint32Array.from(file.numbers(ids, from, to), (id) => {
        if (!(id >= 0 && id < 2 ** 32 - offset)) refuse(path, ids, 'not a node', String(id), 'from 0 to 2^32');
        return id + offset;
      });
      yield { time: file.numbers(times, from, to), address };
    }
  }
  let [units, last, sorted] = [0, -Infinity, true];
  for (const { time, address } of parts())
    for (let k = 0; k < time.length; k++) {
      if (!Number.isFinite(time[k])) refuse(path, times, 'not a time', String(time[k]), 'a finite number');
      units = Math.max(units, address[k]! - offset + 1);
      sorted &&= time[k]! >= last;
      last = time[k]!;
    }
  return { name, units, offset, sorted, blocks: sorted ? { [Symbol.iterator]: parts } : [whole(parts(), length)] };
}

function whole(blocks: Iterable<SpikeBlock>, length: number): SpikeBlock {
  const [time, address] = [new Float64Array(length), new Uint32Array(length)];
  let at = 0;
  for (const block of blocks) {
    time.set(block.time, at);
    address.set(block.address, at);
    at += block.time.length;
  }
  return inOrder(time, address);
}
