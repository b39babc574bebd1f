// Rate networks that settle: one step of all populations at once or one after the other, as operations. It knows no learning
// rule and no backend; what energies mean is energies.ts's.
import { SettleError } from '../errors.ts';
import { derivative, simplify } from '../expr/derivative.ts';
import { formula } from '../expr/formula.ts';
import { parseExpression } from '../expr/parse.ts';
import { call, name as named, num, substitute } from '../expr/tools.ts';
import type { Tree } from '../expr/tree.ts';
import type { Model, Population, Projection } from '../model/model.ts';
import { activationOf } from '../model/rate.ts';
import type { Builder } from '../program/builder.ts';
import type { Operation } from '../program/program.ts';
import { biasesOf, matrixOf } from '../model/shapes.ts';
import { energies, type Energies, type Made } from './energies.ts';
import { poolOps } from './pooled.ts';

export interface SettlingNetwork extends Energies {
  readonly inputs: readonly Population[];
  readonly settled: readonly Population[];
  readonly readout: Population | null;
  /** Projections into the readout. */
  readonly readouts: readonly Projection[];
  /** Buffer of softmax - target of the readout. */
  readonly errorOf: string | null;
  /** One step of all populations; `nudge` is the signed beta. */
  step(nudge: Tree | null): Operation[];
  /** Adds a step to a slot. */
  addStep(slot: string, nudge: Tree | null): void;
  /** The state after a step, over the state's buffer and trees of force and nudge (-beta dC/ds). */
  next(population: Population, force: Tree, nudge: Tree | null): Tree;
  /** Operations that leave every strand's and bias's source up to date with the states. */
  gradient(): Operation[];
  /** Operations that leave everything that forces read up to date with the states. */
  pulls(): Operation[];
  /** dC/ds of a population, and the operations before it; null where the cost does not read it. */
  costSlope(population: Population): { readonly operations: readonly Operation[]; readonly slope: Tree } | null;
  /** Operations that leave the readout's total input in `.a` and its error in `.error`. */
  read(): Operation[];
}

export const targetBuffer = 'target';

/**
 * Declares the network of a rate model and the slots `begin` (what clamped inputs send) and `rest` (states at the start).
 * @throws SettleError of kind `input` for what does not fit the form, in one sentence
 */
export function settling(builder: Builder, model: Model): SettlingNetwork {
  const { dynamics, cost } = model;
  const inputs = model.populations.filter(({ kind }) => kind === 'input');
  const settled = model.populations.filter(({ kind }) => kind === 'rate');
  const readout = model.populations.find(({ kind }) => kind === 'readout') ?? null;
  const populationOf = new Map(model.populations.map((population) => [population.name, population]));
  const batch = { batch: true };
  refuse(model, readout);

  for (const projection of model.projections)
    builder.buffer(`${projection.name}.weight`, matrixOf(projection, model.populations), {
      conv: projection.conv ?? null,
    });
  for (const { name, units } of inputs) builder.buffer(name, [units], batch);
  for (const p of model.populations) if (p.kind !== 'input') builder.buffer(`${p.name}.bias`, [biasesOf(p)]);
  for (const { name, units } of settled) builder.buffer(`${name}.s`, [units], batch);
  const costOn = cost ? populationOf.get(cost.on)! : null;
  if (costOn) builder.buffer(targetBuffer, [costOn.units], batch);
  const form = energies(builder, model);
  const { strands, stateOf, weightOf, biasOf, gathers, backs, force, readsInputs } = form;
  const readouts = readout ? model.projections.filter(({ to }) => to === readout.name) : [];

  // The readout: computed from the states, never settling.
  const errorOf = readout ? builder.buffer(`${readout.name}.error`, [readout.units], batch) : null;
  function read(): Operation[] {
    if (!readout) return [];
    const { name, units } = readout;
    const total = builder.buffer(`${name}.a`, [units], batch);
    const [top, sum] = [builder.buffer(`${name}.top`, [1], batch), builder.buffer(`${name}.sum`, [1], batch)];
    const gathered = readouts.map((projection, index): Operation => {
      const from = stateOf(populationOf.get(projection.from)!);
      return { op: 'gather', from, weight: weightOf(projection), into: total, add: index > 0 };
    });
    const set = (into: string, value: Tree): Operation => ({ op: 'map', units, assign: [{ into, value }] });
    return [
      ...gathered,
      set(total, formula('a + b', { a: total, b: biasOf(readout) })),
      { op: 'reduce', from: total, into: top, how: 'max', over: 'units' },
      set(errorOf!, formula('exp(a - top)', { a: total, top })),
      { op: 'reduce', from: errorOf!, into: sum, how: 'sum', over: 'units' },
      set(errorOf!, formula('p / sum - target', { p: errorOf!, sum, target: targetBuffer })),
    ];
  }
  function costSlope(p: Population): { operations: Operation[]; slope: Tree } | null {
    if (!cost || !costOn) return null;
    if (costOn === readout) {
      const from = readouts.filter((projection) => projection.from === p.name);
      if (from.length === 0) return null;
      const into = builder.buffer(`${p.name}.readoutBack`, [p.units], batch);
      const operations = from.map((projection, index): Operation => (
        { op: 'gatherBack', from: errorOf!, weight: weightOf(projection), into, add: index > 0 }
      )); // prettier-ignore
      return { operations, slope: named(into) };
    }
    if (p !== costOn) return null;
    const slope = derivative(parseExpression(cost.text, { names: ['s', 'target'] }), 's');
    return {
      operations: [],
      slope: simplify(substitute(slope, { s: named(stateOf(p)), target: named(targetBuffer) })),
    };
  }
  function next(p: Population, pull: Tree, nudge: Tree | null): Tree {
    const s = stateOf(p);
    const inside = nudge && (dynamics.kind === 'flow' || dynamics.nudge === 'inside') ? call('add', pull, nudge) : pull;
    let value: Tree;
    if (dynamics.kind === 'flow') value = formula('s + step * force', { s, step: dynamics.step, force: inside });
    else {
      value = substitute(activationOf(p), { u: inside });
      if (nudge && dynamics.nudge === 'outside') value = call('add', value, nudge);
      if (dynamics.step !== 1) value = formula('s + step * (new - s)', { s, step: dynamics.step, new: value });
    }
    const [low, high] = p.range ?? [-Infinity, Infinity];
    if (low !== -Infinity && high !== Infinity) value = call('clip', value, num(low), num(high));
    else if (low !== -Infinity) value = call('max', value, num(low));
    else if (high !== Infinity) value = call('min', value, num(high));
    return simplify(value);
  }
  function update(p: Population, beta: Tree | null): Operation {
    const nudged = beta && costSlope(p);
    const nudge = nudged ? formula('-beta * slope', { beta, slope: nudged.slope }) : null;
    return { op: 'map', units: p.units, assign: [{ into: stateOf(p), value: next(p, force(p), nudge) }] };
  }

  const fixed = ({ population }: Made): boolean => population.kind === 'input';
  /** Maps of the sources that are wanted: of those that read no inputs, or of those that do. */
  const evaluate = (when: 'fixed' | 'before' | 'after', wanted: (entry: Made) => boolean = () => true): Operation[] =>
    form
      .made()
      .filter((entry) => {
        const kind = fixed(entry) ? 'fixed' : readsInputs(entry.population, entry.tree) ? 'after' : 'before';
        return kind === when && wanted(entry);
      })
      .flatMap(({ buffer, population, tree, pooled }): Operation[] =>
        pooled ? poolOps(pooled) : [{ op: 'map', units: population.units, assign: [{ into: buffer, value: tree }] }],
      );
  /** Sources that a step reads: what is gathered or brought back, not what only learning asks for. */
  const inStep = ({ buffer, pooled }: Made): boolean =>
    pooled !== undefined ||
    strands.some(
      ({ pre, post, clamped, projection }) =>
        (pre.buffer === buffer && !clamped) || (post.buffer === buffer && projection.symmetric),
    );
  const sourcesReadInputs = (p: Population): boolean =>
    form.made().some(({ population, tree }) => population === p && readsInputs(p, tree));
  const needsInputs = (p: Population): boolean => readsInputs(p, form.pull(p, 's')) || sourcesReadInputs(p);
  const bringBack = (p: Population): Operation[] =>
    backs(p).flatMap(({ buffer, strands: group }) =>
      group.flatMap(({ wire, post }, k) => wire.back(post.buffer, buffer, k > 0)),
    );
  /** Whether windows of what the population gathers note something that others read. */
  const notes = (p: Population): boolean =>
    strands.some(({ projection, clamped }) => !clamped && projection.to === p.name && projection.pool !== undefined && projection.pool.kind !== 'average'); // prettier-ignore

  const pulls = (wanted: (entry: Made) => boolean): Operation[] => [
    ...evaluate('before', wanted),
    ...settled.filter(needsInputs).flatMap((p) => gathers(p, 'settled')),
    ...evaluate('after', wanted),
    ...settled.flatMap(bringBack),
  ];
  function synchronous(beta: Tree | null): Operation[] {
    return [
      ...pulls(inStep),
      ...(beta
        ? [...(costOn === readout ? read() : []), ...settled.flatMap((p) => costSlope(p)?.operations ?? [])]
        : []),
      ...settled.map((p) => update(p, beta)),
    ];
  }
  /** Each population sees the others as they are by then. */
  function layerByLayer(beta: Tree | null): Operation[] {
    return settled.flatMap((p) => {
      const receivers = strands.filter(({ projection }) => projection.symmetric && projection.from === p.name);
      const names = new Set(receivers.map(({ projection }) => projection.to));
      const gathering = settled.filter(
        (q) => (q === p && needsInputs(q)) || (names.has(q.name) && (sourcesReadInputs(q) || notes(q))),
      );
      const senders = new Set(model.projections.filter(({ to }) => gathering.some((q) => q.name === to)).map(({ from }) => from)); // prettier-ignore
      const near = (entry: Made): boolean => {
        const { name } = entry.population;
        return inStep(entry) && (entry.population === p || names.has(name) || senders.has(name));
      };
      const nudged = beta && costSlope(p);
      return [
        ...evaluate('before', near),
        ...gathering.flatMap((q) => gathers(q, 'settled')),
        ...evaluate('after', near),
        ...bringBack(p),
        ...(nudged ? [...(costOn === readout ? read() : []), ...nudged.operations] : []),
        update(p, beta),
      ];
    });
  }

  const step = (beta: Tree | null): Operation[] =>
    dynamics.order === 'layers' ? layerByLayer(beta) : synchronous(beta);

  builder.add('begin', ...form.spreadBiases(), ...evaluate('fixed'), ...settled.flatMap((p) => gathers(p, 'clamped')));
  settled.forEach((p, index) => {
    const { low, high } = p.initial;
    if (low === high) builder.add('rest', { op: 'fill', into: stateOf(p), value: low });
    else builder.add('rest', { op: 'random', into: stateOf(p), stream: index, low, high });
  });

  return {
    ...form,
    inputs,
    settled,
    readout,
    readouts,
    errorOf,
    next,
    read,
    costSlope,
    step,
    addStep: (slot, nudge) => builder.add(slot, ...step(nudge)),
    gradient: () => [
      ...evaluate('before'),
      ...settled.filter((p) => sourcesReadInputs(p) || notes(p)).flatMap((p) => gathers(p, 'settled')),
      ...evaluate('after'),
      ...strands.flatMap(({ wire, post }) => wire.facing(post.buffer).operations),
    ],
    pulls: () => pulls(() => true),
  };
}

function refuse(model: Model, readout: Population | null): void {
  const wrong = (path: string, found: string, expected: string): SettleError =>
    new SettleError('a network that settles cannot have this', { kind: 'input', path, found, expected });
  if (model.kind !== 'rate') throw wrong('populations', 'spiking populations', 'rate populations');
  const readouts = model.populations.filter(({ kind }) => kind === 'readout');
  if (readouts.length > 1) throw wrong('populations', `${readouts.length} readouts`, 'one at most');
  for (const { name, from, to, symmetric, kind } of model.projections) {
    if (from === readout?.name) throw wrong(`projections.${name}`, `a projection out of the readout ${from}`, 'one into it'); // prettier-ignore
    if (to === readout?.name && kind === 'conv')
      throw wrong(`projections.${name}.kind`, kind, 'dense: a readout is of whole pictures');
    if (to === readout?.name && symmetric)
      throw wrong(`projections.${name}`, name, `${from}->${to}: a readout acts back by the nudge only`);
  }
  const { cost } = model;
  if (cost?.kind === 'binary-cross-entropy')
    throw wrong('cost.kind', cost.kind, 'a text in s and target, or cross-entropy on a readout');
  if (cost && (cost.kind === 'cross-entropy') !== (cost.on === readout?.name))
    throw wrong('cost', `${cost.kind} on ${cost.on}`, readout ? `kind: cross-entropy on ${readout.name}` : 'kind: cross-entropy on a population of kind readout'); // prettier-ignore
}
