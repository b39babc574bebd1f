// What the checks in a browser share, beside what all checks do: Chromium, pages whose console is listened to, what a canvas
// shows, and looks at a page narrow and wide, dark and light.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { check, sleep } from './checks.mjs';

export { check, finish, root, sleep, until, withExports } from './checks.mjs';

export const openBrowser = (...args) => chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', headless: true, args: ['--no-sandbox', ...args] }); // prettier-ignore

/** A page and what it says on the console; `quiet`: what is no fault of ours. */
export async function openPage(browser, url, { quiet, ...options } = {}) {
  const page = await browser.newPage({ viewport: { width: 1600, height: 1000 }, colorScheme: 'light', ...options });
  const errors = [];
  page.on('console', (message) => ['error', 'warning'].includes(message.type()) && !quiet?.test(message.text()) && errors.push(message.text())); // prettier-ignore
  page.on('pageerror', (error) => errors.push(error.message));
  await page.goto(url);
  return { page, errors };
}
/** With --pictures DIR, keeps what a page shows. */
const pictures = process.argv.includes('--pictures') ? process.argv[process.argv.indexOf('--pictures') + 1] : null;
if (pictures) mkdirSync(pictures, { recursive: true });
export const picture = async (page, name) => pictures && page.screenshot({ path: join(pictures, `${name}.png`), fullPage: true }); // prettier-ignore

/** Pixels of a canvas that are not empty. */
export const painted = (page, selector) =>
  page.evaluate((found) => {
    const canvas = document.querySelector(found);
    if (!canvas) return 0;
    // From a copy: reading a canvas itself makes the browser warn.
    const copy = document.createElement('canvas');
    [copy.width, copy.height] = [canvas.width, canvas.height];
    const draw = copy.getContext('2d', { willReadFrequently: true });
    if (copy.width * copy.height === 0) return 0;
    draw.drawImage(canvas, 0, 0);
    const { data } = draw.getImageData(0, 0, copy.width, copy.height);
    let count = 0;
    for (let k = 3; k < data.length; k += 4) if (data[k] > 0) count += 1;
    return count;
  }, selector);
export const overflows = (page) => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth); // prettier-ignore
/** Whether everything that can be used, and every picture, says what it is. */
export const allNamed = (page) => page.evaluate(() => [...document.querySelectorAll('button, input, select, canvas, [role=img]')].every((each) => each.offsetParent === null || each.parentElement.closest('[role=img]') || (each.getAttribute('aria-label') ?? each.labels?.[0]?.textContent ?? each.textContent).trim() !== '')); // prettier-ignore

/** Wide and narrow, light and dark: nothing sticks out, `canvas` (named `what`) is drawn, and the picture is kept under `name`. */
export async function looksEverywhere(page, { canvas, what, name }) {
  for (const [width, height] of [[1600, 1000], [400, 800]])
    for (const colorScheme of ['light', 'dark']) {
      await page.setViewportSize({ width, height });
      await page.emulateMedia({ colorScheme });
      await sleep(500);
      check(`${width} px, ${colorScheme}: nothing sticks out`, (await overflows(page)) <= 0, `${await overflows(page)} px`);
      check(`${width} px, ${colorScheme}: ${what} is drawn`, (await painted(page, canvas)) > 1000);
      await picture(page, `${name}-${width}-${colorScheme}`);
    }
} // prettier-ignore
