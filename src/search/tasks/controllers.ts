// Networks of a fixed shape whose weights are one vector: what real-coded searches evolve on tasks for networks. Their outputs
// lie in [0, 1].
import { tanh } from '../../math/elementary.ts';
import type { Network } from '../neat/network.ts';
import type { NetworkTask } from './task.ts';

export interface Controller {
  /** Numbers of the vector. */
  readonly size: number;
  network(weights: readonly number[]): Network;
}

/** Outputs (1 + tanh(W x)) / 2, without bias. */
export function linearController({ inputs, outputs }: Pick<NetworkTask, 'inputs' | 'outputs'>): Controller {
  return {
    size: inputs * outputs,
    network: (weights) => {
      const answer = new Float64Array(outputs);
      return {
        act(given) {
          for (let k = 0; k < outputs; k++) {
            let sum = 0;
            for (let i = 0; i < inputs; i++) sum += weights[k * inputs + i]! * given[i]!;
            answer[k] = (1 + tanh(sum)) / 2;
          }
          return answer;
        },
        flush() {},
      };
    },
  };
}

/** `units` units that read the inputs and each other's last states through x / (1 + |x|); the first ones are the outputs. */
export function recurrentController({ inputs, outputs }: Pick<NetworkTask, 'inputs' | 'outputs'>, units: number): Controller {
  const row = inputs + units;
  return {
    size: units * row,
    network: (weights) => {
      let state = new Float64Array(units);
      let next = new Float64Array(units);
      const answer = new Float64Array(outputs);
      return {
        act(given) {
          for (let k = 0; k < units; k++) {
            let sum = 0;
            for (let i = 0; i < inputs; i++) sum += weights[k * row + i]! * given[i]!;
            for (let i = 0; i < units; i++) sum += weights[k * row + inputs + i]! * state[i]!;
            next[k] = sum / (1 + Math.abs(sum));
          }
          [state, next] = [next, state];
          for (let k = 0; k < outputs; k++) answer[k] = (1 + state[k]!) / 2;
          return answer;
        },
        flush: () => void state.fill(0),
      };
    },
  };
} // prettier-ignore
