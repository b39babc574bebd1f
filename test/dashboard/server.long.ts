// The page's server under a thousand connections, and a page that does not read.
import { mkdtempSync, rmSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { feed } from '../../src/dashboard/feed.ts';
import { livePageOf } from '../../src/dashboard/live.node.ts';
import { decodeMessage } from '../../src/dashboard/messages.ts';
import { serve, type Server } from '../../src/dashboard/server.node.ts';
import { readModel } from '../../src/model/read.node.ts';
import { run } from '../../src/run/run.node.ts';

let server: Server;
const news = feed();
beforeAll(async () => {
  server = await serve({
    feed: news,
    resources: new Map([['/', { type: 'text/html', text: 'page' }]]),
    request: null,
    port: 0,
  });
});
afterAll(() => server.close());

/** Its status, or 0 where nothing answers. */
const statusNow = (): Promise<number> =>
  new Promise((resolve) => {
    const sent = httpRequest({ host: '127.0.0.1', port: server.port, agent: false }, (response) => {
      response.resume();
      resolve(response.statusCode!);
    });
    sent.on('error', () => resolve(0));
    sent.end();
  });

describe('the server of a page', () => {
  it('keeps its number of connections, and of pages, whoever comes', async () => {
    const sockets: Socket[] = [];
    let [refused, opened] = [0, 0];
    const begun = performance.now();
    await new Promise<void>((resolve) => {
      for (let k = 0; k < 1000; k++) {
        const socket = connect(server.port, '127.0.0.1');
        sockets.push(socket);
        socket.on('connect', () => (opened += 1));
        const done = (): void => void (++refused >= 1000 - 64 && resolve());
        socket.on('error', () => {});
        socket.on('close', done);
      }
    });
    expect(opened).toBeGreaterThan(0);
    // At once: not when the patience with silent ones ends.
    expect(performance.now() - begun).toBeLessThan(4000);
    for (const socket of sockets) socket.destroy();
    for (let k = 0; ; k++) {
      if ((await statusNow()) === 200) break;
      expect(k).toBeLessThan(100);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const listeners = await Promise.all(
      Array.from({ length: 14 }, () => new Promise<{ status: number; destroy(): void }>((resolve) => {
        const sent = httpRequest({ host: '127.0.0.1', port: server.port, path: '/events', agent: false }, (response) => resolve({ status: response.statusCode!, destroy: () => sent.destroy() }));
        sent.on('error', () => {});
        sent.end();
      })),
    ); // prettier-ignore
    expect(listeners.filter(({ status }) => status === 200).length).toBe(12);
    expect(listeners.filter(({ status }) => status === 503).length).toBe(2);
    for (const each of listeners) each.destroy();
  });

  it('a page that does not read misses states and costs nothing; one that reads has the newest', async () => {
    const slow = connect(server.port, '127.0.0.1');
    slow.on('error', () => {});
    slow.write(`GET /events HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\n\r\n`);
    slow.pause();
    const read: { text: string } = { text: '' };
    const sent = httpRequest({ host: '127.0.0.1', port: server.port, path: '/events', agent: false }, (response) => void response.setEncoding('utf8').on('data', (part: string) => (read.text += part))); // prettier-ignore
    sent.on('error', () => {});
    sent.end();
    for (let k = 0; server.pages < 2; k++) {
      expect(k).toBeLessThan(200);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    const big = new Uint8Array(400_000);
    const before = process.memoryUsage().external + process.memoryUsage().heapUsed;
    for (let k = 0; k < 40; k++) {
      news.put({ kind: 'example', shown: { set: 'test', example: k, label: null, image: { width: 1, height: 1, values: big }, examples: k, epoch: 0, frames: [] } }); // prettier-ignore
      news.line({ kind: 'epoch', epoch: k });
      await new Promise((resolve) => setTimeout(resolve, 15));
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
    const grown = process.memoryUsage().external + process.memoryUsage().heapUsed - before;
    const messages = read.text.split('\n\n').flatMap((part) => (part.startsWith('data: ') ? [decodeMessage(Buffer.from(part.slice(6), 'base64'))] : [])); // prettier-ignore
    const examples = messages.flatMap((message) => (message.kind === 'example' ? [message.shown.example] : []));
    expect(examples.at(-1)).toBe(39);
    expect(examples.length).toBeLessThan(40);
    const lines = messages.flatMap((message) => (message.kind === 'lines' ? message.lines.map(({ epoch }) => epoch) : [])); // prettier-ignore
    expect(lines).toEqual(Array.from({ length: 40 }, (_, k) => k));
    expect(grown).toBeLessThan(120e6);
    slow.destroy();
    sent.destroy();
  });

  it('a run goes on with the same bits while its page is pestered', async () => {
    const work = mkdtempSync(join(tmpdir(), 'settle-pestered-'));
    const { model, resolvedYaml } = readModel('xor', { set: ['data.train=2000', 'data.test=20', 'learning.epochs=2'] });
    const alone = await run({ model, resolvedYaml, out: join(work, 'alone') });
    const page = await livePageOf({ title: 'xor', folder: null, trace: null, port: 0 });
    const sockets = new Set<Socket>();
    let sent = 0;
    const timer = setInterval(() => {
      for (let k = 0; k < 20; k++) {
        const socket = connect(Number(new URL(page.url).port), '127.0.0.1');
        sockets.add(socket);
        socket.on('error', () => {});
        socket.on('close', () => sockets.delete(socket));
        socket.write(
          k % 2 === 0 ? `POST /request HTTP/1.1\r\nContent-Length: 1073741824\r\n\r\n${'x'.repeat(9999)}` : '\0\0\0',
        );
        sent += 1;
      }
    }, 5);
    const pestered = await run({ model, resolvedYaml, out: join(work, 'pestered'), live: page.view });
    clearInterval(timer);
    await page.close('finished');
    for (const socket of sockets) socket.destroy();
    rmSync(work, { recursive: true, force: true });
    expect(sent).toBeGreaterThan(20);
    expect(pestered.result!.checkpointSha256).toBe(alone.result!.checkpointSha256);
  });
});
