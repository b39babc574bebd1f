// CMA-ES (Hansen, "The CMA evolution strategy: a tutorial", arXiv 1604.00772) with its default parameters and positive weights:
// a normal distribution that learns its mean, its step length and its covariance from ranks alone.
import { symmetricEigen } from '../math/eigen.ts';
import { exp, log } from '../math/elementary.ts';
import { norm } from '../math/linear.ts';
import { draws } from './draws.ts';
import { type Algorithm, ranked, type State } from './search.ts';

export interface CmaOptions {
  readonly mean: readonly number[];
  readonly sigma: number;
  /** Candidates of a generation (default 4 + floor(3 ln n)). */
  readonly lambda?: number | undefined;
}

export interface CmaState extends State {
  readonly mean: readonly number[];
  readonly sigma: number;
  readonly pathSigma: readonly number[];
  readonly pathC: readonly number[];
  /** n x n, row-major. */
  readonly covariance: readonly number[];
  /** C = B D^2 B' as it was `age` generations ago: eigenvectors in columns, square roots of eigenvalues. */
  readonly vectors: readonly number[];
  readonly scales: readonly number[];
  readonly age: number;
}

/** The tutorial's defaults. */
export function cmaParameters(n: number, lambda = 4 + Math.floor(3 * log(n))) {
  const mu = Math.floor(lambda / 2);
  const raw = Array.from({ length: mu }, (_, k) => log((lambda + 1) / 2) - log(k + 1));
  const sum = raw.reduce((a, b) => a + b, 0);
  const weights = raw.map((weight) => weight / sum);
  const muEff = 1 / weights.reduce((a, w) => a + w * w, 0);
  const cSigma = (muEff + 2) / (n + muEff + 5);
  const dSigma = 1 + 2 * Math.max(0, Math.sqrt((muEff - 1) / (n + 1)) - 1) + cSigma;
  const cC = (4 + muEff / n) / (n + 4 + (2 * muEff) / n);
  const c1 = 2 / ((n + 1.3) ** 2 + muEff);
  const cMu = Math.min(1 - c1, (2 * (muEff - 2 + 1 / muEff)) / ((n + 2) ** 2 + muEff));
  const chiN = Math.sqrt(n) * (1 - 1 / (4 * n) + 1 / (21 * n * n));
  /** Generations between two decompositions, as in pycma: C changes little in them. */
  const lazy = Math.max(1, Math.floor(0.5 / ((c1 + cMu) * n)));
  return { lambda, mu, weights, muEff, cSigma, dSigma, cC, c1, cMu, chiN, lazy };
}

/** Everything that follows from a state: z of each candidate is drawn anew, so that it need not be kept. */
function sample(state: CmaState, lambda: number): { ys: Float64Array[]; xs: number[][] } {
  const { mean, sigma, vectors, scales, seed, generation } = state;
  const n = mean.length;
  const ys = Array.from({ length: lambda }, (_, k) => {
    const random = draws(seed, 'mutate', generation, k);
    const z = scales.map((scale) => scale * random.normal());
    const y = new Float64Array(n);
    for (let i = 0; i < n; i++) {
      let sum = 0;
      for (let j = 0; j < n; j++) sum += vectors[i * n + j]! * z[j]!;
      y[i] = sum;
    }
    return y;
  });
  return { ys, xs: ys.map((y) => mean.map((m, i) => m + sigma * y[i]!)) };
}

export function cmaEs(options: CmaOptions): Algorithm<readonly number[], CmaState> {
  const n = options.mean.length;
  const parameters = cmaParameters(n, options.lambda);
  const { lambda, mu, weights, muEff, cSigma, dSigma, cC, c1, cMu, chiN, lazy } = parameters;
  // `tell` follows `ask` of the same state: what was drawn there is kept, and drawn again after a resume.
  const drawn = new WeakMap<CmaState, ReturnType<typeof sample>>();
  const sampled = (state: CmaState): ReturnType<typeof sample> => {
    const found = drawn.get(state) ?? sample(state, lambda);
    drawn.set(state, found);
    return found;
  };
  const identity = Array.from({ length: n * n }, (_, k) => (k % (n + 1) === 0 ? 1 : 0));
  const zeros = options.mean.map(() => 0);
  return {
    name: 'cma-es',
    begin: (seed) => ({
      seed, generation: 0, mean: options.mean, sigma: options.sigma, pathSigma: zeros, pathC: zeros,
      covariance: identity, vectors: identity, scales: zeros.map(() => 1), age: 0,
    }), // prettier-ignore
    ask: (state) => sampled(state).xs,
    tell(state, scores) {
      const { ys } = sampled(state);
      const chosen = ranked(scores.map(({ fitness }, place) => ({ fitness, place }))).slice(0, mu).map(({ place }) => ys[place]!); // prettier-ignore
      const step = zeros.map((_, i) => chosen.reduce((sum, y, k) => sum + weights[k]! * y[i]!, 0));
      const mean = state.mean.map((m, i) => m + state.sigma * step[i]!);
      const push = Math.sqrt(cSigma * (2 - cSigma) * muEff);
      const white = whitened(state, step);
      const pathSigma = state.pathSigma.map((p, i) => (1 - cSigma) * p + push * white[i]!);
      const length = norm(pathSigma);
      const started = Math.sqrt(1 - (1 - cSigma) ** (2 * (state.generation + 1)));
      const h = length / started < (1.4 + 2 / (n + 1)) * chiN ? 1 : 0;
      const pathC = state.pathC.map((p, i) => (1 - cC) * p + h * Math.sqrt(cC * (2 - cC) * muEff) * step[i]!);
      const covariance = updated(state.covariance, pathC, chosen, 1 - c1 - cMu + (1 - h) * c1 * cC * (2 - cC));
      const sigma = state.sigma * exp(Math.min(1, (cSigma / dSigma) * (length / chiN - 1)));
      const age = state.age + 1;
      const next = { seed: state.seed, generation: state.generation + 1, mean, sigma, pathSigma, pathC, covariance };
      if (age < lazy) return { ...next, vectors: state.vectors, scales: state.scales, age };
      const { values, vectors } = symmetricEigen(covariance, n);
      const largest = values.reduce((a, b) => Math.max(a, b), 0);
      // A covariance that has collapsed keeps the smallest axis that doubles can tell from nothing.
      return { ...next, vectors: Array.from(vectors), scales: Array.from(values, (value) => Math.sqrt(Math.max(value, largest * 1e-16))), age: 0 }; // prettier-ignore
    },
    diversity: ({ sigma, covariance }) => {
      let trace = 0;
      for (let i = 0; i < n; i++) trace += covariance[i * n + i]!;
      return sigma * Math.sqrt(trace / n);
    },
  };

  /** B D^-1 B' y. */
  function whitened({ vectors, scales }: CmaState, y: readonly number[]): number[] {
    const inner = new Float64Array(n);
    for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) inner[j]! += vectors[i * n + j]! * y[i]!;
    for (let j = 0; j < n; j++) inner[j]! /= scales[j]!;
    return zeros.map((_, i) => {
      let sum = 0;
      for (let j = 0; j < n; j++) sum += vectors[i * n + j]! * inner[j]!;
      return sum;
    });
  }

  /** keep C + c1 p p' + cMu sum of w y y'; both triangles from one, so that C stays symmetric to the bit. */
  function updated(c: readonly number[], path: readonly number[], ys: readonly Float64Array[], keep: number): number[] {
    const next = Array<number>(n * n).fill(0);
    const row = new Float64Array(n);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j <= i; j++) row[j] = keep * c[i * n + j]! + c1 * path[i]! * path[j]!;
      for (let k = 0; k < mu; k++) {
        const y = ys[k]!;
        const weight = cMu * weights[k]! * y[i]!;
        for (let j = 0; j <= i; j++) row[j]! += weight * y[j]!;
      }
      for (let j = 0; j <= i; j++) next[i * n + j] = next[j * n + i] = row[j]!;
    }
    return next;
  }
}
