// Source text of kernels for gpu.js, in the subset of JavaScript it translates. Text only: nothing here runs it.
import { SettleError } from '../../errors.ts';

/** The largest float32: shading languages have no word for infinity. */
const largest = 3.4028234e38;

export function literal(value: number): string {
  if (Number.isNaN(value)) throw new SettleError('a kernel has no literal NaN', { kind: 'input', path: 'backend', found: 'gpujs', expected: 'backend: wasm for this model' }); // prettier-ignore
  const finite = Math.max(-largest, Math.min(largest, value));
  return finite < 0 || Object.is(finite, -0) ? `(${finite})` : String(finite);
}

/** A kernel under construction: `head` is outside all branches, `line` where the text stands. */
export interface Text {
  /** Whether exp and the like are lines of ours: in shading languages their own are too rough. */
  readonly shading: boolean;
  head(line: string): void;
  line(line: string): void;
  /** A name not used before. */
  fresh(letter: string): string;
  /** Lines written by `body`, in a block after `opening`. */
  block(opening: string, body: () => void): void;
  source(parameters: readonly string[]): string;
}

export function text(shading: boolean): Text {
  const heads: string[] = [];
  const lines: string[] = [];
  let names = 0;
  return {
    shading,
    head: (line) => void heads.push(line),
    line: (line) => void lines.push(line),
    fresh: (letter) => `${letter}${names++}`,
    block(opening, body) {
      lines.push(`${opening} {`);
      body();
      lines.push('}');
    },
    source: (parameters) => `function (${parameters.join(', ')}) {\n${[...heads, ...lines].join('\n')}\n}`,
  };
}

/** Names of whole quotient and remainder of two whole numbers up to 2^24, exact even where a device divides inexactly. */
export function divided(into: (line: string) => void, text: Text, dividend: string, divisor: number): [string, string] {
  if (divisor === 1) return [dividend, '0'];
  const [q, r] = [text.fresh('q'), text.fresh('r')];
  into(`let ${q} = Math.floor(${dividend} / ${divisor});`);
  into(`let ${r} = ${dividend} - ${q} * ${divisor};`);
  into(`if (${r} < 0) { ${q} = ${q} - 1; ${r} = ${r} + ${divisor}; }`);
  into(`if (${r} >= ${divisor}) { ${q} = ${q} + 1; ${r} = ${r} - ${divisor}; }`);
  return [q, r];
}
