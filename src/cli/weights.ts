// settle export RUN --format npz | safetensors | readmemh: what a run has learned, from its checkpoint.
import { existsSync, mkdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { reasonOf, SettleError } from '../errors.ts';
import { decodeCheckpoint } from '../frames/checkpoint.ts';
import { readBytes, writeFileAtomic } from '../frames/files.node.ts';
import { runFiles } from '../run/folder.node.ts';
import { npz } from '../trace/npz.ts';
import { readmemh, type ScaleKind } from '../trace/readmemh.ts';
import { safetensors } from '../trace/safetensors.ts';

export interface WeightFlags {
  readonly out: string;
  /** Of readmemh. */
  readonly bits: number;
  readonly scale: ScaleKind;
}

function checkpointOf(run: string) {
  const file = existsSync(run) && statSync(run).isDirectory() ? join(run, runFiles.checkpoint) : run;
  return decodeCheckpoint(readBytes(file), file);
}

export const weightFormats = {
  async npz(run: string, { out }: WeightFlags): Promise<void> {
    writeFileAtomic(out, npz(new Map(Object.entries(checkpointOf(run).learned))));
  },
  async safetensors(run: string, { out }: WeightFlags): Promise<void> {
    const { learned, identity } = checkpointOf(run);
    writeFileAtomic(out, safetensors(new Map(Object.entries(learned)), { format: 'settle', ...identity }));
  },
  /** A folder: one memory an array, and scales.csv. */
  async readmemh(run: string, { out, bits, scale }: WeightFlags): Promise<void> {
    const { learned } = checkpointOf(run);
    const rows = ['file,array,shape,bits,scale,largest_error'];
    const files = Object.entries(learned).map(([name, { shape, data }]) => {
      const { text, ...made } = readmemh(name, shape, data, bits, scale);
      const file = `${name
        .replace('<->', '-')
        .replace('->', '-')
        .replace(/[^\w.-]/g, '_')}.mem`;
      rows.push(`${file},${name},${shape.join(' x ')},${bits},${made.scale},${made.error}`);
      return [file, text] as const;
    });
    const temporary = `${out}.${process.pid}.tmp`;
    try {
      mkdirSync(temporary);
      for (const [file, text] of [...files, ['scales.csv', `${rows.join('\n')}\n`] as const]) writeFileSync(join(temporary, file), text); // prettier-ignore
      renameSync(temporary, out);
    } catch (error) {
      rmSync(temporary, { recursive: true, force: true });
      throw new SettleError(`cannot write: ${reasonOf(error)}`, { kind: 'environment', file: out });
    }
  },
} as const;
