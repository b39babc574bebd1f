// A projection as operations, whatever its geometry: what the receiver gathers, what comes back, and what stands against the
// sender's values in the outer product of its weights. Kernels are the weight buffer's own; windows are pooled here.
import { unitsOf } from '../model/geometry.ts';
import type { Projection } from '../model/model.ts';
import type { Builder } from '../program/builder.ts';
import type { Operation } from '../program/program.ts';

export interface Wire {
  /** into = (or +=) what the receiver gathers of the sender's `from`; windows note what their derivative needs. */
  gather(from: string, into: string, add: boolean): Operation[];
  /** The same of a small change of `from`, or of its weights' share, by the derivative at the last `gather`. */
  along(from: string, into: string, add: boolean): Operation[];
  /** into = (or +=) the transpose of that derivative: what the receiver's `post` brings back, through another matrix if named. */
  back(post: string, into: string, add: boolean, matrix?: string): Operation[];
  /** What stands against the sender's values in the outer product for the receiver's `post`. */
  facing(post: string): { readonly buffer: string; readonly operations: readonly Operation[] };
  /** Whether the derivative changes with what is gathered. */
  readonly bends: boolean;
  /** The cotangent of what the kernel leaves, for `post` brought back and a change of the sender that `along` last went. */
  bend(post: string, into: string): Operation[];
}

/** `label` tells apart what one projection gathers of several features. */
export function wire(builder: Builder, projection: Projection, weight: string, label = ''): Wire {
  const { pool, conv } = projection;
  const gathered = (from: string, into: string, add: boolean): Operation => ({ op: 'gather', from, weight, into, add });
  const returned = (from: string, into: string, add: boolean, matrix = weight): Operation => ({ op: 'gatherBack', from, weight: matrix, into, add }); // prettier-ignore
  if (!pool || !conv)
    return {
      gather: (from, into, add) => [gathered(from, into, add)],
      along: (from, into, add) => [gathered(from, into, add)],
      back: (post, into, add, matrix) => [returned(post, into, add, matrix)],
      facing: (post) => ({ buffer: post, operations: [] }),
      bends: false,
      bend: () => [],
    };
  const [before, after] = [unitsOf(pool.from), unitsOf(pool.into)];
  const name = label ? `${projection.name}.${label}` : projection.name;
  const buffer = (what: string, units = before): string => builder.buffer(`${name}.${what}`, [units], { batch: true });
  const raw = buffer('unpooled');
  const notes = pool.kind === 'average' ? null : buffer('notes', pool.kind === 'max' ? after : before);
  const facing: Wire['facing'] = (post) => {
    const into = buffer(`facing:${post}`);
    return { buffer: into, operations: [{ op: 'unpool', pool, from: post, into, notes }] };
  };
  return {
    gather: (from, into, add) => [gathered(from, raw, false), { op: 'pool', pool, from: raw, into, notes, add }],
    along(from, into, add) {
      const moved = buffer('along');
      return [gathered(from, moved, false), { op: 'poolAlong', pool, from: moved, into, notes, add }];
    },
    back(post, into, add, matrix) {
      const { buffer: spreadOut, operations } = facing(post);
      return [...operations, returned(spreadOut, into, add, matrix)];
    },
    facing,
    bends: pool.kind === 'softmax',
    bend: (post, into) => [
      { op: 'poolBend', pool, from: raw, along: buffer('along'), by: post, into: builder.buffer(into, [before], { batch: true }) },
    ], // prettier-ignore
  };
}
