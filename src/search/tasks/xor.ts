// Exclusive or as in the NEAT paper: fitness (4 - sum of |error|)^2, solved when all four answers are on the right side of 1/2.
import type { NetworkTask } from './task.ts';

const cases = [
  [0, 0, 0],
  [0, 1, 1],
  [1, 0, 1],
  [1, 1, 0],
] as const;

export const xor: NetworkTask = {
  name: 'xor',
  inputs: 2,
  outputs: 1,
  recurrent: false,
  bias: 1,
  evaluate(network) {
    let error = 0;
    let right = 0;
    for (const [a, b, target] of cases) {
      network.flush();
      const answer = network.act([a, b])[0]!;
      error += Math.abs(answer - target);
      if (answer >= 0.5 === (target === 1)) right += 1;
    }
    return { fitness: (4 - error) ** 2, solved: right === 4 };
  },
};
