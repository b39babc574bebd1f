// An energy of two units as text: its slopes, where it settles freely and under a nudge, and what equilibrium propagation
// makes of the two. Pure; the theorem is Scellier and Bengio 2017.
import { derivative, simplify } from '../../expr/derivative.ts';
import { compile } from '../../expr/evaluate.ts';
import { parseExpression } from '../../expr/parse.ts';
import { print } from '../../expr/tools.ts';

/** Texts to begin with, by what they are. */
export const presets: Readonly<Record<string, string>> = {
  'two linear units': '1/2*x^2 + 1/2*y^2 - w*x*y - b*x',
  'continuous Hopfield': '1/2*x^2 + 1/2*y^2 - w*tanh(x)*tanh(y) - b*tanh(x)',
  'predictive coding': '1/2*(x - b)^2 + 1/2*(y - tanh(w*x))^2',
  'two wells': '1/4*(x^2 - 1)^2 + 1/2*y^2 - w*x*y - b*x',
  'coupled oscillators': '1 - cos(x - b) + 1 - w*cos(y - x)',
};
/** x is hidden, y the output; w and b are learned. */
export const names = ['x', 'y', 'w', 'b'] as const;
export interface Settings {
  readonly w: number;
  readonly b: number;
  readonly beta: number;
  readonly target: number;
}
export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface EnergyText {
  /** dE/dx and dE/dy as texts. */
  readonly slopes: { readonly x: string; readonly y: string };
  /** E + beta/2 (y - target)^2 */
  energy(at: Point, settings: Settings): number;
  /** Of that energy, downhill. */
  force(at: Point, settings: Settings): Point;
  /** dE/dw, dE/db */
  slopesOfWeights(at: Point, settings: Settings): { w: number; b: number };
}

/** @throws SettleError of kind `input` with the column */
export function energyText(text: string): EnergyText {
  const tree = parseExpression(text, { names, path: 'energy' });
  const slopes = names.map((name) => simplify(derivative(tree, name)));
  const [e, dx, dy, dw, db] = [tree, ...slopes].map((each) => compile(each, names)) as ((values: Float64Array) => number)[]; // prettier-ignore
  const values = new Float64Array(names.length);
  const at = ({ x, y }: Point, { w, b }: Settings): Float64Array => {
    values.set([x, y, w, b]);
    return values;
  };
  return {
    slopes: { x: print(slopes[0]!), y: print(slopes[1]!) },
    energy: (point, settings) => e!(at(point, settings)) + (settings.beta / 2) * (point.y - settings.target) ** 2,
    force(point, settings) {
      const all = at(point, settings);
      return { x: -dx!(all), y: -dy!(all) - settings.beta * (point.y - settings.target) };
    },
    slopesOfWeights(point, settings) {
      const all = at(point, settings);
      return { w: dw!(all), b: db!(all) };
    },
  };
}

/** Time of one step, and how far a settled point may still move in a unit of time. */
const step = 0.05;
const still = 1e-11;

/** The way downhill by the midpoint rule until nothing moves, at most `most` steps; it stops where a number is no longer one. */
export function settleFrom({ force }: EnergyText, from: Point, settings: Settings, most = 4000): { readonly path: readonly Point[]; readonly settled: boolean } {
  const path = [from];
  let at = from;
  for (let k = 0; k < most; k++) {
    const first = force(at, settings);
    const half = force({ x: at.x + (step / 2) * first.x, y: at.y + (step / 2) * first.y }, settings);
    const next = { x: at.x + step * half.x, y: at.y + step * half.y };
    if (!(Math.abs(next.x) < 1e6 && Math.abs(next.y) < 1e6)) return { path, settled: false };
    path.push((at = next));
    if (Math.hypot(half.x, half.y) < still) return { path, settled: true };
  }
  return { path, settled: false };
} // prettier-ignore

export interface Estimate {
  readonly free: readonly Point[];
  readonly nudged: readonly Point[];
  /** Equilibrium propagation's estimate of dC/dw and dC/db, and the gradient by central differences of what settles; null where one does not settle, or without a nudge. */
  readonly own: { readonly w: number; readonly b: number } | null;
  readonly gradient: { readonly w: number; readonly b: number } | null;
}

/** Settles freely, then nudged from there: (dE/dw nudged - dE/dw free) / beta beside the gradient of C = 1/2 (y - target)^2. */
export function estimate(energy: EnergyText, from: Point, settings: Settings): Estimate {
  const without = { ...settings, beta: 0 };
  const free = settleFrom(energy, from, without);
  const rest = free.path.at(-1)!;
  const nudged = settleFrom(energy, rest, settings);
  const settled = free.settled && nudged.settled;
  const [before, after] = [energy.slopesOfWeights(rest, settings), energy.slopesOfWeights(nudged.path.at(-1)!, settings)]; // prettier-ignore
  const per = (name: 'w' | 'b'): number => (after[name] - before[name]) / settings.beta;
  const cost = (change: Partial<Settings>): number | null => {
    const { path, settled: done } = settleFrom(energy, rest, { ...without, ...change });
    return done ? (path.at(-1)!.y - settings.target) ** 2 / 2 : null;
  };
  const h = 1e-4;
  const slope = (name: 'w' | 'b'): number | null => {
    const [up, down] = [cost({ [name]: settings[name] + h }), cost({ [name]: settings[name] - h })];
    return up === null || down === null ? null : (up - down) / (2 * h);
  };
  const [w, b] = settled ? [slope('w'), slope('b')] : [null, null];
  return {
    free: free.path,
    nudged: settings.beta === 0 ? [] : nudged.path,
    own: settled && settings.beta !== 0 ? { w: per('w'), b: per('b') } : null,
    gradient: w === null || b === null ? null : { w, b },
  };
}
