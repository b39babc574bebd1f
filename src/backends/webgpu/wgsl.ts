// Kernels of gpujs/cells.ts as WGSL: their text, which is a handful of forms of JavaScript, printed anew line by line, and a dense
// product in tiles around it. Text only: it knows no device.
import type { Call, Operand, Tiles } from '../gpujs/cells.ts';

/** Threads of a group where each computes one number. */
const group = 64;
/** Groups along one side of a launch, at most: WebGPU promises 65,535. */
const widest = 32768;

export interface Shader {
  readonly code: string;
  readonly groups: readonly [number, number];
}

/** One line of a kernel: every number is an f32, an index of an array a u32. */
export function translated(line: string): string {
  return line
    .replace(/(?<![\w.])\d+(\.\d*)?(e[+-]?\d+)?/g, (number: string, point?: string, power?: string) =>
      point || power ? number : `${number}.0`,
    ) // prettier-ignore
    .replaceAll('[', '[u32(')
    .replaceAll(']', ')]')
    .replaceAll('Math.', '')
    .replace(/\blet (\w+) = /g, 'var $1: f32 = ')
    .replace(/\bconst (\w+) = /g, 'let $1: f32 = ')
    .replace(/(\w+)\+\+/g, '$1 += 1.0');
}

export function shaderOf({ source, length, args, tiles }: Call): Shader {
  // Between the function's head, which names its arguments, and its brace; the first line is the thread's number.
  const lines = source.split('\n').slice(2, -1).map(translated);
  const arrays = args.map((_, index) => `@group(0) @binding(${index}) var<storage, read> a${index}: array<f32>;`);
  const head = [
    ...arrays,
    `@group(0) @binding(${args.length}) var<storage, read_write> result: array<f32>;`,
    `fn value(x: f32${tiles ? ', total: f32' : ''}) -> f32 {`,
    ...lines,
    '}',
  ].join('\n');
  if (tiles) return inTiles(head, tiles);
  const groups = Math.ceil(length / group);
  const wide = Math.min(groups, widest);
  const code = `${head}
@compute @workgroup_size(${group})
fn main(@builtin(global_invocation_id) id: vec3u) {
let i = id.y * ${wide * group}u + id.x;
if (i >= ${length}u) { return; }
result[i] = value(f32(i));
}`;
  return { code, groups: [wide, Math.ceil(groups / wide)] };
}

/** Numbers along the sum that lie in workgroup memory at a time, and a thread's rows and columns of results. */
const along = 16;
const own = 4;

/** Each group makes a tile of results from slices of both factors in workgroup memory, each thread own x own of it. */
function inTiles(head: string, { rows, columns, depth, terms }: Tiles): Shader {
  const [high, wide] = [rows > 32 ? 64 : 16, 64];
  const [across, threads] = [wide / own, (wide / own) * (high / own)];
  const numbers = Array.from({ length: own * own }, (_, n) => ({ n, row: Math.floor(n / own), column: n % own }));
  const each = (line: (of: (typeof numbers)[0]) => string): string => numbers.map(line).join('\n');
  const some = (line: (index: number) => string): string => Array.from({ length: own }, (_, k) => line(k)).join('\n');
  /** Fills a slice [along][size]; neighbouring threads read neighbouring numbers. */
  const load = (slice: string, { argument, base, ...step }: Operand, size: number, corner: string, end: number): string => {
    const [place, k] = step.along === 1 ? [`i / ${along}u`, `i % ${along}u`] : [`i % ${size}u`, `i / ${size}u`];
    return `for (var i = thread; i < ${size * along}u; i += ${threads}u) {
let place = ${place};
let k = ${k};
var number: f32 = 0.0;
if (${corner} + place < ${end}u && first + k < ${depth}u) { number = a${argument}[${base}u + (${corner} + place) * ${step.across}u + (first + k) * ${step.along}u]; }
${slice}[k * ${size}u + place] = number;
}`;
  }; // prettier-ignore
  const term = ({ left, right, sign }: Tiles['terms'][number]): string => `for (var first = 0u; first < ${depth}u; first += ${along}u) {
${load('left', left, high, 'row', rows)}
${load('right', right, wide, 'column', columns)}
workgroupBarrier();
${each(({ n }) => `var p${n}: f32 = 0.0;`)}
for (var k = 0u; k < ${along}u; k += 1u) {
${some((r) => `let l${r} = left[k * ${high}u + down * ${own}u + ${r}u];`)}
${some((c) => `let r${c} = right[k * ${wide}u + over + ${c * across}u];`)}
${each(({ n, row, column }) => `p${n} = p${n} + l${row} * r${column};`)}
}
${each(({ n }) => `s${n} = s${n} ${sign < 0 ? '-' : '+'} p${n};`)}
workgroupBarrier();
}`; // prettier-ignore
  const code = `${head}
var<workgroup> left: array<f32, ${high * along}>;
var<workgroup> right: array<f32, ${wide * along}>;
@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) tile: vec3u, @builtin(local_invocation_index) thread: u32) {
let row = tile.y * ${high}u;
let column = tile.x * ${wide}u;
let over = thread % ${across}u;
let down = thread / ${across}u;
${each(({ n }) => `var s${n}: f32 = 0.0;`)}
${terms.map(term).join('\n')}
${each(({ n, row, column }) => `{
let i = row + down * ${own}u + ${row}u;
let j = column + over + ${column * across}u;
if (i < ${rows}u && j < ${columns}u) { result[i * ${columns}u + j] = value(f32(i * ${columns}u + j), s${n}); }
}`)}
}`; // prettier-ignore
  return { code, groups: [Math.ceil(columns / wide), Math.ceil(rows / high)] };
}
