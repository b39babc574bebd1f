// A learned network of real numbers -> a chip's integer network, with the errors made on the way: which chip, and its conversion.
// It trains nothing and presents nothing; what the chip has no register for is refused by name.
import { SettleError } from '../../errors.ts';
import type { Model } from '../../model/model.ts';
import { type Converted, type ConvertOptions, layoutOf, type Learned } from './layout.ts';
import type { Registers } from './network.ts';
import type { Profile } from '../profile/profile.ts';
import { checkAddresses, toCrossbar } from './toCrossbar.ts';
import { toLoihi } from './toLoihi.ts';
import { toXylo } from './toXylo.ts';

/** The chip whose integer arithmetic a profile has. @throws SettleError for one whose arithmetic is not here */
export function chipOf({ name, decay, membrane }: Profile): Registers['chip'] {
  if (decay.kind.value === 'multiplier' && decay.bits.value === 12) return 'loihi-1';
  const [bits, signed] = [membrane.bits.value, membrane.signed.value];
  if (decay.kind.value === 'linear' && bits === 8 && signed === false) return 'odin';
  if (decay.kind.value === 'linear' && bits === 12 && signed === true) return 'tiny-odin';
  if (decay.kind.value === 'shift' && bits === 16) return 'xylo';
  throw new SettleError('no integer network for this profile', {
    kind: 'input', path: '--profile', found: name, expected: 'loihi-1, odin, tiny-odin or xylo, or a profile with their decay and membrane',
  }); // prettier-ignore
}

/**
 * `model` with the profile's substitutes (substitute.ts); weights and biases by buffer, `x->h.weight`.
 * @throws SettleError of kind `input` for a model or weights that the chip cannot hold
 */
export function toInteger(model: Model, learned: Learned, profile: Profile, options: ConvertOptions = {}): Converted {
  const chip = chipOf(profile);
  if (chip === 'odin' || chip === 'tiny-odin') checkAddresses(model, profile.capacity.addresses.value ?? Infinity);
  const layout = layoutOf(model, learned, profile);
  if (chip === 'loihi-1') return toLoihi(layout, options);
  return chip === 'xylo' ? toXylo(layout) : toCrossbar(layout, chip);
}
