// A task for networks: how many inputs and outputs it has, and how good a network is at it. What the network is made from, genes
// of its own, painted weights or a vector, is not its affair.
import type { Network } from '../neat/network.ts';

export interface NetworkTask {
  readonly name: string;
  readonly inputs: number;
  readonly outputs: number;
  /** Whether the network needs a memory. */
  readonly recurrent: boolean;
  /** What a bias node shows. */
  readonly bias: number;
  evaluate(network: Network): { readonly fitness: number; readonly solved: boolean };
  /** A task whose word "solved" needs more than an evaluation: asked of the best of a generation. */
  validate?(network: Network): { readonly solved: boolean; readonly generalisation: number };
}
