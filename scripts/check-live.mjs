// The live page in a browser: during a short run of MNIST, after a reload, narrow and wide, dark and light; a finished run's page
// and report. With --measure also what a page costs the run and how many frames it holds; --pictures DIR keeps what it saw.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { allNamed, check, finish, looksEverywhere, openBrowser, openPage as opened, painted, picture, root, sleep, until, withExports } from './browser.mjs'; // prettier-ignore

const work = mkdtempSync(join(tmpdir(), 'settle-live-'));

/** A command of ours; `url` resolves to the address it says. */
function settle(...args) {
  const child = spawn(process.execPath, [join(root, 'dist/cli.js'), ...args], { cwd: work });
  let [text, out] = ['', ''];
  child.stdout.on('data', (part) => (out += part));
  const ended = new Promise((resolve) => child.on('close', (code) => resolve({ code, text, out })));
  const url = new Promise((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (part) => {
        text += part;
        const found = /http:\/\/\S+\/#[\w-]+/.exec(text);
        if (found) resolve(found[0]);
      });
    void ended.then(() => reject(new Error(`ended without an address: ${text}`)));
  });
  url.catch(() => {});
  return { child, ended, url };
}
const mnist = (out, epochs, ...more) => ['run', 'mnist', '--epochs', String(epochs), '--set', 'data.train=4000', '--set', 'data.test=400', '--threads', '1', '--out', out, ...more]; // prettier-ignore

const browser = await openBrowser();
const openPage = (url, options) => opened(browser, url, options);
const textOf = (page, selector) => page.textContent(selector);
const examplesOf = (page) => page.evaluate(() => Number(/^([\d,]+) examples/.exec(document.querySelector('#cards small')?.textContent ?? '')?.[1].replaceAll(',', ''))); // prettier-ignore

async function livePage() {
  const run = settle(...mnist('live', 500, '--profile', 'odin', '--live'));
  const url = await run.url;
  const { page, errors } = await openPage(url);
  const charts = ['energy', 'outputs', 'membranes', 'errors', 'events'];
  check('every chart has data', await until('charts', async () => {
    for (const id of charts) if ((await painted(page, `#${id} canvas`)) < 500) return false;
    return (await painted(page, '#raster')) > 1000 && (await page.locator('#rates i').count()) >= 10;
  })); // prettier-ignore
  check('the network is drawn', (await page.locator('#network text.name').allTextContents()).join() === 'x,h,y');
  const before = await examplesOf(page);
  check('numbers change', await until('more examples', async () => (await examplesOf(page)) > before + 200));
  const shown = await page.evaluate(() => window.settleLive.examples);
  check(
    'examples change',
    await until('another', () => page.evaluate((was) => window.settleLive.examples > was, shown), 30),
  );
  await page.keyboard.press('Space');
  check('space pauses', await until('paused', async () => (await textOf(page, '#status')) === 'paused'));
  await sleep(400);
  const held = await examplesOf(page);
  await sleep(600);
  check('a paused run stands still', (await examplesOf(page)) === held, `${held} examples`);
  await page.keyboard.press('s');
  check('s trains one batch', await until('a batch', async () => (await examplesOf(page)) === held + 20, 10), `${await examplesOf(page)}`); // prettier-ignore
  await page.keyboard.press('n');
  check('n shows a test example', await until('test example', async () => /^Test example 0/.test(await textOf(page, '#title-raster')), 10)); // prettier-ignore
  await page.fill('#settings input[name="phases.nudge.beta"]', '0.8');
  await page.keyboard.press('Enter');
  check(
    'beta changes and is logged',
    await until('log', async () => /beta = 0.8/.test(await textOf(page, '#log')), 10),
  );
  await page.fill('#settings input[name="phases.nudge.beta"]', '0');
  await page.keyboard.press('Enter');
  check('what cannot change is refused in a sentence', await until('problem', async () => /phases.nudge.beta/.test(await textOf(page, '#problem')), 10)); // prettier-ignore
  await page.fill('#settings input[name="phases.nudge.beta"]', '0.8');
  // The browser says itself that a request was refused.
  check('and only that', errors.splice(0).join() === 'Failed to load resource: the server responded with a status of 409 (Conflict)'); // prettier-ignore
  await looksEverywhere(page, { canvas: '#raster', what: 'the raster', name: 'live' });
  check('controls have names', await allNamed(page));
  await page.keyboard.press('Escape');
  await page.click('#pause');
  check('the button goes on', await until('running', async () => (await textOf(page, '#status')) === 'running'));
  await page.reload();
  check('a reload finds the run where it is', await until('reload', async () => (await examplesOf(page)) > held && (await painted(page, '#errors canvas')) > 500 && /beta = 0.8/.test(await textOf(page, '#log')))); // prettier-ignore
  const [trace] = await Promise.all([page.waitForEvent('download'), page.click('.links a:first-child')]);
  check('the trace is downloaded', existsSync(await trace.path()), trace.suggestedFilename());
  const reader = await openPage(url.replace(/#.*/, '#'));
  check('without the token nothing can be pressed', await until('disabled', async () => reader.page.locator('#pause').isDisabled(), 10)); // prettier-ignore
  run.child.kill('SIGINT');
  const { code } = await run.ended;
  check('Ctrl-C ends the run with its checkpoint', code === 130 && existsSync(join(work, 'live/checkpoint.settle')));
  check(
    'the page says how it ended',
    await until('end', async () => (await textOf(page, '#status')) === 'interrupted', 10),
  );
  check(
    'no errors on the console',
    errors.length + reader.errors.length === 0,
    [...errors, ...reader.errors].join('; '),
  );
  await Promise.all([page.close(), reader.page.close()]);
}

async function finishedRun() {
  const { code, text } = await settle(...mnist('done', 2, '--alignment')).ended;
  if (code !== 0) console.log(text);
  const served = settle('serve', 'done');
  const { page, errors } = await openPage(await served.url);
  check('a finished run is shown', await until('charts', async () => (await painted(page, '#errors canvas')) > 500 && (await painted(page, '#raster')) > 1000, 20)); // prettier-ignore
  check('and said to be finished', (await textOf(page, '#status')) === 'finished');
  await sleep(300);
  await picture(page, 'serve-1600-light');
  await page.close();
  const address = new URL(await served.url);
  const report = await openPage(new URL('/report.html', address).href);
  check('its report opens', await until('report', async () => (await painted(report.page, '#raster')) > 500 && (await report.page.locator('#curve canvas').count()) > 0, 10)); // prettier-ignore
  served.child.kill('SIGINT');
  check('Ctrl-C ends serve', (await served.ended).code === 0);
  const file = await openPage(pathToFileURL(join(work, 'done/report.html')).href, { colorScheme: 'dark' });
  check('the report opens as a file', (await painted(file.page, '#raster')) > 500);
  check('no errors on the console there', errors.length + report.errors.length + file.errors.length === 0, [...errors, ...report.errors, ...file.errors].join('; ')); // prettier-ignore
}

/**
 * The same run, alone and with a page open, in turn: seconds of the wall clock, which the browser's own work on the same cores is
 * part of, and seconds of the run's processor time, which it is not.
 */
async function slowing() {
  const once = async (name, watched) => {
    const run = settle(...mnist(name, 24, '--json', ...(watched ? ['--live'] : [])));
    const open = watched ? await openPage(await run.url) : null;
    let ticks = 0;
    const timer = setInterval(() => {
      try {
        const fields = readFileSync(`/proc/${run.child.pid}/stat`, 'utf8').split(') ')[1].split(' ');
        ticks = Number(fields[11]) + Number(fields[12]);
      } catch {
        // It has ended.
      }
    }, 50);
    const { code, text, out } = await run.ended;
    if (code !== 0) throw new Error(`exit code ${code}: ${text}`);
    clearInterval(timer);
    await open?.page.close();
    return { ...JSON.parse(out), processor: ticks / 100 };
  };
  const rows = [];
  for (let k = 0; k < 5; k++) rows.push([await once(`alone-${k}`, false), await once(`beside-${k}`, true)]);
  const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
  const more = (of) => `${(100 * (median(rows.map(([alone, beside]) => of(beside) / of(alone))) - 1)).toFixed(1)} %`;
  const equal = rows.every(([alone, beside]) => alone.checkpointSha256 === beside.checkpointSha256);
  check('the checkpoint is the same with a page open', equal);
  console.log(`a page open: ${more((run) => run.seconds)} more wall-clock seconds, ${more((run) => run.processor)} more processor seconds (medians of ${rows.length} pairs)`); // prettier-ignore
  for (const [alone, beside] of rows) console.log(`  alone ${alone.seconds.toFixed(2)} s, processor ${alone.processor.toFixed(2)} s; watched ${beside.seconds.toFixed(2)} s, processor ${beside.processor.toFixed(2)} s`); // prettier-ignore
}

/** Thirty frames a second of 33,334 spikes each. */
async function synthetic() {
  const contents = "export { serve } from './src/dashboard/server.node.ts'; export { feed } from './src/dashboard/feed.ts'; export { assets } from './src/dashboard/assets.node.ts';"; // prettier-ignore
  await withExports(contents, async ({ serve, feed: newFeed, assets }) => {
    const feed = newFeed();
    const server = await serve({ feed, resources: assets('synthetic', null, null), port: 0, request: null });
    const units = 4000;
    feed.put({ kind: 'about', mode: 'live', about: { name: 'synthetic', model: 'synthetic', rule: 'ep', backend: 'none', seed: 1, profile: null, step: 0.001, populations: [{ name: 'h', kind: 'lif', units }], projections: [], output: null, examples: 1, batch: 1, testExamples: 1, epochs: 1 } }); // prettier-ignore
    const { page, errors } = await openPage(server.url);
    const spikes = 33_334;
    let sent = 0;
    const frameOf = () => {
      const time = Int32Array.from({ length: spikes }, () => Math.floor(300 * Math.random())).sort();
      const unit = Int32Array.from({ length: spikes }, () => Math.floor(units * Math.random()));
      return { kind: 'spikes', run: 'synthetic', epoch: 0, example: sent, phase: 'free', t0: 0, t1: 300, columns: { 'h.spikes.time': { dtype: 'i32', shape: [spikes], data: time }, 'h.spikes.unit': { dtype: 'i32', shape: [spikes], data: unit } } }; // prettier-ignore
    };
    const frames = Array.from({ length: 8 }, frameOf);
    const timer = setInterval(() => {
      sent += 1;
      feed.put({ kind: 'example', shown: { set: 'test', example: sent, label: null, image: null, examples: sent, epoch: 0, frames: [frames[sent % 8]] } }); // prettier-ignore
    }, 1000 / 30);
    await until('the first', () => page.evaluate(() => window.settleLive.examples > 10), 20);
    const [from, at, wasSent] = [await page.evaluate(() => window.settleLive.examples), performance.now(), sent];
    await sleep(8000);
    const seconds = (performance.now() - at) / 1000;
    const drawn = ((await page.evaluate(() => window.settleLive.examples)) - from) / seconds;
    const offered = (sent - wasSent) / seconds;
    clearInterval(timer);
    console.log(`synthetic frames: ${offered.toFixed(1)} a second sent, ${drawn.toFixed(1)} drawn, ${((drawn * spikes) / 1e6).toFixed(2)} M spikes/s`); // prettier-ignore
    check('the page draws nine of ten frames, of 1e6 spikes a second', drawn >= Math.max(27, 0.9 * offered) && errors.length === 0, errors.join('; ')); // prettier-ignore
    await picture(page, 'synthetic');
    await page.close();
    await server.close();
  });
}

try {
  await livePage();
  await finishedRun();
  if (process.argv.includes('--measure')) {
    await synthetic();
    await slowing();
  }
} finally {
  await browser.close();
  rmSync(work, { recursive: true, force: true });
}
finish();
