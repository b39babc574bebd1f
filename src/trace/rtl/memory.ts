// Words of $readmemh files: two's complement at the exact number of digits, one word a line. Nothing else.

/** A whole number as hexadecimal digits of so many bits; negative ones in two's complement. */
export function word(value: number | bigint, bits: number): string {
  const wide = BigInt.asUintN(bits, BigInt(value));
  return wide.toString(16).padStart(Math.ceil(bits / 4), '0');
}

/** Fields from the most significant on, as one word. */
export function packed(fields: readonly (readonly [value: number, bits: number])[]): string {
  let [value, width] = [0n, 0];
  for (const [field, bits] of fields) {
    value = (value << BigInt(bits)) | BigInt.asUintN(bits, BigInt(field));
    width += bits;
  }
  return word(value, width);
}

/** A file with a comment on top. */
export const memory = (about: string, words: readonly string[]): string => `// ${about}\n${words.join('\n')}\n`;

/** Bits that hold the numbers 0 to `most`. */
export const bitsFor = (most: number): number => Math.max(1, Math.floor(Math.log2(Math.max(1, most))) + 1);
