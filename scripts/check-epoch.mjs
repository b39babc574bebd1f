// One epoch of the main job on another backend (gpujs:webasm unless named) beside wasm, same seed: the test errors must be within
// half a point. Minutes on gpujs:webasm; not a part of CI.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { check, finish, root } from './checks.mjs';

const backends = ['wasm', process.argv[2] ?? 'gpujs:webasm'];
const work = mkdtempSync(join(tmpdir(), 'settle-epoch-'));

function errorOn(backend) {
  const { status, stdout } = spawnSync(process.execPath, [join(root, 'dist/cli.js'), 'run', 'mnist', '--backend', backend, '--epochs', '1', '--json', '--out', join(work, backend.replace(':', '-'))], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }); // prettier-ignore
  if (status !== 0) throw new Error(`the run on ${backend} ended with ${status}`);
  const result = JSON.parse(stdout);
  console.log(`${result.backend}${result.device ? ` (${result.device})` : ''}: test error ${(100 * result.testError).toFixed(2)} %, training error ${(100 * result.trainError).toFixed(2)} %, ${result.spikesPerExample.toFixed(0)} spikes an example, seed ${result.seed}, ${result.seconds.toFixed(0)} s`); // prettier-ignore
  if (result.backend !== backend) throw new Error(`asked for ${backend}, taken was ${result.backend}`);
  return result.testError;
}
try {
  const [law, other] = backends.map(errorOn);
  const apart = 100 * Math.abs(law - other);
  check('one epoch of the main job', apart <= 0.5, `${apart.toFixed(2)} points apart, at most 0.5`);
} finally {
  rmSync(work, { recursive: true, force: true });
}
finish();
