// Kernels over pictures on a chip: refused, because a chip holds a weight for each synapse.
import { SettleError } from '../errors.ts';
import type { Model } from '../model/model.ts';

/** @throws SettleError of kind `input` */
export function refuseKernels(model: Model, profile: string): void {
  const kernel = model.projections.find(({ kind }) => kind === 'conv');
  if (kernel)
    throw new SettleError(`the profile ${profile} cannot be applied`, {
      kind: 'input', path: `projections.${kernel.name}.kind`, found: 'conv', expected: 'dense: a chip holds a weight for each synapse',
    }); // prettier-ignore
}
