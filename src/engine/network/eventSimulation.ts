// A network model on the exact event engine: the engine's neurons are the model's units, sources send into it chunk by chunk.
import { SettleError } from '../../errors.ts';
import type { NetworkModel } from '../../model/network.ts';
import { isSource } from '../../model/network.ts';
import type { EventEngine, EventState } from '../event/engine.ts';
import { type EventNetwork, noInputs } from '../event/network.ts';
import { eventNetwork, offsetsOf } from './eventNetwork.ts';
import type { Simulation, SimulationState, Spikes, StateArray } from './simulation.ts';
import { orderedSpikes } from './spikes.ts';
import { driveTrains, sourceTrains, type Trains } from './sources.ts';
import type { Wiring } from './wiring.ts';

export interface EventSimulationOptions {
  /** `referenceEventEngine`, `wasmEventEngine`, or `threadedEventEngine` with a number of threads. */
  readonly engine: (network: EventNetwork, from?: EventState) => EventEngine & Partial<Crew>;
  /** A state of the same model on the same engine. */
  readonly from?: SimulationState | undefined;
}

/** What an engine on several threads has besides. */
interface Crew {
  readonly threads: number;
  close(): void;
}

/** Spikes from outside that are held at a time. */
const outsideAtOnce = 200_000;

/** @throws SettleError of kind `input` for a model that the event engine cannot run */
export function eventSimulation(model: NetworkModel, wirings: readonly Wiring[], options: EventSimulationOptions): Simulation {
  const offsets = offsetsOf(model);
  const { network, driveType, bytes } = eventNetwork(model, wirings);
  const [sources, drive] = [sourceTrains(model), driveTrains(model)];
  if (options.from) {
    sources.restore(options.from);
    drive.restore(options.from);
  }
  let sent = options.from?.get('sent')?.[0] ?? 0;
  const engine = options.engine(network, options.from && engineState(options.from));
  const weights = new Float64Array(network.neurons);
  const kinds = new Uint8Array(network.neurons);
  model.populations.forEach(({ drive: own }, p) => {
    weights.fill(own?.weight ?? 0, offsets[p], offsets[p + 1]);
    kinds.fill(Math.max(0, driveType[p]!), offsets[p], offsets[p + 1]);
  });
  const rate = sources.rate + drive.rate;
  const chunk = rate > 0 ? outsideAtOnce / rate : Infinity;

  function outside(trains: Trains, until: number): Spikes | null {
    return trains.rate > 0 ? trains.until(until) : null;
  }
  /** Chunks end at whole multiples of their length, so that how a run is cut does not change them. */
  function* ends(from: number, until: number): Generator<number> {
    if (chunk < Infinity)
      for (let k = Math.floor(from / chunk) + 1; k * chunk < until; k++) if (k * chunk > from) yield k * chunk;
    yield until;
  }

  return {
    engine: 'event',
    backend: engine.backend,
    precision: 'float64',
    threads: engine.threads ?? 1,
    get time() {
      return engine.time;
    },
    get counts() {
      const { spikes, arrivals, inputs } = engine.counts;
      return { spikes, sourceSpikes: sent, synapticEvents: arrivals, driveEvents: inputs, updates: spikes + arrivals + inputs };
    },
    synapses: network.connections.post.length,
    synapseBytes: bytes,
    async advance(until) {
      const blocks: Spikes[] = [];
      for (const end of ends(engine.time, until)) {
        const [own, driven] = [outside(sources, end), outside(drive, end)];
        if (own && own.time.length > 0) {
          const block = { time: own.time, neuron: own.unit };
          sent += own.time.length;
          engine.send(block);
          blocks.push(own);
        }
        if (driven && driven.time.length > 0)
          engine.feed({ time: driven.time, neuron: driven.unit, type: Uint8Array.from(driven.unit, (unit) => kinds[unit]!), weight: Float64Array.from(driven.unit, (unit) => weights[unit]!) });
        const { time, neuron } = engine.advance(end);
        blocks.push({ time, unit: neuron });
      }
      return orderedSpikes(blocks);
    },
    state: async () => new Map<string, StateArray>([['sent', Float64Array.of(sent)], ...sources.state(), ...drive.state(), ...arraysOf(engine.state())]),
    potential: async (unit) => {
      const p = offsets.findLastIndex((offset) => offset <= unit);
      if (isSource(model.populations[p]!))
        throw new SettleError('a source has no potential', { kind: 'input', path: `populations.${model.populations[p]!.name}` });
      return engine.potential(unit);
    },
    close: async () => engine.close?.(),
  };
} // prettier-ignore

const arrays = ['gap', 'moved', 'current', 'rise', 'bias', 'refractoryUntil', 'kept'] as const;

function arraysOf(state: EventState): (readonly [string, StateArray])[] {
  const { time, origin, held, pending, inputs, steps, counts } = state;
  return [
    ['clock', Float64Array.of(time, origin ?? 0, origin === null ? 0 : 1)],
    ['counts', Float64Array.of(inputs, steps, counts.spikes, counts.arrivals, counts.inputs)],
    ...arrays.map((name) => [name, state[name]] as const),
    ['held', Int32Array.from(held)],
    ['pending.time', pending.time],
    ['pending.neuron', pending.neuron],
    ['pending.segment', pending.segment],
  ];
}

function engineState(state: SimulationState): EventState {
  const get = <T extends StateArray>(name: string): T => state.get(name) as T;
  const [time, origin, known] = get<Float64Array>('clock');
  const [inputs, steps, spikes, arrivals, arrived] = get<Float64Array>('counts');
  return {
    time: time!,
    origin: known ? origin! : null,
    ...(Object.fromEntries(arrays.map((name) => [name, get<Float64Array>(name)])) as Record<(typeof arrays)[number], Float64Array>),
    held: Int8Array.from(get<Int32Array>('held')),
    pending: { time: get('pending.time'), neuron: get('pending.neuron'), segment: get('pending.segment') },
    inputs: inputs!,
    steps: steps!,
    // Every chunk uses up what it was fed.
    fed: noInputs,
    counts: { spikes: spikes!, arrivals: arrivals!, inputs: arrived! },
  }; // prettier-ignore
}
