// The mechanism behind target propagation: every hidden layer gets a target from the layer above through a decoder or an exact
// inverse, and moves its own state towards it. Where targets begin, how decoders learn and whether their error is taken off, a
// rule says. No error is carried down here.
import { call, name as named, num } from '../expr/tools.ts';
import type { Tree } from '../expr/tree.ts';
import type { Model } from '../model/model.ts';
import type { Builder } from '../program/builder.ts';
import { macsOf } from '../program/macs.ts';
import type { Operation, Sequence } from '../program/program.ts';
import { targetBuffer } from '../engine/clocked.ts';
import { type Decoder, decoder, decoderLoss, decoderOf, deviation, type LossKind } from './decoders.ts';
import { directionsOf, probeOf } from './errorTransport.ts';
import { exactInverse, obstacle } from './exactInverse.ts';
import { type Forward, forward, weightOf } from './forward.ts';
import { cannot } from './layers.ts';
import { type Directions, type Learned, optimiser } from './optimiser.ts';
import type { Demands, Recipe, Rule } from './rule.ts';
import { rateAt, rateOf } from './schedule.ts';
import { sequencer, type Sequencer } from './sequencer.ts';
import { checkChain, type Stage, stagesOf, type TopStage } from './stages.ts';

type Top = 'gradient' | 'label';

export interface TargetRule {
  readonly name: string;
  /** The decoder's own error is taken off: h + g(target above) - g(h above) instead of g(target above). */
  readonly corrected: boolean;
  /** Top targets it knows, its own first. */
  readonly tops: readonly [Top, ...Top[]];
  /** A gradient step is taken in the last hidden layer, through the output's weights, or in the output (a label always is). */
  readonly gradientIn: 'hidden' | 'output' | 'output where invertible';
  /** What counts as the output's state. */
  readonly output: 'probability' | 'linear';
  /** The local loss is kappa / 2 |h - target|^2. */
  readonly kappa: 1 | 2;
  /** The output learns by its own target as well, and all local losses are divided by the step of the top target. */
  readonly ownTarget?: boolean;
  /** The decoders' loss, if it is not the model's to say, and what they end in unless the model says. */
  readonly loss?: LossKind;
  readonly decoders?: 'activation' | 'linear';
  readonly auxiliary?: boolean;
}

/** Parameter: the length of the step of the top target, for each example. */
const step = 'targetStep';

export function targetTransport(rule: TargetRule): Rule {
  return { name: rule.name, contribute: (builder, model) => contribute(rule, builder, model) };
}

function contribute(rule: TargetRule, builder: Builder, model: Model): Recipe {
  const core = forward(builder, model, rule.name);
  checkChain(core, model, rule.name);
  const plan = planOf(rule, builder, model, core);
  const { stages, top, decoders, highest } = plan;
  const { targets } = model.learning;
  for (const parameter of [step, deviation, rateOf('decoders')]) builder.parameter(parameter);

  builder.add('forward', ...core.pass(true), ...top.ready);
  const aim = sequencer(builder, 'targets');
  setTargets(rule, builder, model, core, plan, aim);

  const update = optimiser(builder, core.learned, model.learning);
  update.addUpdate('update', descent(rule, core, model));
  const lessons = learnDecoders(rule, builder, model, plan);
  const moved = [...core.learned, ...lessons.learned].map(({ buffer }) => buffer);

  const forwards = ['forward', 1] as const;
  const move = [...aim.sequence, ['update', 1] as const];
  const lesson = (times: number): Sequence => (decoders.length === 0 ? [] : [['decoders', times]]);
  const train: Record<typeof targets.schedule, Sequence> = {
    parallel: [forwards, ...aim.sequence, ...lesson(1), ['update', 1]],
    batches: [forwards, ...lesson(targets.decoderSteps), ...move],
    alternating: [forwards, ...lesson(1), ...move],
  };
  const inTurn: readonly Sequence[] = [[forwards, ...lesson(1)], [forwards, ...move]]; // prettier-ignore
  const alternates = targets.schedule === 'alternating' && decoders.length > 0;
  const passes = alternates ? inTurn : [train[targets.schedule]];

  const recipe = core.recipe({
    train: [train[targets.schedule]],
    learned: [...moved, ...update.state, ...lessons.state],
    initial: (seed) => [
      ...decoders.flatMap((one) => one.initial(seed)),
      ...top.fixed.map(({ buffer, initial }): [string, Float64Array] => [buffer, initial(seed)]),
    ],
    parameters: (progress) => ({
      [step]: targets.step,
      [deviation]: targets.noise,
      [rateOf('decoders')]: rateAt(model, progress, targets.rate),
    }),
    probe: probeOf(
      builder, model, core,
      {
        transport: [],
        pairs: decoders.map(({ stage: { layer } }) => ({ layer: layer.incoming[0]!.name, a: weightOf(layer.incoming[0]!), b: decoderOf(layer), transposed: true })),
      },
      core.learned,
      [forwards, ...aim.sequence],
    ),
    demands: demandsOf(plan.begins, decoders.length > 0, highest < stages.length - 1),
  }); // prettier-ignore
  return {
    ...recipe,
    ...(alternates && { passes: passes.map((sequence) => [sequence]) }),
    macs: passes.reduce((sum, sequence) => sum + macsOf(builder, sequence), 0),
  };
}

interface Plan {
  readonly stages: readonly Stage[];
  readonly top: TopStage;
  /** In the order of their layers, from the second; none with exact inverses. */
  readonly decoders: readonly Decoder[];
  readonly begins: Top;
  /** Number of the stage that gets the top target. */
  readonly highest: number;
}

/** Where targets begin and what takes them down. @throws SettleError of kind `input`, in one sentence */
function planOf(rule: TargetRule, builder: Builder, model: Model, core: Forward): Plan {
  const { name } = rule;
  const { targets } = model.learning;
  const begins = targets.top ?? rule.tops[0];
  if (!rule.tops.includes(begins)) {
    const found = `top: ${begins}`;
    throw cannot(name, 'another top target makes it another rule', 'learning.targets.top', found, `${rule.tops.join(' or ')}${name === 'sdtp' ? ', or rule: sdtp-g' : ''}`); // prettier-ignore
  }
  const exact = targets.inverse === 'exact';
  if (exact && (rule.loss || rule.auxiliary))
    throw cannot(name, 'it is a rule for training decoders', 'learning.targets.inverse', 'exact', 'trained');
  if (rule.auxiliary && targets.auxiliary < 1)
    throw cannot(name, 'it has no auxiliary output units', 'learning.targets.auxiliary', String(targets.auxiliary), 'at least 1'); // prettier-ignore
  const auxiliary = rule.auxiliary ? targets.auxiliary : 0;
  const output = begins === 'label' ? 'probability' : exact ? 'linear' : rule.output;
  const { stages, top } = stagesOf(builder, model, core, { output, auxiliary });
  const last = stages.length - 1;
  const below = (index: number) => stages[index - 1]!.layer;
  const inHidden =
    begins === 'gradient' &&
    (rule.gradientIn === 'hidden' ||
      (rule.gradientIn === 'output where invertible' &&
        (!exact || last === 0 || obstacle(name, top, below(last)) !== null)));
  const highest = inHidden ? last - 1 : last;
  const needed = stages.map((_, index) => index).filter((index) => index >= 1 && index <= highest);
  if (exact)
    for (const index of needed) {
      const why = obstacle(name, stages[index]!, below(index));
      if (why) throw why;
    }
  const linear = (targets.decoders ?? rule.decoders ?? 'activation') === 'linear';
  const decoders = exact ? [] : needed.map((index) => decoder(builder, model, stages, index, linear));
  return { stages, top, decoders, begins, highest };
}

/** Leaves the target of every hidden layer in `NAME.target` and its local error, slope included, in its `error`. */
function setTargets(rule: TargetRule, builder: Builder, model: Model, core: Forward, plan: Plan, to: Sequencer): void {
  const { stages, top, decoders, begins, highest } = plan;
  const targetOf = (stage: Stage): string => `${stage.layer.name}.target`;
  const set = (stage: Stage, value: Tree): Operation => {
    const { units } = stage.layer;
    const into = builder.buffer(targetOf(stage), [units], { batch: true });
    return { op: 'map', units, assign: [{ into, value }] };
  };
  to.once(...core.outputError());
  if (highest === stages.length - 1) {
    const gradientStep = call('sub', named(top.state[0]!), call('mul', named(step), top.gradient));
    to.once(set(top, begins === 'label' ? named(targetBuffer) : gradientStep));
  } else if (highest >= 0) {
    // One step of backpropagation, through the output's weights, for each example.
    const stage = stages[highest]!;
    const carried = builder.buffer(`${stage.layer.name}.carried`, [stage.layer.units], { batch: true });
    to.once({ op: 'gatherBack', from: core.output.error, weight: weightOf(core.output.incoming[0]!), into: carried, add: false });
    to.once(set(stage, call('sub', named(stage.state[0]!), call('mul', named(step), named(carried)))));
  }
  for (let index = highest; index >= 1; index--) {
    const [stage, lower] = [stages[index]!, stages[index - 1]!];
    const aimed = [targetOf(stage), ...stage.state.slice(1)];
    const own = decoders.find((one) => one.stage === stage);
    const decoded = (from: readonly string[], what: string): Tree => {
      const into = builder.buffer(`${lower.layer.name}.${what}`, [lower.layer.units], { batch: true });
      if (own) to.once(...own.drive(from, into));
      else exactInverse(builder, stage, lower.layer, from[0]!, into, to);
      return own ? own.value(into) : named(into);
    };
    const there = decoded(aimed, 'fromTarget');
    const value = rule.corrected
      ? call('add', named(lower.layer.state), call('sub', there, decoded(stage.state, 'fromState')))
      : there;
    to.once(set(lower, value));
  }
  for (const stage of stages.slice(0, Math.min(highest + 1, stages.length - 1))) {
    const { units, error, state, slope } = stage.layer;
    const off = call('sub', named(state), named(targetOf(stage)));
    const kappa = num(localFactor(rule, model, units));
    const factor = rule.ownTarget ? call('div', kappa, named(step)) : kappa;
    to.once({ op: 'map', units, assign: [{ into: error, value: call('mul', call('mul', factor, off), slope) }] });
  }
} // prettier-ignore

/** Kappa, divided by the number of units where losses are means over them. */
function localFactor({ kappa }: TargetRule, { learning }: Model, units: number): number {
  return learning.targets.reduction === 'mean' ? kappa / units : kappa;
}

/** The weights' directions: local errors, and the output's own, which is kappa times the task's where it has a target too. */
function descent(rule: TargetRule, core: Forward, model: Model): Directions {
  const { prepare, terms } = directionsOf(core, model);
  const factor = rule.ownTarget ? localFactor(rule, model, core.output.units) : 1;
  if (factor === 1) return { prepare, terms };
  const ofOutput = [weightOf(core.output.incoming[0]!), core.output.bias];
  const scaled = [...terms].map(([buffer, term]) => [buffer, ofOutput.includes(buffer) ? { ...term, scale: call('mul', num(factor), term.scale) } : term] as const); // prettier-ignore
  return { prepare, terms: new Map(scaled) };
}

/** Slot `decoders`: one step of every decoder on the present batch, with noise of its own. */
function learnDecoders(rule: TargetRule, builder: Builder, model: Model, { decoders }: Plan): { learned: Learned[]; state: readonly string[] } {
  if (decoders.length === 0) return { learned: [], state: [] };
  const { targets } = model.learning;
  if (targets.noise === 0 && rule.loss)
    throw cannot(rule.name, 'its decoders learn from noise', 'learning.targets.noise', '0', 'above 0');
  const common = { rate: rateOf('decoders'), optimiser: targets.optimiser };
  const learned = decoders.flatMap(({ matrices, bias }): Learned[] => [
    ...matrices.map((buffer) => ({ buffer, decays: true, decay: targets.decay, ...common })),
    { buffer: bias, decays: false, decay: 0, ...common },
  ]);
  const method = optimiser(builder, learned, model.learning);
  const prepare: Operation[] = [];
  const terms = new Map<string, ReturnType<Directions['terms']['get']> & object>();
  decoders.forEach((one, index) => {
    const scale = targets.reduction === 'mean' ? call('div', named('perExample'), num(one.below.units)) : named('perExample');
    const { operations, deltas } = decoderLoss(builder, decoders, index, rule.loss ?? targets.loss);
    prepare.push(...operations);
    one.matrices.forEach((matrix, part) =>
      terms.set(matrix, { outer: deltas.map(({ from, delta }) => ({ pre: from[part]!, post: delta, sign: -1 as const })), scale }),
    );
    const { units } = one.below;
    const sum = deltas.map(({ delta }) => named(delta)).reduce((a, b) => call('add', a, b));
    const into = deltas.length === 1 ? deltas[0]!.delta : builder.buffer(`${one.below.name}.decoderDeltas`, [units], { batch: true });
    if (deltas.length > 1) prepare.push({ op: 'map', units, assign: [{ into, value: sum }] });
    terms.set(one.bias, { reduce: into, scale: call('neg', scale) });
  });
  method.addUpdate('decoders', { prepare, terms });
  builder.add('decoders', { op: 'advance' });
  return { learned, state: method.state };
} // prettier-ignore

/** Local errors need no signal from other layers' synapses; a gradient in the last hidden layer needs the output's weights. */
function demandsOf(begins: Top, trained: boolean, inHidden: boolean): Demands {
  return {
    symmetricWeights: begins === 'gradient' && inHidden,
    secondCircuit: true,
    phases: trained ? 3 : 2,
    nonLocalSignals: !trained,
    activationDerivative: true,
    decoder: trained,
  };
}
