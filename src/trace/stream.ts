// A stream of frames that waits for its readers: whoever emits is held back until every reader is done with the frame.
import { Subject } from 'rxjs';
import type { Frame } from '../frames/frame.ts';

/** What a reader that only looks subscribes to; an rxjs Observable is one. Said here so that our types need no package. */
export interface FrameSource {
  subscribe(next: (frame: Frame) => void): { unsubscribe(): void };
}

export interface FrameStream {
  /** For readers that only look (a live page); one emission a frame. */
  readonly frames: FrameSource;
  /** Adds a reader that is awaited, in the order of subscription. */
  sink(read: (frame: Frame) => void | Promise<void>): void;
  /** Frames pass one after another, even where the emitter does not wait. */
  emit(frame: Frame): Promise<void>;
  complete(): void;
}

export function frameStream(): FrameStream {
  const subject = new Subject<Frame>();
  let last = Promise.resolve();
  const sinks: ((frame: Frame) => void | Promise<void>)[] = [];
  return {
    frames: subject.asObservable(),
    sink: (read) => void sinks.push(read),
    emit(frame) {
      const passed = last.then(async () => {
        for (const read of sinks) await read(frame);
        subject.next(frame);
      });
      // Whoever emitted the frame hears of a reader's failure; the next frame passes all the same.
      last = passed.catch(() => undefined);
      return passed;
    },
    complete: () => subject.complete(),
  };
}
