// What a trace alone says of its network: populations by the names of its columns.
import type { Header } from '../../frames/container.ts';
import type { Frame } from '../../frames/frame.ts';
import type { LiveAbout } from '../../run/live.ts';

/** With the units of the open network where a name is one of its, else as many as were seen. */
export function aboutOfTrace(frames: readonly Frame[], open: LiveAbout, header: Header): LiveAbout {
  const seen = new Map<string, number>();
  for (const { columns } of frames)
    for (const [column, { data }] of Object.entries(columns)) {
      const population = /^(.+)\.(spikes|trace|membrane)\.unit$/.exec(column)?.[1];
      if (population === undefined) continue;
      let most = seen.get(population) ?? 1;
      for (const unit of data) most = Math.max(most, unit + 1);
      seen.set(population, most);
    }
  const known = new Map(open.populations.map((each) => [each.name, each]));
  const fits = [...seen].every(([each, units]) => units <= (known.get(each)?.units ?? 0));
  const step = typeof header['step'] === 'number' ? { step: header['step'] } : {};
  const name = String(header['run'] ?? 'trace');
  if (fits) return { ...open, name, ...step };
  const output = [...seen.keys()].find((each) => frames.some(({ columns }) => `${each}.trace` in columns)) ?? null;
  return { ...open, ...step, name, model: name, projections: [], output, populations: [...seen].map(([each, units]) => ({ name: each, kind: 'recorded', units })) };
} // prettier-ignore
