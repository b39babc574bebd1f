// exp, log, tanh, sin, cos and atan2 as lines of kernels, for shading languages, whose own may err by thousands of units in
// the last place. The same series as on wasm, without access to bits; zeros have no sign and there is no infinity.
import type { FunctionName } from '../../expr/tree.ts';
import { highest, ln2High, ln2Low, log2e, lowest, series } from '../wasm/elementary.ts';
import { angleSeries, cosineSeries, quarterTurn, sineSeries } from '../wasm/trigonometric.ts';
import type { Text } from './text.ts';

const binary = [64, 32, 16, 8, 4, 2, 1] as const;
const signed = (value: number): string => (value < 0 ? `(${value})` : String(value));
const polynomial = ([first, ...rest]: readonly number[], x: string): string =>
  rest.reduce((sum, coefficient) => `(${sum} * ${x} + ${signed(coefficient)})`, signed(first!));

type Emit = (text: Text, x: string, y: string) => string;

function named(text: Text, value: string, kind: 'const' | 'let' = 'const'): string {
  const name = text.fresh('t');
  text.line(`${kind} ${name} = ${value};`);
  return name;
}

/** x = n ln 2 + r, e^r by its series, and 2^n as a square, for 2^128 is not a float32 though exp(88.7) is. */
const exp: Emit = (text, x) => {
  const y = named(text, `Math.min(Math.max(${x}, ${lowest}), ${highest})`);
  const n = named(text, `Math.floor(${y} * ${log2e} + 0.5)`);
  const r = named(text, `(${y} - ${n} * ${ln2High}) - ${n} * ${signed(ln2Low)}`);
  const half = named(text, `Math.floor(${n} * 0.5)`);
  const rest = named(text, `Math.abs(${half})`, 'let');
  const [up, down] = [named(text, '1.0', 'let'), named(text, '1.0', 'let')];
  for (const bit of binary)
    text.line(`if (${rest} >= ${bit}) { ${rest} = ${rest} - ${bit}; ${up} = ${up} * ${2 ** bit}; ${down} = ${down} * ${2 ** -bit}; }`); // prettier-ignore
  text.line(`if (${half} < 0) { ${up} = ${down}; }`);
  const result = named(text, `${polynomial(series, r)} * ${up} * ${up}`, 'let');
  text.line(`if (${n} > ${half} * 2) { ${result} = ${result} * 2.0; }`);
  text.line(`if (${x} < ${lowest}) { ${result} = 0.0; }`);
  return result;
};

/** x = 2^e m, m in [sqrt(1/2), sqrt 2), and the series of 2 atanh((m - 1) / (m + 1)); the least float32 for x <= 0. */
const log: Emit = (text, x) => {
  const [m, e] = [named(text, `${x} + 0.0`, 'let'), named(text, '0.0', 'let')];
  for (const bit of binary) text.line(`if (${m} >= ${2 ** bit}) { ${m} = ${m} * ${2 ** -bit}; ${e} = ${e} + ${bit}; }`);
  for (const bit of binary) text.line(`if (${m} < ${2 ** (1 - bit)}) { ${m} = ${m} * ${2 ** bit}; ${e} = ${e} - ${bit}; }`); // prettier-ignore
  text.line(`if (${m} > ${Math.SQRT2}) { ${m} = ${m} * 0.5; ${e} = ${e} + 1; }`);
  const f = named(text, `(${m} - 1) / (${m} + 1)`);
  const q = named(text, `${f} * ${f}`);
  const tail = named(text, `2.0 * ${f} * ${q} * ${polynomial([1 / 11, 1 / 9, 1 / 7, 1 / 5, 1 / 3], q)}`);
  const result = named(text, `${e} * ${ln2High} + (2.0 * ${f} + (${tail} + ${e} * ${signed(ln2Low)}))`, 'let');
  text.line(`if (${x} <= 0) { ${result} = (-3.4028234e38); }`);
  return result;
};

/** By exp(-2 |x|), with a short series near 0 where that would cancel. */
const tanh: Emit = (text, x) => {
  const a = named(text, `Math.abs(${x})`);
  const t = exp(text, named(text, `-2.0 * ${a}`), '');
  const q = named(text, `${a} * ${a}`);
  const result = named(text, `(1.0 - ${t}) / (1.0 + ${t})`, 'let');
  const near = polynomial([2.1869488e-2, -5.3968254e-2, 1.3333333e-1, -3.3333333e-1], q);
  text.line(`if (${a} < 0.25) { ${result} = ${a} + ${a} * ${q} * ${near}; }`);
  text.line(`if (${x} < 0) { ${result} = -${result}; }`);
  return result;
};

/** x = k pi / 2 + r, |r| <= pi / 4; sin of that and of so many quarters more. */
function sine(text: Text, x: string, ahead: 0 | 1): string {
  const n = named(text, `Math.floor(${x} * ${2 / Math.PI} + 0.5)`);
  const rest = named(text, `${x} + 0.0`, 'let');
  for (const part of quarterTurn) text.line(`${rest} = ${rest} - ${n} * ${part};`);
  const r = named(text, `Math.min(Math.max(${rest}, -1.0), 1.0)`);
  const q = named(text, `${r} * ${r}`);
  const quarter = named(text, `${n} + ${ahead}.0 - Math.floor((${n} + ${ahead}.0) * 0.25) * 4.0`);
  const result = named(text, `${r} + ${r} * ${q} * ${polynomial(sineSeries, q)}`, 'let');
  const odd = `${quarter} - Math.floor(${quarter} * 0.5) * 2.0 > 0.5`;
  text.line(`if (${odd}) { ${result} = 1.0 - ${q} * 0.5 + ${q} * ${q} * ${polynomial(cosineSeries, q)}; }`);
  text.line(`if (${quarter} > 1.5) { ${result} = -${result}; }`);
  return result;
}

/** The angle of the point (x, y): the arc of the smaller side over the larger, turned to its octant. */
const atan2: Emit = (text, y, x) => {
  const [high, wide] = [named(text, `Math.abs(${y})`), named(text, `Math.abs(${x})`)];
  const most = named(text, `Math.max(Math.max(${high}, ${wide}), 1e-37)`);
  const t = named(text, `Math.min(${high}, ${wide}) / ${most}`);
  const [u, begin] = [named(text, `${t} + 0.0`, 'let'), named(text, '0.0', 'let')];
  text.line(`if (${t} > ${Math.SQRT2 - 1}) { ${u} = (${t} - 1.0) / (${t} + 1.0); ${begin} = ${Math.PI / 4}; }`);
  const q = named(text, `${u} * ${u}`);
  const angle = named(text, `${begin} + (${u} + ${u} * ${q} * ${polynomial(angleSeries, q)})`, 'let');
  text.line(`if (${high} > ${wide}) { ${angle} = ${Math.PI / 2} - ${angle}; }`);
  text.line(`if (${x} < 0) { ${angle} = ${Math.PI} - ${angle}; }`);
  text.line(`if (${y} < 0) { ${angle} = -${angle}; }`);
  return angle;
};

export const elementary: Partial<Record<FunctionName, Emit>> = {
  exp, log, tanh, atan2, sin: (text, x) => sine(text, x, 0), cos: (text, x) => sine(text, x, 1),
}; // prettier-ignore
