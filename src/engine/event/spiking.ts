// Spiking populations from spike to spike: what clocked.ts is for steps. Inputs' drive, weights and initial potentials are the
// clocked engine's own; phases become slots that machine.ts runs. It says in one sentence what it does not do.
import { SettleError } from '../../errors.ts';
import { derivative, simplify } from '../../expr/derivative.ts';
import { parseExpression } from '../../expr/parse.ts';
import { namesOf, substitute } from '../../expr/tools.ts';
import type { Tree } from '../../expr/tree.ts';
import { inUnits } from '../../expr/units.ts';
import type { Model } from '../../model/model.ts';
import type { Builder } from '../../program/builder.ts';
import type { EventNudge } from '../../program/program.ts';
import { clocked, type ClockedNetwork } from '../clocked.ts';

function refuse(what: string, path: string, found: string, expected: string): SettleError {
  return new SettleError(what, { kind: 'input', path, found, expected });
}

/** @throws SettleError of kind `input` for the first thing that has no form from spike to spike */
function check({ populations, projections, phases, step }: Model): void {
  const leaking = populations.find(({ leak }) => leak > 0);
  if (leaking)
    throw refuse('the event engine knows no linear leak', `populations.${leaking.name}.leak`, String(leaking.leak), '0, or engine: clocked'); // prettier-ignore
  const input = new Set(populations.filter(({ kind }) => kind === 'input').map(({ name }) => name));
  for (const { name, kind, encode } of populations)
    if (kind === 'input' && encode.kind !== 'current')
      throw refuse('the event engine trains on constant inputs', `populations.${name}.encode`, encode.kind, 'current');
  for (const { from, to, symmetric, synapse } of projections)
    for (const { name, kind, refractory, membraneTimeConstant } of populations) {
      if (kind === 'input' || input.has(from) || (name !== to && !(symmetric && name === from))) continue;
      const path = `populations.${name}.refractory.arrivals`;
      const { arrivals, membrane, duration } = refractory;
      if (arrivals === 'lose' && synapse.kind !== 'delta')
        throw refuse('the event engine loses arrivals of delta synapses only', path, `lose, with a synapse of kind ${synapse.kind}`, 'keep'); // prettier-ignore
      const waits = arrivals === 'keep' && membrane === 'clamp' && duration > 0 && membraneTimeConstant < Infinity;
      if (waits && synapse.kind === 'delta')
        throw refuse('the event engine lets what a refractory leaky unit keeps decay, the clocked engine does not', path, 'keep, with a delta synapse', 'lose, or an exponential synapse'); // prettier-ignore
    }
  const ends = (['free', 'nudge', 'predict'] as const).flatMap((name) =>
    (['duration', 'window'] as const).map((key): [string, number] => [`${name}.${key}`, phases[name][key]]),
  );
  if (phases.restart === 'relax') ends.push(['relaxDuration', phases.relaxDuration]);
  for (const [key, duration] of ends)
    if (Math.abs(duration / step - Math.round(duration / step)) > 1e-6)
      throw refuse('phases end on multiples of the step, under which spikes fall anywhere', `phases.${key}`, inUnits(duration), `a multiple of ${inUnits(step)}`); // prettier-ignore
}

/** dC/ds = force + slope s of the model's cost. */
function costOf({ cost }: Model): Pick<EventNudge, 'force' | 'slope'> {
  const force = simplify(derivative(parseExpression(cost!.text, { names: ['s', 'target'], path: 'cost.text' }), 's'));
  const slope = simplify(derivative(force, 's'));
  if (namesOf(slope).has('s'))
    throw refuse('the event engine nudges by a current that is affine in the activity', 'cost.text', cost!.text, 'a cost of second degree in s'); // prettier-ignore
  const zero: Tree = { kind: 'number', value: 0 };
  return { force: substitute(force, { s: zero }), slope };
}

/** `clocked` for `engine: event`: the same slots, `save` and `restore` included, of the same names. */
export function eventDriven(builder: Builder, model: Model): ClockedNetwork {
  check(model);
  // Delays between spiking populations are the event engine's own; here they would only make rings.
  const input = ({ from }: { from: string }): boolean =>
    model.populations.some(({ name, kind }) => name === from && kind === 'input');
  const projections = model.projections.map((p) => (input(p) ? p : { ...p, delay: 0 }));
  const network = clocked(builder, { ...model, engine: 'clocked', projections }, { slowTraces: false });
  for (const slot of ['begin', 'beginTraining', 'reset']) builder.event(slot, { does: 'begin' });
  for (const does of ['save', 'restore'] as const) builder.event(does, { does });
  return {
    ...network,
    projections: model.projections,
    addStep(slot, { nudge = null, average = {}, thinned = false } = {}) {
      builder.event(slot, {
        does: 'advance', seconds: model.step, nudge: nudge && { beta: nudge, ...costOf(model) }, average, thinned,
      }); // prettier-ignore
    },
  };
}

/** The network by the engine that the model names. `slowTraces`: the clocked engine's alone. */
export function spiking(builder: Builder, model: Model, options: { slowTraces: boolean }): ClockedNetwork {
  return model.engine === 'event' ? eventDriven(builder, model) : clocked(builder, model, options);
}
