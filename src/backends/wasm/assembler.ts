// A small WebAssembly assembler: bytes of one module with imports, functions and exports. It knows nothing of Programs.

export const i32 = 0x7f;
export const f32 = 0x7d;
export const v128 = 0x7b;
export type ValueType = typeof i32 | typeof f32 | typeof v128;

/** Signed LEB128 of a 32-bit integer. */
function signed(value: number): number[] {
  const bytes: number[] = [];
  let rest = value | 0;
  for (;;) {
    const byte = rest & 0x7f;
    rest >>= 7;
    if ((rest === 0 && !(byte & 0x40)) || (rest === -1 && byte & 0x40)) return [...bytes, byte];
    bytes.push(byte | 0x80);
  }
}

/** Unsigned LEB128 of a 32-bit integer. */
function unsigned(value: number): number[] {
  const bytes: number[] = [];
  let rest = value >>> 0;
  do {
    bytes.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
    rest >>>= 7;
  } while (rest !== 0);
  return bytes;
}

function f32Bytes(value: number): number[] {
  return [...new Uint8Array(new Float32Array([value]).buffer)];
}

/** SIMD opcodes used (the numbers of the specification, after the 0xfd prefix). */
export const simd = {
  load: 0x00, swizzle: 0x0e, addI32: 0xae, load32Splat: 0x09, store: 0x0b, const: 0x0c, splatI32: 0x11, splatF32: 0x13, extractLaneF32: 0x1f,
  eqI32: 0x37, eq: 0x41, ne: 0x42, lt: 0x43, gt: 0x44, le: 0x45, ge: 0x46,
  not: 0x4d, and: 0x4e, andnot: 0x4f, or: 0x50, xor: 0x51, bitselect: 0x52, anyTrue: 0x53,
  floor: 0x68, nearest: 0x6a, truncateI32: 0xf8, bitmaskI32: 0xa4, shlI32: 0xab, shrI32: 0xac, subI32: 0xb1,
  abs: 0xe0, neg: 0xe1, sqrt: 0xe3, add: 0xe4, sub: 0xe5, mul: 0xe6, div: 0xe7, min: 0xe8, max: 0xe9, pmin: 0xea, pmax: 0xeb,
  relaxedMadd: 0x105,
} as const; // prettier-ignore

/** One function being written: parameters are the first locals. */
export class FunctionBody {
  readonly parameters: readonly ValueType[];
  readonly results: readonly ValueType[];
  /** Products are added by relaxed SIMD. */
  fused = false;
  private code: number[] = [];
  private readonly prologue: number[] = [];
  private readonly locals: ValueType[] = [];

  constructor(parameters: readonly ValueType[], results: readonly ValueType[] = []) {
    this.parameters = parameters;
    this.results = results;
  }
  local(type: ValueType): number {
    this.locals.push(type);
    return this.parameters.length + this.locals.length - 1;
  }
  /** Writes what `emit` emits at the function's start instead of here. */
  first(emit: () => void): void {
    const here = this.code;
    this.code = this.prologue;
    emit();
    this.code = here;
  }
  get(local: number): this {
    this.code.push(0x20, ...unsigned(local));
    return this;
  }
  set(local: number): this {
    this.code.push(0x21, ...unsigned(local));
    return this;
  }
  tee(local: number): this {
    this.code.push(0x22, ...unsigned(local));
    return this;
  }
  i32(value: number): this {
    this.code.push(0x41, ...signed(value));
    return this;
  }
  f32(value: number): this {
    this.code.push(0x43, ...f32Bytes(value));
    return this;
  }
  /** The same float32 in all four lanes. */
  splat(value: number): this {
    const four = f32Bytes(value);
    this.code.push(0xfd, simd.const, ...four, ...four, ...four, ...four);
    return this;
  }
  /** Four 32-bit integers. */
  lanes(...values: readonly [number, number, number, number]): this {
    this.code.push(0xfd, simd.const, ...new Uint8Array(Int32Array.from(values).buffer));
    return this;
  }
  /** All bits set in the first `lanes` lanes. */
  laneMask(lanes: number): this {
    this.code.push(0xfd, simd.const);
    for (let byte = 0; byte < 16; byte++) this.code.push(byte < lanes * 4 ? 0xff : 0);
    return this;
  }
  simd(opcode: number): this {
    this.code.push(0xfd, ...unsigned(opcode));
    return this;
  }
  lane(opcode: number, lane: number): this {
    return this.simd(opcode).raw(lane);
  }
  /** Pushes sum + x y of three locals; if `fused`, by relaxed SIMD, where the host may round once instead of twice. */
  addProduct(sum: number, x: number, y: number): this {
    if (this.fused) return this.get(x).get(y).get(sum).simd(simd.relaxedMadd);
    return this.get(sum).get(x).get(y).simd(simd.mul).simd(simd.add);
  }
  memory(opcode: number, offset: number): this {
    this.code.push(0xfd, ...unsigned(opcode), opcode === simd.load32Splat ? 2 : 4, ...unsigned(offset));
    return this;
  }
  raw(...bytes: number[]): this {
    this.code.push(...bytes);
    return this;
  }
  loadI32(offset: number): this {
    return this.raw(0x28, 2, ...unsigned(offset));
  }
  storeI32(offset: number): this {
    return this.raw(0x36, 2, ...unsigned(offset));
  }
  loadF32(offset: number): this {
    return this.raw(0x2a, 2, ...unsigned(offset));
  }
  storeF32(offset: number): this {
    return this.raw(0x38, 2, ...unsigned(offset));
  }
  add(): this {
    return this.raw(0x6a);
  }
  sub(): this {
    return this.raw(0x6b);
  }
  mul(): this {
    return this.raw(0x6c);
  }
  remS(): this {
    return this.raw(0x6f);
  }
  geS(): this {
    return this.raw(0x4e);
  }
  ltS(): this {
    return this.raw(0x48);
  }
  ne(): this {
    return this.raw(0x47);
  }
  and(): this {
    return this.raw(0x71);
  }
  shrS(): this {
    return this.raw(0x75);
  }
  shl(): this {
    return this.raw(0x74);
  }
  call(index: number): this {
    return this.raw(0x10, ...unsigned(index));
  }
  memoryCopy(): this {
    return this.raw(0xfc, 0x0a, 0, 0);
  }
  memoryFill(): this {
    return this.raw(0xfc, 0x0b, 0);
  }
  /** Runs `body` while `counter` < `limit` (a value pushed by `limit`), adding `step` each time; tested before the first. */
  loop(counter: number, limit: () => void, step: number, body: () => void): this {
    this.raw(0x02, 0x40, 0x03, 0x40).get(counter);
    limit();
    this.raw(0x4e, 0x0d, 1);
    body();
    return this.get(counter).i32(step).add().set(counter).raw(0x0c, 0, 0x0b, 0x0b);
  }
  /** Runs `body` once, and again as long as `counter` less `step` is above 0: the counter is at least 1 before. */
  countdown(counter: number, step: number, body: () => void): this {
    this.raw(0x03, 0x40);
    body();
    return this.get(counter).i32(step).sub().tee(counter).i32(0).raw(0x4a, 0x0d, 0, 0x0b);
  }
  /** Runs `body` as long as `condition` pushes a value that is not 0. */
  repeatWhile(condition: () => void, body: () => void): this {
    this.raw(0x02, 0x40, 0x03, 0x40);
    condition();
    this.raw(0x45, 0x0d, 1);
    body();
    return this.raw(0x0c, 0, 0x0b, 0x0b);
  }
  /** Runs `body` if the i32 on the stack is not 0, else `other`. */
  either(body: () => void, other: () => void): this {
    this.raw(0x04, 0x40);
    body();
    this.raw(0x05);
    other();
    return this.raw(0x0b);
  }
  /** Runs `body` if the i32 on the stack is not 0. */
  when(body: () => void): this {
    this.raw(0x04, 0x40);
    body();
    return this.raw(0x0b);
  }
  bytes(): number[] {
    const groups = this.locals.flatMap((type) => [1, type]);
    const body = [...unsigned(this.locals.length), ...groups, ...this.prologue, ...this.code, 0x0b];
    return [...unsigned(body.length), ...body];
  }
}

interface Signature {
  readonly parameters: readonly ValueType[];
  readonly results: readonly ValueType[];
}

/** A module that imports `env.memory` and functions of `kernels`, and exports its functions by name. */
export class Module {
  private readonly types: string[] = [];
  private readonly typeBytes: number[][] = [];
  private readonly imports: { name: string; type: number }[] = [];
  private readonly functions: { name: string; body: FunctionBody; type: number }[] = [];

  private type({ parameters, results }: Signature): number {
    const bytes = [0x60, parameters.length, ...parameters, results.length, ...results];
    const key = bytes.join();
    const known = this.types.indexOf(key);
    if (known >= 0) return known;
    this.types.push(key);
    this.typeBytes.push(bytes);
    return this.types.length - 1;
  }
  /** Declares an imported kernel; all imports come before the first function is finished. Returns its call index. */
  import(name: string, parameters: readonly ValueType[], results: readonly ValueType[] = []): number {
    const known = this.imports.findIndex((entry) => entry.name === name);
    if (known >= 0) return known;
    this.imports.push({ name, type: this.type({ parameters, results }) });
    return this.imports.length - 1;
  }
  /** Adds an exported function. Returns its call index, which holds only if no import is declared after it. */
  add(name: string, body: FunctionBody): number {
    this.functions.push({ name, body, type: this.type(body) });
    return this.imports.length + this.functions.length - 1;
  }
  bytes(memoryPages: number): Uint8Array<ArrayBuffer> {
    const text = (value: string): number[] => {
      const encoded = [...new TextEncoder().encode(value)];
      return [...unsigned(encoded.length), ...encoded];
    };
    const section = (id: number, entries: number[][]): number[] => {
      const body = [...unsigned(entries.length), ...entries.flat()];
      return [id, ...unsigned(body.length), ...body];
    };
    const memory = [...text('env'), ...text('memory'), 0x02, 0x03, ...unsigned(1), ...unsigned(memoryPages)];
    const imported = this.imports.map(({ name, type }) => [...text('kernels'), ...text(name), 0x00, ...unsigned(type)]);
    return new Uint8Array([
      ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
      ...section(1, this.typeBytes),
      ...section(2, [memory, ...imported]),
      ...section(3, this.functions.map(({ type }) => unsigned(type))), // prettier-ignore
      ...section(7, this.functions.map(({ name }, index) => [...text(name), 0x00, ...unsigned(this.imports.length + index)])), // prettier-ignore
      ...section(10, this.functions.map(({ body }) => body.bytes())), // prettier-ignore
    ]);
  }
}
