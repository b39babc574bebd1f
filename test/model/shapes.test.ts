// Sizes of pictures: what kernels and windows leave, the resolved text, and what is refused with both sizes.
import { describe, expect, it } from 'vitest';
import { explain, SettleError } from '../../src/errors.ts';
import { loadModel } from '../../src/model/load.ts';

const text = `settle: 1
name: pictures
data: { set: mnist }
populations:
  x: { shape: [28, 28, 1], kind: input }
  c1: { channels: 32, kind: rate }
  c2: { channels: 64, kind: rate }
  y: { units: 10, kind: rate }
projections:
  x->c1: { kind: conv, kernel: 5, pool: max }
  c1<->c2: { kind: conv, kernel: 5, pool: { kind: average, size: 2 } }
  c2<->y: {}
cost: { on: y, text: 1/2 * (s - target)^2 }
`;

function refused(set: readonly string[], from = text): string {
  try {
    loadModel(from, { file: 'pictures.yaml', set });
  } catch (error) {
    if (error instanceof SettleError) return explain(error);
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('pictures', () => {
  it('get the sizes that kernels and windows leave, and one bias a channel', () => {
    const { model } = loadModel(text, { file: 'pictures.yaml' });
    expect(model.populations.map(({ shape, units }) => shape ?? units)).toEqual([[28, 28, 1], [12, 12, 32], [4, 4, 64], 10]); // prettier-ignore
    expect(model.populations.map(({ bias }) => bias.shared ?? false)).toEqual([false, true, true, false]);
    expect(model.projections.map(({ conv }) => conv?.into)).toEqual([[24, 24, 32], [8, 8, 64], undefined]);
    expect(model.projections[1]!.pool).toEqual({ kind: 'average', from: [8, 8, 64], into: [4, 4, 64], size: 2, stride: 2 }); // prettier-ignore
  });
  it('keep their size with padding: same', () => {
    const { model } = loadModel(text, { file: 'pictures.yaml', set: ['projections.x-c1.padding=same'] });
    expect(model.projections[0]!.conv).toMatchObject({ padding: 2, into: [28, 28, 32] });
    expect(model.populations[1]!.shape).toEqual([14, 14, 32]);
  });
  it('load to the same model from the resolved text', () => {
    const { model, resolvedYaml } = loadModel(text, { file: 'pictures.yaml' });
    expect(loadModel(resolvedYaml, { file: 'resolved.yaml' }).model).toEqual(model);
  });
  it.each([
    [['projections.x-c1.kernel=29'], /x->c1\.kernel: the kernel is larger than its input.*29 x 29.*28 x 28/s],
    [['projections.c1-c2.kernel=13'], /the kernel is larger than its input.*13 x 13.*12 x 12/s],
    [['projections.c1-c2.pool.size=9'], /the pool leaves nothing.*9 x 9.*8 x 8/s],
    [['projections.c1-c2.pool.stride=1'], /windows of a pool may not overlap.*2 x 2 every 1.*stride: 2/s],
    [['projections.x-c1.padding=-1'], /padding below zero.*-1.*0 to 4/s],
    [['projections.x-c1.padding=5'], /padding alone.*5.*0 to 4/s],
    [['projections.x-c1.kernel=4', 'projections.x-c1.padding=same'], /no padding keeps the size.*4 x 4.*odd/s],
    [['projections.x-c1.stride=0'], /an impossible stride.*0/s],
    [['populations.x.shape=[14, 56, 1]', 'projections.c1-c2.kernel=1'], /the input does not fit the data.*14 x 56 x 1.*28 x 28 x 1/s],
    [['populations.c2.units=1024'], /two keys say how many units.*units and channels/s],
    [['projections.c1-c2.kind=dense'], /a dense projection goes from every unit to every unit.*kernel/s],
    [['populations.c1.channels=0'], /impossible size.*0/s],
    [['populations.y.bias.shared=true'], /only channels of a picture share a bias/s],
  ])('%s is refused with both sides', (set, message) => {
    expect(refused(set)).toMatch(message);
  }); // prettier-ignore
  it.each([
    ['c2: { channels: 64,', 'c2: { shape: [3, 3, 63],', /c2\.shape: the pictures do not fit.*3 x 3 x 63.*4 x 4 x 63/s],
    ['c2: { channels: 64,', 'c2: { units: 1024,', /what a kernel leaves are pictures.*units: 1024/s],
    ['x: { shape: [28, 28, 1],', 'x: { units: 784,', /a kernel slides over pictures.*units: 784.*shape/s],
    ['x->c1: { kind: conv', 'c2->c1: { kind: conv', /no kernel says how large its pictures are.*channels: 32/s],
    ['kind: rate }\n  c2', 'kind: lif }\n  c2', /spiking and rate populations/],
  ])('%s written as %s is refused', (before, after, message) => {
    expect(refused([], text.replace(before, after))).toMatch(message);
  }); // prettier-ignore
});
