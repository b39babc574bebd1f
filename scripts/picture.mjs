// Draws docs/settling.svg, the picture of the README, from a run's trace: node scripts/picture.mjs [RUN].
import { readFileSync, writeFileSync } from 'node:fs';
import { build } from 'esbuild';

const run = process.argv[2] ?? 'runs/mnist-ep-1';
const entry = `
export { readContainer } from './src/frames/container.ts';
export { exampleOf } from './src/report/example.ts';
export { settlingPicture } from './src/report/svg.ts';
export { readModel } from './src/model/read.node.ts';`;
const { outputFiles } = await build({
  stdin: { contents: entry, resolveDir: '.', loader: 'ts' }, bundle: true, write: false, format: 'esm', platform: 'node', packages: 'external',
}); // prettier-ignore
writeFileSync('dist/picture.mjs', outputFiles[0].text);
const parts = await import('../dist/picture.mjs');
const { model } = parts.readModel(`${run}/model.yaml`);
const { frames } = parts.readContainer(readFileSync(`${run}/trace.settle`), run, 'settle-trace');
const populations = model.populations.map(({ name, units }) => ({ name, units }));
const example = parts.exampleOf(frames, { populations, output: model.cost?.on, step: model.step });
writeFileSync(
  'docs/settling.svg',
  parts.settlingPicture(example, { title: 'Spikes of a network that settles freely and is nudged' }),
);
