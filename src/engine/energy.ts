// The energy of a network's state as operations: E of each example in a buffer of one number. Under `dynamics: map` a unit
// settles where s = f(-dF/ds), so its energy holds G(s) as well, with G' = f^-1. It moves no state.
import { SettleError } from '../errors.ts';
import { inverseIntegral } from '../expr/inverseIntegral.ts';
import { call, name as named, num, substitute } from '../expr/tools.ts';
import type { Tree } from '../expr/tree.ts';
import type { Model, Population } from '../model/model.ts';
import { activationOf } from '../model/rate.ts';
import type { Builder } from '../program/builder.ts';
import type { Operation } from '../program/program.ts';
import type { SettlingNetwork } from './settling.ts';

export const energyBuffer = 'energy';

/** G of a unit as a tree in its state's buffer; 0 under gradient flow, whose energy is all in the text. */
export function inverseTerm(model: Model, population: Population, state: string): Tree {
  if (model.dynamics.kind === 'flow') return num(0);
  try {
    return substitute(inverseIntegral(activationOf(population)), { s: named(state) });
  } catch (error) {
    if (!(error instanceof SettleError)) throw error;
    throw new SettleError(error.message, { ...error.place, path: `populations.${population.name}.activation` });
  }
}

/**
 * Operations that leave E of the present states in `energy`, for what the slot `begin` has brought in.
 * @throws SettleError of kind `input` for an activation whose inverse has no closed integral here
 */
export function energyOps(builder: Builder, model: Model, network: SettlingNetwork): Operation[] {
  const { settled, stateOf } = network;
  const scalar = { batch: true };
  builder.buffer(energyBuffer, [1], scalar);
  const plus = (a: Tree, b: Tree): Tree => call('add', a, b);
  const operations: Operation[] = [...network.pulls(), ...settled.flatMap((p) => network.gathers(p, 'settled'))];
  let total: Tree = num(0);
  for (const p of settled) {
    const each = builder.buffer(`${p.name}.energy`, [p.units], scalar);
    const sum = builder.buffer(`${p.name}.energySum`, [1], scalar);
    const value = plus(network.energy(p), inverseTerm(model, p, stateOf(p)));
    operations.push({ op: 'map', units: p.units, assign: [{ into: each, value }] });
    operations.push({ op: 'reduce', from: each, into: sum, how: 'sum', over: 'units' });
    total = plus(total, named(sum));
    for (const { factor, top, sum: above } of network.pooled(p))
      total = plus(total, call('mul', num(factor), plus(named(top), call('log', named(above)))));
  }
  operations.push({ op: 'map', units: 1, assign: [{ into: energyBuffer, value: total }] });
  return operations;
}
