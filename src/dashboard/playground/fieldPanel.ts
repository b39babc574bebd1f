// The panel where an energy is a text: what is typed becomes a field of forces, and two phases of a nudge become a gradient.
import { explain, SettleError } from '../../errors.ts';
import { energyText, type EnergyText, estimate, type Point, presets, type Settings } from './energyText.ts';
import { fieldView } from './fieldView.ts';
import { find } from '../client/page.ts';

const sliders = ['w', 'b', 'beta', 'target'] as const;

export function fieldPanel(): void {
  const text = find<HTMLInputElement>('energy-text');
  const choice = find<HTMLSelectElement>('energy-preset');
  let energy: EnergyText | null = null;
  let from: Point = { x: -1.2, y: 1.4 };
  const view = fieldView(find<HTMLCanvasElement>('field'), (at) => {
    from = at;
    draw();
  });
  choice.append(
    ...Object.keys(presets).map((name) => Object.assign(document.createElement('option'), { value: name, textContent: name })),
  ); // prettier-ignore
  choice.addEventListener('change', () => {
    text.value = presets[choice.value]!;
    read();
  });
  text.addEventListener('input', read);
  for (const name of sliders) find(`set-${name}`).addEventListener('input', draw);
  choice.value = 'continuous Hopfield';
  text.value = presets[choice.value]!;
  read();

  function read(): void {
    try {
      energy = energyText(text.value);
      find('energy-problem').textContent = '';
      text.removeAttribute('aria-invalid');
      draw();
    } catch (error) {
      if (!(error instanceof SettleError)) throw error;
      // The last text that was one stays drawn.
      find('energy-problem').textContent = explain(error);
      text.setAttribute('aria-invalid', 'true');
    }
  }
  function draw(): void {
    if (!energy) return;
    const value = (name: string): number => Number(find<HTMLInputElement>(`set-${name}`).value);
    const settings: Settings = { w: value('w'), b: value('b'), beta: value('beta'), target: value('target') };
    for (const name of sliders) find(`said-${name}`).textContent = settings[name].toFixed(2);
    const found = estimate(energy, from, settings);
    view.draw({ energy, settings, estimate: found });
    find('slope-x').textContent = `dx/dt = -dE/dx = -(${energy.slopes.x})`;
    find('slope-y').textContent = `dy/dt = -dE/dy - beta (y - target) = -(${energy.slopes.y}) - beta (y - target)`;
    const { own, gradient } = found;
    const cell = (id: string, number: number | undefined): void => void (find(id).textContent = number === undefined ? '–' : number.toFixed(4)); // prettier-ignore
    for (const name of ['w', 'b'] as const) {
      cell(`own-${name}`, own?.[name]);
      cell(`true-${name}`, gradient?.[name]);
    }
    const end = found.free.at(-1)!;
    find('field-said').textContent = own
      ? `Free phase settles at (${end.x.toFixed(3)}, ${end.y.toFixed(3)}), cost ${((end.y - settings.target) ** 2 / 2).toFixed(4)}.`
      : settings.beta === 0
        ? `Free phase ends at (${end.x.toFixed(3)}, ${end.y.toFixed(3)}); without a nudge there is nothing to compare.`
        : 'It does not settle from here: no estimate.';
  }
}
