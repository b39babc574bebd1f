// What the programs of all pages do with their page: find its parts, and let keys press its buttons.
export const find = <T extends HTMLElement>(id: string): T => document.getElementById(id) as T;

/** Buttons by their names do what is said, and so do their keys, unless somebody writes in a field. */
export function buttons(actions: Readonly<Record<string, () => void>>, keys: Readonly<Record<string, string>>): void {
  for (const [id, act] of Object.entries(actions)) find(id).addEventListener('click', act);
  document.addEventListener('keydown', (event) => {
    const id = keys[event.key.toLowerCase()];
    const on = event.target as HTMLElement;
    if (!id || event.ctrlKey || event.metaKey || event.altKey || /^(input|select|textarea)$/i.test(on.tagName)) return;
    // A button under the keyboard does what it says.
    if (event.key === ' ' && /^(button|a|summary)$/i.test(on.tagName)) return;
    const button = find<HTMLButtonElement>(id);
    if (button.disabled || button.closest('[hidden]')) return;
    event.preventDefault();
    actions[id]!();
  });
}
