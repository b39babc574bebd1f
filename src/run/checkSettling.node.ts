// The check of a rule on a network that settles, in float64: whether it settles and its energy has a lower bound, the exact
// gradient (backpropagation through time of the free phase) against finite differences and automatic differentiation, EP's
// partial updates over time, the order of its error in beta, and the rule's own update against the gradient.
import { reference } from '../backends/reference.ts';
import { differenceError, waysOf } from '../learn/differences.ts';
import { equilibrium, type Equilibrium, type Numbers } from '../learn/equilibrium.ts';
import { betas, type Course, courses, orders, relativeDistance, stepsBack } from '../learn/gradientDescent.ts';
import { fallWithoutEnd } from '../learn/lowerBound.ts';
import { stepsTape } from '../learn/tapes.ts';
import { gradient as gradientOf } from '../math/autodiff.ts';
import type { Model } from '../model/model.ts';
import { type CheckOptions, type FirstExamples, openPlain, ownDirections, sizesOf } from './checkBench.node.ts';
import { comparison, forwardMode, isFlat, limits, passesOf } from './checkGradient.ts';
import type {
  CheckResult,
  CourseCheck,
  Differentiation,
  Follows,
  GradientCheck,
  SettlingCheck,
} from './checkResult.ts';
import { followedSynapses, settlingPlan } from './checkSample.ts';
import { noteOf } from './notes.ts';

/** Partial updates with all their numbers. */
export interface CourseSet {
  readonly beta: number;
  readonly estimator: 'one-sided' | 'symmetric';
  readonly layers: readonly Course[];
}

/** Steps over which partial updates are followed, at least (Laborieux et al. take 15), and at most. */
const courseSteps = [15, 60] as const;
const courseBetas = [0.1, 0.01];
/** Steps of a free phase that is long for certain. */
const longPhase = 1000;

export async function checkSettling(options: CheckOptions): Promise<{ result: CheckResult; courses: CourseSet[] }> {
  const { bench, examples, parameters } = await openPlain({ ...options, model: longEnough(options) }, reference);
  const { machine, rule } = bench;
  const model: Model = { ...bench.model, phases: options.model.phases };
  let net: Equilibrium | null = null;
  try {
    const own = await ownDirections(bench, examples, parameters);
    const settled = await openSettled(model, parameters, examples);
    net = settled.net;
    const isField = net.network.strands.some(({ projection, clamped }) => !clamped && !projection.symmetric);
    const runsAway = Number.isNaN(settled.moves);
    if (runsAway) await net.rest();
    const fall = isField ? 'vector field' : net.hasEnergy ? await fallWithoutEnd(net, model.seed) : 'unknown';
    const still = settled.moves <= limits.still;
    const follows: Follows = isField && rule.name === 'ep' ? 'no gradient' : noteOf(rule.name).follows;
    const found = still ? await compare(net, parameters, examples, own, follows) : null;
    const nudge = still && options.explain && model.dynamics.kind === 'map' ? await nudges(model, parameters, examples) : null;
    const failures = [
      ...(still ? [] : [`the free phase does not settle, so nothing else was compared: ${runsAway ? 'its states grow without end' : `a state still moves by ${settled.moves.toExponential(1)} in a step`}`]),
      ...(fall !== null && typeof fall === 'object' ? [`the energy has no lower bound: it falls to ${fall.energies.at(-1)!.toExponential(1)} as ${fall.population} moves by ${fall.distances.at(-1)!}`] : []),
      ...(found?.failures ?? []),
    ];
    const settling: SettlingCheck = {
      movesAfterFreeSteps: settled.movesAfterFreeSteps,
      moves: settled.moves,
      fall,
      orders: found?.orders ?? [],
      betas: found?.betas ?? betas,
      courses: found?.overTime ?? [],
      steps: found?.steps ?? 0,
      nudge,
    };
    const result: CheckResult = {
      ...sizesOf(bench),
      examples: examples.count,
      follows,
      exact: 'backpropagation through time of the settled free phase',
      gradients: found?.gradients ?? [],
      flat: found?.flat ?? [],
      differentiation: found?.differentiation ?? null,
      settling,
      sampled: found?.sampled ?? [],
      failures,
      passed: failures.length === 0,
    };
    return { result, courses: found?.sets ?? [] };
  } finally {
    await net?.close();
    await machine.close();
  }
} // prettier-ignore

/** Backpropagation through time is the gradient only as far as its free phase has settled: it is checked on a long one. */
function longEnough({ model, rule }: CheckOptions): Model {
  if ((rule?.name ?? model.learning.rule) !== 'bptt') return model;
  const free = { ...model.phases.free, duration: Math.max(model.phases.free.duration, longPhase), tolerance: 0 };
  return { ...model, phases: { ...model.phases, free } };
}

/** All that is measured at the settled state. */
async function compare(net: Equilibrium, parameters: Numbers, examples: FirstExamples, own: Numbers, follows: Follows) {
  const { model } = net;
  const failures: string[] = [];
  const free = await net.states();
  const exact = await net.gradient();
  const learned = [...own.keys()].filter((name) => exact.has(name));

  const steps = Math.min(Math.max(model.phases.nudge.duration, courseSteps[0]), courseSteps[1]);
  const back = await stepsBack(net, steps);
  const sets: CourseSet[] = [];
  const overTime: CourseCheck[] = [];
  const some = followedSynapses(back[0]!, model.seed);
  for (const beta of courseBetas)
    for (const estimator of ['one-sided', 'symmetric'] as const) {
      const layers = await courses(net, back, beta, estimator === 'symmetric', some?.of);
      overTime.push({ beta, estimator, layers: layers.map(({ layer, relativeError, oppositeSigns }) => ({ layer, relativeError, oppositeSigns })) });
      if (beta === courseBetas[0]) sets.push({ beta, estimator, layers });
    }
  const tape = differentiate(net, free, parameters, examples, back);
  if (tape && tape.differentiation.error > limits.passes)
    failures.push(`automatic differentiation and backpropagation through time differ by ${tape.differentiation.error.toExponential(1)}`);

  const gradients: GradientCheck[] = [];
  const plan = settlingPlan(net, exact, learned, await stepsAway(net, free), examples.count);
  for (const name of learned) {
    const [numbers, slope] = [parameters.get(name)!, exact.get(name)!];
    const ways = plan.ways.get(name);
    const finiteDifferenceError = ways ? await differenceError(numbers, slope, ways, limits.difference, (moved) => settledCost(net, free, name, moved)) : null;
    if (ways) await net.writeParameter(name, numbers);
    const forwardModeError = tape?.forwardModeError(name) ?? null;
    const one = { buffer: name, finiteDifferenceError, forwardModeError, ...comparison(own.get(name)!, slope) };
    gradients.push(one);
    if (finiteDifferenceError !== null && finiteDifferenceError > limits.difference)
      failures.push(`${name}: finite differences miss the gradient by ${finiteDifferenceError.toExponential(1)}`);
    if (follows === 'the gradient' && (one.relativeError ?? 1) > limits.symmetric)
      failures.push(`${name}: the update misses the gradient by ${(one.relativeError ?? 1).toExponential(1)}`);
  }
  await net.restore(free);
  const found = await orders(net, new Map(learned.map((name) => [name, exact.get(name)!])), plan.betas);
  if (follows === 'the gradient as beta goes to 0') failures.push(...limitFailures(found, model));
  const flat = learned.filter((name) => isFlat(exact.get(name)!));
  return { gradients, flat, betas: plan.betas, orders: found, sets, overTime, steps, differentiation: tape?.differentiation ?? null, sampled: [...plan.sampled, ...(some ? [some.sampled] : [])], failures };
} // prettier-ignore

async function openAt(model: Model, parameters: Numbers, examples: FirstExamples): Promise<Equilibrium> {
  const net = await equilibrium(model, { backend: reference, examples: examples.count, mostSteps: 2000 });
  await net.write(parameters, examples.inputs, examples.targets);
  await net.rest();
  return net;
}

/** Where a network settled, and how far a state still moves in a step. */
interface Settled {
  readonly net: Equilibrium;
  readonly moves: number;
  readonly movesAfterFreeSteps: number;
}

/** All populations step at once, as backpropagation through time has it; where that does not settle, by half steps. */
async function openSettled(model: Model, parameters: Numbers, examples: FirstExamples): Promise<Settled> {
  const together: Model = { ...model, dynamics: { ...model.dynamics, order: 'synchronous' } };
  const steps = model.phases.free.duration;
  let net = await openAt(model, parameters, examples);
  await net.step(null, steps - 1);
  const before = await net.states();
  await net.step(null);
  const movesAfterFreeSteps = Math.max(...(await net.states()).flatMap((values, k) => [...values].map((value, i) => Math.abs(value - before[k]![i]!)))); // prettier-ignore
  if (model.dynamics.order !== 'synchronous') {
    await net.close();
    net = await openAt(together, parameters, examples);
  }
  let moves = await net.settle();
  if (!(moves <= limits.still)) {
    await net.close();
    net = await openAt({ ...together, dynamics: { ...together.dynamics, step: model.dynamics.step / 2 } }, parameters, examples); // prettier-ignore
    moves = await net.settle();
  }
  return { net, moves, movesAfterFreeSteps };
}

/** Steps that the settled network takes to be still again after a small nudge. */
async function stepsAway(net: Equilibrium, free: readonly Float64Array[]): Promise<number> {
  const begun = net.made();
  await net.settle(betas.at(-2));
  await net.restore(free);
  return net.made() - begun;
}

/** The cost where the network settles with these numbers in a buffer, from where it had settled. */
async function settledCost(net: Equilibrium, free: readonly Float64Array[], name: string, moved: Float64Array): Promise<number> {
  await net.writeParameter(name, moved);
  await net.restore(free);
  await net.settle();
  return net.cost();
} // prettier-ignore

/** Automatic differentiation of the last steps, in both modes, where the network is of the form that it covers. */
function differentiate(net: Equilibrium, free: readonly Float64Array[], parameters: Numbers, examples: FirstExamples, back: readonly Numbers[]) {
  const { model, network } = net;
  const states = new Map(network.settled.map((p, k) => [p.name, free[k]!]));
  const differentiable = stepsTape(model, states, examples, back.length);
  if (!differentiable) return null;
  const values = differentiable.values(parameters);
  const reverse = gradientOf(differentiable.tape, values);
  const found = new Map(differentiable.names.map((name, k) => [name, reverse.gradient[k]!]));
  const error = Math.max(
    ...[...back[0]!.keys()].map((name) => {
      const sum = found.get(name)!.map((_, k) => -back.reduce((total, step) => total + step.get(name)![k]!, 0));
      return relativeDistance(sum, found.get(name)!);
    }),
  );
  const differentiation: Differentiation = { of: `the last ${back.length} steps`, ...passesOf(differentiable, values, reverse.cost), error };
  return {
    differentiation,
    forwardModeError: (name: string): number => forwardMode(differentiable, values, name, found.get(name)!, waysOf(found.get(name)!, 0)),
  };
} // prettier-ignore

/** Layers in which EP's estimate does not come down to the gradient. */
function limitFailures(found: SettlingCheck['orders'], model: Model): string[] {
  const outside = model.dynamics.kind === 'map' && model.dynamics.nudge === 'outside';
  const why = outside ? ' (the nudge is outside the activation)' : '';
  return found.flatMap(({ layer, oneSided, symmetric }) => {
    const [one, two] = [oneSided.at(-1)!, symmetric.at(-1)!];
    if (two > limits.symmetric) return [`${layer}: at beta ${betas.at(-1)} the symmetric estimate misses the gradient by ${two.toExponential(1)}${why}`]; // prettier-ignore
    return one > limits.oneSided ? [`${layer}: at beta ${betas.at(-1)} the one-sided estimate misses the gradient by ${one.toExponential(1)}${why}`] : []; // prettier-ignore
  });
}

/** How far the symmetric estimate at the smallest beta is from the gradient with the nudge in either place, over all layers. */
async function nudges(model: Model, parameters: Numbers, examples: FirstExamples): Promise<{ inside: number; outside: number }> {
  const off = async (nudge: Model['dynamics']['nudge']): Promise<number> => {
    const { net } = await openSettled({ ...model, dynamics: { ...model.dynamics, nudge } }, parameters, examples);
    try {
      const gradient = await net.gradient();
      const [free, beta] = [await net.states(), betas.at(-1)!];
      const sides: Numbers[] = [];
      for (const signed of [beta, -beta]) {
        await net.restore(free);
        await net.settle(signed);
        sides.push(await net.local());
      }
      const names = net.network.strands.map(({ projection }) => net.network.weightOf(projection));
      const all = (of: (name: string) => Float64Array): number[] => names.flatMap((name) => [...of(name)]);
      const estimate = all((name) => sides[0]!.get(name)!.map((value, k) => (value - sides[1]!.get(name)![k]!) / (2 * beta)));
      return relativeDistance(estimate, all((name) => gradient.get(name)!.map((value) => -value)));
    } finally {
      await net.close();
    }
  };
  return { inside: await off('inside'), outside: await off('outside') };
} // prettier-ignore
