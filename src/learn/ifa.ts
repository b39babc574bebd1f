// Indirect feedback alignment: the output's error enters the first layer by a random matrix and travels up from there, through
// the forward weights (`ifa`) or through fixed random matrices (`ifa-random`). Sources disagree on which of the two is meant
// (after Nøkland, arXiv 1609.01596, whose code has neither), so both are here and never mixed.
import type { Operation } from '../program/program.ts';
import { type Circuit, demandsOf, errorTransport, feedbackOf, matricesBeside, matrixTo, timesSlope, type Workbench } from './errorTransport.ts'; // prettier-ignore
import { weightOf } from './forward.ts';
import { refuseKernels } from './layers.ts';
import type { Rule } from './rule.ts';

export function ifa(): Rule {
  return errorTransport({ name: 'ifa', demands: demandsOf(), circuit: (bench) => upward(bench, false) });
}

export function ifaRandom(): Rule {
  return errorTransport({ name: 'ifa-random', demands: demandsOf(), circuit: (bench) => upward(bench, true) });
}

/** e_1 = (B_1 e) * f'(a_1); e_l = (W_l e_(l-1)) * f'(a_l), or with a random matrix in the place of W_l. */
function upward(bench: Workbench, random: boolean): Circuit {
  const { hidden, input, output, model } = bench;
  refuseKernels(random ? 'ifa-random' : 'ifa', model, 'errors travel up between whole layers');
  const entries = hidden
    .filter(({ incoming }) => incoming.some(({ from }) => from === input.name))
    .map((layer) => ({ layer, ...matrixTo(bench, layer) }));
  const between = random ? matricesBeside(bench, ({ to }) => to !== output.name) : [];
  const transport = hidden.flatMap((layer): Operation[] => {
    const entry = entries.find((one) => one.layer === layer);
    const fromError: Operation[] = entry
      ? [{ op: 'gatherBack', from: output.error, weight: entry.buffer, into: layer.error, add: false }]
      : [];
    const fromBelow = layer.incoming
      .filter(({ from }) => from !== input.name)
      .map((projection, k): Operation => ({
        op: 'gather', from: bench.layer(projection.from).error, weight: random ? feedbackOf(projection) : weightOf(projection),
        into: layer.error, add: k > 0 || entry !== undefined,
      })); // prettier-ignore
    return [...fromError, ...fromBelow, timesSlope(layer, layer.error)];
  });
  return { feedback: [...entries, ...between], transport };
}
