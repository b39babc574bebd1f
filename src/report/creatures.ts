// A page of creatures: the best of each generation to be played again, and whose child the champion is. Poses come as numbers; no
// physics runs in the page.
import type { CreaturesData } from './data.ts';
import { htmlDocument } from './document.ts';
import { escapeHtml } from './html.ts';
import { pair, section } from './sections.ts';

/** A creature as it moved. */
export interface CreatureReport {
  readonly id: number;
  readonly generation: number;
  readonly score: number;
  /** m */
  readonly length: number;
  readonly distance: number;
  /** Half sides of each part, in m, and [step, part, (x, y, turn)] at `step` seconds. */
  readonly sides: readonly (readonly [number, number])[];
  readonly poses: Float64Array;
  readonly step: number;
}
export interface Ancestor {
  readonly id: number;
  readonly generation: number;
  readonly score: number;
  readonly parents: readonly number[];
  readonly how: string;
}
export interface CreaturesReport {
  readonly name: string;
  readonly task: 'walk' | 'swim' | 'jump';
  readonly facts: readonly (readonly [name: string, value: string])[];
  /** The best of each generation that brought a better one; the last is the champion. */
  readonly best: readonly CreatureReport[];
  /** The champion and all it comes from. */
  readonly family: readonly Ancestor[];
  /** Best and median score of each generation. */
  readonly curve: { readonly generation: readonly number[]; readonly best: readonly (number | null)[]; readonly median: readonly (number | null)[] };
} // prettier-ignore

/** Frames a second that are kept. */
const kept = 30;

const verbs = { walk: 'goes along the ground', swim: 'swims', jump: 'jumps' } as const;

export function creaturesPage(report: CreaturesReport): string {
  const { name, task, facts, best, family } = report;
  const tags = facts.map(([key, value]) => `<li><b>${escapeHtml(key)}</b>${escapeHtml(value)}</li>`).join('');
  const header = `<header>\n<h1>${escapeHtml(name)}</h1>\n<p class="lead">Bodies and their neurons, evolved together after Sims (1994): what ${verbs[task]} farthest for its length has children.</p><ul class="tags">${tags}</ul>\n</header>\n`;
  const player = `<p class="facts"><button type="button" id="creature-play">Pause</button><label>Generation <input type="range" id="creature-generation" min="0" max="${Math.max(0, best.length - 1)}" value="${Math.max(0, best.length - 1)}"></label><span id="creature-said"></span></p><canvas class="raster" id="creature" role="img" aria-label="the creature moving"></canvas>`;
  const main = [
    best.length === 0 ? '' : section('creature', 'Replay', 'The best of each generation that brought a better one, as it moved. Marks on the ground are a metre apart.', player),
    pair([
      section('creature-curve', 'Scores', 'In lengths of the creature: best and median of those born in each generation.', '<div class="chart" id="creature-scores"></div>'),
      family.length === 0 ? '' : section('family', 'Family of the champion', `All ${family.length} creatures it comes from: when they were born, and how they scored. Click on one that was the best of its time to see it.`, '<canvas class="raster" id="family" role="img" aria-label="family tree of the champion"></canvas>'),
    ]),
  ].join(''); // prettier-ignore
  return htmlDocument(name, header, main, { creatures: dataOf(report) });
}

function dataOf({ task, best, family, curve }: CreaturesReport): CreaturesData {
  const every = Math.max(1, Math.round(1 / kept / (best[0]?.step ?? 1 / kept)));
  const rounded = (value: number): number => Number(value.toPrecision(4));
  return {
    task,
    curve: { generation: curve.generation, best: curve.best.map((value) => value && rounded(value)), median: curve.median.map((value) => value && rounded(value)) },
    family: family.map((each) => ({ ...each, score: rounded(each.score) })),
    best: best.map(({ id, generation, score, length, distance, sides, poses, step }) => {
      const size = 3 * sides.length;
      const frames = Math.floor(poses.length / size);
      const numbers: number[] = [];
      // Thousandths of metres and radians.
      for (let frame = 0; frame < frames; frame += every) for (let k = 0; k < size; k++) numbers.push(Math.round(1000 * poses[frame * size + k]!));
      return { id, generation, score: rounded(score), length: rounded(length), distance: rounded(distance), sides, step: step * every, poses: numbers };
    }),
  };
} // prettier-ignore
