// settle check on rate models: what passes, what fails and with which layer, what is expected to differ, and its picture.
import { describe, expect, it } from 'vitest';
import { explanation } from '../../src/cli/checkExplained.ts';
import { checkText, verdict } from '../../src/cli/checkText.ts';
import { bp } from '../../src/learn/bp.ts';
import type { Rule } from '../../src/learn/rule.ts';
import { loadModel } from '../../src/model/load.ts';
import type { Model } from '../../src/model/model.ts';
import { readModel } from '../../src/model/read.node.ts';
import { coursesPicture } from '../../src/report/courses.ts';
import { check } from '../../src/run/check.node.ts';
import type { CheckResult } from '../../src/run/checkResult.ts';
import { ruleNotes } from '../../src/run/notes.ts';
import { rules } from '../../src/run/tables.ts';

const bundled = (name: string, ...set: string[]): Model => readModel(name, { set }).model;
const checked = async (model: Model, more: { rule?: Rule; explain?: boolean } = {}): Promise<CheckResult> =>
  (await check({ model, examples: 2, threads: 1, ...more })).result;

/** x -> h1 -> h2 -> y on bars, for rules that make a pass. */
function pass(rule: string, ...set: string[]): Model {
  const text = `
settle: 1
name: pass
data: { set: bars, train: 100, test: 20, batch: 10 }
populations:
  x: { units: 16, kind: input }
  h1: { units: 12, kind: rate, activation: tanh, dropout: 0.2 }
  h2: { units: 10, kind: rate, activation: sigmoid }
  y: { units: 8, kind: readout }
projections: { x->h1: {}, h1->h2: {}, h2->y: {} }
cost: { on: y, kind: cross-entropy }
learning: { rule: ${rule}, optimiser: adam, weightDecay: 0.01, momentum: 0.5 }
`;
  return loadModel(text, { file: 'pass.yaml', set }).model;
}
/** The lecture's network, looked at once. */
const lecture = check({ model: bundled('lecture-example'), examples: 2, threads: 1, explain: true });

const byLayer = (found: CheckResult, what: 'cosine' | 'relativeError'): Record<string, number> =>
  Object.fromEntries(found.gradients.map((one) => [one.buffer, one[what]!]));

describe('the check of a network that settles', () => {
  it.each(['xy', 'resistive', 'modern-hopfield', 'predictive-coding', 'all-to-all'])('passes for %s: EP comes down to the gradient in every layer', async (name) => {
    const found = await checked(bundled(name));
    expect(found.failures).toEqual([]);
    expect(found).toMatchObject({ schema: 'settle-check/1', follows: 'the gradient as beta goes to 0', settling: { fall: null }, passed: true });
    for (const { finiteDifferenceError } of found.gradients) expect(finiteDifferenceError).toBeLessThan(1e-6);
    for (const order of found.settling!.orders) {
      expect(order.symmetric[2], order.layer).toBeLessThan(1e-4);
      // Orders where beta is small: larger ones have terms of higher order.
      expect(Math.log10(order.oneSided[2]! / order.oneSided[3]!), order.layer).toBeCloseTo(1, 1);
      expect(Math.log10(order.symmetric[1]! / order.symmetric[2]!), order.layer).toBeCloseTo(2, 1);
    }
  }); // prettier-ignore

  it('follows partial updates over time: one-sided at beta 0.1 misses by tenths, symmetric by hundredths', async () => {
    const { settling, differentiation, failures } = (await lecture).result;
    expect(failures).toEqual([]);
    const worst = (beta: number, estimator: string): number =>
      Math.max(...settling!.courses.find((one) => one.beta === beta && one.estimator === estimator)!.layers.map((layer) => layer.relativeError));
    expect(worst(0.1, 'one-sided')).toBeGreaterThan(0.05);
    expect(worst(0.1, 'one-sided')).toBeLessThan(0.5);
    expect(worst(0.1, 'symmetric')).toBeLessThan(0.1);
    expect(worst(0.01, 'one-sided') / worst(0.1, 'one-sided')).toBeCloseTo(0.1, 1);
    expect(worst(0.01, 'symmetric') / worst(0.1, 'symmetric')).toBeLessThan(0.02);
    expect(settling!.nudge!.inside).toBeLessThan(1e-5);
    expect(settling!.nudge!.outside).toBeGreaterThan(0.1);
    // Unrolled steps by automatic differentiation, both ways, against the network's own way back.
    expect(differentiation!.error).toBeLessThan(1e-11);
    expect(differentiation!.reverse.passes).toBe(1);
    expect(differentiation!.forward.passes).toBe(differentiation!.numbers);
  }); // prettier-ignore

  it('fails with the layers where the nudge is outside the activation, and says so', async () => {
    const found = await checked(bundled('lecture-example', 'dynamics.nudge=outside'));
    expect(found.passed).toBe(false);
    expect(found.failures.join('\n')).toMatch(/x->s1\.weight: at beta 0\.0001 .*misses the gradient by.*\(the nudge is outside the activation\)/);
  }); // prettier-ignore

  it('fails where nothing settles, and compares nothing else', async () => {
    const found = await checked(bundled('all-to-all', 'dynamics.step=3'));
    expect(found.failures[0]).toMatch(/does not settle.*moves by/);
    expect(found.gradients).toEqual([]);
    expect(checkText(found)).toContain('settled to');
  });

  it('fails where the energy has no lower bound', async () => {
    const found = await checked(
      bundled(
        'all-to-all',
        'populations.h.energy=-s * (input + b)',
        'populations.h.range=[-1000, null]',
        'dynamics.step=0.01',
      ),
    );
    expect(found.failures.join('\n')).toMatch(/the energy has no lower bound: it falls to .* as (h|all) moves by/);
  });

  it('expects nothing of a vector field, whose gradient it finds all the same', async () => {
    const found = await checked(bundled('lecture-example-bidirectional'));
    expect(found).toMatchObject({ follows: 'no gradient', passed: true, settling: { fall: 'vector field' } });
    for (const { finiteDifferenceError } of found.gradients) expect(finiteDifferenceError).toBeLessThan(1e-6);
    expect(byLayer(found, 'cosine')['x->s1.weight']).toBeLessThan(0.9);
  });

  it('takes a readout with cross-entropy: the delta rule is not divided by beta', async () => {
    const found = await checked(
      loadModel(
        `
settle: 1
name: readout
data: { set: bars, train: 100, test: 20, batch: 10 }
populations:
  x: { units: 16, kind: input }
  h1: { units: 10, kind: rate, activation: tanh }
  h2: { units: 8, kind: rate, activation: tanh }
  y: { units: 8, kind: readout }
projections: { x->h1: {}, h1<->h2: { init: { gain: 0.5 } }, h2->y: {} }
cost: { on: y, kind: cross-entropy }
`,
        { file: 'readout.yaml' },
      ).model,
    );
    expect(found.failures).toEqual([]);
    expect(found.settling!.orders.map(({ layer }) => layer)).toContain('h2->y.weight');
    expect(found.differentiation!.error).toBeLessThan(1e-11);
  });
});

describe('the check of a rule that makes a pass', () => {
  it('finds that BP is the gradient to the last digits, with Adam, dropout and decay left aside', async () => {
    const found = await checked(pass('bp'));
    expect(found).toMatchObject({ follows: 'the gradient', settling: null, failures: [], passed: true });
    expect(found.gradients.length).toBe(6);
    for (const one of found.gradients) {
      expect(one.finiteDifferenceError, one.buffer).toBeLessThan(1e-7);
      expect(one.forwardModeError, one.buffer).toBeLessThan(1e-12);
      expect(one.relativeError, one.buffer).toBeLessThan(1e-13);
    }
  });

  it.each(['cost.kind=binary-cross-entropy', 'populations.y.activation=sigmoid', 'populations.h1.activation=relu'])('and so with %s', async (set) => {
    expect((await checked(pass('bp', set))).failures).toEqual([]);
  }); // prettier-ignore

  it('says that FA is expected to differ, and it does, but for the output', async () => {
    const found = await checked(pass('fa'));
    expect(found).toMatchObject({ follows: 'no gradient', passed: true });
    const cosine = byLayer(found, 'cosine');
    expect(cosine['h2->y.weight']).toBeCloseTo(1, 12);
    expect(Math.abs(cosine['x->h1.weight']!)).toBeLessThan(0.9);
    expect(checkText(found)).toContain('fa follows no gradient: its updates are expected to differ from it');
  });

  it('fails with the layer where a rule that should be the gradient is not', async () => {
    const wrong: Rule = {
      name: 'bp',
      contribute(builder, model) {
        const recipe = bp().contribute(builder, model);
        builder.add('probe', { op: 'fill', into: 'h1->h2:own', value: 1 });
        return recipe;
      },
    };
    const found = await checked(pass('bp'), { rule: wrong });
    expect(found.failures).toEqual([expect.stringMatching(/^h1->h2\.weight: the update misses the gradient by/)]);
  });

  it('names layers that have no gradient', async () => {
    const found = await checked(pass('bp', 'projections.h1->h2.init=zero'));
    expect(found.flat).toEqual(['x->h1.weight', 'h1.bias']);
    expect(checkText(found)).toMatch(/no gradient at these weights.*x->h1\.weight, h1\.bias/);
    expect(verdict(found)).toBe('passed\n');
    const all = found.gradients.map(({ buffer }) => buffer);
    expect(verdict({ ...found, flat: all })).toBe('nothing was compared\n');
  });

  const decoding = ['tp', 'dtp', 'sdtp', 'sdtp-g', 'ao-sdtp', 'drl', 'l-drl'];
  it.each(Object.keys(rules).filter((name) => name !== 'ep'))('finds nothing amiss with the rule %s', async (name) => {
    const set = decoding.includes(name) ? ['populations.h1.dropout=0', 'learning.targets.auxiliary=2'] : [];
    const found = await checked(pass(name, ...set));
    expect(found.failures).toEqual([]);
    expect(found.gradients.length).toBeGreaterThan(1);
    const output = found.gradients.find(({ buffer }) => buffer === 'h2->y.weight')!;
    expect(output.cosine).toBeGreaterThan(0.999);
  }); // prettier-ignore
});

describe('words and pictures', () => {
  it('every rule of the table says what it follows and its formulas', () => {
    for (const name of Object.keys(rules)) expect(ruleNotes[name]?.formulas.length, name).toBeGreaterThan(0);
  });

  it('the explanation names the formulas and what each mode costs', async () => {
    const found = await checked(pass('bp'));
    const words = explanation(found);
    expect(words).toContain("hidden error e_l = (W_(l+1) e_(l+1)) * f'(a_l)");
    expect(words).toMatch(/reverse mode .* in 1 pass, [\d,]+ multiply-adds/);
    expect(words).toMatch(new RegExp(`forward mode .* would take ${found.differentiation!.numbers} passes`));
  });

  it('the picture has two curves for each of five synapses in every layer and estimator', async () => {
    const { courses } = await lecture;
    const svg = coursesPicture(courses!, { title: 'a <net>' });
    const [layers, estimators, synapses] = [4, 2, 5];
    expect(svg.match(/stroke-opacity="\.45"\/>/g)!.length).toBe(1 + layers * estimators * synapses);
    expect(svg.match(/stroke-dasharray/g)!.length).toBe(1 + layers * estimators * synapses);
    for (const part of ['one-sided, beta 0.1', 'symmetric, beta 0.1', 's1&lt;-&gt;s2', 'a &lt;net&gt;'])
      expect(svg).toContain(part);
    expect(svg).not.toMatch(/NaN|Infinity|<script/);
    expect(coursesPicture(courses!, { title: 'page', page: true })).toMatch(/^<!doctype html>[\s\S]*<svg/);
  });
});
