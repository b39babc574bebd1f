// Backpropagation through time of a convergent network: the exact gradient of the free phase's cost as far as the phase has
// settled, walked back as many steps as it was walked forward (Ernoult et al. 2019: the last states are all the settled one).
// The reference of EP; it needs the transposed weights, stored states and f'.
import { adjoint } from '../engine/adjoint.ts';
import { spiking } from '../engine/event/spiking.ts';
import { call, name as named } from '../expr/tools.ts';
import type { Tree } from '../expr/tree.ts';
import type { Model } from '../model/model.ts';
import { type Builder, slotsUnder } from '../program/builder.ts';
import type { OuterTerm, Sequence } from '../program/program.ts';
import { meanFieldModel } from './meanFieldModel.ts';
import { optimiser as optimiserOf } from './optimiser.ts';
import type { Recipe, RecordedPart, Rule } from './rule.ts';
import { settlingBase } from './settlingRecipe.ts';
import { spikingReadOut } from './spikingReadOut.ts';

export function bptt(): Rule {
  return { name: 'bptt', contribute };
}

/** A spiking network is trained as its mean field and read out by its own spikes: both share weights and biases. */
function contribute(builder: Builder, model: Model): Recipe {
  if (model.kind === 'rate') return contributeRate(builder, model);
  const trained = contributeRate(builder, meanFieldModel(model, 'bptt'));
  const own = slotsUnder(builder, 'spikes.');
  const readOut = spikingReadOut(own, model, spiking(own, model, { slowTraces: false }));
  const predict = own.sequence(readOut.predict);
  const recorded = predict.map(([slot, times]): RecordedPart => ({ phase: times > 1 ? 'free' : null, slot, times }));
  return { ...trained, ...readOut, predict, recorded, clearCounts: own.slot(readOut.clearCounts) };
}

function contributeRate(builder: Builder, model: Model): Recipe {
  const base = settlingBase(builder, model, 'bptt');
  const { network, learned } = base;
  const back = adjoint(builder, network);
  builder.add('adjoint.begin', ...back.begin);
  builder.add('adjoint.step', ...back.step);
  const { operations, terms } = back.gradient('sum');
  const descent: Tree = call('neg', named('perExample'));
  const directions = new Map<string, { outer?: readonly OuterTerm[]; reduce?: string; scale: Tree }>();
  for (const [buffer, part] of terms) directions.set(buffer, { ...part, scale: descent });
  const error = network.errorOf;
  if (network.readout && error) {
    for (const projection of network.readouts) {
      const sender = network.settled.find(({ name }) => name === projection.from)!;
      directions.set(network.weightOf(projection), { outer: [{ pre: network.stateOf(sender), post: error, sign: 1 }], scale: descent }); // prettier-ignore
    }
    directions.set(network.biasOf(network.readout), { reduce: error, scale: descent });
  }
  const optimiser = optimiserOf(builder, learned, model.learning);
  optimiser.addUpdate('update', { prepare: operations, terms: directions });
  const steps = model.phases.free.duration;
  const adjoints: Sequence = [
    ['adjoint.begin', 1],
    ['adjoint.step', steps],
  ];
  builder.add('probe', ...operations);
  const layers = model.projections.flatMap((projection) => {
    const weight = network.weightOf(projection);
    const part = terms.get(weight);
    if (!part?.outer) return [];
    const own = builder.like(`${weight}:own`, weight);
    builder.add('probe', { op: 'outer', terms: part.outer, scale: descent, into: own, add: false });
    return [{ layer: projection.name, own, reference: own }];
  });
  return base.recipe({
    train: [...base.free, ...adjoints, ['update', 1]],
    state: optimiser.state,
    demands: {
      symmetricWeights: true,
      secondCircuit: true,
      phases: 2,
      nonLocalSignals: true,
      activationDerivative: true,
      decoder: false,
    },
    probe: { reference: 'BPTT', sequence: [...base.free, ...adjoints, ['probe', 1]], layers },
  });
}
