// The unit that learns beside the Loihi-1-like core, in Verilog-2001: counts spikes in two windows and moves every weight by the
// difference of their products. Its arithmetic is that of hardware/contrast.ts.
import type { IntegerNetwork } from '../../hardware/network.ts';

export interface ContrastUnit {
  /** Words of pairs.mem, one for each block of the network. */
  readonly pairs: readonly string[];
}

export const contrastModule = '';
export const contrastInstance = (_network: IntegerNetwork, _unit: ContrastUnit): string => '';
