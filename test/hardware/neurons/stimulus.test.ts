// What a chip's inputs receive is what settle's own read-out draws: step by step, on the reference backend.
import { expect, it } from 'vitest';
import { reference } from '../../../src/backends/reference.ts';
import { stimulusOf } from '../../../src/hardware/neurons/stimulus.ts';
import { ep } from '../../../src/learn/ep.ts';
import { readOutClock } from '../../../src/learn/trainer.ts';
import { loadModel } from '../../../src/model/load.ts';
import { builder } from '../../../src/program/builder.ts';
import { clockBuffer, exampleBuffer } from '../../../src/program/program.ts';

const text = (kind: string): string => `settle: 1
name: small
data: { set: xor, batch: 2 }
populations:
  x: { units: 4, kind: input, encode: { kind: ${kind}, rate: 300 Hz } }
  h: { units: 3, kind: lif }
  y: { units: 2, kind: lif }
projections: { x->h: {}, h<->y: {} }
cost: { on: y, text: 1/2 * (s - target)^2 }
phases: { free: { duration: 20 ms }, nudge: { duration: 20 ms, beta: 1 } }
`;

it.each(['regular', 'poisson'])('%s input spikes are those of the engine', async (kind) => {
  const { model } = loadModel(text(kind), { file: 'small' });
  const program = builder('small');
  const recipe = ep().contribute(program, model);
  const machine = await reference.open(program.build(), { batch: 2, threads: 1 });
  const values = [0.2, 0, 0.9, 1, 0.5, 0.37, 0.01, 0.73];
  const [examples, ticks, clock] = [[4, 17], 60, readOutClock(model.seed)];
  await machine.write('x', Float64Array.from(values));
  await machine.write(exampleBuffer, Int32Array.from(examples));
  await machine.write(clockBuffer, Int32Array.of(clock, 0));
  await machine.run('begin');
  const seen: string[] = [];
  for (let t = 0; t < ticks; t++) {
    await machine.run('predict');
    (await machine.read('x.spike')).forEach((spike, k) => spike > 0 && seen.push(`${t} ${k}`));
  }
  await machine.close();
  expect(recipe.input).toBe('x');
  const drawn = examples.flatMap((example, row) => {
    const encode = model.populations[0]!.encode;
    const { offsets, units } = stimulusOf(values.slice(4 * row, 4 * row + 4), { encode, step: model.step, ticks, clock, example }); // prettier-ignore
    return Array.from(units, (unit, k) => `${offsets.findLastIndex((begin) => begin <= k)} ${4 * row + unit}`);
  });
  expect(seen.length).toBeGreaterThan(20);
  expect([...drawn].sort()).toEqual([...seen].sort());
});
