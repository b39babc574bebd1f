// settle verify: the event engine against case files with exact spike times.
import { type EventBackend, eventEngines, type FileVerdict, verifyFile } from '../run/verify.node.ts';
import { entryOf } from '../run/tables.ts';
import type { AddCommand } from './io.ts';

interface VerifyFlags {
  backend: string;
  json?: boolean;
}

export const verifyCommand: AddCommand = (program, io, finish) => {
  program
    .command('verify')
    .description('hold the event engine against case files with exact spike times; exit 1 where one fails')
    .argument('<file...>', 'case files (schema exact-lif-case/1)')
    .option('--backend <name>', Object.keys(eventEngines).join(' | '), 'reference')
    .option('--json', 'one JSON object on stdout')
    .addHelpText(
      'after',
      '\nA spike may be off by 1e-12 ms, by what rounding makes of it at its slope, or by two last places of its time.\n\nExample:\n  settle verify test/cases/*.json',
    )
    .action((files: string[], { backend, json }: VerifyFlags) => {
      entryOf(eventEngines, 'backend', backend, '--backend');
      const verdicts: FileVerdict[] = [];
      for (const file of files) {
        const verdict = verifyFile(file, backend as EventBackend);
        verdicts.push(verdict);
        if (!json) io.out(line(verdict));
      }
      const failed = verdicts.filter(({ passed }) => !passed).length;
      if (failed > 0) finish(1);
      if (json)
        io.out(`${JSON.stringify({ schema: 'settle-verify/1', backend, passed: failed === 0, cases: verdicts })}\n`);
      else io.out(failed === 0 ? `all ${files.length} pass\n` : `${failed} of ${files.length} failed\n`);
    });
};

function line(of: FileVerdict): string {
  const spikes = `${of.expected} spikes expected, ${of.found} found, ${of.missing} missing, ${of.extra} extra`;
  const times = `largest time error ${of.timeError.toExponential(1)} ms, ${of.ofTolerance.toFixed(2)} of its tolerance`;
  return `${of.passed ? 'pass' : 'FAIL'}  ${of.id}: ${spikes}; ${times}; ${of.probes} probes within ${of.probeError.toExponential(1)}\n`;
}
