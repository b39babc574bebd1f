// What a builder refuses of operations, before any backend sees them.
import { describe, expect, it } from 'vitest';
import { SettleError } from '../../src/errors.ts';
import { builder } from '../../src/program/builder.ts';
import type { Operation } from '../../src/program/program.ts';

function add(operation: Operation): void {
  const b = builder('refused');
  for (const [name, shape] of [['picture', [12]], ['rows', [2, 6]]] as const) b.buffer(name, shape, { batch: true });
  for (const units of [12, 8, 4, 3]) b.buffer(`of${units}`, [units]);
  b.buffer('of2by2', [2, 2]);
  b.add('run', operation);
} // prettier-ignore
const refused = (message: string): Error => new SettleError(`program refused: ${message}`, { kind: 'defect' });
const over = (from: string, into: string, how: 'sum' | 'max' | 'argmax') => (): void =>
  add({ op: 'reduce', from, into, how, over: 'batch' });
const spread = (from: string, into: string) => (): void => add({ op: 'spread', from, into });

describe('a reduce over the batch', () => {
  it('sums places of one row, whole ones only', () => {
    for (const into of ['of12', 'of4', 'of3']) expect(over('picture', into, 'sum')).not.toThrow();
    expect(over('picture', 'of8', 'sum')).toThrow(refused('reduce: what picture leaves beside whole places of of8: 4 units against 0')); // prettier-ignore
    expect(over('rows', 'of3', 'sum')).toThrow(refused('reduce: a row of rows: 6 units against 12'));
    expect(over('picture', 'of2by2', 'sum')).toThrow(refused('reduce: a row of of2by2: 2 units against 4'));
  });
  it('finds the largest among examples, not among places', () => {
    for (const how of ['max', 'argmax'] as const) {
      expect(over('picture', 'of12', how)).not.toThrow();
      expect(over('picture', 'of4', how)).toThrow(refused(`reduce: ${how} of picture over places: 12 units against 4`));
    }
  });
});

it('a spread is of buffers that all examples share', () => {
  expect(spread('of4', 'of12')).not.toThrow();
  expect(spread('of8', 'of12')).toThrow(refused('spread of of8: 4 units against 0'));
  expect(spread('of4', 'picture')).toThrow(refused('spread: picture is of each example'));
  expect(spread('picture', 'of12')).toThrow(refused('spread: picture is of each example'));
});

it('a pool writes nothing that it reads', () => {
  const pool = { kind: 'softmax', from: [2, 2, 3], into: [1, 1, 3], size: 2, stride: 2 } as const;
  const notes = 'picture';
  expect(() => add({ op: 'pool', pool, from: 'of12', into: 'of3', notes, add: false })).not.toThrow();
  expect(() => add({ op: 'pool', pool, from: 'picture', into: 'of3', notes, add: false })).toThrow(refused('pool reads picture and writes it')); // prettier-ignore
  const bend = { op: 'poolBend', pool, from: 'of12', along: 'picture', by: 'of3' } as const;
  expect(() => add({ ...bend, into: 'picture' })).toThrow(refused('poolBend reads picture and writes it'));
});
