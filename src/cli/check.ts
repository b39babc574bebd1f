// settle check: a model looked at before it is trained.
import { check } from '../run/check.node.ts';
import { type ModelFlags, overrides, whole } from './flags.ts';
import type { AddCommand } from './io.ts';
import { defaultThreads, modelArguments, openModel, withFile } from './model.ts';
import { thousands } from './progress.ts';

interface CheckFlags extends ModelFlags {
  examples: number;
  explain?: boolean;
  json?: boolean;
}

export const checkCommand: AddCommand = (program, io, finish) => {
  modelArguments(program.command('check'))
    .description(
      "check a model: its sizes, its exact gradient against finite differences, the rule's update against it",
    )
    .option('--examples <n>', 'training examples to average over', whole(1, 1000), 20)
    .option('--explain', 'say what each figure means')
    .option('--json', 'one JSON object on stdout')
    .addHelpText('after', '\nExamples:\n  settle check xor\n  settle check mnist --examples 20 --explain')
    .action(async (name: string, flags: CheckFlags) => {
      const { model, file } = openModel(name, overrides(flags));
      const { examples } = flags;
      const found = await withFile(file, () => check({ model, threads: defaultThreads(), examples }));
      if (!found.passed) finish(1);
      if (flags.json) return io.out(`${JSON.stringify(found)}\n`);
      io.out(
        `${found.model}: rule ${found.rule}, backend ${found.backend}\n` +
          `${thousands(found.units)} units, ${thousands(found.learnedNumbers)} learned numbers, ` +
          `${thousands(found.stepsPerExample)} steps a training example, ` +
          `${thousands(found.trainExamples)} + ${thousands(found.testExamples)} examples\n`,
      );
      for (const { buffer, finiteDifferenceError, cosine, normRatio } of found.gradients)
        io.out(
          `${buffer}: finite differences within ${(100 * finiteDifferenceError).toFixed(3)} % of the exact gradient, ` +
            `update: cosine ${cosine.toFixed(3)}, length ${normRatio.toFixed(2)}\n`,
        );
      if (flags.explain) io.out(explanation);
      io.out(found.passed ? 'passed\n' : 'failed: the exact gradient and finite differences disagree\n');
    });
};

const explanation = `
The exact gradient is that of the free cost in the noise-free mean field of the network (rates in place of spikes), by
implicit differentiation. Finite differences of the same cost test it on its eight largest entries; they may miss it by 2 %.
The update is what the rule does to the weights for one batch, at its own beta and windows, from the network's start:
cosine 1 and length 1 would be the exact gradient. A large beta and spike noise lower both; a network learns well below 1.
`;
