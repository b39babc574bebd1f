// What the language of expressions takes and what it refuses, with the column; units.
import { describe, expect, it } from 'vitest';
import { SettleError } from '../../src/errors.ts';
import { evaluate } from '../../src/expr/evaluate.ts';
import { parseExpression } from '../../src/expr/parse.ts';
import { inUnits, quantity } from '../../src/expr/units.ts';

function refusal(read: () => unknown): SettleError {
  try {
    read();
  } catch (error) {
    if (error instanceof SettleError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('an expression', () => {
  it.each([
    ['1 + 2 * 3 ^ 2', 19], ['-2 ^ 2', -4], ['(1 + 2) * 3', 9], ['7 / 2', 3.5], ['1 < 2 and not (2 < 1)', 1], ['1 > 2 ? 3 : 4', 4],
    ['min(3, 1, 2)', 1], ['clip(5, 0, 1)', 1], ['hard_sigmoid(0.25)', 0.25], ['pow(2, 10)', 1024], ['1e-3', 0.001], ['true ? 1 : 2', 1],
    ['1 == 1', 1], ['1 != 1', 0], ['+3', 3],
  ] as const)('%s is %f', (text, value) => {
    expect(evaluate(parseExpression(text), () => NaN)).toBe(value);
  }); // prettier-ignore

  it.each([
    ['s - targt', 5, /unknown name/, 'did you mean target?'],
    ["import('node:fs')", 1, /unknown function/, undefined],
    ['exq(s)', 1, /unknown function/, 'did you mean exp?'],
    ['1/2*(s-', 8, /not an expression/, undefined],
    ['s = 3', 1, /not part of the language/, undefined],
    ['f(x) = x', 1, /not part of the language/, undefined],
    ['s.constructor', 1, /not part of the language/, undefined],
    ['[s, s]', 1, /not part of the language/, undefined],
    ['"text"', 2, /not a finite number|not part of the language/, undefined],
    ['2 s', 1, /multiplication without a sign/, undefined],
    ['s!', 1, /operator outside the language/, undefined],
    ['s % 2', 1, /operator outside the language/, undefined],
    ['clip(s, 0)', 1, /wrong number of arguments/, undefined],
    ['1 < s < 2', 1, /chain of comparisons/, undefined],
    ['', 1, /empty/, undefined],
  ] as const)('"%s" is refused at column %d', (text, column, message, hint) => {
    const error = refusal(() => parseExpression(text, { names: ['s', 'target', 'x'], file: 'm.yaml', path: 'cost.text' }));
    expect(error.message).toMatch(message);
    expect(error.place).toMatchObject({ kind: 'input', file: 'm.yaml', path: 'cost.text', column });
    expect(error.place.hint).toBe(hint);
  }); // prettier-ignore
});

describe('a quantity', () => {
  it.each([
    ['20 ms', 'time', 0.02], ['60ms', 'time', 0.06], ['1.5 s', 'time', 1.5], ['250 us', 'time', 0.00025], ['-65 mV', 'voltage', -0.065],
    ['1 kHz', 'frequency', 1000], ['10 MOhm', 'resistance', 1e7], ['1e2 ms', 'time', 0.1],
  ] as const)('%s (%s) is exactly %f', (text, dimension, value) => {
    expect(quantity(text, dimension)).toBe(value);
  }); // prettier-ignore
  it.each([
    ['10 mV', /wrong unit/], ['10', /a unit is missing/], ['ten ms', /not a quantity/], ['10 mss', /unknown unit/], ['1e999 ms', /finite/], ['', /not a quantity/],
  ] as const)('"%s" is no time', (text, message) => {
    const error = refusal(() => quantity(text, 'time', { path: 'step' }));
    expect(error.message).toMatch(message);
    expect(error.place).toMatchObject({ kind: 'input', path: 'step', expected: 'a time such as "20 ms"' });
  }); // prettier-ignore
  it('is written so that it reads back to the same bits', () => {
    for (const value of [0.06, 0.0001, 1 / 3, 0.0123456789, 5]) expect(quantity(inUnits(value), 'time')).toBe(value);
  });
});
