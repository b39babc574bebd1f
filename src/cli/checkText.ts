// What a check found, as text for a terminal. It measures nothing.
import { alignedText, type Cell } from '../report/table.ts';
import type { CheckResult, SettlingCheck } from '../run/checkResult.ts';
import { thousands } from './progress.ts';

export function checkText(found: CheckResult): string {
  const head =
    `${found.model}: rule ${found.rule}, backend ${found.backend}, ${thousands(found.examples)} ${found.examples === 1 ? 'example' : 'examples'}\n` +
    `${thousands(found.units)} units, ${thousands(found.learnedNumbers)} learned numbers, ` +
    (found.stepsPerExample > 0 ? `${thousands(found.stepsPerExample)} steps a training example, ` : '') +
    `${thousands(found.trainExamples)} + ${thousands(found.testExamples)} examples\n`;
  if (found.follows === 'the mean field') return head + spiking(found);
  const flat = found.flat.length > 0 ? `no gradient at these weights, so nothing to compare: ${found.flat.join(', ')} (more --examples may have one, or --from RUN)\n` : ''; // prettier-ignore
  const sampled = found.sampled.map((sentence) => `a large network, so a sample: ${sentence}\n`).join('');
  return `${head}${found.settling ? settlingText(found.settling) : ''}${sampled}\n${found.gradients.length > 0 ? gradientText(found) : ''}${flat}${found.settling && found.settling.orders.length > 0 ? estimates(found.settling) : ''}\n`;
}

/** The last lines. A check that had nothing to compare has not failed, and has not passed either. */
export function verdict({ passed, failures, gradients, flat }: CheckResult): string {
  if (!passed) return `failed:\n${failures.map((sentence) => `  ${sentence}\n`).join('')}`;
  return gradients.length > 0 && flat.length === gradients.length ? 'nothing was compared\n' : 'passed\n';
}

const spiking = ({ gradients }: CheckResult): string =>
  gradients
    .map(
      ({ buffer, finiteDifferenceError, cosine, normRatio }) =>
        `${buffer}: finite differences ${finiteDifferenceError === null ? 'not looked at' : `within ${(100 * finiteDifferenceError).toFixed(3)} % of the exact gradient`}, ` +
        `update: cosine ${cosine.toFixed(3)}, length ${normRatio.toFixed(2)}\n`,
    )
    .join('');

/** Errors with one digit behind the point, or a dash. */
const small = (value: number | null | undefined): string =>
  value === null || value === undefined || !Number.isFinite(value) ? '-' : value === 0 ? '0' : value.toExponential(1);

const order = (value: number): string => (Number.isFinite(value) ? value.toFixed(2) : '-');

function settlingText({ moves, movesAfterFreeSteps, fall }: SettlingCheck): string {
  const energies = {
    unknown: 'no closed form of the energy for this activation',
    'vector field': 'a vector field, which has no energy',
  } as const;
  const energy =
    fall === null
      ? 'the energy has a lower bound in every direction tried'
      : typeof fall === 'string'
        ? energies[fall]
        : 'the energy falls without end';
  if (Number.isNaN(moves)) return `does not settle; ${energy}\n`;
  return `settled to ${small(moves)} a step (${small(movesAfterFreeSteps)} after the model's own free steps); ${energy}\n`;
}

function gradientText({ gradients, exact, follows, rule }: CheckResult): string {
  const rows = gradients.map((g): Cell[] => [
    g.buffer, small(g.finiteDifferenceError), small(g.forwardModeError), g.cosine.toFixed(4), small(g.relativeError), g.normRatio.toFixed(3),
  ]); // prettier-ignore
  const columns = ['layer', 'finite differences', 'forward mode', 'update: cosine', 'relative error', 'length'];
  const expectation =
    follows === 'no gradient'
      ? `${rule} follows no gradient: its updates are expected to differ from it`
      : `${rule} is expected to follow ${follows}`;
  return `gradient: ${exact}; ${expectation}\n${alignedText({ columns, rows })}`;
}

/** EP's error at each beta, its order, and its partial updates over time. */
function estimates({ orders, betas, courses, steps, nudge }: SettlingCheck): string {
  const errors = alignedText({
    columns: ['layer', ...betas.map((beta) => `one-sided ${beta}`), 'order', ...betas.map((beta) => `symmetric ${beta}`), 'order '],
    rows: orders.map((o) => [
      o.layer, ...o.oneSided.map(small), order(o.orderOneSided), ...o.symmetric.map(small), order(o.orderSymmetric),
    ]),
  }); // prettier-ignore
  const name = ({ beta, estimator }: SettlingCheck['courses'][number]): string => `${estimator} ${beta}`;
  const overTime = alignedText({
    columns: ['layer', ...courses.flatMap((one) => [name(one), 'signs'])].map((column, k) => column + ' '.repeat(k % 2 === 0 ? k / 2 : 0)),
    rows: (courses[0]?.layers ?? []).map(({ layer }, k) => [
      layer, ...courses.flatMap(({ layers }) => [small(layers[k]!.relativeError), `${(100 * layers[k]!.oppositeSigns).toFixed(1)} %`]),
    ]),
  }); // prettier-ignore
  const places = nudge
    ? `\nat beta ${betas.at(-1)} the symmetric estimate misses the gradient by ${small(nudge.inside)} with the nudge inside the activation and by ${small(nudge.outside)} outside\n`
    : '';
  return (
    `\nerror of EP's estimate, nudged phases settled, and its order in beta\n${errors}` +
    `\nupdates of ${steps} nudged steps against backpropagation through time, step by step: RMSE and opposite signs\n${overTime}${places}`
  );
}
