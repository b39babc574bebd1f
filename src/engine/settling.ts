// Rate networks that settle: energies as text become operations of one step, of the local gradient and of its adjoint. It
// knows no learning rule and no backend. E = sum over populations and units of F(s, inputs, b); `input` is what projections
// gather of the features f(s) of their senders, so dE/dw = f(pre) (x) dF/dinput (post) and the force is
// -dF/ds - f'(s) gatherBack(dF/dinput), the second part along `<->` only: a one-way projection does not act back.
import { SettleError } from '../errors.ts';
import { derivative, simplify } from '../expr/derivative.ts';
import { formula } from '../expr/formula.ts';
import { parseExpression } from '../expr/parse.ts';
import { call, name as named, namesOf, num, print, substitute } from '../expr/tools.ts';
import type { Tree } from '../expr/tree.ts';
import type { Model, Population, Projection } from '../model/model.ts';
import { activationOf, energyOf, featureOf, inputNames } from '../model/rate.ts';
import type { Builder } from '../program/builder.ts';
import type { Operation } from '../program/program.ts';

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
  /** The sender does not change while the network settles. */
  readonly clamped: boolean;
}

export interface SettlingNetwork {
  readonly inputs: readonly Population[];
  readonly settled: readonly Population[];
  readonly readout: Population | null;
  readonly strands: readonly Strand[];
  /** Projections into the readout. */
  readonly readouts: readonly Projection[];
  weightOf(projection: Projection): string;
  biasOf(population: Population): string;
  stateOf(population: Population): string;
  /** dF/db of a population, or null where its energy does not read b. */
  biasSource(population: Population): Source | null;
  /** Buffer of softmax - target of the readout. */
  readonly errorOf: string | null;
  /** Slots `begin` (what clamped inputs send) and `rest` (states at their start). */
  /** Adds the operations of one step of all populations. `nudge` is the signed beta. */
  addStep(slot: string, nudge: Tree | null): void;
  /** Operations that leave every strand's and bias's source up to date with the states. */
  gradient(): Operation[];
  /** Operations that leave the readout's `a`, its softmax's error and nothing else. */
  read(): Operation[];
}

export const targetBuffer = 'target';

/** Declares the network of a rate model. @throws SettleError of kind `input` for what does not fit the form, in one sentence */
export function settling(builder: Builder, model: Model): SettlingNetwork {
  const { dynamics, cost } = model;
  const inputs = model.populations.filter(({ kind }) => kind === 'input');
  const settled = model.populations.filter(({ kind }) => kind === 'rate');
  const readout = model.populations.find(({ kind }) => kind === 'readout') ?? null;
  const populationOf = new Map(model.populations.map((population) => [population.name, population]));
  const isClamped = ({ kind }: Population): boolean => kind === 'input';
  const weightOf = ({ name }: Projection): string => `${name}.weight`;
  const biasOf = ({ name }: Population): string => `${name}.bias`;
  const stateOf = (population: Population): string =>
    isClamped(population) ? population.name : `${population.name}.s`;
  const batch = { batch: true };
  refuse(model, readout);

  for (const { from, to, name } of model.projections)
    builder.buffer(`${name}.weight`, [populationOf.get(from)!.units, populationOf.get(to)!.units]);
  for (const { name, units } of inputs) builder.buffer(name, [units], batch);
  for (const population of [...settled, ...(readout ? [readout] : [])])
    builder.buffer(biasOf(population), [population.units]);
  for (const population of settled) builder.buffer(stateOf(population), [population.units], batch);
  const costOn = cost ? populationOf.get(cost.on)! : null;
  if (costOn) builder.buffer(targetBuffer, [costOn.units], batch);

  // Trees with their symbols bound to buffers.
  const incoming = (p: Population): Projection[] => model.projections.filter(({ to }) => to === p.name);
  const inputBuffer = (p: Population, input: string, part: 'clamped' | 'settled'): string =>
    `${p.name}.${input}${part === 'clamped' ? '.clamped' : ''}`;
  /** The gathered input as a tree: what clamped senders send, computed once, and what settling ones send. */
  function inputTree(p: Population, input: string): Tree {
    const parts = (['clamped', 'settled'] as const).filter((part) => senders(p, input, part).length > 0);
    const buffers = parts.map((part) => named(builder.buffer(inputBuffer(p, input, part), [p.units], batch)));
    return buffers.length === 0 ? num(0) : buffers.reduce((a, b) => call('add', a, b));
  }
  function senders(p: Population, input: string, part: 'clamped' | 'settled'): Projection[] {
    return incoming(p).filter(
      ({ from, features }) => input in features && isClamped(populationOf.get(from)!) === (part === 'clamped'),
    );
  }
  const energies = new Map(settled.map((p) => [p.name, energyOf(p, model.projections)]));
  const bind = (p: Population, tree: Tree): Tree =>
    simplify(
      substitute(tree, {
        s: named(stateOf(p)),
        b: named(biasOf(p)),
        ...Object.fromEntries(inputNames(p.name, model.projections).map((input) => [input, inputTree(p, input)])),
      }),
    );
  const pull = (p: Population, of: string): Tree => bind(p, partial(p, energies.get(p.name)!, of));

  /** Buffers that hold trees of a population's values, made once each, in the order in which they were asked for. */
  const made = new Map<string, { buffer: string; population: Population; tree: Tree }>();
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
  const strands: Strand[] = model.projections
    .filter(({ to }) => populationOf.get(to)!.kind === 'rate')
    .flatMap((projection) => {
      const [pre, post] = [populationOf.get(projection.from)!, populationOf.get(projection.to)!];
      return Object.entries(projection.features).map(([feature, text]): Strand => ({
        projection,
        feature,
        pre: source(pre, bind(pre, featureOf(text, pre)), `feature:${text}`),
        post: source(post, pull(post, feature), `d${feature}`),
        clamped: isClamped(pre),
      }));
    });
  const biasSource = (p: Population): Source | null => {
    const tree = pull(p, 'b');
    return tree.kind === 'number' && tree.value === 0 ? null : source(p, tree, 'db');
  };
  for (const p of settled) biasSource(p);

  const evaluate = (wanted: (entry: { population: Population; tree: Tree }) => boolean): Operation[] =>
    [...made.values()].filter(wanted).map(({ buffer, population, tree }) => ({
      op: 'map', units: population.units, assign: [{ into: buffer, value: tree }],
    })); // prettier-ignore
  const readsInputs = ({ population, tree }: { population: Population; tree: Tree }): boolean =>
    inputNames(population.name, model.projections).some((input) =>
      [...namesOf(tree)].includes(inputBuffer(population, input, 'settled')),
    );
  const fixed = ({ population }: { population: Population }): boolean => isClamped(population);

  /** Gathers what settling senders send into a population, where its force or its sources read it. */
  function gathers(p: Population): Operation[] {
    return inputNames(p.name, model.projections).flatMap((input) =>
      senders(p, input, 'settled').map((projection, index): Operation => {
        const strand = strands.find((s) => s.projection === projection && s.feature === input)!;
        return { op: 'gather', from: signed(strand.pre), weight: weightOf(projection), into: inputBuffer(p, input, 'settled'), add: index > 0 }; // prettier-ignore
      }),
    );
  }
  /** A feature is never -s alone in a gather: the sign is put into a buffer of its own. */
  function signed({ buffer, sign }: Source): string {
    if (sign === 1) return buffer;
    throw new SettleError('a feature may not be the negative of the state', {
      kind: 'input', path: 'projections', found: '-s', expected: 's, with the sign in the energy',
    }); // prettier-ignore
  }
  /** Pulls of the receivers, brought back along `<->`: one buffer for each feature of a population. */
  function backs(p: Population): { operations: Operation[]; force: Tree } {
    const operations: Operation[] = [];
    let force: Tree = num(0);
    const outgoing = strands.filter(({ projection }) => projection.symmetric && projection.from === p.name);
    const byFeature = new Map<string, Strand[]>();
    for (const strand of outgoing) {
      const key = `${strand.pre.buffer} ${strand.post.sign}`;
      byFeature.set(key, [...(byFeature.get(key) ?? []), strand]);
    }
    let index = 0;
    for (const group of byFeature.values()) {
      const into = builder.buffer(`${p.name}.back${index++ || ''}`, [p.units], batch);
      group.forEach(({ projection, post }, k) =>
        operations.push({ op: 'gatherBack', from: post.buffer, weight: weightOf(projection), into, add: k > 0 }),
      );
      const [{ projection, feature, post }] = group as [Strand];
      const slope = bind(p, derivative(featureOf(projection.features[feature]!, p), 's'));
      const term = simplify(call('mul', slope, named(into)));
      force = simplify(call(post.sign === 1 ? 'sub' : 'add', force, term));
    }
    return { operations, force };
  }

  // The readout: computed from the states, never settling.
  const errorOf = readout ? builder.buffer(`${readout.name}.error`, [readout.units], batch) : null;
  function read(): Operation[] {
    if (!readout) return [];
    const { name, units } = readout;
    const total = builder.buffer(`${name}.a`, [units], batch);
    const [top, sum] = [builder.buffer(`${name}.top`, [1], batch), builder.buffer(`${name}.sum`, [1], batch)];
    const gathered = incoming(readout).map(({ from, name: w }, index): Operation => ({
      op: 'gather', from: stateOf(populationOf.get(from)!), weight: `${w}.weight`, into: total, add: index > 0,
    })); // prettier-ignore
    const error = errorOf!;
    const set = (into: string, value: Tree): Operation => ({ op: 'map', units, assign: [{ into, value }] });
    return [
      ...gathered,
      set(total, formula('a + b', { a: total, b: biasOf(readout) })),
      { op: 'reduce', from: total, into: top, how: 'max', over: 'units' },
      set(error, formula('exp(a - top)', { a: total, top })),
      { op: 'reduce', from: error, into: sum, how: 'sum', over: 'units' },
      set(error, formula('p / sum - target', { p: error, sum, target: targetBuffer })),
    ];
  }
  /** -beta dC/ds of a population, or nothing. */
  function nudgeOf(p: Population, beta: Tree): { operations: Operation[]; force: Tree } | null {
    if (!cost || !costOn) return null;
    if (readout && costOn === readout) {
      const into = incoming(readout).filter(({ from }) => from === p.name);
      if (into.length === 0) return null;
      const back = builder.buffer(`${p.name}.readoutBack`, [p.units], batch);
      const operations = into.map((projection, index): Operation => ({
        op: 'gatherBack', from: errorOf!, weight: weightOf(projection), into: back, add: index > 0,
      })); // prettier-ignore
      return { operations, force: formula('-beta * back', { beta, back }) };
    }
    if (p !== costOn) return null;
    const slope = derivative(parseExpression(cost.text, { names: ['s', 'target'] }), 's');
    const bound = simplify(substitute(slope, { s: named(stateOf(p)), target: named(targetBuffer) }));
    return { operations: [], force: formula('-beta * slope', { beta, slope: bound }) };
  }
  function update(p: Population, force: Tree, nudge: Tree | null): Operation {
    const s = stateOf(p);
    const state = named(s);
    const inside =
      nudge && (dynamics.kind === 'flow' || dynamics.nudge === 'inside') ? call('add', force, nudge) : force;
    let next: Tree;
    if (dynamics.kind === 'flow') next = formula('s + step * force', { s, step: dynamics.step, force: inside });
    else {
      const value = substitute(activationOf(p), { u: inside });
      const whole = nudge && dynamics.nudge === 'outside' ? call('add', value, nudge) : value;
      next =
        dynamics.step === 1 ? whole : formula('s + step * (new - s)', { s: state, step: dynamics.step, new: whole });
    }
    const [low, high] = p.range ?? [-Infinity, Infinity];
    if (low !== -Infinity) next = call('max', next, num(low));
    if (high !== Infinity) next = call('min', next, num(high));
    return { op: 'map', units: p.units, assign: [{ into: s, value: simplify(next) }] };
  }
  const force = (p: Population, back: Tree): Tree => simplify(call('sub', back, pull(p, 's')));

  addBegin();
  function addBegin(): void {
    builder.add('begin', ...evaluate(fixed));
    for (const p of settled)
      for (const input of inputNames(p.name, model.projections))
        senders(p, input, 'clamped').forEach((projection, index) => {
          const strand = strands.find((s) => s.projection === projection && s.feature === input)!;
          builder.add('begin', { op: 'gather', from: signed(strand.pre), weight: weightOf(projection), into: inputBuffer(p, input, 'clamped'), add: index > 0 }); // prettier-ignore
        });
    builder.add('rest');
    settled.forEach((p, index) => {
      const { low, high } = p.initial;
      if (low === high) builder.add('rest', { op: 'fill', into: stateOf(p), value: low });
      else builder.add('rest', { op: 'random', into: stateOf(p), stream: index, low, high });
    });
  }

  function synchronous(nudge: Tree | null): Operation[] {
    const pulls = settled.map((p) => ({ p, back: backs(p), nudge: nudge && nudgeOf(p, nudge) }));
    return [
      ...evaluate((entry) => !fixed(entry) && !readsInputs(entry) && used(entry)),
      ...settled.filter(needsInputs).flatMap(gathers),
      ...evaluate((entry) => !fixed(entry) && readsInputs(entry) && used(entry)),
      ...pulls.flatMap(({ back }) => back.operations),
      ...(nudge && costOn === readout ? read() : []),
      ...pulls.flatMap(({ nudge: n }) => n?.operations ?? []),
      ...pulls.map(({ p, back, nudge: n }) => update(p, force(p, back.force), n ? n.force : null)),
    ];
  }
  function layerByLayer(nudge: Tree | null): Operation[] {
    return settled.flatMap((p) => {
      const back = backs(p);
      const n = nudge && nudgeOf(p, nudge);
      const neighbours = strands.filter(({ projection }) => projection.symmetric && projection.from === p.name).map(({ projection }) => projection.to); // prettier-ignore
      const near = (entry: { population: Population }): boolean =>
        !fixed(entry) && (entry.population === p || neighbours.includes(entry.population.name) || incoming(p).some(({ from }) => from === entry.population.name)); // prettier-ignore
      const receivers = settled.filter((q) => (q === p && needsInputs(q)) || (neighbours.includes(q.name) && sourcesReadInputs(q))); // prettier-ignore
      // What reaches a receiver comes from senders that may lie two projections away.
      const senderNames = new Set(receivers.flatMap(incoming).map(({ from }) => from));
      return [
        ...evaluate((entry) => !fixed(entry) && !readsInputs(entry) && used(entry) && (near(entry) || senderNames.has(entry.population.name))), // prettier-ignore
        ...receivers.flatMap(gathers),
        ...evaluate((entry) => near(entry) && readsInputs(entry) && used(entry)),
        ...back.operations,
        ...(n && costOn === readout ? read() : []),
        ...(n?.operations ?? []),
        update(p, force(p, back.force), n ? n.force : null),
      ];
    });
  }
  /** Sources that a step reads: what is gathered or brought back, not what only learning asks for. */
  function used({ population, tree }: { population: Population; tree: Tree }): boolean {
    const { buffer } = made.get(`${population.name} ${print(tree)}`)!;
    return strands.some(
      ({ pre, post, clamped, projection }) =>
        (pre.buffer === buffer && !clamped) || (post.buffer === buffer && projection.symmetric),
    );
  }
  function sourcesReadInputs(p: Population): boolean {
    return [...made.values()].some((entry) => entry.population === p && readsInputs(entry));
  }
  function needsInputs(p: Population): boolean {
    const reads = (tree: Tree): boolean =>
      inputNames(p.name, model.projections).some((input) => namesOf(tree).has(inputBuffer(p, input, 'settled')));
    return reads(pull(p, 's')) || sourcesReadInputs(p);
  }

  return {
    inputs, settled, readout, strands, readouts: readout ? incoming(readout) : [], weightOf, biasOf, stateOf, biasSource, errorOf, read,
    addStep(slot, nudge) {
      builder.add(slot, ...(dynamics.order === 'layers' ? layerByLayer(nudge) : synchronous(nudge)));
    },
    gradient() {
      return [
        ...evaluate((entry) => !fixed(entry) && !readsInputs(entry)),
        ...settled.filter(sourcesReadInputs).flatMap(gathers),
        ...evaluate((entry) => !fixed(entry) && readsInputs(entry)),
      ];
    },
  }; // prettier-ignore
}

/** d tree / d of, logsumexp over the population refused where it is not the whole energy. */
function partial(p: Population, tree: Tree, of: string): Tree {
  try {
    return derivative(tree, of);
  } catch (error) {
    if (!(error instanceof SettleError)) throw error;
    throw new SettleError(error.message, { ...error.place, path: `populations.${p.name}.energy` });
  }
}

function refuse(model: Model, readout: Population | null): void {
  const wrong = (path: string, found: string, expected: string): SettleError =>
    new SettleError('a network that settles cannot have this', { kind: 'input', path, found, expected });
  if (model.kind !== 'rate') throw wrong('populations', 'spiking populations', 'rate populations');
  const readouts = model.populations.filter(({ kind }) => kind === 'readout');
  if (readouts.length > 1) throw wrong('populations', `${readouts.length} readouts`, 'one at most');
  for (const { name, from, to, symmetric } of model.projections) {
    if (readout && from === readout.name) throw wrong(`projections.${name}`, `a projection out of the readout ${from}`, `one into it`); // prettier-ignore
    if (readout && to === readout.name && symmetric) throw wrong(`projections.${name}`, `${from}<->${to}`, `${from}->${to}: a readout acts back by the nudge only`); // prettier-ignore
  }
  const { cost } = model;
  if (cost && (cost.kind === 'cross-entropy') !== (readout !== null && cost.on === readout.name))
    throw wrong('cost', `${cost.kind} on ${cost.on}`, readout ? `kind: cross-entropy on ${readout.name}` : 'kind: cross-entropy on a population of kind readout'); // prettier-ignore
  if (cost?.kind === 'binary-cross-entropy')
    throw wrong('cost.kind', cost.kind, 'a text in s and target, or cross-entropy on a readout');
}
