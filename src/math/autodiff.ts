// Forward- and reverse-mode differentiation of small functions in float64: one pass each way, full Jacobians both ways,
// and what each way costs. The ground of checks: readable before fast, and nothing is compiled.
import { SettleError } from '../errors.ts';
import { type Node, plus, sizeOf } from './differentiable.ts';

/** A function: all its nodes in an order in which arguments come first. */
export interface Tape {
  readonly inputs: readonly Node[];
  readonly output: Node;
  readonly steps: readonly Step[];
  /** Places of the inputs and of the output among the steps. */
  readonly starts: readonly number[];
  readonly end: number;
}
interface Step {
  readonly node: Node;
  /** Places of the arguments among the steps. */
  readonly from: readonly number[];
  /** Which of the inputs this is; -1 if none. */
  readonly input: number;
  /** Whether the step depends on an input. */
  readonly active: boolean;
}

/**
 * Sweeps through the function, and multiply-adds in products of matrices (2 flops each; work of order units is not
 * counted). A pass is the value and one direction with it, so a dense layer of P weights takes P for the value and 3 P for
 * either pass (2 P where its input is constant). Full Jacobians take n passes forward and m in reverse.
 */
export interface Cost {
  passes: number;
  multiplyAdds: number;
}

type Arrays = readonly Float64Array[];
type Sparse = (Float64Array | undefined)[];

/** The function from `inputs`, in that order, to `output`. A node inside a graph may be an input too: the graph is cut there. */
export function tape(inputs: readonly Node[], output: Node): Tape {
  const places = new Map<Node, number>();
  const steps: Step[] = [];
  // A stack of our own: a function unrolled over thousands of steps is deeper than the host's.
  const open: Node[] = [output, ...inputs];
  for (let node = open.at(-1); node; node = open.at(-1)) {
    const input = inputs.indexOf(node);
    const args = input >= 0 ? [] : node.args;
    const missing = args.filter((arg) => !places.has(arg));
    open.push(...missing);
    if (missing.length > 0) continue;
    open.pop();
    if (places.has(node)) continue;
    if (!node.rule && input < 0)
      throw new SettleError('tape: the function reads an input that is not listed', {
        kind: 'defect', found: `[${node.shape.join(', ')}]`, expected: 'every input of the function',
      }); // prettier-ignore
    const from = args.map((arg) => places.get(arg)!);
    places.set(node, steps.length);
    steps.push({ node, from, input, active: input >= 0 || from.some((place) => steps[place]!.active) });
  }
  return { inputs, output, steps, starts: inputs.map((input) => places.get(input)!), end: places.get(output)! };
}

function fit(what: string, nodes: readonly Node[], arrays: Arrays): void {
  const [found, expected] = [arrays.map(({ length }) => length).join(', '), nodes.map(sizeOf).join(', ')];
  if (found !== expected) throw new SettleError(`${what} of the wrong length`, { kind: 'defect', found, expected });
}

/** Values of all steps and, with tangents of the inputs, how they move. */
function forward(
  { inputs, steps }: Tape,
  x: Arrays,
  cost: Cost,
  v?: Arrays,
): { values: Float64Array[]; tangents: Sparse } {
  fit('x', inputs, x);
  if (v) fit('v', inputs, v);
  const values: Float64Array[] = [];
  const tangents: Sparse = [];
  for (const { node, from, input, active } of steps) {
    if (input >= 0) {
      values.push(x[input]!);
      tangents.push(v?.[input]);
      continue;
    }
    const args = from.map((place) => values[place]!);
    values.push(node.rule!.value(args));
    cost.multiplyAdds += node.multiplyAdds;
    let tangent: Float64Array | undefined;
    if (v && active)
      from.forEach((place, k) => {
        if (!steps[place]!.active) return;
        const part = node.rule!.jvp(k, args, tangents[place]!);
        cost.multiplyAdds += node.multiplyAdds;
        tangent = tangent ? plus(tangent, part) : part;
      });
    tangents.push(tangent);
  }
  return { values, tangents };
}

/** u^T J by input and, with tangents of all steps, how that moves while u stays. */
function reverse(
  { inputs, output, steps, starts, end }: Tape,
  values: Arrays,
  u: Float64Array,
  cost: Cost,
  tangents?: Sparse,
): { adjoints: Float64Array[]; moves: Float64Array[] } {
  fit('u', [output], [u]);
  const adjoints: Sparse = steps.map((_, at) => (at === end ? u : undefined));
  const moves: Sparse = steps.map(() => undefined);
  const gather = (into: Sparse, place: number, part: Float64Array | undefined): void => {
    const held = into[place];
    // Never in place: a part may be the array of another step.
    if (part) into[place] = held ? plus(held, part) : part;
  };
  for (let at = steps.length - 1; at >= 0; at--) {
    const { node, from, input, active } = steps[at]!;
    const adjoint = adjoints[at];
    if (!adjoint || !active || input >= 0) continue;
    const args = from.map((place) => values[place]!);
    from.forEach((place, k) => {
      if (!steps[place]!.active) return;
      gather(adjoints, place, node.rule!.vjp(k, args, adjoint));
      cost.multiplyAdds += node.multiplyAdds;
      if (!tangents) return;
      const [move, along] = [moves[at], from.map((arg) => tangents[arg])];
      const parts = [move && node.rule!.vjp(k, args, move), node.rule!.bend?.(k, args, along, adjoint)];
      for (const part of parts) {
        gather(moves, place, part);
        if (part) cost.multiplyAdds += node.multiplyAdds;
      }
    });
  }
  const byInput = (parts: Sparse): Float64Array[] =>
    inputs.map((input, k) => parts[starts[k]!] ?? new Float64Array(sizeOf(input)));
  return { adjoints: byInput(adjoints), moves: byInput(moves) };
}

/** f(x): one array per input. */
export function evaluate(f: Tape, x: Arrays): { value: Float64Array; cost: Cost } {
  const cost = { passes: 1, multiplyAdds: 0 };
  return { value: forward(f, x, cost).values[f.end]!, cost };
}

/** J v, forward in one pass: the derivative along v (one array per input). */
export function jvp(f: Tape, x: Arrays, v: Arrays): { value: Float64Array; tangent: Float64Array; cost: Cost } {
  const cost = { passes: 1, multiplyAdds: 0 };
  const { values, tangents } = forward(f, x, cost, v);
  const value = values[f.end]!;
  return { value, tangent: tangents[f.end] ?? new Float64Array(value.length), cost };
}

/** u^T J, in reverse in one pass: one array per input. */
export function vjp(
  f: Tape,
  x: Arrays,
  u: Float64Array,
): { value: Float64Array; adjoints: Float64Array[]; cost: Cost } {
  const cost = { passes: 1, multiplyAdds: 0 };
  const { values } = forward(f, x, cost);
  const { adjoints } = reverse(f, values, u, cost);
  return { value: values[f.end]!, adjoints, cost };
}

/** A Jacobian [outputs, inputs]: row-major, the columns of all inputs one after the other. */
export interface Jacobian {
  readonly rows: number;
  readonly columns: number;
  readonly jacobian: Float64Array;
  readonly cost: Cost;
}

/** The Jacobian column by column: n forward passes. */
export function jacobianForward(f: Tape, x: Arrays): Jacobian {
  const [rows, columns] = [sizeOf(f.output), f.inputs.reduce((n, input) => n + sizeOf(input), 0)];
  const jacobian = new Float64Array(rows * columns);
  const cost = { passes: 0, multiplyAdds: 0 };
  let column = 0;
  f.inputs.forEach((input, index) => {
    for (let e = 0; e < sizeOf(input); e++, column++) {
      const v = f.inputs.map((other) => new Float64Array(sizeOf(other)));
      v[index]![e] = 1;
      const pass = jvp(f, x, v);
      pass.tangent.forEach((value, row) => (jacobian[row * columns + column] = value));
      count(cost, pass.cost);
    }
  });
  return { rows, columns, jacobian, cost };
}

/** The Jacobian row by row: m passes in reverse. */
export function jacobianReverse(f: Tape, x: Arrays): Jacobian {
  const [rows, columns] = [sizeOf(f.output), f.inputs.reduce((n, input) => n + sizeOf(input), 0)];
  const jacobian = new Float64Array(rows * columns);
  const cost = { passes: 0, multiplyAdds: 0 };
  for (let row = 0; row < rows; row++) {
    const u = new Float64Array(rows);
    u[row] = 1;
    const pass = vjp(f, x, u);
    let first = row * columns;
    for (const part of pass.adjoints) {
      jacobian.set(part, first);
      first += part.length;
    }
    count(cost, pass.cost);
  }
  return { rows, columns, jacobian, cost };
}

function count(into: Cost, { passes, multiplyAdds }: Cost): void {
  into.passes += passes;
  into.multiplyAdds += multiplyAdds;
}

/** Value and gradient of a scalar function, in one pass in reverse. */
export function gradient(f: Tape, x: Arrays): { value: number; gradient: Float64Array[]; cost: Cost } {
  const { value, adjoints, cost } = vjp(f, x, Float64Array.of(1));
  return { value: value[0]!, gradient: adjoints, cost };
}

/** H v of a scalar function: the jvp of its vjp, in one pass of pairs (value and tangent) there and back. */
export function hessianVector(f: Tape, x: Arrays, v: Arrays): { product: Float64Array[]; cost: Cost } {
  const cost = { passes: 1, multiplyAdds: 0 };
  const { values, tangents } = forward(f, x, cost, v);
  return { product: reverse(f, values, Float64Array.of(1), cost, tangents).moves, cost };
}
