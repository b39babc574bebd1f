import { expect, test } from 'vitest';
import { bars, synthesise, tasks } from '../../src/data/synthetic.ts';

test('bars of any side are bright where the class says and dark elsewhere, and every class comes', () => {
  for (const side of [3, 5]) {
    const { inputs, labels, shape } = synthesise(bars(side), 200, 0);
    expect(shape).toEqual([side, side]);
    expect(new Set(labels).size).toBe(2 * side);
    labels.forEach((label, example) => {
      for (let k = 0; k < side * side; k++) {
        const on = label < side ? Math.floor(k / side) === label : k % side === label - side;
        expect(inputs[example * side * side + k]! > 0.5).toBe(on);
      }
    });
  }
});

test('another seed makes other examples, and the beginning of a longer set is the shorter one', () => {
  for (const task of Object.values(tasks)) {
    const size = task.shape.reduce((product, side) => product * side, 1);
    const short = synthesise(task, 20, 0, 1);
    expect(synthesise(task, 40, 0, 1).inputs.subarray(0, 20 * size)).toEqual(short.inputs);
    expect(synthesise(task, 20, 0, 2).inputs).not.toEqual(short.inputs);
  }
});

test('two moons lie near their half circles, and neither an upright nor a level line through the middle separates them', () => {
  const { inputs, labels, count } = synthesise(tasks['moons']!, 1000, 0);
  const seen = new Set<string>();
  for (let k = 0; k < count; k++) {
    const [x, y] = [3.5 * inputs[2 * k]! - 1.25, 2 * inputs[2 * k + 1]! - 0.75];
    const [dx, dy] = labels[k] === 0 ? [x, y] : [x - 1, y - 0.5];
    // Noise is at most 0.3 in each direction.
    expect(Math.abs(Math.hypot(dx, dy) - 1)).toBeLessThan(0.3 * Math.SQRT2 + 1e-6);
    seen.add(`${labels[k]} x ${x > 0.5}`).add(`${labels[k]} y ${y > 0.25}`);
  }
  // Each class on both sides of both lines.
  expect(seen.size).toBe(8);
});
