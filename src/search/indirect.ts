// An indirect encoding (after HyperNEAT: Stanley, D'Ambrosio and Gauci 2009, in its smallest form): NEAT evolves a small network
// that paints the weights of a larger one. The larger one has one layer of weights; each of its units has a place on a line.
import { neat, type NeatSettings, type NeatState } from './neat/neat.ts';
import { type Genome } from './neat/genome.ts';
import { networkOf, type Network, steepness } from './neat/network.ts';
import type { Algorithm } from './search.ts';
import { sigmoid } from '../math/elementary.ts';

export interface Substrate {
  readonly inputs: number;
  readonly outputs: number;
}

/** Places of n units: from -1 to 1. */
const placeOf = (k: number, n: number): number => (n === 1 ? 0 : (2 * k) / (n - 1) - 1);

/** Largest painted weight. */
const scale = 3;

/** The painter: inputs are the places of sender and receiver; its output in (-1, 1), scaled, is the weight between them. */
export const painter = (settings: Partial<NeatSettings> = {}): Algorithm<Genome, NeatState> =>
  neat({ inputs: 2, outputs: 1, output: 'tanh' }, { functions: ['gaussian', 'sine', 'absolute', 'tanh', 'linear'], addNode: 0.06, addLink: 0.1, ...settings }); // prettier-ignore

/** Weights [inputs, outputs], row-major, of the painted network. */
export function paintedWeights(genome: Genome, { inputs, outputs }: Substrate): Float64Array {
  const paint = networkOf(genome);
  return Float64Array.from({ length: inputs * outputs }, (_, k) => {
    const [from, to] = [Math.floor(k / outputs), k % outputs];
    return scale * paint.act([placeOf(from, inputs), placeOf(to, outputs)])[0]!;
  });
}

export function painted(genome: Genome, substrate: Substrate): Network {
  const { inputs, outputs } = substrate;
  const weights = paintedWeights(genome, substrate);
  const answer = new Float64Array(outputs);
  return {
    act(given) {
      for (let j = 0; j < outputs; j++) {
        let sum = 0;
        for (let i = 0; i < inputs; i++) sum += weights[i * outputs + j]! * given[i]!;
        answer[j] = sigmoid(steepness * sum);
      }
      return answer;
    },
    flush() {},
  };
}
