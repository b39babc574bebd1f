// Model files from disk: a path, or the name of a model that comes with settle.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, isAbsolute, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readSpikeTable } from '../data/spikeTable.ts';
import { codeOf, reasonOf, SettleError } from '../errors.ts';
import { type LoadedModel, loadModel } from './load.ts';
import { isNetwork, type NetworkModel } from './network.ts';
import { loadNetwork } from './networkLoad.ts';
import { stringify } from 'yaml';
import { modelText, suggestion } from './text.ts';

/** The folder of bundled models: beside the package.json above this file, whether it runs from src/ or from dist/. */
export function modelsFolder(): string {
  for (let at = dirname(fileURLToPath(import.meta.url)); dirname(at) !== at; at = dirname(at))
    if (existsSync(join(at, 'package.json')) && existsSync(join(at, 'models'))) return join(at, 'models');
  throw new SettleError('the bundled models are missing', { kind: 'environment', hint: 'install settle again' });
}

/** Names of the bundled models. */
export function bundledModels(): string[] {
  return readdirSync(modelsFolder())
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => name.slice(0, -'.yaml'.length))
    .sort();
}

/** The first line of a bundled model: what it is. */
export function aboutModel(name: string): string {
  const [first = ''] = readFileSync(join(modelsFolder(), `${name}.yaml`), 'utf8').split('\n');
  return first.replace(/^#\s*/, '');
}

/** A model that learns. @throws SettleError of kind `input` for a file that is not there or not such a model */
export function readModel(
  pathOrName: string,
  options: { set?: readonly string[] } = {},
): LoadedModel & { file: string } {
  const { text, file } = modelFile(pathOrName);
  if (isNetwork(text))
    throw new SettleError('the model does not learn', {
      kind: 'input', file, path: 'simulation', found: 'a network without learning', expected: 'phases and learning',
      hint: 'run it with settle simulate',
    }); // prettier-ignore
  return { ...loadModel(text, { file, ...options }), file };
}

/** A model without learning, or undefined for one that learns. @throws SettleError of kind `input` */
export function readNetwork(
  pathOrName: string,
  options: { set?: readonly string[] } = {},
): { readonly model: NetworkModel; readonly file: string; readonly text: string } | undefined {
  const { text, file } = modelFile(pathOrName);
  if (!isNetwork(text)) return undefined;
  return {
    model: withFiles(loadNetwork(text, { file, ...options }), file),
    file,
    text: stringify(modelText(text, file, options.set ?? []).value),
  };
}

/** The spikes of populations that name a file, which is looked for beside the model. */
function withFiles(model: NetworkModel, modelPath: string): NetworkModel {
  const populations = model.populations.map((population) => {
    if (population.file === null) return population;
    const path = isAbsolute(population.file) ? population.file : join(dirname(modelPath), population.file);
    let table: string;
    try {
      table = readFileSync(path, 'utf8');
    } catch (error) {
      throw new SettleError(`cannot read the spikes: ${reasonOf(error)}`, {
        kind: 'input', file: modelPath, path: `populations.${population.name}.file`, found: `"${population.file}"`, expected: 'a csv file with columns unit and time',
      }); // prettier-ignore
    }
    return { ...population, spikes: readSpikeTable(table, path, population.units) };
  });
  return { ...model, populations };
}

/** A model's text and the file that it is from. */
const modelFile = (pathOrName: string) => bundledOr(pathOrName, 'model', modelsFolder(), bundledModels());

/**
 * The text of a file by its path, or of the one of this name among those that come with settle.
 * @throws SettleError of kind `input` for what is neither
 */
export function bundledOr(
  pathOrName: string,
  what: string,
  folder: string,
  bundled: readonly string[],
): { readonly text: string; readonly file: string } {
  // A folder of the name, say of data, does not hide the bundled file.
  const isFile = statSync(pathOrName, { throwIfNoEntry: false })?.isFile() ?? false;
  const file = !isFile && bundled.includes(pathOrName) ? join(folder, `${pathOrName}.yaml`) : pathOrName;
  const expected = `a file, or one of ${bundled.join(', ')}`;
  try {
    return { text: readFileSync(file, 'utf8'), file };
  } catch (error) {
    if (codeOf(error) !== 'ENOENT')
      throw new SettleError(`cannot read the ${what}: ${reasonOf(error)}`, { kind: 'input', file: pathOrName, expected }); // prettier-ignore
    throw new SettleError(`no such ${what}`, {
      kind: 'input', file: pathOrName, found: 'no file of this path', expected, hint: suggestion(basename(pathOrName, '.yaml'), bundled),
    }); // prettier-ignore
  }
}
