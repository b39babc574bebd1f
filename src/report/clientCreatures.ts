// Draws creatures: the replay of one, its scores over generations, the family of the champion. All numbers are in the page.
import { ticksOf } from './bands.ts';
import { chart, colour, compact, dark, font, place, redraws } from './clientChart.ts';
import type { CreaturesData } from './data.ts';
import { rowColour } from './swatch.ts';

const find = <T extends HTMLElement>(id: string): T | null => document.getElementById(id) as T | null;
/** Metres across the picture. */
const across = 5;

export function drawCreatures(data: CreaturesData): void {
  const { generation, best, median } = data.curve;
  place('creature-scores', (host, width) =>
    chart(host, width, generation, [
      { name: 'best', colour: colour('accent'), values: best, points: generation.length <= 40 },
      { name: 'median', colour: colour('soft'), values: median, points: generation.length <= 40 },
    ], { x: 'generation', y: 'lengths', at: String, value: compact, fromZero: true, whole: true, last: true }),
  ); // prettier-ignore
  const canvas = find<HTMLCanvasElement>('creature');
  const replay = canvas && data.best.length > 0 ? replayer(canvas, data) : null;
  const family = find<HTMLCanvasElement>('family');
  if (family) drawFamily(family, data, (id) => replay?.show(data.best.findIndex((each) => each.id === id)));
}

function replayer(canvas: HTMLCanvasElement, { best, task }: CreaturesData): { show(index: number): void } {
  const slider = find<HTMLInputElement>('creature-generation')!;
  const button = find<HTMLButtonElement>('creature-play')!;
  const calm = matchMedia('(prefers-reduced-motion: reduce)').matches;
  let index = best.length - 1;
  let playing = !calm;
  let time = calm ? 1 : 0;
  let last = performance.now();
  const show = (next: number): void => {
    if (next < 0) return;
    [index, time] = [next, 0];
    slider.value = String(next);
    say();
  };
  slider.addEventListener('input', () => show(Number(slider.value)));
  button.addEventListener('click', () => {
    playing = !playing;
    button.textContent = playing ? 'Pause' : 'Play';
  });
  button.textContent = playing ? 'Pause' : 'Play';
  say();
  requestAnimationFrame(frame);
  return { show };

  function say(): void {
    const { generation, score, distance, length, sides } = best[index]!;
    find('creature-said')!.textContent = `${generation}: ${compact(score)} lengths (${compact(distance)} m, ${compact(length)} m long, ${sides.length} parts)`; // prettier-ignore
  }
  function frame(now: number): void {
    requestAnimationFrame(frame);
    const one = best[index]!;
    const frames = one.poses.length / (3 * one.sides.length);
    if (playing) time += Math.min(0.1, (now - last) / 1000);
    last = now;
    if (time > frames * one.step + 0.7) time = 0;
    paint(Math.min(frames - 1, Math.floor(time / one.step)));
  }
  function paint(at: number): void {
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    if (width === 0) return;
    const ratio = Math.min(2, window.devicePixelRatio || 1);
    if (canvas.width !== Math.round(width * ratio)) [canvas.width, canvas.height] = [Math.round(width * ratio), Math.round(height * ratio)]; // prettier-ignore
    const { sides, poses, step } = best[index]!;
    const draw = canvas.getContext('2d')!;
    draw.setTransform(ratio, 0, 0, ratio, 0, 0);
    draw.clearRect(0, 0, width, height);
    const from = at * 3 * sides.length;
    const mean = (k: number): number => sides.reduce((sum, _, part) => sum + poses[from + 3 * part + k]! / 1000, 0) / sides.length; // prettier-ignore
    const scale = width / across;
    const ground = task === 'swim' ? height / 2 + mean(1) * scale : height - 46;
    const left = mean(0) - across / 2;
    const x = (metres: number): number => (metres - left) * scale;
    draw.font = font;
    draw.textAlign = 'center';
    draw.fillStyle = colour('line');
    if (task !== 'swim') draw.fillRect(0, ground, width, 2);
    draw.fillStyle = colour('soft');
    for (let metre = Math.ceil(left); metre <= left + across; metre++) {
      draw.fillRect(Math.round(x(metre)), task === 'swim' ? height - 34 : ground, 1, 8);
      draw.fillText(`${metre} m`, x(metre), (task === 'swim' ? height - 34 : ground) + 24);
    }
    sides.forEach(([wide, long], part) => {
      const [px, py, turn] = [0, 1, 2].map((k) => poses[from + 3 * part + k]! / 1000) as [number, number, number];
      draw.save();
      draw.translate(x(px), ground - py * scale);
      draw.rotate(-turn);
      draw.fillStyle = colour(rowColour(part));
      draw.globalAlpha = 0.75;
      draw.fillRect(-wide * scale, -long * scale, 2 * wide * scale, 2 * long * scale);
      draw.globalAlpha = 1;
      draw.strokeStyle = colour('ink');
      draw.strokeRect(-wide * scale, -long * scale, 2 * wide * scale, 2 * long * scale);
      draw.restore();
    });
    draw.textAlign = 'left';
    draw.fillStyle = colour('soft');
    draw.fillText(`${(at * step).toFixed(1)} s`, 8, 18);
  }
}

/** Generations along, scores up; a line from each parent. */
function drawFamily(canvas: HTMLCanvasElement, { family, best }: CreaturesData, chosen: (id: number) => void): void {
  const tones: Readonly<Record<string, string>> = { random: 'soft', mutation: 'row0', crossover: 'row2', graft: 'row1' };
  const places = new Map<number, { x: number; y: number }>();
  const known = new Set(best.map(({ id }) => id));
  const paint = (): void => {
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    if (width === 0) return;
    const ratio = Math.min(2, window.devicePixelRatio || 1);
    [canvas.width, canvas.height] = [Math.round(width * ratio), Math.round(height * ratio)];
    const draw = canvas.getContext('2d')!;
    draw.setTransform(ratio, 0, 0, ratio, 0, 0);
    draw.font = font;
    const [left, right, top, bottom] = [46, width - 16, 34, height - 40];
    const last = Math.max(1, ...family.map(({ generation }) => generation));
    const most = Math.max(1e-9, ...family.map(({ score }) => score));
    for (const { id, generation, score } of family)
      places.set(id, { x: left + (generation / last) * (right - left), y: bottom - (Math.max(0, score) / most) * (bottom - top) });
    draw.fillStyle = colour('soft');
    draw.textAlign = 'center';
    for (const tick of ticksOf(0, last, Math.max(2, Math.floor((right - left) / 90)))) draw.fillText(String(tick), left + (tick / last) * (right - left), bottom + 22);
    draw.textAlign = 'right';
    for (const tick of ticksOf(0, most, 5)) draw.fillText(compact(tick), left - 10, bottom - (tick / most) * (bottom - top) + 4);
    draw.strokeStyle = colour('line');
    draw.lineWidth = 1.2;
    for (const { id, parents } of family)
      for (const parent of parents) {
        const [from, to] = [places.get(parent), places.get(id)!];
        if (!from) continue;
        draw.beginPath();
        draw.moveTo(from.x, from.y);
        draw.lineTo(to.x, to.y);
        draw.stroke();
      }
    for (const { id, how } of family) {
      const { x, y } = places.get(id)!;
      draw.fillStyle = colour(tones[how] ?? 'soft');
      draw.beginPath();
      draw.arc(x, y, known.has(id) ? 5 : 3, 0, 2 * Math.PI);
      draw.fill();
    }
    let x = left;
    draw.textAlign = 'left';
    for (const [name, tone] of Object.entries(tones)) {
      draw.fillStyle = colour(tone);
      draw.fillRect(x, 10, 10, 10);
      draw.fillStyle = colour('soft');
      draw.fillText(name, x + 15, 19);
      x += 30 + draw.measureText(name).width;
    }
  };
  paint();
  redraws.push(paint);
  dark.addEventListener('change', paint);
  new ResizeObserver(paint).observe(canvas);
  canvas.addEventListener('click', ({ offsetX, offsetY }) => {
    let [nearest, least] = [-1, 15];
    for (const [id, { x, y }] of places) {
      const away = Math.hypot(x - offsetX, y - offsetY);
      if (known.has(id) && away < least) [nearest, least] = [id, away];
    }
    if (nearest >= 0) chosen(nearest);
  });
} // prettier-ignore
