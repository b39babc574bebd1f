// The page of a run from both of its sources: a run that goes on in this process, and a folder that grows.
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { settle } from '../../src/cli/settle.ts';
import { feed, mostPoints, thinned } from '../../src/dashboard/feed.ts';
import { folderPageOf } from '../../src/dashboard/folder.node.ts';
import { livePageOf } from '../../src/dashboard/live.node.ts';
import { decodeMessage, encodeMessage, type Message } from '../../src/dashboard/messages.ts';
import { readModel } from '../../src/model/read.node.ts';
import { run } from '../../src/run/run.node.ts';
import { command } from '../cli/process.ts';

let work: string;
beforeAll(() => void (work = mkdtempSync(join(tmpdir(), 'settle-page-'))));
afterAll(() => rmSync(work, { recursive: true, force: true }));

const small = ['data.train=60', 'data.test=20', 'learning.epochs=1'];

/** Listens to a page's messages as a browser does. */
function listen(url: string) {
  const { port } = new URL(url);
  const messages: Message[] = [];
  let text = '';
  const sent = httpRequest({ host: '127.0.0.1', port, path: '/events', agent: false }, (response) => {
    response.setEncoding('utf8').on('data', (part: string) => {
      const events = (text += part).split('\n\n');
      text = events.pop()!;
      for (const event of events) if (event.startsWith('data: ')) messages.push(decodeMessage(Buffer.from(event.slice(6), 'base64'))); // prettier-ignore
    });
    response.on('error', () => {});
  });
  sent.on('error', () => {});
  sent.end();
  const of = <K extends Message['kind']>(kind: K) => messages.filter((message): message is Extract<Message, { kind: K }> => message.kind === kind); // prettier-ignore
  return {
    of,
    lines: () => of('lines').flatMap(({ lines }) => lines),
    async until(what: () => boolean): Promise<void> {
      for (let k = 0; k < 500 && !what(); k++) await new Promise((resolve) => setTimeout(resolve, 10));
      expect(what()).toBe(true);
    },
    close: () => sent.destroy(),
  };
}
async function ask(url: string, body: object): Promise<number> {
  const { origin, hash } = new URL(url);
  const answer = await fetch(`${origin}/request`, { method: 'POST', headers: { Origin: origin, 'X-Settle-Token': hash.slice(1) }, body: JSON.stringify(body) }); // prettier-ignore
  await answer.text();
  return answer.status;
}

describe('the page of a run that goes on', () => {
  it('hears of everything, and what it asks for is done and logged', async () => {
    const out = join(work, 'live');
    const page = await livePageOf({ title: 'xor', folder: out, trace: null, port: 0 });
    const { model, resolvedYaml } = readModel('xor', {
      set: ['data.train=500', 'data.test=20', 'learning.epochs=500'],
    });
    const heard = listen(page.url);
    const signal = { aborted: false };
    expect(await ask(page.url, { do: 'pause' })).toBe(409);
    const running = run({ model, resolvedYaml, out, live: page.view, signal });
    await heard.until(() => heard.of('example').length > 0 && heard.of('state').length > 0);
    expect(await ask(page.url, { do: 'pause' })).toBe(204);
    await heard.until(() => heard.of('state').at(-1)!.state.paused);
    expect(await ask(page.url, { do: 'change', path: 'phases.nudge.beta', value: 0.25 })).toBe(204);
    expect(await ask(page.url, { do: 'change', path: 'phases.nudge.beta', value: 0 })).toBe(409);
    await heard.until(() => heard.lines().some(({ kind }) => kind === 'command'));
    await heard.until(() =>
      heard
        .of('state')
        .at(-1)!
        .state.settings.some(({ value }) => value === 0.25),
    );
    expect(await ask(page.url, { do: 'pick', population: 'h', units: [3, 5] })).toBe(204);
    await heard.until(() => heard.of('example').at(-1)!.shown.frames.some(({ columns }) => String(columns['h.membrane.unit']?.data) === '3,5')); // prettier-ignore
    const before = heard.of('progress').at(-1)!.progress.examples;
    expect(await ask(page.url, { do: 'step' })).toBe(204);
    await heard.until(() => heard.of('progress').at(-1)!.progress.examples === before + 10);
    signal.aborted = true;
    expect((await running).interrupted).toBe(true);
    await page.close('interrupted');
    await heard.until(() => heard.of('end').length === 1);
    expect(heard.of('end')[0]).toEqual({ kind: 'end', what: 'interrupted', report: false });
    expect(heard.of('about')[0]!.about.populations.map(({ name }) => name)).toEqual(['x', 'h', 'y']);
    expect(heard.of('progress').some(({ progress }) => progress.synapticEvents > 0)).toBe(true);
    const logged = readFileSync(join(out, 'metrics.jsonl'), 'utf8').split('\n').filter((line) => line.includes('"command"')); // prettier-ignore
    expect(logged.map((line) => JSON.parse(line) as object)).toMatchObject([
      { path: 'phases.nudge.beta', value: 0.25 },
    ]);
  });

  it('a page opened late has every line and the end, however soon the run is over', async () => {
    const page = await livePageOf({ title: 'long', folder: null, trace: null, port: 0 });
    const lines = 12_000;
    // Some megabytes: more than may wait for a page, and more than a flush takes.
    for (let k = 0; k < lines; k++) page.view.line({ kind: 'progress', k, words: 'x'.repeat(200) });
    const heard = listen(page.url);
    for (let k = 0; k < 500 && !page.view.watched; k++) await new Promise((resolve) => setTimeout(resolve, 1));
    await page.close('finished');
    await heard.until(() => heard.of('end').length === 1);
    expect(heard.lines().map(({ k }) => k)).toEqual(Array.from({ length: lines }, (_, k) => k));
  });

  it('is opened by --live, which says where', async () => {
    const { code, err } = await command('run', 'xor', ...small.flatMap((each) => ['--set', each]), '--out', join(work, 'flag'), '--live'); // prettier-ignore
    expect(code).toBe(0);
    expect(err).toMatch(/^live: http:\/\/127\.0\.0\.1:\d+\/#[\w-]{32}$/m);
    expect(await command('run', 'xor', '--host', '0.0.0.0')).toMatchObject({ code: 2 });
    expect(await command('run', 'xor', '--live', '70000')).toMatchObject({ code: 2 });
  });
});

describe('the page of a folder', () => {
  it('shows what is there and follows what comes; a run that goes on from before is told anew', async () => {
    const folder = join(work, 'folder');
    const { model, resolvedYaml } = readModel('xor', { set: small });
    await run({ model, resolvedYaml, out: folder });
    const server = await folderPageOf({ folder, port: 0, every: 20 });
    const heard = listen(server.url);
    await heard.until(() => heard.of('end').length > 0);
    expect(heard.of('end')[0]).toMatchObject({ what: 'finished', report: true });
    const [shown] = heard.of('example');
    expect(shown!.shown).toMatchObject({ set: 'test', example: 0, epoch: 1 });
    expect(shown!.shown.label === 0 || shown!.shown.label === 1).toBe(true);
    expect(shown!.shown.frames.filter(({ kind }) => kind === 'spikes').length).toBe(6);
    const metrics = join(folder, 'metrics.jsonl');
    const before = readFileSync(metrics, 'utf8');
    expect(heard.lines().length).toBe(before.trim().split('\n').length);
    appendFileSync(metrics, '{"kind":"epoch","epoch":2,"exam');
    appendFileSync(metrics, 'ples":120}\nno line of ours\n');
    await heard.until(() => heard.lines().some(({ epoch }) => epoch === 2));
    writeFileSync(metrics, before.slice(0, before.indexOf('\n') + 1));
    await heard.until(() => heard.of('about').length === 2);
    const report = await fetch(new URL('/report.html', server.url));
    expect(await report.text()).toContain('<!doctype html>');
    expect(report.headers.get('content-security-policy')).toMatch(/^sandbox allow-scripts/);
    expect(await ask(server.url, { do: 'pause' })).toBe(409);
    expect(await ask(server.url, { do: 'show', example: 1 })).toBe(204);
    heard.close();
    await server.close();
  });

  it('is served until it is interrupted; what holds no run is refused', async () => {
    let out = '';
    const signal = { aborted: false };
    const serving = settle(['serve', join(work, 'folder')], { out: (text) => void (out += text), err: () => {}, progress: process.stderr, now: () => performance.now(), signal }); // prettier-ignore
    for (let k = 0; k < 200 && out === ''; k++) await new Promise((resolve) => setTimeout(resolve, 10));
    expect((await fetch(out.trim().replace(/#.*/, ''))).status).toBe(200);
    signal.aborted = true;
    expect(await serving).toBe(0);
    const { code, err } = await command('serve', work);
    expect([code, err]).toEqual([2, expect.stringContaining('no run in the folder')]);
  });
});

describe('messages and the feed', () => {
  it('frames come back as they went', () => {
    const frame = { kind: 'spikes', run: 'r', epoch: 1, example: 2, phase: 'free', t0: 0, t1: 9, columns: { 'h.spikes.time': { dtype: 'i32' as const, shape: [2], data: Int32Array.of(3, 2 ** 30) } } }; // prettier-ignore
    const message: Message = { kind: 'example', shown: { set: 'test', example: 2, label: null, image: null, examples: 5, epoch: 1, frames: [frame] } }; // prettier-ignore
    expect(decodeMessage(encodeMessage(message))).toEqual(message);
    for (const bytes of [Uint8Array.of(0xc0), Uint8Array.of(1)]) expect(() => decodeMessage(bytes)).toThrow(RangeError);
  });

  it('a reader that comes late has the newest of each, the curve so far, and every line', () => {
    const news = feed();
    for (let k = 0; k < 3; k++) {
      news.put({ kind: 'end', what: `end ${k}`, report: false });
      news.line({ k });
      news.point({ examples: k, seconds: k, error: 0, spikes: null, events: null, joules: null });
    }
    news.put({ kind: 'about', mode: 'folder', about: {} as never });
    const reader = news.reader();
    expect(reader.take().map((bytes) => decodeMessage(bytes).kind)).toEqual(['about', 'points', 'lines', 'end']);
    expect([reader.waiting, reader.take().length]).toEqual([false, 0]);
    news.line({ k: 3 });
    expect(reader.take().map((bytes) => decodeMessage(bytes))).toEqual([{ kind: 'lines', lines: [{ k: 3 }] }]);
  });

  it('a long curve keeps its ends and half of its points', () => {
    const points = Array.from({ length: mostPoints + 1 }, (_, examples) => ({ examples, seconds: null, error: 0, spikes: null, events: null, joules: null })); // prettier-ignore
    const fewer = thinned(points);
    expect(fewer.length).toBeLessThanOrEqual(mostPoints / 2 + 1);
    expect([fewer[0]!.examples, fewer.at(-1)!.examples]).toEqual([0, mostPoints]);
  });
});
