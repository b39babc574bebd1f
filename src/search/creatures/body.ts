// From genotype to body: the graph is walked from its root into a tree of boxes, each with the joint it hangs on; every copy of a
// node gets its own neurons. Sizes and places in m, angles in rad, y upwards.
import { cosine, sine } from '../../math/turns.ts';
import type { EdgeGene, Genotype, NodeGene } from './genotype.ts';

export interface Part {
  readonly node: number;
  /** Index of the part it hangs on; -1: the root. */
  readonly parent: number;
  /** Centre and turn at rest; half of its sides. */
  readonly x: number;
  readonly y: number;
  readonly turn: number;
  readonly width: number;
  readonly length: number;
  /** Where it hangs, at rest. */
  readonly joint: { readonly x: number; readonly y: number };
  readonly limits: readonly [low: number, high: number];
  /** A copy on the other side: its joint turns the other way. */
  readonly mirrored: boolean;
}

/** Parts of a body, at most; what would grow beyond is left out. */
export const mostParts = 10;
/** Half a side, in m, below which a part is not grown: scaled copies get no smaller. */
const least = 0.03;

/** Null where a number is none: such a creature is not born. */
export function bodyOf({ nodes, edges }: Genotype): readonly Part[] | null {
  const root = nodes[0];
  if (!root) return null;
  const parts: Part[] = [];
  const copies = nodes.map(() => 0);
  grow(0, -1, { x: 0, y: 0 }, 0, 1, false);
  const whole = parts.every(({ x, y, turn, width, length, limits }) => [x, y, turn, width, length, ...limits].every(Number.isFinite)); // prettier-ignore
  return whole && parts.every(({ width, length }) => width > 0 && length > 0) ? parts : null;

  /** The part of a node whose base is at `joint`, and what hangs on it. */
  function grow(node: number, parent: number, joint: { x: number; y: number }, turn: number, scale: number, mirrored: boolean): void {
    if (parts.length >= mostParts) return;
    const gene = nodes[node]!;
    const [width, length] = [gene.width * scale, gene.length * scale];
    if (Math.min(width, length) < least) return;
    // The root lies where it is; others stand on their base.
    const out = parent < 0 ? 0 : length;
    const [x, y] = [joint.x - out * sine(turn), joint.y + out * cosine(turn)];
    const index = parts.length;
    const limits = mirrored ? ([-gene.limits[1], -gene.limits[0]] as const) : gene.limits;
    parts.push({ node, parent, x, y, turn, width, length, joint, limits, mirrored });
    copies[node]! += 1;
    const last = copies[node]! >= gene.recursion;
    for (const edge of edges) {
      if (edge.from !== node || !nodes[edge.to] || (edge.terminal && !last)) continue;
      if (copies[edge.to]! >= nodes[edge.to]!.recursion) continue;
      for (const other of edge.mirror ? [false, true] : [false]) attach(index, gene, edge, scale, mirrored !== other);
    }
    copies[node]! -= 1;
  } // prettier-ignore
  function attach(index: number, gene: NodeGene, edge: EdgeGene, scale: number, mirrored: boolean): void {
    const { x, y, turn } = parts[index]!;
    const rim = rimAt(edge.at, gene.width * scale, gene.length * scale);
    const side = mirrored ? -1 : 1;
    const [px, py] = [side * rim.x, rim.y];
    const place = { x: x + px * cosine(turn) - py * sine(turn), y: y + px * sine(turn) + py * cosine(turn) };
    grow(edge.to, index, place, turn + side * (rim.turn + edge.angle), scale * edge.scale, mirrored);
  }
}

/** A point on the rim of a box, once around from the middle of its top, and the turn of the normal there. */
function rimAt(at: number, width: number, length: number): { x: number; y: number; turn: number } {
  const around = 4 * (width + length);
  let along = (at - Math.floor(at)) * around;
  if (along < width) return { x: along, y: length, turn: 0 };
  along -= width;
  if (along < 2 * length) return { x: width, y: length - along, turn: -Math.PI / 2 };
  along -= 2 * length;
  if (along < 2 * width) return { x: width - along, y: -length, turn: Math.PI };
  along -= 2 * width;
  if (along < 2 * length) return { x: -width, y: along - length, turn: Math.PI / 2 };
  return { x: along - 2 * length - width, y: length, turn: 0 };
}

/** Corners of a box, from its place and turn. */
export function cornersOf({ width, length }: Pick<Part, 'width' | 'length'>, x: number, y: number, turn: number): readonly (readonly [number, number])[] {
  const [c, s] = [cosine(turn), sine(turn)];
  return ([[-1, -1], [1, -1], [1, 1], [-1, 1]] as const).map(([a, b]) => [x + a * width * c - b * length * s, y + a * width * s + b * length * c]);
} // prettier-ignore

/** The longer side of the box around all parts. */
export function extentOf(corners: readonly (readonly [number, number])[]): number {
  const [x, y] = [corners.map(([each]) => each), corners.map(([, each]) => each)];
  return Math.max(Math.max(...x) - Math.min(...x), Math.max(...y) - Math.min(...y));
}
