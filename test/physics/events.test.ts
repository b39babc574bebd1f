// Learning from spike to spike: what the clocked engine tends to as its step goes to 0, and what it is held to.
import { describe, expect, it } from 'vitest';
import type { Backend, Machine } from '../../src/backends/backend.ts';
import { reference } from '../../src/backends/reference.ts';
import { wasm } from '../../src/backends/wasm/backend.node.ts';
import { courseOf } from '../../src/engine/event/course.ts';
import { eventBackend } from '../../src/engine/event/machine.ts';
import { referenceEventEngine } from '../../src/engine/event/reference.ts';
import { modelNetwork } from '../../src/engine/event/modelNetwork.ts';
import { explain, type SettleError } from '../../src/errors.ts';
import { ep } from '../../src/learn/ep.ts';
import type { Recipe } from '../../src/learn/rule.ts';
import type { Model } from '../../src/model/model.ts';
import { builder } from '../../src/program/builder.ts';
import { dense, integrator, layered, leaky, merged } from '../fixtures.ts';

const count = 4;
const net = merged(layered(leaky, [6, 5, 3]), { engine: 'event', learning: { rates: { 'x->h': 1, 'h<->y': 1 } } });
const dropped = merged(net, { populations: net.populations.map((p) => ({ ...p, dropout: p.name === 'y' ? 0 : 0.4 })) });
const exact = (model: Model, backend: Backend): Backend => (model.engine === 'event' ? eventBackend(backend, model) : backend); // prettier-ignore

/** Perfect integrators that neither saturate nor fall silent. */
function integrators(membrane: 'clamp' | 'integrate', kind: 'delta' | 'exponential'): Model {
  const base = merged(layered(integrator, [6, 5, 3]), {
    engine: 'event',
    learning: { rates: { 'x->h': 1, 'h<->y': 1 } },
  });
  const init = { scheme: 'glorot', gain: 0.3 } as const;
  const populations = base.populations.map((p) => ({
    ...p,
    bias: { init: 0.3, spread: 0, rate: 1 },
    refractory: { ...p.refractory, membrane },
  }));
  return merged(base, {
    populations,
    projections: [dense('x', 'h', false, { init }), dense('h', 'y', true, { init, synapse: { kind } })],
  });
}

/** The rule's machine on four examples, before their first phase. */
async function opened(model: Model, backend: Backend): Promise<{ recipe: Recipe; machine: Machine }> {
  const program = builder('events');
  const recipe = ep().contribute(program, model);
  const machine = await exact(model, backend).open(program.build(), { batch: count, threads: 1 });
  for (const [name, values] of recipe.initial(3)) await machine.write(name, values);
  for (const [name, value] of Object.entries(recipe.parameters({ seed: 3, epoch: 0, batch: 0, examples: 0, batchExamples: count }))) machine.setParameter(name, value); // prettier-ignore
  await machine.write(
    recipe.input,
    Float32Array.from({ length: count * 6 }, (_, k) => ((k * 37) % 17) / 16),
  );
  await machine.write(recipe.target, Float32Array.from({ length: count * 3 }, (_, k) => (k % 3 === Math.floor(k / 3) % 3 ? 1 : 0))); // prettier-ignore
  await machine.write(
    'example',
    Int32Array.from({ length: count }, (_, k) => k),
  );
  await machine.write('clock', Int32Array.of(5, 0));
  return { recipe, machine };
}
/** What one batch does to every learned number. */
async function update(model: Model, backend: Backend = reference, examples = count): Promise<number[]> {
  const { recipe, machine } = await opened(model, backend);
  machine.use(examples);
  const read = async (): Promise<number[]> => (await Promise.all(recipe.learned.map((name) => machine.read(name)))).flatMap((values) => [...values]); // prettier-ignore
  const before = await read();
  for (const sequence of recipe.train) await machine.perform(sequence);
  const moved = (await read()).map((value, k) => value - before[k]!);
  await machine.close();
  return moved;
}
const norm = (values: readonly number[]): number => Math.hypot(...values);
const apart = (a: readonly number[], b: readonly number[]): number =>
  norm(a.map((value, k) => value - b[k]!)) / norm(b);
/** Slope of log error against log step, by least squares. */
function order(steps: readonly number[], errors: readonly number[]): number {
  const [x, y] = [steps.map(Math.log), errors.map(Math.log)];
  const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
  const [mx, my] = [mean(x), mean(y)];
  return mean(x.map((value, k) => (value - mx) * (y[k]! - my))) / mean(x.map((value) => (value - mx) ** 2));
}

describe('as the step goes to 0', () => {
  const steps = [1, 1 / 4, 1 / 16, 1 / 64].map((milliseconds) => milliseconds / 1000);

  it('spike times of the clocked engine tend to the exact ones, in first order', async () => {
    const { machine } = await opened(net, reference);
    await machine.run('beginTraining');
    const wiring = modelNetwork(net);
    const engine = referenceEventEngine(wiring.network);
    const spikes: [number, number][] = [];
    const heard = { ...engine, advance: (until: number) => {
      const block = engine.advance(until);
      block.time.forEach((time, k) => spikes.push([block.neuron[k]!, time]));
      return block;
    } }; // prettier-ignore
    const course = courseOf(heard, wiring, net);
    const [h, y] = [await machine.read('h.v'), await machine.read('y.v')];
    const [dh, dy] = [await machine.read('h.drive'), await machine.read('y.drive')];
    course.weights([await machine.read('h<->y.weight')]);
    course.begin((p) => (p === 0 ? h.subarray(0, 5) : y.subarray(0, 3)), (p) => (p === 0 ? dh.subarray(0, 5) : dy.subarray(0, 3))); // prettier-ignore
    course.thin(false);
    course.advance(60, 0.001, null);
    const timesOf = (list: [number, number][]): number[][] => Array.from({ length: 8 }, (_, n) => list.filter(([m]) => m === n).map(([, time]) => time)); // prettier-ignore
    const law = timesOf(spikes);
    expect(spikes.length).toBeGreaterThan(15);

    const errors = [];
    for (const step of steps) {
      const { machine } = await opened({ ...net, engine: 'clocked', step }, reference);
      machine.use(1);
      await machine.run('beginTraining');
      const found: [number, number][] = [];
      for (let k = 1; k * step < 0.1; k++) {
        await machine.run('free');
        for (const [name, first] of [
          ['h', 0],
          ['y', 5],
        ] as const)
          // prettier-ignore
          (await machine.read(`${name}.spike`)).forEach((value, unit) => value > 0 && found.push([first + unit, k * step]));
      }
      const times = timesOf(found);
      const differences = law.flatMap((exactly, n) => exactly.map((time, k) => (times[n]![k] ?? Infinity) - time));
      errors.push(norm(differences) / Math.sqrt(differences.length));
    }
    expect(errors.at(-1)).toBeLessThan(1e-4);
    expect(Math.abs(order(steps, errors) - 1)).toBeLessThan(0.25);
  });

  it('weight updates of the clocked engine tend to the exact ones, in first order', async () => {
    const short = merged(net, { phases: { free: { duration: 0.04 }, nudge: { duration: 0.06, window: 0.03 } } });
    const law = await update(short, reference, 1);
    const errors = [];
    for (const step of steps) errors.push(apart(await update({ ...short, engine: 'clocked', step, spikeTimes: 'interpolated' }, reference, 1), law)); // prettier-ignore
    expect(errors.at(-1)).toBeLessThan(2e-3);
    expect(Math.abs(order(steps, errors) - 1)).toBeLessThan(0.3);
  });
});

describe('an update by exact spike times', () => {
  const kinds: readonly (readonly [string, Model])[] = [
    ['leaky units', net],
    ['relaxed in between', merged(net, { phases: { restart: 'relax' } })],
    ['begun again in between', merged(net, { phases: { restart: 'reset' } })],
    ['one-sided, at the end of the phases', merged(net, { phases: { nudge: { estimator: 'one-sided' } }, learning: { update: 'end-point' } })], // prettier-ignore
    ['delayed', merged(net, { projections: [dense('x', 'h', false), dense('h', 'y', true, { delay: 0.00137, synapse: { timeConstant: 0.005 } })] })], // prettier-ignore
    ['with units left out', dropped],
    ['integrators that are clamped', integrators('clamp', 'delta')],
    ['integrators that move while refractory', integrators('integrate', 'exponential')],
  ];
  it.each(kinds)('is the same of both backends: %s', async (_, model) => {
    const [law, fast] = [await update(model), await update(model, wasm())];
    expect(norm(law)).toBeGreaterThan(0.01);
    // Drives are float32 on one side.
    expect(apart(fast, law)).toBeLessThan(1e-5);
  });

  it.each(kinds)('is what fine steps give: %s', async (_, model) => {
    const step = 0.002 / 128;
    // Delays are rounded there.
    const rounded = merged(model, { projections: model.projections.map((p) => ({ ...p, delay: Math.round(p.delay / step) * step })) }); // prettier-ignore
    const fine = await update({ ...rounded, engine: 'clocked', step, spikeTimes: 'interpolated' }, wasm());
    expect(apart(fine, await update(model))).toBeLessThan(0.02);
  });

  it('is read out as fine steps are, units that were left out sending less', async () => {
    const means = async (model: Model, backend: Backend): Promise<number[]> => {
      const { recipe, machine } = await opened(model, backend);
      await machine.perform(recipe.predict);
      return [...(await machine.read('h.mean')), ...(await machine.read('y.mean'))];
    };
    const law = await means(dropped, reference);
    const fine = await means({ ...dropped, engine: 'clocked', step: 0.002 / 128, spikeTimes: 'interpolated' }, wasm());
    expect(norm(law)).toBeGreaterThan(0.5);
    expect(apart(fine, law)).toBeLessThan(0.01);
    expect(apart(await means(net, reference), law)).toBeGreaterThan(0.05);
  });

  it('does not depend on how many examples share a batch', async () => {
    const { recipe, machine } = await opened(net, wasm());
    await machine.perform(recipe.train[0]!);
    const together = await machine.read('h.plus');
    const alone = await opened(net, wasm());
    alone.machine.use(1);
    await alone.machine.perform(alone.recipe.train[0]!);
    expect([...(await alone.machine.read('h.plus'))]).toEqual([...together.subarray(0, 5)]);
  });

  it('is 0 at beta 0, where nothing else moves', async () => {
    const { recipe, machine } = await opened(net, reference);
    machine.setParameter('beta', 1e-300);
    const before = await machine.read('h<->y.weight');
    await machine.perform(recipe.train[0]!.slice(0, -1));
    expect(await machine.read('h.plus')).toEqual(await machine.read('h.minus'));
    expect((await machine.read('h.plus')).some((value) => value > 0)).toBe(true);
    expect(await machine.read('h<->y.weight')).toEqual(before);
  });
});

describe('engine: event', () => {
  const refusal = (model: Model): string => {
    try {
      ep().contribute(builder('refused'), model);
    } catch (error) {
      return explain(error as SettleError);
    }
    return 'nothing was refused';
  };
  it.each([
    ['a cost that is not of second degree', merged(net, { cost: { text: '(s - target)^4' } }), /cost\.text.*second degree/s],
    ['the event rule on traces', merged(net, { learning: { update: 'events' } }), /learning\.update.*contrast, end-point/s],
    ['continual updates', merged(net, { learning: { update: 'continual' } }), /learning\.update.*contrast, end-point/s],
    ['inputs that spike', merged(net, { populations: net.populations.map((p) => ({ ...p, encode: { kind: 'poisson' as const, rate: 200 } })) }), /encode.*poisson.*current/s],
    ['delta synapses that wait for a leaky unit', merged(net, { projections: [dense('x', 'h', false), dense('h', 'y', true, { synapse: { kind: 'delta' } })] }), /refractory\.arrivals.*lose/s],
    ['phases that end between steps', merged(net, { phases: { free: { duration: 0.0605 } } }), /phases\.free\.duration.*multiple of 1 ms/s],
  ] as const)('refuses %s', (_, model, message) => expect(refusal(model)).toMatch(message)); // prettier-ignore
});
