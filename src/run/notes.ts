// What each rule follows and computes, in settle's own signs and shapes, for `settle check --explain`. Words only; a test
// holds them to the table of rules.
import type { Follows } from './checkResult.ts';

export interface RuleNote {
  readonly follows: Follows;
  readonly formulas: readonly string[];
}

/** Weights are [pre, post]; mean is over the batch; e is dC/da or what stands for it; * between layers is unit by unit. */
const pass =
  "pass: a_l = s_(l-1) W_l + b_l, s_l = f(a_l); output error e_L = dC/ds * f'(a_L) (cross-entropies: p - target)";
const descent = 'update: W_l += rate mean(-s_(l-1) (x) e_l), b_l += rate mean(-e_l)';
const hidden = (carried: string): readonly string[] => [pass, `hidden error e_l = (${carried}) * f'(a_l)`, descent];
const targets = (target: string, rest: string): readonly string[] => [
  pass,
  `targets: ${target}`,
  `local error e_l = kappa (s_l - t_l) * f'(a_l); ${rest}`,
  descent,
];
const difference = 't_(l-1) = s_(l-1) + g_l(t_l) - g_l(s_l)';

export const ruleNotes: Readonly<Record<string, RuleNote>> = {
  ep: {
    follows: 'the gradient as beta goes to 0',
    formulas: [
      'energy: E = sum of F(s, input, b); force = -dE/ds; map: s <- f(force), flow: s <- s + step * force',
      'nudge of sign r: force - r beta dC/ds inside the activation (nudge: inside), or f(force) - r beta dC/ds (outside)',
      'one-sided: dW = (dE/dW(free) - dE/dW(+beta)) / beta; symmetric: dW = (dE/dW(-beta) - dE/dW(+beta)) / (2 beta)',
      'random sign: one-sided with r beta in the place of beta, divided by the signed beta',
      'holomorphic: dW = -mean over N points of Re[dE/dW(beta_m) / beta_m], beta_m = beta e^(2 pi i m / N)',
      'readout: W_o += rate mean(s (x) (target - p)) at the nudged states, not divided by beta',
      'over time: Delta_W(beta, t) = (dE/dW(s_t) - dE/dW(s_(t+1))) / beta stands beside -grad_W(t), the share in dC/dW of the step t before the end of the free phase',
    ],
  },
  bptt: {
    follows: 'the gradient',
    formulas: ['v = dC/ds at the settled state; one step back: v <- (ds_(t+1)/ds_t)^T v', 'dC/dW = sum over steps of (ds_(t+1)/dW)^T v'],
  },
  bp: { follows: 'the gradient', formulas: hidden('W_(l+1) e_(l+1)') },
  shallow: { follows: 'the gradient', formulas: [pass, 'hidden layers stay as they are', descent] },
  fa: { follows: 'no gradient', formulas: hidden('B_(l+1) e_(l+1), B fixed and random, of the shape of W') },
  dfa: { follows: 'no gradient', formulas: hidden('B_l e_L, B_l fixed and random [units, outputs]; shared: the same rows for all layers') },
  sdfa: { follows: 'no gradient', formulas: hidden('B_l sign(e_L)') },
  drtp: { follows: 'no gradient', formulas: hidden('B_l target') },
  ifa: { follows: 'no gradient', formulas: hidden('B_1 e_L in the first layer, e_(l-1) W_l above it') },
  'ifa-random': { follows: 'no gradient', formulas: hidden('B_1 e_L in the first layer, e_(l-1) B_l above it') },
  'sign-symmetric': { follows: 'no gradient', formulas: hidden('c sign(W_(l+1)) e_(l+1), c = sqrt(2 / (pre + post))') },
  frsf: { follows: 'no gradient', formulas: hidden('(M sign(W_(l+1))) e_(l+1), M fixed random magnitudes') },
  brsf: { follows: 'no gradient', formulas: hidden('(M sign(W_(l+1))) e_(l+1), M random magnitudes drawn for every batch') },
  'kolen-pollack': { follows: 'no gradient', formulas: [...hidden('B_(l+1) e_(l+1)'), 'B_l moves by the same product as W_l; both shrink by the same share'] },
  'weight-mirror': { follows: 'no gradient', formulas: [...hidden('B_(l+1) e_(l+1)'), 'between updates: B += rate (noise (x) noise W) - decay B'] },
  tp: { follows: 'no gradient', formulas: targets('t_(l-1) = g_l(t_l), g_l the exact inverse f^-1 then W^-1, or a trained decoder', 'top target: a gradient step') },
  dtp: { follows: 'no gradient', formulas: targets(difference, 'top target: a gradient step in the last hidden layer') },
  sdtp: { follows: 'no gradient', formulas: targets(difference, 'top target: the label') },
  'sdtp-g': { follows: 'no gradient', formulas: targets(difference, 'top target: a step p - eta (p - target)') },
  'ao-sdtp': { follows: 'no gradient', formulas: targets(difference, 'top target: the label beside fixed random features') },
  drl: { follows: 'no gradient', formulas: targets(difference, 'divided by the step of the top target; decoders by the difference reconstruction loss') },
  'l-drl': { follows: 'no gradient', formulas: targets(difference, 'divided by the step of the top target; decoders by the local difference loss') },
}; // prettier-ignore

/** What is known of a rule; of one that is not in the table, that it need not follow a gradient. */
export const noteOf = (rule: string): RuleNote =>
  (Object.hasOwn(ruleNotes, rule) ? ruleNotes[rule] : undefined) ?? { follows: 'no gradient', formulas: [] };
