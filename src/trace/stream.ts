// A stream of frames that waits for its readers: whoever emits is held back until every reader is done with the frame.
import { Observable, Subject } from 'rxjs';
import type { Frame } from '../frames/frame.ts';

export interface FrameStream {
  /** For readers that only look (a live page); one emission a frame. */
  readonly frames: Observable<Frame>;
  /** Adds a reader that is awaited, in the order of subscription. */
  sink(read: (frame: Frame) => void | Promise<void>): void;
  emit(frame: Frame): Promise<void>;
  complete(): void;
}

export function frameStream(): FrameStream {
  const subject = new Subject<Frame>();
  const sinks: ((frame: Frame) => void | Promise<void>)[] = [];
  return {
    frames: subject.asObservable(),
    sink: (read) => void sinks.push(read),
    async emit(frame) {
      for (const read of sinks) await read(frame);
      subject.next(frame);
    },
    complete: () => subject.complete(),
  };
}
