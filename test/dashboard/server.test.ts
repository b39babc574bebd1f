// Manners of the page's server: who may ask for what, how much, and that a run goes on whatever is asked.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { feed } from '../../src/dashboard/feed.ts';
import { hostsOf, refusal } from '../../src/dashboard/guard.ts';
import type { Request } from '../../src/dashboard/messages.ts';
import { servePlayground } from '../../src/dashboard/playground/serve.node.ts';
import { serve, type Server } from '../../src/dashboard/server.node.ts';
import { SettleError } from '../../src/errors.ts';

let server: Server;
let token: string;
const news = feed();
const asked: Request[] = [];
beforeAll(async () => {
  server = await serve({
    feed: news,
    resources: new Map([
      ['/', { type: 'text/html', text: '<p>page</p>' }],
      ['/trace.settle', { type: 'application/octet-stream', file: import.meta.filename, download: 'a"b\r\n.settle' }],
      ['/report.html', { type: 'text/html', file: '/nowhere/at/all' }],
    ]),
    request(each) {
      if (each.do === 'show') throw new SettleError('no such example', { kind: 'input' });
      asked.push(each);
    },
    port: 0,
  });
  token = new URL(server.url).hash.slice(1);
});
afterAll(() => server.close());

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}
/** By node:http, which lets a test say Host and Origin as it likes. */
function ask(path: string, options: { method?: string; headers?: Record<string, string>; body?: string } = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { method = 'GET', headers = {}, body } = options;
    const sent = httpRequest({ host: '127.0.0.1', port: server.port, path, method, headers, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => (text += part));
      response.on('end', () => resolve({ status: response.statusCode!, text, headers: response.headers }));
      response.on('error', reject);
    });
    sent.on('error', reject);
    sent.end(body);
  });
} // prettier-ignore
const own = (): Record<string, string> => ({ Origin: `http://127.0.0.1:${server.port}`, 'X-Settle-Token': token });
const post = (body: string, headers: Record<string, string> = own()): Promise<Answer> => ask('/request', { method: 'POST', headers, body }); // prettier-ignore

describe('the server of a page', () => {
  it('listens on this machine alone, with a policy that lets no script in but its own', async () => {
    const { status, headers, text } = await ask('/');
    expect([status, text]).toEqual([200, '<p>page</p>']);
    const policy = String(headers['content-security-policy']);
    expect(policy).toContain("script-src 'self' 'wasm-unsafe-eval'");
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toMatch(/unsafe-inline|'unsafe-eval'/);
    expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' });
    expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/#[\w-]{32}$/);
  });

  it('answers to its own names only', async () => {
    for (const host of ['evil.example', `evil.example:${server.port}`, '127.0.0.1', `127.0.0.1.evil.example:${server.port}`])
      expect((await ask('/', { headers: { Host: host } })).status, host).toBe(421);
    for (const host of [`localhost:${server.port}`, `LOCALHOST:${server.port}`, `[::1]:${server.port}`])
      expect((await ask('/', { headers: { Host: host } })).status, host).toBe(200);
  }); // prettier-ignore

  it('lets nothing change without the token, or from a page of another origin', async () => {
    const pause = '{"do":"pause"}';
    const { Origin, ...tokenOnly } = own();
    const cases: [string, Record<string, string>][] = [
      ['no token', { Origin: Origin! }],
      ['another token', { Origin: Origin!, 'X-Settle-Token': `${token.slice(0, -1)}_` }],
      ['a longer token', { Origin: Origin!, 'X-Settle-Token': `${token}a` }],
      ['no origin', tokenOnly],
      ['another origin', { ...own(), Origin: 'http://evil.example' }],
      ['another port', { ...own(), Origin: 'http://127.0.0.1:1' }],
      ['null', { ...own(), Origin: 'null' }],
      ['https', { ...own(), Origin: Origin!.replace('http', 'https') }],
    ];
    for (const [what, headers] of cases) expect((await post(pause, headers)).status, what).toBe(403);
    expect((await ask('/events', { headers: { Origin: 'http://evil.example' } })).status).toBe(403);
    expect(asked).toEqual([]);
    expect((await post(pause)).status).toBe(204);
    expect(asked).toEqual([{ do: 'pause' }]);
  });

  it('serves its table and nothing beside it', async () => {
    for (const path of ['/../package.json', '/..%2fpackage.json', '/%2e%2e/%2e%2e/etc/passwd', '//etc/passwd', '/trace.settle/../server.test.ts', '/__proto__', '/constructor', 'http://evil.example/'])
      expect((await ask(path)).status, path).toBe(404);
    const { status, headers, text } = await ask('/trace.settle?at=1');
    expect(status).toBe(200);
    expect(text).toContain('Manners of the page');
    expect(headers['content-disposition']).toBe('attachment; filename="a_b__.settle"');
    expect((await ask('/report.html')).status).toBe(404);
    expect((await ask('/', { method: 'DELETE', headers: own() })).status).toBe(405);
  }); // prettier-ignore

  it('refuses what is no request, and says why one cannot be done', async () => {
    for (const body of ['', 'null', '[]', '{"do":"format"}', '{"do":"change","path":"a"}', '{"do":"pick","population":"h","units":["0"]}', '{"__proto__":{"do":"pause"}}'])
      expect((await post(body)).status, body).toBe(400);
    expect(await post('{"do":"show","example":-1}')).toMatchObject({ status: 409, text: 'no such example\n' });
  }); // prettier-ignore

  it('refuses a message of a gigabyte before it has come', async () => {
    const claimed = await ask('/request', { method: 'POST', headers: { ...own(), 'Content-Length': String(2 ** 30) }, body: 'x'.repeat(1000) }).catch((error: Error) => error); // prettier-ignore
    expect(claimed).toMatchObject({ status: 413 });
    // Chunk after chunk without a length: cut off long before the end.
    const sent = await new Promise<number>((resolve) => {
      const socket = connect(server.port, '127.0.0.1');
      const head = Object.entries(own()).map(([name, value]) => `${name}: ${value}\r\n`).join('');
      socket.write(`POST /request HTTP/1.1\r\nHost: 127.0.0.1:${server.port}\r\n${head}Transfer-Encoding: chunked\r\n\r\n`);
      const chunk = `10000\r\n${'x'.repeat(65536)}\r\n`;
      let bytes = 0;
      const more = (): void => {
        while (!socket.destroyed && bytes < 2 ** 30) {
          bytes += 65536;
          if (!socket.write(chunk)) return void socket.once('drain', more);
        }
      };
      socket.on('error', () => {});
      socket.on('close', () => resolve(bytes));
      more();
    }); // prettier-ignore
    expect(sent).toBeLessThan(2 ** 26);
    expect((await ask('/')).status).toBe(200);
  });
});

describe('names of a server', () => {
  it('are those of its address', () => {
    const hosts = hostsOf('192.168.1.5', 80, ['MyBox']);
    const guard = { hosts, token: 'abc' };
    const get = { method: 'GET', origin: undefined, token: undefined };
    expect(refusal(guard, { ...get, host: '192.168.1.5:80' })).toBeNull();
    expect(refusal(guard, { ...get, host: 'mybox:80' })).toBeNull();
    expect(refusal(guard, { ...get, host: undefined })?.status).toBe(421);
    expect(refusal(guard, { ...get, host: '192.168.1.6:80' })?.status).toBe(421);
    expect([...hostsOf('::1', 8)]).toContain('[::1]:8');
  });
});

describe('the server of the playground', () => {
  it('gives the files of its folder and no others, and cannot be asked for anything', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'settle-playground-'));
    mkdirSync(join(folder, 'data'));
    writeFileSync(join(folder, 'index.html'), '<p>play</p>');
    writeFileSync(join(folder, 'data/a.gz'), 'digits');
    const own = await servePlayground(folder, 0);
    const at = (path: string, method = 'GET'): Promise<Response> => fetch(`http://127.0.0.1:${own.port}${path}`, { method, headers: { Connection: 'close' } }); // prettier-ignore
    try {
      expect(await (await at('/')).text()).toBe('<p>play</p>');
      expect(await (await at('/data/a.gz')).text()).toBe('digits');
      expect((await at('/data/a.gz')).headers.get('content-encoding')).toBeNull();
      for (const path of ['/data', '/data/%2e%2e/index.html/', '/..%2f..%2fetc/passwd', '/nothing']) expect((await at(path)).status, path).toBe(404); // prettier-ignore
      expect((await at('/request', 'POST')).status).toBe(403);
    } finally {
      await own.close();
      rmSync(folder, { recursive: true });
    }
  });
});
