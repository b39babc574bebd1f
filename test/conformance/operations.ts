// Every operation of a backend against the reference: |error| <= 4 eps32 sum |terms|. Not a test file: a suite for each.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Backend, Machine } from '../../src/backends/backend.ts';
import { reference } from '../../src/backends/reference.ts';
import { parseExpression } from '../../src/expr/parse.ts';
import { substitute } from '../../src/expr/tools.ts';
import { functionArity, type Tree } from '../../src/expr/tree.ts';
import { uniform24 } from '../../src/math/random.ts';
import { builder } from '../../src/program/builder.ts';
import type { Program } from '../../src/program/program.ts';

export const eps32 = 2 ** -23;
const examples = 5;
const pre = 37;
const post = 11;
let seed = 1;

/** Values on a grid of float32, a share of them 0. */
export function values(count: number, zeros = 0.3): Float64Array {
  seed++;
  return Float64Array.from({ length: count }, (_, k) =>
    uniform24(seed, 1, k, 0, 0) < zeros ? 0 : Math.fround(2 * uniform24(seed, 2, k, 0, 0) - 1),
  );
}

/** With `minus` 1 and no negative number in any buffer, what a slot leaves is the sum of the sizes of its terms. */
function program(minus: 1 | -1 = -1): Program {
  const b = builder('operations');
  b.buffer('x', [pre], { batch: true });
  b.buffer('x2', [pre], { batch: true });
  b.buffer('y', [post], { batch: true });
  b.buffer('y2', [post], { batch: true });
  b.buffer('ring', [post], { batch: true, history: 3 });
  b.buffer('scalar', [1], { batch: true });
  b.buffer('w', [pre, post]);
  b.buffer('dw', [pre, post]);
  b.buffer('each', [pre, post], { batch: true });
  b.buffer('bias', [post]);
  b.buffer('bias2', [post]);
  b.buffer('shared', [1]);
  b.list('lx', pre);
  b.list('ly', post);
  b.parameter('alpha');
  b.parameter('beta');
  const alpha: Tree = { kind: 'name', name: 'alpha' };
  const expression = (text: string, names: readonly string[]): Tree => parseExpression(text, { names });
  b.add('compact', { op: 'compact', from: 'x', list: 'lx' }, { op: 'compact', from: 'y', list: 'ly' });
  b.add('gather', { op: 'gather', from: 'x', weight: 'w', into: 'y2', add: false });
  b.add('gatherAdd', { op: 'gather', from: 'x', weight: 'w', into: 'y2', add: true });
  b.add('gatherList', ...b.operations('compact'), {
    op: 'gather',
    from: 'x',
    list: 'lx',
    weight: 'w',
    into: 'y2',
    add: false,
  });
  b.add('gatherBack', { op: 'gatherBack', from: 'y', weight: 'w', into: 'x2', add: false });
  b.add('gatherBackAdd', { op: 'gatherBack', from: 'y', weight: 'w', into: 'x2', add: true });
  const terms = [{ pre: 'x', post: 'y', sign: 1 as const }, { pre: 'x2', post: 'y2', sign: minus }]; // prettier-ignore
  b.add('outer', { op: 'outer', terms, scale: alpha, into: 'dw', add: false });
  b.add('outerAdd', { op: 'outer', terms, scale: alpha, into: 'dw', add: true });
  b.add('deliver', ...b.operations('compact'), { op: 'deliver', list: 'lx', weight: 'w', into: 'y2', at: 0 });
  b.add('deliverBack', ...b.operations('compact'), { op: 'deliverBack', list: 'ly', weight: 'w', into: 'x2', at: 0 });
  b.add(
    'later',
    ...b.operations('compact'),
    { op: 'deliver', list: 'lx', weight: 'w', into: 'ring', at: 2 },
    { op: 'advance' },
  );
  b.add('activePre', ...b.operations('compact'), {
    op: 'outerActive',
    list: 'lx',
    row: 'y',
    side: 'pre',
    scale: alpha,
    into: 'each',
  });
  b.add('activePost', ...b.operations('compact'), {
    op: 'outerActive',
    list: 'ly',
    row: 'x',
    side: 'post',
    scale: alpha,
    into: 'each',
  });
  b.add('reduceSum', { op: 'reduce', from: 'y', into: 'bias', how: 'sum', over: 'batch', scale: alpha });
  b.add('reduceMax', { op: 'reduce', from: 'y', into: 'bias', how: 'max', over: 'batch' });
  b.add(
    'reduceRing',
    { op: 'advance' },
    { op: 'copy', from: 'y', into: 'ring' },
    { op: 'advance', by: -1 },
    { op: 'reduce', from: 'ring', into: 'bias', how: 'sum', over: 'batch' },
    { op: 'advance' },
    { op: 'reduce', from: 'ring', into: 'bias2', how: 'max', over: 'batch' },
  );
  b.add('reduceArgmax', { op: 'reduce', from: 'y', into: 'bias', how: 'argmax', over: 'batch' });
  b.add('matrixSum', { op: 'reduce', from: 'w', into: 'shared', how: 'sum', over: 'units', scale: alpha });
  b.add('matrixMax', { op: 'reduce', from: 'w', into: 'shared', how: 'max', over: 'units' });
  b.add('unitsSum', { op: 'reduce', from: 'x', into: 'scalar', how: 'sum', over: 'units' });
  b.add('unitsMax', { op: 'reduce', from: 'x', into: 'scalar', how: 'max', over: 'units' });
  b.add('unitsArgmax', { op: 'reduce', from: 'x', into: 'scalar', how: 'argmax', over: 'units' });
  b.add('random', { op: 'random', into: 'x', stream: 7, low: -1, high: 3 }, { op: 'advance' });
  b.add('randomShared', { op: 'random', into: 'w', stream: 9, low: -1, high: 3 }, { op: 'random', into: 'each', stream: 10, low: 0, high: 1 }); // prettier-ignore
  b.add('copy', { op: 'copy', from: 'x', into: 'x2' }, { op: 'copy', from: 'w', into: 'dw' });
  b.add(
    'fill',
    { op: 'fill', into: 'x', value: 0.25 },
    { op: 'fill', into: 'w', value: -2 },
    { op: 'fill', into: 'y', value: 0 },
  );
  const shared = { dw: 'dw', w: 'w', a: 'alpha' };
  b.add('mapWeights', { op: 'map', units: pre * post, assign: [
    { into: 'w', value: expression('w + a * dw - 0.01 * w', Object.keys(shared)).valueOf() as Tree },
    { into: 'dw', value: expression('w + 1', ['w']) },
  ].map(({ into, value }) => ({ into, value: substitute(value, { a: alpha }) })) }); // prettier-ignore
  b.add('mapBatch', { op: 'map', units: post, assign: [
    { into: 'y', value: expression('y > y2 ? bias + scalar : y * y2', ['y', 'y2', 'bias', 'scalar']) },
    { into: 'y2', value: expression('y', ['y']) },
  ] }); // prettier-ignore
  return b.build();
}

const functions = [
  'a + b', 'a - b', 'a * b', 'a / (b + 3)', '-a', 'a ^ 3', 'min(a, b)', 'max(a, b)', 'clip(a, -0.5, b)', 'abs(a)', 'sign(a)',
  'floor(3 * a)', 'sqrt(abs(a))', 'exp(5 * a)', 'log(abs(a) + 0.01)', 'tanh(3 * a)', 'sigmoid(4 * a)', 'hardSigmoid(a)', 'relu(a)',
  'a < b', 'a <= b', 'a > b', 'a >= b', 'a == 0', 'a != b', 'a > 0 and b > 0', 'a > 0 or b > 0', 'not (a > 0)', 'a > b ? a : b / 2',
  '(a > 0) + 2 * (b > 0)', 'a and b ? 1 : 2', 'sin(3 * a)', 'cos(3 * a)', 'atan2(a, b)', '(a + 3) ^ b', 'a ^ 20', '(a + 2) ^ (-3)',
]; // prettier-ignore

/** A suite of tests: every operation, and every function of the closed list. */
export function operationSuite(name: string, backend: Backend): void {
  let machines: Machine[];
  let sizes: Machine;
  const backends: Backend[] = [reference, backend];

  beforeAll(async () => {
    machines = await Promise.all(backends.map((each) => each.open(program(), { batch: examples + 1, threads: 2 })));
    sizes = await reference.open(program(1), { batch: examples + 1, threads: 1 });
    for (const machine of [...machines, sizes]) machine.use(examples);
  });
  afterAll(async () => {
    await Promise.all([...machines, sizes].map((machine) => machine.close()));
  });

  async function load(): Promise<void> {
    const lengths: Record<string, number> = {
    x: pre * examples, x2: pre * examples, y: post * examples, y2: post * examples, scalar: examples,
    w: pre * post, dw: pre * post, each: pre * post * examples, bias: post, ring: post * examples,
  }; // prettier-ignore
    for (const [name, size] of Object.entries(lengths)) {
      const data = values(size);
      for (const machine of machines) await machine.write(name, data);
      await sizes.write(name, data.map(Math.abs));
    }
    for (const machine of [...machines, sizes]) {
      machine.setParameter('alpha', 0.75);
      await machine.write('clock', [12345, 0]);
      await machine.write('example', [4, 900, 3, 17, 59999]);
    }
  }

  /** Terms that the sizes do not show: a branch that signs decide, and a number that a range begins at. */
  const hidden: Readonly<Record<string, number>> = { mapBatch: 2, random: 4, randomShared: 4 };

  /** |error| <= 4 eps32 sum |terms|, number by number. */
  async function agree(buffer: string, slot: string): Promise<void> {
    const [law, other, terms] = await Promise.all([...machines, sizes].map((machine) => machine.read(buffer)));
    law!.forEach((value, k) => {
      const bound = 4 * eps32 * (Math.abs(terms![k]!) + (hidden[slot] ?? 0));
      expect(Math.abs(value - other![k]!), `${buffer}[${k}] = ${value}`).toBeLessThanOrEqual(bound);
    });
  }

  describe(`the ${name} backend computes what the reference computes`, () => {
    const touched: Record<string, string[]> = {
    compact: ['lx.count', 'ly.count'], gather: ['y2'], gatherAdd: ['y2'], gatherList: ['y2'], gatherBack: ['x2'], gatherBackAdd: ['x2'],
    outer: ['dw'], outerAdd: ['dw'], deliver: ['y2'], deliverBack: ['x2'], later: ['ring'], activePre: ['each'], activePost: ['each'],
    reduceSum: ['bias'], reduceMax: ['bias'], reduceRing: ['bias', 'bias2'], reduceArgmax: ['bias'], matrixSum: ['shared'], matrixMax: ['shared'], unitsSum: ['scalar'], unitsMax: ['scalar'], unitsArgmax: ['scalar'],
    random: ['x', 'clock'], randomShared: ['w', 'each'], copy: ['x2', 'dw'], fill: ['x', 'w', 'y'], mapWeights: ['w', 'dw'], mapBatch: ['y', 'y2'],
  }; // prettier-ignore
    for (const [slot, buffers] of Object.entries(touched))
      it(`in ${slot}`, async () => {
        await load();
        for (const machine of [...machines, sizes]) await machine.run(slot, slot === 'later' ? 4 : 1);
        for (const buffer of buffers) await agree(buffer, slot);
      });

    it('in weights that change between two deliveries back (its transposed copy follows)', async () => {
      await load();
      for (const machine of [...machines, sizes]) await machine.perform([['deliverBack', 1], ['outerAdd', 1], ['mapWeights', 1], ['deliverBack', 2]]); // prettier-ignore
      await agree('x2', 'deliverBack');
    });

    it('in every function of the closed list, to 4 units in the last place of its largest term', async () => {
      const used = new Set<string>();
      const collect = (tree: Tree): void => {
        if (tree.kind !== 'call') return;
        used.add(tree.call);
        tree.args.forEach(collect);
      };
      for (const text of functions) collect(parseExpression(text, { names: ['a', 'b'] }));
      // logsumexp is over a population: the engine writes it with reductions.
      expect([...used, 'logsumexp'].toSorted()).toEqual(Object.keys(functionArity).toSorted());
      const b = builder('functions');
      b.buffer('a', [101], { batch: true });
      b.buffer('b', [101], { batch: true });
      functions.forEach((text, index) => {
        b.buffer(`f${index}`, [101], { batch: true });
        b.add('all', {
          op: 'map',
          units: 101,
          assign: [{ into: `f${index}`, value: parseExpression(text, { names: ['a', 'b'] }) }],
        });
      });
      const built = b.build();
      const both = await Promise.all(backends.map((each) => each.open(built, { batch: 2, threads: 1 })));
      const [a, c] = [values(202, 0.1), values(202, 0.1)];
      for (const machine of both) {
        await machine.write('a', a);
        await machine.write('b', c);
        await machine.run('all');
      }
      for (const [index, text] of functions.entries()) {
        const [law, other] = await Promise.all(both.map((machine) => machine.read(`f${index}`)));
        law!.forEach((value, k) => {
          // exp(5 a) magnifies the rounding of its argument by 5; log near 0 by its own condition.
          const size = text.startsWith('exp') ? 6 * value : Math.max(1, Math.abs(value));
          expect(Math.abs(value - other![k]!), `${text} at a=${a[k]} b=${c[k]}`).toBeLessThanOrEqual(4 * eps32 * size);
        });
      }
      await Promise.all(both.map((machine) => machine.close()));
    });
  });
}
