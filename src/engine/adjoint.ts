// The adjoint of a settling network at a state where it has settled: backpropagation through time of the free phase, one
// step of the way back at a time (Ernoult et al. 2019; recurrent backpropagation when it is carried on until it is still).
// With c the cotangent of the forces, v <- e v + (dT/ds)^T (d v), where a step is s <- next(s, T(s)), d = dnext/dT, e = dnext/ds.
import { derivative, simplify } from '../expr/derivative.ts';
import { call, name as named, num, substitute } from '../expr/tools.ts';
import type { Tree } from '../expr/tree.ts';
import type { Population } from '../model/model.ts';
import type { Builder } from '../program/builder.ts';
import type { Operation, OuterTerm } from '../program/program.ts';
import type { Back, Gathered, Source, Strand } from './energies.ts';
import type { Pooled } from './pooled.ts';
import type { SettlingNetwork } from './settling.ts';

export interface Adjoint {
  /** At the settled state: forces' parts, v = dC/ds, and no sum yet. */
  readonly begin: readonly Operation[];
  /** One step back: `P.bar` = d v of this step, added to `P.sum`; then v of the step before it. */
  readonly step: readonly Operation[];
  /** P.v: dC/ds at the step reached. */
  vOf(population: Population): string;
  /**
   * Operations and terms of dC/dw and dC/db by learned buffer for the cotangents in `P.bar` (this step's share) or `P.sum`
   * (all steps so far).
   */
  gradient(cotangent: 'bar' | 'sum'): {
    readonly operations: readonly Operation[];
    readonly terms: ReadonlyMap<string, Part>;
  };
}

/** Where a gradient comes from: outer products or a sum over the batch. */
export interface Part {
  readonly outer?: readonly OuterTerm[];
  readonly reduce?: string;
}

const sum = (trees: readonly Tree[]): Tree => simplify(trees.reduce((a, b) => call('add', a, b), num(0)));
const times = (a: Tree, b: Tree): Tree => simplify(call('mul', a, b));

export function adjoint(builder: Builder, network: SettlingNetwork): Adjoint {
  const { settled, stateOf, weightOf, biasOf, biasIn } = network;
  const buffer = (p: Population, what: string): string =>
    builder.buffer(`${p.name}.${what}`, [p.units], { batch: true });
  const map = (p: Population, into: string, value: Tree): Operation => ({
    op: 'map',
    units: p.units,
    assign: [{ into, value }],
  });
  const vOf = (p: Population): string => buffer(p, 'v');
  /** d next / d T and d next / d s at fixed T, over buffers. */
  function slopes(p: Population): { byForce: Tree; byState: Tree } {
    const force = network.force(p);
    const next = network.next(p, named('T'), null);
    const at = (tree: Tree): Tree => simplify(substitute(tree, { T: force }));
    return { byForce: at(derivative(next, 'T')), byState: at(derivative(next, stateOf(p))) };
  }
  const made = (source: Source): { population: Population; tree: Tree } | null =>
    network.made().find((entry) => entry.buffer === source.buffer) ?? null;
  const byName = new Map(settled.map((p) => [p.name, p]));

  /** Cotangents of the parts of all forces, for cotangents `c` of the forces. */
  function partsOf(c: (p: Population) => Tree, label: string) {
    const operations: Operation[] = [];
    const backBar = new Map<Back, string>();
    const pullBar = new Map<string, { source: Source; population: Population; into: string }>();
    /** Cotangents of what kernels leave, where windows change their shares with it. */
    const bent: { strand: Strand; into: string }[] = [];
    for (const p of settled)
      network.backs(p).forEach((back, index) => {
        const into = buffer(p, `${label}.back${index}`);
        backBar.set(back, into);
        operations.push(map(p, into, times(c(p), derivative(network.force(p), back.buffer))));
        for (const strand of back.strands) {
          const { projection, post, wire } = strand;
          const q = byName.get(projection.to)!;
          const known = pullBar.get(post.buffer);
          const target = known?.into ?? buffer(q, `${label}.pull:${post.buffer}`);
          operations.push(...wire.along(into, target, known !== undefined));
          if (wire.bends) {
            const bending = `${projection.name}.${label}.bent:${strand.feature}`;
            operations.push(...wire.bend(post.buffer, bending));
            bent.push({ strand, into: bending });
          }
          pullBar.set(post.buffer, { source: post, population: q, into: target });
        }
      });
    /** d(sum of c T) / d(name) of a population, through its force and through the sources it is pulled by. */
    const direct = (p: Population, name: string): Tree =>
      sum([
        times(c(p), derivative(network.force(p), name)),
        ...[...pullBar.values()]
          .filter(({ population }) => population === p)
          .map(({ source, into }) => {
            const inner = made(source);
            const slope = inner ? derivative(inner.tree, name) : num(name === source.buffer ? 1 : 0);
            return times(named(into), slope);
          }),
      ]);
    // Shares p of a logsumexp: the cotangent of its exponents is p (q - p . q) for a cotangent q of the shares.
    const exponentBar = new Map<Pooled, string>();
    for (const p of settled)
      for (const pool of network.pooled(p)) {
        const into = buffer(p, `${label}.${pool.share}`);
        const dot = builder.buffer(`${p.name}.${label}.dot`, [1], { batch: true });
        operations.push(map(p, into, times(named(pool.share), direct(p, pool.share))));
        operations.push({ op: 'reduce', from: into, into: dot, how: 'sum', over: 'units' });
        operations.push(map(p, into, call('sub', named(into), call('mul', named(pool.share), named(dot)))));
        exponentBar.set(pool, into);
      }
    const through = (p: Population, name: string): Tree =>
      sum([
        direct(p, name),
        ...network.pooled(p).map((pool) => times(named(exponentBar.get(pool)!), derivative(pool.exponent, name))),
      ]);
    const inputBar = new Map<string, { gathered: Gathered; into: string; population: Population }>();
    for (const p of settled)
      for (const gathered of network.gathered(p)) {
        const into = buffer(p, `${label}.${gathered.feature}`);
        operations.push(map(p, into, through(p, gathered.buffer)));
        inputBar.set(gathered.buffer, { gathered, into, population: p });
      }
    return { operations, backBar, bent, inputBar, through };
  }

  const barOf = (p: Population): string => buffer(p, 'bar');
  const sumOf = (p: Population): string => buffer(p, 'sum');
  const bar = partsOf((p) => named(barOf(p)), 'bar');
  const step: Operation[] = settled.map((p) => {
    const value = times(slopes(p).byForce, named(vOf(p)));
    const total = call('add', named(sumOf(p)), value);
    return {
      op: 'map',
      units: p.units,
      assign: [
        { into: barOf(p), value },
        { into: sumOf(p), value: total },
      ],
    };
  });
  step.push(...bar.operations);
  // What receivers read of a sender's features comes back along the same weights.
  const featureBar = new Map<string, { into: string; population: Population; count: number }>();
  function toFeature({ projection, pre }: Strand, returned: (into: string, add: boolean) => Operation[]): void {
    const p = byName.get(projection.from)!;
    const known = featureBar.get(pre.buffer);
    const target = known?.into ?? buffer(p, `bar.feature:${pre.buffer}`);
    step.push(...returned(target, known !== undefined));
    featureBar.set(pre.buffer, { into: target, population: p, count: (known?.count ?? 0) + 1 });
  }
  for (const { gathered, into } of bar.inputBar.values())
    for (const strand of gathered.strands) toFeature(strand, (target, add) => strand.wire.back(into, target, add));
  for (const { strand, into } of bar.bent)
    toFeature(strand, (target, add) => [
      { op: 'gatherBack', from: into, weight: weightOf(strand.projection), into: target, add },
    ]);
  for (const p of settled) {
    const features = [...featureBar].filter(([, { population }]) => population === p).map(([source, { into }]) => {
      const inner = made({ buffer: source, sign: 1 });
      return times(named(into), inner ? derivative(inner.tree, stateOf(p)) : num(1));
    }); // prettier-ignore
    const direct = times(slopes(p).byState, named(vOf(p)));
    step.push(map(p, vOf(p), sum([direct, bar.through(p, stateOf(p)), ...features])));
  }

  const begin: Operation[] = [...network.pulls(), ...network.read()];
  for (const p of settled) {
    const slope = network.costSlope(p);
    begin.push(...(slope?.operations ?? []));
    begin.push(slope ? map(p, vOf(p), slope.slope) : { op: 'fill', into: vOf(p), value: 0 });
    begin.push({ op: 'fill', into: sumOf(p), value: 0 });
  }

  return {
    begin,
    step,
    vOf,
    gradient(which) {
      const c = which === 'bar' ? barOf : sumOf;
      const parts = which === 'bar' ? bar : partsOf((p) => named(c(p)), 'sum');
      const operations: Operation[] = [...parts.operations];
      const outer = new Map<string, OuterTerm[]>();
      const terms = new Map<string, Part>();
      const add = (name: string, term: OuterTerm): void => void outer.set(name, [...(outer.get(name) ?? []), term]);
      for (const strand of network.strands) {
        // dT/dw through what the receiver gathers; of clamped senders the same, whatever buffer holds their share.
        const q = byName.get(strand.projection.to)!;
        const into = buffer(q, `${which}.${strand.feature}${strand.clamped ? '.clamped' : ''}`);
        if (strand.clamped) operations.push(map(q, into, parts.through(q, `${q.name}.${strand.feature}.clamped`)));
        const facing = strand.wire.facing(into);
        operations.push(...facing.operations);
        add(weightOf(strand.projection), { pre: strand.pre.buffer, post: facing.buffer, sign: 1 });
      }
      for (const [back, into] of parts.backBar)
        for (const { projection, facing } of back.strands)
          add(weightOf(projection), { pre: into, post: facing.buffer, sign: 1 });
      for (const { strand, into } of parts.bent)
        add(weightOf(strand.projection), { pre: strand.pre.buffer, post: into, sign: 1 });
      for (const [name, list] of outer) terms.set(name, { outer: list });
      for (const p of settled) {
        if (network.biasSource(p) === null) continue;
        const into = buffer(p, `${which}.b`);
        operations.push(map(p, into, parts.through(p, biasIn(p))));
        terms.set(biasOf(p), { reduce: into });
      }
      return { operations, terms };
    },
  };
}
