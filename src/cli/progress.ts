// Progress on stderr: one line that is rewritten on a terminal, plain lines now and then elsewhere.
import { type Options, SingleBar } from 'cli-progress';
import type { TrainProgress } from '../learn/trainer.ts';

/** A line of progress, whatever it counts. */
export interface Line {
  /** `done` of `all`; the words are asked for when they are written. */
  at(done: number, all: number, words: () => string): void;
  /** A line that stays. */
  say(text: string): void;
  end(): void;
}

export interface ProgressTarget {
  readonly stream: NodeJS.WritableStream & { isTTY?: boolean };
  /** Milliseconds. */
  now(): number;
}

/** Milliseconds between two plain lines. */
const plainEvery = 10_000;

export function lineOf({ stream, now }: ProgressTarget): Line {
  let lastPlain = now();
  let bar: SingleBar | null = null;
  const options: Options = { stream, format: '{bar} {percentage} %  {words}', barsize: 20, clearOnComplete: true };
  const stop = (): void => {
    bar?.stop();
    bar = null;
  };
  return {
    at(done, all, words) {
      if (!stream.isTTY) {
        if (now() - lastPlain < plainEvery) return;
        lastPlain = now();
        stream.write(`${words()}\n`);
        return;
      }
      if (!bar) {
        bar = new SingleBar(options);
        bar.start(all, done, { words: words() });
      } else {
        bar.setTotal(all);
        bar.update(done, { words: words() });
      }
    },
    say(text) {
      stop();
      stream.write(`${text}\n`);
    },
    end: stop,
  };
}

export interface ProgressLine extends Pick<Line, 'say' | 'end'> {
  show(progress: TrainProgress): void;
}

/** The progress of one run. */
export function progressLine(target: ProgressTarget): ProgressLine {
  const line = lineOf(target);
  let first: { examples: number; time: number } | null = null;
  const words = (progress: TrainProgress) => (): string => {
    const { examples, time } = first!;
    const seconds = (target.now() - time) / 1000;
    const rate = seconds > 0 ? (progress.examples - examples) / seconds : 0;
    const left = rate > 0 ? (progress.examplesInAll - progress.examples) / rate : NaN;
    return [
      `epoch ${Math.min(progress.epoch + 1, progress.epochs)}/${progress.epochs}`,
      `${thousands(rate)} examples/s`,
      `${clock(left)} left`,
      `running error ${(100 * progress.error).toFixed(2)} %`,
      ...(progress.spikesPerExample === null ? [] : [`${thousands(progress.spikesPerExample)} spikes/example`]),
    ].join(', ');
  };
  return {
    show(progress) {
      first ??= { examples: progress.examples, time: target.now() };
      line.at(progress.examples, progress.examplesInAll, words(progress));
    },
    say: line.say,
    end: line.end,
  };
}

/** 12,345 */
export function thousands(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** 1:05 or 2:03:04 from seconds. */
export function clock(seconds: number): string {
  if (!Number.isFinite(seconds)) return '-:--';
  const whole = Math.round(seconds);
  const two = (value: number): string => String(value).padStart(2, '0');
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}
