// The frame of every page: style, data and program inside, nothing loaded from anywhere.
import { clientScript, clientStyle } from './client.generated.ts';
import type { PageData } from './data.ts';
import { escapeHtml, escapeJson } from './html.ts';
import { style } from './style.ts';

/** A page as text; `header` and `main` are HTML. With `again`, a browser reads it anew every so many seconds. */
export function htmlDocument(
  title: string,
  header: string,
  main: string,
  data: PageData,
  again: number | null = null,
): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="settle">${again === null ? '' : `\n<meta http-equiv="refresh" content="${again}">`}
<title>${escapeHtml(title)} – settle</title>
<link rel="icon" href="data:,">
<style>${clientStyle}${style}</style>
</head>
<body>
${header}<main>
${main}
</main>
<footer>Written by settle. This page holds all of its data and loads nothing.</footer>
<script type="application/json" id="data">${escapeJson(data)}</script>
<script>${clientScript}</script>
</body>
</html>
`;
}
