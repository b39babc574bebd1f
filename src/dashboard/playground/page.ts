// The playground's page before its program fills it: what is where, and its style. No script and no style inside.
import { chart, figure, liveStyle, pair } from '../page.ts';

const number = (name: string, words: string, low: number, high: number, value: number): string =>
  `<label for="set-${name}">${words}</label><input type="range" id="set-${name}" min="${low}" max="${high}" step="0.01" value="${value}"><output id="said-${name}" for="set-${name}">${value}</output>`;
const heads = (...words: string[]): string => `<thead><tr>${words.map((word) => `<th scope="col">${word}</th>`).join('')}</tr></thead>`; // prettier-ignore

export const playgroundPage = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; base-uri 'none'; form-action 'none'">
<title>settle – playground</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="playground.css">
<script type="module" src="main.js"></script>
</head>
<body>
<header>
<h1>settle playground</h1>
<p class="lead">Networks that learn by settling, simulated in this page. Draw a digit and watch a trained spiking network settle on it; nudge it; train others; write an energy.</p>
<nav aria-label="sections"><a href="#section-pad">digit</a><a href="#section-race">training</a><a href="#section-field">energy</a><a href="#section-backends">backends</a><a href="#section-files">files</a></nav>
</header>
<main>
<p class="problem" id="problem" role="alert" hidden></p>
${pair(
  figure(
    'pad',
    'A digit',
    'With mouse, pen or finger. Your strokes become 28 x 28 pixels around their centre of mass, as in MNIST.',
    `<div class="pad"><canvas id="pad" width="280" height="280" role="img" aria-label="pad to draw a digit on"></canvas>
<div><p class="answer" aria-live="polite"><b id="answer">–</b><span id="answer-said"></span></p>
<p class="note" id="pad-said">draw here</p>
<p class="buttons"><button type="button" id="clear" aria-keyshortcuts="c">Clear<kbd>c</kbd></button><button type="button" id="next" aria-keyshortcuts="n">Test digit<kbd>n</kbd></button><button type="button" id="replay" aria-keyshortcuts="r">Replay<kbd>r</kbd></button></p>
<p><label for="nudge">Then nudge towards </label><select id="nudge"><option value="">nothing</option><option value="label">its label</option></select></p></div></div>`,
    false,
  ),
  figure(
    'network',
    'Network',
    '',
    `<p class="note" id="network-said">opening</p>
<div class="network" id="network" role="img" aria-label="populations and projections"></div>
<p class="buttons"><label for="backend">Backend </label><select id="backend"></select><button type="button" id="train-here">Train it on this page's examples</button></p>`,
    false,
  ),
)}
${figure('raster', 'Spikes', '<span id="spikes-said"></span>', '<canvas class="raster" id="raster" role="img" aria-label="spikes of each unit over time"></canvas>')}
${pair(
  figure('energy', 'Energy', 'Of the mean field at the filtered spikes; a pure number. It falls in the free phase and moves under the nudge.', chart('energy', 'energy over time')),
  figure('outputs', 'Output activity', 'Filtered spikes of the outputs. Blue: the target; red: another answer; grey: the others.', chart('outputs', 'activity of each output over time')),
  figure('rates', 'Output rates', 'Spikes a second of each output unit.', '<div class="rates" id="rates" role="img" aria-label="rate of each output"></div>'),
  figure('membranes', 'Membranes', 'Of the first hidden units; a potential of 1 fires.', chart('membranes', 'membrane potential of the first units over time')),
)}
${figure(
  'race',
  'Training, side by side',
  'From scratch on 2,000 digits of MNIST, tested on 500 others, each rule in a worker of its own. One seed and few examples: a demonstration, not a comparison (settle compare makes those).',
  `<p class="buttons"><button type="button" id="race-go">Train</button><button type="button" id="race-again">Begin again</button><label for="race-backend">Backend </label><select id="race-backend"></select></p>
${chart('race', 'test errors over training examples')}
<div class="scroll"><table class="wide">${heads('rule', 'epoch', 'test error', 'speed', 'spikes an example', '')}<tbody id="race-rows"></tbody></table></div>`,
  false,
)}
${figure(
  'field',
  'An energy as text',
  'Two units: x is hidden, y the output; w and b are learned. Arrows point downhill, shade is deeper where the energy is lower. Click (or use arrow keys) to let go from another point: grey is the free phase, orange the nudged one, which adds beta/2 (y - target)².',
  `<div class="field"><canvas id="field" tabindex="0" role="img" aria-label="energy and forces over the plane of two units"></canvas>
<div><p><label for="energy-preset">Begin with </label><select id="energy-preset"></select></p>
<p><label for="energy-text">E(x, y; w, b) = </label><input type="text" id="energy-text" spellcheck="false" autocomplete="off" aria-describedby="energy-problem"></p>
<p class="bad" id="energy-problem" role="alert"></p>
<p class="mono" id="slope-x"></p><p class="mono" id="slope-y"></p>
<div class="sliders">${number('w', 'w', -2, 2, 0.8)}${number('b', 'b', -2, 2, 0.3)}${number('beta', 'nudge, beta', 0, 2, 0.1)}${number('target', 'target', -2, 2, 1)}</div>
<div class="scroll"><table>${heads('', 'dC/dw', 'dC/db')}<tbody><tr><th scope="row">equilibrium propagation</th><td id="own-w"></td><td id="own-b"></td></tr><tr><th scope="row">finite difference</th><td id="true-w"></td><td id="true-b"></td></tr></tbody></table></div>
<p class="note" id="field-said"></p></div></div>`,
  false,
)}
${figure(
  'backends',
  'Backends',
  'Each reads out 200 test digits with the network above, after 40 to warm up. Answers may differ where float32 sums in another order. gpu.js is fetched when it is first asked for.',
  `<p class="buttons"><button type="button" id="measure">Measure</button></p>
<div class="scroll"><table class="wide">${heads('backend', 'runs on', 'read-out', 'test error', 'answers as wasm')}<tbody id="backend-rows"></tbody></table></div>`,
  false,
)}
${figure(
  'files',
  'Files',
  'A model file (YAML), weights (checkpoint.settle) or a trace (trace.settle), also of a run on the command line; drop them anywhere. Nothing leaves this page.',
  `<p class="buttons"><label class="button">Open<input type="file" id="load" multiple accept=".yaml,.yml,.settle"></label><button type="button" id="save-model">Save the model</button><button type="button" id="save-weights">Save its weights</button><button type="button" id="save-trace">Save the trace shown</button></p>`,
  false,
)}
<noscript><p>This page needs its script.</p></noscript>
</main>
<footer>Keys: n shows a test digit, c clears, r replays. Images: MNIST (LeCun, Cortes, Burges).</footer>
</body>
</html>
`; // prettier-ignore

export const playgroundStyle = `${liveStyle}
nav{display:flex;gap:16px;font-size:14px}
select,input[type=text]{font:inherit;font-size:14px;color:var(--ink);background:var(--card);border:1px solid var(--line);border-radius:7px;padding:5px 9px}
.buttons{display:flex;flex-wrap:wrap;gap:8px;align-items:center;margin:0 0 12px}
.button{font-size:14px;background:var(--card);border:1px solid var(--line);border-radius:7px;padding:5px 11px;cursor:pointer}
.button:focus-within{outline:2px solid var(--accent);outline-offset:1px}
.button input{position:absolute;width:1px;height:1px;opacity:0}
.pad{display:flex;flex-wrap:wrap;gap:20px}
.pad canvas{width:280px;height:280px;background:#000;border-radius:8px;cursor:crosshair;touch-action:none}
.answer{display:flex;align-items:baseline;gap:12px;margin:0}
.answer b{font-size:84px;line-height:1;font-weight:650;font-variant-numeric:tabular-nums;min-width:52px}
.answer b[data-tone=good]{color:var(--good)}.answer b[data-tone=bad]{color:var(--bad)}
.answer span{color:var(--soft);font-size:14px}
table.wide{width:100%}
tbody th,tbody td,thead th{text-align:left;padding:6px 14px 6px 0;border-top:1px solid var(--line);font-weight:400}
thead th{border-top:0;color:var(--soft)}
tbody th b{font-weight:620;margin-right:8px}tbody th small{color:var(--soft)}
.swatch{vertical-align:-1px;margin-right:8px}
.field{display:grid;grid-template-columns:minmax(0,460px) minmax(0,1fr);gap:22px}
.field canvas{width:100%;aspect-ratio:1;border:1px solid var(--line);border-radius:8px;cursor:crosshair}
.field canvas:focus-visible{outline:2px solid var(--accent);outline-offset:1px}
.field input[type=text]{width:100%;font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
.field input[aria-invalid]{border-color:var(--bad)}
.bad{color:var(--bad);font-size:13px;min-height:1.5em;white-space:pre-wrap;overflow-wrap:anywhere}
.mono{font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;color:var(--soft);overflow-wrap:anywhere;margin:0 0 6px}
.sliders{display:grid;grid-template-columns:auto minmax(0,1fr) 48px;gap:6px 12px;align-items:center;margin:14px 0;font-size:14px}
.sliders input{width:100%;accent-color:var(--accent)}
.sliders output{font-variant-numeric:tabular-nums;color:var(--soft);text-align:right}
@media (max-width:820px){.field{grid-template-columns:minmax(0,1fr)}}
`;
