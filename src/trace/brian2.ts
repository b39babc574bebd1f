// A network model as a script for Brian2, an independent simulator: the same equations on the same grid, wired from a file of
// arrays. It simulates nothing, and refuses by name what would not be the same.
import type { NpyData } from '../data/npy.ts';
import { equationValues } from '../engine/network/equationValues.ts';
import { offsetsOf, unitValues } from '../engine/network/eventNetwork.ts';
import { sourceTrains } from '../engine/network/sources.ts';
import type { Wiring } from '../engine/network/wiring.ts';
import { alphaFiltered, filtered, meanOverStep } from '../math/propagators.ts';
import { SettleError } from '../errors.ts';
import { dimensionText } from '../expr/dimensions.ts';
import { type Dimensions, dimensionless, unitOf } from '../expr/units.ts';
import type { EquationVariable } from '../model/equations.ts';
import { isSource, type NetworkModel, type NetworkPopulation, type Synapse } from '../model/network.ts';
import { freeName, pythonText, quantityText, unitText } from './pythonText.ts';

export interface Brian2Script {
  readonly script: string;
  /** What the script reads, by name, from DATA beside it. */
  readonly arrays: ReadonlyMap<string, NpyData>;
}

interface Lines {
  readonly text: string[];
  /** Where spikes of each synapse type go: the variable, and what a weight is multiplied by. */
  readonly arrivals: (synapse: Synapse) => { variable: string; scale: number; unit: Dimensions; guard: string };
}

/** @throws SettleError of kind `input` naming what Brian2 would not do alike */
export function brian2Script(model: NetworkModel, wirings: readonly Wiring[], data: string): Brian2Script {
  for (const population of model.populations) checkPopulation(population);
  const arrays = new Map<string, NpyData>();
  const text: string[] = [];
  const arrivals = new Map<string, Lines['arrivals']>();
  const trains = sourceTrains(model).until(model.duration);
  const offsets = offsetsOf(model);
  model.populations.forEach((population, p) => {
    text.push('', `# ${population.name}: ${population.units} of kind ${population.kind}`);
    if (isSource(population)) {
      const mine = [...trains.unit.keys()].filter((k) => trains.unit[k]! >= offsets[p]! && trains.unit[k]! < offsets[p + 1]!);
      text.push(...sourceLines(population, mine.map((k) => [trains.unit[k]! - offsets[p]!, trains.time[k]!]), model.step, arrays));
      return;
    }
    const lines = population.equations ? equationLines(model, p, arrays) : membraneLines(model, p, arrays);
    text.push(...lines.text, `groups['${population.name}'] = group`, `neurons.append((${offsets[p]}, group))`);
    if (fires(population)) text.push(`firing.append(neurons[-1])`);
    arrivals.set(population.name, lines.arrivals);
  });
  const silent = new Set(model.populations.filter((population) => !isSource(population) && !fires(population)).map(({ name }) => name));
  wirings.forEach((wiring, k) => !silent.has(wiring.projection.from) && text.push(...synapseLines(model, wiring, `${k}`, arrivals.get(wiring.projection.to)!, arrays)));
  return { script: [...head(model, data), ...text, ...tail, ''].join('\n'), arrays };
} // prettier-ignore

function checkPopulation(population: NetworkPopulation): void {
  const { name, floor, cap, drive, current, refractory } = population;
  const refuse = (key: string, found: string): never => {
    throw new SettleError('Brian2 scripts have no such thing', {
      kind: 'input', path: `populations.${name}.${key}`, found, expected: 'a model without it',
    }); // prettier-ignore
  };
  if (floor !== -Infinity) refuse('floor', String(floor));
  if (cap !== Infinity) refuse('cap', String(cap));
  if (drive) refuse('drive', 'a drive of random spikes, which is not kept');
  if (current.length > 0) refuse('current', 'currents in steps');
  if (refractory.arrivals === 'keep' && refractory.duration > 0) refuse('refractory.arrivals', 'keep');
}

/** Spikes by the point of the grid at which they leave; a generator sends one a unit and step, so there may be several. */
function sourceLines({ name, units }: NetworkPopulation, spikes: readonly (readonly [unit: number, time: number])[], dt: number, arrays: Map<string, NpyData>): string[] {
  const ranks: [number, number][][] = [[]];
  const seen = new Map<string, number>();
  for (const [unit, time] of spikes) {
    const step = Math.ceil(time / dt - 1e-9);
    const rank = seen.get(`${unit} ${step}`) ?? 0;
    seen.set(`${unit} ${step}`, rank + 1);
    (ranks[rank] ??= []).push([unit, step]);
  }
  return [`groups['${name}'] = []`, ...ranks.flatMap((own, rank) => {
    const at = `${name}.${rank}`;
    arrays.set(`${at}.unit`, Int32Array.from(own, ([unit]) => unit));
    arrays.set(`${at}.step`, Int32Array.from(own, ([, step]) => step));
    return [`groups['${name}'].append(SpikeGeneratorGroup(${units}, data['${at}.unit'], data['${at}.step'] * dt * second))`];
  })];
} // prettier-ignore

const fires = ({ equations, threshold }: NetworkPopulation): boolean => (equations ? equations.threshold !== null : threshold < Infinity); // prettier-ignore

/** Steps of refractory time: ours holds for k whole steps, Brian2's for one less than it says. */
const waitingSteps = (population: NetworkPopulation, dt: number): number =>
  fires(population) ? Math.round(population.refractory.duration / dt) : 0;

/**
 * Brian2 loses jumps of what is (unless refractory) also in the last step, although they would act when it is over. Where there
 * are any, its slope is 0 by a factor instead, and the jumps have this one.
 */
const jumpFactor = (steps: number): string => (steps > 0 ? `*int(timestep(t - lastspike_post, dt) >= ${steps})` : '');

const jumpsInto = (model: NetworkModel, { name }: NetworkPopulation, target?: string): boolean =>
  model.projections.some(({ to, synapse }) => to === name && synapse.kind === 'delta' && synapse.target === target);

function equationLines(model: NetworkModel, p: number, arrays: Map<string, NpyData>): Lines {
  const population = model.populations[p]!;
  const { name, units } = population;
  const { variables, subexpressions, parameters, threshold, reset, method } = population.equations!;
  const kinds = new Map([...variables, ...subexpressions, ...parameters].map((each) => [each.name, each.dimensions]));
  const literals = new Map(parameters.flatMap(({ name: own, value, dimensions }) => (own.includes(' ') && value.kind === 'constant' ? [[own, `(${quantityText(value.value, dimensions)})`]] : [])));
  const names = { text: (own: string): string => literals.get(own) ?? freeName(own), dimensions: (own: string): Dimensions => kinds.get(own)! };
  const steps = waitingSteps(population, model.step);
  const values = equationValues(model, [p]);
  const factored = ({ name: own, held }: EquationVariable): boolean => held && steps > 0 && jumpsInto(model, population, own);
  const constants = parameters.filter(({ name: own, value }) => value.kind === 'constant' && !literals.has(own));
  const text = [
    "group = NeuronGroup(",
    `    ${units},`,
    "    '''",
    ...variables.map((variable) => {
      const { name: own, slope, held, dimensions } = variable;
      const mark = held && steps > 0 && !factored(variable) ? ' (unless refractory)' : '';
      return `    d${freeName(own)}/dt = ${factored(variable) ? 'int(not_refractory)*' : ''}${pythonText(slope, names)} : ${unitText(dimensions)}${mark}`;
    }),
    ...subexpressions.map(({ name: own, value, dimensions }) => `    ${freeName(own)} = ${pythonText(value, names)} : ${unitText(dimensions)}`),
    ...[...values.parameters.keys()].map((own) => `    ${freeName(own)} : ${unitText(kinds.get(own)!)} (constant)`),
    "    ''',",
    ...(threshold ? [`    threshold='${pythonText(threshold, names)}',`] : []),
    ...(threshold && reset.length > 0 ? [`    reset='''${reset.map(({ into, value }) => `${freeName(into)} = ${pythonText(value, names)}`).join('\n    ')}''',`] : []),
    ...(steps > 0 ? [`    refractory=${steps + 1} * dt * second,`] : []),
    `    method='${method.replace('-', '_')}',`,
    `    namespace={${constants.map(({ name: own, value, dimensions }) => `'${freeName(own)}': ${quantityText((value as { value: number }).value, dimensions)}`).join(', ')}},`,
    ')',
  ];
  for (const [own, numbers] of [...values.initial, ...values.parameters]) {
    const at = `${name}.${own}`;
    arrays.set(at, numbers);
    text.push(`group.${freeName(own)}_ = data['${at}']`);
  }
  const arrivals: Lines['arrivals'] = ({ target }) => {
    const variable = variables.find(({ name: own }) => own === target)!;
    return { variable: freeName(target!), scale: 1, unit: variable.dimensions, guard: factored(variable) ? jumpFactor(steps) : '' };
  };
  return { text, arrivals };
} // prettier-ignore

/** Time constants so near that Brian2's own solution would lose its digits, or divide by 0. */
const near = (a: number, b: number): boolean => Math.abs(a / b - 1) < 1e-3;

function membraneLines(model: NetworkModel, p: number, arrays: Map<string, NpyData>): Lines {
  const population = model.populations[p]!;
  const { name, units, membraneTimeConstant: tau, rest, threshold, strict, reset, bias } = population;
  const { step: dt } = model;
  const volt = model.volts ? unitOf('volt')!.dimensions : dimensionless;
  const unit = dimensionText(volt);
  const number = (value: number): string => quantityText(value, volt);
  const perfect = tau === Infinity;
  const types: Synapse[] = [];
  const typeOf = (synapse: Synapse): number => {
    const known = types.findIndex((type) => type.kind === synapse.kind && type.timeConstant === synapse.timeConstant);
    return known >= 0 ? known : types.push(synapse) - 1;
  };
  for (const { to, synapse } of model.projections) if (to === name && synapse.kind !== 'delta') typeOf(synapse);
  const steps = waitingSteps(population, dt);
  const factored = steps > 0 && jumpsInto(model, population);
  const each = bias.kind !== 'constant';
  const level = each ? 'bias' : `(${number(bias.value)})`;
  // Brian2 solves linear equations by itself; where it cannot, the propagators of a step are written out.
  const solved = !perfect && types.every(({ timeConstant }) => !near(timeConstant, tau));
  const rise = solved ? (unit === '1' ? 'hertz' : `${unit}/second`) : unit;
  const equations: string[] = [];
  const moves: string[] = [];
  if (solved) {
    const slope = `((${number(rest)}) - v + ${[level, ...types.map((_, k) => `g${k}`)].join(' + ')})/(${tau}*second)`;
    equations.push(`dv/dt = ${factored ? 'int(not_refractory)*' : ''}${slope} : ${unit}${steps > 0 && !factored ? ' (unless refractory)' : ''}`);
    types.forEach(({ kind, timeConstant }, k) => {
      equations.push(`dg${k}/dt = ${kind === 'alpha' ? `x${k} ` : ''}-g${k}/(${timeConstant}*second) : ${unit}`);
      if (kind === 'alpha') equations.push(`dx${k}/dt = -x${k}/(${timeConstant}*second) : ${rise}`);
    });
  } else {
    equations.push(`v : ${unit}`, ...types.flatMap(({ kind }, k) => [`g${k} : ${unit}`, ...(kind === 'alpha' ? [`x${k} : ${unit}`] : [])]));
    const terms = [perfect ? `${level}*${dt}` : `(v - (${number(rest)}) - ${level})*(${Math.expm1(-dt / tau)})`];
    types.forEach(({ kind, timeConstant }, k) => {
      terms.push(`g${k}*${perfect ? dt * meanOverStep(dt, timeConstant) : filtered(dt, tau, timeConstant)}`);
      if (kind === 'alpha') terms.push(`x${k}*${alphaFiltered(dt, tau, timeConstant)}`);
    });
    moves.push(`v += ${steps > 0 ? 'int(not_refractory)*' : ''}(${terms.join(' + ')})`);
    types.forEach(({ kind, timeConstant }, k) => {
      const decay = Math.exp(-dt / timeConstant);
      if (kind === 'alpha') moves.push(`g${k} = (g${k} + x${k}*${dt})*${decay}`, `x${k} = x${k}*${decay}`);
      else moves.push(`g${k} = g${k}*${decay}`);
    });
  }
  if (each) equations.push(`bias : ${unit} (constant)`);
  const text = [
    'group = NeuronGroup(',
    `    ${units},`,
    "    '''", ...equations.map((line) => `    ${line}`), "    ''',",
    ...(fires(population) ? [`    threshold='v ${strict ? '>' : '>='} (${number(threshold)})',`] : []),
    ...(fires(population) ? [`    reset='v ${reset.mode === 'to' ? '=' : '-='} ${number(reset.value)}',`] : []),
    ...(steps > 0 ? [`    refractory=${steps + 1} * dt * second,`] : []),
    ...(solved ? ["    method='exact',"] : []),
    ')',
    `group.v_ = data['${name}.v']`,
  ];
  const [first, last] = [offsetsOf(model)[p]!, offsetsOf(model)[p + 1]!];
  arrays.set(`${name}.v`, unitValues(model, 'initial', 0).slice(first, last));
  if (each) {
    arrays.set(`${name}.bias`, unitValues(model, 'bias', 0).slice(first, last));
    text.push(`group.bias_ = data['${name}.bias']`);
  }
  if (moves.length > 0) text.push(`movers.append(group.run_regularly('''`, ...moves.map((line) => `    ${line}`), "''', dt=defaultclock.dt, when='groups', order=1))", 'network.add(movers[-1])');
  return {
    text,
    arrivals(synapse) {
      if (synapse.kind === 'delta') return { variable: 'v', scale: 1, unit: volt, guard: jumpFactor(steps) };
      const k = typeOf(synapse);
      if (synapse.kind === 'exponential') return { variable: `g${k}`, scale: 1, unit: volt, guard: '' };
      return { variable: `x${k}`, scale: Math.E / synapse.timeConstant, unit: unitOf(solved ? (unit === '1' ? 'hertz' : rise) : unit)!.dimensions, guard: '' };
    },
  };
} // prettier-ignore

function synapseLines(model: NetworkModel, { projection, rows, targets, weights, delays }: Wiring, at: string, arrivals: Lines['arrivals'], arrays: Map<string, NpyData>): string[] {
  if (targets.length === 0) return [];
  const { name, from, to, synapse, weight } = projection;
  const { variable, scale, unit, guard } = arrivals(synapse);
  const pre = new Int32Array(targets.length);
  for (let row = 0; row + 1 < rows.length; row++) pre.fill(row, rows[row], rows[row + 1]);
  arrays.set(`${at}.pre`, pre);
  arrays.set(`${at}.post`, Int32Array.from(targets));
  const one = weight.kind === 'constant';
  if (!one) arrays.set(`${at}.weight`, Float64Array.from(weights, (value) => value * scale));
  const value = one ? `(${quantityText(weights[0]! * scale, unit)})` : 'w';
  const steps = Float64Array.from(delays, (delay) => Math.round(delay / model.step));
  if (steps.length > 1) arrays.set(`${at}.delay`, steps);
  const source = isSource(model.populations.find((population) => population.name === from)!);
  const [sender, indent] = source ? ['sender', '    '] : [`groups['${from}']`, ''];
  return [
    '', `# ${name}: ${targets.length} synapses`,
    ...(source ? [`for sender in groups['${from}']:`] : []),
    `${indent}synapses = Synapses(${sender}, groups['${to}'], '${one ? '' : `w : ${unitText(unit)} (constant)`}', on_pre='${variable}_post += ${value}${guard}')`,
    `${indent}synapses.connect(i=data['${at}.pre'], j=data['${at}.post'])`,
    ...(one ? [] : [`${indent}synapses.w_ = data['${at}.weight']`]),
    ...(steps.length > 1 ? [`${indent}synapses.delay_ = data['${at}.delay'] * dt`] : steps[0]! > 0 ? [`${indent}synapses.delay_ = ${steps[0]} * dt`] : []),
    `${indent}network.add(synapses)`,
  ];
} // prettier-ignore

const head = (model: NetworkModel, data: string): string[] => [
  `# ${model.name}, seed ${model.seed}, as settle's clocked engine runs it by steps of ${model.step} s: written by settle export --format brian2.`,
  '# python3 THIS [--duration SECONDS] [--out SPIKES.csv]   needs Brian2 (python3-brian) and NumPy; wiring, values at the start and',
  `# spikes of sources are in ${data} beside it. Units are numbered through the populations, time is in seconds.`,
  'import argparse',
  'import os',
  '',
  'import numpy as np',
  'from brian2 import *',
  '',
  'parser = argparse.ArgumentParser()',
  `parser.add_argument('--duration', type=float, default=${model.duration}, help='seconds, at most ${model.duration}')`,
  "parser.add_argument('--out', default=os.path.splitext(os.path.abspath(__file__))[0] + '.csv')",
  'arguments = parser.parse_args()',
  `if not 0 < arguments.duration <= ${model.duration}:`,
  `    parser.error('the duration is above 0 and at most ${model.duration} s, for which spikes of sources were written')`,
  '',
  "prefs.codegen.target = 'numpy'",
  `dt = ${model.step}`,
  'defaultclock.dt = dt * second',
  `data = np.load(os.path.join(os.path.dirname(os.path.abspath(__file__)), ${JSON.stringify(data)}))`,
  'network = Network()',
  "# A spike's reset comes before the spikes that arrive.",
  "network.schedule = ['start', 'groups', 'thresholds', 'resets', 'synapses', 'end']",
  'groups, neurons, firing, movers = {}, [], [], []',
]; // prettier-ignore

const tail = [
  '',
  'monitors = [(first, SpikeMonitor(group)) for first, group in firing]',
  'for group in groups.values():',
  '    network.add(group)',
  'network.add([monitor for _, monitor in monitors])',
  '# What is at its threshold at time 0 fires then: a first step in which nothing moves.',
  'movers += [group.state_updater for _, group in neurons]',
  'for mover in movers:',
  '    mover.active = False',
  'network.run(dt * second)',
  'for mover in movers:',
  '    mover.active = True',
  'steps = int(round(arguments.duration / dt))',
  'if steps > 1:',
  '    network.run((steps - 1) * dt * second)',
  '',
  'step = np.concatenate([np.zeros(0, int)] + [np.round(np.asarray(monitor.t_) / dt).astype(int) for _, monitor in monitors])',
  'unit = np.concatenate([np.zeros(0, int)] + [first + np.asarray(monitor.i[:]) for first, monitor in monitors])',
  'order = np.lexsort((unit, step))',
  "with open(arguments.out, 'w') as out:",
  "    out.write('unit,time\\n')",
  '    for k in order:',
  "        out.write('%d,%.10g\\n' % (unit[k], step[k] * dt))",
  "print('%d spikes in %g s' % (len(order), arguments.duration))",
];
