// Equilibrium propagation on rate networks: a free phase, one or two nudged ones, and the contrast of local gradients
// dE/dw between them. Energies and steps are engine/settling.ts's; estimators and bias orders: docs/method.md.
import type { SettlingNetwork } from '../engine/settling.ts';
import { call, name as named, num } from '../expr/tools.ts';
import type { Model } from '../model/model.ts';
import type { Builder } from '../program/builder.ts';
import type { Sequence } from '../program/program.ts';
import { addContinualStep } from './continual.ts';
import { contrast } from './contrast.ts';
import { epProbe } from './epProbe.ts';
import { holomorphic } from './holomorphic.ts';
import { coin } from './initial.ts';
import { type Directions, isPlain, notPlain, optimiser as optimiserOf } from './optimiser.ts';
import type { Recipe, RecordedPart } from './rule.ts';
import { cannot, settlingBase } from './settlingRecipe.ts';

/** @throws SettleError of kind `input`, in one sentence, for a model it cannot train */
export function contributeRate(builder: Builder, model: Model): Recipe {
  const { phases, learning } = model;
  const base = settlingBase(builder, model, 'ep');
  const { network, learned, free } = base;
  const { readout } = network;
  refuseOneWay(model, network);
  const { estimator } = phases.nudge;
  const symmetric = estimator === 'symmetric';
  builder.parameter('beta');
  const beta = named('beta');
  const perBeta = call('div', named('perExample'), call('mul', num(symmetric ? 2 : 1), beta));

  // Slots: begin, rest | free ... | hold | plus ... | first | restore | minus ... | update.
  const optimiser = optimiserOf(builder, learned, learning);
  const { nudged, directions, count, recorded } = nudgedPhases();
  if (directions) optimiser.addUpdate('update', directions);
  const train: Sequence = directions ? [...free, ...nudged, ['update', 1]] : [...free, ...nudged];

  /** The phases after the free one by estimator and update, and the directions they leave (null where weights have moved). */
  function nudgedPhases(): { nudged: Sequence; directions: Directions | null; count: number; recorded?: readonly RecordedPart[] } {
    const steps = phases.nudge.duration;
    const minusBeta = call('neg', beta);
    if (estimator === 'holomorphic') {
      if (learning.update === 'continual') throw cannot('ep', 'learning.update', 'continual with the holomorphic estimator', 'contrast');
      const pooled = model.projections.find(({ pool }) => pool);
      if (pooled) throw cannot('ep', 'phases.nudge.estimator', `holomorphic through the pool of ${pooled.name}`, 'symmetric');
      if (readout) throw cannot('ep', 'phases.nudge.estimator', 'holomorphic with a readout of its own', 'a cost on a population that settles, or symmetric');
      const points = holomorphic(builder, network, learned, { points: phases.nudge.points, steps });
      return { nudged: points.phases, directions: points.directions, count: points.count };
    }
    if (learning.update === 'continual') {
      if (!isPlain(learning)) throw cannot('ep', 'learning.update', `continual with ${notPlain}`, 'plain gradient steps');
      if (readout) throw cannot('ep', 'learning.update', 'continual with a readout of its own', 'contrast');
      addContinualStep(builder, network, learned, optimiser, { slot: 'plus', beta, sign: 1, perBeta });
      if (!symmetric) return { nudged: [['plus', steps]], directions: null, count: 1 };
      addContinualStep(builder, network, learned, optimiser, { slot: 'minus', beta: minusBeta, sign: -1, perBeta });
      return { nudged: [['plus', steps], ['restore', 1], ['free', steps], ['minus', steps]], directions: null, count: 2 };
    }
    const pair = contrast(builder, network, learned, { perBeta, symmetric, vectorField: learning.vectorField });
    network.addStep('plus', beta);
    base.hold(...pair.free);
    builder.add('first', ...pair.first);
    const plus: RecordedPart = { phase: 'plus', slot: 'plus', times: steps };
    if (!symmetric) return { nudged: [['first', 1], ['plus', steps]], directions: pair.directions, count: 1, recorded: [plus] };
    network.addStep('minus', minusBeta);
    const recorded: RecordedPart[] = [plus, { phase: null, slot: 'restore', times: 1 }, { phase: 'minus', slot: 'minus', times: steps }];
    const nudged: Sequence = [['plus', steps], ['first', 1], ['restore', 1], ['minus', steps]];
    return { nudged, directions: pair.directions, count: 2, recorded };
  } // prettier-ignore

  return base.recipe({
    train,
    state: optimiser.state,
    demands: {
      symmetricWeights: model.projections.some((p) => p.symmetric),
      secondCircuit: false,
      phases: 1 + count,
      nonLocalSignals: false,
      activationDerivative: false,
      decoder: false,
    },
    ...(recorded ? { nudged: recorded } : {}),
    probe: directions && epProbe(builder, network, { directions, free, nudged, steps: phases.free.duration }),
    parameters: ({ seed, batch }) => ({
      beta: phases.nudge.beta * (estimator === 'random-sign' ? coin(seed, batch) : 1),
    }),
  });
}

/** EP needs signals both ways: `<->`, or two projections in opposite directions (a vector field). */
function refuseOneWay(model: Model, { strands }: SettlingNetwork): void {
  for (const { projection, clamped } of strands) {
    const { name, from, to, symmetric } = projection;
    const returns = model.projections.some((other) => other.from === to && other.to === from);
    if (!clamped && !symmetric && !returns && (model.learning.rates[name] ?? 0) !== 0)
      throw cannot(
        'ep',
        `projections.${name}`,
        'a one-way projection between settling populations',
        `${from}<->${to}, ${to}->${from} beside it, or learning.rates.${name}: 0`,
      );
  }
}
