// One clocked step of a population of equations as maps: what arrived, one step of the method, then threshold and reset. Values
// stay in SI units. It draws nothing and knows no projection.
import { SettleError } from '../../errors.ts';
import { simplify } from '../../expr/derivative.ts';
import { formula } from '../../expr/formula.ts';
import { call, name as named, num, substitute } from '../../expr/tools.ts';
import type { Tree } from '../../expr/tree.ts';
import { inlined, linearSlope } from '../../model/equations.ts';
import type { NetworkPopulation } from '../../model/network.ts';
import type { Assignment, Operation } from '../../program/program.ts';
import { clockName } from './lifStep.ts';

export const stateBuffer = (population: string, variable: string): string => `${population}.state.${variable}`;
export const parameterOf = (population: string, parameter: string): string => `${population}.parameter.${parameter}`;
/** What came for a variable, where it may not be added to the variable at once. */
export const arrivalsOf = (population: string, variable: string): string => `${population}.arrivals.${variable}`;
/** The slopes of a variable that a method of several stages keeps. */
export const stageOf = (population: string, variable: string, stage: number): string => `${population}.stage${stage}.${variable}`; // prettier-ignore

export const stages = { euler: 0, 'exponential-euler': 0, rk2: 1, rk4: 3 } as const;

/**
 * Buffers: those named above, NAME.r (the last step of refractoriness) and NAME.spike. `waiting`: the variables that have
 * arrivals of their own.
 */
export function equationsStep(population: NetworkPopulation, waitingFor: ReadonlySet<string>, dt: number): readonly Operation[] {
  const { name, units, refractory } = population;
  const { variables, subexpressions, parameters, threshold, reset, method } = population.equations!;
  const bindings: Record<string, Tree> = {};
  for (const { name: own } of variables) bindings[own] = named(stateBuffer(name, own));
  for (const { name: own, value } of parameters) bindings[own] = value.kind === 'constant' ? num(value.value) : named(parameterOf(name, own));
  const steps = Math.round(refractory.duration / dt);
  const waiting = formula('r >= now', { r: `${name}.r`, now: clockName });
  const held = (variable: { readonly held: boolean }): boolean => variable.held && steps > 0;
  /** A tree of the model over buffers, with some variables replaced. */
  const over = (tree: Tree, replaced: Readonly<Record<string, Tree>> = {}): Tree => simplify(substitute(inlined(tree, subexpressions), { ...bindings, ...replaced }));
  const slopeAt = (variable: (typeof variables)[number], replaced?: Readonly<Record<string, Tree>>): Tree => {
    const slope = over(variable.slope, replaced);
    return held(variable) ? call('if', waiting, num(0), slope) : slope;
  };
  const map = (assign: readonly Assignment[]): Operation => ({ op: 'map', units, assign });
  const operations: Operation[] = [];

  const late = variables.filter(({ name: own }) => waitingFor.has(own));
  if (late.length > 0)
    operations.push(map(late.flatMap((variable): Assignment[] => {
      const [x, a] = [stateBuffer(name, variable.name), arrivalsOf(name, variable.name)];
      const sum = formula('x + a', { x, a });
      return [{ into: x, value: held(variable) ? call('if', waiting, named(x), sum) : sum }, { into: a, value: num(0) }];
    })));

  /** The variables after `time` at the slopes of a stage. */
  const moved = (stage: number, time: number): Record<string, Tree> =>
    Object.fromEntries(variables.map(({ name: own }) => [own, formula('x + h * k', { x: stateBuffer(name, own), h: time, k: stageOf(name, own, stage) })]));
  const stage = (number: number, at?: Readonly<Record<string, Tree>>): Operation =>
    map(variables.map((variable) => ({ into: stageOf(name, variable.name, number), value: slopeAt(variable, at) })));
  const advance = (change: (variable: (typeof variables)[number]) => Tree): Operation =>
    map(variables.map((variable) => ({ into: stateBuffer(name, variable.name), value: formula('x + change', { x: stateBuffer(name, variable.name), change: change(variable) }) })));
  switch (method) {
    case 'euler':
      operations.push(advance((variable) => formula('h * k', { h: dt, k: slopeAt(variable) })));
      break;
    case 'exponential-euler':
      operations.push(advance((variable) => {
        const own = over(linearSlope(inlined(variable.slope, subexpressions), variable.name)!);
        return formula('h * k * mean', { h: dt, k: slopeAt(variable), mean: relaxation(simplify(call('mul', own, num(dt)))) });
      }));
      break;
    case 'rk2': // The midpoint.
      operations.push(stage(1), advance((variable) => formula('h * k', { h: dt, k: slopeAt(variable, moved(1, dt / 2)) })));
      break;
    case 'rk4':
      operations.push(stage(1), stage(2, moved(1, dt / 2)), stage(3, moved(2, dt / 2)));
      operations.push(advance((variable) => {
        const [a, b, c] = [1, 2, 3].map((number) => stageOf(name, variable.name, number)) as [string, string, string];
        return formula('h * (a + 2 * b + 2 * c + d)', { h: dt / 6, a, b, c, d: slopeAt(variable, moved(3, dt)) });
      }));
  }

  if (!threshold) return [...operations, map([{ into: `${name}.spike`, value: num(0) }])];
  const reached = over(threshold);
  const spike = steps > 0 ? formula('reached and not waiting', { reached, waiting }) : reached;
  // Each assignment reads what those before it made.
  const after: Record<string, Tree> = {};
  for (const { into, value } of reset) after[into] = over(value, after);
  const assign: Assignment[] = Object.entries(after).map(([own, value]) => ({ into: stateBuffer(name, own), value: call('if', spike, value, named(stateBuffer(name, own))) }));
  if (steps > 0) assign.push({ into: `${name}.r`, value: formula('spike ? now + steps : r', { spike, now: clockName, steps, r: `${name}.r` }) });
  assign.push({ into: `${name}.spike`, value: call('if', spike, num(1), num(0)) });
  return [...operations, map(assign)];
} // prettier-ignore

/** (e^z - 1) / z: the mean over a step of what relaxes at rate -z a step; by its series near 0. */
function relaxation(z: Tree): Tree {
  if (z.kind === 'number') return num(z.value === 0 ? 1 : Math.expm1(z.value) / z.value);
  const series = formula('1 + z / 2 * (1 + z / 3 * (1 + z / 4 * (1 + z / 5)))', { z });
  return formula('abs(z) < 0.01 ? series : (exp(z) - 1) / z', { z, series });
}

/** Numbers that float32 would turn into 0 or infinity are refused. @throws SettleError of kind `input` */
export function checkFloat32(population: string, operations: readonly Operation[]): void {
  const walk = (tree: Tree): void => {
    if (tree.kind === 'call') tree.args.forEach(walk);
    if (tree.kind !== 'number' || tree.value === 0) return;
    const size = Math.abs(Math.fround(tree.value));
    if (size >= 2 ** -126 && size < Infinity) return;
    throw new SettleError('a constant that float32 cannot hold', {
      kind: 'input', path: `populations.${population}.equations`, found: String(tree.value), expected: '1.2e-38 to 3.4e38 in size, or backend: reference',
    });
  };
  for (const operation of operations) if (operation.op === 'map') operation.assign.forEach(({ value }) => walk(value));
} // prettier-ignore
