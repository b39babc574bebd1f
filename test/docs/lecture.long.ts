// docs/lecture.md, done: every command in order, what it prints, and the figures that the text claims.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Comparison } from '../../src/report/comparison.ts';
import { type Done, follow, readPage } from './blocks.ts';

let done: Done;
beforeAll(async () => {
  done = await follow(readPage('lecture.md'), 'docs/lecture.md');
}, 300_000);
afterAll(() => done.remove());

const said = (command: string): string => done.said.get(`npx settle ${command}`)!;
/** Relative errors of the update in the layers' weights, from the table of a check. */
const misses = (command: string): number[] =>
  [...said(command).matchAll(/^\S+\.weight +\S+ +\S+ +[\d.]+ +(\S+) +[\d.]+$/gm)].map(([, error]) => Number(error));

it('every command of the page ends as it says and prints what it shows', () => {
  expect(done.wrong).toEqual([]);
});

it('files that the page names are there', () => {
  const names = [...readPage('lecture.md').matchAll(/`((?:src|test|models)\/[\w./-]+)`/g)].map(([, name]) => name!);
  expect(names.length).toBeGreaterThan(20);
  for (const name of names) expect(() => readFileSync(new URL(`../../${name}`, import.meta.url)), name).not.toThrow();
});

it('estimators at beta 0.1 are as far from the gradient as the text says', () => {
  const [one, two, four] = ['--set phases.nudge.estimator=one-sided', '', '--set phases.nudge.estimator=holomorphic'].map((set) => misses(`check layers.yaml ${set}`.trim())); // prettier-ignore
  for (const list of [one, two, four]) expect(list).toHaveLength(4);
  expect(Math.min(...one!)).toBeGreaterThan(0.1);
  expect(Math.max(...two!)).toBeLessThan(0.1);
  expect(Math.max(...four!)).toBeLessThan(0.01);
});

it('the nudge misses nothing inside the activation, and something however small beta is outside', () => {
  const [, inside, outside] = /misses the gradient by (\S+) with the nudge inside the activation and by (\S+) outside/.exec(said('check layers.yaml --explain --set populations.y.activation=sigmoid'))!; // prettier-ignore
  expect(Number(inside)).toBeLessThan(1e-6);
  expect(Number(outside)).toBeGreaterThan(0.5);
});

it('the symmetric updates over time lie nearer to those of backpropagation through time, as the text says', () => {
  const [head, rows] = said('check lecture-example --examples 1 --out courses.html').split('RMSE and opposite signs');
  expect(head).toBeDefined();
  const errors = [...rows!.matchAll(/^\S+\.weight +(\S+) +\S+ % +(\S+) +\S+ % +(\S+) +\S+ % +(\S+) +\S+ %/gm)].map((row) => row.slice(1).map(Number)); // prettier-ignore
  expect(errors).toHaveLength(4);
  for (const [one, two, oneFiner, twoFiner] of errors) {
    expect(one! / two!).toBeGreaterThan(3);
    expect(Math.abs(Math.log10(one! / oneFiner!) - 1)).toBeLessThan(0.2);
    expect(Math.abs(Math.log10(two! / twoFiner!) - 2)).toBeLessThan(0.3);
  }
  expect(readFileSync(join(done.folder, 'courses.html'), 'utf8')).toContain('<svg');
});

it('separate matrices align by the same update and decay, and less by updates of their own', () => {
  const angles = (folder: string): number[] => {
    const { rows } = JSON.parse(readFileSync(join(done.folder, folder, 'comparison.json'), 'utf8')) as Pick<Comparison, 'rows'>; // prettier-ignore
    return rows[0]!.weights.map(({ angle }) => angle!.mean);
  };
  const [same, different] = [angles('runs/same'), angles('runs/different')];
  expect(Math.max(...same)).toBeLessThan(10);
  expect(Math.min(...different)).toBeGreaterThan(2 * Math.min(...same));
});

it('target propagation with trained decoders stays behind, the others learn', () => {
  const { rows } = JSON.parse(readFileSync(join(done.folder, 'runs/targets/comparison.json'), 'utf8')) as Pick<Comparison, 'rows'>; // prettier-ignore
  const mean = Object.fromEntries(rows.map(({ label, testError }) => [label, testError!.mean]));
  expect(mean['tp']).toBeGreaterThan(0.5);
  for (const rule of ['dtp', 'sdtp', 'l-drl']) expect(mean[rule], rule).toBeLessThan(0.1);
});
