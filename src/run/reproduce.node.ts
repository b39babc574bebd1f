// A run made again from what it left: its model, rule and seed into a folder of its own, and the two checkpoints compared.
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SettleError } from '../errors.ts';
import { readBytes, sha256 } from '../frames/files.node.ts';
import { loadModel } from '../model/load.ts';
import { decodedState } from './checkpoint.node.ts';
import { readIfThere, runFiles } from './folder.node.ts';
import { profileLeft } from './profile.node.ts';
import { run, type RunOptions } from './run.node.ts';
import { commandsIn } from './steering.ts';

export interface Reproduction {
  readonly schema: 'settle-reproduction/1';
  readonly model: string;
  readonly rule: string;
  readonly equal: boolean;
  /** SHA-256 of the checkpoints. */
  readonly expected: string;
  readonly found: string;
  /** What differs between then and now, where it may explain a difference. */
  readonly differences: readonly { readonly what: string; readonly expected: string; readonly found: string }[];
}

/** Null when interrupted. @throws SettleError of kind `input` for what is no finished run */
export async function reproduce(
  folder: string,
  options: Pick<RunOptions, 'rule' | 'data' | 'threads' | 'signal' | 'onStart' | 'onProgress' | 'onEpoch'> = {},
): Promise<Reproduction | null> {
  const file = join(folder, runFiles.provenance);
  const told = (existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {}) as Record<string, unknown>;
  if (told['finished'] !== true)
    throw new SettleError('not a finished run', { kind: 'input', file: folder, expected: `a folder whose ${runFiles.provenance} says finished` }); // prettier-ignore
  const model = readLeft(folder);
  const checkpoint = join(folder, runFiles.checkpoint);
  const expected = sha256(readBytes(checkpoint));
  const work = mkdtempSync(join(tmpdir(), 'settle-reproduce-'));
  try {
    const again = join(work, 'run');
    const commands = commandsIn(readIfThere(join(folder, runFiles.metrics)) ?? '');
    const { interrupted, result } = await run({ ...options, ...model, commands, out: again, alignment: told['alignment'] === true });
    if (interrupted || !result) return null;
    const now = JSON.parse(readFileSync(join(again, runFiles.provenance), 'utf8')) as Record<string, unknown>;
    const found = result.checkpointSha256!;
    return {
      schema: 'settle-reproduction/1',
      model: result.model,
      rule: result.rule,
      equal: found === expected,
      expected,
      found,
      differences: [
        ...changed({ ...told, checkpoint: (told['result'] as { checkpointSha256?: string } | undefined)?.checkpointSha256 }, { ...now, checkpoint: expected }),
        ...(found === expected ? [] : learnedDifferences(checkpoint, join(again, runFiles.checkpoint))),
      ],
    };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
} // prettier-ignore

function readLeft(folder: string): Pick<RunOptions, 'model' | 'profile'> & { resolvedYaml: string } {
  const file = join(folder, runFiles.model);
  const resolvedYaml = new TextDecoder().decode(readBytes(file));
  return { model: loadModel(resolvedYaml, { file }).model, resolvedYaml, profile: profileLeft(folder) };
}

const facts: Readonly<Record<string, string>> = {
  version: 'version of settle', commit: 'commit of settle', sources: 'sources of settle', modelSha256: 'model.yaml', dataSha256: 'data',
  rule: 'rule', backend: 'backend', seed: 'seed', node: 'Node', device: 'machine', checkpoint: 'checkpoint.settle since it was written',
}; // prettier-ignore

function changed(then: Record<string, unknown>, now: Record<string, unknown>): Reproduction['differences'] {
  return Object.entries(facts)
    .filter(([key]) => then[key] !== now[key])
    .map(([key, what]) => ({ what, expected: String(then[key]), found: String(now[key]) }));
}

/** The first number that differs in each thing that was learned. */
function learnedDifferences(then: string, now: string): Reproduction['differences'] {
  const [expected, found] = [decodedState(then).state.learned, decodedState(now).state.learned];
  return [...expected].flatMap(([name, values]) => {
    const other = found.get(name);
    const at = values.findIndex((value, k) => !Object.is(value, other?.[k]));
    return at < 0 ? [] : [{ what: `${name}[${at}]`, expected: String(values[at]), found: String(other?.[at]) }];
  });
}
