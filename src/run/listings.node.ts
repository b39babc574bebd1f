// What `settle list` shows: every table with one line about each entry.
import { estimators, formats, rules, sets, updates } from './tables.ts';
import { backends, bundledModels } from './tables.node.ts';

export interface Listing {
  readonly name: string;
  readonly about: string;
}

const plain = (table: Readonly<Record<string, unknown>>, about: Readonly<Record<string, string>>): Listing[] =>
  Object.keys(table).map((name) => ({ name, about: about[name] ?? '' }));

const words: Readonly<Record<string, string>> = {
  ep: 'equilibrium propagation on spiking populations',
  wasm: 'float32, WebAssembly with SIMD and threads (the default)',
  reference: 'float64, plain loops: the law the others are held to; slow',
};

/** Kinds of things that can be listed. */
export const listings: Readonly<Record<string, () => Listing[]>> = {
  models: () => bundledModels().map(({ name, source }) => ({ name, about: source })),
  rules: () => plain(rules, words),
  updates: () => plain(updates, updates),
  estimators: () => plain(estimators, estimators),
  backends: () => plain(backends, words),
  formats: () => Object.entries(formats).map(([name, { about }]) => ({ name, about })),
  data: () => plain(sets, sets),
};
