// settle check: a model looked at before it is trained.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { coursesPicture } from '../report/courses.ts';
import { decodedState } from '../run/checkpoint.node.ts';
import { check, hasCourses } from '../run/check.node.ts';
import { examplesFor } from '../run/checkSample.ts';
import { runFiles } from '../run/folder.node.ts';
import { SettleError } from '../errors.ts';
import { explanation } from './checkExplained.ts';
import { checkText, verdict } from './checkText.ts';
import { type ModelFlags, overrides, whole } from './flags.ts';
import type { AddCommand } from './io.ts';
import { defaultThreads, modelArguments, openModel, withFile } from './model.ts';

interface CheckFlags extends ModelFlags {
  examples?: number;
  from?: string;
  explain?: boolean;
  out?: string;
  json?: boolean;
}

export const checkCommand: AddCommand = (program, io, finish) => {
  modelArguments(program.command('check'))
    .description(
      "check a model: its sizes, its exact gradient against finite differences, the rule's update against it, layer by layer",
    )
    .option(
      '--examples <n>',
      'training examples to average over (default 20; rate models 2, large ones 1)',
      whole(1, 1000),
    )
    .option('--from <run>', 'use the weights of a run instead of those of the start')
    .option('--explain', 'say what is compared, by which formulas, and what it costs')
    .option(
      '--out <file>',
      "networks that settle: a picture of EP's updates over time beside the gradient's (.svg, .html)",
    )
    .option('--json', 'one JSON object on stdout')
    .addHelpText(
      'after',
      '\nExamples:\n  settle check xor\n  settle check lecture-example --explain --out courses.svg\n  settle check bartunov-mnist --rule fa',
    )
    .action(async (name: string, flags: CheckFlags) => {
      const { model, file } = openModel(name, overrides(flags));
      if (flags.out !== undefined && !hasCourses({ model }))
        throw new SettleError('no picture of updates over time', {
          kind: 'input', path: '--out', found: `the rule ${model.learning.rule} on a ${model.kind} model`, expected: 'a rate model that settles',
        }); // prettier-ignore
      const from = flags.from === undefined ? undefined : decodedState(join(flags.from, runFiles.checkpoint)).state;
      const { result, courses } = await withFile(file, () =>
        check({
          model,
          threads: defaultThreads(),
          examples: flags.examples ?? examplesFor(model),
          from,
          explain: flags.explain === true,
        }),
      );
      if (!result.passed) finish(1);
      if (flags.out !== undefined && courses && courses.length > 0) {
        writeFileSync(flags.out, coursesPicture(courses, { title: result.model, page: /\.html?$/i.test(flags.out) }));
        io.err(`picture: ${flags.out}\n`);
      }
      if (flags.json) return io.out(`${JSON.stringify(result)}\n`);
      io.out(checkText(result));
      if (flags.explain) io.out(explanation(result));
      io.out(verdict(result));
    });
};
