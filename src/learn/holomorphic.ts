// The holomorphic estimator (Laborieux and Zenke, NeurIPS 2022): phases at N points beta e^(2 pi i m / N) of a circle, from the
// same free state, in complex states; -dC/dw is the mean of Re[dPhi/dw / beta_m], exact up to the order beta^N. The dynamics
// are real, so the points m and N - m are conjugate and one of the two is run.
import { complexBuffers, complexNudge, complexOperations, imaginary } from '../engine/complexStep.ts';
import type { SettlingNetwork } from '../engine/settling.ts';
import { call, name as named, num } from '../expr/tools.ts';
import type { Tree } from '../expr/tree.ts';
import type { Builder } from '../program/builder.ts';
import type { Operation, OuterTerm, Sequence } from '../program/program.ts';
import type { Directions, Learned } from './optimiser.ts';

export interface Holomorphic {
  /** The nudged phases, from the held free state. */
  readonly phases: Sequence;
  readonly count: number;
  readonly directions: Directions;
}

/** `steps` of each phase; the slot `restore` puts the real states back. */
export function holomorphic(builder: Builder, network: SettlingNetwork, learned: readonly Learned[], options: { points: number; steps: number }): Holomorphic {
  const { points, steps } = options;
  const learns = (buffer: string): boolean => learned.some((one) => one.buffer === buffer);
  const step = network.step(named(complexNudge));
  const gradient = [...network.gradient(), ...network.read()];
  const states = network.settled.map(network.stateOf);
  const complex = new Set([...complexBuffers([...step, ...gradient]), ...states]);
  const perPoint = call('div', named('perExample'), call('mul', num(points), named('beta')));
  const outer = new Map<string, OuterTerm[]>();
  const sums = new Map<string, { readonly into: string; readonly sign: 1 | -1 }>();
  const phases: (readonly [string, number])[] = [];
  const flipped = (sign: 1 | -1): 1 | -1 => (sign === 1 ? -1 : 1);
  const map = (into: string, value: Tree): Operation => ({ op: 'map', units: builder.shapeOf(into)[0]!, assign: [{ into, value }] });
  const part = (buffer: string, label: string): string => builder.buffer(`${buffer}:${label}`, [builder.shapeOf(buffer)[0]!], { batch: true });
  const add = (weight: string, ...terms: OuterTerm[]): void => void outer.set(weight, [...(outer.get(weight) ?? []), ...terms]);
  const fromZero: Operation[] = states.map((state) => ({ op: 'fill', into: imaginary(state), value: 0 }));
  let count = 0;

  for (let m = 0; 2 * m <= points; m++) {
    count += 1;
    const [cos, sin] = [Math.cos((2 * Math.PI * m) / points), Math.sin((2 * Math.PI * m) / points)];
    const twice = m === 0 || 2 * m === points ? 1 : 2;
    const nudge = { re: call('mul', num(cos), named('beta')), im: call('mul', num(sin), named('beta')) };
    builder.add(`point${m}`, ...complexOperations(builder, step, complex, nudge));
    const end: Operation[] = complexOperations(builder, gradient, complex, nudge);
    /** Each once, however many strands ask for it. */
    const once = <T>(make: (buffer: string) => T): ((buffer: string) => T) => {
      const known = new Map<string, T>();
      return (buffer) => {
        const value = known.has(buffer) ? known.get(buffer)! : make(buffer);
        known.set(buffer, value);
        return value;
      };
    };
    /** The parts of g e^(-i angle), for both conjugate points. */
    const turned = once((buffer): { re: string; im: string } => {
      const [re, im] = [part(buffer, `re${m}`), part(buffer, `im${m}`)];
      const [a, b] = [named(buffer), named(imaginary(buffer))];
      const weighted = (x: Tree, fx: number, y: Tree, fy: number): Tree =>
        call('add', call('mul', num(twice * fx), x), call('mul', num(twice * fy), y));
      end.push(map(re, weighted(a, cos, b, sin)), map(im, weighted(b, cos, a, -sin)));
      return { re, im };
    });
    const added = once((buffer): string => {
      const { re } = turned(buffer);
      const into = part(buffer, 'points');
      end.push(m === 0 ? { op: 'copy', from: re, into } : map(into, call('add', named(into), named(re))));
      return into;
    });
    const kept = once((buffer): string => {
      const into = part(buffer, `kept${m}`);
      end.push({ op: 'copy', from: buffer, into });
      return into;
    });
    for (const { projection, pre, post, clamped } of network.strands) {
      const weight = network.weightOf(projection);
      if (!learns(weight)) continue;
      const sign = pre.sign === post.sign ? -1 : 1;
      if (clamped) {
        const into = added(post.buffer);
        if (m === 0) add(weight, { pre: pre.buffer, post: into, sign });
      } else {
        const { re, im } = turned(post.buffer);
        add(weight, { pre: kept(pre.buffer), post: re, sign }, { pre: kept(imaginary(pre.buffer)), post: im, sign: flipped(sign) });
      }
    }
    for (const p of network.settled) {
      const source = network.biasSource(p);
      if (source && learns(network.biasOf(p))) sums.set(network.biasOf(p), { into: added(source.buffer), sign: source.sign });
    }
    builder.add(`point${m}.end`, ...end);
    builder.add(`point${m}.begin`, ...fromZero);
    phases.push(['restore', 1], [`point${m}.begin`, 1], [`point${m}`, steps], [`point${m}.end`, 1]);
  }
  const terms = new Map<string, { outer?: OuterTerm[]; reduce?: string; scale: Tree }>();
  for (const [weight, list] of outer) terms.set(weight, { outer: list, scale: perPoint });
  for (const [bias, { into, sign }] of sums) terms.set(bias, { reduce: into, scale: sign === 1 ? call('neg', perPoint) : perPoint });
  return { phases, count, directions: { prepare: [], terms } };
} // prettier-ignore
