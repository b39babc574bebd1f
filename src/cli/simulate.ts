// settle simulate: the network runs, nothing learns.
import { SettleError } from '../errors.ts';
import { readNetwork } from '../model/read.node.ts';
import { simulateNetworkModel } from './network.ts';
import { isNirFile, openNir } from '../run/nir.node.ts';
import { newTrace } from '../run/output.node.ts';
import { profileLeft } from '../run/profile.node.ts';
import { weightsLeft } from '../run/weights.node.ts';
import { simulate, type SimulateOptions, type SimulateResult } from '../run/simulate.node.ts';
import { type ModelFlags, overrides, path, whole } from './flags.ts';
import type { AddCommand } from './io.ts';
import {
  defaultThreads,
  modelArguments,
  openModel,
  openProfile,
  profileArguments,
  type ProfileFlags,
  withFile,
} from './model.ts';

interface SimulateFlags extends ModelFlags, ProfileFlags {
  duration?: string;
  examples: number;
  from?: string;
  trace?: string;
  threads?: number;
  out?: string;
  resume?: boolean;
  spikes?: string;
  sample?: number;
  pulse?: string;
  timeUnit?: string;
  json?: boolean;
}

export const simulateCommand: AddCommand = (program, io, finish) => {
  profileArguments(modelArguments(program.command('simulate')))
    .description('run a network without learning: what its populations do (on test examples, if it is one that learns)')
    .option(
      '--duration <time>',
      'how long each example is shown, for instance "1 s" (default: phases.predict.duration)',
    )
    .option('--examples <n>', 'test examples', whole(1, 1_000_000), 100)
    .option('--from <run>', 'use the weights of a run (its folder or checkpoint) instead of those of the start', path)
    .option('--threads <n>', 'worker threads', whole(1, 64))
    .option('--trace <file>', 'write the recorded examples into a new trace', path)
    .option('--out <folder>', 'a network without learning: where checkpoints, spikes and figures go', path)
    .option('--resume', 'a network without learning: go on from the checkpoint in --out')
    .option('--spikes <file>', 'a NIR graph: spikes into its Inputs, NIRData or csv (unit, time in s, node)', path)
    .option('--sample <n>', 'a NIR graph: which sample of the NIRData', whole(0, 1_000_000), 0)
    .option('--pulse <time>', 'a NIR graph: a spike is 1 held for this time (default: a pulse of integral 1)')
    .option('--time-unit <unit>', 'a NIR graph: unit of its times, s or ms (default s)')
    .option('--json', 'one JSON object on stdout')
    .addHelpText(
      'after',
      '\nExamples:\n  settle simulate mnist --duration "1 s"\n  settle simulate mnist --from runs/mnist-ep-1 --examples 1000 --json\n  settle simulate cuba --duration "10 s"\n  settle simulate graph.nir --spikes input.csv --pulse "0.1 ms"',
    )
    .action(async (name: string, flags: SimulateFlags) => {
      const set = overrides(flags);
      if (flags.profile !== undefined && (isNirFile(name) || readNetwork(name, { set })))
        throw new SettleError('a network without learning is not run on a chip', {
          kind: 'input', path: '--profile', found: flags.profile, expected: 'a model that learns', hint: `settle check ${name} --profile ${flags.profile} holds it to the chip's limits`,
        }); // prettier-ignore
      if (isNirFile(name)) {
        const all = [...set, ...(flags.duration === undefined ? [] : [`simulation.duration=${flags.duration}`])];
        const opened = await openNir(name, { ...flags, set: all });
        for (const note of opened.notes) io.err(`${name}: ${note}\n`);
        return finish(await simulateNetworkModel(name, opened, flags, io));
      }
      const network = readNetwork(name, { set: [...set, ...(flags.duration === undefined ? [] : [`simulation.duration=${flags.duration}`])] }); // prettier-ignore
      if (network) return finish(await simulateNetworkModel(name, network, flags, io));
      if (flags.duration !== undefined) set.push(`phases.predict.duration=${flags.duration}`);
      const { model, file } = openModel(name, set);
      const from = flags.from === undefined ? undefined : weightsLeft(flags.from);
      const trace = flags.trace === undefined ? null : newTrace(flags.trace, model, model.learning.rule);
      const options: SimulateOptions = {
        model, from, profile: openProfile(flags) ?? (flags.from === undefined ? null : profileLeft(flags.from)), threads: flags.threads ?? defaultThreads(), examples: flags.examples, signal: io.signal,
        ...(trace ? { emit: async (frame) => trace.frame(frame) } : {}),
      }; // prettier-ignore
      let found: SimulateResult | null = null;
      try {
        found = await withFile(file, () => simulate(options));
        if (found) trace?.end();
      } finally {
        trace?.close();
      }
      if (!found) {
        io.err('interrupted\n');
        return finish(130);
      }
      if (flags.json) return io.out(`${JSON.stringify(found)}\n`);
      io.out(
        `${found.model}: ${found.examples} test examples of ${(1000 * found.duration).toFixed(0)} ms, error ${(100 * found.testError).toFixed(2)} %, ` +
          `${Math.round(found.synapticEvents)} synaptic events an example` +
          `${found.notSettled === null ? '' : `, ${(100 * found.notSettled).toFixed(1)} % not settled`}\n`,
      );
      for (const { name: population, units, activity, ceilingShare, spikesPerExample, rate } of found.populations)
        io.out(
          `${population}: ${units} units, mean activity ${activity.toFixed(3)} (${(100 * ceilingShare).toFixed(1)} % of the most), ` +
            `${spikesPerExample.toFixed(1)} spikes an example, ${rate.toFixed(1)} Hz a unit\n`,
        );
      if (flags.trace !== undefined) io.out(`trace: ${flags.trace}\n`);
    });
};
