// The playground from its folder on this machine, by the same server and manners as a live page: nothing can be asked for but
// its files.
import { readdirSync, statSync } from 'node:fs';
import { extname, join, sep } from 'node:path';
import { feed } from '../feed.ts';
import { type Resource, serve, type Server } from '../server.node.ts';

export { playgroundPage, playgroundStyle } from './page.ts';

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8', '.css': 'text/css; charset=utf-8', '.js': 'text/javascript; charset=utf-8', '.yaml': 'text/plain; charset=utf-8',
}; // prettier-ignore

/** @throws SettleError of kind `environment` where the port cannot be had */
export function servePlayground(folder: string, port: number): Promise<Server> {
  const resources = new Map<string, Resource>();
  for (const name of readdirSync(folder, { recursive: true }) as string[]) {
    const file = join(folder, name);
    if (!statSync(file).isFile()) continue;
    const path = `/${name.split(sep).join('/')}`;
    const resource = { type: types[extname(file)] ?? 'application/octet-stream', file };
    resources.set(path, resource);
    if (path === '/index.html') resources.set('/', resource);
  }
  return serve({ feed: feed(), resources, request: null, port });
}
