// Difference target propagation: what the decoder itself gets wrong is taken off each target; the top target is a gradient
// step in the last hidden layer. (Lee, Zhang, Fischer, Bengio, ECML 2015, arXiv 1412.7525; local losses doubled as there.)
import type { Rule } from './rule.ts';
import { targetTransport } from './targetTransport.ts';

export function dtp(): Rule {
  return targetTransport({
    name: 'dtp',
    corrected: true,
    tops: ['gradient'],
    gradientIn: 'hidden',
    output: 'linear',
    kappa: 2,
  });
}
