// Spikes from a value change dump, ours or a simulator's: rising edges of 1-bit signals and of the bits of vectors. Where
// any signal is called spk or spike, those alone count; else all 1-bit signals do. A pulse that is held is one spike.
import { SettleError } from '../errors.ts';
import { blockOf, exampleKey, filled, filling, neuronName, type Sample, type Spikes } from './spikes.ts';
import { timescales } from './ticks.ts';
import { vcdTokens } from './vcdTokens.ts';

interface Signal {
  readonly id: string;
  /** Without the module `settle` that we put around everything. */
  readonly scopes: readonly string[];
  readonly name: string;
  readonly kind: string;
  readonly width: number;
}

interface Heading {
  readonly scale: number;
  /** Of a file of ours: parts of a tick, and the tick in seconds. */
  readonly own: { readonly tick: number; readonly parts: number } | null;
  readonly signals: readonly Signal[];
}

/** @throws SettleError of kind `input` with the place of what is no VCD, from the first block to the last */
export function readVcd(chunks: Iterable<Uint8Array>, file: string): Spikes {
  const heading = headingOf(chunks, file);
  const { own, signals } = heading;
  const plain = signals.filter(({ kind }) => !['real', 'realtime', 'string', 'parameter', 'integer', 'time'].includes(kind)); // prettier-ignore
  const called = plain.filter(({ name }) => /spk|spike/i.test(name));
  const chosen = called.length > 0 ? called : plain.filter(({ width }) => width === 1);
  const names = chosen.flatMap((signal) => nameOf(signal, own !== null));
  const unit = own?.tick ?? heading.scale;
  const parts = own?.parts ?? 1;
  const examples = new Map<string, number>();
  let end = 0;
  return {
    format: 'VCD', unit, whole: true, foreign: own === null, examples,
    nameOf: (address) => names[address]!,
    notes: () => [
      `${signals.length} signals, ${names.length} of them read as spikes${called.length > 0 && own === null ? ' (those called spk or spike)' : ''}`,
      `last time ${Number((end * heading.scale).toPrecision(12))} s, timescale ${timescales.find(({ seconds }) => seconds === heading.scale)!.words}`,
    ],
    blocks: {
      *[Symbol.iterator]() {
        const block = filling();
        const edges = edgesOf(chosen);
        const index = new Map(own ? signals.filter(({ scopes, name }) => scopes.length === 0 && (name === 'epoch' || name === 'example')).map(({ id, name }) => [id, name]) : []);
        const at = { epoch: 0, example: 0, from: 0 };
        examples.clear();
        const note = (): void => {
          const key = exampleKey(at.epoch, at.example);
          if (!examples.has(key)) examples.set(key, Math.floor(at.from / parts));
        };
        for (const change of vcdTokens(chunks, file)) {
          if (change.kind === 'time') {
            if (index.size > 0 && change.time > end) note();
            end = change.time;
            continue;
          }
          const name = change.kind === 'vector' ? index.get(change.id) : undefined;
          if (name) [at[name as 'epoch'], at.from] = [parseInt(change.value, 2), change.time];
          const found = edges(change.id, change.kind, change.value, change.initial);
          for (let k = 0; k < found.length; k++)
            if (filled(block, own ? Math.floor(change.time / parts) : change.time, found[k]!)) yield blockOf(block);
        }
        if (index.size > 0) note();
        if (block.count > 0) yield blockOf(block);
      },
    },
    *membrane(wanted): Generator<Sample> {
      const signal = signals.find(({ kind, scopes, name }) => kind === 'real' && wanted === stateName(scopes, name));
      if (!signal) return;
      for (const change of vcdTokens(chunks, file))
        if (change.kind === 'real' && change.id === signal.id && !change.initial)
          yield { time: change.time / parts, value: Number(change.value) };
    },
  };
} // prettier-ignore

/** `h` and membrane_3 -> h[3]. */
function stateName(scopes: readonly string[], name: string): string | null {
  const unit = /^membrane_(\d+)$/.exec(name)?.[1];
  return unit === undefined ? null : neuronName(scopes.join('.'), Number(unit));
}

/** spk_3 of module h is h[3]; others are called by their path, the bits of a vector [0] and up. */
function nameOf({ scopes, name, width }: Signal, own: boolean): string[] {
  const unit = /^(?:spk|spikes?)_?(\d+)$/i.exec(name)?.[1];
  const owner = own ? scopes.join('.') : (scopes.at(-1) ?? '');
  if (width === 1) return [unit === undefined ? [...scopes, name].join('.') : neuronName(owner, Number(unit))];
  return Array.from({ length: width }, (_, bit) => neuronName([...scopes, name].join('.'), bit));
}

const none: number[] = [];

/** Addresses that rise with a change. Values of the beginning are levels, not edges. */
function edgesOf(signals: readonly Signal[]): (id: string, kind: string, value: string, initial: boolean) => readonly number[] {
  const places = new Map<string, { address: number; before: string; width: number; event: boolean }[]>();
  let next = 0;
  for (const { id, width, kind } of signals) {
    places.set(id, [...(places.get(id) ?? []), { address: next, before: '', width, event: kind === 'event' }]);
    next += width;
  }
  const one: number[] = [0];
  return (id, kind, value, initial) => {
    const found = kind === 'real' ? undefined : places.get(id);
    if (!found) return none;
    const rising: number[] = found.length === 1 && found[0]!.width === 1 ? one : [];
    rising.length = 0;
    for (const place of found) {
      // Vectors are written without their leading zeros.
      const now = place.width === 1 ? value : value.padStart(place.width, value[0] === '1' ? '0' : value[0]);
      for (let bit = 0; !initial && bit < place.width; bit++) {
        const character = now.length - 1 - bit;
        if ((now[character] === '1' && place.before[character] !== '1') || place.event) rising.push(place.address + bit);
      }
      place.before = now;
    }
    return rising;
  };
} // prettier-ignore

/** What stands before $enddefinitions. */
function headingOf(chunks: Iterable<Uint8Array>, file: string): Heading {
  const refuse = (message: string, found: string, expected: string): never => {
    throw new SettleError(message, { kind: 'input', file, found, expected });
  };
  const signals: Signal[] = [];
  const scopes: string[] = [];
  let [scale, own, done]: [number | null, Heading['own'], boolean] = [null, null, false];
  for (const { kind, value } of vcdTokens(chunks, file, true)) {
    if (kind !== 'command') break;
    const [word = '', ...rest] = value.split(/\s+/);
    if (word === '$scope') scopes.push(rest[1] ?? '');
    else if (word === '$upscope') scopes.pop();
    else if (word === '$timescale') {
      const words = /^(\d+)\s*([a-z]+)$/.exec(rest.join(' '));
      scale = timescales.find((each) => each.words === `${words?.[1]} ${words?.[2]}`)?.seconds ?? refuse('not a timescale', `"${rest.join(' ')}"`, '1, 10 or 100 of s, ms, us, ns, ps or fs');
    } else if (word === '$comment' && rest[0] === 'settle-vcd/1') own = { tick: Number(rest[2]), parts: Number(rest[5]) };
    else if (word === '$var') {
      const [type = '', size = '', id, name] = rest;
      if (!/^\d+$/.test(size) || id === undefined || name === undefined || Number(size) > 2 ** 20) refuse('not a signal', `"${value.slice(0, 80)}"`, '$var type size id name $end');
      signals.push({ id: id!, name: name!.replace(/\[.*$/, ''), kind: type, width: Number(size), scopes: [...scopes] });
    } else if (word === '$enddefinitions') {
      done = true;
      break;
    }
  }
  if (!done) refuse('not a value change dump', 'no $enddefinitions', 'declarations of signals');
  if (scale === null) refuse('a timescale is missing', 'none', '$timescale 1 ns $end');
  if (own && !(own.tick > 0 && Number.isInteger(own.parts) && own.parts >= 2)) refuse('a damaged comment', 'settle-vcd/1', 'a tick and its parts');
  // The same signal under several names counts once, under the first.
  const known = new Set<string>();
  const once = signals.filter(({ id }) => !known.has(id) && known.add(id));
  const inside = own ? once.map((signal) => ({ ...signal, scopes: signal.scopes.slice(1) })) : once;
  return { scale: scale!, own, signals: inside };
} // prettier-ignore
