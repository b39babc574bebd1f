// The fenced blocks of a page of docs/, and what they say to do, done in order in a folder of their own. In a page,
// ```sh            commands that end with exit code 0; `exit 2` after it: the last one ends with 2; `not run`: only shown
// ```text          lines that the commands before it print, in this order; `...` stands for anything
// ```yaml NAME     the file NAME (csv alike); a block without a name is only shown.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cli, root } from '../cli/process.ts';

export interface Block {
  readonly kind: string;
  /** What follows the kind on the first line of the fence. */
  readonly rest: string;
  readonly text: string;
  readonly line: number;
}

export const readPage = (name: string): string => readFileSync(join(root, 'docs', name), 'utf8');

export function blocksOf(text: string): Block[] {
  return [...text.matchAll(/^```(\S+) *(.*)\n([\s\S]*?)^```$/gm)].map(([, kind, rest, inside], k, all) => ({
    kind: kind!,
    rest: rest!,
    text: inside!,
    line: text.slice(0, all[k]!.index).split('\n').length,
  }));
}

/** Commands, one an entry: a line that ends in a backslash goes on in the next. */
export const commandsOf = ({ text }: Block): string[] =>
  text
    .replaceAll(/\\\n */g, '')
    .split('\n')
    .filter((line) => line.trim() !== '');

/** The command in a shell of its own, `npx settle` being the one in dist/. */
function inShell(command: string, folder: string): Promise<{ code: number | null; said: string }> {
  const npx = 'npx() { shift; "$NODE" "$CLI" "$@"; }';
  const child = spawn('bash', ['-c', `${npx}\n${command}`], {
    cwd: folder,
    env: { ...process.env, NODE: process.execPath, CLI: cli },
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (chunk: string) => (said += chunk));
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, said })));
}

/** Each line's pattern, blanks being as good as one another. */
const patterns = (text: string): RegExp[] =>
  text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const parts = line.trim().split('...').map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll(/\s+/g, '\\s+')); // prettier-ignore
      return new RegExp(`^\\s*${parts.join('.*')}\\s*$`, 'm');
    });

export interface Done {
  readonly folder: string;
  /** What went otherwise than the page says, a sentence each. */
  readonly wrong: readonly string[];
  /** What each command printed, stdout and stderr. */
  readonly said: ReadonlyMap<string, string>;
  remove(): void;
}

/** Does what a page says; `name` is how it is called in sentences. A command that fails does not stop it. */
export async function follow(page: string, name: string): Promise<Done> {
  const folder = mkdtempSync(join(tmpdir(), 'settle-docs-'));
  const wrong: string[] = [];
  const said = new Map<string, string>();
  let last = '';
  for (const block of blocksOf(page)) {
    const place = `${name}:${block.line}`;
    if (block.kind === 'text') {
      let from = 0;
      for (const pattern of patterns(block.text)) {
        const found = pattern.exec(last.slice(from));
        if (!found) wrong.push(`${place}: nothing matches ${pattern.source} in\n${last.slice(from)}`);
        else from += found.index + found[0].length;
      }
    } else if (block.kind === 'sh' && block.rest !== 'not run') {
      const commands = commandsOf(block);
      last = '';
      for (const [k, command] of commands.entries()) {
        const expected = k === commands.length - 1 ? Number(/^exit (\d+)$/.exec(block.rest)?.[1] ?? 0) : 0;
        const { code, said: words } = await inShell(command, folder);
        said.set(command, words);
        last += words;
        if (code !== expected) wrong.push(`${place}: ${command}: exit ${code}, expected ${expected}\n${words}`);
      }
    } else if (block.kind !== 'sh' && block.rest !== '') writeFileSync(join(folder, block.rest), block.text);
  }
  return { folder, wrong, said, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
