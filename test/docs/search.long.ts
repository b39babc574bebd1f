// docs/search.md, done as it is written.
import { expect, it } from 'vitest';
import { follow, readPage } from './blocks.ts';

it('every command of docs/search.md does what the page says', async () => {
  const done = await follow(readPage('search.md'), 'docs/search.md');
  done.remove();
  expect(done.wrong).toEqual([]);
});
