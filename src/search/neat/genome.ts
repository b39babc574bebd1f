// NEAT's genome (Stanley and Miikkulainen 2002): a list of nodes and a list of links sorted by innovation number. Plain data; it
// computes nothing.

export type NodeKind = 'input' | 'bias' | 'hidden' | 'output';

/** What a hidden or output node does with its sum; `sigmoid` is the steep one of the paper. */
export type NodeFunction = 'sigmoid' | 'tanh' | 'gaussian' | 'sine' | 'absolute' | 'linear';

export interface NodeGene {
  readonly id: number;
  readonly kind: NodeKind;
  readonly does: NodeFunction;
}

export interface LinkGene {
  readonly innovation: number;
  readonly from: number;
  readonly to: number;
  readonly weight: number;
  readonly enabled: boolean;
}

export interface Genome {
  /** By id: inputs, the bias, outputs, then hidden nodes. */
  readonly nodes: readonly NodeGene[];
  readonly links: readonly LinkGene[];
}

export interface Shape {
  readonly inputs: number;
  readonly outputs: number;
  /** Of output nodes (default sigmoid). */
  readonly output?: NodeFunction | undefined;
}

/** Minimal start: every input and the bias joined to every output, no hidden node. Innovations count from 0. */
export function minimal({ inputs, outputs, output = 'sigmoid' }: Shape, weight: (link: number) => number): Genome {
  const sensors = inputs + 1;
  const nodes = Array.from({ length: sensors + outputs }, (_, id): NodeGene => {
    const kind = id < inputs ? 'input' : id === inputs ? 'bias' : 'output';
    return { id, kind, does: kind === 'output' ? output : 'linear' };
  });
  const links = Array.from({ length: sensors * outputs }, (_, k): LinkGene => {
    const [to, from] = [sensors + Math.floor(k / sensors), k % sensors];
    return { innovation: k, from, to, weight: weight(k), enabled: true };
  });
  return { nodes, links };
}

export const isSensor = ({ kind }: NodeGene): boolean => kind === 'input' || kind === 'bias';
export const hiddenCount = ({ nodes }: Genome): number => nodes.filter(({ kind }) => kind === 'hidden').length;
export const enabledCount = ({ links }: Genome): number => links.filter(({ enabled }) => enabled).length;
/** Nodes and links: what a genome costs to write down. */
export const geneCount = ({ nodes, links }: Genome): number => nodes.length + links.length;

/** Whether `to` is reached from `from` along links, disabled ones included: they may be enabled again. */
export function reaches({ links }: Genome, from: number, to: number): boolean {
  const seen = new Set([from]);
  const waiting = [from];
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    if (at === to) return true;
    for (const link of links)
      if (link.from === at && !seen.has(link.to)) {
        seen.add(link.to);
        waiting.push(link.to);
      }
  }
  return false;
}
