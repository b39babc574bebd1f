// The words of a value change dump: commands up to their $end, times, and changes of values. It knows no signal.
import { SettleError } from '../errors.ts';

export interface VcdChange {
  readonly kind: 'command' | 'time' | 'scalar' | 'vector' | 'real';
  /** In steps of the timescale; of a change, since when. */
  readonly time: number;
  /** A command with its words; `0`, `1`, `x`, ...; bits; the text of a number. */
  readonly value: string;
  readonly id: string;
  /** Within $dumpvars and the like: a level, not a change. */
  readonly initial: boolean;
}

/** Characters of a word, and of a command but for comments, which are not kept beyond it. */
const [longest, longestCommand] = [2 ** 20, 2 ** 16];

/** The same object every time, with other contents. @throws SettleError of kind `input` with the byte of what is no word */
export function* vcdTokens(chunks: Iterable<Uint8Array>, file: string, commands = false): Generator<VcdChange> {
  const change: { -readonly [K in keyof VcdChange]: VcdChange[K] } = { kind: 'time', time: 0, value: '', id: '', initial: false }; // prettier-ignore
  let [command, pending, started, lastAt]: [string | null, 'vector' | 'real' | null, boolean, number] = [null, null, false, 0]; // prettier-ignore
  const refuse = (message: string, found: string, expected: string): never => {
    throw new SettleError(message, { kind: 'input', file, path: `byte ${lastAt}`, found: `"${found.slice(0, 40)}"`, expected }); // prettier-ignore
  };
  /** True where there is something to yield. */
  const word = (text: string): boolean => {
    if (command !== null) {
      if (text !== '$end') {
        if (command.length < longestCommand) command += ` ${text}`;
        else if (!command.startsWith('$comment')) refuse('a command without an end', command, '$end');
        return false;
      }
      [change.kind, change.value, command] = ['command', command, null];
      return commands;
    }
    if (pending !== null) {
      [change.kind, change.id, pending] = [pending, text, null];
      return true;
    }
    switch (text.charCodeAt(0)) {
      case 35: {
        const time = Number(text.slice(1));
        if (!/^#\d+$/.test(text) || time > 2 ** 53) refuse('not a time', text, '# and a whole number up to 2^53');
        if (time < change.time) refuse('times go back', text, `#${change.time} or later`);
        [change.kind, change.time, change.initial] = ['time', time, change.initial && time === change.time];
        return true;
      }
      case 36:
        if (/^\$dump(vars|all|on|off)$/.test(text)) change.initial = true;
        else if (text === '$end') change.initial = false;
        else command = text;
        return false;
      case 98:
      case 66:
      case 114:
      case 82:
      case 115:
      case 83:
        pending = /^[rR]/.test(text) || /^[sS]/.test(text) ? 'real' : 'vector';
        change.value = text.slice(1);
        return false;
      default:
        if (!/^[01xXzZuUwW-][!-~]+$/.test(text)) refuse('not a change of a value', text, '0, 1, x or z and a signal');
        [change.kind, change.value, change.id] = ['scalar', text[0]!, text.slice(1)];
        return true;
    }
  };
  const decoder = new TextDecoder('latin1');
  let [rest, at] = ['', 0];
  for (const chunk of chunks) {
    // Whatever is behind the last space of a chunk waits for the next.
    const text = rest + decoder.decode(chunk);
    let from = 0;
    for (let k = 0; k < text.length; k++) {
      if (text.charCodeAt(k) > 32) continue;
      if (k > from) {
        started = true;
        lastAt = at + from;
        if (word(text.slice(from, k))) yield change;
      }
      from = k + 1;
    }
    rest = text.slice(from);
    at += from;
    if (rest.length > longest || (!started && rest.length > 100 && !rest.startsWith('$'))) refuse('not a value change dump', rest, 'words'); // prettier-ignore
  }
  lastAt = at;
  if (rest !== '' && word(rest)) yield change;
  if (command !== null) refuse('the file ends inside a command', command, '$end');
  if (pending !== null) refuse('the file ends inside a change', change.value, 'a signal');
}
