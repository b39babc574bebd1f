import { expect, test } from 'vitest';
import { batches, fillInputs, fillTargets } from '../../src/data/batches.ts';
import type { Examples } from '../../src/data/dataset.ts';

const bytes: Examples = {
  count: 3,
  shape: [2],
  inputs: Uint8Array.of(0, 255, 51, 102, 255, 0),
  scale: 255,
  labels: Uint8Array.of(0, 2, 1),
};

test('an epoch sees every example once, and only its last batch is smaller', () => {
  const made = [...batches(10, 4, 1, 0)];
  expect(made.map((indices) => indices.length)).toEqual([4, 4, 2]);
  expect(made.flatMap((indices) => [...indices]).sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test('the batches of an epoch come again from the same seed, and the next epoch has another order', () => {
  expect([...batches(50, 8, 3, 1)]).toEqual([...batches(50, 8, 3, 1)]);
  expect([...batches(50, 8, 3, 1)]).not.toEqual([...batches(50, 8, 3, 2)]);
});

test('an empty set has no batches, and a batch of no examples is refused', () => {
  expect([...batches(0, 4, 1, 0)]).toEqual([]);
  expect(() => [...batches(4, 0, 1, 0)]).toThrow('batches of 0 examples');
});

test('bytes are divided by the scale, in the order of the indices', () => {
  const out = new Float32Array(4);
  fillInputs(bytes, [2, 1], out);
  expect([...out]).toEqual([1, 0, Math.fround(51 / 255), Math.fround(102 / 255)]);
});

test('float64 arrays are filled to the last bit of a double', () => {
  const [inputs, targets] = [new Float64Array(2), new Float64Array(3)];
  fillInputs(bytes, [1], inputs);
  fillTargets(bytes, [1], 3, targets);
  expect([...inputs]).toEqual([51 / 255, 102 / 255]);
  expect([...targets]).toEqual([0, 0, 1]);
});

test('floats are copied as they are', () => {
  const out = new Float32Array(1);
  fillInputs({ ...bytes, shape: [1], count: 2, inputs: Float32Array.of(0.25, 0.5), scale: 1 }, [1], out);
  expect([...out]).toEqual([0.5]);
});

test('targets are one-hot, whatever the array held before', () => {
  const out = new Float32Array(6).fill(7);
  fillTargets(bytes, [1, 0], 3, out);
  expect([...out]).toEqual([0, 0, 1, 1, 0, 0]);
});

test('an array of the wrong size, an example outside the set and a label outside the classes are refused', () => {
  expect(() => fillInputs(bytes, [0], new Float32Array(3))).toThrow('1 examples of 2 need 2 numbers, the array has 3');
  expect(() => fillInputs(bytes, [3], new Float32Array(2))).toThrow('example 3 of a set of 3');
  expect(() => fillTargets(bytes, [1], 2, new Float32Array(2))).toThrow(
    'example 1 has label 2, the targets have 2 classes',
  );
});
