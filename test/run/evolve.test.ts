// settle evolve from a file to a folder: results, champions that run, stops, faults and bad input.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { evolutionJsonSchema, loadEvolution } from '../../src/model/evolution.ts';
import { build } from '../../src/run/build.node.ts';
import { runEvolution } from '../../src/run/evolve.node.ts';
import { evaluatorPool } from '../../src/run/evolvePool.node.ts';
import { evolutionPage } from '../../src/report/evolution.ts';
import { command, root, start } from '../cli/process.ts';

const folder = mkdtempSync(join(tmpdir(), 'settle-evolve-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let count = 0;
function written(text: string): string {
  const file = join(folder, `${count++}.yaml`);
  writeFileSync(file, text);
  return file;
}
const head = (task: string, algorithm: string): string => `settleEvolve: 1\nname: test\ntask: ${task}\nalgorithm: ${algorithm}\n`; // prettier-ignore
const read = (...parts: string[]): string => readFileSync(join(folder, ...parts), 'utf8');

describe('settle evolve', () => {
  it('solves exclusive or, and leaves a result, a page, a checkpoint and the champion', async () => {
    const file = written(`${head('xor', 'neat')}until: { generations: 300 }\n`);
    const { code, out } = await command('evolve', file, '--jobs', '1', '--out', join(folder, 'xor'), '--json');
    expect(code).toBe(0);
    const result = JSON.parse(out) as { schema: string; solved: boolean; evaluations: number; champion: { words: string } };
    expect(result).toMatchObject({ schema: 'settle-evolve/1', solved: true });
    expect(result.champion.words).toMatch(/\d+ hidden units/);
    expect(JSON.parse(read('xor', 'result.json'))).toEqual(result);
    for (const name of ['checkpoint.json', 'champion.json', 'evolve.yaml']) expect(existsSync(join(folder, 'xor', name))).toBe(true);
    const page = read('xor', 'evolution.html');
    for (const word of ['Fitness', 'Diversity', 'Species', 'best', 'median']) expect(page).toContain(word);
    expect(page).not.toMatch(/src="http|href="http/);
  }); // prettier-ignore

  it('with two processes and after a stop gives the bits of one process without', async () => {
    const file = written(
      `${head('{ kind: rastrigin, dimension: 5 }', 'evolution-strategy')}until: { generations: 12 }\n`,
    );
    const run = (out: string, ...more: string[]) => command('evolve', file, '--out', join(folder, out), ...more);
    expect((await run('one', '--jobs', '1')).code).toBe(0);
    expect((await run('two', '--jobs', '2')).code).toBe(0);
    expect(read('two', 'checkpoint.json')).toBe(read('one', 'checkpoint.json'));
    await run('three', '--jobs', '1', '--generations', '5');
    expect((await run('three', '--jobs', '2', '--resume')).code).toBe(0);
    expect(read('three', 'checkpoint.json')).toBe(read('one', 'checkpoint.json'));
  });

  it('a target that is reached ends it, and a better one goes on from there', async () => {
    const text = `${head('{ kind: sphere, dimension: 3 }', 'cma-es')}until: { generations: 300, target: -0.1 }\n`;
    const file = written(text);
    const run = async (...more: string[]) => JSON.parse((await command('evolve', file, '--jobs', '1', '--out', join(folder, 'target'), '--json', ...more)).out) as { solved: boolean; fitness: number; generations: number }; // prettier-ignore
    const first = await run();
    expect(first.solved).toBe(true);
    const better = await run('--resume', '--set', 'until.target=-1e-9');
    expect(better).toMatchObject({ solved: true });
    expect(better.fitness).toBeGreaterThanOrEqual(-1e-9);
    expect(better.generations).toBeGreaterThan(first.generations);
  });

  it('creatures of a population of two have a child each generation', async () => {
    const file = written(`${head('{ kind: creature }', '{ kind: sims, population: 2 }')}until: { generations: 4 }\n`);
    const { code, out } = await command('evolve', file, '--jobs', '1', '--out', join(folder, 'two-creatures'), '--json'); // prettier-ignore
    expect(code).toBe(0);
    expect((JSON.parse(out) as { evaluations: number }).evaluations).toBe(8 + 3);
  });

  it('interrupted, it ends with 130 in mind: a checkpoint, and no result', async () => {
    const text = `${head('xor', 'neat')}until: { generations: 300 }\n`;
    const file = written(text);
    const signal = { aborted: false };
    const out = join(folder, 'stopped');
    const { result, generations } = await runEvolution({
      loaded: loadEvolution(text, file), task: { text, file, set: [] }, out, signal,
      onGeneration: ({ generation }) => void (signal.aborted = generation === 3),
    }); // prettier-ignore
    expect(result).toBeNull();
    expect(generations).toBe(3);
    expect(existsSync(join(out, 'checkpoint.json'))).toBe(true);
    expect(existsSync(join(out, 'result.json'))).toBe(false);
  });

  it.each(['1', '2'])('Ctrl-C ends it also where generations are short, with --jobs %s', async (jobs) => {
    const file = written(`${head('{ kind: ackley, dimension: 5 }', '{ kind: evolution-strategy, lambda: 20 }')}until: { generations: 1000000000 }\n`); // prettier-ignore
    const out = join(folder, `signal-${jobs}`);
    const running = start(['evolve', file, '--jobs', jobs, '--out', out], folder);
    while (!existsSync(join(out, 'evolve.yaml'))) await new Promise((resolve) => setTimeout(resolve, 10));
    await new Promise((resolve) => setTimeout(resolve, 300));
    running.child.kill('SIGINT');
    const { code, err } = await running.ended;
    expect(code).toBe(130);
    expect(err).toMatch(/interrupted after \d+ generations; checkpoint: .*\nto go on: settle evolve .* --resume/);
    expect(existsSync(join(out, 'checkpoint.json'))).toBe(true);
  });

  it.each(['1', '2'])('Ctrl-C does not wait for a candidate that trains, with --jobs %s', async (jobs) => {
    const task = '{ kind: model, model: xor, set: { data.train: 2000, data.validation: 40, data.test: 40, learning.epochs: 1000 }, vary: { phases.nudge.beta: { low: 0.1, high: 1 } } }'; // prettier-ignore
    const out = join(folder, `training-${jobs}`);
    const running = start(['evolve', written(head(task, 'cma-es')), '--jobs', jobs, '--out', out], folder);
    while (!existsSync(join(out, 'evolve.yaml'))) await new Promise((resolve) => setTimeout(resolve, 10));
    await new Promise((resolve) => setTimeout(resolve, 1000));
    running.child.kill('SIGINT');
    expect((await running.ended).err).toMatch(/interrupted after 0 generations/);
  });

  it('a network of rate units becomes a model that settle run takes, with the errors of the search', async () => {
    const file = written(`${head('{ kind: network, data: { set: moons, train: 100, test: 100 } }', '{ kind: neat, population: 50 }')}until: { generations: 15 }\n`); // prettier-ignore
    expect((await command('evolve', file, '--jobs', '1', '--out', join(folder, 'net'))).code).toBe(0);
    const { code, out } = await command('run', join(folder, 'net', 'champion.yaml'), '--out', join(folder, 'net-run'), '--threads', '1', '--json'); // prettier-ignore
    expect(code).toBe(0);
    expect((JSON.parse(out) as { testError: number }).testError).toBeLessThan(0.25);
  });

  it('numbers of a model evolve against their validation error, and a front is drawn for several objectives', async () => {
    const model = '{ kind: model, model: xor, set: { data.train: 120, data.validation: 40, data.test: 40, learning.epochs: 1 }, vary: { learning.rates.x->h: { low: 0.01, high: 1, scale: log }, phases.nudge.beta: { low: 0.1, high: 1 } }, objectives: [error, spikes] }'; // prettier-ignore
    const file = written(`${head(model, '{ kind: nsga-ii, population: 4 }')}until: { generations: 2 }\n`);
    const { code, out } = await command('evolve', file, '--jobs', '1', '--out', join(folder, 'hyper'), '--json');
    expect(code).toBe(0);
    const result = JSON.parse(out) as { champion: { settings: string[] }; front: unknown[] };
    expect(result.champion.settings[0]).toMatch(/^learning\.rates\.x->h=0\.\d+/);
    expect(result.front.length).toBeGreaterThan(0);
    expect(read('hyper', 'evolution.html')).toContain('Front');
    expect(read('hyper', 'champion.yaml')).toContain('settle: 1');
  });

  it('an activation evolves as an expression, and the champion is a model file that says it', async () => {
    const task = '{ kind: expression, model: lecture-example, path: populations.s1.activation, names: [u], set: { data.train: 100, data.validation: 40, learning.epochs: 1 } }'; // prettier-ignore
    const file = written(`${head(task, '{ kind: genetic-programming, population: 6 }')}until: { generations: 2 }\n`);
    const { code, out } = await command('evolve', file, '--jobs', '1', '--out', join(folder, 'act'), '--json');
    expect(code).toBe(0);
    const { champion } = JSON.parse(out) as { champion: { words: string } };
    const text = JSON.parse(champion.words.slice('populations.s1.activation='.length)) as string;
    expect(read('act', 'champion.yaml')).toContain(text);
  });

  it('error and joules of an inference on a chip are two objectives', async () => {
    const model = '{ kind: model, model: xor, profile: loihi-1, set: { data.train: 120, data.validation: 40, data.test: 40, learning.epochs: 1 }, vary: { populations.h.units: { low: 4, high: 16, whole: true } }, objectives: [error, energy] }'; // prettier-ignore
    const file = written(`${head(model, '{ kind: nsga-ii, population: 4 }')}until: { generations: 1 }\n`);
    const { code, out, err } = await command('evolve', file, '--jobs', '1', '--out', join(folder, 'chip'), '--json');
    expect(err + code).toBe('0');
    const { champion } = JSON.parse(out) as { champion: { objectives: number[]; settings: string[] } };
    expect(champion.objectives[1]).toBeLessThan(0);
    expect(champion.settings[0]).toMatch(/^populations\.h\.units=\d+$/);
  });

  it('an evaluator that is killed costs one candidate, and the others are scored', async () => {
    const text = head('{ kind: model, model: xor, set: { data.train: 400, data.validation: 40, data.test: 40, learning.epochs: 2 }, vary: { phases.nudge.beta: { low: 0.1, high: 1 } } }', 'cma-es'); // prettier-ignore
    const pool = evaluatorPool({ text, file: 'test', set: [] }, 2, { aborted: false });
    const scoring = pool.scores(Array.from({ length: 6 }, (_, k) => [k / 6]));
    await new Promise((resolve) => setTimeout(resolve, 200));
    process.kill(pool.processes()[0]!, 'SIGKILL');
    const scores = await scoring;
    pool.close();
    expect(scores).toHaveLength(6);
    const failed = scores.filter(({ failure }) => failure !== null);
    expect(failed.map(({ failure }) => failure)).toEqual(["the evaluator's process was killed by SIGKILL"]);
    expect(scores.filter(({ fitness }) => fitness <= 0 && fitness >= -1)).toHaveLength(5);
  });

  it('an evaluator that dies between two generations costs nothing, whether its end is known or not', async () => {
    const text = head('{ kind: sphere, dimension: 2 }', 'cma-es');
    const pool = evaluatorPool({ text, file: 'test', set: [] }, 1, { aborted: false });
    const once = async (x: number): Promise<void> => {
      const scores = await pool.scores([[x, 0], [0, x]]); // prettier-ignore
      expect(scores.map(({ fitness, failure }) => [fitness, failure])).toEqual([[-x * x, null], [-x * x, null]]); // prettier-ignore
    };
    await once(1);
    const [first] = pool.processes();
    process.kill(first!, 'SIGKILL');
    await once(2);
    const [second] = pool.processes();
    expect(second).not.toBe(first);
    process.kill(second!, 'SIGKILL');
    while (pool.processes().length > 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await once(3);
    pool.close();
  });
});

describe('bad input to settle evolve', () => {
  it.each([
    ['a task that is none', head('xr', 'neat'), /task/],
    ['an algorithm that is none', head('xor', 'neet'), /algorithm.*expected/],
    ['an unknown key', head('{ kind: mirror, widht: 4 }', 'neat'), /unknown key.*did you mean "width"/],
    ['an algorithm that does not suit', head('one-max', 'neat'), /algorithm\.kind: the task one-max evolves strings of bits: found neat, expected genetic-algorithm/], // prettier-ignore
    ['a vector on a growing task', head('xor', 'cma-es'), /networks that grow/],
    ['a range upside down', head('{ kind: model, model: xor, vary: { phases.nudge.beta: { low: 1, high: 0.1 } } }', 'cma-es'), /upside down: found 1 to 0\.1/], // prettier-ignore
    ['energy without a profile', head('{ kind: model, model: xor, objectives: [error, energy], vary: { phases.nudge.beta: { low: 0.1, high: 1 } } }', 'nsga-ii'), /energy has no price/], // prettier-ignore
    ['a name that the text may not use', head('{ kind: expression, model: lecture-example, path: populations.s1.activation, names: [v], set: { data.validation: 20 } }', 'genetic-programming'), /unknown name.*found v, expected one of u/], // prettier-ignore
    ['nothing to vary', head('{ kind: model, model: xor, vary: {} }', 'cma-es'), /nothing to vary/],
    ['a path that does not exist', head('{ kind: model, model: xor, set: { data.validation: 20 }, vary: { phases.nudge.bta: { low: 0.1, high: 1 } } }', 'cma-es'), /bta.*did you mean "beta"/], // prettier-ignore
    ['a model that does not exist', head('{ kind: model, model: xorr, vary: { phases.nudge.beta: { low: 0.1, high: 1 } } }', 'cma-es'), /no such model/], // prettier-ignore
    ['no validation split', head('{ kind: model, model: xor, vary: { phases.nudge.beta: { low: 0.1, high: 1 } } }', 'cma-es'), /validation/], // prettier-ignore
    ['a population of one', head('xor', '{ kind: neat, population: 1 }'), /population.*2 or more/],
    ['no YAML', 'settleEvolve: [', /YAML/],
    ['a newer version', 'settleEvolve: 2\nname: a\ntask: xor\nalgorithm: neat\n', /settleEvolve/],
  ])('%s: one message, exit 2, nothing written', async (_, text, words) => {
    const out = join(folder, `bad-${count}`);
    const { code, err } = await command('evolve', written(text), '--out', out);
    expect(code).toBe(2);
    expect(err).toMatch(words);
    expect(err.trim().split('\n')).toHaveLength(1);
    expect(existsSync(out)).toBe(false);
  });

  it('a model or a profile that has changed meanwhile is another search; another budget is not', async () => {
    const [model, profile] = [join(folder, 'mine.yaml'), join(folder, 'chip.yaml')];
    const bundled = (kind: string, name: string): string => readFileSync(join(root, kind, `${name}.yaml`), 'utf8');
    writeFileSync(model, bundled('models', 'xor'));
    writeFileSync(profile, bundled('hw-profiles', 'loihi-1'));
    const task = `{ kind: model, model: ${model}, profile: ${profile}, set: { data.train: 60, data.validation: 20, data.test: 20, learning.epochs: 1 }, vary: { phases.nudge.beta: { low: 0.1, high: 1 } } }`; // prettier-ignore
    const file = written(`${head(task, '{ kind: cma-es, lambda: 2 }')}until: { generations: 1 }\n`);
    const out = join(folder, 'identity');
    const run = (...more: string[]) => command('evolve', file, '--jobs', '1', '--out', out, ...more);
    expect((await run()).code).toBe(0);
    expect((await run('--resume', '--generations', '2')).code).toBe(0);
    writeFileSync(model, bundled('models', 'xor').concat('# as before\n'));
    writeFileSync(profile, bundled('hw-profiles', 'loihi-1').concat('# as before\n'));
    expect((await run('--resume', '--generations', '3')).code).toBe(0);
    for (const [changed, text] of [[model, bundled('models', 'xor').replace('gain: 0.7', 'gain: 0.8')], [profile, bundled('hw-profiles', 'loihi-1').replace('minimum: 0, maximum: 62', 'minimum: 0, maximum: 61')]] as const) {
      const before = readFileSync(changed, 'utf8');
      expect(text).not.toBe(before);
      writeFileSync(changed, text);
      const { code, err } = await run('--resume', '--generations', '4');
      expect(code).toBe(2);
      expect(err).toMatch(/another search: found .*another content of the model or profile/);
      writeFileSync(changed, before);
    }
    expect((await run('--resume', '--generations', '4')).code).toBe(0);
  }); // prettier-ignore

  it('evolve.yaml says what was searched, flags included, and the result which settle searched', async () => {
    const text = `# Mine.\n${head('{ kind: one-max }', 'genetic-algorithm')}until: { generations: 3 }\n`;
    const file = written(text);
    const out = join(folder, 'effective');
    const run = async (...more: string[]) => JSON.parse((await command('evolve', file, '--jobs', '1', '--json', ...more)).out) as Record<string, unknown>; // prettier-ignore
    const first = await run('--out', out, '--seed', '7', '--set', 'task.length=20', '--generations', '2');
    const effective = join(out, 'evolve.yaml');
    expect(loadEvolution(readFileSync(effective, 'utf8'), effective).spec).toMatchObject({ seed: 7, task: { kind: 'one-max', length: 20 }, until: { generations: 2 } }); // prettier-ignore
    const again = JSON.parse((await command('evolve', effective, '--jobs', '1', '--json', '--out', `${out}-again`)).out) as object; // prettier-ignore
    expect({ ...again, folder: out }).toEqual(first);
    expect(first).toMatchObject({ ...build() });
    await run('--out', `${out}-plain`);
    expect(read('effective-plain', 'evolve.yaml')).toBe(text);
  });

  it('a folder of another search, another seed on resume, a broken checkpoint: exit 2', async () => {
    const file = written(`${head('one-max', 'genetic-algorithm')}until: { generations: 3 }\n`);
    const out = join(folder, 'again');
    await command('evolve', file, '--out', out, '--jobs', '1');
    expect((await command('evolve', file, '--out', out)).err).toMatch(/holds a search already/);
    expect((await command('evolve', file, '--out', out, '--resume', '--seed', '2')).err).toMatch(/another search/);
    writeFileSync(join(out, 'checkpoint.json'), '{');
    expect((await command('evolve', file, '--out', out, '--resume')).err).toMatch(/not a checkpoint/);
    writeFileSync(join(out, 'mine.txt'), '');
    expect((await command('evolve', file, '--out', out, '--resume')).err).toMatch(/other contents: found mine\.txt/);
    expect((await command('evolve', join(folder, 'missing.yaml'))).err).toMatch(/cannot read the evolution file/);
  });
});

describe('the page of a search', () => {
  const record = {
    generation: 1,
    evaluations: 10,
    best: null,
    median: null,
    diversity: 0,
    species: null,
    failures: 10,
  };
  const input = { name: 'a<b', task: 't', algorithm: 'a', seed: 1, solved: false, going: false, fitness: 'f', objectives: ['f'], records: [record], champion: null, front: [], failures: [{ generation: 1, individual: 3, message: '<boom>' }] }; // prettier-ignore
  it('stands no generation, one that failed whole, and text that is no HTML', () => {
    expect(evolutionPage({ ...input, going: true })).toContain('http-equiv="refresh"');
    const page = evolutionPage(input);
    expect(page).toContain('a&lt;b');
    expect(page).toContain('&lt;boom&gt;');
    expect(page).not.toContain('NaN');
    expect(page).not.toContain('refresh');
    expect(evolutionPage({ ...input, records: [] })).not.toContain('NaN');
  });
});

it('the schema in schema/ is the one of the source', () => {
  expect(JSON.parse(readFileSync(new URL('../../schema/evolve.schema.json', import.meta.url), 'utf8'))).toEqual(evolutionJsonSchema()); // prettier-ignore
});
