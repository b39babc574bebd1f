// Small networks of pictures for tests: every way from one picture to the next, with either cost.
import { loadModel } from '../../src/model/load.ts';
import type { Model } from '../../src/model/model.ts';

/** Two layers from x [8, 8, 2] to 4 x 4 x 3 and 2 x 2 x 4, then five outputs. */
export const ways = {
  conv: ['kernel: 3, stride: 2, padding: 1', 'kernel: 3'],
  max: ['kernel: 3, padding: same, pool: max', 'kernel: 3, padding: 1, pool: max'],
  average: ['kernel: 3, padding: same, pool: average', 'kernel: 3, padding: 1, pool: average'],
  softmax: ['kernel: 3, padding: same, pool: softmax', 'kernel: 3, padding: 1, pool: softmax'],
  strided: ['kernel: 2, stride: 2', 'kernel: 3, padding: 2, stride: 1, pool: { kind: max, size: 2, stride: 4 }'],
} as const;

export const costs = { mse: '{ on: y, text: 1/2 * (s - target)^2 }', ce: '{ on: y, kind: cross-entropy }' } as const;

export function pictureText(way: keyof typeof ways, cost: keyof typeof costs, rule = 'ep'): string {
  const unit = 'kind: rate, activation: "sigmoid(4 * (u - 1/2))", bias: { init: 0.3, spread: 0.1 }';
  const [first, second] = ways[way];
  const init = 'init: { scheme: normal, gain: 0.5 }';
  const readout = cost === 'ce';
  return `
settle: 1
name: pictures
data: { set: csv, path: none, batch: 1 }
populations:
  x: { shape: [8, 8, 2], kind: input }
  c1: { channels: 3, ${unit} }
  c2: { shape: [2, 2, 4], ${unit} }
  y: { units: 5, ${readout ? 'kind: readout' : unit} }
projections:
  x->c1: { kind: conv, ${first}, ${init} }
  c1${rule === 'ep' ? '<->' : '->'}c2: { kind: conv, ${second}, ${init} }
  c2${readout || rule !== 'ep' ? '->' : '<->'}y: { ${init} }
cost: ${costs[cost]}
phases: { free: { steps: 60 }, nudge: { steps: 20, beta: 0.1 } }
learning: { rule: ${rule} }
backend: reference
`;
}

export function pictureModel(way: keyof typeof ways, cost: keyof typeof costs, rule = 'ep', set: string[] = []): Model {
  return loadModel(pictureText(way, cost, rule), { file: 'pictures.yaml', set }).model;
}
