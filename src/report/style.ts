// The page's style: one column that is readable on a telephone, cards and charts, light and dark by the reader's setting.
export const style = `
:root{color-scheme:light dark;--page:#f6f7f9;--card:#fff;--ink:#1a1f29;--soft:#5c6675;--faint:#8a94a3;--line:#e3e7ec;
--accent:#2563c9;--free:#5b6776;--plus:#c2570c;--minus:#1d6fb8;--good:#15803d;--bad:#b42318;--hit:37,99,201;--miss:190,60,40;
--train:#8a94a3;--validation:#b07a10;--test:#2563c9;--spikes:#6d4fc4;
--row0:#2563c9;--row1:#c2570c;--row2:#15803d;--row3:#b8328f;--row4:#0e7490;--row5:#475063;--row6:#c0362b;--row7:#6d4fc4}
@media (prefers-color-scheme:dark){:root{--page:#11141a;--card:#191e26;--ink:#e6e9ee;--soft:#a3adba;--faint:#76808e;--line:#2b323d;
--accent:#7aa9f7;--free:#9aa6b5;--plus:#f2994a;--minus:#5fb2f2;--good:#4ccb7f;--bad:#f5776a;--hit:96,150,245;--miss:235,100,85;
--train:#8a94a3;--validation:#e0b04a;--test:#7aa9f7;--spikes:#a78bf0;
--row0:#7aa9f7;--row1:#f2994a;--row2:#4ccb7f;--row3:#f07fcf;--row4:#4fc3d9;--row5:#c5cedb;--row6:#f5776a;--row7:#a78bf0}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--page);color:var(--ink);font:15px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
main,header,footer{max-width:1120px;margin:0 auto;padding:0 24px}
header{padding-top:40px;padding-bottom:20px}
h1{font-size:28px;line-height:1.2;letter-spacing:-.015em;margin:0 0 4px;font-weight:650;overflow-wrap:anywhere}
h2{font-size:16px;line-height:1.3;margin:0 0 2px;font-weight:620;letter-spacing:-.005em}
p{margin:0 0 10px}
.lead,.note{color:var(--soft)}
.lead{max-width:78ch;margin:0 0 10px}
.note{font-size:13px;margin:0 0 14px;max-width:92ch}
.tags{display:flex;flex-wrap:wrap;gap:6px;margin:10px 0 0;padding:0;list-style:none;font-size:13px}
.tags li{border:1px solid var(--line);border-radius:6px;background:var(--card);padding:2px 9px}
.tags b{color:var(--soft);font-weight:400;margin-right:5px}
.cards{display:flex;flex-wrap:wrap;gap:12px;margin:0 0 16px}
.card{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:12px 14px;flex:1 1 122px}
.card dt{color:var(--soft);font-size:13px}
.card dd{margin:2px 0 0;font-size:21px;font-weight:620;letter-spacing:-.015em;font-variant-numeric:tabular-nums;line-height:1.25}
.card small{display:block;color:var(--faint);font-size:12px;line-height:1.4;font-weight:400;letter-spacing:0}
.card.main dd{color:var(--accent)}
section{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:18px 20px;margin:0 0 16px;min-width:0}
.pair{display:grid;grid-template-columns:1fr 1fr;gap:0 16px;align-items:stretch}
.pair>section:only-child{grid-column:1/-1}
@media (max-width:820px){.pair{grid-template-columns:1fr}main,header,footer{padding-left:14px;padding-right:14px}section{padding:15px 14px}}
.chart{width:100%;min-height:240px}
.raster{width:100%;height:420px;display:block}
.facts{display:flex;flex-wrap:wrap;align-items:center;gap:14px;margin:0 0 12px}
.facts canvas{width:56px;height:56px;border-radius:6px;border:1px solid var(--line);image-rendering:pixelated}
.facts span b{display:block;font-size:18px;line-height:1.2;font-variant-numeric:tabular-nums}
.facts span{color:var(--soft);font-size:13px}
.facts b{color:var(--ink);font-weight:620}
.facts b.warn{color:var(--bad)}
.key{display:flex;flex-wrap:wrap;gap:4px 16px;font-size:13px;color:var(--soft);margin:0 0 8px}
.key i{display:inline-block;width:12px;height:3px;border-radius:2px;margin-right:6px;vertical-align:middle}
.scroll{overflow-x:auto}
table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:13px}
.confusion{margin:0 auto;border-spacing:2px;border-collapse:separate}
.confusion th{font-weight:400;color:var(--soft);padding:2px 6px;text-align:right}
.confusion td{text-align:center;min-width:40px;height:30px;padding:2px 4px;border-radius:4px}
.confusion thead th{text-align:center}
.confusion td.zero{color:var(--faint);opacity:.6}
@media (max-width:560px){.confusion{width:100%;border-spacing:1px;font-size:11px}.confusion td{min-width:0;padding:2px 0}.confusion th{padding:2px 3px}}
.confusion td.recall,.confusion th.recall{text-align:right;padding-left:14px;color:var(--ink)}
@media (max-width:560px){.confusion td.recall,.confusion th.recall{padding-left:5px}}
.facts-table{width:100%}
.facts-table th,.facts-table td{text-align:left;vertical-align:top;padding:5px 12px 5px 0;border-top:1px solid var(--line);overflow-wrap:anywhere}
.facts-table tr:first-child>*{border-top:0}
.facts-table th{font-weight:400;color:var(--soft);white-space:nowrap;width:1%;padding-right:20px}
.facts-table code{font-size:12px}
.health td:nth-child(2){font-variant-numeric:tabular-nums;white-space:nowrap;width:1%;padding-right:20px}
.ok{color:var(--good)}.warn{color:var(--bad)}
.maps{display:grid;grid-template-columns:repeat(auto-fill,minmax(92px,1fr));gap:12px}
@media (min-width:900px){.maps{grid-template-columns:repeat(8,1fr)}}
.maps figure{margin:0}
.maps canvas{width:100%;aspect-ratio:1;display:block;border-radius:5px;border:1px solid var(--line);image-rendering:pixelated}
figcaption{font-size:12px;color:var(--faint);text-align:center;padding-top:3px}
code,pre{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace}
pre{font-size:12.5px;line-height:1.5;margin:8px 0 0;padding:12px 14px;background:var(--page);border:1px solid var(--line);border-radius:8px;overflow:auto;max-height:520px;tab-size:2}
details summary{cursor:pointer;color:var(--accent);font-size:14px}
footer{color:var(--faint);font-size:12px;padding-top:6px;padding-bottom:40px}
.empty{color:var(--soft)}
.uplot,.uplot *{font-family:inherit}
.u-legend{font-size:12.5px;color:var(--soft);text-align:left;font-variant-numeric:tabular-nums}
.u-legend .u-marker{width:12px;height:3px;border-radius:2px}
.u-legend th{font-weight:400}
.u-legend .u-series:first-child .u-marker{display:none}
.u-inline .u-series{margin-right:10px!important}
.u-inline .u-series>th::after{color:var(--faint)}
.u-cursor-x,.u-cursor-y{border-color:var(--faint)!important}
.u-select{background:rgba(var(--hit),.14)}
.legend{position:sticky;top:0;z-index:3;display:flex;flex-wrap:wrap;gap:6px;padding:8px 0;margin:0 0 8px;background:var(--page)}
.chip,.switch button{font:inherit;font-size:13px;color:var(--ink);background:var(--card);border:1px solid var(--line);border-radius:7px;padding:4px 10px;cursor:pointer}
.chip:hover,.switch button:hover{border-color:var(--faint)}
.chip[aria-pressed=false]{color:var(--faint);text-decoration:line-through}
.chip[aria-pressed=false] .swatch{opacity:.25}
.swatch{vertical-align:-1px;margin-right:8px;flex:none}
.switch{display:inline-flex;margin:0 0 8px}
.switch button{border-radius:0}
.switch button:first-child{border-radius:7px 0 0 7px}
.switch button:last-child{border-radius:0 7px 7px 0;margin-left:-1px}
.switch button:only-child{border-radius:7px;margin-left:0}
.switch button[aria-pressed=true]{background:var(--accent);border-color:var(--accent);color:var(--card)}
.scatter{min-height:340px;color:var(--soft)}
.scatter.small{min-height:0}
.scatter svg{display:block}
.scatter text{font:12px system-ui,-apple-system,"Segoe UI",Roboto,sans-serif;fill:var(--soft)}
.scatter g text{fill:var(--ink)}
.scatter .grid{stroke:var(--line);fill:none}
.scatter .mean{stroke:var(--card);stroke-width:1.5}
.scatter .leader{stroke:var(--faint);fill:none}
.multiples{display:grid;grid-template-columns:repeat(auto-fill,minmax(270px,1fr));gap:12px 18px}
.multiples figure{margin:0;min-width:0}
.multiples figcaption{color:var(--ink);font-size:13px;text-align:left;padding:0}
.angle{min-height:190px}
.tip{position:absolute;top:4px;z-index:2;pointer-events:none;background:var(--card);border:1px solid var(--line);border-radius:7px;padding:6px 9px;font-size:12px;line-height:1.45;box-shadow:0 3px 12px rgba(0,0,0,.13);font-variant-numeric:tabular-nums}
.tip div{display:flex;justify-content:space-between;gap:14px;white-space:nowrap;border-left:3px solid var(--tone,transparent);padding-left:6px}
.tip b{font-weight:600}
.compared{width:100%}
.compared th,.compared td{text-align:left;padding:5px 14px 5px 0;border-top:1px solid var(--line);white-space:nowrap;vertical-align:top}
.compared thead th{border-top:0;color:var(--soft);font-weight:400;vertical-align:bottom}
.compared tbody th{font-weight:560}
.compared .number{text-align:right}
.compared td:last-child,.compared th:last-child{padding-right:0}
.compared a{color:var(--accent)}
.plain{margin:0;padding:0 0 0 18px;font-size:13px;color:var(--soft)}
.plain li{margin:0 0 4px;max-width:110ch}
.compared+*,.scroll+.plain{margin-top:14px}
@media print{body{background:#fff}section,.card{break-inside:avoid}details>pre{max-height:none}}
`;
