// The law of sparse networks: units that fire are logged, and logs deliver compressed rows when their delays are over.
// Plain loops in float64 on the reference's memory.
import { SettleError } from '../errors.ts';
import { compile } from '../expr/evaluate.ts';
import { namesOf } from '../expr/tools.ts';
import type { Tree } from '../expr/tree.ts';
import type { Operation } from '../program/program.ts';

export type Memory = Float64Array | Int32Array | Uint8Array;

/** What the reference lends: its arrays, where an example's begins, and what a tree's name reads. */
export interface Lent {
  of(name: string): Memory;
  start(name: string, example: number): number;
  sourceOf(name: string, example: number): { memory: Memory; begin: number; each: number };
  forExamples(name: string, body: (example: number) => void): void;
  tick(): number;
}

type Sparse = Extract<Operation, { op: 'fire' | 'put' | 'deliverRows' | 'trim' }>;

export function sparseLaw({ of, start, sourceOf, forExamples, tick }: Lent): (operation: Sparse) => void {
  const compiled = new Map<Tree, { names: string[]; value: (values: Float64Array) => number }>();
  /** A tree's value at each unit; names in `instead` are read there. */
  function valueOf(tree: Tree, example: number, instead: ReadonlyMap<string, Float64Array>): (unit: number) => number {
    const names = [...namesOf(tree)];
    const { value } = compiled.get(tree) ?? { value: compile(tree, names) };
    compiled.set(tree, { names, value });
    const values = new Float64Array(names.length);
    const sources = names.map((name) => {
      const own = instead.get(name);
      return own ? { memory: own, begin: 0, each: 1 } : sourceOf(name, example);
    });
    return (unit) => {
      for (let k = 0; k < sources.length; k++) {
        const { memory, begin, each } = sources[k]!;
        values[k] = memory[begin + each * unit]!;
      }
      return value(values);
    };
  }
  /** Units logged at a step of the clock. */
  function entry(log: string, step: number, example: number): Memory {
    const [units, place] = [of(`${log}.unit`), of(`${log}.place`)];
    const [first, at] = [start(`${log}.unit`, example), start(`${log}.place`, example)];
    const index = at + 1 + step - place[at]!;
    return units.subarray(first + place[index]!, first + place[index + 1]!);
  }

  function fire({ units, assign, when, change, log }: Extract<Sparse, { op: 'fire' }>): void {
    forExamples(`${log}.unit`, (example) => {
      const after = new Map<string, Float64Array>();
      const results = assign.map(({ into, value }) => {
        const of = valueOf(value, example, new Map());
        return [into, Float64Array.from({ length: units }, (_, unit) => of(unit))] as const;
      });
      for (const [into, values] of results) after.set(into, values);
      const fires = valueOf(when, example, after);
      const others = change.map(({ value }) => valueOf(value, example, after));
      const fired: number[] = [];
      const changed: (readonly number[])[] = [];
      for (let unit = 0; unit < units; unit++) {
        if (fires(unit) === 0) continue;
        fired.push(unit);
        changed.push(others.map((value) => value(unit)));
      }
      for (const [into, values] of results) of(into).set(values, start(into, example));
      fired.forEach((unit, k) => change.forEach(({ into }, t) => (of(into)[start(into, example) + unit] = changed[k]![t]!)));
      const [list, place] = [of(`${log}.unit`), of(`${log}.place`)];
      const at = start(`${log}.place`, example);
      const index = at + 2 + tick() - place[at]!;
      if (index + 1 >= start(`${log}.place`, example + 1) || place[index]! + fired.length > start(`${log}.unit`, 1))
        throw new SettleError(`the log ${log} is full`, { kind: 'defect' });
      list.set(fired, start(`${log}.unit`, example) + place[index]!);
      place[index + 1] = place[index]! + fired.length;
    });
  } // prettier-ignore

  function put({ log, back, into, value }: Extract<Sparse, { op: 'put' }>): void {
    forExamples(into, (example) => {
      const at = valueOf(value, example, new Map());
      for (const unit of entry(log, tick() - back, example)) of(into)[start(into, example) + unit] = at(unit);
    });
  }

  function deliverRows({ log, delays, rows, targets, weights, terms, events }: Extract<Sparse, { op: 'deliverRows' }>): void {
    const classes = of(delays).length;
    const each = of(weights).length > 1 ? 1 : 0;
    forExamples(events, (example) => {
      of(delays).forEach((delay, c) => {
        for (const unit of entry(log, tick() - delay, example)) {
          const [begin, end] = [of(rows)[unit * classes + c]!, of(rows)[unit * classes + c + 1]!];
          for (const { into, factor } of terms) {
            const by = factor ? of(factor)[start(factor, example)]! : 1;
            const first = start(into, example);
            for (let k = begin; k < end; k++) of(into)[first + of(targets)[k]!]! += by * of(weights)[each * k]!;
          }
          of(events)[start(events, example)]! += end - begin;
        }
      });
    });
  } // prettier-ignore

  function trim({ log, steps }: Extract<Sparse, { op: 'trim' }>): void {
    forExamples(`${log}.unit`, (example) => {
      const [units, place] = [of(`${log}.unit`), of(`${log}.place`)];
      const [first, at] = [start(`${log}.unit`, example), start(`${log}.place`, example)];
      const away = tick() - steps - place[at]!;
      if (away <= 0) return;
      const gone = place[at + 1 + away]!;
      const last = at + 2 + steps + away;
      units.copyWithin(first, first + gone, first + place[last]!);
      for (let index = at + 1 + away; index <= last; index++) place[index - away] = place[index]! - gone;
      place[at]! += away;
    });
  }

  return (operation) => {
    switch (operation.op) {
      case 'fire':
        return fire(operation);
      case 'put':
        return put(operation);
      case 'deliverRows':
        return deliverRows(operation);
      case 'trim':
        return trim(operation);
    }
  };
}
