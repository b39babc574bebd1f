// How threads share the work of a plan: a counter that hands out chunks, and a barrier after each part. Which thread does
// a chunk changes no bit, since no two chunks write the same number.
import { SettleError } from '../../errors.ts';
import { blockExamples, words } from './layout.ts';
import type { Part, Plan } from './plan.ts';

export type Exports = Record<string, (begin: number, end: number) => void>;

export interface Crew {
  readonly control: Int32Array;
  /** Index of the clock's step word in `control`. */
  readonly clockStep: number;
  readonly threads: number;
}

/** About a tenth of a millisecond: longer than the caller needs between two batches, so that workers rarely fall asleep. */
const spins = 20_000;

/** Waits until `control[word]` is no longer `value`: a short spin, then sleep. */
export function awaitChange(control: Int32Array, word: number, value: number): void {
  for (let spin = 0; spin < spins; spin++) if (Atomics.load(control, word) !== value) return;
  while (Atomics.load(control, word) === value) {
    Atomics.wait(control, word, value, 1000);
    if (Atomics.load(control, words.failed) !== 0)
      throw new SettleError('a thread of the wasm backend failed', { kind: 'defect' });
  }
}

/** Examples of a block: 8, or another even number with which the busiest thread has fewer examples to do. */
export function blockOf(examples: number, threads: number): number {
  let [best, least] = [8, Infinity];
  for (const size of [8, 10, blockExamples, 6, 4]) {
    const blocks = Math.ceil(examples / size);
    // The last block may be smaller, which helps if it is the only one of the last round.
    const missing = threads === 1 || blocks % threads === 1 ? blocks * size - examples : 0;
    const busiest = Math.ceil(blocks / threads) * size - missing;
    if (busiest < least) [best, least] = [size, busiest];
  }
  return best;
}

/** Sets the clock and its mark behind a part. */
function move({ control, clockStep }: Crew, { moves, repeated }: Pick<Part, 'moves' | 'repeated'>): void {
  if (!moves) return;
  if (repeated) {
    control[clockStep]! += moves.clock.steps * control[words.times]!;
    return;
  }
  const before = { clock: control[clockStep]!, mark: control[words.marked]! };
  control[clockStep] = before[moves.clock.from] + moves.clock.steps;
  control[words.marked] = before[moves.mark.from] + moves.mark.steps;
}

/** Runs this thread's share of a plan; every thread of the crew calls it once for each command. */
export function perform(plan: Pick<Plan, 'groups'>, exports: Exports, crew: Crew): void {
  const { control, threads } = crew;
  const examples = control[words.examples]!;
  for (const { times, parts } of plan.groups)
    for (let time = 0; time < times; time++)
      for (const part of parts) {
        const { unit, tasks } = part;
        // One example at a time is the function's own loop, if it need not be shared out.
        const size = unit === 'block' ? blockOf(examples, threads) : threads === 1 ? examples : 1;
        const count = unit === 'task' ? tasks.length : Math.ceil(examples / size);
        const first = exports[tasks[0]!.name]!;
        for (let own = 0; ; own++) {
          const item = threads === 1 ? own : Atomics.add(control, words.next, 1);
          if (item >= count) break;
          const task = tasks[item]!;
          if (unit === 'task') exports[task.name]!(task.begin, task.end);
          else first(item * size, Math.min(examples, (item + 1) * size));
        }
        const passed = Atomics.load(control, words.barrier);
        if (threads === 1) move(crew, part);
        else if (Atomics.add(control, words.arrived, 1) === threads - 1) {
          Atomics.store(control, words.arrived, 0);
          Atomics.store(control, words.next, 0);
          move(crew, part);
          Atomics.add(control, words.barrier, 1);
          Atomics.notify(control, words.barrier);
        } else awaitChange(control, words.barrier, passed);
      }
}
