// Memories for $readmemh (Verilog): one word a line in two's complement, with the exact number of hexadecimal digits, since
// simulators only warn of others. A weight w is stored as round(w * scale), halves away from zero.
import { SettleError } from '../errors.ts';

export type ScaleKind = 'power-of-two' | 'max-abs';

export interface Memory {
  readonly text: string;
  /** Stored number / scale is the weight. */
  readonly scale: number;
  /** Largest |stored / scale - weight|. */
  readonly error: number;
}

/** The largest scale by which no weight leaves [-(2^(bits-1) - 1), 2^(bits-1) - 1]; 1 where all are 0. */
export function scaleOf(values: ArrayLike<number>, bits: number, kind: ScaleKind): number {
  let most = 0;
  for (let k = 0; k < values.length; k++) most = Math.max(most, Math.abs(values[k]!));
  const top = 2 ** (bits - 1) - 1;
  if (most === 0) return 1;
  if (kind === 'max-abs') return top / most;
  let exponent = Math.floor(Math.log2(top / most));
  // A logarithm may be off in its last digit, and halves round up.
  while (Math.round(most * 2 ** exponent) > top) exponent--;
  while (Math.round(most * 2 ** (exponent + 1)) <= top) exponent++;
  return 2 ** exponent;
}

/**
 * An array in row-major order, the last index running fastest; a comment with the address before every row.
 * @throws SettleError of kind `input` for numbers that are not finite
 */
export function readmemh(name: string, shape: readonly number[], values: ArrayLike<number>, bits: number, kind: ScaleKind): Memory {
  const wrong = Array.from(values).findIndex((value) => !Number.isFinite(value));
  if (wrong >= 0) throw new SettleError('a number that no memory holds', { kind: 'input', path: `${name}[${wrong}]`, found: String(values[wrong]), expected: 'finite' });
  const scale = scaleOf(values, bits, kind);
  const digits = Math.ceil(bits / 4);
  const row = shape.at(-1) ?? 1;
  const lines = [
    `// ${name} [${shape.join(', ')}], ${values.length} words of ${bits} bits, two's complement`,
    `// stored = round(weight * scale), scale ${kind} = ${scale}`,
  ];
  let error = 0;
  for (let k = 0; k < values.length; k++) {
    if (row > 0 && k % row === 0) lines.push(`@${k.toString(16)} // ${name}[${indices(k, shape).slice(0, -1).concat('...').join(', ')}]`);
    const value = values[k]!;
    const stored = Math.sign(value) * Math.round(Math.abs(value) * scale);
    error = Math.max(error, Math.abs(stored / scale - value));
    lines.push((stored < 0 ? stored + 2 ** bits : stored).toString(16).padStart(digits, '0'));
  }
  return { text: `${lines.join('\n')}\n`, scale, error };
} // prettier-ignore

function indices(at: number, shape: readonly number[]): string[] {
  let rest = at;
  return shape.toReversed().map((length) => {
    const index = rest % length;
    rest = Math.floor(rest / length);
    return String(index);
  }).toReversed(); // prettier-ignore
}

/** What a memory file holds: words, digits of the longest, addresses and gaps. @throws SettleError of kind `input` with the line */
export function readMemory(
  text: string,
  file: string,
): { readonly words: number; readonly digits: number; readonly last: number } {
  let [words, digits, at, last, inside] = [0, 0, 0, -1, false];
  text.split('\n').forEach((line, k) => {
    let rest = line;
    if (inside) {
      const end = rest.indexOf('*/');
      if (end < 0) return;
      [rest, inside] = [rest.slice(end + 2), false];
    }
    rest = rest.replace(/\/\*.*?\*\//g, ' ').replace(/\/\/.*$/, '');
    const open = rest.indexOf('/*');
    if (open >= 0) [rest, inside] = [rest.slice(0, open), true];
    for (const word of rest.split(/\s+/)) {
      if (word === '') continue;
      if (/^@[0-9a-f]+$/i.test(word)) at = parseInt(word.slice(1), 16);
      else if (/^[0-9a-fxz_]+$/i.test(word)) {
        words++;
        digits = Math.max(digits, word.replaceAll('_', '').length);
        last = Math.max(last, at++);
      } else throw new SettleError('not a word of a memory', { kind: 'input', file, line: k + 1, found: `"${word.slice(0, 40)}"`, expected: 'hexadecimal digits' }); // prettier-ignore
    }
  });
  return { words, digits, last };
}
