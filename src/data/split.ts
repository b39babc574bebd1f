// Parts of a set: the first so many examples, and those held out for validation.
import { SettleError } from '../errors.ts';
import type { DataSet, Examples } from './dataset.ts';

export function checkCount(count: number | null, path: string): void {
  if (count !== null && !(Number.isInteger(count) && count >= 0))
    throw new SettleError('no number of examples', {
      kind: 'input', path, found: String(count), expected: 'a whole number from 0',
    }); // prettier-ignore
}

/** The last `count` training examples become the validation set. */
export function splitValidation(
  data: DataSet,
  count: number,
): { train: Examples; validation: Examples | null; test: Examples } {
  checkCount(count, 'data.validation');
  if (count === 0) return { train: data.train, validation: null, test: data.test };
  if (count >= data.train.count)
    throw new SettleError('the validation set would take every training example', {
      kind: 'input', path: 'data.validation', found: String(count), expected: `fewer than ${data.train.count}`,
    }); // prettier-ignore
  const rest = data.train.count - count;
  return { train: slice(data.train, 0, rest), validation: slice(data.train, rest, data.train.count), test: data.test };
}

/** The first `count` examples; all for null. */
export function limited(examples: Examples, count: number | null, path: string): Examples {
  if (count === null) return examples;
  if (count > examples.count)
    throw new SettleError('the data set has fewer examples', {
      kind: 'input',
      path,
      found: String(count),
      expected: `at most ${examples.count}`,
    });
  return slice(examples, 0, count);
}

function slice(examples: Examples, from: number, to: number): Examples {
  const size = examples.inputs.length / Math.max(1, examples.count);
  return {
    ...examples,
    count: to - from,
    inputs: examples.inputs.subarray(from * size, to * size),
    labels: examples.labels.subarray(from, to),
  };
}
