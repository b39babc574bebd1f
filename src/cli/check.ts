// settle check: a model looked at before it is trained.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { coursesPicture } from '../report/courses.ts';
import { decodedState } from '../run/checkpoint.node.ts';
import { check, hasCourses } from '../run/check.node.ts';
import { examplesFor } from '../run/checkSample.ts';
import { runFiles } from '../run/folder.node.ts';
import { SettleError } from '../errors.ts';
import { checkOnChip, type ChipFlags } from './chipCheck.ts';
import { explanation } from './checkExplained.ts';
import { checkText, verdict } from './checkText.ts';
import { overrides, whole } from './flags.ts';
import type { AddCommand } from './io.ts';
import { defaultThreads, modelArguments, openModel, openProfile, profileArguments, withFile } from './model.ts';

interface CheckFlags extends ChipFlags {
  explain?: boolean;
  out?: string;
}

export const checkCommand: AddCommand = (program, io, finish) => {
  profileArguments(modelArguments(program.command('check')))
    .description(
      "check a model: its sizes, its exact gradient against finite differences, the rule's update against it, layer by layer; or, with --profile, against what a chip holds, with the energy of an example",
    )
    .option('--energy-table <name>', "with --profile: which of the profile's tables prices events (default the first)")
    .option(
      '--duration <time>',
      'with --profile, a network without learning: how long it is simulated (default 200 ms)',
    )
    .option(
      '--examples <n>',
      'training examples to average over (default 20; rate models 2, large ones 1), or with --profile to simulate (default 5)',
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
      '\nExamples:\n  settle check xor\n  settle check lecture-example --explain --out courses.svg\n  settle check bartunov-mnist --rule fa\n  settle check mnist --profile loihi-1 --from runs/mnist-ep-1\n  settle check cuba --profile odin --json',
    )
    .action(async (name: string, flags: CheckFlags) => {
      const profile = openProfile(flags);
      if (profile) return finish(await checkOnChip(name, profile.profile, flags, io));
      const given = (['energyTable', 'duration'] as const).find((flag) => flags[flag] !== undefined);
      if (given !== undefined)
        throw new SettleError('this flag goes with --profile', { kind: 'input', path: `--${given.replace(/[A-Z]/, (letter) => `-${letter.toLowerCase()}`)}`, expected: '--profile NAME' }); // prettier-ignore
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
