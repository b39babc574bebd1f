// Times rounded to ticks, once and half up. Two spikes of one neuron in one tick are counted, and refused at the end.
import { SettleError } from '../errors.ts';
import type { Survey } from './axis.ts';
import { namesOf, type SpikeBlock } from './spikes.ts';

export interface Ticker {
  /** A time on the axis in ticks. */
  at(time: number): number;
  /** A block with times in ticks, in its own arrays; addresses of one tick are in order. */
  of(block: SpikeBlock): SpikeBlock;
  /** @throws SettleError of kind `input` if spikes have collided */
  end(): void;
}

/** `hint` says what helps against collisions. */
export function ticker(survey: Survey, tick: number, hint: string): Ticker {
  const perSecond = 1 / tick;
  const exact = survey.unit * (Math.abs(perSecond - Math.round(perSecond)) < 1e-9 * perSecond ? Math.round(perSecond) : perSecond); // prettier-ignore
  const near = Math.round(exact);
  const ratio = near > 0 && Math.abs(exact - near) < 1e-9 * near ? near : exact;
  const last = new Float64Array(survey.neurons).fill(-1);
  let collisions = 0;
  let first: { address: number; tick: number } | null = null;
  const at = (time: number): number => {
    const rounded = Math.floor(time * ratio + 0.5);
    if (!(rounded >= 0 && rounded < 2 ** 53))
      throw new SettleError('a time that no tick can hold', { kind: 'input', found: `${time * survey.unit} s in ticks of ${tick} s`, expected: '0 to 2^53 ticks' }); // prettier-ignore
    return rounded;
  };
  return {
    at,
    of({ time, address }) {
      const count = time.length;
      for (let k = 0; k < count; k++) {
        const rounded = at(time[k]!);
        time[k] = rounded;
        const who = address[k]!;
        if (last[who] === rounded) {
          collisions++;
          first ??= { address: who, tick: rounded };
        }
        last[who] = rounded;
      }
      for (let begin = 0; begin < count;) {
        let [end, ordered] = [begin + 1, true];
        for (; end < count && time[end] === time[begin]; end++) ordered &&= address[end]! > address[end - 1]!;
        if (!ordered) address.subarray(begin, end).sort();
        begin = end;
      }
      return { time, address };
    },
    end() {
      if (first === null) return;
      const name = namesOf(survey.populations)(first.address);
      throw new SettleError('spikes of one neuron fall into one tick', {
        kind: 'input', path: name, found: `${collisions} of ${survey.spikes} spikes in the tick of an earlier one, first at ${Number((first.tick * tick).toPrecision(12))} s`,
        expected: 'one spike of a neuron a tick', hint,
      }); // prettier-ignore
    },
  };
}

/** The tick that was asked for, or a trace's own step, or `otherwise` for exact times. */
export const tickOf = (survey: Survey, asked: number | undefined, otherwise: number): number =>
  asked ?? (survey.whole ? survey.unit : otherwise);

const units = [['s', 1], ['ms', 1e-3], ['us', 1e-6], ['ns', 1e-9], ['ps', 1e-12], ['fs', 1e-15]] as const; // prettier-ignore

/** 1, 10 or 100 of a unit: what VCD can call its time step. */
export interface Timescale {
  readonly words: string;
  readonly seconds: number;
}

export const timescales: readonly Timescale[] = units.flatMap(([unit, seconds]) =>
  [100, 10, 1].map((times) => ({ words: `${times} ${unit}`, seconds: Number((times * seconds).toPrecision(1)) })),
);

/** The coarsest that divides a tick into two parts or more, and how many. @throws SettleError of kind `input` */
export function timescaleOf(tick: number): Timescale & { readonly parts: number } {
  for (const scale of timescales) {
    const parts = Math.round(tick / scale.seconds);
    if (parts >= 2 && parts <= 1e4 && Math.abs(parts * scale.seconds - tick) < 1e-9 * tick) return { ...scale, parts };
  }
  throw new SettleError('no timescale divides this tick', { kind: 'input', path: '--tick', found: `${tick} s`, expected: 'a whole number of 1, 10 or 100 of a unit of time', hint: 'give a tick such as --tick "1 us"' }); // prettier-ignore
}
