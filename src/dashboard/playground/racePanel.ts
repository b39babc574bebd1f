// The panel where rules learn side by side: each in a worker of its own, on the same examples in the same order.
import type { DataSet } from '../../data/dataset.ts';
import { colour, type Line, percent, thousands } from '../../report/clientChart.ts';
import { rowColour, swatch } from '../../report/swatch.ts';
import { liveChart } from '../client/liveChart.ts';
import { short } from '../client/training.ts';
import type { Standing, Told } from './calls.ts';
import { type Remote, remote, type Running } from './remote.ts';
import { find } from '../client/page.ts';

/** A model to open: its text, and what is set in it. */
export interface ModelChoice {
  readonly text: string;
  readonly file: string;
  readonly set: readonly string[];
}
export interface Lane extends ModelChoice {
  readonly name: string;
  readonly note: string;
  /** Its network can be shown digits in time. */
  readonly spiking: boolean;
}
export interface RacePanelOptions {
  readonly lanes: readonly Lane[];
  readonly data: DataSet;
  readonly backends: readonly string[];
  /** Takes a lane's network to the pad. */
  use(model: ModelChoice, checkpoint: Uint8Array): void;
  problem(error: unknown): void;
}

/** An error after so many training examples. */
interface Mark {
  readonly examples: number;
  readonly error: number;
}
interface Runner {
  readonly lane: Lane;
  remote: Remote | null;
  running: Running<Standing> | null;
  opening: boolean;
  tests: Mark[];
  epoch: number;
  /** Training examples, of all calls. */
  examples: number;
  /** Training examples a second, read-outs included. */
  speed: number | null;
  spikes: number | null;
}

const epochs = 20;

export function racePanel({ lanes, data, backends, use, problem }: RacePanelOptions): void {
  const chart = liveChart('race');
  const choice = find<HTMLSelectElement>('race-backend');
  for (const name of backends) choice.add(new Option(name, name));
  let runners: Runner[] = lanes.map(fresh);
  const rows = lanes.map((lane, row) => rowFor(lane, row));
  find('race-rows').replaceChildren(...rows.map(({ host }) => host));
  find('race-go').addEventListener('click', () => {
    const going = runners.filter(({ running }) => running);
    if (going.length > 0) for (const { running } of going) running!.cancel();
    else for (const runner of runners) void go(runner);
    draw();
  });
  find('race-again').addEventListener('click', reset);
  choice.addEventListener('change', reset);
  draw();

  function fresh(lane: Lane): Runner {
    return {
      lane,
      remote: null,
      running: null,
      opening: false,
      tests: [],
      epoch: 0,
      examples: 0,
      speed: null,
      spikes: null,
    };
  }
  function reset(): void {
    for (const runner of runners) runner.remote?.end();
    runners = lanes.map(fresh);
    draw();
  }
  async function go(runner: Runner): Promise<void> {
    if (runner.epoch >= epochs) return;
    const { lane } = runner;
    try {
      if (!runner.remote) {
        [runner.remote, runner.opening] = [remote(data), true];
        draw();
        await runner.remote.call('open', { ...lane, backend: choice.value });
      }
      runner.opening = false;
      const begun = runner.examples;
      runner.running = runner.remote.start('train', { epochs }, (told) => hear(runner, told, begun));
      draw();
      Object.assign(runner, await runner.running.answer);
    } catch (error) {
      runner.remote?.end();
      runner.remote = null;
      if (runners.includes(runner)) problem(error);
    }
    [runner.running, runner.opening] = [null, false];
    draw();
  }
  function hear(runner: Runner, told: Told, begun: number): void {
    if (told.kind === 'epoch') {
      runner.tests.push({ examples: told.examples, error: told.testError });
      runner.epoch = told.epoch;
      if (told.seconds > 0) runner.speed = (told.examples - begun) / told.seconds;
    } else runner.spikes = told.progress.spikesPerExample;
    draw();
  }
  function draw(): void {
    const going = runners.some(({ running }) => running);
    find('race-go').textContent = going ? 'Pause' : runners.some(({ epoch }) => epoch > 0) ? 'Go on' : 'Train';
    find<HTMLButtonElement>('race-go').disabled =
      runners.every(({ epoch }) => epoch >= epochs) || runners.some(({ opening }) => opening);
    runners.forEach((runner, row) => rows[row]!.draw(runner));
    const marks = runners.flatMap(({ tests }) => tests);
    const times = [...new Set(marks.map(({ examples }) => examples))].sort((a, b) => a - b);
    const on = (found: readonly Mark[]): (number | null)[] => {
      const errors = new Map(found.map(({ examples, error }) => [examples, error]));
      return times.map((time) => errors.get(time) ?? null);
    };
    const lines = runners.map(({ lane, tests }, row): Line => ({ name: lane.name, colour: colour(rowColour(row)), values: on(tests), joined: true, points: true })); // prettier-ignore
    chart.update({
      times: times.length > 0 ? times : [0],
      lines: times.length > 0 ? lines : lines.map((line) => ({ ...line, values: [null] })),
      options: { x: 'training examples', y: 'wrong test answers', at: thousands, value: percent, fromZero: true, last: true }, // prettier-ignore
    });
  }
  function rowFor(lane: Lane, row: number): { host: HTMLElement; draw(runner: Runner): void } {
    const host = document.createElement('tr');
    const cells = Array.from({ length: 6 }, (_, k) => document.createElement(k === 0 ? 'th' : 'td'));
    cells[0]!.scope = 'row';
    const [name, note, button] = [document.createElement('b'), document.createElement('small'), document.createElement('button')]; // prettier-ignore
    name.textContent = lane.name;
    note.textContent = lane.note;
    cells[0]!.innerHTML = swatch(row);
    cells[0]!.append(' ', name, note);
    Object.assign(button, { type: 'button', textContent: 'To the pad', hidden: !lane.spiking });
    button.addEventListener('click', () => {
      const { remote: own } = runners[row]!;
      own?.call('checkpoint', null).then((checkpoint) => use(lane, checkpoint), problem);
    });
    cells[5]!.append(button);
    host.append(...cells);
    return {
      host,
      draw({ epoch, tests, speed, spikes, running, remote: own }) {
        const last = tests.at(-1);
        const said = [
          `${epoch} of ${epochs}`,
          last ? percent(last.error) : '–',
          speed === null ? '–' : `${short(speed)}/s`,
          spikes === null ? '–' : short(spikes),
        ];
        said.forEach((words, k) => (cells[k + 1]!.textContent = words));
        button.disabled = own === null || epoch === 0 || running !== null;
      },
    };
  }
}
