// A task with a pattern: of a row of inputs one is on, and the output in the mirrored place has to be the largest. Every weight
// counts for a direct encoding, one regularity for an indirect one.
import type { NetworkTask } from './task.ts';

export function mirror(width: number): NetworkTask {
  return {
    name: 'mirror',
    inputs: width,
    outputs: width,
    recurrent: false,
    bias: 1,
    evaluate(network) {
      const given = new Float64Array(width);
      let [right, fitness] = [0, 0];
      for (let k = 0; k < width; k++) {
        given.fill(0);
        given[k] = 1;
        const answer = network.act(given);
        const wanted = width - 1 - k;
        let [largest, error] = [-Infinity, 0];
        for (let j = 0; j < width; j++) {
          if (j !== wanted) largest = Math.max(largest, answer[j]!);
          error += Math.abs(answer[j]! - (j === wanted ? 1 : 0)) / width;
        }
        if (answer[wanted]! > largest) right += 1;
        fitness += 1 - error + (answer[wanted]! > largest ? 1 : 0);
      }
      return { fitness: fitness / width, solved: right === width };
    },
  };
}
