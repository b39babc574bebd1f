// The page itself, before its script fills it: what is where, under which name, and its style. No script and no style inside.
import { clientStyle } from '../report/client.generated.ts';
import { escapeHtml } from '../report/html.ts';
import { style } from '../report/style.ts';

export const figure = (id: string, title: string, note: string, body: string, hidden = true): string =>
  `<section id="section-${id}" aria-labelledby="title-${id}"${hidden ? ' hidden' : ''}>
<h2 id="title-${id}">${title}</h2>
${note ? `<p class="note" id="note-${id}">${note}</p>\n` : ''}${body}
</section>`;
export const chart = (id: string, what: string): string => `<div class="chart" id="${id}" role="img" aria-label="${what}"></div>`; // prettier-ignore
export const pair = (...sections: string[]): string => `<div class="pair">\n${sections.join('\n')}\n</div>`;
const button = (id: string, words: string, key: string, shortcut: string): string =>
  `<button type="button" id="${id}" aria-keyshortcuts="${shortcut}"><span>${words}</span><kbd>${key}</kbd></button>`;

export function livePage(title: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)} – settle</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/live.css">
<script src="/live.js" defer></script>
</head>
<body>
<header>
<h1 id="name">${escapeHtml(title)}</h1>
<ul class="tags" id="tags" aria-label="about the run"></ul>
</header>
<div class="bar"><div class="inner" role="toolbar" aria-label="the run">
<span class="status" id="status" role="status">connecting</span>
<span class="buttons" id="controls" hidden>
${button('pause', 'Pause', 'space', 'Space')}
${button('step', 'One batch', 's', 's')}
</span>
<span class="buttons" id="examples" hidden>
${button('next', 'Next test example', 'n', 'n')}
${button('follow', 'Follow training', 'f', 'f')}
</span>
<span class="links"><a href="/trace.settle" download>trace</a><a href="/metrics.jsonl" download>metrics</a><a href="/report.html" id="report" target="_blank" hidden>report</a></span>
</div></div>
<main>
<p class="problem" id="problem" role="alert" hidden></p>
<div class="done" id="done" role="progressbar" aria-label="training done" aria-valuemin="0" aria-valuemax="100"><i></i></div>
<dl class="cards" id="cards"></dl>
${pair(
  figure('network', 'Network', 'Units of each population, and on each arrow the number of weights. The tint is the mean rate in the free phase of the example below.', '<div class="network" id="network" role="img" aria-label="populations and projections"></div>'),
  figure('settings', 'While it runs', 'Changes take effect before the next batch and are logged in metrics.jsonl with its number: the run can be made again with them.', '<form class="settings" id="settings" autocomplete="off"></form><ol class="log" id="log" aria-label="changes so far"></ol>'),
)}
${figure('raster', 'Example', '', '<div class="facts" id="facts"></div><canvas class="raster" id="raster" role="img" aria-label="spikes of each unit over time"></canvas>')}
${pair(
  figure('energy', 'Energy', 'Through the free and the nudged phases; a pure number.', chart('energy', 'energy over time')),
  figure('outputs', 'Output activity', 'Filtered spikes of the outputs. Blue: the target; red: a wrong answer; grey: the others.', chart('outputs', 'activity of each output over time')),
  figure('rates', 'Output rates', 'Spikes a second of each output unit.', '<div class="rates" id="rates" role="img" aria-label="rate of each output"></div>'),
  figure('membranes', 'Membranes', '', '<form class="picks" id="picks" autocomplete="off"></form>' + chart('membranes', 'membrane potential of the picked units over time')),
  figure('errors', 'Errors over training', 'Share of examples answered wrongly: of the present epoch so far, and on the test set after each epoch.', chart('errors', 'errors over examples')),
  figure('events', 'Spikes and synaptic events', 'A second of training, by the clock on the wall; pauses and read-outs are left out.', chart('events', 'spikes and synaptic events a second')),
  figure('joules', 'Energy of the chip', 'Joules of a training example by the prices of the profile, of what has a price.', chart('joules', 'joules of a training example')),
  figure('angles', 'Alignment', "Angle in degrees between the rule's mean update and the reference gradient, by projection.", chart('angles', 'angles over epochs')),
)}
<noscript><p>This page needs its script.</p></noscript>
</main>
<footer>Keys: space pauses and goes on, s trains one batch, n shows the next test example, f follows training. Everything here comes from this machine.</footer>
</body>
</html>
`;
} // prettier-ignore

export const liveStyle = `${clientStyle}${style}
[hidden]{display:none!important}
main,header,footer{max-width:1480px}
header{padding-top:26px;padding-bottom:12px}
.pair{display:flex;flex-wrap:wrap;gap:0 16px}.pair>section{flex:1 1 calc(50% - 8px);min-width:min(100%,340px)}
.bar{position:sticky;top:0;z-index:5;background:var(--page);border-bottom:1px solid var(--line);margin:0 0 14px}
.inner{max-width:1480px;margin:0 auto;padding:8px 24px;display:flex;flex-wrap:wrap;gap:8px 14px;align-items:center}
.status{font-size:14px;color:var(--soft);min-width:92px}
.status::before{content:"";display:inline-block;width:9px;height:9px;border-radius:50%;margin-right:8px;background:var(--faint)}
.status[data-tone=good]::before{background:var(--good)}.status[data-tone=wait]::before{background:var(--plus)}.status[data-tone=bad]::before{background:var(--bad)}
.buttons{display:inline-flex;flex-wrap:wrap;gap:6px}
button,.settings input,.picks input,.picks select{font:inherit;font-size:14px;color:var(--ink);background:var(--card);border:1px solid var(--line);border-radius:7px;padding:5px 11px}
button{cursor:pointer}
button:hover{border-color:var(--faint)}
button:disabled{color:var(--faint);cursor:default}
button[aria-pressed=true]{border-color:var(--accent);color:var(--accent)}
button:focus-visible,input:focus-visible,select:focus-visible,a:focus-visible{outline:2px solid var(--accent);outline-offset:1px}
kbd{font:11px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;color:var(--faint);margin-left:8px;border:1px solid var(--line);border-radius:4px;padding:1px 4px}
.links{margin-left:auto;display:inline-flex;gap:14px;font-size:14px}
a{color:var(--accent)}
.problem{color:var(--bad);border:1px solid var(--bad);border-radius:8px;padding:8px 12px;overflow-wrap:anywhere}
.done{height:4px;border-radius:2px;background:var(--line);margin:0 0 14px;overflow:hidden}
.done i{display:block;height:100%;width:0;background:var(--accent)}
.network svg{display:block;width:100%;height:auto}
.network text{font:13px system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;fill:var(--soft)}
.network .name{font-weight:620;fill:var(--ink);font-size:15px}
.network .box{fill:var(--card);stroke:var(--faint)}
.network .tint{fill:var(--accent);stroke:none}
.network .edge{stroke:var(--faint);fill:none;stroke-width:1.5}
.network .head{fill:var(--faint)}
.settings{display:grid;grid-template-columns:minmax(90px,auto) minmax(0,1fr) auto;gap:8px 10px;align-items:center}
.settings label{font-size:14px;color:var(--soft);overflow-wrap:anywhere}
.settings input{width:100%;min-width:0;font-variant-numeric:tabular-nums}
.log{margin:12px 0 0;padding:0;list-style:none;font-size:13px;color:var(--soft);max-height:120px;overflow:auto;font-variant-numeric:tabular-nums}
.raster{height:380px;cursor:crosshair}
.picks{display:flex;flex-wrap:wrap;gap:8px;align-items:center;margin:0 0 8px;font-size:13px;color:var(--soft)}
.picks input{width:140px}
.rates{display:grid;grid-template-columns:auto minmax(0,1fr) auto;gap:5px 10px;align-items:center;font-size:13px;font-variant-numeric:tabular-nums}
.rates b{font-weight:400;color:var(--soft);text-align:right}.rates b.target{color:var(--accent);font-weight:620}.rates b.wrong{color:var(--bad);font-weight:620}
.rates span{display:block}.rates i{display:block;height:6px;border-radius:3px;background:var(--free);margin:2px 0}
.rates i.plus{background:var(--plus)}.rates i.minus{background:var(--minus)}
.rates em{font-style:normal;color:var(--soft);white-space:nowrap}
.card{flex:1 1 128px}
@media (max-width:820px){.inner{padding:8px 14px}}
@media (max-width:560px){kbd{display:none}.raster{height:320px}.links{margin-left:0}header{padding-top:18px}h1{font-size:23px}.card{flex-basis:40%}}
`;
