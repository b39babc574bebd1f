// What the measurements share: MNIST, and training on it.
import type { Examples } from '../src/data/dataset.ts';
import { loadDataSet } from '../src/data/load.node.ts';
import { type Setup, trainOn } from './opened.ts';

export { open, type Setup } from './opened.ts';

export const data = loadDataSet({ set: 'mnist', path: null, train: null, test: null, validation: 0, batch: 20 });

/** Trains `examples` of the images in seeded order, as the trainer does; examples a second. */
export const train = (setup: Setup, examples: number, epoch: number, images: Examples = data.train): Promise<number> =>
  trainOn(setup, images, data.classes, examples, epoch);

export const whole = (value: number): string => Math.round(value).toLocaleString('en');
