// NEAT's variation: weights, a link more, a node more, and crossover along innovation numbers. Rates and steps follow the
// authors' program (version 1.2); where it differs from the paper, the program is followed and the line says so.
import type { Draws } from '../draws.ts';
import { type Genome, isSensor, type LinkGene, type NodeFunction, type NodeGene, reaches } from './genome.ts';
import type { Innovations } from './innovation.ts';

export interface WeightMutation {
  /** Largest step: steps are uniform in +/- power. */
  readonly power: number;
  /** Weights stay in +/- cap. */
  readonly cap: number;
}

/**
 * One in two times "severe": 70 % of the weights take a step, 20 % are drawn anew. Otherwise all take a step, but that of the
 * newest fifth of a genome of ten links or more half do and 20 % are drawn anew.
 */
export function mutateWeights(genome: Genome, { power, cap }: WeightMutation, random: Draws): Genome {
  const severe = random.chance(0.5);
  const count = genome.links.length;
  const links = genome.links.map((link, k) => {
    const tail = count >= 10 && k >= 0.8 * count;
    const [stepped, replaced] = severe ? [0.7, 0.9] : tail ? [0.5, 0.7] : [1, 1];
    const choice = random.uniform();
    if (choice >= replaced) return link;
    const step = (2 * random.uniform() - 1) * power;
    const weight = choice < stepped ? link.weight + step : step;
    return { ...link, weight: Math.min(cap, Math.max(-cap, weight)) };
  });
  return { ...genome, links };
}

const byInnovation = (links: readonly LinkGene[]): LinkGene[] => [...links].sort((a, b) => a.innovation - b.innovation);
const tries = 20;

/** Joins two nodes that are not joined; a genome that finds none in 20 tries stays as it is. */
export function addLink(genome: Genome, recurrent: number, random: Draws, numbers: Innovations): Genome {
  const targets = genome.nodes.filter((node) => !isSensor(node));
  // Some tries look for a link that closes a cycle, where the task allows any.
  const looping = random.chance(recurrent);
  for (let k = 0; k < tries; k++) {
    const [from, to] = [random.one(genome.nodes), random.one(targets)];
    if (genome.links.some((link) => link.from === from.id && link.to === to.id)) continue;
    if (reaches(genome, to.id, from.id) !== looping) continue;
    const link = { innovation: numbers.link(from.id, to.id), from: from.id, to: to.id, weight: 2 * random.uniform() - 1, enabled: true }; // prettier-ignore
    return { ...genome, links: byInnovation([...genome.links, link]) };
  }
  return genome;
}

/** Splits a link in two, the first of weight 1, the second of its weight; the link itself is disabled. */
export function addNode(genome: Genome, kinds: readonly NodeFunction[], random: Draws, numbers: Innovations): Genome {
  const biases = new Set(genome.nodes.filter(({ kind }) => kind === 'bias').map(({ id }) => id));
  for (let k = 0; k < tries; k++) {
    const at = random.below(genome.links.length);
    const old = genome.links[at]!;
    if (!old.enabled || biases.has(old.from)) continue;
    const { node, into, out } = numbers.split(old.innovation, (id) => genome.nodes.some((each) => each.id === id));
    const links = genome.links.map((link, j) => (j === at ? { ...link, enabled: false } : link));
    const added: LinkGene[] = [
      { innovation: into, from: old.from, to: node, weight: 1, enabled: true },
      { innovation: out, from: node, to: old.to, weight: old.weight, enabled: true },
    ];
    const hidden: NodeGene = { id: node, kind: 'hidden', does: random.one(kinds) };
    return { nodes: [...genome.nodes, hidden].sort((a, b) => a.id - b.id), links: byInnovation([...links, ...added]) };
  }
  return genome;
}

/** Switches a link; one is switched off only if its sender keeps another. */
export function toggleLink(genome: Genome, random: Draws): Genome {
  const at = random.below(genome.links.length);
  const link = genome.links[at]!;
  const others = genome.links.some((other, k) => k !== at && other.enabled && other.from === link.from);
  if (link.enabled && !others) return genome;
  return withLink(genome, at, !link.enabled);
}

/** Switches the oldest disabled link on. */
export function enableLink(genome: Genome): Genome {
  const at = genome.links.findIndex(({ enabled }) => !enabled);
  return at < 0 ? genome : withLink(genome, at, true);
}

const withLink = (genome: Genome, at: number, enabled: boolean): Genome => ({
  ...genome,
  links: genome.links.map((link, k) => (k === at ? { ...link, enabled } : link)),
});

/** Probability that a link that one parent has disabled is disabled in the child. */
const inheritDisabled = 0.75;

/**
 * Links of the same innovation come from either parent (or are averaged), all others from the fitter one, whose structure the
 * child therefore has. Nodes of outputs and sensors come along.
 */
export function cross(fitter: Genome, other: Genome, averaged: boolean, random: Draws): Genome {
  const theirs = new Map(other.links.map((link) => [link.innovation, link]));
  const links = fitter.links.map((mine): LinkGene => {
    const match = theirs.get(mine.innovation);
    if (!match) return mine;
    const weight = averaged ? (mine.weight + match.weight) / 2 : random.chance(0.5) ? mine.weight : match.weight;
    const off = (!mine.enabled || !match.enabled) && random.chance(inheritDisabled);
    return { ...mine, weight, enabled: !off };
  });
  return { nodes: fitter.nodes, links };
}

/** Links matched by their places in the two lists, as one would without innovation numbers: it shuffles structures (tests). */
export function crossByPlace(fitter: Genome, other: Genome, random: Draws): Genome {
  const links = fitter.links.map((mine, k) => {
    const match = other.links[k];
    return match && random.chance(0.5) ? match : mine;
  });
  return { nodes: fitter.nodes, links };
}

export interface Compatibility {
  readonly excess: number;
  readonly disjoint: number;
  readonly weight: number;
  /** Divide by the number of links of the larger genome (false, as in the authors' program: by 1). */
  readonly normalised: boolean;
}

/** d = c1 E / N + c2 D / N + c3 W, W the mean difference of matching weights. */
export function distance(a: Genome, b: Genome, c: Compatibility): number {
  let [i, j, matching, difference, disjoint] = [0, 0, 0, 0, 0];
  const [m, n] = [a.links.length, b.links.length];
  while (i < m && j < n) {
    const [one, two] = [a.links[i]!, b.links[j]!];
    if (one.innovation === two.innovation) {
      matching += 1;
      difference += Math.abs(one.weight - two.weight);
    } else disjoint += 1;
    if (one.innovation <= two.innovation) i += 1;
    if (two.innovation <= one.innovation) j += 1;
  }
  const excess = m - i + (n - j);
  const size = c.normalised ? Math.max(1, m, n) : 1;
  return (c.excess * excess + c.disjoint * disjoint) / size + (matching > 0 ? (c.weight * difference) / matching : 0);
}
