// The network's shape: populations in layers from the inputs on, projections between them, tinted by how active they are.
import type { LiveAbout } from '../../run/live.ts';
import { thousands } from '../../report/clientChart.ts';

export interface NetworkView {
  draw(about: LiveAbout): void;
  /** Hz by population, and where each lies between 0 and 1. */
  rates(rates: ReadonlyMap<string, number>): void;
}

const [boxWide, boxHigh] = [132, 78];

export function networkView(host: HTMLElement): NetworkView {
  let about: LiveAbout | null = null;
  let known: ReadonlyMap<string, number> = new Map();
  let said = new Map<string, { readonly words: SVGElement; readonly tint: SVGElement }>();
  let lying = '';
  new ResizeObserver(() => {
    if (about && lying !== (upright() ? 'upright' : 'flat')) draw(about);
  }).observe(host);
  return { draw, rates };

  /** Narrow places get the layers one below the other. */
  function upright(): boolean {
    return host.clientWidth < 110 * Math.max(...depthsOf(about!).values(), 1) + 200;
  }
  function draw(next: LiveAbout): void {
    about = next;
    if (host.clientWidth === 0) return;
    lying = upright() ? 'upright' : 'flat';
    said = new Map();
    const depths = depthsOf(next);
    const layers = Math.max(...depths.values()) + 1;
    const rows = (depth: number): string[] => [...depths].filter(([, each]) => each === depth).map(([name]) => name);
    const most = Math.max(...Array.from({ length: layers }, (_, depth) => rows(depth).length));
    const flat = lying === 'flat';
    const [along, across] = flat ? [boxWide + 96, boxHigh + 26] : [boxHigh + 58, boxWide + 26];
    const place = (name: string): { x: number; y: number } => {
      const depth = depths.get(name)!;
      const peers = rows(depth);
      const a = 10 + depth * along;
      const b = 14 + (most - peers.length) * 0.5 * across + peers.indexOf(name) * across;
      return flat ? { x: a, y: b } : { x: b, y: a };
    };
    const [width, height] = flat
      ? [20 + (layers - 1) * along + boxWide, 28 + (most - 1) * across + boxHigh]
      : [28 + (most - 1) * across + boxWide, 20 + (layers - 1) * along + boxHigh];
    const root = element('svg', { viewBox: `0 0 ${width} ${height}` });
    root.style.maxWidth = `${width * 1.25}px`;
    root.style.margin = '0 auto';
    const defs = element('defs', {});
    const head = element('marker', { id: 'head', viewBox: '0 0 8 8', refX: 7, refY: 4, markerWidth: 7, markerHeight: 7, orient: 'auto-start-reverse' }); // prettier-ignore
    head.append(element('path', { d: 'M0 0.5L8 4L0 7.5z', class: 'head' }));
    defs.append(head);
    root.append(defs);
    for (const { name, from, to, symmetric, weights } of next.projections) {
      const line = lineBetween(place(from), place(to), depths.get(to)! - depths.get(from)!, flat);
      const arrow = element('path', { d: line.path, class: 'edge', 'marker-end': 'url(#head)', ...(symmetric ? { 'marker-start': 'url(#head)' } : {}) }); // prettier-ignore
      const title = element('title', {});
      const count = thousands(weights);
      title.textContent = `${name}: ${count} weights${symmetric ? ', both ways' : ''}`;
      arrow.append(title);
      root.append(arrow, words(line.x, line.y, flat ? 'middle' : 'start', count, 'weights'));
    }
    for (const { name, kind, units: size } of next.populations) {
      const { x, y } = place(name);
      const box = { x, y, width: boxWide, height: boxHigh, rx: 9 };
      const tint = element('rect', { ...box, class: 'tint', opacity: 0 });
      const rate = words(x + boxWide / 2, y + 64, 'middle', '', 'rate');
      root.append(element('rect', { ...box, class: 'box' }), tint, words(x + boxWide / 2, y + 24, 'middle', name, 'name'), words(x + boxWide / 2, y + 44, 'middle', `${thousands(size)} ${shortKind(kind)}`, 'kind'), rate); // prettier-ignore
      said.set(name, { words: rate, tint });
    }
    host.replaceChildren(root);
    host.setAttribute('aria-label', next.populations.map(({ name, kind, units: size }) => `${name}: ${size} ${kind}`).join(', ') + `; projections ${next.projections.map(({ name }) => name).join(', ')}`); // prettier-ignore
    rates(known);
  }
  function rates(next: ReadonlyMap<string, number>): void {
    known = next;
    const most = Math.max(...next.values(), 1e-9);
    for (const [name, { words: text, tint }] of said) {
      const rate = next.get(name);
      text.textContent = rate === undefined ? '' : `${rate.toFixed(rate < 10 ? 1 : 0)} Hz`;
      tint.setAttribute('opacity', rate === undefined ? '0' : String(0.04 + 0.3 * (rate / most)));
    }
  }
}

const shortKind = (kind: string): string => (kind === 'integrate-and-fire' ? 'IF' : kind === 'lif' ? 'LIF' : kind);

/** The longest way from an input; a projection against the order written adds nothing. */
function depthsOf({ populations, projections }: LiveAbout): Map<string, number> {
  const depths = new Map(populations.map(({ name }) => [name, 0]));
  const order = new Map(populations.map(({ name }, k) => [name, k]));
  const forward = projections.filter(({ from, to }) => order.get(from)! < order.get(to)!);
  for (let k = 0; k < populations.length; k++)
    for (const { from, to } of forward) depths.set(to, Math.max(depths.get(to)!, depths.get(from)! + 1));
  return depths;
}

interface Point {
  readonly x: number;
  readonly y: number;
}

/** From box to box; over more than one layer, or back, in a bow. */
function lineBetween(a: Point, b: Point, layers: number, flat: boolean): { path: string; x: number; y: number } {
  const centre = ({ x, y }: Point): Point => ({ x: x + boxWide / 2, y: y + boxHigh / 2 });
  const [from, to] = [centre(a), centre(b)];
  if (layers === 1) {
    const [start, end] = flat
      ? [{ x: a.x + boxWide + 3, y: from.y }, { x: b.x - 3, y: to.y }]
      : [{ x: from.x, y: a.y + boxHigh + 3 }, { x: to.x, y: b.y - 3 }]; // prettier-ignore
    const middle = { x: (start.x + end.x) / 2, y: (start.y + end.y) / 2 };
    return { path: `M${start.x} ${start.y}L${end.x} ${end.y}`, x: flat ? middle.x : middle.x + 10, y: flat ? middle.y - 8 : middle.y + 5 }; // prettier-ignore
  }
  const [start, end] = flat ? [{ x: from.x, y: a.y }, { x: to.x, y: b.y }] : [{ x: a.x, y: from.y }, { x: b.x, y: to.y }]; // prettier-ignore
  const bow = 12 + 8 * Math.abs(layers);
  const [one, two] = flat
    ? [{ x: start.x, y: start.y - bow }, { x: end.x, y: end.y - bow }]
    : [{ x: start.x - bow, y: start.y }, { x: end.x - bow, y: end.y }]; // prettier-ignore
  return { path: `M${start.x} ${start.y}C${one.x} ${one.y} ${two.x} ${two.y} ${end.x} ${end.y}`, x: (one.x + two.x) / 2, y: (one.y + two.y) / 2 }; // prettier-ignore
}

function element(name: string, attributes: Readonly<Record<string, string | number>>): SVGElement {
  const made = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  return made;
}
function words(x: number, y: number, anchor: string, text: string, role: string): SVGElement {
  const made = element('text', { x, y, 'text-anchor': anchor, class: role });
  made.textContent = text;
  return made;
}
