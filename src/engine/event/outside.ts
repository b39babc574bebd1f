// What both engines ask of spikes and arrivals from outside.
import { SettleError } from '../../errors.ts';
import type { EventNetwork, InputEvents } from './network.ts';

/** @throws SettleError of kind `defect` for times before the engine's, or not in order */
export function checkAhead(times: Float64Array, now: number, what: 'send' | 'feed'): void {
  let before = now;
  for (const time of times) {
    if (!(time >= before)) throw new SettleError(`${what}: times lie before the engine's or are not in order`, { kind: 'defect', found: String(time), expected: `${before} or later` }); // prettier-ignore
    before = time;
  }
}

/** What was fed is held for one stretch only. @throws SettleError of kind `defect` for inputs that are still to come */
export function checkConsumed(inputs: InputEvents, done: number): void {
  if (done < inputs.time.length) throw new SettleError('the inputs before are not used up', { kind: 'defect', found: `${inputs.time.length - done} to come`, expected: 'none' }); // prettier-ignore
}

/** How many of the network's own inputs are done: all, once others were fed. @throws SettleError of kind `defect` while fed ones are to come */
export function inputsDoneOf(network: EventNetwork, inputs: InputEvents, done: number): number {
  if (inputs === network.inputs) return done;
  checkConsumed(inputs, done);
  return network.inputs.time.length;
}
