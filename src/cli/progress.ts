// Progress on stderr: one line that is rewritten on a terminal, plain lines now and then elsewhere.
import { type Options, SingleBar } from 'cli-progress';
import type { TrainProgress } from '../learn/trainer.ts';

export interface ProgressLine {
  show(progress: TrainProgress): void;
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

export function progressLine({ stream, now }: ProgressTarget): ProgressLine {
  const started = now();
  let first: { examples: number; time: number } | null = null;
  let lastPlain = started;
  let bar: SingleBar | null = null;

  function words(progress: TrainProgress): string {
    first ??= { examples: progress.examples, time: now() };
    const seconds = (now() - first.time) / 1000;
    const rate = seconds > 0 ? (progress.examples - first.examples) / seconds : 0;
    const left = rate > 0 ? (progress.examplesInAll - progress.examples) / rate : NaN;
    return [
      `epoch ${Math.min(progress.epoch + 1, progress.epochs)}/${progress.epochs}`,
      `${thousands(rate)} examples/s`,
      `${clock(left)} left`,
      `running error ${(100 * progress.error).toFixed(2)} %`,
      ...(progress.spikesPerExample === null ? [] : [`${thousands(progress.spikesPerExample)} spikes/example`]),
    ].join(', ');
  }
  return {
    show(progress) {
      const text = words(progress);
      if (!stream.isTTY) {
        if (now() - lastPlain < plainEvery) return;
        lastPlain = now();
        stream.write(`${text}\n`);
        return;
      }
      const options: Options = { stream, format: '{bar} {percentage} %  {words}', barsize: 20, clearOnComplete: true };
      if (!bar) {
        bar = new SingleBar(options);
        bar.start(progress.examplesInAll, progress.examples, { words: text });
      } else bar.update(progress.examples, { words: text });
    },
    say(text) {
      bar?.stop();
      bar = null;
      stream.write(`${text}\n`);
    },
    end() {
      bar?.stop();
      bar = null;
    },
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
