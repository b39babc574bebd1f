// Genotypes made by hand, for tests.
import type { EdgeGene, Genotype, NeuronGene, NodeGene } from '../../../src/search/creatures/genotype.ts';

export const wave = (pace: number, bias = 0): NeuronGene => ({ kind: 'wave', bias, pace, inputs: [] });
export const box = (more: Partial<NodeGene> = {}): NodeGene => ({
  width: 0.1, length: 0.2, limits: [-0.8, 0.8], recursion: 1, neurons: [], effector: { from: 'own', index: 0, weight: 1 }, ...more,
}); // prettier-ignore
export const edge = (more: Partial<EdgeGene> = {}): EdgeGene => ({
  from: 0, to: 1, at: 0, angle: 0, scale: 1, mirror: false, terminal: false, ...more,
}); // prettier-ignore
export const creature = (nodes: readonly NodeGene[], edges: readonly EdgeGene[] = [], centre: readonly NeuronGene[] = []): Genotype => ({ nodes, edges, centre }); // prettier-ignore

/** A flat trunk with a leg at each end that swings in time. */
export const walker = creature(
  [
    box({ width: 0.3, length: 0.08 }),
    box({ width: 0.05, length: 0.2, limits: [-1.2, 1.2], neurons: [wave(1.5)] }),
    box({ width: 0.05, length: 0.2, limits: [-1.2, 1.2], neurons: [wave(1.5, 1.5)] }),
  ],
  [edge({ to: 1, at: 0.42, angle: 0 }), edge({ to: 2, at: 0.58 })],
);
