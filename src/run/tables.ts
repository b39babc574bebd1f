// The literal tables of what a name in a model or on the command line stands for. Nothing registers itself.
import { SettleError } from '../errors.ts';
import { bp } from '../learn/bp.ts';
import { bptt } from '../learn/bptt.ts';
import { dfa } from '../learn/dfa.ts';
import { drl, localDrl } from '../learn/drl.ts';
import { drtp } from '../learn/drtp.ts';
import { dtp } from '../learn/dtp.ts';
import { ep } from '../learn/ep.ts';
import { fa } from '../learn/fa.ts';
import { ifa, ifaRandom } from '../learn/ifa.ts';
import { kolenPollack } from '../learn/kolenPollack.ts';
import type { Rule } from '../learn/rule.ts';
import { sdfa } from '../learn/sdfa.ts';
import { auxiliarySdtp, sdtp, sdtpGradient } from '../learn/sdtp.ts';
import { shallow } from '../learn/shallow.ts';
import { brsf, frsf, signSymmetric } from '../learn/signSymmetric.ts';
import { tp } from '../learn/tp.ts';
import { weightMirror } from '../learn/weightMirror.ts';
import { aedat } from '../trace/aedat.ts';
import { aer } from '../trace/aer.ts';
import { csv } from '../trace/csv.ts';
import type { Format } from '../trace/format.ts';
import { settle } from '../trace/settle.ts';
import { vcd } from '../trace/vcd.ts';

/** Learning rules by name. */
export const rules: Readonly<Record<string, () => Rule>> = {
  ep, bp, bptt, fa, dfa, ifa, 'ifa-random': ifaRandom, 'sign-symmetric': signSymmetric, frsf, brsf, 'kolen-pollack': kolenPollack,
  'weight-mirror': weightMirror, drtp, sdfa, shallow,
  tp, dtp, sdtp, 'sdtp-g': sdtpGradient, 'ao-sdtp': auxiliarySdtp, drl, 'l-drl': localDrl,
}; // prettier-ignore

/** Formats of traces by name; SONATA, which is no stream of bytes, is in tables.node.ts. */
export const formats: Readonly<Record<string, () => Format>> = { csv, settle, vcd, aer, aedat };

/** The entry of a table. @throws SettleError of kind `input` that lists what exists */
export function entryOf<T>(table: Readonly<Record<string, T>>, what: string, name: string, path: string): T {
  const entry = Object.hasOwn(table, name) ? table[name] : undefined;
  if (entry === undefined)
    throw new SettleError(`unknown ${what}`, {
      kind: 'input',
      path,
      found: `"${name}"`,
      expected: Object.keys(table).join(' or '),
    });
  return entry;
}
