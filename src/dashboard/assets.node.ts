// What every page of a run is served with: its text, style and script, and the files of the run beside them.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bundled } from '../bundled.node.ts';
import { runFiles } from '../run/folder.node.ts';
import { livePage, liveStyle } from './page.ts';
import type { Resource } from './server.node.ts';

/** A report is a page of its own with its script inside: it may show itself, and nothing of ours. */
const alone = "sandbox allow-scripts allow-downloads; default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:"; // prettier-ignore

/** @throws SettleError of kind `environment` where the build is missing */
export function assets(title: string, folder: string | null, trace: string | null): Map<string, Resource> {
  const resources = new Map<string, Resource>([
    ['/', { type: 'text/html; charset=utf-8', text: livePage(title) }],
    ['/live.css', { type: 'text/css; charset=utf-8', text: liveStyle }],
    ['/live.js', { type: 'text/javascript; charset=utf-8', text: readFileSync(bundled('live.js')) }],
  ]);
  if (folder !== null) {
    const file = (name: keyof typeof runFiles): string => join(folder, runFiles[name]);
    resources.set('/report.html', { type: 'text/html; charset=utf-8', file: file('report'), policy: alone });
    resources.set('/metrics.jsonl', {
      type: 'application/x-ndjson',
      file: file('metrics'),
      download: runFiles.metrics,
    });
    resources.set('/model.yaml', { type: 'text/plain; charset=utf-8', file: file('model') });
  }
  const traced = trace ?? (folder === null ? null : join(folder, runFiles.trace));
  if (traced !== null) resources.set('/trace.settle', { type: 'application/octet-stream', file: traced, download: runFiles.trace }); // prettier-ignore
  return resources;
}
