// Simplified difference target propagation: the top target is the label, the output's state its probabilities; no weight is
// used twice. SDTP-g is another rule, whose top target is a step p - eta (p - y); AO-SDTP puts fixed random features of the last
// hidden layer beside the label. Decoders are linear unless the model says otherwise: with tanh in them the published values
// diverge. (Bartunov et al., NeurIPS 2018, arXiv 1807.04587.)
import type { Rule } from './rule.ts';
import { type TargetRule, targetTransport } from './targetTransport.ts';

const simplified = {
  corrected: true,
  gradientIn: 'output',
  output: 'probability',
  kappa: 2,
  decoders: 'linear',
} as const satisfies Partial<TargetRule>;

export function sdtp(): Rule {
  return targetTransport({ ...simplified, name: 'sdtp', tops: ['label'] });
}

export function sdtpGradient(): Rule {
  return targetTransport({ ...simplified, name: 'sdtp-g', tops: ['gradient'] });
}

export function auxiliarySdtp(): Rule {
  return targetTransport({ ...simplified, name: 'ao-sdtp', tops: ['label'], auxiliary: true });
}
