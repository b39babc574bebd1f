// Somebody who watches a run, for tests: keeps what it is told, and acts when it is shown something.
import type { LiveControls, LiveProgress, LiveState, LiveView, ShownExample } from '../../src/run/live.ts';

/** A clock that is always late, so that every batch is a reason to look aside. */
export const hurried = (): (() => number) => {
  let now = 0;
  return () => (now += 1000);
};

export interface Seen {
  readonly view: LiveView;
  readonly shown: ShownExample[];
  readonly states: LiveState[];
  readonly progress: LiveProgress[];
  readonly lines: object[];
}
export function watcher(act: (controls: LiveControls, seen: Seen) => void = () => {}, each?: (controls: LiveControls, seen: Seen) => void): Seen {
  let controls: LiveControls | null = null;
  const seen: Seen = {
    shown: [], states: [], progress: [], lines: [],
    view: {
      watched: true,
      start(_, given) {
        controls = given;
        act(given, seen);
      },
      state: (state) => void seen.states.push(state),
      line: (line) => void seen.lines.push(line),
      progress: (progress) => void seen.progress.push(progress),
      example(shown) {
        seen.shown.push(shown);
        each?.(controls!, seen);
      },
    },
  };
  return seen;
} // prettier-ignore
