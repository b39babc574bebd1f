// Target propagation: a layer's target is what the inverse of the layer above makes of that one's target. With a trained
// decoder its reconstruction error stays in every target, so it learns little; with exact inverses it nears Gauss-Newton steps
// of the activities. (Bengio, arXiv 1407.7906; Meulemans et al., NeurIPS 2020, arXiv 2006.14331.)
import type { Rule } from './rule.ts';
import { targetTransport } from './targetTransport.ts';

export function tp(): Rule {
  return targetTransport({
    name: 'tp',
    corrected: false,
    tops: ['gradient', 'label'],
    gradientIn: 'output where invertible',
    output: 'linear',
    kappa: 2,
  });
}
