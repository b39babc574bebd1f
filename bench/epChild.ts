// One network trained in a process of its own, which ends here: imported before anything that loads data, so that the peak of
// memory is that of the training. Without --ep=WHAT it does nothing. Random images with MNIST's share of zeros, as peer.py has.
import type { Examples } from '../src/data/dataset.ts';
import { uniform24 } from '../src/math/random.ts';
import { peakMemory } from '../src/run/memory.node.ts';
import { open, trainOn } from './opened.ts';

export interface Asked {
  readonly model: string;
  readonly set: readonly string[];
  readonly threads: number;
  /** Trained for so long after a warm-up; 0: the warm-up of at most ten batches, for its memory. */
  readonly seconds: number;
}

export interface Told {
  /** Training examples a second. */
  readonly rate: number;
  /** The most bytes that the process held. */
  readonly peak: number;
}

const [count, pixels, classes, share] = [4000, 784, 10, 0.19];
/** Milliseconds of a warm-up, unless three batches take longer. */
const longest = 2000;

function images(): Examples {
  const inputs = new Float32Array(count * pixels);
  for (let k = 0; k < inputs.length; k++)
    if (uniform24(1, 0, k, 0, 0) < share) inputs[k] = uniform24(1, 1, k, 0, 0) + 2 ** -24;
  const labels = Uint8Array.from({ length: count }, (_, k) => Math.floor(classes * uniform24(1, 2, k, 0, 0)));
  return { count, shape: [28, 28], inputs, scale: 1, labels };
}

async function trained({ model, set, threads, seconds }: Asked): Promise<Told> {
  const setup = await open(model, set, threads);
  const all = images();
  const { batch } = setup.machine;
  const began = performance.now();
  let rate = 0;
  for (let k = 0; k < 10 && (k < 3 || performance.now() - began < longest); k++)
    rate = await trainOn(setup, all, classes, batch, k);
  // Some tenths of a second at a time: an epoch of a large network takes minutes.
  const each = batch * Math.max(1, Math.min(40, Math.round((0.3 * rate) / batch)));
  const rates: number[] = [];
  const begun = performance.now();
  for (let epoch = 10; performance.now() - begun < 1000 * seconds; epoch++)
    rates.push(await trainOn(setup, all, classes, Math.min(count, each), epoch));
  await setup.machine.close();
  // Equal numbers of examples: the rate of all is the harmonic mean.
  return { rate: rates.length / rates.reduce((sum, rate) => sum + 1 / rate, 0), peak: peakMemory() };
}

const flag = process.argv.find((word) => word.startsWith('--ep='));
if (flag) {
  console.log(JSON.stringify(await trained(JSON.parse(flag.slice('--ep='.length)) as Asked)));
  process.exit(0);
}
