// What the cells of a comparison left in their folders, read back: results, curves, angles, answers. It judges nothing.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readNpy } from '../data/npy.ts';
import { SettleError } from '../errors.ts';
import { readBytes, sha256 } from '../frames/files.node.ts';
import type { EpochLine, RunResult } from './figures.ts';
import { readIfThere, runFiles } from './folder.node.ts';
import type { Cell } from './plan.node.ts';

type Angles = Readonly<Record<string, { readonly angle: number | null }>>;

export interface CellResult {
  readonly cell: Pick<Cell, 'name' | 'row' | 'seed' | 'epochs'>;
  readonly version: string;
  readonly data: string;
  readonly dataSha256: string;
  readonly result: Omit<RunResult, 'folder'>;
  readonly epochs: readonly Omit<EpochLine, 'kind' | 'worstClassRecall'>[];
  readonly alignment: readonly {
    readonly epoch: number;
    readonly reference: string;
    readonly layers: Angles;
    readonly weights?: Angles;
  }[];
  /** Of the test set: answer and right answer of each example. */
  readonly answers: readonly [answer: Uint8Array, label: Uint8Array];
}

/** Null where the cell is not finished. @throws SettleError of kind `input` where the folder is of another run */
export function readCell(folder: string, cell: Cell): CellResult | null {
  const file = join(folder, runFiles.provenance);
  const text = readIfThere(file);
  if (text === null) return null;
  const told = JSON.parse(text) as Record<string, unknown> & { result?: Omit<RunResult, 'folder'> };
  if (told['modelSha256'] !== cell.modelSha256)
    throw new SettleError('the cell is of another comparison', {
      kind: 'input', file: folder, path: 'modelSha256', found: String(told['modelSha256']), expected: cell.modelSha256,
      hint: 'give the same models and flags as at the start, or another --out',
    }); // prettier-ignore
  const wanted = cell.profileYaml === null ? null : sha256(cell.profileYaml);
  if ((told['profileSha256'] ?? null) !== wanted)
    throw new SettleError('the cell is of another comparison', {
      kind: 'input', file: folder, path: 'profileSha256', found: String(told['profileSha256']), expected: String(wanted),
      hint: 'give the same profiles as at the start, or another --out',
    }); // prettier-ignore
  const { result } = told;
  if (told['finished'] !== true || !result || result.epochs !== cell.epochs) return null;
  if (!existsSync(join(folder, runFiles.predictions))) return null;
  const lines = readFileSync(join(folder, runFiles.metrics), 'utf8').trim().split('\n').map((line) => JSON.parse(line) as { kind?: string }); // prettier-ignore
  const of = <T>(kind: string): T[] => lines.filter((line) => line.kind === kind) as T[];
  const predictions = join(folder, runFiles.predictions);
  const { data } = readNpy(readBytes(predictions), predictions);
  const column = (k: 0 | 1): Uint8Array => Uint8Array.from({ length: data.length / 2 }, (_, row) => data[2 * row + k]!);
  const { name, row, seed, epochs } = cell;
  return {
    cell: { name, row, seed, epochs },
    version: [told['version'], told['commit'] ?? told['sources']].filter((part) => part).join(' '),
    data: String(told['data']),
    dataSha256: String(told['dataSha256']),
    result,
    epochs: of('epoch'),
    alignment: of('alignment'),
    answers: [column(0), column(1)],
  };
}
