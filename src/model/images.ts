// What a model file says of its pictures: their folder, normalisation, crop and flip. It reads no data; shapes are checked
// again when they are known.
import { checkAugmentation } from '../data/augment.ts';
import { tasks } from '../data/synthetic.ts';
import type { DataSpec } from '../data/spec.ts';
import { SettleError } from '../errors.ts';
import type { Population } from './model.ts';
import type { ModelFile } from './schema.ts';
import type { ModelText } from './text.ts';

type Fail = ModelText['at'];
type DataFile = NonNullable<ModelFile['data']>;

/** Where the files are: `folder` is another word for `path`. */
export function pathOf({ path, folder }: Partial<DataFile>, fail: Fail): string | null {
  if (folder !== undefined && path !== undefined && path !== null)
    throw fail(['data', 'folder'], 'the folder is given twice', { found: 'data.path and data.folder', expected: 'one of them' }); // prettier-ignore
  return folder ?? path ?? null;
}

/** Normalisation and augmentation; keys that are not given stay away. */
export function imageParts(
  { normalise, augment }: Partial<DataFile>,
  set: string,
  populations: readonly Population[],
  fail: Fail,
): Pick<DataSpec, 'normalise' | 'augment'> {
  if (normalise) {
    const coded = populations.find(({ kind, encode }) => kind === 'input' && encode.kind !== 'current');
    if (coded)
      throw fail(['data', 'normalise'], 'spikes carry values in [0, 1], not normalised ones', {
        found: `encode ${coded.encode.kind} of ${coded.name}`,
        expected: 'encode: current, or no such key',
      });
    const none = normalise === true ? -1 : normalise.deviation.findIndex((value) => value <= 0);
    if (normalise !== true && none >= 0)
      throw fail(['data', 'normalise', 'deviation', none], 'no deviation', { found: String(normalise.deviation[none]), expected: 'above 0' }); // prettier-ignore
  }
  const { crop = 0, fill = 'edge', flip = false } = augment ?? {};
  if (crop < 0)
    throw fail(['data', 'augment', 'crop'], 'a padding below zero', { found: String(crop), expected: '0 or more pixels' }); // prettier-ignore
  const augmentation = { crop, fill, flip };
  const shape = Object.hasOwn(tasks, set) ? tasks[set]!.shape : set === 'csv' ? [0] : null;
  if (augment && shape) located(() => checkAugmentation(augmentation, shape, set), fail);
  return { ...(normalise ? { normalise } : {}), ...(augment ? { augment: augmentation } : {}) };
}

/** The same refusal with its line of the file. */
function located(check: () => void, fail: Fail): void {
  try {
    check();
  } catch (error) {
    if (!(error instanceof SettleError)) throw error;
    const { path, found, expected } = error.place;
    throw fail((path ?? '').split('.'), error.message, { found: found ?? '', expected: expected ?? '' });
  }
}
