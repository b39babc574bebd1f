// A process of dist/ that is asked and answers, and how it ended where it did not live to answer: what the pools of cells and of
// evaluators share. It knows nothing of what is asked.
import { fork } from 'node:child_process';
import { bundled } from '../bundled.node.ts';

/** What a process says as soon as it is asked, before it answers. */
export const heard = 'heard';

/** How a process ended; `unheard` where it had before it heard what it was asked. */
export interface Lost {
  readonly how: string;
  /** The last line that it wrote on stderr since it was asked. */
  readonly words: string;
  readonly unheard: boolean;
}

export interface Asked {
  readonly alive: boolean;
  readonly pid: number | undefined;
  /** Sends without waiting for an answer. */
  tell(message: unknown): void;
  /** One question at a time; null once `onAnswer` has said that this was the last answer. */
  ask<A>(message: unknown, onAnswer: (answer: A) => boolean): Promise<Lost | null>;
  /** It ends by itself once it hears of it. */
  end(): void;
  /** It ends now. */
  kill(): void;
}

export function askedProcess(name: string): Asked {
  const child = fork(bundled(name), [], { execArgv: [], stdio: ['ignore', 'ignore', 'pipe', 'ipc'], serialization: 'advanced' }); // prettier-ignore
  let words = '';
  let how: string | null = null;
  let onMessage: (message: unknown) => void = () => {};
  let onEnd: () => void = () => {};
  const ended = (code: number | null, killed: string | null): void => {
    how = killed ? `was killed by ${killed}` : `ended with ${code}`;
    onEnd();
  };
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (words = (words + text).slice(-2000)));
  child.on('message', (message: unknown) => onMessage(message));
  child.on('close', ended);
  child.on('error', (error) => {
    words += `\n${error.message}`;
    // What never began never closes.
    if (child.pid === undefined) ended(null, null);
  });
  // What does not arrive is found out by the end of the process.
  const tell = (message: unknown): void => void (child.connected && child.send(message as object, () => {}));
  return {
    // It may have ended a moment before its output has.
    get alive() {
      return how === null && child.connected && child.exitCode === null && child.signalCode === null;
    },
    get pid() {
      return child.pid;
    },
    tell,
    ask: <A>(message: unknown, onAnswer: (answer: A) => boolean) =>
      new Promise<Lost | null>((resolve) => {
        words = '';
        let unheard = true;
        const over = (lost: Lost | null): void => {
          onMessage = () => {};
          onEnd = () => {};
          resolve(lost);
        };
        onMessage = (answer) => {
          if (answer === heard) unheard = false;
          else if (onAnswer(answer as A)) over(null);
        };
        onEnd = () => over({ how: how!, words: words.trim().split('\n').at(-1) || 'it said nothing', unheard }); // prettier-ignore
        if (how !== null) return onEnd();
        tell(message);
      }),
    end: () => void (child.connected && child.disconnect()),
    kill: () => void child.kill('SIGKILL'),
  };
}

/** The first that lives of those that wait; the dead are dropped. */
export function living<T extends { readonly alive: boolean }>(idle: T[]): T | undefined {
  for (let next = idle.shift(); next; next = idle.shift()) if (next.alive) return next;
  return undefined;
}
