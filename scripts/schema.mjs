// Writes the JSON Schemas of model, network, comparison, evolution, sweep and profile files from their own schemas (a test fails when one is stale).
import { mkdirSync, writeFileSync } from 'node:fs';
import { build } from 'esbuild';

const { outputFiles } = await build({
  stdin: { contents: `export * from './src/model/schema.ts'; export * from './src/model/comparison.ts'; export * from './src/model/evolution.ts'; export * from './src/model/networkSchema.ts'; export * from './src/model/sweep.ts'; export * from './src/hardware/profile/profileSchema.ts';`, resolveDir: '.' },
  bundle: true, write: false, format: 'esm', platform: 'node',
  banner: { js: `import { createRequire } from 'node:module'; const require = createRequire('${import.meta.url}');` },
}); // prettier-ignore
const { comparisonJsonSchema, evolutionJsonSchema, jsonSchema, networkJsonSchema, profileJsonSchema, sweepJsonSchema } =
  await import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].text).toString('base64')}`);
mkdirSync('schema', { recursive: true });
const write = (name, schema) => writeFileSync(`schema/${name}.schema.json`, `${JSON.stringify(schema, null, 2)}\n`);
write('model', jsonSchema());
write('network', networkJsonSchema());
write('comparison', comparisonJsonSchema());
write('evolve', evolutionJsonSchema());
write('sweep', sweepJsonSchema());
write('profile', profileJsonSchema());
