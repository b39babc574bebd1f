// Who may talk to the server: decided from the headers of a request alone. It opens nothing.

export interface Guard {
  /** Names under which the server may be asked for, with the port: `127.0.0.1:8080`, in lower case. */
  readonly hosts: ReadonlySet<string>;
  readonly token: string;
}

export interface Asked {
  readonly method: string;
  readonly host: string | undefined;
  readonly origin: string | undefined;
  readonly token: string | undefined;
}

/** Names of a server at this address, beside those it is given. */
export function hostsOf(address: string, port: number, more: readonly string[] = []): Set<string> {
  const local = ['127.0.0.1', 'localhost', '[::1]'];
  const named = address.includes(':') ? `[${address}]` : address;
  return new Set([...local, named, ...more].map((name) => `${name.toLowerCase()}:${port}`));
}

/**
 * Null for a request that may go on, else why not. Another name than the server's own is what a page of somebody else's would
 * use after pointing its name here; another origin is such a page; what changes the run needs the token besides.
 */
export function refusal({ hosts, token }: Guard, asked: Asked): { status: number; why: string } | null {
  if (asked.host === undefined || !hosts.has(asked.host.toLowerCase())) return { status: 421, why: 'another host' };
  const changes = asked.method !== 'GET' && asked.method !== 'HEAD';
  if (asked.origin !== undefined || changes) {
    const [scheme, name] = (asked.origin ?? '').toLowerCase().split('://');
    if (scheme !== 'http' || name !== asked.host.toLowerCase()) return { status: 403, why: 'another origin' };
  }
  if (changes && !sameText(asked.token ?? '', token)) return { status: 403, why: 'no token, or another' };
  return null;
}

/** Takes as long whatever the texts have in common. */
function sameText(a: string, b: string): boolean {
  let different = a.length ^ b.length;
  for (let k = 0; k < b.length; k++) different |= (a.charCodeAt(k) || 0) ^ b.charCodeAt(k);
  return different === 0;
}
