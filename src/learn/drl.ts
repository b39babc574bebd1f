// Difference target propagation whose decoders learn by a difference reconstruction loss. DRL: the way from the output back to
// each layer reconstructs, which makes targets damped Gauss-Newton steps (Meulemans et al., NeurIPS 2020, arXiv 2006.14331).
// L-DRL: each decoder alone gets the transposed Jacobian, which makes targets gradients (Ernoult et al., ICML 2022, 2201.13415).
import type { Rule } from './rule.ts';
import { type TargetRule, targetTransport } from './targetTransport.ts';

const difference = {
  corrected: true,
  tops: ['gradient'],
  gradientIn: 'output',
  output: 'linear',
  ownTarget: true,
} as const satisfies Partial<TargetRule>;

export function drl(): Rule {
  return targetTransport({ ...difference, name: 'drl', kappa: 2, loss: 'through-output' });
}

export function localDrl(): Rule {
  return targetTransport({ ...difference, name: 'l-drl', kappa: 1, loss: 'difference', decoders: 'linear' });
}
