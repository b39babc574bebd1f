// The latest of everything a page shows. A page that is slow gets fewer of the states in between, never an older one, and all
// lines of the metrics; nothing piles up for it. It knows no socket.
import { encodeMessage, type Message, type Point } from './messages.ts';

/** The newest message of each kind replaces the one before it. */
type Slot = 'about' | 'state' | 'progress' | 'example' | 'end';

export interface Feed {
  put(message: Extract<Message, { kind: Slot }>): void;
  line(line: Record<string, unknown>): void;
  point(point: Point): void;
  /** All lines and points are gone; those that come are others. */
  restart(): void;
  /** A reader that has had nothing yet. */
  reader(): FeedReader;
}

export interface FeedReader {
  /** What has changed since the last call, encoded; at most one message a kind. */
  take(): Uint8Array[];
  /** Something has. */
  readonly waiting: boolean;
}

/** More lines than a page can draw; the newest are kept. */
const mostLines = 20_000;
const linesAtOnce = 2_000;
/** Points of a curve; every second one goes when there are more. */
export const mostPoints = 2_000;

const order: readonly Slot[] = ['about', 'state', 'progress', 'example', 'end'];

export function feed(): Feed {
  const slots = new Map<Slot, { version: number; message: Message; bytes: Uint8Array | null }>();
  let lines: Record<string, unknown>[] = [];
  let dropped = 0;
  let points: Point[] = [];
  let version = 0;
  return {
    put(message) {
      slots.set(message.kind, { version: ++version, message, bytes: null });
    },
    line(line) {
      lines.push(line);
      if (lines.length <= mostLines) return;
      dropped += lines.length - mostLines / 2;
      lines = lines.slice(-mostLines / 2);
    },
    point(point) {
      points.push(point);
      points = thinned(points);
    },
    restart() {
      dropped += lines.length;
      [lines, points] = [[], []];
    },
    reader() {
      const had = new Map<Slot, number>();
      let lineAt = 0;
      let begun = false;
      const news = (slot: Slot): boolean => (slots.get(slot)?.version ?? 0) > (had.get(slot) ?? 0);
      return {
        get waiting() {
          return lineAt < dropped + lines.length || order.some(news);
        },
        take() {
          const messages: Uint8Array[] = [];
          for (const slot of order) {
            // Everything else comes before the end.
            if (slot === 'end') {
              lineAt = Math.max(lineAt, dropped);
              const next = lines.slice(lineAt - dropped, lineAt - dropped + linesAtOnce);
              if (next.length > 0) messages.push(encodeMessage({ kind: 'lines', lines: next }));
              lineAt += next.length;
              if (lineAt < dropped + lines.length) break;
            }
            if (!news(slot)) continue;
            const held = slots.get(slot)!;
            had.set(slot, held.version);
            messages.push((held.bytes ??= encodeMessage(held.message)));
            if (slot === 'about' && !begun) {
              begun = true;
              if (points.length > 0) messages.push(encodeMessage({ kind: 'points', points }));
            }
          }
          return messages;
        },
      };
    },
  };
}

/** Every second of all but the last, once there are too many. */
export function thinned(points: Point[]): Point[] {
  return points.length <= mostPoints ? points : points.filter((_, k) => k % 2 === 0 || k === points.length - 1);
}
