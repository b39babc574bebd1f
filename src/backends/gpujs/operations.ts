// The operations of a Program as kernels of cells.ts. An operation that only renames or fills needs none.
import { namesOf } from '../../expr/tools.ts';
import type { Tree } from '../../expr/tree.ts';
import { elements } from '../../program/builder.ts';
import { type Assignment, type Operation, parameterBuffer, type Program } from '../../program/program.ts';
import type { Cell, Cells, Kernel, Operand, Tiles } from './cells.ts';
import { iteration, marked, mostElements, tick, transposed, uniforms, type View } from './layout.ts';
import { pictures } from './pictures.ts';
import { printer } from './print.ts';

/** Sums of more terms than this are sums of sums of so many, for the sake of rounding. */
const together = 64;
/** A dense product is made in tiles, where a device does that, from so many rows, columns and terms on. */
const leastTile = 16;
/** Flags that one thread counts, and that one thread of the search walks through. */
const flags = 32;

/** What executes operations on a layout: it adds kernels to `cells` and moves its views. */
export function operations(program: Program, cells: Cells, period: number): (operation: Operation) => void {
  const { env, info, examples, fit, kernel, cell, write, view, used } = cells;
  const parameterIndex = new Map(program.parameters.map((name, index) => [name, index]));
  let draws = 0;

  const parameter = (k: Kernel, name: string): string => k.read(parameterBuffer, '0', String(parameterIndex.get(name)));
  const valueOf = (name: string): string => (parameterIndex.has(name) ? parameterBuffer : name);
  const scaled = (k: Kernel, scale: Tree | undefined, value: string): string =>
    scale ? `${printer(k, (name) => parameter(k, name))(scale)} * ${value}` : value;
  /** Views of a buffer just changed: weights' transposed copies are stale. */
  const changed = (name: string): void => void env.delete(transposed(name));
  function store(into: string, at: number, value: (k: Kernel, own: Cell, old: () => string) => string): void {
    write(into, at, value);
    changed(into);
  }

  /** Adds up `term` for k in [0, count). */
  function sum(k: Kernel, count: number | string, term: (index: string, add: (value: string) => void) => void): string {
    const [total, index] = [k.fresh('s'), k.fresh('k')];
    const loop = (into: string, from: string | null, times: number | string): void =>
      k.block(`for (let ${index} = 0; ${index} < ${times}; ${index}++)`, () =>
        term(from ? `(${from} + ${index})` : index, (value) => k.line(`${into} = ${into} + ${value};`)),
      );
    k.line(`let ${total} = 0.0;`);
    if (typeof count === 'string' || count <= 4 * together) {
      loop(total, null, count);
      return total;
    }
    const whole = Math.floor(count / together);
    const [part, block, from] = [k.fresh('s'), k.fresh('k'), k.fresh('k')];
    k.block(`for (let ${block} = 0; ${block} < ${whole}; ${block}++)`, () => {
      k.line(`let ${part} = 0.0;`);
      k.line(`const ${from} = ${block} * ${together};`);
      loop(part, from, together);
      k.line(`${total} = ${total} + ${part};`);
    });
    if (count > whole * together) loop(total, String(whole * together), count - whole * together);
    return total;
  }

  function map({ assign, units }: Extract<Operation, { op: 'map' }>): void {
    const batched = assign.some(({ into }) => info(into).batch);
    const next = new Map<string, View<number>>();
    const plain: Assignment[][] = [[], []];
    const alone: Assignment[] = [];
    for (const assignment of assign) {
      const { into, value } = assignment;
      const held = value.kind === 'name' && !parameterIndex.has(value.name) ? info(value.name) : null;
      if (info(into).history > 1 || (batched && !info(into).batch)) alone.push(assignment);
      else if (value.kind === 'number') next.set(into, { constant: Math.fround(value.value) });
      else if (value.kind === 'name' && held && held.history === 1 && elements(held) === units)
        next.set(into, alias(value.name, info(into).batch));
      else plain[info(into).batch ? 1 : 0]!.push(assignment);
    }
    fit([...new Set(assign.flatMap(({ into, value }) => [...[...namesOf(value)].map(valueOf), ...(info(into).history > 1 ? [into] : [])]))]); // prettier-ignore
    const print = (k: Kernel, own: Cell, tree: Tree): string =>
      printer(k, (name) => (parameterIndex.has(name) ? parameter(k, name) : k.own(name, own)))(tree);
    for (const [batch, group] of plain.entries()) {
      const count = batch ? used : 1;
      const rows = Math.max(1, Math.floor(mostElements / (count * units)));
      for (let first = 0; first < group.length; first += rows) {
        const some = group.slice(first, first + rows);
        const array = kernel(some.length * count * units, (k) => {
          if (some.length === 1) return print(k, cell(k, k.thread, units, count), some[0]!.value);
          const [row, i, result] = [k.fresh('r'), k.fresh('i'), k.fresh('t')];
          k.head(`let ${row} = 0;`);
          k.head(`let ${i} = x;`);
          for (let n = 1; n < some.length; n++) k.head(`if (x >= ${n * count * units}) { ${row} = ${n}; ${i} = x - ${n * count * units}; }`); // prettier-ignore
          const own = cell(k, i, units, count);
          k.line(`let ${result} = 0.0;`);
          some.forEach(({ value }, n) => k.block(`if (${row} == ${n})`, () => k.line(`${result} = ${print(k, own, value)};`))); // prettier-ignore
          return result;
        });
        some.forEach(({ into }, n) => next.set(into, { array, base: n * count * units, stride: batch ? units : 0 }));
      }
    }
    for (const { into, value } of alone) {
      // The last example's value stays in a buffer that all share, as one after the other would leave it.
      const before = env.get(into)!;
      const last = batched && !info(into).batch ? String(used - 1) : null;
      write(into, 0, (k, own) => print(k, last ? { i: `${last} * ${units} + ${own.i}`, e: () => last, u: own.u } : own, value)); // prettier-ignore
      next.set(into, env.get(into)!);
      env.set(into, before);
    }
    for (const [name, to] of next) {
      env.set(name, to);
      changed(name);
    }
  }
  /** The present view of a buffer, as one of a buffer with or without examples. */
  function alias(name: string, batch: boolean): View<number> {
    const held = env.get(name)!;
    return 'constant' in held || batch ? held : { ...held, stride: 0 };
  }

  /** The transposed copy of weights, made once after each change. */
  function transpose(weight: string): string {
    const name = transposed(weight);
    if (env.has(name)) return name;
    const held = env.get(weight)!;
    const [pre, post] = info(weight).shape as [number, number];
    if ('constant' in held) env.set(name, held);
    else {
      const array = kernel(pre * post, (k) => {
        const [j, i] = divide(k, k.thread, pre);
        return k.read(weight, '0', `${i} * ${post} + ${j}`);
      });
      env.set(name, view(array, 0));
    }
    return name;
  }
  const divide = (k: Kernel, index: string, by: number): [string, string] => {
    const own = cell(k, index, by, 2);
    return [own.e(), own.u()];
  };
  /** Row `row`, column `column` of weights with so many columns, or of their transposed copy. */
  function weightAt(k: Kernel, name: string, columns: number, row: string, column: string): string {
    const held = env.get(name)!;
    if ('constant' in held) return String(held.constant < 0 ? `(${held.constant})` : held.constant);
    return k.element(held.array, `${held.base} + ${row} * ${columns} + ${column}`);
  }

  /** A buffer as a factor of a dense product in tiles; null where it is a constant or a ring. */
  function operand(
    k: Kernel,
    name: string,
    steps: (stride: number) => Pick<Operand, 'across' | 'along'>,
  ): Operand | null {
    const held = env.get(name)!;
    if ('constant' in held || (program.buffers.get(name)?.history ?? 1) > 1) return null;
    return { argument: k.argument(held.array), base: held.base, ...steps(held.stride) };
  }
  /** Whether a sum for each of rows x columns threads is large enough for tiles. */
  const tileable = (into: string, rows: number, columns: number, depth: number): boolean =>
    cells.tiling && info(into).history === 1 && Math.min(rows, columns, depth) >= leastTile;

  /** into[e, u] = (or +=) sum over k of from[e, k] weights[k, u]: dense, or over a list. */
  function product(
    from: string,
    list: string | null,
    weights: string,
    rows: number,
    columns: number,
    into: string,
    add: boolean,
    at: number,
  ): void {
    // prettier-ignore
    fit([weights, into, ...(list ? [`${list}.unit`, `${list}.value`, `${list}.count`] : [from])]);
    function tilesOf(k: Kernel): Tiles | null {
      const left = operand(k, from, (stride) => ({ across: stride, along: 1 }));
      const right = left && operand(k, weights, () => ({ across: 1, along: columns }));
      return right && { rows: used, columns, depth: rows, terms: [{ left: left!, right, sign: 1 }] };
    }
    store(into, at, (k, own, old) => {
      let total: string;
      if (list) {
        const [count, unit] = [k.fresh('n'), k.fresh('u')];
        k.line(`const ${count} = ${k.read(`${list}.count`, own.e(), '0')};`);
        total = sum(k, count, (index, plus) => {
          k.line(`const ${unit} = ${k.read(`${list}.unit`, own.e(), index)};`);
          plus(`${k.read(`${list}.value`, own.e(), index)} * ${weightAt(k, weights, columns, unit, own.u())}`);
        });
      } else {
        const tiles = tileable(into, used, columns, rows) && info(into).batch ? tilesOf(k) : null;
        total = tiles ? k.total(tiles) : sum(k, rows, (index, plus) =>
          plus(`${k.read(from, own.e(), index)} * ${weightAt(k, weights, columns, index, own.u())}`),
        );
      } // prettier-ignore
      return add ? `${old()} + ${total}` : total;
    });
  }
  const shape = (weight: string): [number, number] => info(weight).shape as [number, number];

  function outer({ terms, scale, into, add }: Extract<Operation, { op: 'outer' }>): void {
    const [before, post] = shape(into);
    fit([...terms.flatMap(({ pre, post: right }) => [pre, right]), into, parameterBuffer]);
    function tilesOf(k: Kernel): Tiles | null {
      const pairs = terms.map(({ pre, post: right, sign }) => ({
        left: operand(k, pre, (stride) => ({ across: 1, along: stride })),
        right: operand(k, right, (stride) => ({ across: 1, along: stride })),
        sign,
      }));
      const all = pairs.every((pair): pair is Tiles['terms'][number] => pair.left !== null && pair.right !== null);
      return all ? { rows: before, columns: post, depth: used, terms: pairs } : null;
    }
    store(into, 0, (k, own, old) => {
      const tiles = tileable(into, before, post, used) && !info(into).batch ? tilesOf(k) : null;
      if (tiles) {
        const result = scaled(k, scale, k.total(tiles));
        return add ? `${old()} + ${result}` : result;
      }
      const [i, j] = divide(k, own.i, post);
      const total = sum(k, used, (e, plus) => {
        for (const { pre, post: right, sign } of terms) {
          const value = k.fresh('p');
          k.line(`const ${value} = ${k.read(pre, e, i)};`);
          k.block(`if (${value} != 0)`, () => plus(`${sign < 0 ? '-' : ''}${value} * ${k.read(right, e, j)}`));
        }
      });
      const result = scaled(k, scale, total);
      return add ? `${old()} + ${result}` : result;
    });
  }

  function compact({ from, list }: Extract<Operation, { op: 'compact' }>): void {
    const units = elements(info(from));
    const blocks = Math.ceil(units / flags);
    const [unit, value, count] = [`${list}.unit`, `${list}.value`, `${list}.count`];
    const n = examples(unit);
    /** Walks through the flags of a block: `body` where one is up. */
    const walk = (k: Kernel, e: string, block: string, body: (u: string, value: string) => void): void => {
      const [index, u, v] = [k.fresh('k'), k.fresh('u'), k.fresh('v')];
      k.block(`for (let ${index} = 0; ${index} < ${flags}; ${index}++)`, () => {
        k.line(`const ${u} = ${block} * ${flags} + ${index};`);
        k.block(`if (${u} < ${units})`, () => {
          k.line(`const ${v} = ${k.read(from, e, u)};`);
          k.block(`if (${v} != 0)`, () => body(u, v));
        });
      });
    };
    const counts = kernel(n * blocks, (k) => {
      const own = cell(k, k.thread, blocks, n);
      const total = k.fresh('s');
      k.line(`let ${total} = 0.0;`);
      walk(k, own.e(), own.u(), () => k.line(`${total} = ${total} + 1;`));
      return total;
    });
    // How many come before each block; behind the last, the length; behind that, the running total.
    const width = blocks + 2;
    const scan = kernel(n * width, (k) => {
      const own = cell(k, k.thread, width, n);
      const last = k.fresh('n');
      k.line(`let ${last} = ${own.u()};`);
      k.line(`if (${last} > ${blocks}) { ${last} = ${blocks}; }`);
      const total = sum(k, last, (b, plus) => plus(k.element(counts, `${own.e()} * ${blocks} + ${b}`)));
      k.block(`if (${own.u()} > ${blocks})`, () => k.line(`${total} = ${total} + ${k.read(count, own.e(), '1')};`));
      return total;
    });
    const found = kernel(2 * n * units, (k) => {
      const [row, i, low, high, middle, rank, result] = ['r', 'i', 'l', 'h', 'm', 'n', 't'].map(k.fresh) as [string, string, string, string, string, string, string]; // prettier-ignore
      k.head(`let ${row} = 0;`);
      k.head(`let ${i} = x;`);
      k.head(`if (x >= ${n * units}) { ${row} = 1; ${i} = x - ${n * units}; }`);
      const own = cell(k, i, units, n);
      const before = (b: string): string => k.element(scan, `${own.e()} * ${width} + ${b}`);
      k.line(`let ${result} = 0.0;`);
      k.block(`if (${own.u()} < ${before(String(blocks))})`, () => {
        k.line(`let ${low} = 0.0;`);
        k.line(`let ${high} = ${blocks}.0;`);
        for (let span = 1; span < blocks; span *= 2) {
          const half = `${middle}${span}`;
          k.line(`const ${half} = Math.floor((${low} + ${high}) * 0.5);`);
          k.line(`if (${before(half)} <= ${own.u()}) { ${low} = ${half}; } else { ${high} = ${half}; }`);
        }
        k.line(`let ${rank} = ${own.u()} - ${before(low)};`);
        walk(k, own.e(), low, (u, v) => {
          k.block(`if (${rank} == 0)`, () => {
            k.line(`${result} = ${u};`);
            k.line(`if (${row} == 1) { ${result} = ${v}; }`);
          });
          k.line(`${rank} = ${rank} - 1;`);
        });
      });
      return result;
    });
    env.set(unit, { array: found, base: 0, stride: units });
    env.set(value, { array: found, base: n * units, stride: units });
    env.set(count, { array: scan, base: blocks, stride: width });
  }

  function outerActive({ list, row, side, scale, into }: Extract<Operation, { op: 'outerActive' }>): void {
    const [pre, post] = shape(into);
    const units = side === 'pre' ? pre : post;
    const n = examples(into);
    fit([`${list}.unit`, `${list}.value`, `${list}.count`]);
    // The list as an array of all units: what was compacted may have changed since.
    const dense = kernel(n * units, (k) => {
      const own = cell(k, k.thread, units, n);
      const [low, high, middle, count, result] = ['l', 'h', 'm', 'n', 't'].map(k.fresh) as [string, string, string, string, string]; // prettier-ignore
      k.line(`const ${count} = ${k.read(`${list}.count`, own.e(), '0')};`);
      k.line(`let ${low} = 0.0;`);
      k.line(`let ${high} = ${count} + 0.0;`);
      for (let span = 1; span <= units; span *= 2)
        k.block(`if (${low} < ${high})`, () => {
          const half = `${middle}${span}`;
          k.line(`const ${half} = Math.floor((${low} + ${high}) * 0.5);`);
          k.line(`const ${half}u = ${k.read(`${list}.unit`, own.e(), half)};`);
          k.line(`if (${half}u < ${own.u()}) { ${low} = ${half} + 1; } else { ${high} = ${half}; }`);
        });
      k.line(`let ${result} = 0.0;`);
      k.block(`if (${low} < ${count})`, () => {
        k.line(`const ${middle}u = ${k.read(`${list}.unit`, own.e(), low)};`);
        k.block(`if (${middle}u == ${own.u()})`, () => k.line(`${result} = ${k.read(`${list}.value`, own.e(), low)};`));
      });
      return result;
    });
    fit([into, row, parameterBuffer]);
    store(into, 0, (k, own, old) => {
      const [i, j] = divide(k, own.u(), post);
      const value = scaled(k, scale, k.element(dense, `${own.e()} * ${units} + ${side === 'pre' ? i : j}`));
      return `${old()} + ${value} * ${k.read(row, own.e(), side === 'pre' ? j : i)}`;
    });
  }

  function reduce({ from, into, how, over, scale }: Extract<Operation, { op: 'reduce' }>): void {
    const units = elements(info(from));
    const start = how === 'sum' ? '0.0' : '(-3.4028234e38)';
    fit([from, into, parameterBuffer]);
    /** Sum, maximum, or its place, of `count` values. */
    function fold(k: Kernel, count: number | string, value: (index: string) => string): string {
      if (how === 'sum') return sum(k, count, (index, plus) => plus(value(index)));
      const [best, where, index, v] = ['b', 'w', 'k', 'v'].map(k.fresh) as [string, string, string, string];
      k.line(`let ${best} = ${start};`);
      k.line(`let ${where} = 0.0;`);
      k.block(`for (let ${index} = 0; ${index} < ${count}; ${index}++)`, () => {
        k.line(`const ${v} = ${value(index)};`);
        k.line(`if (${v} > ${best}) { ${best} = ${v}; ${where} = ${index}; }`);
      });
      return how === 'max' ? best : where;
    }
    /** Sums over examples of sums over places. */
    function overPlaces(k: Kernel, own: Cell, results: number, places: number): string {
      return sum(k, used, (e, plus) =>
        plus(sum(k, places, (place, more) => more(k.read(from, e, `${place} * ${results} + ${own.u()}`)))),
      );
    }
    if (over === 'batch') {
      const results = elements(info(into));
      const places = units / results;
      store(into, 0, (k, own, old) => {
        const result =
          places === 1 ? fold(k, used, (e) => k.read(from, e, own.u())) : overPlaces(k, own, results, places);
        const value = how === 'argmax' ? result : scaled(k, scale, result);
        if (!info(into).batch) return value;
        const kept = k.fresh('t');
        k.line(`let ${kept} = ${old()};`);
        k.line(`if (${own.e()} == 0) { ${kept} = ${value}; }`);
        return kept;
      });
      return;
    }
    const results = info(from).batch ? used : 1;
    // Long arrays in two steps, so that one thread need not walk through all.
    const parts = how !== 'argmax' && units > 1024 ? Math.ceil(units / 256) : 0;
    const partial = parts === 0 ? -1 : kernel(results * parts, (k) => {
      const own = cell(k, k.thread, parts, results);
      const [first, count] = [k.fresh('f'), k.fresh('n')];
      k.line(`const ${first} = ${own.u()} * 256;`);
      k.line(`let ${count} = 256;`);
      k.line(`if (${first} + ${count} > ${units}) { ${count} = ${units} - ${first}; }`);
      return fold(k, count, (index) => k.read(from, own.e(), `${first} + ${index}`));
    }); // prettier-ignore
    store(into, 0, (k, own, old) => {
      const shared = !info(into).batch;
      const example = shared ? String(results - 1) : own.e();
      const result = parts === 0 ? fold(k, units, (index) => k.read(from, example, index)) : fold(k, parts, (index) => k.element(partial, `${example} * ${parts} + ${index}`)); // prettier-ignore
      const value = how === 'argmax' ? result : scaled(k, scale, result);
      if (shared || info(from).batch || used === 1) return value;
      const kept = k.fresh('t');
      k.line(`let ${kept} = ${old()};`);
      k.line(`if (${own.e()} == 0) { ${kept} = ${value}; }`);
      return kept;
    });
  }

  function copy({ from, into }: Extract<Operation, { op: 'copy' }>): void {
    const [source, target] = [info(from), info(into)];
    if (target.history === source.history) {
      env.set(into, alias(from, target.batch));
      changed(into);
      return;
    }
    fit([from, into]);
    store(into, 0, (k, own) => k.read(from, source.batch ? own.e() : '0', own.u()));
  }

  const ofPictures = pictures({ cells, store, scaled, parameters: parameterBuffer });
  return (operation) => {
    const conv = 'weight' in operation ? info(operation.weight).conv : operation.op === 'outer' ? info(operation.into).conv : undefined; // prettier-ignore
    if (conv && operation.op === 'gather') return ofPictures.gather(operation, conv);
    if (conv && operation.op === 'gatherBack') return ofPictures.gatherBack(operation, conv);
    if (conv && operation.op === 'outer') return ofPictures.outer(operation, conv);
    switch (operation.op) {
      case 'pool':
        return ofPictures.pool(operation);
      case 'unpool':
        return ofPictures.unpool(operation);
      case 'poolAlong':
        return ofPictures.poolAlong(operation);
      case 'poolBend':
        return ofPictures.poolBend(operation);
      case 'spread':
        return ofPictures.spread(operation, elements(info(operation.from)));
      case 'map':
        return map(operation);
      case 'gather': {
        const [pre, post] = shape(operation.weight);
        return product(operation.from, operation.list ?? null, operation.weight, pre, post, operation.into, operation.add, 0); // prettier-ignore
      }
      case 'gatherBack': {
        const [pre, post] = shape(operation.weight);
        return product(operation.from, null, transpose(operation.weight), post, pre, operation.into, operation.add, 0);
      }
      case 'deliver': {
        const [pre, post] = shape(operation.weight);
        return product('', operation.list, operation.weight, pre, post, operation.into, true, operation.at);
      }
      case 'deliverBack': {
        const [pre, post] = shape(operation.weight);
        return product('', operation.list, transpose(operation.weight), post, pre, operation.into, true, operation.at);
      }
      case 'outer':
        return outer(operation);
      case 'compact':
        return compact(operation);
      case 'outerActive':
        return outerActive(operation);
      case 'reduce':
        return reduce(operation);
      case 'copy':
        return copy(operation);
      case 'fill':
        env.set(operation.into, { constant: Math.fround(operation.value) });
        return changed(operation.into);
      case 'random': {
        const { into } = operation;
        const source = uniforms(draws++);
        const [units, count] = [elements(info(into)), examples(into)];
        fit([source, iteration, into]);
        return store(into, 0, (k, own) => {
          const [from, run] = [env.get(source)!, env.get(iteration)!] as { array: number; base: number }[];
          return k.element(from!.array, `${from!.base} + ${k.element(run!.array, String(run!.base))} * ${count * units} + ${own.i}`); // prettier-ignore
        });
      }
      case 'advance': {
        if (period === 1) return;
        const by = ((((operation.by ?? 1) % period) + period) % period);
        const held = env.get(tick)! as { array: number; base: number };
        const array = kernel(1, (k) => {
          k.line(`let t = ${k.element(held.array, String(held.base))} + ${by};`);
          k.line(`if (t >= ${period}) { t = t - ${period}; }`);
          return 't';
        });
        return void env.set(tick, view(array, 0));
      } // prettier-ignore
      case 'mark':
        return void env.set(marked, env.get(tick)!);
      case 'rewind':
        return void env.set(tick, env.get(marked)!);
    }
    throw new Error(`unreachable: ${operation.op}`);
  };
}

/** After a run of a slot: random numbers are read further on. */
export function nextIteration(cells: Cells): void {
  const held = cells.env.get(iteration)! as { array: number; base: number };
  const array = cells.kernel(1, (k) => `${k.element(held.array, String(held.base))} + 1`);
  cells.env.set(iteration, cells.view(array, 0));
}
