// The check of a rule on a feed-forward rate model, in float64: the exact gradient by reverse mode, against finite differences
// of the Program's own cost and against forward mode; then the rule's directions against it, layer by layer.
import { reference } from '../backends/reference.ts';
import { bp } from '../learn/bp.ts';
import { differenceError, type Way, waysOf } from '../learn/differences.ts';
import { type CostTape, passTape } from '../learn/tapes.ts';
import { gradient } from '../math/autodiff.ts';
import { type CheckOptions, openPlain, ownDirections, sizesOf } from './checkBench.node.ts';
import { comparison, forwardMode, isFlat, limits, passesOf } from './checkGradient.ts';
import type { CheckResult } from './checkResult.ts';
import { noteOf } from './notes.ts';

export async function checkPass(options: CheckOptions): Promise<CheckResult> {
  const { bench, examples, parameters } = await openPlain(options, reference);
  const { model, machine, rule } = bench;
  try {
    const own = await ownDirections(bench, examples, parameters);
    const tape = passTape(model, examples);
    const { exact, passes, forwardModeError } = tape ? byTape(tape, parameters) : await byErrors(options);
    const { follows } = noteOf(rule.name);

    const costBuffer = `${model.cost!.on}.cost`;
    const cost = async (): Promise<number> => {
      await machine.run('cost');
      const each = await machine.read(costBuffer);
      return Float64Array.from(each).reduce((sum, value) => sum + value, 0) / examples.count;
    };
    const failures: string[] = [];
    const gradients = [];
    for (const [index, name] of [...own.keys()].filter((key) => exact.has(key)).entries()) {
      const [numbers, slope] = [parameters.get(name)!, exact.get(name)!];
      const ways = waysOf(slope, index);
      const finiteDifferenceError = await differenceError(numbers, slope, ways, limits.difference, async (moved) => {
        await machine.write(name, moved);
        const value = await cost();
        await machine.write(name, numbers);
        return value;
      });
      const differ = forwardModeError?.(name, slope, ways) ?? null;
      const one = {
        buffer: name,
        finiteDifferenceError,
        forwardModeError: differ,
        ...comparison(own.get(name)!, slope),
      };
      if (finiteDifferenceError > limits.difference) failures.push(`${name}: finite differences miss the gradient by ${finiteDifferenceError.toExponential(1)}`); // prettier-ignore
      if (differ !== null && differ > limits.passes) failures.push(`${name}: forward and reverse mode differ by ${differ.toExponential(1)}`); // prettier-ignore
      if (follows === 'the gradient' && (one.relativeError ?? 1) > limits.rule) failures.push(`${name}: the update misses the gradient by ${(one.relativeError ?? 1).toExponential(1)}`); // prettier-ignore
      gradients.push(one);
    }
    return {
      ...sizesOf(bench),
      examples: examples.count,
      follows,
      exact: tape ? 'reverse-mode differentiation of the pass' : 'backpropagation, checked by the finite differences',
      gradients,
      flat: gradients.map(({ buffer }) => buffer).filter((name) => isFlat(exact.get(name)!)),
      differentiation: passes && {
        of: 'a pass',
        ...passes,
        error: worst(gradients.map((g) => g.forwardModeError ?? 0)),
      },
      settling: null,
      sampled: [],
      failures,
      passed: failures.length === 0,
    };
  } finally {
    await machine.close();
  }
}

interface Exact {
  readonly exact: ReadonlyMap<string, Float64Array>;
  readonly passes: ReturnType<typeof passesOf> | null;
  readonly forwardModeError: ((name: string, slope: Float64Array, ways: readonly Way[]) => number) | null;
}

function byTape(tape: CostTape, parameters: ReadonlyMap<string, Float64Array>): Exact {
  const values = tape.values(parameters);
  const reverse = gradient(tape.tape, values);
  return {
    exact: new Map(tape.names.map((name, k) => [name, reverse.gradient[k]!])),
    passes: passesOf(tape, values, reverse.cost),
    forwardModeError: (name, slope, ways) => forwardMode(tape, values, name, slope, ways),
  };
}

/** Of a network whose pass is on no tape: what BP says, which the finite differences then check. */
async function byErrors(options: CheckOptions): Promise<Exact> {
  const { bench, examples, parameters } = await openPlain({ ...options, rule: bp() }, reference);
  try {
    const own = await ownDirections(bench, examples, parameters);
    const exact = new Map([...own].map(([name, values]) => [name, values.map((value) => -value)]));
    return { exact, passes: null, forwardModeError: null };
  } finally {
    await bench.machine.close();
  }
}

const worst = (values: readonly number[]): number => Math.max(0, ...values);
