// The event engine in plain loops: the law that faster ones are held to. A neuron's state moves only when something
// arrives, fires or is reached; predictions are looks that change nothing, so results do not depend on how many there are.
import { SettleError } from '../../errors.ts';
import { exp } from '../../math/elementary.ts';
import { checkFed, checkNetwork, checkSent, checkSpikes } from './check.ts';
import { driveNow, firstPositiveDrive, firstRise, lowerBound } from './crossing.ts';
import type { EventState, SpikeBlock, ReusableEventEngine } from './engine.ts';
import { type Cell, cell, type Course, decayCurrents, gapAfter } from './membrane.ts';
import { type EventNetwork, type InputEvents, type NeuronGroup, noInputs } from './network.ts';
import { byTime, deliveries, type Delivery, merged, rest, selfEvents } from './queues.ts';
import { initialState, copied } from './state.ts';

/** What a neuron's next self-event is. `look`: not known yet, but not before then. */
type Expected = 'nothing' | 'look' | 'refractory end' | 'leave' | 'floor' | 'cap' | 'crossing';

/** Spikes of one neuron at one instant beyond which a circle of zero delays is taken to go on for ever. */
const mostAtOnce = 1000;

/** @throws SettleError of kind `input` for a network that cannot be simulated */
export function referenceEventEngine(network: EventNetwork, from?: EventState): ReusableEventEngine {
  checkNetwork(network);
  const { neurons, types, connections, inputs, steps } = network;
  const { segmentOf, synapseOf, delay, type: typeOf, post, weight } = connections;
  const K = types.length;
  const groupOf = network.groups.flatMap((group): NeuronGroup[] => Array<NeuronGroup>(group.count).fill(group));
  const cells = new Map(network.groups.map((group) => [group, cell(group, types)]));
  const cellOf = (n: number): Cell => cells.get(groupOf[n]!)!;
  /** What a weight adds: to V, to the current, or to its rise. */
  const scale = types.map(({ kind, timeConstant, amplitude }) =>
    kind === 'delta' ? 1
    : kind === 'exponential' ? (amplitude === 'peak' ? 1 : 1 / timeConstant)
    : amplitude === 'peak' ? Math.E / timeConstant : 1 / timeConstant ** 2); // prettier-ignore

  let s = copied(initialState(network));
  let [time, inputsDone, stepsDone] = [0, 0, 0];
  let counts = { spikes: 0, arrivals: 0, inputs: 0 };
  let pending = deliveries([]);
  let fed: InputEvents = noInputs;
  let fedDone = 0;
  const self = selfEvents(neurons);
  const expected: Expected[] = Array<Expected>(neurons).fill('nothing');

  /** The neuron's course as seen from a level; `upside` false turns it over, so that falling to the level is rising. */
  function course(n: number, level: number, upside = true): Course {
    const { rest, threshold, resistance } = groupOf[n]!;
    const sign = upside ? 1 : -1;
    const rests = cellOf(n).leaks ? rest - level : 0;
    const turned = (values: Float64Array): Float64Array => values.slice(n * K, n * K + K).map((value) => sign * value);
    return {
      gap: sign * (s.gap[n]! + (threshold - level)),
      pull: sign * (resistance * s.bias[n]! + rests),
      current: turned(s.current),
      rise: turned(s.rise),
    };
  }
  const refractory = (n: number): boolean => s.refractoryUntil[n]! > -Infinity;
  const still = (n: number): boolean =>
    s.held[n] !== 0 || (refractory(n) && groupOf[n]!.refractory.membrane === 'clamp');

  /** The neuron at time t >= moved; a membrane that is just reaching a level is on it exactly. */
  function moveTo(n: number, t: number): void {
    const from = course(n, groupOf[n]!.threshold);
    const elapsed = t - s.moved[n]!;
    const { threshold, floor, cap } = groupOf[n]!;
    if (!still(n)) {
      if (self.timeOf(n) !== t) s.gap[n] = elapsed > 0 ? gapAfter(cellOf(n), from, elapsed) : s.gap[n]!;
      else if (expected[n] === 'crossing') s.gap[n] = Math.max(0, s.gap[n]!);
      else if (expected[n] === 'floor') s.gap[n] = floor - threshold;
      else if (expected[n] === 'cap') s.gap[n] = cap - threshold;
      else if (elapsed > 0) s.gap[n] = gapAfter(cellOf(n), from, elapsed);
    }
    if (elapsed > 0) {
      decayCurrents(cellOf(n), from, elapsed);
      s.current.set(from.current, n * K);
      s.rise.set(from.rise, n * K);
    }
    s.moved[n] = t;
  }

  /** The next self-event, or (`lazily`) a time before which there is none. */
  function predict(n: number, lazily: boolean): void {
    const { threshold, floor, cap } = groupOf[n]!;
    const own = cellOf(n);
    const moved = s.moved[n]!;
    let [at, what]: [number, Expected] = [Infinity, 'nothing'];
    const take = (when: number, kind: Expected): void => {
      if (when < at) [at, what] = [when, kind];
    };
    if (refractory(n)) take(s.refractoryUntil[n]!, 'refractory end');
    const clamped = refractory(n) && groupOf[n]!.refractory.membrane === 'clamp';
    if (!clamped && s.held[n] !== 0) {
      const low = s.held[n] === -1;
      take(moved + firstPositiveDrive(own, course(n, low ? floor : cap, low)), 'leave');
    } else if (!clamped) {
      // Seconds until `kind`, or only a bound below them.
      const reach = (level: number, upside: boolean, kind: Expected): void => {
        const seen = course(n, level, upside);
        if (lazily) take(moved + lowerBound(own, seen), 'look');
        else take(moved + firstRise(own, seen, moved), kind);
      };
      if (!refractory(n) && cap >= threshold) reach(threshold, true, 'crossing');
      if (cap < Infinity && (cap < threshold || refractory(n))) reach(cap, true, 'cap');
      if (floor > -Infinity) reach(floor, false, 'floor');
    }
    expected[n] = at === Infinity ? 'nothing' : what;
    self.set(n, Math.max(at, moved));
  }

  /** Brings V back between floor and cap, and says whether it is held there. */
  function hold(n: number): void {
    const { threshold, floor, cap } = groupOf[n]!;
    const [low, high] = [floor - threshold, cap - threshold];
    s.gap[n] = Math.min(Math.max(s.gap[n]!, low), high);
    s.held[n] = 0;
    if (s.gap[n] === low && driveNow(cellOf(n), course(n, floor)) <= 0) s.held[n] = -1;
    if (s.gap[n] === high && driveNow(cellOf(n), course(n, cap)) >= 0) s.held[n] = 1;
  }

  function arrive(n: number, k: number, amount: number, t: number): void {
    if (types[k]!.kind === 'exponential') s.current[n * K + k]! += amount * scale[k]!;
    else if (types[k]!.kind === 'alpha') s.rise[n * K + k]! += amount * scale[k]!;
    else if (!refractory(n)) s.gap[n]! += amount;
    else if (groupOf[n]!.refractory.arrivals === 'keep') {
      const { leaks, unit } = cellOf(n);
      if (groupOf[n]!.refractory.membrane === 'integrate') s.gap[n]! += amount;
      else s.kept[n]! += amount * (leaks ? exp(-(s.refractoryUntil[n]! - t) / unit) : 1);
    }
  }

  function fires(n: number): boolean {
    const { strict } = groupOf[n]!;
    return !refractory(n) && (strict ? s.gap[n]! > 0 : s.gap[n]! >= 0);
  }

  function reset(n: number, t: number): void {
    const { threshold, reset, resetBy, refractory } = groupOf[n]!;
    s.gap[n] = resetBy === 'value' ? reset - threshold : s.gap[n]! + (reset - threshold);
    if (t + refractory.duration > t) s.refractoryUntil[n] = t + refractory.duration;
  }

  /**
   * One instant: ends of refractoriness and levels reached; then generations, each of all its arrivals summed, then the
   * threshold test, then spikes, whose synapses without delay make the next generation.
   */
  function instant(t: number, spike: (n: number) => void): void {
    const touched = new Set<number>();
    const crossing = new Set<number>();
    const leaving = new Set<number>();
    const fired = new Map<number, number>();
    const touch = (n: number): void => {
      if (touched.has(n)) return;
      touched.add(n);
      const what = self.timeOf(n) === t ? expected[n]! : 'nothing';
      moveTo(n, t);
      if (what === 'refractory end') {
        s.refractoryUntil[n] = -Infinity;
        s.gap[n]! += s.kept[n]!;
        s.kept[n] = 0;
      }
      if (what === 'leave') leaving.add(n);
      if (what === 'crossing') crossing.add(n);
    };
    while (self.next === t) {
      const n = self.first;
      if (expected[n] === 'look') predict(n, false);
      else {
        touch(n);
        self.set(n, Infinity);
      }
    }
    for (; stepsDone < steps.time.length && steps.time[stepsDone]! <= t; stepsDone++) {
      const n = steps.neuron[stepsDone]!;
      touch(n);
      s.bias[n] = steps.value[stepsDone]!;
      leaving.delete(n);
    }
    let generation: Delivery[] = [];
    while (pending.next === t) generation.push(pending.pop());
    const input = ({ neuron, type, weight }: InputEvents, k: number): void => {
      const n = neuron[k]!;
      touch(n);
      leaving.delete(n);
      arrive(n, type[k]!, weight[k]!, t);
      counts.inputs++;
    };
    for (; inputsDone < inputs.time.length && inputs.time[inputsDone]! <= t; inputsDone++) input(inputs, inputsDone);
    for (; fedDone < fed.time.length && fed.time[fedDone]! <= t; fedDone++) input(fed, fedDone);
    let candidates = new Set(touched);
    for (;;) {
      for (const { segment } of generation)
        for (let g = synapseOf[segment]!; g < synapseOf[segment + 1]!; g++) {
          const n = post[g]!;
          touch(n);
          leaving.delete(n);
          candidates.add(n);
          arrive(n, typeOf[segment]!, weight[g]!, t);
          counts.arrivals++;
        }
      for (const n of candidates) {
        if (leaving.has(n)) s.held[n] = 0;
        else hold(n);
      }
      const firing = [...candidates].filter((n) => fires(n) || (crossing.has(n) && s.gap[n] === 0)).sort((a, b) => a - b); // prettier-ignore
      crossing.clear();
      generation = [];
      candidates = new Set();
      for (const n of firing) {
        const times = (fired.get(n) ?? 0) + 1;
        fired.set(n, times);
        if (times > mostAtOnce)
          throw new SettleError('a neuron does not stop firing at one instant', {
            kind: 'input', path: `neuron ${n}`, found: `${times} spikes at time ${t}`, expected: 'a refractory time, or delays, in every circle of synapses',
          }); // prettier-ignore
        reset(n, t);
        hold(n);
        candidates.add(n);
        counts.spikes++;
        spike(n);
        for (let g = segmentOf[n]!; g < segmentOf[n + 1]!; g++) {
          const delivery = { time: t + delay[g]!, neuron: n, segment: g };
          if (delivery.time > t) pending.push(delivery);
          else generation.push(delivery);
        }
      }
      if (firing.length === 0) break;
      generation.sort(byTime);
    }
    for (const n of touched) predict(n, true);
  }

  /** What comes next for a neuron that nothing is happening to. One at threshold already fires at once. */
  function wait(n: number): void {
    if (!fires(n)) return predict(n, true);
    expected[n] = 'crossing';
    self.set(n, s.moved[n]!);
  }

  function begin(start: EventState, fresh: boolean): void {
    s = copied(start);
    time = start.time;
    inputsDone = start.inputs;
    stepsDone = start.steps;
    fed = start.fed;
    fedDone = 0;
    counts = { ...start.counts };
    pending = deliveries(Array.from(start.pending.time, (time, k) => ({ time, neuron: start.pending.neuron[k]!, segment: start.pending.segment[k]! }))); // prettier-ignore
    for (let n = 0; n < neurons; n++) {
      if (fresh) hold(n);
      wait(n);
    }
  }
  function load(state: EventState): void {
    if (state.origin !== null) throw new SettleError('the state is of another engine', { kind: 'input', found: 'one of wasm', expected: 'one of the reference' }); // prettier-ignore
    begin(state, false);
  }
  if (from) load(from);
  else begin(initialState(network), true);

  return {
    backend: 'reference',
    get time() {
      return time;
    },
    get counts() {
      return { ...counts };
    },
    weights: weight,
    advance(until): SpikeBlock {
      const times: number[] = [];
      const who: number[] = [];
      for (;;) {
        const t = Math.min(self.next, pending.next, inputs.time[inputsDone] ?? Infinity, fed.time[fedDone] ?? Infinity, steps.time[stepsDone] ?? Infinity); // prettier-ignore
        if (!(t < until)) break;
        const n = self.first;
        if (self.next === t && expected[n] === 'look') predict(n, false);
        else instant(t, (n) => (times.push(t), who.push(n)));
        checkSpikes(times.length, neurons);
      }
      time = until;
      return { time: Float64Array.from(times), neuron: Uint32Array.from(who) };
    },
    potential(n) {
      const elapsed = time - s.moved[n]!;
      const { threshold, floor, cap } = groupOf[n]!;
      const gap = still(n) || elapsed <= 0 ? s.gap[n]! : gapAfter(cellOf(n), course(n, threshold), elapsed);
      return Math.min(Math.max(threshold + gap, floor), cap);
    },
    current(n, type) {
      const seen = course(n, 0);
      decayCurrents(cellOf(n), seen, time - s.moved[n]!);
      return seen.current[type]!;
    },
    state: () => {
      const list = pending.all();
      return {
        ...copied(s),
        origin: null,
        time,
        inputs: inputsDone,
        steps: stepsDone,
        fed: rest(fed, fedDone),
        counts: { ...counts },
        pending: {
          time: Float64Array.from(list, ({ time }) => time),
          neuron: Uint32Array.from(list, ({ neuron }) => neuron),
          segment: Uint32Array.from(list, ({ segment }) => segment),
        },
      };
    },
    send(spikes) {
      checkSent(spikes, neurons, time);
      spikes.neuron.forEach((n, k) => {
        for (let g = segmentOf[n]!; g < segmentOf[n + 1]!; g++) pending.push({ time: spikes.time[k]! + delay[g]!, neuron: n, segment: g }); // prettier-ignore
      });
    },
    feed(more) {
      checkFed(more, network, time);
      fed = merged(rest(fed, fedDone), more);
      fedDone = 0;
    },
    load,
    restart: (initial, bias) => begin(initialState({ ...network, initial, bias }), true),
    inject(n, type, amount) {
      moveTo(n, time);
      arrive(n, type, amount, time);
      counts.inputs++;
      hold(n);
      wait(n);
    },
    setBias(bias) {
      for (let n = 0; n < neurons; n++) {
        if (s.bias[n] === bias[n]) continue;
        moveTo(n, time);
        s.bias[n] = bias[n]!;
        hold(n);
        wait(n);
      }
    },
  };
}
