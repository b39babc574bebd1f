// Energies as text become trees over buffers: what the two ends of each projection show, the force on a population and the
// parts it is made of. E = sum over populations and units of F(s, inputs, b); `input` is what projections gather of the
// features f(s) of their senders, so dE/dw = f(pre) (x) dF/dinput (post) and the force is -dF/ds - f'(s) gatherBack(dF/dinput),
// the second part along `<->` only: a one-way projection does not act back. It adds no operation to any slot.
import { SettleError } from '../errors.ts';
import { derivative, simplify } from '../expr/derivative.ts';
import { call, name as named, namesOf, num, print, substitute } from '../expr/tools.ts';
import type { Tree } from '../expr/tree.ts';
import type { Model, Population, Projection } from '../model/model.ts';
import { energyOf, featureOf, inputNames } from '../model/rate.ts';
import type { Builder } from '../program/builder.ts';
import type { Operation } from '../program/program.ts';
import { type Pooled, splitPooled } from './pooled.ts';
import { type Wire, wire } from './wire.ts';

/** Values of a population in a buffer, up to a sign (dF/dinput is often just -s). */
export interface Source {
  readonly buffer: string;
  readonly sign: 1 | -1;
}

/** One feature of a projection: what the sender shows and dF/dinput of the receiver. */
export interface Strand {
  readonly projection: Projection;
  readonly feature: string;
  readonly pre: Source;
  readonly post: Source;
  readonly wire: Wire;
  /** What stands against `pre` in the weights' outer product: `post`, or where windows put it. */
  readonly facing: Source;
  /** The sender does not change while the network settles. */
  readonly clamped: boolean;
}

/** A buffer with a tree of its population's values, to be evaluated by a map; with `pooled`, the shares of its logsumexp. */
export interface Made {
  readonly buffer: string;
  readonly population: Population;
  readonly tree: Tree;
  readonly pooled?: Pooled;
}

/** What a population gathers of one input from senders that settle. */
export interface Gathered {
  readonly feature: string;
  readonly buffer: string;
  readonly strands: readonly Strand[];
}

/** Pulls of receivers brought back into `buffer`; the force holds -sign * slope * buffer. */
export interface Back {
  readonly buffer: string;
  readonly strands: readonly Strand[];
  readonly slope: Tree;
  readonly sign: 1 | -1;
}

export interface Energies {
  readonly strands: readonly Strand[];
  stateOf(population: Population): string;
  biasOf(population: Population): string;
  /** Where a population reads its bias: what trees name. One number a channel is spread there by `spreadBiases`. */
  biasIn(population: Population): string;
  spreadBiases(): Operation[];
  weightOf(projection: Projection): string;
  /** F of each unit without its logsumexp, and the derivative of all of it by s, b or an input, over buffers. */
  energy(population: Population): Tree;
  pooled(population: Population): readonly Pooled[];
  pull(population: Population, of: string): Tree;
  /** dF/db, or null where the energy does not read b. */
  biasSource(population: Population): Source | null;
  /** Shares of logsumexp, and buffers of sources that are not just states, in the order in which they may be evaluated. */
  made(): readonly Made[];
  gathered(population: Population): readonly Gathered[];
  /** Operations that gather what clamped, or settling, senders show. */
  gathers(population: Population, part: 'clamped' | 'settled'): Operation[];
  backs(population: Population): readonly Back[];
  /** -dE/ds over buffers, without a nudge. */
  force(population: Population): Tree;
  /** Whether a tree reads what settling senders send to the population. */
  readsInputs(population: Population, tree: Tree): boolean;
}

/** @throws SettleError of kind `input` for an energy outside the form, in one sentence */
export function energies(builder: Builder, model: Model): Energies {
  const populationOf = new Map(model.populations.map((population) => [population.name, population]));
  const settled = model.populations.filter(({ kind }) => kind === 'rate');
  const isClamped = ({ kind }: Population): boolean => kind === 'input';
  const weightOf = ({ name }: Projection): string => `${name}.weight`;
  const biasOf = ({ name }: Population): string => `${name}.bias`;
  const biasIn = (p: Population): string =>
    p.bias.shared ? builder.buffer(`${biasOf(p)}:spread`, [p.units]) : biasOf(p);
  const stateOf = (population: Population): string =>
    isClamped(population) ? population.name : `${population.name}.s`;
  const batch = { batch: true };
  const made = new Map<string, Made>();
  const inputs = (p: Population): string[] => inputNames(p.name, model.projections);

  const inputBuffer = (p: Population, input: string, part: 'clamped' | 'settled'): string =>
    `${p.name}.${input}${part === 'clamped' ? '.clamped' : ''}`;
  function senders(p: Population, input: string, part: 'clamped' | 'settled'): Projection[] {
    return model.projections.filter(
      ({ from, to, features }) =>
        to === p.name && input in features && isClamped(populationOf.get(from)!) === (part === 'clamped'),
    );
  }
  /** What clamped senders send, gathered once, and what settling ones send. */
  function inputTree(p: Population, input: string): Tree {
    const parts = (['clamped', 'settled'] as const).filter((part) => senders(p, input, part).length > 0);
    const buffers = parts.map((part) => named(builder.buffer(inputBuffer(p, input, part), [p.units], batch)));
    return buffers.length === 0 ? num(0) : buffers.reduce((a, b) => call('add', a, b));
  }
  const bind = (p: Population, tree: Tree): Tree =>
    simplify(
      substitute(tree, {
        s: named(stateOf(p)),
        b: named(biasIn(p)),
        ...Object.fromEntries(inputs(p).map((input) => [input, inputTree(p, input)])),
      }),
    );
  /** What goes wrong in the energy of a population is said with its place. */
  function placed<T>(p: Population, read: () => T): T {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof SettleError)) throw error;
      throw new SettleError(error.message, { ...error.place, path: `populations.${p.name}.energy` });
    }
  }
  const parts = new Map(settled.map((p) => [p.name, placed(p, () => partsOf(p))]));
  function partsOf(p: Population) {
    const { elementwise, terms } = splitPooled(energyOf(p, model.projections));
    const pooled = terms.map(({ factor, exponent: tree }, k) => {
      const [share, top, sum] = ['', 'Top', 'Sum'].map((what) => `${p.name}.share${what}${k || ''}`) as [
        string,
        string,
        string,
      ];
      builder.buffer(share, [p.units], batch);
      for (const buffer of [top, sum]) builder.buffer(buffer, [1], batch);
      const pool: Pooled = { units: p.units, factor, exponent: bind(p, tree), share, top, sum };
      made.set(share, { buffer: share, population: p, tree: pool.exponent, pooled: pool });
      return { pool, tree };
    });
    return { elementwise, pooled };
  }
  /** Of a logsumexp each unit has its share. */
  const pull = (p: Population, of: string): Tree =>
    placed(p, () => {
      const { elementwise, pooled } = parts.get(p.name)!;
      return pooled.reduce(
        (sum, { pool, tree }) => {
          const moved = call('mul', named(pool.share), bind(p, derivative(tree, of)));
          return simplify(call('add', sum, call('mul', num(pool.factor), moved)));
        },
        bind(p, derivative(elementwise, of)),
      );
    });

  function source(population: Population, tree: Tree, label: string): Source {
    if (tree.kind === 'name' && tree.name === stateOf(population)) return { buffer: tree.name, sign: 1 };
    if (tree.kind === 'call' && tree.call === 'neg') {
      const inner = source(population, tree.args[0]!, label);
      return { ...inner, sign: inner.sign === 1 ? -1 : 1 };
    }
    const key = `${population.name} ${print(tree)}`;
    const known = made.get(key);
    if (known) return { buffer: known.buffer, sign: 1 };
    const buffer = builder.buffer(`${population.name}.${label}`, [population.units], batch);
    made.set(key, { buffer, population, tree });
    return { buffer, sign: 1 };
  }
  const strands = model.projections
    .filter(({ to }) => populationOf.get(to)!.kind === 'rate')
    .flatMap((projection) => {
      const [pre, post] = [populationOf.get(projection.from)!, populationOf.get(projection.to)!];
      return Object.entries(projection.features).map(([feature, text]): Strand => {
        const shown = source(pre, bind(pre, featureOf(text, pre)), `feature:${text}`);
        if (shown.sign === -1)
          throw new SettleError('a feature may not be the negative of the state', {
            kind: 'input', path: `projections.${projection.name}.features`, found: text, expected: 's, with the sign in the energy',
          }); // prettier-ignore
        const pulled = source(post, pull(post, feature), `d${feature}`);
        const single = Object.keys(projection.features).length === 1;
        const wired = wire(builder, projection, weightOf(projection), single ? '' : feature);
        const facing: Source = { buffer: wired.facing(pulled.buffer).buffer, sign: pulled.sign };
        return { projection, feature, pre: shown, post: pulled, wire: wired, facing, clamped: isClamped(pre) };
      });
    });
  const biasSource = (p: Population): Source | null => {
    const tree = pull(p, 'b');
    return tree.kind === 'number' && tree.value === 0 ? null : source(p, tree, 'db');
  };
  settled.forEach(biasSource);

  const gathered = (p: Population): Gathered[] =>
    inputs(p)
      .filter((input) => senders(p, input, 'settled').length > 0)
      .map((feature) => ({
        feature,
        buffer: inputBuffer(p, feature, 'settled'),
        strands: strands.filter((s) => s.projection.to === p.name && s.feature === feature && !s.clamped),
      }));

  /** One buffer for each feature that a population shows along `<->`, and each sign with which it is pulled. */
  function backs(p: Population): Back[] {
    const groups = new Map<string, Strand[]>();
    for (const strand of strands.filter(({ projection }) => projection.symmetric && projection.from === p.name)) {
      const key = `${strand.pre.buffer} ${strand.post.sign}`;
      groups.set(key, [...(groups.get(key) ?? []), strand]);
    }
    return [...groups.values()].flatMap((group, index): Back[] => {
      const [{ projection, feature, post }] = group as [Strand];
      const slope = bind(p, derivative(featureOf(projection.features[feature]!, p), 's'));
      // A feature that does not change with the state brings nothing back.
      if (slope.kind === 'number' && slope.value === 0) return [];
      const buffer = builder.buffer(`${p.name}.back${index || ''}`, [p.units], batch);
      return [{ buffer, strands: group, slope, sign: post.sign }];
    });
  }

  return {
    strands,
    stateOf,
    biasOf,
    biasIn,
    spreadBiases: () =>
      settled
        .filter(({ bias }) => bias.shared)
        .map((p): Operation => ({ op: 'spread', from: biasOf(p), into: biasIn(p) })),
    weightOf,
    energy: (p) => bind(p, parts.get(p.name)!.elementwise),
    pooled: (p) => parts.get(p.name)!.pooled.map(({ pool }) => pool),
    pull,
    biasSource,
    made: () => [...made.values()],
    gathered,
    gathers: (p, part) =>
      inputs(p).flatMap((input) =>
        senders(p, input, part).flatMap((projection, index) => {
          const { pre, wire: wired } = strands.find((s) => s.projection === projection && s.feature === input)!;
          return wired.gather(pre.buffer, inputBuffer(p, input, part), index > 0);
        }),
      ),
    backs,
    force: (p) =>
      simplify(
        backs(p).reduce(
          (sum, { buffer, slope, sign }) => call(sign === 1 ? 'sub' : 'add', sum, call('mul', slope, named(buffer))),
          call('neg', pull(p, 's')),
        ),
      ),
    readsInputs: (p, tree) => {
      const names = namesOf(tree);
      for (const { pool } of parts.get(p.name)?.pooled ?? []) if (names.has(pool.share)) namesOf(pool.exponent, names);
      return gathered(p).some(({ buffer }) => names.has(buffer));
    },
  };
}
