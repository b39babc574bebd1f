// Writes schema/model.schema.json from the schema of model files (a test fails when it is stale).
import { mkdirSync, writeFileSync } from 'node:fs';
import { build } from 'esbuild';

const { outputFiles } = await build({
  entryPoints: ['src/model/schema.ts'], bundle: true, write: false, format: 'esm', platform: 'node',
}); // prettier-ignore
const { jsonSchema } = await import(
  `data:text/javascript;base64,${Buffer.from(outputFiles[0].text).toString('base64')}`
);
mkdirSync('schema', { recursive: true });
writeFileSync('schema/model.schema.json', `${JSON.stringify(jsonSchema(), null, 2)}\n`);
