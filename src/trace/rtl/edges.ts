// Examples made to reach the edges of the arithmetic, where digits seldom come: every input at once, and Loihi's membranes led to
// their thresholds exactly by their biases. It reads no data.
import { type IntegerNetwork, integerMachine, type Stimulus } from '../../hardware/neurons/network.ts';
import { silence } from '../../hardware/neurons/stimulus.ts';
import { biasRegister } from '../../hardware/neurons/toLoihi.ts';
import { decayed } from '../../hardware/neurons/loihi1.ts';
import type { Recorder } from './vectors.ts';

/** Ticks with every input: long enough for sums to grow, short enough for a simulator. */
const everyTicks = ({ chip }: IntegerNetwork['registers']): number => (chip === 'loihi-1' ? 12 : 40);

/** Adds the examples, numbered from `number` on, and says how many. */
export function addEdges(network: IntegerNetwork, into: Recorder, number: number): number {
  let added = 0;
  const every = allInputs(network);
  if (every) {
    into.clear(number + added++);
    if (network.registers.chip === 'loihi-1') {
      const { biasMantissa: mantissa, biasExponent: exponent } = network.registers;
      into.biases({ mantissa, exponent });
    }
    into.run(every);
  }
  const courses = tieCourses(network);
  if (courses) {
    into.clear(number + added++);
    for (let tick = 0; tick < courses[0]!.length; tick++) {
      const held = courses.map((course) => biasRegister(course[tick]!));
      into.biases({
        mantissa: Int32Array.from(held, ({ mantissa }) => mantissa),
        exponent: Int32Array.from(held, ({ exponent }) => exponent),
      });
      into.run(silence(1));
    }
  }
  return added;
}

/** Null where there are no inputs, or where tinyODIN's queue would not hold what comes of it. */
function allInputs(network: IntegerNetwork): Stimulus | null {
  const inputs = network.inputs.units;
  const ticks = everyTicks(network.registers);
  if (inputs === 0) return null;
  const stimulus = {
    units: Int32Array.from({ length: inputs * ticks }, (_, k) => k % inputs),
    offsets: Int32Array.from({ length: ticks + 1 }, (_, t) => t * inputs),
  };
  const trial = integerMachine(network);
  let most = 0;
  trial.present({ stimulus, onTick: (_, fired) => (most = Math.max(most, ...fired)) });
  return trial.lost === 0 && most <= 15 ? stimulus : null;
}

/** What the bias register can hold nearest below a positive number: 12 bits of mantissa. */
const below = (x: number): number => {
  const exponent = Math.min(7, Math.max(0, Math.ceil(Math.log2((x + 1) / 4096))));
  return Math.min(4095, Math.floor(x / 2 ** exponent)) * 2 ** exponent;
};
const isHeld = (x: number): boolean => x >= 0 && below(x) === x;

/**
 * Biases by tick that bring a membrane from 0 to its threshold exactly, and one above it in the tick after that; null if none
 * are found. All but the last two steps are as large as they may be; the last but one is tried at smaller values until what is
 * left is a number that the register holds.
 */
export function tieCourse(threshold: number, decay: number): number[] | null {
  const course: number[] = [];
  let v = 0;
  for (let tick = 0; tick < 200; tick++) {
    const room = threshold - decayed(v, decay);
    if (isHeld(room)) return whole([...course, room]);
    const step = below(room);
    const unit = 2 ** Math.min(7, Math.max(0, Math.ceil(Math.log2((step + 1) / 4096))));
    for (let less = 0; less < 4096 && step - less * unit >= 0; less++) {
      const bias = step - less * unit;
      const left = threshold - decayed(decayed(v, decay) + bias, decay);
      if (isHeld(bias) && isHeld(left)) return whole([...course, bias, left]);
    }
    v = decayed(v, decay) + step;
    course.push(step);
  }
  return null;

  function whole(found: number[]): number[] | null {
    const more = threshold + 1 - decayed(threshold, decay);
    const least = isHeld(more) ? more : below(more) + 2 ** 7;
    return isHeld(least) ? [...found, least] : null;
  }
}

/** For every neuron, in step: those that need fewer ticks wait at 0 first. Null on a chip without biases. */
function tieCourses({ registers }: IntegerNetwork): number[][] | null {
  if (registers.chip !== 'loihi-1') return null;
  const courses = Array.from(registers.threshold, (threshold, n) => tieCourse(64 * threshold, registers.membraneDecay[n]!) ?? []); // prettier-ignore
  const longest = Math.max(...courses.map(({ length }) => length));
  if (longest === 0) return null;
  return courses.map((course) => [...Array.from({ length: longest - course.length }, () => 0), ...course]);
}
