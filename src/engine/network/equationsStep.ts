// One clocked step of populations of equations: one step of the method as maps, then threshold and reset. Values stay in SI
// units. It draws nothing.
import { SettleError } from '../../errors.ts';
import { simplify } from '../../expr/derivative.ts';
import { formula } from '../../expr/formula.ts';
import { call, name as named, num, substitute } from '../../expr/tools.ts';
import type { Tree } from '../../expr/tree.ts';
import { type EquationVariable, inlined, linearSlope } from '../../model/equations.ts';
import type { Builder } from '../../program/builder.ts';
import type { Assignment, Operation } from '../../program/program.ts';
import type { EquationValues } from './equationValues.ts';
import type { Group, PopulationStep } from './groups.ts';

export interface EquationsStepOptions {
  readonly dt: number;
  /** The log of the group's spikes. */
  readonly log: string;
  readonly values: EquationValues;
}

/** The buffer of a variable of a group. */
export const stateBuffer = (group: string, variable: string): string => `${group}.state.${variable}`;

export function equationsStep(builder: Builder, group: Group, { dt, log, values }: EquationsStepOptions): PopulationStep {
  const { name, units, population, synapses } = group;
  const { variables, subexpressions, parameters, threshold, reset, method } = population.equations!;
  const state: string[] = [];
  const kept = (buffer: string): string => {
    state.push(builder.buffer(buffer, [units], { batch: true }));
    return buffer;
  };
  const bindings: Record<string, Tree> = {};
  for (const { name: own } of variables) bindings[own] = named(kept(stateBuffer(name, own)));
  for (const { name: own, value } of parameters)
    bindings[own] = value.kind === 'constant' ? num(value.value) : named(kept(`${name}.parameter.${own}`));
  // `r`: steps left to wait, and one more.
  const steps = Math.round(population.refractory.duration / dt);
  const r = steps > 0 ? kept(`${name}.wait`) : '';
  const waiting = steps > 0 ? formula('r > 1.5', { r }) : num(0);
  const held = (variable: EquationVariable): boolean => variable.held && steps > 0;
  /** A tree of the model over buffers, with some variables replaced. */
  const over = (tree: Tree, replaced: Readonly<Record<string, Tree>> = {}): Tree =>
    simplify(substitute(inlined(tree, subexpressions), { ...bindings, ...replaced }));
  const slopeAt = (variable: EquationVariable, replaced?: Readonly<Record<string, Tree>>): Tree => {
    const slope = over(variable.slope, replaced);
    return held(variable) ? call('if', waiting, num(0), slope) : slope;
  };
  const map = (assign: readonly Assignment[]): Operation => ({ op: 'map', units, assign });
  const after: Operation[] = [];

  // What arrives is added to its variable; where that is held, what waits for it is lost.
  const jumps = new Map(variables.filter((variable) => held(variable) && synapses.some(({ target }) => target === variable.name)).map(({ name: own }) => [own, kept(`${name}.jump.${own}`)]));
  if (jumps.size > 0)
    after.push(map([...jumps].flatMap(([own, jump]) => [
      { into: stateBuffer(name, own), value: formula('waiting ? x : x + j', { waiting, x: stateBuffer(name, own), j: jump }) },
      { into: jump, value: num(0) },
    ])));

  const stageBuffer = (variable: string, stage: number): string => builder.buffer(`${name}.stage${stage}.${variable}`, [units], { batch: true });
  /** Slopes of all variables, kept; the variables `time` further along those of a stage. */
  const stage = (number: number, at?: Readonly<Record<string, Tree>>): Operation =>
    map(variables.map((variable) => ({ into: stageBuffer(variable.name, number), value: slopeAt(variable, at) })));
  const moved = (number: number, time: number): Record<string, Tree> =>
    Object.fromEntries(variables.map(({ name: own }) => [own, formula('x + h * k', { x: stateBuffer(name, own), h: time, k: stageBuffer(own, number) })]));
  let change: (variable: EquationVariable) => Tree;
  switch (method) {
    case 'euler':
      change = (variable) => formula('h * k', { h: dt, k: slopeAt(variable) });
      break;
    case 'exponential-euler':
      change = (variable) => {
        const own = over(linearSlope(inlined(variable.slope, subexpressions), variable.name)!);
        return formula('h * k * mean', { h: dt, k: slopeAt(variable), mean: relaxation(simplify(call('mul', own, num(dt)))) });
      };
      break;
    case 'rk2': // The midpoint.
      after.push(stage(1));
      change = (variable) => formula('h * k', { h: dt, k: slopeAt(variable, moved(1, dt / 2)) });
      break;
    case 'rk4':
      after.push(stage(1), stage(2, moved(1, dt / 2)), stage(3, moved(2, dt / 2)));
      change = (variable) => {
        const [a, b, c] = [1, 2, 3].map((number) => stageBuffer(variable.name, number)) as [string, string, string];
        return formula('h * (a + 2 * b + 2 * c + d)', { h: dt / 6, a, b, c, d: slopeAt(variable, moved(3, dt)) });
      };
  }
  const assign = variables.map((variable): Assignment => ({ into: stateBuffer(name, variable.name), value: formula('x + change', { x: stateBuffer(name, variable.name), change: change(variable) }) }));
  if (steps > 0) assign.push({ into: r, value: formula('max(r - 1, 0)', { r }) });

  const reached = threshold ? over(threshold) : num(0);
  const when = steps > 0 && threshold ? formula('reached and r < 0.5', { reached, r }) : reached;
  // Each assignment reads what those before it made.
  const made: Record<string, Tree> = {};
  for (const { into, value } of reset) made[into] = over(value, made);
  const changes = Object.entries(made).map(([own, value]): Assignment => ({ into: stateBuffer(name, own), value }));
  if (steps > 0) changes.push({ into: r, value: num(steps + 1) });
  const fire = (own: readonly Assignment[]): Operation => ({ op: 'fire', units, assign: own, when, change: changes, log });
  const shown = (variables.find(({ name: own }) => own === 'v') ?? variables[0]!).name;
  return {
    state,
    initial: new Map([
      ...[...values.initial].map(([own, numbers]) => [stateBuffer(name, own), numbers] as const),
      ...[...values.parameters].map(([own, numbers]) => [`${name}.parameter.${own}`, numbers] as const),
    ]),
    before: [],
    after: [...after, fire(assign)],
    first: fire([]),
    apart: steps + 1,
    back: 0,
    arrivals: ({ target }) => ({ weight: 1, terms: [{ into: jumps.get(target!) ?? stateBuffer(name, target!) }] }),
    potential: async (read, unit) => (await read(stateBuffer(name, shown)))[unit]!,
  };
} // prettier-ignore

/** (e^z - 1) / z: the mean over a step of what relaxes at rate -z a step; by its series near 0. */
function relaxation(z: Tree): Tree {
  if (z.kind === 'number') return num(z.value === 0 ? 1 : Math.expm1(z.value) / z.value);
  const series = formula('1 + z / 2 * (1 + z / 3 * (1 + z / 4 * (1 + z / 5)))', { z });
  return formula('abs(z) < 0.01 ? series : (exp(z) - 1) / z', { z, series });
}

/** Numbers that float32 would turn into 0 or infinity are refused. @throws SettleError of kind `input` */
export function checkFloat32({ name }: Group, operations: readonly Operation[]): void {
  const walk = (tree: Tree): void => {
    if (tree.kind === 'call') tree.args.forEach(walk);
    if (tree.kind !== 'number' || tree.value === 0) return;
    const size = Math.abs(Math.fround(tree.value));
    if (size >= 2 ** -126 && size < Infinity) return;
    throw new SettleError('a constant that float32 cannot hold', {
      kind: 'input', path: `populations.${name}.equations`, found: String(tree.value), expected: '1.2e-38 to 3.4e38 in size, or backend: reference',
    });
  };
  for (const operation of operations) {
    if (operation.op !== 'map' && operation.op !== 'fire') continue;
    const trees = operation.op === 'map' ? [] : [operation.when, ...operation.change.map(({ value }) => value)];
    [...operation.assign.map(({ value }) => value), ...trees].forEach(walk);
  }
} // prettier-ignore
