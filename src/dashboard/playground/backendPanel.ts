// The panel of backends: what each runs on here, how fast it reads out, and whether it answers as wasm does.
import type { DataSet } from '../../data/dataset.ts';
import { explain, SettleError } from '../../errors.ts';
import { short } from '../client/training.ts';
import type { ReadOut } from '../../run/session.ts';
import type { ModelChoice } from './racePanel.ts';
import { remote } from './remote.ts';
import { find } from '../client/page.ts';

export interface BackendPanelOptions {
  readonly backends: readonly string[];
  readonly data: DataSet;
  /** What is on the pad now. */
  network(): Promise<{ readonly model: ModelChoice; readonly checkpoint: Uint8Array }>;
  problem(error: unknown): void;
}

/** Test examples of one measurement. */
const examples = 200;

export function backendPanel({ backends, data, network, problem }: BackendPanelOptions): void {
  const rows = new Map(backends.map((name) => [name, rowFor(name)]));
  find('backend-rows').replaceChildren(...[...rows.values()].map(({ host }) => host));
  const button = find<HTMLButtonElement>('measure');
  button.addEventListener('click', () => {
    button.disabled = true;
    measureAll()
      .catch(problem)
      .finally(() => (button.disabled = false));
  });

  async function measureAll(): Promise<void> {
    const now = await network();
    let first: ReadOut | null = null;
    for (const [name, row] of rows) {
      row.say('measuring', '', '', '');
      const own = remote(data);
      try {
        const { device } = await own.call('open', { ...now.model, backend: name, checkpoint: now.checkpoint });
        // The first read-out compiles; the second is timed.
        await own.call('readOut', { examples: 40 });
        const found = await own.call('readOut', { examples });
        first ??= found;
        const alike = found.predicted.filter((answer, k) => answer === first!.predicted[k]).length;
        row.say(device ?? 'the processor, one thread', `${short(found.examples / found.seconds)}/s`, `${((100 * found.wrong) / found.examples).toFixed(1)} %`, `${alike} of ${found.examples}`); // prettier-ignore
      } catch (error) {
        row.say(error instanceof SettleError ? explain(error).split('\n')[0]! : String(error), '–', '–', '–');
      } finally {
        own.end();
      }
    }
  }
}

function rowFor(name: string): { host: HTMLElement; say(...words: [string, string, string, string]): void } {
  const host = document.createElement('tr');
  const cells = Array.from({ length: 5 }, (_, k) => document.createElement(k === 0 ? 'th' : 'td'));
  cells[0]!.scope = 'row';
  cells[0]!.textContent = name;
  host.dataset['backend'] = name;
  host.append(...cells);
  return { host, say: (...words) => words.forEach((word, k) => (cells[k + 1]!.textContent = word)) };
}
