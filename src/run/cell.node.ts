// One cell of a comparison: a resolved model trained into a folder, and how that ended, as plain data.
import { explain, SettleError } from '../errors.ts';
import { loadProfile } from '../hardware/profile/profileLoad.ts';
import { loadModel } from '../model/load.ts';
import { run, type RunOptions } from './run.node.ts';

export interface CellTask {
  readonly resolvedYaml: string;
  /** Of the chip that it runs on. */
  readonly profileYaml?: string | null;
  readonly folder: string;
}

export type CellOutcome =
  | { readonly status: 'done' | 'interrupted' }
  /** `refused`: what the rule, the model or the data cannot do; `failed`: the machine or we. */
  | { readonly status: 'refused' | 'failed'; readonly kind: SettleError['place']['kind']; readonly message: string };

export type CellMessage =
  { readonly kind: 'progress'; readonly share: number } | { readonly kind: 'ended'; readonly outcome: CellOutcome };

/** Runs a cell here; `rule` replaces that of the tables. Never throws: how it ended is its outcome. */
export async function runCell(
  { resolvedYaml, profileYaml = null, folder }: CellTask,
  options: Pick<RunOptions, 'rule' | 'signal'> & { onProgress?(share: number): void } = {},
): Promise<CellOutcome> {
  try {
    const { model } = loadModel(resolvedYaml, { file: `${folder}/model.yaml` });
    const { onProgress, ...rest } = options;
    const file = `${folder}/profile.yaml`;
    const profile = profileYaml === null ? null : { profile: loadProfile(profileYaml, file), file, text: profileYaml };
    const { interrupted } = await run({
      ...rest, model, profile, resolvedYaml, out: folder, resume: true, threads: 1, alignment: true,
      onProgress: ({ examples, examplesInAll }) => onProgress?.(examples / examplesInAll),
    }); // prettier-ignore
    return { status: interrupted ? 'interrupted' : 'done' };
  } catch (error) {
    if (!(error instanceof SettleError))
      return { status: 'failed', kind: 'defect', message: error instanceof Error ? (error.stack ?? error.message) : String(error) }; // prettier-ignore
    const { kind } = error.place;
    return { status: kind === 'input' ? 'refused' : 'failed', kind, message: explain(error) };
  }
}
