// Generators of connections: a projection of a model as compressed rows of presynaptic units. Every pair, weight and delay is
// a pure function of the seed and of where it stands, so a wiring is the same for every engine, backend and thread count.
import { SettleError } from '../../errors.ts';
import { log, log1p, exp } from '../../math/elementary.ts';
import { uniform24, uniform52, wholeBelow } from '../../math/random.ts';
import type { Connect, NetworkModel, NetworkPopulation, NetworkProjection } from '../../model/network.ts';
import { drawOf } from './draw.ts';
import { projectionStream } from './streams.ts';

/** Unit n of the sender owns the synapses [rows[n], rows[n + 1]), by target. */
export interface Wiring {
  readonly projection: NetworkProjection;
  readonly rows: Uint32Array;
  /** Units of the receiver, from 0. */
  readonly targets: Uint32Array;
  /** Of each synapse, as the model has them (SI); */
  readonly weights: Float32Array | Float64Array;
  /** Seconds: one for all, or one for each synapse. */
  readonly delays: Float64Array;
}

/** What pairs a generator makes, row by row; `emit(target)` in ascending order of targets. */
type Rows = (pre: number, emit: (post: number) => void) => void;

/** Pairs expected of a projection: exact but for those drawn at random. */
export function expectedSynapses({ connect, autapses, from, to }: NetworkProjection, pre: number, post: number): number {
  const all = pre * post - (from === to && !autapses ? pre : 0);
  switch (connect.kind) {
    case 'all-to-all': return all;
    case 'one-to-one': return autapses || from !== to ? pre : 0;
    case 'fixed-probability': return all * connect.probability;
    case 'fixed-in-degree': return post * connect.degree;
    case 'distance': return all * connect.probability * Math.min(1, 2 * Math.PI * connect.scale ** 2);
    case 'list': return connect.pre.length;
  }
} // prettier-ignore

/** Rows are numbered in 32 bits. */
const synapsesLimit = 2 ** 32 - 2;

/**
 * Refuses what would not fit before any memory is taken.
 * @throws SettleError of kind `input` naming the projection, its synapses and the memory they would take
 */
export function checkSynapses(model: NetworkModel, bytesAvailable: number): void {
  const units = new Map(model.populations.map((population) => [population.name, population.units]));
  const refuse = (path: string, synapses: number, bytes: number): never => {
    throw new SettleError('the synapses do not fit into memory', {
      kind: 'input', path,
      found: `${synapses.toPrecision(3)} synapses, ${gibibytes(bytes)}`,
      expected: bytes > bytesAvailable ? `at most ${gibibytes(bytesAvailable)}, what is free here` : 'at most 4.29e+9 synapses',
    }); // prettier-ignore
  };
  let [synapses, bytes] = [0, 0];
  for (const projection of model.projections) {
    const count = expectedSynapses(projection, units.get(projection.from)!, units.get(projection.to)!);
    const each = count * (bytesASynapse + (projection.delay.kind === 'constant' ? 0 : 8));
    if (each > bytesAvailable || count > synapsesLimit) refuse(`projections.${projection.name}.connect`, count, each);
    synapses += count;
    bytes += each;
  }
  if (bytes > bytesAvailable || synapses > synapsesLimit) refuse('projections', synapses, bytes);
}

const gibibytes = (bytes: number): string => `${(bytes / 2 ** 30).toPrecision(3)} GiB`;
/** While rows are made and laid out for an engine, each synapse stands twice. */
const bytesASynapse = 16;

export interface WiringOptions {
  /** Weights in float64; float32 otherwise. */
  readonly wide?: boolean;
}

/** The connections of every projection, in the order of the file. @throws SettleError of kind `input` */
export function wiringOf(model: NetworkModel, options: WiringOptions = {}): Wiring[] {
  const populations = new Map(model.populations.map((population) => [population.name, population]));
  return model.projections.map((projection, index) => {
    const [pre, post] = [populations.get(projection.from)!, populations.get(projection.to)!];
    return wired(projection, pre, post, model.seed, index, options.wide ?? false);
  });
}

function wired(projection: NetworkProjection, pre: NetworkPopulation, post: NetworkPopulation, seed: number, index: number, wide: boolean): Wiring {
  const [rows, targets] = pairsOf(projection, pre, post, seed, index);
  const count = targets.length;
  const weights = new (wide ? Float64Array : Float32Array)(count);
  const each = projection.weight.kind === 'constant' ? null : drawOf(projection.weight, seed, projectionStream(index, 'weight'));
  if (projection.weight.kind === 'constant') weights.fill(projection.weight.value);
  const one = projection.delay.kind === 'constant';
  const delays = new Float64Array(one ? 1 : count);
  const delay = drawOf(projection.delay, seed, projectionStream(index, 'delay'));
  if (one) delays[0] = delay(0, 0);
  if (each || !one) {
    // Lists go by synapse; distributions by (row, place in the row).
    const [weightListed, delayListed] = [projection.weight.kind === 'list', projection.delay.kind === 'list'];
    const order = projection.connect.kind === 'list' ? listOrder(projection.connect.pre, pre.units) : null;
    for (let unit = 0; unit < pre.units; unit++)
      for (let k = rows[unit]!; k < rows[unit + 1]!; k++) {
        const listed = order ? order[k]! : k;
        if (each) weights[k] = each(unit, weightListed ? listed : k - rows[unit]!);
        if (!one) delays[k] = delay(unit, delayListed ? listed : k - rows[unit]!);
      }
  }
  for (const [what, drawn] of [['weight', projection.weight], ['delay', projection.delay]] as const)
    if (drawn.kind === 'list' && drawn.values.length !== count)
      throw new SettleError('not one value for each synapse', {
        kind: 'input', path: `projections.${projection.name}.${what}`, found: `${drawn.values.length} values`, expected: `${count}`,
      });
  return { projection, rows, targets, weights, delays };
} // prettier-ignore

function pairsOf({ connect, autapses, from, to }: NetworkProjection, pre: NetworkPopulation, post: NetworkPopulation, seed: number, index: number): readonly [Uint32Array, Uint32Array] {
  const stream = projectionStream(index, 'pairs');
  const self = from === to && !autapses;
  if (connect.kind === 'list') return transposed(connect.pre, pre.units, (k) => connect.post[k]!);
  if (connect.kind === 'fixed-in-degree') return inDegree(connect, pre.units, post.units, self, seed, stream);
  return collected(pre.units, rowsOf(connect, pre.units, post.units, self, seed, stream));
} // prettier-ignore

function rowsOf(connect: Exclude<Connect, { kind: 'list' | 'fixed-in-degree' }>, pre: number, post: number, self: boolean, seed: number, stream: number): Rows {
  switch (connect.kind) {
    case 'all-to-all':
      return (unit, emit) => { for (let at = 0; at < post; at++) if (!self || at !== unit) emit(at); };
    case 'one-to-one':
      return (unit, emit) => { if (!self) emit(unit); };
    case 'fixed-probability': {
      const { probability } = connect;
      if (probability === 0) return () => {};
      if (probability === 1) return rowsOf({ kind: 'all-to-all' }, pre, post, self, seed, stream);
      // Gaps between successes of independent draws are geometric: one draw a synapse instead of one a pair.
      const none = log1p(-probability);
      return (unit, emit) => {
        for (let at = -1, draw = 0; ; draw++) {
          at += 1 + Math.floor(log(uniform52(seed, stream, unit, draw)) / none);
          if (at >= post) return;
          if (!self || at !== unit) emit(at);
        }
      };
    }
    case 'distance': {
      const { probability, scale, shape, periodic } = connect;
      const [sender, receiver] = [squareOf(pre), squareOf(post)];
      const gap = (a: number, b: number): number => {
        const d = Math.abs(a - b);
        return periodic ? Math.min(d, 1 - d) : d;
      };
      return (unit, emit) => {
        const [x, y] = sender(unit);
        for (let at = 0; at < post; at++) {
          if (self && at === unit) continue;
          const [u, v] = receiver(at);
          const square = gap(x, u) ** 2 + gap(y, v) ** 2;
          const chance = probability * exp(shape === 'gaussian' ? -square / (2 * scale * scale) : -Math.sqrt(square) / scale);
          if (uniform24(seed, stream, unit, at, 0) < chance) emit(at);
        }
      };
    }
  }
} // prettier-ignore

/** Units on the smallest square grid that holds them, row by row, on the unit square. */
function squareOf(units: number): (unit: number) => readonly [number, number] {
  const side = Math.ceil(Math.sqrt(units));
  return (unit) => [((unit % side) + 0.5) / side, (Math.floor(unit / side) + 0.5) / side];
}

function collected(pre: number, row: Rows): readonly [Uint32Array, Uint32Array] {
  const rows = new Uint32Array(pre + 1);
  let targets = new Uint32Array(1024);
  let count = 0;
  for (let unit = 0; unit < pre; unit++) {
    row(unit, (post) => {
      if (count === targets.length) {
        const larger = new Uint32Array(Math.ceil(count * 1.5));
        larger.set(targets);
        targets = larger;
      }
      targets[count++] = post;
    });
    rows[unit + 1] = count;
  }
  return [rows, targets.slice(0, count)];
}

/** Every receiver draws `degree` senders; with `multapses: false` each at most once (Floyd's sampling). */
function inDegree({ degree, multapses }: Extract<Connect, { kind: 'fixed-in-degree' }>, pre: number, post: number, self: boolean, seed: number, stream: number): readonly [Uint32Array, Uint32Array] {
  const senders = self ? pre - 1 : pre;
  if (degree > 0 && (senders === 0 || (!multapses && degree > senders)))
    throw new SettleError('impossible in-degree', { kind: 'input', found: String(degree), expected: `at most ${senders} different senders` });
  const count = post * degree;
  const sources = new Uint32Array(count);
  const chosen = new Set<number>();
  for (let unit = 0; unit < post; unit++) {
    chosen.clear();
    for (let k = 0; k < degree; k++) {
      let sender: number;
      if (multapses) sender = wholeBelow(senders, seed, stream, unit, k);
      else {
        const last = senders - degree + k;
        sender = wholeBelow(last + 1, seed, stream, unit, k);
        if (chosen.has(sender)) sender = last;
        chosen.add(sender);
      }
      sources[unit * degree + k] = self && sender >= unit ? sender + 1 : sender;
    }
  }
  return transposed(sources, pre, (k) => Math.floor(k / degree));
} // prettier-ignore

/** Pairs given by their senders into rows; those of one row keep their order. */
function transposed(sources: ArrayLike<number>, pre: number, targetOf: (k: number) => number): readonly [Uint32Array, Uint32Array] {
  const rows = new Uint32Array(pre + 1);
  for (let k = 0; k < sources.length; k++) rows[sources[k]! + 1]!++;
  for (let unit = 0; unit < pre; unit++) rows[unit + 1]! += rows[unit]!;
  const next = rows.slice(0, pre);
  const targets = new Uint32Array(sources.length);
  for (let k = 0; k < sources.length; k++) targets[next[sources[k]!]!++] = targetOf(k);
  return [rows, targets];
} // prettier-ignore

/** Which pair of the list each synapse of the rows is. */
const listOrder = (senders: Uint32Array, pre: number): Uint32Array => transposed(senders, pre, (k) => k)[1];
