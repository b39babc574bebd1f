// Buttons, keys and forms: what a reader asks for goes to the server with the token of the page's address.
import type { LiveAbout, LiveState } from '../../run/live.ts';
import type { Request } from '../messages.ts';
import { buttons, find } from './page.ts';

export interface Controls {
  draw(about: LiveAbout, mode: 'live' | 'folder', state: LiveState | null, over: boolean): void;
  pick(population: string, unit: number): void;
}

export function controls(): Controls {
  const token = location.hash.slice(1);
  let about: LiveAbout | null = null;
  let state: LiveState | null = null;
  let able = false;
  const actions: Readonly<Record<string, () => void>> = {
    pause: () => ask({ do: state?.paused ? 'go' : 'pause' }),
    step: () => ask({ do: 'step' }),
    next: () => ask({ do: 'show', example: ((state?.chosen ?? -1) + 1) % (about?.testExamples ?? Infinity) }),
    follow: () => ask({ do: 'show', example: null }),
  };
  const keys: Readonly<Record<string, string>> = { ' ': 'pause', s: 'step', n: 'next', f: 'follow' };
  buttons(actions, keys);
  find('settings').addEventListener('submit', (event) => {
    event.preventDefault();
    const { submitter } = event;
    const field = submitter?.parentElement?.querySelector<HTMLInputElement>(`#${CSS.escape(submitter.dataset['for']!)}`) ?? (document.activeElement as HTMLInputElement); // prettier-ignore
    const value = Number(field.value);
    if (field.value.trim() !== '' && Number.isFinite(value)) ask({ do: 'change', path: field.name, value });
    else say(`not a number: ${field.value}`);
  });
  find('picks').addEventListener('submit', (event) => {
    event.preventDefault();
    const population = find<HTMLSelectElement>('pick-population').value;
    const text = find<HTMLInputElement>('pick-units').value;
    const units = text.split(/[\s,;]+/).filter((word) => word !== '').map(Number); // prettier-ignore
    ask({ do: 'pick', population, units });
  });
  return { draw, pick };

  function ask(request: Request): void {
    if (!able) return;
    void (async () => {
      try {
        const answer = await fetch('/request', { method: 'POST', headers: { 'X-Settle-Token': token, 'Content-Type': 'application/json' }, body: JSON.stringify(request) }); // prettier-ignore
        say(answer.ok ? '' : (await answer.text()).trim());
      } catch {
        say('the run does not answer');
      }
    })();
  }
  function pick(population: string, unit: number): void {
    const now = state?.picks[population] ?? [];
    if (state) ask({ do: 'pick', population, units: now.includes(unit) ? now.filter((each) => each !== unit) : [...now, unit].slice(-8) }); // prettier-ignore
  }
  function draw(next: LiveAbout, mode: 'live' | 'folder', told: LiveState | null, over: boolean): void {
    const fresh = about !== next;
    [about, state] = [next, told];
    able = token !== '' && told !== null && (mode === 'folder' || !over);
    find('controls').hidden = mode === 'folder';
    find('examples').hidden = !told;
    for (const id of Object.keys(actions)) find<HTMLButtonElement>(id).disabled = !able;
    find<HTMLButtonElement>('step').disabled = !able || !told?.paused;
    find('pause').firstElementChild!.textContent = told?.paused ? 'Go on' : 'Pause';
    find('pause').setAttribute('aria-pressed', String(told?.paused === true));
    find('follow').hidden = mode === 'folder';
    find('follow').setAttribute('aria-pressed', String(told?.chosen === null));
    find('section-settings').hidden = mode === 'folder' && find('log').childElementCount === 0;
    settings(told, mode);
    picks(next, told, fresh);
  }
  /** One row a value; a field that is being written in is left alone. */
  function settings(told: LiveState | null, mode: string): void {
    const form = find<HTMLFormElement>('settings');
    const wanted = mode === 'folder' ? [] : (told?.settings ?? []);
    for (const field of form.querySelectorAll('input')) if (!wanted.some(({ path }) => path === field.name)) return rebuild(); // prettier-ignore
    if (form.querySelectorAll('input').length !== wanted.length) return rebuild();
    for (const { path, value } of wanted) {
      const field = form.elements.namedItem(path) as HTMLInputElement;
      if (document.activeElement !== field) field.value = String(value);
      field.disabled = !able;
    }
    for (const button of form.querySelectorAll('button')) button.disabled = !able;

    function rebuild(): void {
      form.replaceChildren(
        ...wanted.flatMap(({ path, value }, k) => {
          const [label, field, button] = [document.createElement('label'), document.createElement('input'), document.createElement('button')]; // prettier-ignore
          Object.assign(field, { id: `setting-${k}`, name: path, type: 'text', inputMode: 'decimal', value: String(value), disabled: !able }); // prettier-ignore
          Object.assign(label, { htmlFor: field.id, textContent: wordsFor(path), title: path });
          Object.assign(button, { type: 'submit', textContent: 'Change', disabled: !able });
          button.dataset['for'] = field.id;
          button.setAttribute('aria-label', `change ${wordsFor(path)}`);
          return [label, field, button];
        }),
      );
    }
  }
  function picks(next: LiveAbout, told: LiveState | null, fresh: boolean): void {
    const form = find<HTMLFormElement>('picks');
    form.hidden = !able;
    if (fresh || form.childElementCount === 0) {
      const select = document.createElement('select');
      Object.assign(select, { id: 'pick-population' });
      select.setAttribute('aria-label', 'population');
      for (const { name } of next.populations.filter(({ kind }) => kind !== 'input')) select.append(new Option(name, name)); // prettier-ignore
      const field = document.createElement('input');
      Object.assign(field, { id: 'pick-units', placeholder: '0, 1, 2' });
      field.setAttribute('aria-label', 'numbers of its units');
      const button = document.createElement('button');
      Object.assign(button, { type: 'submit', textContent: 'Show' });
      form.replaceChildren('units of', select, field, button, 'or click on the raster');
      select.addEventListener('change', () => fill());
    }
    fill();

    function fill(): void {
      const field = find<HTMLInputElement>('pick-units');
      if (document.activeElement !== field)
        field.value = (told?.picks[find<HTMLSelectElement>('pick-population').value] ?? []).join(', ');
    }
  }
}

export function say(problem: string): void {
  const host = find('problem');
  host.textContent = problem;
  host.hidden = problem === '';
}

/** `learning.rates.x->h` is said `rate of x->h`. */
export function wordsFor(path: string): string {
  if (path === 'phases.nudge.beta') return 'beta';
  return path.replace(/^learning\.rates\.(.*)$/, 'rate of $1').replace(/^populations\.(.*)\.bias\.rate$/, "rate of $1's bias"); // prettier-ignore
}
