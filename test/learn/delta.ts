// A rule of a user's own, in thirty lines: one layer of sigmoid units that learns by the delta rule (Widrow and Hoff).
import { call, name, type Operation, type Rule, type Tree } from '../../src/index.ts';

export const delta = (): Rule => ({
  name: 'delta',
  contribute(builder, model) {
    const { units: inputs } = model.populations.find(({ kind }) => kind === 'input')!;
    const { name: output, units } = model.populations.find((population) => population.name === model.cost?.on)!;
    builder.buffer('x', [inputs], { batch: true });
    for (const buffer of ['y', 'target', 'error']) builder.buffer(buffer, [units], { batch: true });
    builder.buffer('w', [inputs, units]);
    for (const buffer of ['b', 'db']) builder.buffer(buffer, [units]);
    builder.parameter('rate');
    const map = (into: string, value: Tree): Operation => ({ op: 'map', units, assign: [{ into, value }] });
    const scale = name('rate');
    builder.add('read', { op: 'gather', from: 'x', weight: 'w', into: 'y', add: false });
    builder.add('read', map('y', call('sigmoid', call('add', name('y'), name('b')))));
    builder.add('learn', map('error', call('sub', name('target'), name('y'))));
    builder.add('learn', { op: 'outer', terms: [{ pre: 'x', post: 'error', sign: 1 }], scale, into: 'w', add: true });
    builder.add('learn', { op: 'reduce', from: 'error', into: 'db', how: 'sum', over: 'batch', scale });
    builder.add('learn', map('b', call('add', name('b'), name('db'))));
    builder.add('clear');
    return {
      train: [[['read', 1], ['learn', 1]]], predict: [['read', 1]], clearCounts: 'clear', recorded: [], variables: {},
      input: 'x', target: 'target', trainOutput: 'y', predictOutput: 'y', activities: { [output]: 'y' },
      learned: ['w', 'b'], initial: () => new Map(), parameters: ({ batchExamples }) => ({ rate: 1 / batchExamples }),
      spikeLists: {}, fanOut: {},
    }; // prettier-ignore
  },
});
