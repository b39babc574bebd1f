// settle export MODEL --format brian2: a script and the arrays that it reads, beside each other.
import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import { wiringOf } from '../engine/network/wiring.ts';
import { SettleError } from '../errors.ts';
import { writeFileAtomic } from '../frames/files.node.ts';
import { readNetwork } from '../model/read.node.ts';
import { brian2Script } from '../trace/brian2.ts';
import { npz } from '../trace/npz.ts';
import type { CommandLine } from './io.ts';
import { withFile } from './model.ts';

export async function exportBrian2(name: string, { out, set = [] }: { out: string; set?: readonly string[] }, io: CommandLine): Promise<void> {
  if (!out.endsWith('.py')) throw new SettleError('not the name of a script', { kind: 'input', path: '--out', found: out, expected: 'FILE.py' });
  const data = out.replace(/\.py$/, '.npz');
  if (existsSync(data)) throw new SettleError('the file is there already', { kind: 'input', path: '--out', file: data });
  const network = readNetwork(name, { set });
  if (!network) throw new SettleError('the model learns', { kind: 'input', path: '--format', found: name, expected: 'for brian2: a model with `simulation:`' });
  const { model, file } = network;
  await withFile(file, async () => {
    const { script, arrays } = brian2Script(model, wiringOf(model, { wide: model.weights === 'float64' }), basename(data));
    writeFileAtomic(data, npz(arrays));
    writeFileAtomic(out, script);
  });
  io.out(`${data}\n`);
} // prettier-ignore
