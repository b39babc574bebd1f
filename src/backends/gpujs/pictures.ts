// Kernels that slide over pictures and pools as kernels of cells.ts: one thread a number of the result, which looks at all that
// meets there. Right, and plain: nothing is kept near.
import type { Tree } from '../../expr/tree.ts';
import type { Conv, Operation, Pool } from '../../program/program.ts';
import type { Cell, Cells, Kernel } from './cells.ts';
import { divided } from './text.ts';

/** What operations.ts lends: how results are stored, and a scale in front of a value. */
export interface PictureTools {
  readonly cells: Cells;
  store(into: string, at: number, value: (k: Kernel, own: Cell, old: () => string) => string): void;
  scaled(k: Kernel, scale: Tree, value: string): string;
  /** Buffers that a scale reads. */
  readonly parameters: string;
}

/** Examples whose sums are added up before their sum is. */
const together = 16;

type Three = readonly [string, string, string];

export function pictures({ cells, store, scaled, parameters }: PictureTools) {
  const { fit, used } = cells;
  const divide = (k: Kernel, index: string, by: number): [string, string] =>
    divided((line) => k.line(line), k, index, by);
  /** Row, column and channel of a number of a picture with so many columns and channels. */
  function placeOf(k: Kernel, index: string, columns: number, channels: number): Three {
    const [place, channel] = divide(k, index, channels);
    const [row, column] = divide(k, place, columns);
    return [row, column, channel];
  }
  const at = (row: string, column: string, channel: string, columns: number, channels: number): string =>
    `((${row}) * ${columns} + ${column}) * ${channels} + ${channel}`;
  const loop = (k: Kernel, count: number, body: (index: string) => void): void => {
    const index = k.fresh('k');
    k.block(`for (let ${index} = 0; ${index} < ${count}; ${index}++)`, () => body(index));
  };
  const variable = (k: Kernel, value = '0.0'): string => {
    const name = k.fresh('s');
    k.line(`let ${name} = ${value};`);
    return name;
  };
  const constant = (k: Kernel, value: string): string => {
    const name = k.fresh('c');
    k.line(`const ${name} = ${value};`);
    return name;
  };
  /** Adds to `total` the sum of `term` over the last of the loops: sums of sums, for the sake of rounding. */
  function inner(k: Kernel, total: string, count: number, term: (index: string) => string): void {
    const part = variable(k);
    loop(k, count, (index) => k.line(`${part} = ${part} + ${term(index)};`));
    k.line(`${total} = ${total} + ${part};`);
  }
  /** Adds up what `term` says of each example, some at a time. */
  function overExamples(k: Kernel, term: (example: string) => string): string {
    const total = variable(k);
    loop(k, Math.ceil(used / together), (block) => {
      const some = variable(k);
      loop(k, Math.min(used, together), (n) => {
        const e = constant(k, `${block} * ${together} + ${n}`);
        k.block(`if (${e} < ${used})`, () => k.line(`${some} = ${some} + ${term(e)};`));
      });
      k.line(`${total} = ${total} + ${some};`);
    });
    return total;
  }
  const sumOf = (old: () => string, add: boolean, value: string): string => (add ? `${old()} + ${value}` : value);

  function gather({ from, weight, into, add }: Extract<Operation, { op: 'gather' }>, conv: Conv): void {
    const { size, stride, padding } = conv;
    const [rows, columns, channels] = conv.from;
    const [, acrosses, out] = conv.into;
    fit([from, weight, into]);
    store(into, 0, (k, own, old) => {
      const [r, c, j] = placeOf(k, own.u(), acrosses, out);
      const total = variable(k);
      loop(k, size, (i) => {
        const y = constant(k, `${r} * ${stride} + ${i} - ${padding}`);
        loop(k, size, (n) => {
          const x = constant(k, `${c} * ${stride} + ${n} - ${padding}`);
          k.block(`if (${y} >= 0 && ${y} < ${rows} && ${x} >= 0 && ${x} < ${columns})`, () =>
            inner(k, total, channels, (m) =>
              `${k.read(from, own.e(), at(y, x, m, columns, channels))} * ${k.read(weight, '0', `((${i} * ${size} + ${n}) * ${channels} + ${m}) * ${out} + ${j}`)}`));
        });
      });
      return sumOf(old, add, total);
    }); // prettier-ignore
  }

  function gatherBack({ from, weight, into, add }: Extract<Operation, { op: 'gatherBack' }>, conv: Conv): void {
    const { size, stride, padding } = conv;
    const [, columns, channels] = conv.from;
    const [downs, acrosses, out] = conv.into;
    fit([from, weight, into]);
    /** The place whose kernel's row or column `offset` lies on `pixel`; whether there is one. */
    const place = (k: Kernel, pixel: string, offset: string, places: number): readonly [string, string] => {
      const shifted = constant(k, `${pixel} + ${padding} - ${offset}`);
      if (stride === 1) return [shifted, `${shifted} >= 0 && ${shifted} < ${places}`];
      const whole = constant(k, `Math.floor((${shifted} + 0.5) / ${stride})`);
      return [whole, `${shifted} >= 0 && ${whole} * ${stride} == ${shifted} && ${whole} < ${places}`];
    };
    store(into, 0, (k, own, old) => {
      const [y, x, m] = placeOf(k, own.u(), columns, channels);
      const total = variable(k);
      loop(k, size, (i) => {
        const [r, down] = place(k, y, i, downs);
        loop(k, size, (n) => {
          const [c, across] = place(k, x, n, acrosses);
          k.block(`if (${down} && ${across})`, () =>
            inner(k, total, out, (j) =>
              `${k.read(from, own.e(), at(r, c, j, acrosses, out))} * ${k.read(weight, '0', `((${i} * ${size} + ${n}) * ${channels} + ${m}) * ${out} + ${j}`)}`));
        });
      });
      return sumOf(old, add, total);
    }); // prettier-ignore
  }

  function outer({ terms, scale, into, add }: Extract<Operation, { op: 'outer' }>, conv: Conv): void {
    const { size, stride, padding } = conv;
    const [rows, columns, channels] = conv.from;
    const [downs, acrosses, out] = conv.into;
    fit([...terms.flatMap(({ pre, post }) => [pre, post]), into, parameters]);
    store(into, 0, (k, own, old) => {
      const [row, j] = divide(k, own.i, out);
      const [i, n, m] = placeOf(k, row, size, channels);
      const total = overExamples(k, (e) => {
        const whole = variable(k);
        loop(k, downs, (r) => {
          const y = constant(k, `${r} * ${stride} + ${i} - ${padding}`);
          k.block(`if (${y} >= 0 && ${y} < ${rows})`, () => {
            const part = variable(k);
            loop(k, acrosses, (c) => {
              const x = constant(k, `${c} * ${stride} + ${n} - ${padding}`);
              k.block(`if (${x} >= 0 && ${x} < ${columns})`, () => {
                for (const { pre, post, sign } of terms)
                  k.line(`${part} = ${part} ${sign < 0 ? '-' : '+'} ${k.read(pre, e, at(y, x, m, columns, channels))} * ${k.read(post, e, at(r, c, j, acrosses, out))};`);
              });
            });
            k.line(`${whole} = ${whole} + ${part};`);
          });
        });
        return whole;
      });
      return sumOf(old, add, scaled(k, scale, total));
    }); // prettier-ignore
  }

  /** Number `n` of the window of a pooled number. */
  const inWindow = ({ from, stride }: Pool, [r, c, channel]: Three, i: string, n: string): string =>
    at(`${r} * ${stride} + ${i}`, `${c} * ${stride} + ${n}`, channel, from[1], from[2]);
  const forWindow = (k: Kernel, { size }: Pool, body: (i: string, n: string) => void): void =>
    loop(k, size, (i) => loop(k, size, (n) => body(i, n)));

  /** Largest, sum of e^(x - largest), and the mean weighted by these, of a window. */
  function softmaxOf(k: Kernel, pool: Pool, place: Three, read: (index: string) => string) {
    const top = variable(k, read(inWindow(pool, place, '0', '0')));
    forWindow(k, pool, (i, n) => {
      const x = constant(k, read(inWindow(pool, place, i, n)));
      k.line(`if (${x} > ${top}) { ${top} = ${x}; }`);
    });
    const [all, mean] = [variable(k), variable(k)];
    const share = (x: string): string => `Math.exp(${x} - ${top})`;
    forWindow(k, pool, (i, n) => {
      const x = constant(k, read(inWindow(pool, place, i, n)));
      const e = constant(k, share(x));
      k.line(`${all} = ${all} + ${e};`);
      k.line(`${mean} = ${mean} + ${e} * ${x};`);
    });
    k.line(`${mean} = ${mean} / ${all};`);
    return { mean, share: (x: string): string => `${share(x)} / ${all}` };
  }
  /** Which of its window a number of the picture is, and the window; whether it is in one. */
  function windowOf(k: Kernel, { from, into, size, stride }: Pool, index: string) {
    const [y, x, channel] = placeOf(k, index, from[1], from[2]);
    const [[r, i], [c, n]] = [divide(k, y, stride), divide(k, x, stride)];
    const covered = `${i} < ${size} && ${n} < ${size} && ${r} < ${into[0]} && ${c} < ${into[1]}`;
    return { place: [r, c, channel] as Three, which: `${i} * ${size} + ${n}`, covered };
  }

  function pool({ pool: geometry, from, into, notes, add }: Extract<Operation, { op: 'pool' | 'poolAlong' }>): void {
    const { kind, into: [, columns, channels], size } = geometry;
    fit([from, into, ...(notes ? [notes] : [])]);
    const read = (k: Kernel, own: Cell) => (index: string): string => k.read(from, own.e(), index);
    if (kind === 'max')
      store(notes!, 0, (k, own) => {
        const place = placeOf(k, own.u(), columns, channels);
        const top = variable(k, read(k, own)(inWindow(geometry, place, '0', '0')));
        const which = variable(k);
        forWindow(k, geometry, (i, n) => {
          const x = constant(k, read(k, own)(inWindow(geometry, place, i, n)));
          k.line(`if (${x} > ${top}) { ${top} = ${x}; ${which} = ${i} * ${size} + ${n}; }`);
        });
        return which;
      });
    if (kind === 'softmax')
      store(notes!, 0, (k, own) => {
        const { place, covered } = windowOf(k, geometry, own.u());
        const result = variable(k);
        k.block(`if (${covered})`, () => {
          const { mean, share } = softmaxOf(k, geometry, place, read(k, own));
          const x = constant(k, k.read(from, own.e(), own.u()));
          k.line(`${result} = ${share(x)} * (1 + ${x} - ${mean});`);
        });
        return result;
      });
    store(into, 0, (k, own, old) => {
      const place = placeOf(k, own.u(), columns, channels);
      if (kind === 'softmax') return sumOf(old, add, softmaxOf(k, geometry, place, read(k, own)).mean);
      const value = variable(k, kind === 'max' ? read(k, own)(inWindow(geometry, place, '0', '0')) : '0.0');
      forWindow(k, geometry, (i, n) => {
        const x = constant(k, read(k, own)(inWindow(geometry, place, i, n)));
        k.line(kind === 'max' ? `if (${x} > ${value}) { ${value} = ${x}; }` : `${value} = ${value} + ${x};`);
      });
      return sumOf(old, add, kind === 'max' ? value : `${value} * ${1 / (size * size)}`);
    });
  } // prettier-ignore

  /** A number's share in what its window gets. */
  function shareOf(k: Kernel, { kind, size }: Pool, notes: string | null, own: Cell, pooled: string, index: string, which: string): string {
    if (kind === 'average') return String(1 / (size * size));
    if (kind === 'softmax') return k.read(notes!, own.e(), index);
    const share = variable(k);
    k.line(`if (${k.read(notes!, own.e(), pooled)} == ${which}) { ${share} = 1.0; }`);
    return share;
  } // prettier-ignore

  function unpool({ pool: geometry, from, into, notes }: Extract<Operation, { op: 'unpool' }>): void {
    const [, columns, channels] = geometry.into;
    fit([from, into, ...(notes ? [notes] : [])]);
    store(into, 0, (k, own) => {
      const { place, which, covered } = windowOf(k, geometry, own.u());
      const result = variable(k);
      k.block(`if (${covered})`, () => {
        const pooled = constant(k, at(...place, columns, channels));
        k.line(`${result} = ${shareOf(k, geometry, notes, own, pooled, own.u(), which)} * ${k.read(from, own.e(), pooled)};`);
      });
      return result;
    }); // prettier-ignore
  }

  function poolAlong({
    pool: geometry,
    from,
    into,
    notes,
    add,
  }: Extract<Operation, { op: 'pool' | 'poolAlong' }>): void {
    const [, columns, channels] = geometry.into;
    fit([from, into, ...(notes ? [notes] : [])]);
    store(into, 0, (k, own, old) => {
      const place = placeOf(k, own.u(), columns, channels);
      const total = variable(k);
      forWindow(k, geometry, (i, n) => {
        const index = constant(k, inWindow(geometry, place, i, n));
        const share = shareOf(k, geometry, notes, own, own.u(), index, `${i} * ${geometry.size} + ${n}`);
        k.line(`${total} = ${total} + ${share} * ${k.read(from, own.e(), index)};`);
      });
      return sumOf(old, add, total);
    });
  }

  function poolBend({ pool: geometry, from, along, by, into }: Extract<Operation, { op: 'poolBend' }>): void {
    const [, columns, channels] = geometry.into;
    fit([from, along, by, into]);
    store(into, 0, (k, own) => {
      const { place, covered } = windowOf(k, geometry, own.u());
      const result = variable(k);
      k.block(`if (${covered})`, () => {
        const { mean, share } = softmaxOf(k, geometry, place, (index) => k.read(from, own.e(), index));
        const [first, second] = [variable(k), variable(k)];
        forWindow(k, geometry, (i, n) => {
          const index = constant(k, inWindow(geometry, place, i, n));
          const x = constant(k, k.read(from, own.e(), index));
          const moved = constant(k, `${share(x)} * ${k.read(along, own.e(), index)}`);
          k.line(`${first} = ${first} + ${moved};`);
          k.line(`${second} = ${second} + (1 + ${x} - ${mean}) * ${moved};`);
        });
        const x = constant(k, k.read(from, own.e(), own.u()));
        const bent = `(2 + ${x} - ${mean}) * ${k.read(along, own.e(), own.u())} - (1 + ${x} - ${mean}) * ${first} - ${second}`;
        k.line(`${result} = ${k.read(by, own.e(), at(...place, columns, channels))} * ${share(x)} * (${bent});`);
      });
      return result;
    }); // prettier-ignore
  }

  function spread({ from, into }: Extract<Operation, { op: 'spread' }>, units: number): void {
    fit([from, into]);
    store(into, 0, (k, own) => k.read(from, '0', divide(k, own.i, units)[1]));
  }
  return { gather, gatherBack, outer, pool, unpool, poolAlong, poolBend, spread };
}
