// The server of a page: one table of paths, messages out as events, small requests in. It waits for no page before the end and
// holds nothing for one that is slow; what the messages mean is not its business.
import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { hostname, networkInterfaces } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { codeOf, explain, reasonOf, SettleError } from '../errors.ts';
import type { Feed, FeedReader } from './feed.ts';
import { hostsOf, refusal } from './guard.ts';
import { type Request, requestOf } from './messages.ts';

/** What a path gives: text that is there, or a file as it is at that moment. */
export type Resource = { readonly type: string; readonly policy?: string } & (
  { readonly text: string | Uint8Array } | { readonly file: string; readonly download?: string }
);

export interface ServerOptions {
  readonly feed: Feed;
  /** By path, `/` first of all. Nothing else is served. */
  readonly resources: ReadonlyMap<string, Resource>;
  /** Does what a page asks for; throws SettleError of kind `input` where it cannot. Null: nothing can be asked for. */
  readonly request: ((request: Request) => void) | null;
  /** Default 127.0.0.1. */
  readonly host?: string | undefined;
  /** 0: any free one. */
  readonly port: number;
}

export interface Server {
  /** With the token, which never leaves the browser but in requests. */
  readonly url: string;
  readonly port: number;
  /** Pages that listen now. */
  readonly pages: number;
  /** Sends what is waiting to the pages that keep up, then hangs up. */
  close(): Promise<void>;
}

/** A page, its script, its style, its events and a few requests: far more than a few windows need. */
const mostConnections = 64;
const mostPages = 12;
/** Bytes of a request's body: the longest is a list of units. */
const mostBody = 4096;
/** Bytes that may wait for a page; beyond, it misses what comes. */
const mostWaiting = 1 << 20;
/** Milliseconds between two looks at what pages have not had: 30 a second. */
const beat = 32;
/** Milliseconds that pages have, in the end, to take what they have not had. */
const farewell = 1000;
/** Milliseconds for the headers of a request, and for the whole of it. */
const patience = 5000;

const policy = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"; // prettier-ignore

/** @throws SettleError of kind `environment` where the port cannot be had */
export async function serve(options: ServerOptions): Promise<Server> {
  const { feed, resources } = options;
  const host = options.host ?? '127.0.0.1';
  const token = randomBytes(24).toString('base64url');
  const pages = new Map<ServerResponse, FeedReader>();
  let hosts: ReadonlySet<string> = new Set();
  const server = createServer({ headersTimeout: patience, requestTimeout: patience, keepAliveTimeout: patience, connectionsCheckingInterval: 1000, maxHeaderSize: 8192 }, answer); // prettier-ignore
  server.maxConnections = mostConnections;
  server.on('clientError', (_, socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) =>
      reject(new SettleError(codeOf(error) === 'EADDRINUSE' ? 'the port is taken' : `cannot listen: ${reasonOf(error)}`, {
        kind: 'environment', found: `${host}:${options.port}`, expected: 'a free port', hint: 'leave its number out to get a free one',
      })),
    ); // prettier-ignore
    server.listen(options.port, host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  const everywhere = host === '0.0.0.0' || host === '::';
  const addresses = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  hosts = hostsOf(host, port, everywhere ? [hostname(), ...addresses.map(({ address, family }) => (family === 'IPv6' ? `[${address}]` : address))] : []); // prettier-ignore
  const named = everywhere ? 'localhost' : host.includes(':') ? `[${host}]` : host;
  const timer = setInterval(flush, beat);
  timer.unref();
  return {
    url: `http://${named}:${port}/#${token}`,
    port,
    get pages() {
      return pages.size;
    },
    async close() {
      clearInterval(timer);
      // A page that came late has lines to get, more than go at once.
      for (const end = Date.now() + farewell; flush() && Date.now() < end;) await sleep(1);
      for (const page of pages.keys()) page.end();
      const closed = new Promise<void>((resolve) => void server.close(() => resolve()));
      const late = setTimeout(() => server.closeAllConnections(), 300);
      await closed;
      clearTimeout(late);
    },
  };

  /** What pages have not had, to those that keep up, as much as goes at once; whether any has yet to get more. */
  function flush(): boolean {
    for (const [page, reader] of pages) {
      if (!reader.waiting || page.writableLength > mostWaiting) continue;
      page.write(reader.take().map(eventOf).join(''));
    }
    return [...pages.values()].some(({ waiting }) => waiting);
  }
  function answer(request: IncomingMessage, response: ServerResponse): void {
    response.on('error', () => {});
    const { method = 'GET', headers } = request;
    const head = { 'X-Content-Type-Options': 'nosniff', 'Referrer-Policy': 'no-referrer', 'Cross-Origin-Resource-Policy': 'same-origin', 'Cross-Origin-Opener-Policy': 'same-origin', 'Cache-Control': 'no-store' }; // prettier-ignore
    for (const [name, value] of Object.entries(head)) response.setHeader(name, value);
    const told = headers['x-settle-token'];
    const refused = refusal({ hosts, token }, { method, host: headers.host, origin: headers.origin, token: typeof told === 'string' ? told : undefined }); // prettier-ignore
    if (refused) return say(response, refused.status, refused.why);
    const path = (request.url ?? '/').split(/[?#]/)[0]!;
    if (method === 'POST' && path === '/request') return asked(request, response);
    if (method !== 'GET' && method !== 'HEAD') return say(response, 405, 'only GET, and POST /request');
    if (path === '/events') return method === 'GET' ? listen(response) : say(response, 405, 'only GET');
    const resource = resources.get(path);
    if (!resource) return say(response, 404, 'nothing there');
    response.setHeader('Content-Type', resource.type);
    response.setHeader('Content-Security-Policy', resource.policy ?? policy);
    if ('text' in resource) return void response.end(method === 'HEAD' ? undefined : resource.text);
    void send(resource, method, response);
  }
  /** A refused request is not read to its end: a body of a gigabyte costs nothing. */
  function say(response: ServerResponse, status: number, what: string): void {
    response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8', Connection: 'close' });
    response.end(`${what}\n`);
    if (!response.req.complete) response.once('finish', () => void setTimeout(() => response.req.destroy(), 50));
  }
  function listen(response: ServerResponse): void {
    if (pages.size >= mostPages) return say(response, 503, `${mostPages} pages are open already`);
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'X-Accel-Buffering': 'no' });
    response.write('retry: 1000\n\n');
    pages.set(response, feed.reader());
    response.on('close', () => pages.delete(response));
  }
  function asked(request: IncomingMessage, response: ServerResponse): void {
    const claimed = Number(request.headers['content-length'] ?? 0);
    if (claimed > mostBody) return say(response, 413, `more than ${mostBody} bytes`);
    const chunks: Buffer[] = [];
    let size = 0;
    let over = false;
    request.on('error', () => {});
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (over) return;
      if (size > mostBody) {
        over = true;
        request.pause();
        return say(response, 413, `more than ${mostBody} bytes`);
      }
      chunks.push(chunk);
    });
    request.on('end', () => {
      if (over) return;
      const wanted = requestOf(Buffer.concat(chunks).toString());
      if (!wanted) return say(response, 400, 'no request that is known here');
      if (!options.request) return say(response, 409, 'nothing can be changed here');
      try {
        options.request(wanted);
        response.writeHead(204).end();
      } catch (error) {
        if (!(error instanceof SettleError) || error.place.kind !== 'input') return say(response, 500, 'a defect');
        say(response, 409, explain(error));
      }
    });
  }
}

async function send(resource: Extract<Resource, { file: string }>, method: string, response: ServerResponse): Promise<void> {
  try {
    // What is there now: a file that grows is sent up to this moment's end.
    const handle = await open(resource.file, 'r');
    const { size } = await handle.stat();
    await handle.close();
    response.setHeader('Content-Length', size);
    if (resource.download !== undefined) response.setHeader('Content-Disposition', `attachment; filename="${resource.download.replaceAll(/[^\w.-]/g, '_')}"`);
    if (method === 'HEAD' || size === 0) return void response.end();
    const stream = createReadStream(resource.file, { end: size - 1 });
    stream.on('error', () => response.destroy());
    response.on('close', () => stream.destroy());
    stream.pipe(response);
  } catch {
    response.removeHeader('Content-Disposition');
    response.writeHead(404, { 'Content-Type': 'text/plain; charset=utf-8' }).end('not there yet\n');
  }
} // prettier-ignore

const eventOf = (bytes: Uint8Array): string => `data: ${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')}\n\n`; // prettier-ignore
