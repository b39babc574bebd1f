// What a run leaves behind: the files of its folder, in step with its checkpoints, so that a run that was stopped goes on
// where its last checkpoint stands and no file says more than that.
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { cpus } from 'node:os';
import { SettleError } from '../errors.ts';
import { writeNpy } from '../data/npy.ts';
import { readContainer } from '../frames/container.ts';
import { type ContainerWriter, openContainer, readBytes, sha256, writeFileAtomic } from '../frames/files.node.ts';
import type { Frame } from '../frames/frame.ts';
import type { TrainState } from '../learn/trainer.ts';
import type { Model } from '../model/model.ts';
import { build } from './build.node.ts';
import { citation } from './cite.ts';
import { identityOf, readState } from './checkpoint.node.ts';
import type { EpochLine, RunResult } from './figures.ts';
import { atLeast, guarded, type Lines, openFolder, openLines, readIfThere } from './folder.node.ts';
import { pageOf, type PageInput } from './page.ts';
import { encodeState } from './state.ts';
import { type Command, commandsIn } from './steering.ts';
import { traceHeader } from './traceHeader.ts';

export interface OutputOptions {
  readonly model: Model;
  readonly rule: string;
  readonly backend: string;
  readonly threads: number;
  readonly dataName: string;
  readonly dataSha256: string;
  readonly folder: string;
  readonly resume: boolean;
  readonly trace: string | null;
  readonly resolvedYaml: string;
  /** Text of the chip's profile. */
  readonly profile: string | null;
  /** Lines of alignments are among the metrics. */
  readonly alignment: boolean;
  shapeOf(buffer: string): readonly number[];
  /** Hears every line of the metrics. */
  onLine?(line: object): void;
}

export type Finish = Pick<PageInput, 'result' | 'test' | 'health' | 'frames' | 'examples' | 'learned' | 'chip'>;

/** Wall-clock seconds of all sessions up to the last checkpoint: in all, and of training alone. */
export interface Spent {
  readonly seconds: number;
  readonly trainingSeconds: number;
}

export interface Output {
  /** Where an earlier session stood, or null for a run that begins now. */
  readonly from: TrainState | null;
  /** What earlier sessions took. */
  readonly spent: Spent;
  /** Changes that earlier sessions made: before the checkpoint, and after it. */
  readonly past: readonly Command[];
  readonly future: readonly Command[];
  frame(frame: Frame): void;
  line(line: object): void;
  /** The last epoch that this run, or the session it goes on from, has ended. */
  lastEpoch(): EpochLine | null;
  checkpoint(state: TrainState, spent: Spent): void;
  checkpointSha256(): string | null;
  end(finish: Finish): void;
  /** Takes back what the last checkpoint does not know of; everything, if there is none. */
  fail(): void;
  close(): void;
}

/** Opens the folder of a run and, to go on, reads its checkpoint and cuts the other files to it. */
export function openOutput(options: OutputOptions): Output {
  const { model } = options;
  if (options.trace && !(options.resume && isTrace(options.trace))) refuseThere(options.trace);
  const folder = openFolder(options.folder, { resume: options.resume });
  const traceFile = options.trace ?? folder.file('trace');
  const ownTrace = !existsSync(traceFile);
  const profileSha256 = options.profile === null ? null : sha256(options.profile);
  const identity = identityOf({ ...options, profileSha256 });
  let metrics: Lines | null = null;
  let trace: ContainerWriter | null = null;
  let known = { metrics: 0, trace: 0 };
  let saved: string | null = null;
  let spent: Spent = { seconds: 0, trainingSeconds: 0 };

  function discard(): void {
    metrics?.close();
    trace?.close();
    [metrics, trace] = [null, null];
    if (options.trace && ownTrace) rmSync(options.trace, { force: true });
    folder.discard();
  }
  try {
    const earlier =
      options.resume && existsSync(folder.file('checkpoint')) ? readState(folder.file('checkpoint'), identity) : null;
    if (earlier) {
      const epochs = model.learning.epochs;
      if (earlier.state.epoch > epochs || (earlier.state.epoch === epochs && earlier.state.batch > 0))
        throw new SettleError('the run has gone further already', {
          kind: 'input', path: 'learning.epochs', file: options.folder, found: String(epochs), expected: `at least ${earlier.state.epoch}`,
        }); // prettier-ignore
      known = earlier.lengths;
      saved = earlier.sha256;
      spent = spentOf(readIfThere(folder.file('provenance')));
      for (const [path, length] of [
        [folder.file('metrics'), known.metrics],
        [traceFile, known.trace],
      ] as const)
        // prettier-ignore
        atLeast(path, length);
    }
    const left = options.resume && existsSync(folder.file('metrics')) ? readFileSync(folder.file('metrics')) : Buffer.alloc(0); // prettier-ignore
    const [past, future] = [left.subarray(0, known.metrics), left.subarray(known.metrics)].map((part) => commandsIn(part.toString())); // prettier-ignore
    writeFileAtomic(folder.file('model'), options.resolvedYaml);
    if (options.profile !== null) writeFileAtomic(folder.file('profile'), options.profile);
    metrics = openLines(folder.file('metrics'), known.metrics);
    trace = openTrace(traceFile, model, known.trace, options.rule);
    if (!earlier) metrics.add({ schema: 'settle-metrics/1', ...identity });
    writeProvenance(facts());
    return {
      from: earlier?.state ?? null,
      spent,
      past: past!,
      future: future!,
      frame,
      line,
      lastEpoch,
      checkpoint,
      checkpointSha256: () => saved,
      end,
      fail,
      close,
    };
  } catch (error) {
    if (saved === null) discard();
    throw error;
  }

  function frame(each: Frame): void {
    guarded(traceFile, () => trace!.frame(each));
  }
  function line(each: object): void {
    metrics!.add(each);
    options.onLine?.(each);
  }
  function lines(): Record<string, unknown>[] {
    const text = readFileSync(folder.file('metrics'), 'utf8').trim();
    return text.split('\n').map((each) => JSON.parse(each) as Record<string, unknown>);
  }
  function lastEpoch(): EpochLine | null {
    return (lines().findLast(({ kind }) => kind === 'epoch') as EpochLine | undefined) ?? null;
  }
  function checkpoint(state: TrainState, taken: Spent): void {
    const lengths = { metrics: metrics!.length, trace: trace!.length };
    const bytes = encodeState(state, identity, lengths, options.shapeOf);
    writeFileAtomic(folder.file('checkpoint'), bytes);
    [known, saved, spent] = [lengths, sha256(bytes), taken];
    writeProvenance(facts());
  }
  function end(finish: Finish): void {
    const history = lines();
    const provenance = facts(finish.result);
    const { examples, test } = finish;
    const answers = Uint8Array.from({ length: 2 * test.examples }, (_, k) => (k % 2 === 0 ? test.predicted : examples.labels)[k >> 1]!); // prettier-ignore
    writeFileAtomic(folder.file('predictions'), writeNpy([test.examples, 2], answers));
    const modelText = options.resolvedYaml;
    writeFileAtomic(
      folder.file('report'),
      pageOf({ model, modelText, history, provenance, citation: citation(provenance), ...finish }),
    );
    guarded(traceFile, () => trace!.end());
    trace = null;
    // Last: whoever finds `finished` here finds everything else.
    writeProvenance(provenance);
  }
  function fail(): void {
    if (saved === null) return discard();
    close();
    try {
      openLines(folder.file('metrics'), known.metrics).close();
      openContainer(traceFile, traceHeader(model, options.rule), known.trace).close();
    } catch {
      // What is too long is cut when the run goes on.
    }
  }
  function close(): void {
    metrics?.close();
    trace?.close();
    [metrics, trace] = [null, null];
  }
  function facts(result?: RunResult): Record<string, unknown> {
    const { version, commit, sources } = build();
    const [cpu] = cpus();
    const commands = metrics === null ? [] : commandsIn(readFileSync(folder.file('metrics'), 'utf8'));
    return {
      schema: 'settle-provenance/1',
      version, commit, sources, model: model.name, source: model.source, modelSha256: identity['modelSha256'], profileSha256,
      data: options.dataName, dataSha256: options.dataSha256, rule: options.rule, backend: options.backend, seed: model.seed,
      device: `${cpu?.model.trim() ?? 'unknown'}, ${process.platform} ${process.arch}`, threads: options.threads, node: process.version,
      alignment: options.alignment, ...(commands.length > 0 && { commands: commands.map(({ batch, path, value }) => ({ batch, path, value })) }), spent, finished: result !== undefined, ...(result ? { result: { ...result, folder: undefined } } : {}),
    }; // prettier-ignore
  }
  function writeProvenance(told: Record<string, unknown>): void {
    writeFileAtomic(folder.file('provenance'), `${JSON.stringify(told, null, 2)}\n`);
  }
}

/** What a provenance says of earlier sessions; nothing where it says nothing. */
function spentOf(text: string | null): Spent {
  const { seconds, trainingSeconds } = ((text === null ? {} : JSON.parse(text)) as { spent?: Partial<Spent> }).spent ?? {}; // prettier-ignore
  return { seconds: seconds ?? 0, trainingSeconds: trainingSeconds ?? 0 };
}

/** A trace of a model at `path`, cut to `length` bytes. */
function openTrace(path: string, model: Model, length: number, rule: string): ContainerWriter {
  return guarded(path, () => openContainer(path, traceHeader(model, rule), length));
}

/** A new trace that stands by itself: closed before its end, it is taken back. */
export function newTrace(path: string, model: Model, rule: string): Pick<ContainerWriter, 'frame' | 'end' | 'close'> {
  refuseThere(path);
  const trace = openTrace(path, model, 0, rule);
  let ended = false;
  return {
    frame: (frame) => guarded(path, () => trace.frame(frame)),
    end() {
      guarded(path, () => trace.end());
      ended = true;
    },
    close() {
      trace.close();
      if (!ended) rmSync(path, { force: true });
    },
  };
}

/** What is at the place of a trace may be somebody's own. */
function refuseThere(path: string): void {
  if (existsSync(path))
    throw new SettleError('the file is there already', { kind: 'input', path: '--trace', file: path, expected: 'a new file' }); // prettier-ignore
}

/** Whether a file is a trace, perhaps one that has just begun. */
function isTrace(path: string): boolean {
  if (!existsSync(path)) return false;
  const bytes = readBytes(path);
  try {
    return bytes.length === 0 || readContainer(bytes, path, 'settle-trace') !== null;
  } catch {
    return false;
  }
}
