// A rule of a user's own, in thirty lines: one layer of sigmoid units that learns by the delta rule (Widrow and Hoff).
import { call, name, num } from '../../src/expr/tools.ts';
import type { Rule } from '../../src/learn/rule.ts';

export const delta = (): Rule => ({
  name: 'delta',
  contribute(builder, model) {
    const input = model.populations.find(({ kind }) => kind === 'input')!;
    const output = model.populations.find((population) => population.name === model.cost?.on)!;
    for (const buffer of ['y', 'target', 'error']) builder.buffer(buffer, [output.units], { batch: true });
    builder.buffer('x', [input.units], { batch: true });
    builder.buffer('w', [input.units, output.units]);
    builder.buffer('b', [output.units]);
    builder.buffer('db', [output.units]);
    builder.parameter('rate');
    const units = output.units;
    builder.add('read', { op: 'gather', from: 'x', weight: 'w', into: 'y', add: false });
    builder.add('read', {
      op: 'map',
      units,
      assign: [{ into: 'y', value: call('sigmoid', call('add', name('y'), name('b'))) }],
    });
    builder.add('learn', {
      op: 'map',
      units,
      assign: [{ into: 'error', value: call('sub', name('target'), name('y')) }],
    });
    builder.add('learn', {
      op: 'outer',
      terms: [{ pre: 'x', post: 'error', sign: 1 }],
      scale: name('rate'),
      into: 'w',
      add: true,
    });
    builder.add('learn', { op: 'reduce', from: 'error', into: 'db', how: 'sum', over: 'batch', scale: name('rate') });
    builder.add('learn', {
      op: 'map',
      units,
      assign: [{ into: 'b', value: call('add', name('b'), call('mul', num(1), name('db'))) }],
    });
    builder.add('clear');
    return {
      train: [[['read', 1], ['learn', 1]]], predict: [['read', 1]], clearCounts: 'clear',
      input: 'x', target: 'target', trainOutput: 'y', predictOutput: 'y', learned: ['w', 'b'],
      initial: () => new Map(),
      parameters: ({ batchExamples }) => ({ rate: 1 / batchExamples }),
      spikeLists: {}, fanOut: {}, recorded: [], variables: {}, activities: { [output.name]: 'y' },
    }; // prettier-ignore
  },
});
