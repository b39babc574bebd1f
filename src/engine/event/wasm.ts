// The event engine in WebAssembly: lays a network out in its memory and calls it. Membranes that move while refractory are
// left to the reference.
import { SettleError } from '../../errors.ts';
import { checkFed, checkNetwork, checkSent, checkSpikes } from './check.ts';
import type { EventState, SpikeBlock, ReusableEventEngine } from './engine.ts';
import { chainedSpikes } from './blocks.ts';
import { kernelsBase64 } from './kernels.generated.ts';
import { type EventNetwork, type InputEvents, type NeuronGroup, noInputs } from './network.ts';
import { merged, rest } from './queues.ts';
import { referenceEventEngine } from './reference.ts';
import { initialState } from './state.ts';

/** What kernels/index.ts exports. */
interface Kernels {
  readonly memory: WebAssembly.Memory;
  readonly origin: WebAssembly.Global;
  readonly inputsDone: WebAssembly.Global;
  readonly fedDone: WebAssembly.Global;
  readonly stepsDone: WebAssembly.Global;
  readonly spikes: WebAssembly.Global;
  readonly arrivals: WebAssembly.Global;
  readonly arrived: WebAssembly.Global;
  readonly written: WebAssembly.Global;
  readonly endless: WebAssembly.Global;
  room(bytes: number): number;
  open(neurons: number, groups: number, types: number, slice: number): void;
  setType(k: number, kind: number, tau: number, scale: number): void;
  closeTypes(): void;
  shortest(): number;
  openLooks(width: number): void;
  setGroup(g: number, unit: number, leaks: number, resistance: number, reset: number, strict: number, subtracts: number, refractory: number, near: number, low: number, high: number, keeps: number): void; // prettier-ignore
  setConnections(segmentOf: number, synapseOf: number, delay: number, type: number, post: number, weight: number, wide: number): void; // prettier-ignore
  setInputs(count: number, time: number, neuron: number, type: number, weight: number): void;
  setFed(count: number, time: number, neuron: number, type: number, weight: number): void;
  setSteps(count: number, time: number, neuron: number, pull: number): void;
  address(which: number): number;
  recordBytes(): number;
  coldRecordBytes(): number;
  slotOf(k: number): number;
  delivery(k: number): number;
  deliveries(): number;
  addDelivery(time: number, neuron: number, segment: number): void;
  send(count: number): void;
  sendRoom(): number;
  setApart(): void;
  nextEvent(): number;
  approach(time: number): void;
  resume(origin: number, inputs: number, steps: number, spikes: number, arrivals: number, arrived: number): void;
  setPull(neuron: number, pull: number, time: number): void;
  clear(): void;
  inject(neuron: number, type: number, weight: number, time: number): void;
  start(fresh: number): void;
  advance(until: number): number;
  gapAt(neuron: number, time: number): number;
  currentAt(neuron: number, type: number, time: number): number;
}

const mostGroups = 64;
const mostTypes = 16;
/** Time constants nearer to the membrane's than this are referred to the origin by a form without 1 / (tau_k - tau). */
const near = 0.2;
const infinite = -Infinity;
const refractoryWait = 1;

let compiled: WebAssembly.Module | undefined;
function kernels(): Kernels {
  compiled ??= new WebAssembly.Module(Uint8Array.from(atob(kernelsBase64), (letter) => letter.charCodeAt(0)));
  const abort = (): never => {
    throw new SettleError('the event engine took all memory there is', { kind: 'environment' });
  };
  return new WebAssembly.Instance(compiled, { env: { abort } }).exports as unknown as Kernels;
}

/** What the kernels do not do, or undefined. */
export function leftToReference({ groups, types }: EventNetwork): string | undefined {
  if (distinct(groups).length > mostGroups) return `more than ${mostGroups} kinds of neurons`;
  if (types.length > mostTypes) return `more than ${mostTypes} synapse types`;
  const moves = groups.some(({ refractory }) => refractory.duration > 0 && refractory.membrane === 'integrate');
  if (moves) return 'membranes that move while refractory';
  return undefined;
}

const constants = ({ count: _, ...rest }: NeuronGroup): string => JSON.stringify({ ...rest, infinite: rest.membraneTimeConstant === Infinity }); // prettier-ignore
const distinct = (groups: readonly NeuronGroup[]): NeuronGroup[] => [...new Map(groups.map((group) => [constants(group), group])).values()]; // prettier-ignore

/** How long coefficients may be referred to one origin: no overflow, and no digits lost that matter. */
function sliceOf({ groups, types }: EventNetwork): number {
  let slice = Infinity;
  for (const { kind, timeConstant } of types) {
    if (kind === 'delta') continue;
    slice = Math.min(slice, (kind === 'alpha' ? 4 : 200) * timeConstant);
    for (const { membraneTimeConstant: tau } of groups)
      if (Math.abs(timeConstant - tau) < near * tau) slice = Math.min(slice, 4 * Math.min(tau, timeConstant));
  }
  for (const { membraneTimeConstant: tau } of groups) slice = Math.min(slice, 200 * tau);
  // A power of two, so that multiples of it are exact.
  return slice === Infinity ? 2 ** 60 : 2 ** Math.floor(Math.log2(slice));
}

/** @throws SettleError of kind `input` for a network that cannot be simulated */
export function wasmEventEngine(network: EventNetwork, from?: EventState): ReusableEventEngine {
  if (leftToReference(network) !== undefined) return referenceEventEngine(network, from);
  checkNetwork(network);
  return opened(network, from);
}

/** An engine of some of a network's neurons. Its rows are those of all: `relay` is told every spike, its own too. */
export interface EventPart extends ReusableEventEngine {
  /** Nothing happens before this time, unless something is relayed or fed. */
  readonly next: number;
  /** As `send`, for spikes before the engine's time whose arrivals are not. */
  relay(spikes: SpikeBlock): void;
}

/** @param nameOf its number among all neurons, for messages */
export function wasmEventPart(network: EventNetwork, from: EventState | undefined, nameOf: (neuron: number) => number): EventPart {
  return opened(network, from, nameOf);
} // prettier-ignore

function opened(network: EventNetwork, from?: EventState, nameOf?: (neuron: number) => number): EventPart {
  const { neurons, types, connections, inputs, steps } = network;
  const wasm = kernels();
  const kinds = distinct(network.groups);
  const K = types.length;
  const put = (data: ArrayBufferView): number => {
    const at = wasm.room(data.byteLength) >>> 0;
    new Uint8Array(wasm.memory.buffer, at, data.byteLength).set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength)); // prettier-ignore
    return at;
  };
  const doubles = (at: number, length: number): Float64Array => new Float64Array(wasm.memory.buffer, at >>> 0, length);
  const groupOf = new Uint8Array(neurons);
  let filled = 0;
  for (const group of network.groups) {
    groupOf.fill(
      kinds.findIndex((kind) => constants(kind) === constants(group)),
      filled,
      filled + group.count,
    );
    filled += group.count;
  }
  const drive = (n: number, bias: number): number => {
    const { membraneTimeConstant, rest, threshold, resistance } = kinds[groupOf[n]!]!;
    return resistance * bias + (membraneTimeConstant === Infinity ? 0 : rest - threshold);
  };

  wasm.open(neurons, kinds.length, K, sliceOf(network));
  types.forEach(({ kind, timeConstant, amplitude }, k) => {
    const number = kind === 'delta' ? 0 : kind === 'exponential' ? 1 : 2;
    const scale =
      kind === 'delta' ? 1
      : kind === 'exponential' ? (amplitude === 'peak' ? 1 : 1 / timeConstant)
      : amplitude === 'peak' ? Math.E / timeConstant : 1 / timeConstant ** 2; // prettier-ignore
    wasm.setType(k, number, timeConstant, scale);
  });
  wasm.closeTypes();
  kinds.forEach(
    ({ membraneTimeConstant: tau, resistance, threshold, strict, reset, resetBy, refractory, floor, cap }, g) =>
    wasm.setGroup(g, tau === Infinity ? 1 : tau, tau === Infinity ? 0 : 1, resistance, reset - threshold, strict ? 1 : 0, resetBy === 'subtraction' ? 1 : 0, refractory.duration, near, floor - threshold, cap - threshold, refractory.arrivals === 'keep' ? 1 : 0), // prettier-ignore
  );
  const shortest = wasm.shortest();
  wasm.openLooks(shortest === Infinity ? 1 : 2 ** (Math.floor(Math.log2(shortest)) - 1));
  const { weight } = connections;
  const weightAt = put(weight);
  wasm.setConnections(put(connections.segmentOf), put(connections.synapseOf), put(connections.delay), put(connections.type), put(connections.post), weightAt, weight instanceof Float64Array ? 1 : 0); // prettier-ignore
  wasm.setInputs(inputs.time.length, put(inputs.time), put(inputs.neuron), put(inputs.type), put(inputs.weight));
  wasm.setSteps(steps.time.length, put(steps.time), put(steps.neuron), put(steps.value.map((value, k) => drive(steps.neuron[k]!, value)))); // prettier-ignore

  const bias = new Float64Array(neurons);
  let [time, stepsSeen] = [0, 0];
  const stride = wasm.recordBytes() / 8;
  const records = (): Float64Array => doubles(wasm.address(0), neurons * stride);
  const slots = types.map(({ kind }, k) => (kind === 'delta' ? [] : kind === 'alpha' ? [wasm.slotOf(k) / 8, wasm.slotOf(k) / 8 + 1] : [wasm.slotOf(k) / 8])); // prettier-ignore
  /** What a record of a neuron's other half holds: pull and key (f64), then bytes: waits, mode, group. */
  const cold = (n: number): [reals: Float64Array, bytes: Uint8Array] => {
    const at = (wasm.address(1) >>> 0) + n * wasm.coldRecordBytes();
    return [doubles(at, 2), new Uint8Array(wasm.memory.buffer, at + 16, 3)];
  };
  function begin(start: EventState, fresh: boolean): void {
    wasm.clear();
    bias.set(start.bias);
    [time, stepsSeen] = [start.time, start.steps];
    const rows = records();
    const [kept, held] = [doubles(wasm.address(8), neurons), doubles(wasm.address(5), neurons)];
    for (let n = 0; n < neurons; n++) {
      const row = n * stride;
      const refractory = start.refractoryUntil[n]! > infinite;
      const [reals, bytes] = cold(n);
      reals.set([drive(n, bias[n]!), refractory ? start.refractoryUntil[n]! : Infinity]);
      bytes.set([refractory ? refractoryWait : 0, start.held[n] === -1 ? 1 : start.held[n]! * 2, groupOf[n]!]);
      const leaks = kinds[groupOf[n]!]!.membraneTimeConstant !== Infinity;
      // A fresh state holds the gap itself; one of ours the membrane's coefficient.
      rows[row] = fresh ? start.gap[n]! - (leaks ? drive(n, bias[n]!) : 0) : start.gap[n]!;
      rows[row + 1] = -1;
      rows[row + 2] = start.moved[n]!;
      slots.forEach(([current, rise], k) => {
        if (current !== undefined) rows[row + current] = start.current[n * K + k]!;
        if (rise !== undefined) rows[row + rise] = start.rise[n * K + k]!;
      });
      kept[n] = start.kept[n]!;
      if (refractory) [rows[row + 1], held[n]] = [Infinity, start.gap[n]!];
    }
    wasm.resume(start.origin ?? 0, start.inputs, start.steps, start.counts.spikes, start.counts.arrivals, start.counts.inputs); // prettier-ignore
    start.pending.time.forEach((t, k) => wasm.addDelivery(t, start.pending.neuron[k]!, start.pending.segment[k]!));
    fed = start.fed;
    putFed();
    wasm.start(fresh ? 1 : 0);
  }
  let fed: InputEvents = noInputs;
  let [fedRoom, fedAt]: [number, number[]] = [0, []];
  /** Into memory that only grows when a list is longer than any before. */
  const putFed = (): void => {
    const { time, neuron, type, weight } = fed;
    const columns = [time, neuron, type, weight];
    if (time.length > fedRoom) {
      fedRoom = 2 ** Math.ceil(Math.log2(time.length));
      fedAt = columns.map(({ BYTES_PER_ELEMENT: bytes }) => wasm.room(fedRoom * bytes) >>> 0);
    }
    columns.forEach((column, k) => {
      new Uint8Array(wasm.memory.buffer, fedAt[k], column.byteLength).set(new Uint8Array(column.buffer, column.byteOffset, column.byteLength)); // prettier-ignore
    });
    const [a = 0, b = 0, c = 0, d = 0] = fedAt;
    wasm.setFed(time.length, a, b, c, d);
  };
  function load(state: EventState): void {
    if (state.origin === null) throw new SettleError('the state is of another engine', { kind: 'input', found: 'one of the reference', expected: 'one of wasm' }); // prettier-ignore
    begin(state, false);
  }
  if (nameOf) wasm.setApart();
  if (from) load(from);
  else begin(initialState(network), true);

  /** Through the room that spikes are fetched from, which is empty between two calls of advance. */
  const relay = (spikes: SpikeBlock): void => {
    const room = wasm.sendRoom();
    for (let from = 0; from < spikes.time.length; from += room) {
      const part = spikes.time.subarray(from, from + room);
      doubles(wasm.address(6), part.length).set(part);
      new Uint32Array(wasm.memory.buffer, wasm.address(7) >>> 0, part.length).set(spikes.neuron.subarray(from, from + room)); // prettier-ignore
      wasm.send(part.length);
    }
  };
  const counts = (): EventState['counts'] => ({
    spikes: Number(wasm.spikes.value),
    arrivals: Number(wasm.arrivals.value),
    inputs: Number(wasm.arrived.value),
  });
  return {
    backend: 'wasm',
    get time() {
      return time;
    },
    get counts() {
      return counts();
    },
    get weights() {
      return weight instanceof Float64Array
        ? doubles(weightAt, weight.length)
        : new Float32Array(wasm.memory.buffer, weightAt >>> 0, weight.length);
    },
    advance(until) {
      const blocks: SpikeBlock[] = [];
      let found = 0;
      for (let status = 1; status === 1;) {
        status = wasm.advance(until);
        if (status === 2)
          throw new SettleError('a neuron does not stop firing at one instant', {
            kind: 'input', path: `neuron ${nameOf ? nameOf(Number(wasm.endless.value)) : wasm.endless.value}`, expected: 'a refractory time, or delays, in every circle of synapses',
          }); // prettier-ignore
        const length = Number(wasm.written.value);
        blocks.push({
          time: doubles(wasm.address(6), length).slice(),
          neuron: new Uint32Array(wasm.memory.buffer, wasm.address(7) >>> 0, length).slice(),
        });
        wasm.written.value = 0;
        checkSpikes((found += length), neurons);
      }
      for (; stepsSeen < Number(wasm.stepsDone.value); stepsSeen++)
        bias[steps.neuron[stepsSeen]!] = steps.value[stepsSeen]!;
      time = until;
      return chainedSpikes(blocks);
    },
    potential: (n) => kinds[groupOf[n]!]!.threshold + wasm.gapAt(n, time),
    current: (n, type) => wasm.currentAt(n, type, time),
    get next() {
      return wasm.nextEvent();
    },
    state() {
      wasm.approach(time);
      const rows = records();
      const held = doubles(wasm.address(5), neurons);
      const keys = new Float64Array(neurons);
      const [waits, modes] = [new Uint8Array(neurons), new Uint8Array(neurons)];
      for (let n = 0; n < neurons; n++) [[, keys[n]], [waits[n], modes[n]]] = cold(n) as unknown as [[number, number], [number, number]]; // prettier-ignore
      const pick = (place: number | undefined, n: number): number => (place === undefined ? 0 : rows[n * stride + place]!); // prettier-ignore
      const each = (f: (n: number) => number): Float64Array => Float64Array.from({ length: neurons }, (_, n) => f(n));
      const refractory = (n: number): boolean => waits[n] === refractoryWait;
      const pending = Array.from({ length: wasm.deliveries() }, (_, k) => {
        const at = wasm.delivery(k) >>> 0;
        const view = new DataView(wasm.memory.buffer, at, 16);
        return { time: view.getFloat64(0, true), neuron: view.getUint32(8, true), segment: view.getUint32(12, true) };
      }).sort((a, b) => a.time - b.time || a.neuron - b.neuron || a.segment - b.segment);
      return {
        time,
        origin: Number(wasm.origin.value),
        gap: each((n) => (refractory(n) ? held[n]! : pick(0, n))),
        moved: each((n) => pick(2, n)),
        current: Float64Array.from({ length: neurons * K }, (_, i) => pick(slots[i % K]![0], Math.floor(i / K))),
        rise: Float64Array.from({ length: neurons * K }, (_, i) => pick(slots[i % K]![1], Math.floor(i / K))),
        bias: bias.slice(),
        refractoryUntil: each((n) => (refractory(n) ? keys[n]! : -Infinity)),
        kept: doubles(wasm.address(8), neurons).slice(),
        held: Int8Array.from(modes, (mode) => (mode === 2 ? 1 : -mode)),
        pending: {
          time: Float64Array.from(pending, ({ time }) => time),
          neuron: Uint32Array.from(pending, ({ neuron }) => neuron),
          segment: Uint32Array.from(pending, ({ segment }) => segment),
        },
        inputs: Number(wasm.inputsDone.value),
        steps: Number(wasm.stepsDone.value),
        fed: rest(fed, Number(wasm.fedDone.value)),
        counts: counts(),
      };
    },
    send(spikes) {
      checkSent(spikes, neurons, time);
      relay(spikes);
    },
    relay,
    feed(more) {
      checkFed(more, network, time);
      if (more.time.length === 0) return;
      fed = merged(rest(fed, Number(wasm.fedDone.value)), more);
      putFed();
    },
    load,
    restart: (initial, bias) => begin(initialState({ ...network, initial, bias }), true),
    inject: (n, type, amount) => wasm.inject(n, type, amount, time),
    setBias(values) {
      for (let n = 0; n < neurons; n++) {
        if (bias[n] === values[n]) continue;
        bias[n] = values[n]!;
        wasm.setPull(n, drive(n, values[n]!), time);
      }
    },
  };
}
