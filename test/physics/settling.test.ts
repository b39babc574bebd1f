// Equilibrium propagation on rate networks against finite differences and backpropagation through time, in float64.
import { describe, expect, it } from 'vitest';
import { activations, bptt, difference, epGradient, exampleModel, openExample, relative } from './settling.ts';

const kinds = Object.keys(activations) as (keyof typeof activations)[];
/** At larger beta a unit of the clipped network leaves its linear range: the orders hold below that. */
const betasOf = (kind: keyof typeof activations): number[] =>
  kind === 'clip' ? [1e-3, 3e-4, 1e-4] : [0.1, 0.01, 1e-3, 1e-4];

describe.each(kinds)('the example network with three hidden layers, %s', (kind) => {
  it('backpropagation through time of the free phase meets finite differences of the settled cost', async () => {
    const example = await openExample(exampleModel(kind));
    const gradient = await bptt(example, 300);
    for (const name of example.names) {
      const values = gradient.get(name)!;
      const size = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
      for (const index of [0, 3, values.length - 1]) {
        const numeric = await difference(example, name, index, 1e-5);
        expect(Math.abs(numeric - values[index]!) / size, `${name}[${index}]`).toBeLessThan(1e-6);
      }
    }
  });

  it('the estimate errs by the first power of beta one-sided and by the second symmetric, in every layer', async () => {
    const example = await openExample(exampleModel(kind));
    const gradient = await bptt(example, 300);
    const betas = betasOf(kind);
    const errors: Record<string, number[][]> = {};
    for (const estimator of ['one-sided', 'symmetric'] as const) {
      errors[estimator] = [];
      for (const beta of betas) {
        const found = await epGradient(example, beta, { estimator });
        errors[estimator]!.push(example.names.map((name) => relative(found.get(name)!, gradient.get(name)!)));
      }
    }
    const slope = (list: number[][], layer: number): number => {
      const points = betas.map((beta, k) => [Math.log(beta), Math.log(list[k]![layer]!)] as const);
      const [mx, my] = [0, 1].map((axis) => points.reduce((sum, point) => sum + point[axis]!, 0) / points.length);
      return points.reduce((sum, [x, y]) => sum + (x - mx!) * (y - my!), 0) / points.reduce((sum, [x]) => sum + (x - mx!) ** 2, 0);
    }; // prettier-ignore
    example.names.forEach((name, layer) => {
      const [one, two] = [slope(errors['one-sided']!, layer), slope(errors['symmetric']!, layer)];
      console.log(`${kind} ${name}: order ${one.toFixed(3)} one-sided, ${two.toFixed(3)} symmetric; at 1e-3 ${errors['symmetric']![betas.indexOf(1e-3)]![layer]!.toExponential(1)}`);
      expect(Math.abs(one - 1), name).toBeLessThan(0.05);
      expect(Math.abs(two - 2), name).toBeLessThan(0.1);
      expect(errors['symmetric']![betas.indexOf(1e-3)]![layer], name).toBeLessThan(1e-5);
    }); // prettier-ignore
  });
});
