// Pages are followed to the letter: what goes otherwise than they say is found.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { follow } from './blocks.ts';

const fence = (first: string, ...lines: string[]): string => ['```' + first, ...lines, '```', ''].join('\n');

it('files are written, commands run in order, and lines found with blanks and dots as they may be', async () => {
  const page = [
    fence('csv a.csv', 'x,label', '1,0'),
    fence('yaml', 'shown: only'),
    fence('sh', 'cat a.csv', "echo 'one   two 3 four'"),
    fence('text', 'x,label', 'one two ... four'),
    fence('sh not run', 'touch never'),
    fence('sh exit 3', 'echo long \\', '  word > said', 'exit 3'),
  ].join('Words.\n');
  const { wrong, folder, said, remove } = await follow(page, 'page');
  expect(wrong).toEqual([]);
  expect([...said.keys()]).toEqual(['cat a.csv', "echo 'one   two 3 four'", 'echo long word > said', 'exit 3']);
  expect(readFileSync(join(folder, 'said'), 'utf8')).toBe('long word\n');
  expect(existsSync(join(folder, 'never'))).toBe(false);
  remove();
});

it.each([
  ['another exit code', [fence('sh', 'exit 1')], /^page:1: exit 1: exit 1, expected 0/],
  ['an exit code of 0 where another is promised', [fence('sh exit 2', 'true')], /exit 0, expected 2/],
  ['a line that is not printed', [fence('sh', 'echo one'), fence('text', 'one', 'two')], /^page:4: nothing matches/],
  ['a line out of order', [fence('sh', 'echo one; echo two'), fence('text', 'two', 'one')], /nothing matches/],
  ['a part of a line', [fence('sh', 'echo one two'), fence('text', 'one')], /nothing matches/],
])('%s is wrong', async (_, blocks, expected) => {
  const { wrong, remove } = await follow(blocks.join(''), 'page');
  expect(wrong).toEqual([expect.stringMatching(expected)]);
  remove();
});
