// The playground's program: fetches the models and examples beside it, gives the pad a simulator, and opens and saves files.
import type { DataSet, Examples } from '../../data/dataset.ts';
import { readIdx } from '../../data/idx.ts';
import { explain, SettleError } from '../../errors.ts';
import { readContainer } from '../../frames/container.ts';
import type { LiveAbout } from '../../run/live.ts';
import { backendPanel } from './backendPanel.ts';
import type { Opened } from './calls.ts';
import { digitPanel } from './digitPanel.ts';
import { fieldPanel } from './fieldPanel.ts';
import { type Lane, type ModelChoice, racePanel } from './racePanel.ts';
import { remote } from './remote.ts';
import { aboutOfTrace } from './traceAbout.ts';
import { find } from '../client/page.ts';

const backends = ['wasm', 'webgpu', 'gpujs:webgpu', 'gpujs:webgl2', 'gpujs:webasm'] as const;

function problem(error: unknown): void {
  const host = find('problem');
  host.textContent = error instanceof SettleError ? explain(error) : String(error);
  host.hidden = false;
}
const solved = (): void => void (find('problem').hidden = true);

/** A file beside the page; what a server sends as it lies is unpacked here. */
async function file(path: string): Promise<Uint8Array> {
  const answer = await fetch(path);
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${answer.statusText}`);
  const bytes = new Uint8Array(await answer.arrayBuffer());
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  const unpacked = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
  return new Uint8Array(await new Response(unpacked).arrayBuffer());
}
const textFile = async (path: string): Promise<string> => new TextDecoder().decode(await file(path));

async function examplesOf(name: string): Promise<Examples> {
  const [images, labels] = await Promise.all([file(`data/${name}-images.gz`), file(`data/${name}-labels.gz`)]);
  const { shape, data } = readIdx(images, `${name}-images`, 3);
  return { count: shape[0]!, shape: shape.slice(1), inputs: data as Uint8Array, scale: 255, labels: readIdx(labels, `${name}-labels`, 1).data as Uint8Array }; // prettier-ignore
}

async function begin(): Promise<void> {
  fieldPanel();
  const [train, test, spiking, rate, trained] = await Promise.all([
    examplesOf('train'), examplesOf('test'), textFile('data/small-mnist.yaml'), textFile('data/small-bp-mnist.yaml'), file('data/trained.settle'),
  ]); // prettier-ignore
  const data: DataSet = { name: 'mnist', classes: 10, train, test, sha256: '' };
  const simulator = remote(data);
  let model: ModelChoice = { text: spiking, file: 'small-mnist.yaml', set: [] };
  let opened: Opened | null = null;

  const digits = digitPanel({
    ask: (what, label) => simulator.call('show', { what, label }),
    test(number) {
      const size = test.inputs.length / test.count;
      const pixels = test.inputs.subarray(number * size, (number + 1) * size);
      return { image: Float32Array.from(pixels, (value) => value / test.scale), label: test.labels[number]! };
    },
    tests: test.count,
    problem,
  });
  const choice = find<HTMLSelectElement>('backend');
  for (const name of backends) choice.add(new Option(name, name));

  /** Another network, or the same elsewhere; what was open stays where this fails. */
  async function open(next: ModelChoice, checkpoint: Uint8Array | undefined): Promise<void> {
    try {
      opened = await simulator.call('open', { ...next, backend: choice.value, checkpoint });
      model = next;
      solved();
      find('network-said').textContent = `${opened.about.model}, rule ${opened.about.rule}: ${opened.examples === 0 ? 'not trained' : `${opened.examples.toLocaleString('en')} training examples`}; ${opened.about.backend}${opened.device ? `, ${opened.device}` : ''}`; // prettier-ignore
      digits.opened(opened);
    } catch (error) {
      problem(error);
      if (opened) choice.value = opened.about.backend;
    }
  }
  choice.addEventListener('change', () => void simulator.call('checkpoint', null).then((checkpoint) => open(model, checkpoint), problem)); // prettier-ignore
  await open(model, trained);
  if (!opened) return;

  find('train-here').addEventListener('click', () => {
    const button = find<HTMLButtonElement>('train-here');
    button.disabled = true;
    const epochs = opened!.epoch + opened!.about.epochs;
    simulator
      .call('train', { epochs }, (told) => {
        if (told.kind === 'epoch') find('network-said').textContent = `epoch ${told.epoch} of ${epochs}: test error ${(100 * told.testError).toFixed(1)} %`; // prettier-ignore
      })
      .then(async () => open(model, await simulator.call('checkpoint', null)))
      .catch(problem)
      .finally(() => (button.disabled = false));
  });
  const lane = (name: string, note: string, text: string, from: string, set: string[] = []): Lane => ({ name, note, text, file: from, set, spiking: from === 'small-mnist.yaml' }); // prettier-ignore
  racePanel({
    lanes: [
      lane('EP', 'spiking, contrast of phases', spiking, 'small-mnist.yaml'),
      lane('EqSpike', 'spiking, a change at each spike', spiking, 'small-mnist.yaml', ['learning.update=events']),
      lane('BP', 'rate units, backpropagation', rate, 'small-bp-mnist.yaml'),
    ],
    data,
    backends: backends.filter((name) => name !== 'gpujs:webasm'),
    use: (chosen, checkpoint) => void open(chosen, checkpoint),
    problem,
  });
  backendPanel({ backends, data, problem, network: async () => ({ model, checkpoint: await simulator.call('checkpoint', null) }) }); // prettier-ignore

  find('save-model').addEventListener('click', () => save(`${opened!.about.model}.yaml`, opened!.resolvedYaml));
  find('save-weights').addEventListener('click', () => void simulator.call('checkpoint', null).then((bytes) => save(`${opened!.about.model}-checkpoint.settle`, bytes), problem)); // prettier-ignore
  find('save-trace').addEventListener('click', () => {
    const { shown } = digits;
    if (shown) void simulator.call('trace', shown.frames).then((bytes) => save(`${opened!.about.model}-trace.settle`, bytes), problem); // prettier-ignore
  });
  const input = find<HTMLInputElement>('load');
  input.addEventListener('change', () => void load([...(input.files ?? [])]).finally(() => (input.value = '')));
  document.addEventListener('dragover', (event) => event.preventDefault());
  document.addEventListener('drop', (event) => {
    event.preventDefault();
    void load([...(event.dataTransfer?.files ?? [])]);
  });

  /** Model files and containers, by what they are: a model comes before the weights for it. */
  async function load(files: readonly File[]): Promise<void> {
    for (const each of [...files].sort((a, b) => Number(a.name.endsWith('.settle')) - Number(b.name.endsWith('.settle'))))
      try {
        if (each.size > largest) throw new SettleError('the file is too large for the playground', { kind: 'input', file: each.name, found: `${each.size} bytes`, expected: `at most ${largest}` });
        const bytes = new Uint8Array(await each.arrayBuffer());
        if (!each.name.endsWith('.settle')) await open({ text: new TextDecoder().decode(bytes), file: each.name, set: [] }, undefined);
        else if (isTrace(bytes)) showTrace(bytes, each.name);
        else await open(model, bytes);
      } catch (error) {
        problem(error);
      }
  } // prettier-ignore
  function showTrace(bytes: Uint8Array, name: string): void {
    const { header, frames, problem: damage } = readContainer(bytes, name, 'settle-trace');
    const [first] = frames;
    if (!first) throw new SettleError('the trace is empty', { kind: 'input', file: name, found: 'no frame', expected: 'a recorded example' }); // prettier-ignore
    const mine = frames.filter(({ epoch, example }) => epoch === first.epoch && example === first.example);
    const about: LiveAbout = aboutOfTrace(mine, opened!.about, header);
    if (damage === null) solved();
    else problem(new SettleError('the trace is damaged; what comes before is shown', { kind: 'input', file: name, found: damage })); // prettier-ignore
    digits.show({ set: 'test', example: first.example, label: null, image: null, examples: 0, epoch: first.epoch, frames: mine }, about); // prettier-ignore
  }
}

/** Bytes that are opened here: a trace of many examples is for the command line. */
const largest = 64 * 2 ** 20;

/** By the first words of a container. */
const isTrace = (bytes: Uint8Array): boolean => new TextDecoder('latin1').decode(bytes.subarray(0, 512)).includes('settle-trace'); // prettier-ignore

function save(name: string, content: string | Uint8Array): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([content as BlobPart]));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

begin().catch(problem);
