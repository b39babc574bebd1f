// The delta rule with a probe: its own direction is the sign of the error, the reference the gradient of its cost (BP).
import { call, name, num } from '../../src/expr/tools.ts';
import type { Recipe, Rule } from '../../src/learn/rule.ts';
import { delta } from './delta.ts';

export interface Probed {
  /** Each error's own direction: `gradient` (the reference itself), its `sign`, or `none` (0). */
  readonly own?: 'gradient' | 'sign' | 'none';
  /** A probe that breaks its promise and learns. */
  readonly cheats?: boolean;
}

export const probed = ({ own = 'sign', cheats = false }: Probed = {}): Rule => ({
  name: 'probed',
  contribute(builder, model): Recipe {
    const recipe = delta().contribute(builder, model);
    const [inputs = 1, units = 1] = builder.shapeOf('w');
    builder.buffer('w:own', [inputs, units]);
    builder.buffer('w:reference', [inputs, units]);
    builder.buffer('error:own', [units], { batch: true });
    builder.buffer('feedback', [units, inputs]);
    builder.parameter('perExample');
    const error = call('sub', name('target'), name('y'));
    const mine = own === 'gradient' ? error : call('mul', num(own === 'none' ? 0 : 1), call('sign', error));
    builder.add('probe', {
      op: 'map', units, assign: [{ into: 'error', value: error }, { into: 'error:own', value: mine }],
    }); // prettier-ignore
    for (const [post, into] of [
      ['error', 'w:reference'],
      ['error:own', 'w:own'],
    ] as const)
      builder.add('probe', { op: 'outer', terms: [{ pre: 'x', post, sign: 1 }], scale: name('perExample'), into, add: false }); // prettier-ignore
    return {
      ...recipe,
      parameters: (progress) => ({ ...recipe.parameters(progress), perExample: 1 / progress.batchExamples }),
      initial: () =>
        new Map([['feedback', Float64Array.from({ length: inputs * units }, (_, k) => Math.sin(1 + k))]]),
      macs: 2 * inputs * units,
      demands: {
        symmetricWeights: false, secondCircuit: true, phases: 2, nonLocalSignals: false, activationDerivative: false, decoder: false,
      },
      probe: {
        reference: 'BP',
        sequence: cheats ? [['read', 1], ['learn', 1], ['probe', 1]] : [['read', 1], ['probe', 1]],
        layers: [{ layer: 'x->y', own: 'w:own', reference: 'w:reference' }],
        weights: [{ layer: 'x->y', a: 'w', b: 'feedback', transposed: true }],
      },
    }; // prettier-ignore
  },
});
