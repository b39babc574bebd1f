// node scripts/check-rtl.mjs: trains two small networks, hands them over as RTL and runs the folders with Icarus Verilog and
// Verilator. Vectors must pass, a flipped bit must fail, learning must leave the memory it should, another design must fit in
// the reference's place, and what is too large must be refused. Exit 1 where one does not, 2 without the tools.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

for (const tool of ['iverilog', 'verilator'])
  if (spawnSync(tool, [tool === 'iverilog' ? '-V' : '--version']).error) {
    console.error(`${tool} is missing: apt-get install iverilog verilator`);
    process.exit(2);
  }

const work = mkdtempSync(join(tmpdir(), 'settle-rtl-'));
const failures = [];
const expect = (holds, words) => {
  console.log(`${holds ? 'ok' : 'NOT'}  ${words}`);
  if (!holds) failures.push(words);
};
const command = (file, args, cwd) => {
  const { status, stdout, stderr } = spawnSync(file, args, { cwd, encoding: 'utf8', maxBuffer: 2 ** 28 });
  return { status, out: `${stdout}${stderr}`, last: stdout.trim().split('\n').at(-1) ?? '' };
};
const settle = (...args) => {
  const done = command(process.execPath, ['dist/cli.js', ...args], process.cwd());
  if (done.status !== 0) throw new Error(`settle ${args.join(' ')}\n${done.out}`);
  return done;
};
const run = (folder, ...args) => {
  const begun = performance.now();
  return { ...command('./run.sh', args, folder), seconds: (performance.now() - begun) / 1000 };
};
const passes = (folder, words, ...args) => {
  const { status, last, out, seconds } = run(folder, ...args);
  expect(status === 0 && /^PASS \d+ ticks \d+ spikes$/.test(last), `${words}: ${status === 0 ? last : out.trim().split('\n').slice(-8).join('\n')} (${seconds.toFixed(1)} s)`); // prettier-ignore
};
const words = (file) => readFileSync(file, 'utf8').split('\n').filter((line) => line !== '' && !line.startsWith('//')); // prettier-ignore

/** Flips the lowest bit of a hexadecimal digit in a word of weights.mem that the first input event reads; undone afterwards. */
function flipped(folder, chip) {
  const file = join(folder, 'weights.mem');
  const before = readFileSync(file, 'utf8');
  const first = Number.parseInt(
    words(join(folder, 'stim.mem'))
      .find((word) => word.startsWith('0'))
      .slice(1),
    16,
  );
  const lines = before.split('\n');
  // Loihi: the row of the input in the first block, 100 words; tinyODIN: the word of {sender, neurons 0 to 7}.
  const at = 1 + (chip === 'loihi-1' ? first * 100 : first * 32);
  const digit = Number.parseInt(lines[at].at(-1), 16) ^ 1;
  lines[at] = lines[at].slice(0, -1) + digit.toString(16);
  writeFileSync(file, lines.join('\n'));
  const { status, last } = run(folder);
  expect(status === 1 && last.startsWith('FAIL tick'), `${chip}, one bit of a weight flipped: ${last}`);
  expect(existsSync(join(folder, 'failing.vcd')), `${chip}: the failing tick is left as a waveform`);
  writeFileSync(file, before);
}

/** The reference under other names, without its state port, as a team's own design would come. */
function another(folder, core) {
  const source = readFileSync(join(folder, core), 'utf8');
  const own = source
    .replace(/module \w+/, 'module own_core')
    .replace(/\btick\b/g, 'strobe')
    .replace(/\bin_addr\b/g, 'aer_in');
  writeFileSync(join(folder, 'own.v'), own);
  const map = readFileSync(join(folder, 'ports.map'), 'utf8')
    .replace('port tick tick', 'port tick strobe')
    .replace('port in_addr in_addr', 'port in_addr aer_in')
    .replace('port state state', 'port state -');
  writeFileSync(join(folder, 'own.map'), map);
  passes(
    folder,
    'another design in its place, spikes alone',
    '--dut',
    'own.v',
    '--top',
    'own_core',
    '--map',
    'own.map',
  );
}

try {
  for (const [model, chip] of [
    ['loihi-mnist', 'loihi-1'],
    ['tiny-odin-mnist', 'tiny-odin'],
  ]) {
    // prettier-ignore
    const trained = join(work, chip);
    settle('run', model, '--profile', chip, '--set', 'data.train=4000', '--set', 'data.test=1000', '--epochs', '1', '--out', trained); // prettier-ignore
    const folder = join(work, `${chip}-rtl`);
    console.log(settle('export', trained, '--format', 'rtl', '--profile', chip, '--examples', '20', '--out', folder).out.trim()); // prettier-ignore
    passes(folder, `${chip}, 20 digits, Icarus Verilog`);
    passes(folder, `${chip}, 20 digits, Verilator, lint included`, '--verilator');
    flipped(folder, chip);
  }
  another(join(work, 'tiny-odin-rtl'), 'tiny_odin_core.v');
  const learning = join(work, 'learning');
  settle('export', join(work, 'loihi-1'), '--format', 'rtl', '--profile', 'loihi-1', '--learning', '--accuracy', '0', '--out', learning); // prettier-ignore
  const [before, after] = ['weights.mem', 'weights_after.mem'].map((file) => words(join(learning, file)));
  expect(before.some((word, k) => word !== after[k]), `learning moves ${before.filter((word, k) => word !== after[k]).length} of ${before.length} weight registers`); // prettier-ignore
  passes(learning, 'learning, Icarus Verilog');
  passes(learning, 'learning, Verilator, lint included', '--verilator');
  const changed = after.findIndex((word, k) => word !== before[k]);
  writeFileSync(join(learning, 'weights_after.mem'), `${after.with(changed, before[changed]).join('\n')}\n`);
  const { status, last } = run(learning);
  expect(
    status === 1 && /^FAIL weight \d+ after the update/.test(last),
    `a weight that should not have moved: ${last}`,
  );
  const large = command(process.execPath, ['dist/cli.js', 'export', join(work, 'loihi-1'), '--format', 'rtl', '--profile', 'tiny-odin', '--out', join(work, 'large')]); // prettier-ignore
  expect(large.status === 2 && large.out.includes('784 (x) + 100 (h) + 10 (y) = 894') && !existsSync(join(work, 'large')), `too large: ${large.out.trim()}`); // prettier-ignore
} catch (error) {
  console.error(error.message);
  failures.push(error.message);
} finally {
  rmSync(work, { recursive: true, force: true });
}
console.log(failures.length === 0 ? 'the hand-overs hold' : `${failures.length} do not hold`);
process.exit(failures.length === 0 ? 0 : 1);
