// Bad input: one clear message, exit code 2, nothing written. Through the command function, and some as a process.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cifar } from '../data/files.ts';
import { command, root, start } from './process.ts';

let work: string;
const xor = readFileSync(join(root, 'models/xor.yaml'), 'utf8');
const at = (name: string): string => join(work, name);

beforeAll(async () => {
  work = mkdtempSync(join(tmpdir(), 'settle-bad-'));
  const file = (name: string, text: string | Uint8Array): void => writeFileSync(at(name), text);
  file('syntax.yaml', 'settle: 1\nname: broken\npopulations:\n  x: { units: 2, kind: input\nseed: 1\n');
  file('newer.yaml', xor.replace('settle: 1', 'settle: 9'));
  file('unknown-key.yaml', `${xor}\npopulatoins: {}\n`);
  mkdirSync(at('truncated'));
  mkdirSync(at('magic'));
  const idx = (magic: number, count: number, bytes: number): Uint8Array => {
    const whole = new Uint8Array(16 + bytes);
    const view = new DataView(whole.buffer);
    [magic, count, 1, 2].forEach((value, k) => view.setUint32(4 * k, value));
    return whole;
  };
  for (const name of ['train-images-idx3-ubyte', 't10k-images-idx3-ubyte']) {
    file(`truncated/${name}`, idx(0x803, 100, 50));
    file(`magic/${name}`, idx(0x123, 100, 200));
  }
  const labels = new Uint8Array(108);
  new DataView(labels.buffer).setUint32(0, 0x801);
  new DataView(labels.buffer).setUint32(4, 100);
  for (const folder of ['truncated', 'magic'])
    for (const name of ['train-labels-idx1-ubyte', 't10k-labels-idx1-ubyte']) file(`${folder}/${name}`, labels);
  mkdirSync(at('mine'));
  file('mine/thesis.txt', 'mine');
  file('in-the-way', '');
  file('two.yaml', 'settle: 1\nname: a\n---\nname: b\n');
  mkdirSync(at('damaged-facts'));
  file('damaged-facts/provenance.json', '{"half');
  mkdirSync(at('zip'));
  for (const name of ['x_train', 'y_train', 'x_test', 'y_test'])
    file(`zip/${name}.npy`, 'PK\u0003\u0004\u0000\u0007 and more');
  file('not-a-trace', 'hello');
  for (const folder of ['cifar-missing', 'cifar-short']) {
    mkdirSync(at(folder));
    cifar(at(folder), 2, () => 0);
  }
  rmSync(at('cifar-missing/data_batch_4.bin'));
  truncateSync(at('cifar-short/test_batch.bin'), 4000);
  const small = ['--set', 'learning.epochs=1', '--set', 'data.train=40', '--set', 'data.test=20'];
  expect((await command('run', 'xor', ...small, '--out', at('finished'))).code).toBe(0);
  const damaged = readFileSync(at('finished/checkpoint.settle'));
  damaged[damaged.length >> 1]! ^= 255;
  mkdirSync(at('damaged'));
  for (const name of readdirSync(at('finished'))) file(`damaged/${name}`, readFileSync(at(`finished/${name}`)));
  file('damaged/checkpoint.settle', damaged);
});
afterAll(() => rmSync(work, { recursive: true, force: true }));

const pictures = 'ep-mnist --set data.set=cifar10 --set populations.x.units=3072';

/** What is bad, the arguments (OUT stands for a folder that must not be made), and what the message has to say. */
const cases: readonly (readonly [what: string, args: string, says: RegExp])[] = [
  ['a missing model file', 'run DIR/nowhere.yaml --out OUT', /nowhere\.yaml/],
  ['a profile that is not there', 'run xor --profile lohi-1 --out OUT', /lohi-1: no such profile: .*did you mean "loihi-1"/],
  ['a kernel larger than its input', 'run conv-mnist-small --set projections.c1-c2.kernel=13 --out OUT', /conv-mnist-small\.yaml:\d+:\d+: projections\.c1<->c2\.kernel: the kernel is larger than its input: found 13 x 13, expected at most 12 x 12/],
  ['a pool that leaves nothing', 'run conv-mnist-small --set projections.c1-c2.pool.size=9 --out OUT', /the pool leaves nothing: found windows of 9 x 9, expected at most 8 x 8/],
  ['padding below zero', 'run conv-mnist-small --set projections.x-c1.padding=-1 --out OUT', /padding below zero: found -1, expected 0 to 4/],
  ['a chip under kernels', 'run conv-mnist-small --profile loihi-1 --out OUT', /projections\.x->c1\.kind: the profile loihi-1 cannot be applied: found conv/],
  ['a change to no profile', 'run xor --profile-set weight.bits=4 --out OUT', /--profile-set: a change to no profile/],
  ['a change that a profile does not take', 'run xor --profile ideal --profile-set weight.bits=-4 --out OUT', /ideal\.yaml.*: weight\.bits: wrong value: found -4, expected a whole number/],
  ['weights that move within an example on a chip', 'run xor --profile loihi-1 --set learning.update=continual --out OUT', /learning\.update: the profile loihi-1 cannot be applied/],
  ['a folder in place of a model', 'run DIR/mine --out OUT', /mine: cannot read the model: it is a folder/],
  ['a second document', 'run DIR/two.yaml --out OUT', /two\.yaml:3:1: not valid YAML: found a second document/],
  ['a version in quotes', 'run xor --set settle=\'1\' --out OUT', /settle: another version of the format: found "1", expected settle: 1/],
  ['an update that has no form from spike to spike', 'run xor --set engine=event --set learning.update=events --out OUT', /xor\.yaml: learning\.update: .*found events, under engine: event, expected contrast, end-point/],
  ['inputs that spike from spike to spike', 'run xor --set engine=event --set populations.x.encode=poisson --out OUT', /xor\.yaml: populations\.x\.encode: .*found poisson, expected current/],
  ['a rule that cannot train the model', 'run xor --set projections.h->h.kind=dense --out OUT', /xor\.yaml: projections\.h->h: the rule ep cannot train/],
  ['more than a spike a step', 'run xor --set populations.x.encode.kind=regular --set populations.x.encode.rate="2 kHz" --out OUT', /xor\.yaml: populations\.x\.encode\.rate: .*found 2000 Hz, expected at most 500 Hz/],
  ['a delay that nothing would wait for', 'run xor --set projections.x->h.delay="4 ms" --out OUT', /xor\.yaml: projections\.x->h\.delay: a constant current has no delay: found 4 ms/],
  ['an archive that calls itself .npy', 'run xor --set data.set=npy --set data.path=DIR/zip --out OUT', /x_train\.npy: not a \.npy file: found "K\\u0003\\u0004\\u0000\\u0007"/],
  ['an empty --out', 'run xor --out ""', /--out: found "", expected a path/],
  ['an empty --trace', 'run xor --out OUT --trace ""', /--trace: found "", expected a path/],
  ['--trace where somebody else keeps a file', 'run xor --out OUT --trace DIR/mine/thesis.txt', /thesis\.txt: --trace: the file is there already/],
  ['the same with --resume', 'run xor --out OUT --resume --trace DIR/mine/thesis.txt', /thesis\.txt: --trace: the file is there already/],
  ['a simulated trace over a file', 'simulate xor --trace DIR/mine/thesis.txt', /thesis\.txt: --trace: the file is there already/],
  ['a simulated trace of data that are not there', 'simulate xor --set data.set=csv --set data.path=DIR/none.csv --trace DIR/new', /none\.csv: .*no such file/],
  ['weights of another network', 'simulate moons --from DIR/finished', /checkpoint\.settle: h\.bias: the weights are of another network: found 16 numbers, expected 24/],
  ['weights that are not there', 'simulate xor --from DIR/mine', /mine\/checkpoint\.settle: cannot read: no such file/],
  ['a checkpoint to be exported', 'export DIR/finished/checkpoint.settle --format csv --out OUT', /checkpoint\.settle: schema: .*found settle-checkpoint\/1, expected settle-trace\/1/],
  ['damaged provenance', 'cite DIR/damaged-facts', /provenance\.json: the provenance is damaged/],
  ['help on nothing', 'help rnu', /rnu.*run/],
  ['a bundled name with a slip', 'run xro --out OUT', /xro.*xor/],
  ['YAML that does not parse', 'run DIR/syntax.yaml --out OUT', /syntax\.yaml:\d+/],
  ['a model of a newer version', 'run DIR/newer.yaml --out OUT', /newer\.yaml.*settle.*found 9/],
  ['an unknown key', 'run DIR/unknown-key.yaml --out OUT', /populatoins.*populations/],
  ['a path of --set that does not exist', 'run xor --set phases.nudge.bata=1 --out OUT', /bata.*beta/],
  ['a wrong unit', 'run xor --set phases.free.duration="60 mV" --out OUT', /phases\.free\.duration.*mV/],
  ['an unknown population in a projection', 'run xor --set projections.q->h.kind=dense --out OUT', /q/],
  ['units that do not fit the data', 'run xor --set populations.x.units=7 --out OUT', /populations\.x\.units.*found 7/],
  ['an equation with an unknown name', 'run xor --set cost.text=1/2*(s-targt)^2 --out OUT', /cost\.text.*targt.*target/],
  ['an equation that calls', "run xor --set cost.text=import('node:fs') --out OUT", /cost\.text.*import/],
  ['an equation that does not parse', 'run xor --set cost.text=1/2*(s- --out OUT', /cost\.text/],
  ['NaN', 'run xor --set phases.nudge.beta=.nan --out OUT', /phases\.nudge\.beta/],
  ['a negative duration', 'run xor --set phases.free.duration="-60 ms" --out OUT', /phases\.free\.duration/],
  ['a duration that is no whole number of steps', 'run xor --set phases.free.duration="60.3 ms" --out OUT', /phases\.free/],
  ['beta 0', 'run xor --set phases.nudge.beta=0 --out OUT', /phases\.nudge\.beta/],
  ['batch 0', 'run xor --set data.batch=0 --out OUT', /data\.batch.*found 0/],
  ['1e9 epochs', 'run xor --set learning.epochs=1e9 --out OUT', /learning\.epochs/],
  ['1e9 epochs as a flag', 'run xor --epochs 1000000000 --out OUT', /--epochs.*1000000000/],
  ['a seed that is no number', 'run xor --seed one --out OUT', /--seed.*one/],
  ['no threads', 'run xor --threads 0 --out OUT', /--threads.*0/],
  ['an unknown backend', 'run xor --backend gpu --out OUT', /backend.*gpu.*wasm/],
  ['an unknown rule', 'run xor --rule magic --out OUT', /rule.*magic.*ep/],
  ['an unknown data set', 'run xor --set data.set=mnits --out OUT', /data\.set.*mnits.*mnist/],
  ['--set without a value', 'run xor --set learning.epochs --out OUT', /--set.*path=value/],
  ['a truncated IDX file', 'run xor --set data.set=idx --set data.path=DIR/truncated --out OUT', /idx3-ubyte.*(bytes|truncated)/],
  ['a CIFAR-10 folder without a batch', `run ${pictures} --set data.folder=DIR/cifar-missing --out OUT`, /cifar-missing\/data_batch_4\.bin: cannot read the data file: no such file/],
  ['a CIFAR-10 folder with a truncated batch', `run ${pictures} --set data.folder=DIR/cifar-short --out OUT`, /cifar-short\/test_batch\.bin: the batch is truncated: found 4000 bytes, expected 6146 /],
  ['CIFAR-10 without a folder', `run ${pictures} --out OUT`, /data\.folder: no path: found nothing.*--set data\.folder=FOLDER/],
  ['CIFAR-10 for a network of other inputs', 'run ep-mnist --set data.set=cifar10 --out OUT', /units: .*found 784, expected 3072 \(cifar10\)/],
  ['a crop on a task without pictures', 'run moons --set data.augment.crop=4 --out OUT', /data\.augment: only pictures are cropped and flipped: found examples \[2\] of moons/],
  ['a padding below zero', 'run bars --set data.augment.crop=-1 --out OUT', /data\.augment\.crop: a padding below zero: found -1, expected 0 or more/],
  ['a padding wider than the picture', 'run bars --set data.augment.crop=5 --out OUT', /found 5 pixels, expected at most 4/],
  ['an IDX file of another kind', 'run xor --set data.set=idx --set data.path=DIR/magic --out OUT', /idx3-ubyte.*magic/],
  ['data that are not there', 'run xor --set data.set=csv --set data.path=DIR/none.csv --out OUT', /none\.csv/],
  ['--out where a file is', 'run xor --out DIR/in-the-way', /in-the-way/],
  ['--out below a file', 'run xor --out DIR/in-the-way/run', /in-the-way.*cannot write/],
  ['--out with other contents', 'run xor --out DIR/mine', /mine.*thesis\.txt/],
  ['--out with a run', 'run xor --out DIR/finished', /finished.*--resume/],
  ['a trace that cannot be written', 'run xor --out OUT --trace DIR/nowhere/trace', /nowhere.*cannot write/],
  ['a damaged checkpoint', 'run xor SMALL --out DIR/damaged --resume', /checkpoint\.settle.*(damaged|checksum)/],
  ['a checkpoint of another model', 'run xor SMALL --set phases.nudge.beta=0.3 --out DIR/finished --resume', /another run/],
  ['a checkpoint of another seed', 'run xor SMALL --seed 7 --out DIR/finished --resume', /another run/],
  ['an unknown flag', 'run xor --epoch 3 --out OUT', /--epoch.*--epochs/],
  ['an unknown command', 'rnu xor', /rnu.*run/],
  ['a missing argument', 'run', /model/],
  ['too many arguments', 'run xor more --out OUT', /argument/],
  ['an unknown kind to list', 'list everything', /everything.*models/],
  ['an unknown format', 'export DIR/finished --format xml --out OUT', /--format.*xml.*csv/],
  ['an export over a file', 'export DIR/finished --format csv --out DIR/mine/thesis.txt', /thesis\.txt.*there already/],
  ['a file that is no trace', 'inspect DIR/not-a-trace', /not-a-trace.*not a settle container/],
  ['a file that is not there', 'inspect DIR/none', /none.*cannot read/],
  ['a folder that is no run', 'cite DIR/mine', /mine.*not a finished run/],
]; // prettier-ignore

/** Splits like a shell would, quotes included. */
function words(line: string, out: string): string[] {
  const small = '--set learning.epochs=1 --set data.train=40 --set data.test=20';
  const filled = line.replace('SMALL', small).replaceAll('DIR', work).replaceAll('OUT', out);
  return [...filled.matchAll(/(?:[^\s"]+|"[^"]*")+/g)].map(([word]) => word.replaceAll('"', ''));
}
/** Every file under the working folder with its bytes. */
function everything(): string {
  const entries = readdirSync(work, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  return entries.map((path) => `${path} ${readFileSync(path).toString('base64')}`).join('\n');
}

describe('bad input', () => {
  it('is covered by at least twenty cases', () => expect(cases.length).toBeGreaterThanOrEqual(20));

  it.each(cases)('%s: one message, exit 2, nothing written', async (_, line, says) => {
    const before = everything();
    const { code, out, err } = await command(...words(line, at('out')));
    expect(err).toMatch(says);
    expect(code, err).toBe(2);
    expect(out).toBe('');
    expect(err.trim().split('\n')).toHaveLength(1);
    expect(err).toMatch(/^settle: /);
    expect(err).not.toMatch(/ {4}at |\[object|undefined|node:internal/);
    expect(readdirSync(work)).not.toContain('out');
    expect(everything()).toBe(before);
  });

  it.each([
    ['an unknown flag', 'run xor --epoch 3 --out OUT', /--epoch.*--epochs/],
    ['beta 0', 'run xor --set phases.nudge.beta=0 --out OUT', /phases\.nudge\.beta/],
    ['--out below a file', 'run xor --out DIR/in-the-way/run', /in-the-way.*cannot write/],
  ] as const)('as a process: %s', async (_, line, says) => {
    const before = everything();
    const { code, out, err } = await start(words(line, at('out')), work).ended;
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(says);
    expect(everything()).toBe(before);
  });

  it('results that cannot be written: one message; progress that nobody reads: the run goes on', async () => {
    const full = await start(['list', 'models'], work, 'exec >/dev/full').ended;
    expect(full).toMatchObject({ code: 2, err: 'settle: standard output: cannot write: the disk is full\n' });
    const small = words('run xor SMALL --out OUT', at('unread'));
    const { code, out } = await start(small, work, 'exec 2>/dev/full').ended;
    expect(code).toBe(0);
    expect(out).toMatch(/^test error/);
    rmSync(at('unread'), { recursive: true });
  });

  it('a simulated trace on a full disk is taken back', async () => {
    const { code, err } = await start(['simulate', 'xor', '--examples', '5', '--trace', 't'], work, 'ulimit -f 1')
      .ended;
    expect([code, err]).toEqual([2, 'settle: t: cannot write: the file would be larger than the system allows\n']);
    expect(readdirSync(work)).not.toContain('t');
  });

  it('a disk that is full at the start leaves nothing, one message and exit 2', async () => {
    const { code, out, err } = await start(['run', 'xor', '--out', 'full/run'], work, 'ulimit -f 1').ended;
    expect([code, out]).toEqual([2, '']);
    expect(err.trim().split('\n').at(-1)).toMatch(/^settle: full\/run\/.*cannot write/);
    expect(readdirSync(work)).not.toContain('full');
  });

  it('a disk that fills up on the way leaves a run that goes on to the same bytes once there is room', async () => {
    const { code, err } = await start(['run', 'xor', '--out', 'filling'], work, 'ulimit -f 12').ended;
    expect(code).toBe(2);
    expect(err.trim().split('\n').at(-1)).toMatch(/^settle: filling\/trace\.settle.*cannot write/);
    expect((await start(['run', 'xor', '--out', 'filling', '--resume'], work).ended).code).toBe(0);
    expect((await start(['run', 'xor', '--out', 'room'], work).ended).code).toBe(0);
    for (const file of ['checkpoint.settle', 'metrics.jsonl', 'trace.settle'])
      expect(readFileSync(at(`filling/${file}`)).equals(readFileSync(at(`room/${file}`))), file).toBe(true);
  });
});
