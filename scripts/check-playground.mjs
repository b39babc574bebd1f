// The playground in a browser, from its own server and from a plain one: digits drawn and classified, rules that learn, an energy
// as text, every backend against wasm, files saved and opened, narrow and wide, dark and light. --pictures DIR keeps what it saw.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { allNamed, check, finish, looksEverywhere, openBrowser, openPage, painted, picture, root, sleep, until } from './browser.mjs'; // prettier-ignore

const work = mkdtempSync(join(tmpdir(), 'settle-playground-'));
const textOf = (page, selector) => page.textContent(selector);

/** Builds and serves; resolves to the address. */
async function served() {
  const child = spawn(process.execPath, [join(root, 'scripts/playground.mjs'), '--out', join(work, 'site')], { stdio: ['ignore', 'pipe', 'inherit'] }); // prettier-ignore
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (part) => (said += part));
  await until('the playground is served', () => /http:\S+/.test(said) || child.exitCode !== null, 240);
  const url = /http:\S+/.exec(said)?.[0];
  if (!url) throw new Error(`ended without an address: ${said}`);
  console.log(/first load.*/.exec(said)[0]);
  return { url, child };
}

/** Strokes by digit, in units of the pad's side. */
const around = (x, y, rx, ry) => Array.from({ length: 25 }, (_, k) => [x + rx * Math.sin((k * Math.PI) / 12), y - ry * Math.cos((k * Math.PI) / 12)]); // prettier-ignore
const strokes = {
  0: [around(0.5, 0.5, 0.2, 0.3)],
  1: [[[0.52, 0.18], [0.5, 0.4], [0.48, 0.82]]],
  7: [[[0.26, 0.25], [0.5, 0.25], [0.72, 0.24], [0.62, 0.45], [0.52, 0.65], [0.44, 0.85]]],
}; // prettier-ignore
async function draw(page, digit) {
  const box = await page.locator('#pad').boundingBox();
  await page.keyboard.press('c');
  for (const stroke of strokes[digit]) {
    const at = ([x, y]) => [box.x + x * box.width, box.y + y * box.height];
    await page.mouse.move(...at(stroke[0]));
    await page.mouse.down();
    for (const point of stroke) await page.mouse.move(...at(point), { steps: 3 });
    await page.mouse.up();
  }
}
const drawnCharts = async (page) =>
  (await painted(page, '#raster')) > 500 && (await painted(page, '#outputs canvas')) > 500 && (await painted(page, '#energy canvas')) > 500; // prettier-ignore

async function digits(page) {
  check('a test digit is shown at once', await until('the first', () => drawnCharts(page)), await textOf(page, '#network-said')); // prettier-ignore
  await sleep(1800);
  await picture(page, 'playground-digit');
  let right = 0;
  for (let k = 0; k < 20; k++) {
    const before = await textOf(page, '#pad-said');
    await page.keyboard.press('n');
    await until('another', async () => (await textOf(page, '#pad-said')) !== before, 10);
    await until('an answer', async () => ['good', 'bad'].includes(await page.getAttribute('#answer', 'data-tone')), 10);
    await sleep(150);
    if ((await page.getAttribute('#answer', 'data-tone')) === 'good') right += 1;
  }
  check('test digits are answered', right >= 17, `${right} of 20 right`);
  for (const digit of Object.keys(strokes)) {
    await draw(page, digit);
    check(`a drawn ${digit} is classified`, await until('the answer', async () => (await textOf(page, '#answer')) === digit, 10), `answer ${await textOf(page, '#answer')}`); // prettier-ignore
  }
  const spikes = async () => Number((await textOf(page, '#spikes-said')).replace(/\D/g, ''));
  const free = await spikes();
  await page.selectOption('#nudge', '3');
  check('a nudge adds its phases', await until('more spikes', async () => (await spikes()) > 2 * free, 10), `${free} spikes, then ${await spikes()}`); // prettier-ignore
  check('and a target', (await textOf(page, '#answer-said')) === 'target 3');
  await sleep(1800);
  await picture(page, 'playground-nudged');
  await page.selectOption('#nudge', '');
}

async function training(page) {
  const error = async (row) => Number.parseFloat(await page.locator('#race-rows tr').nth(row).locator('td').nth(1).textContent()); // prettier-ignore
  const epoch = async (row) => Number.parseInt(await page.locator('#race-rows tr').nth(row).locator('td').nth(0).textContent(), 10); // prettier-ignore
  const all = async (holds) => (await Promise.all([0, 1, 2].map(holds))).every(Boolean);
  const atFirst = [];
  await page.click('#race-go');
  check('three rules train', await until('an epoch each', async () => {
    for (const row of [0, 1, 2]) if (atFirst[row] === undefined && (await epoch(row)) >= 1) atFirst[row] = await error(row);
    return all((row) => atFirst[row] !== undefined);
  }, 30), `test errors ${atFirst.join(', ')} %`); // prettier-ignore
  await page.click('#race-go');
  check('and pause', await until('paused', async () => (await textOf(page, '#race-go')) === 'Go on', 10));
  const held = await Promise.all([0, 1, 2].map(epoch));
  await sleep(500);
  check('a pause holds', (await Promise.all([0, 1, 2].map(epoch))).join() === held.join(), `epochs ${held.join(', ')}`); // prettier-ignore
  if (held.some((at) => at < 20)) await page.click('#race-go');
  check('to the end', await until('all epochs', () => all(async (row) => (await epoch(row)) === 20), 90));
  const atLast = await Promise.all([0, 1, 2].map(error));
  check('live training lowers every error', atLast.every((last, row) => last < 15 && last <= atFirst[row]), `EP, EqSpike, BP: ${atLast.join(', ')} %`); // prettier-ignore
  check('the chart has lines', (await painted(page, '#race canvas')) > 500);
  await page.locator('#race-rows tr').nth(1).locator('button').click();
  check('a trained network goes to the pad', await until('it is there', async () => /40,000 training examples/.test(await textOf(page, '#network-said')), 10), await textOf(page, '#network-said')); // prettier-ignore
  await page.click('#train-here');
  check('and is trained on there', await until('more examples', async () => /50,000 training examples/.test(await textOf(page, '#network-said')), 30), await textOf(page, '#network-said')); // prettier-ignore
}

async function energy(page) {
  const cell = async (id) => Number(await textOf(page, `#${id}`));
  await page.fill('#energy-text', '1/2*x^2 + 1/2*y^2 - w*x*y - b*x');
  await page.fill('#set-beta', '0.01');
  await page.fill('#set-w', '0.5');
  await page.fill('#set-b', '0.6');
  await page.fill('#set-target', '1');
  // y = w b / (1 - w^2): by hand, dC/dw = (y - 1) b (1 + w^2) / (1 - w^2)^2.
  const [w, b] = [0.5, 0.6];
  const slope = ((w * b) / (1 - w * w) - 1) * ((b * (1 + w * w)) / (1 - w * w) ** 2);
  check('the finite difference is the gradient by hand', Math.abs((await cell('true-w')) - slope) < 2e-4, `${await cell('true-w')}, ${slope.toFixed(4)}`); // prettier-ignore
  check('equilibrium propagation comes near it', Math.abs((await cell('own-w')) - slope) < 0.05 * Math.abs(slope), `${await cell('own-w')}`); // prettier-ignore
  const before = await page.evaluate(() => document.getElementById('field').toDataURL());
  await page.fill('#energy-text', '1/4*(x^2 - 1)^2 + 1/2*y^2 - w*x*y - b*x');
  check('another text is another field', (await page.evaluate(() => document.getElementById('field').toDataURL())) !== before); // prettier-ignore
  await page.fill('#energy-text', '1/2*x^2 + foo(y)');
  check('what is no energy is refused with its place', /foo/.test(await textOf(page, '#energy-problem')), (await textOf(page, '#energy-problem')).split('\n')[0]); // prettier-ignore
  await page.selectOption('#energy-preset', 'continuous Hopfield');
  check('and mended', (await textOf(page, '#energy-problem')) === '');
}

async function backends(page) {
  await page.click('#measure');
  const row = (name) => page.locator(`tr[data-backend="${name}"] td`).allTextContents();
  await until('measured', async () => !(await page.locator('#measure').isDisabled()) && (await row('wasm'))[3] !== '', 180); // prettier-ignore
  for (const name of ['wasm', 'webgpu', 'gpujs:webgpu', 'gpujs:webgl2', 'gpujs:webasm']) {
    const [device, speed, error, alike] = await row(name);
    check(`${name} answers as wasm does`, Number.parseInt(alike, 10) >= 198, `${device}; ${error} wrong, ${alike} alike`); // prettier-ignore
    if (name !== 'wasm') check(`${name} says what it runs on`, device !== '' && /\/s$/.test(speed), device);
  }
}

async function files(page) {
  const saved = async (button, name) => {
    const [download] = await Promise.all([page.waitForEvent('download'), page.click(button)]);
    const path = join(work, name);
    await download.saveAs(path);
    return path;
  };
  const model = await saved('#save-model', 'model.yaml');
  const weights = await saved('#save-weights', 'weights.settle');
  const trace = await saved('#save-trace', 'trace.settle');
  check('the model is saved', /^settle: 1/m.test(readFileSync(model, 'utf8')));
  const inspect = spawn(process.execPath, [join(root, 'dist/cli.js'), 'inspect', trace], { stdio: 'ignore' });
  check('the command line reads the trace', (await new Promise((resolve) => inspect.on('close', resolve))) === 0);
  const small = join(work, 'small.yaml');
  writeFileSync(small, readFileSync(model, 'utf8').replaceAll(/units: 100\b/g, 'units: 40').replace('name: small-mnist', 'name: smaller')); // prettier-ignore
  await page.setInputFiles('#load', small);
  check('a model file is opened, untrained', await until('open', async () => /smaller.*not trained/.test(await textOf(page, '#network-said')), 10)); // prettier-ignore
  await page.setInputFiles('#load', weights);
  check('weights of another network are refused', await until('refused', async () => /another network/.test(await textOf(page, '#problem')), 10)); // prettier-ignore
  await page.setInputFiles('#load', [weights, model]);
  check('model and weights together are opened', await until('open', async () => /small-mnist.*[1-9]\d?,000 training examples/.test(await textOf(page, '#network-said')), 10)); // prettier-ignore
  await page.setInputFiles('#load', trace);
  check('a trace is shown', await until('shown', async () => (await painted(page, '#raster')) > 500, 10));
  await page.setInputFiles('#load', { name: 'broken.yaml', mimeType: 'text/plain', buffer: Buffer.from('settle: 1\nname: a\npopulations: 3\n') }); // prettier-ignore
  check('a broken file is refused with its place', await until('refused', async () => /broken\.yaml.*populations/s.test(await textOf(page, '#problem')), 10), (await textOf(page, '#problem')).split('\n')[0]); // prettier-ignore
  await page.selectOption('#backend', 'gpujs:webgl2');
  await page.setInputFiles('#load', model);
  check('a network moves to another backend', await until('moved', async () => /gpujs:webgl2/.test(await textOf(page, '#network-said')), 30), await textOf(page, '#network-said')); // prettier-ignore
  await page.selectOption('#backend', 'wasm');
}

const browser = await openBrowser('--enable-unsafe-webgpu');
let server = null;
try {
  server = await served();
  // Reading a texture stalls a renderer in software; the browser says so.
  const { page, errors } = await openPage(browser, server.url, { quiet: /GPU stall due to ReadPixels/ });
  await digits(page);
  await training(page);
  await energy(page);
  await backends(page);
  await files(page);
  await looksEverywhere(page, { canvas: '#field', what: 'the field', name: 'playground' });
  check('controls have names', await allNamed(page));
  check('no errors on the console', errors.length === 0, errors.join('; '));
} finally {
  server?.child.kill('SIGINT');
  await browser.close();
  rmSync(work, { recursive: true, force: true });
}
finish();
