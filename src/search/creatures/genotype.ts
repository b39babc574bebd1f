// The genotype of a creature after Sims (1994), in two dimensions: a directed graph of parts, each with neurons of its own that
// every copy of the part gets, and a centre of neurons beside. Plain data; how it grows is body.ts's business.

/** Where a number comes from: the same part, the part it hangs on, its first child, the centre, or the part's senses. */
export type Source = 'own' | 'parent' | 'child' | 'centre' | 'sense';
export const sources: readonly Source[] = ['own', 'parent', 'child', 'centre', 'sense'];

/** Joint angle in its limits (-1 to 1), touch of the ground (-1 or 1), sine of the part's turn since the start. */
export const senses = 3;

export interface InputGene {
  readonly from: Source;
  /** Taken modulo the number of what is there. */
  readonly index: number;
  readonly weight: number;
}

/**
 * rate: leaky unit of tanh. wave: sine of `pace` Hz. product: of its inputs. greater: sign of their sum. lif: leaky integrate and
 * fire, what it shows is its filtered spikes.
 */
export type NeuronKind = 'rate' | 'wave' | 'product' | 'greater' | 'lif';
/** Kinds by what a controller is made of: one of spikes has nothing else but waves to drive it. */
export const controllers: Readonly<Record<'rate' | 'lif', readonly NeuronKind[]>> = {
  rate: ['rate', 'wave', 'product', 'greater'],
  lif: ['lif', 'wave'],
};
export type Controller = keyof typeof controllers;

export interface NeuronGene {
  readonly kind: NeuronKind;
  readonly bias: number;
  /** Hz of a wave; 1 / s of a leak. */
  readonly pace: number;
  readonly inputs: readonly InputGene[];
}

export interface NodeGene {
  /** Half of the sides across and along, in m. */
  readonly width: number;
  readonly length: number;
  /** Of the joint to the part it hangs on, in rad from rest; equal ones make it rigid. */
  readonly limits: readonly [low: number, high: number];
  /** Copies of itself on one way from the root. */
  readonly recursion: number;
  readonly neurons: readonly NeuronGene[];
  /** What the joint's target follows: -1 to 1 goes from limit to limit. */
  readonly effector: InputGene;
}

export interface EdgeGene {
  readonly from: number;
  readonly to: number;
  /** Place on the parent's rim, once around from 0 to 1, and the angle from the rim's normal in rad. */
  readonly at: number;
  readonly angle: number;
  readonly scale: number;
  /** A second copy on the other side. */
  readonly mirror: boolean;
  /** Grows at the last copy of its node alone. */
  readonly terminal: boolean;
}

/** Node 0 is the root. */
export interface Genotype {
  readonly nodes: readonly NodeGene[];
  readonly edges: readonly EdgeGene[];
  readonly centre: readonly NeuronGene[];
}

/** Bounds of what a gene may say; operators keep to them. */
export const bounds = {
  side: [0.05, 0.4], limit: [-1.6, 1.6], recursion: [1, 4], angle: [-1.2, 1.2], scale: [0.6, 1.4], pace: [0.2, 4], weight: [-4, 4], bias: [-2, 2],
} as const; // prettier-ignore
/** Most nodes, edges, and neurons of one place: more is cut by the operators. */
export const most = { nodes: 6, edges: 8, neurons: 6, inputs: 4 } as const;
