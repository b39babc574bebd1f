// settle list and settle cite: what there is, and how to name it in a paper.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { SettleError } from '../errors.ts';
import { readBytes } from '../frames/files.node.ts';
import { citation } from '../run/cite.ts';
import { runFiles } from '../run/folder.node.ts';
import { listings } from '../run/listings.node.ts';
import { entryOf } from '../run/tables.ts';
import type { AddCommand } from './io.ts';

export const listCommand: AddCommand = (program, io) => {
  const kinds = Object.keys(listings);
  program
    .command('list')
    .description(`list ${kinds.join(', ')}`)
    .argument('<kind>', kinds.join(' | '))
    .option('--json', 'one JSON object on stdout')
    .addHelpText('after', '\nExamples:\n  settle list models\n  settle list formats --json')
    .action((kind: string, flags: { json?: boolean }) => {
      const entries = entryOf(listings, 'kind', kind, 'list')();
      if (flags.json) return io.out(`${JSON.stringify({ schema: 'settle-list/1', kind, entries })}\n`);
      const width = Math.max(0, ...entries.map(({ name }) => name.length));
      for (const { name, about } of entries) io.out(`${name.padEnd(width)}  ${about}`.trimEnd() + '\n');
    });
};

export const citeCommand: AddCommand = (program, io) => {
  program
    .command('cite')
    .description('how to cite a run: this software, the model and its data')
    .argument('<run>', 'folder of a run')
    .addHelpText('after', '\nExample:\n  settle cite runs/mnist-ep-1')
    .action((folder: string) => {
      const file = join(folder, runFiles.provenance);
      if (!existsSync(file))
        throw new SettleError('not a finished run', {
          kind: 'input',
          file: folder,
          expected: `a folder with ${runFiles.provenance}`,
        });
      const { bibtex, text } = citation(provenanceOf(file));
      io.out(`${bibtex}\n${text}\n`);
    });
};

function provenanceOf(file: string): Record<string, unknown> {
  const text = new TextDecoder().decode(readBytes(file));
  try {
    const facts: unknown = JSON.parse(text);
    if (typeof facts === 'object' && facts !== null) return facts as Record<string, unknown>;
  } catch {
    // Said below.
  }
  throw new SettleError('the provenance is damaged', {
    kind: 'input',
    file,
    found: `${text.length} characters that are no JSON object`,
    expected: 'what settle run wrote',
  });
}
