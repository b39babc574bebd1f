// Evolved creatures in a browser: a short search, the page that plays its best ones again, and the family of the champion.
// --pictures DIR keeps what it saw.
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { check, finish, openBrowser, openPage, overflows, painted, picture, root, sleep, until } from './browser.mjs';

const work = mkdtempSync(join(tmpdir(), 'settle-evolve-'));
const browser = await openBrowser();
try {
  const folder = join(work, 'walk');
  await promisify(execFile)(process.execPath, [join(root, 'dist/cli.js'), 'evolve', join(root, 'bench/evolve-walk.yaml'), '--set', 'algorithm.population=20', '--generations', '3', '--out', folder]); // prettier-ignore
  const { fitness } = JSON.parse(readFileSync(join(folder, 'result.json'), 'utf8'));
  check('something walks', fitness > 0.5, `${fitness.toFixed(2)} lengths in 10 s`);
  const { page, errors } = await openPage(browser, pathToFileURL(join(folder, 'creatures.html')).href);
  const image = () => page.evaluate(() => document.getElementById('creature').toDataURL());
  const said = () => page.textContent('#creature-said');
  check('a creature is drawn', await until('drawn', async () => (await painted(page, '#creature')) > 500, 10), await said()); // prettier-ignore
  const before = await image();
  check('it moves', await until('movement', async () => (await image()) !== before, 10));
  await page.click('#creature-play');
  await sleep(200);
  const held = await image();
  await sleep(400);
  check('the button holds it', (await image()) === held);
  const most = Number(await page.getAttribute('#creature-generation', 'max'));
  const last = await said();
  await page.locator('#creature-generation').fill('0');
  check('the slider goes to an earlier one', most === 0 || (await said()) !== last, `${most + 1} bests`);
  check('scores and family are drawn', (await painted(page, '#creature-scores canvas')) > 500 && (await painted(page, '#family')) > 200); // prettier-ignore
  for (const width of [1600, 400]) {
    await page.setViewportSize({ width, height: 900 });
    await sleep(300);
    check(`${width} px: nothing sticks out`, (await overflows(page)) <= 0);
    await picture(page, `creatures-${width}`);
  }
  const search = await openPage(browser, pathToFileURL(join(folder, 'evolution.html')).href, { colorScheme: 'dark' });
  check('the page of the search opens', (await search.page.locator('svg').count()) > 0);
  await picture(search.page, 'evolution');
  check('no errors on the console', errors.length + search.errors.length === 0, [...errors, ...search.errors].join('; ')); // prettier-ignore
} finally {
  await browser.close();
  rmSync(work, { recursive: true, force: true });
}
finish();
