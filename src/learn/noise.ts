// Normal numbers inside a Program, from two uniform ones each: Box and Muller's transform as a map. It keeps no state.
import { call, name as named, num } from '../expr/tools.ts';
import type { Tree } from '../expr/tree.ts';
import type { Builder } from '../program/builder.ts';
import type { Operation } from '../program/program.ts';

/** Enough terms of the sine's series for float64 on a quarter turn to either side. */
const terms = 11;

/** sin(2 pi t) for |t| <= 1/4, by its series: the SIMD kernels have no sine. */
function sineOfTurn(t: Tree): Tree {
  const angle = call('mul', num(2 * Math.PI), t);
  const square = call('mul', angle, angle);
  let series: Tree = num(1);
  for (let k = terms; k >= 1; k--)
    series = call('add', num(1), call('mul', call('mul', square, num(-1 / (2 * k * (2 * k + 1)))), series));
  return call('mul', angle, series);
}

/**
 * Operations that fill `into` [units], declared here as a batch buffer, with normal numbers of mean 0 and variance 1 from the
 * random streams `stream` and `stream` + 1: sqrt(-2 ln(1 - u)) cos(2 pi v), and cos(2 pi v) = sin(2 pi (|v - 1/2| - 1/4)).
 */
export function normalNoise(builder: Builder, into: string, units: number, stream: number): Operation[] {
  builder.buffer(into, [units], { batch: true });
  const second = builder.buffer(`uniform:${units}`, [units], { batch: true });
  const radius = call('sqrt', call('mul', num(-2), call('log', call('sub', num(1), named(into)))));
  const turn = call('sub', call('abs', call('sub', named(second), num(0.5))), num(0.25));
  return [
    { op: 'random', into, stream, low: 0, high: 1 },
    { op: 'random', into: second, stream: stream + 1, low: 0, high: 1 },
    { op: 'map', units, assign: [{ into, value: call('mul', radius, sineOfTurn(turn)) }] },
  ];
}
