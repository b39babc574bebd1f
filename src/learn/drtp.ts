// Direct random target projection: the label itself, not the error, goes to every hidden layer, which can learn before the
// output is known. (Frenkel, Lefebvre, Bol, Front. Neurosci. 15:629892, 2021.)
import { targetBuffer } from '../engine/clocked.ts';
import { broadcast } from './broadcast.ts';
import { demandsOf, errorTransport } from './errorTransport.ts';
import type { Rule } from './rule.ts';

export function drtp(): Rule {
  return errorTransport({
    name: 'drtp',
    demands: demandsOf({ phases: 1 }),
    circuit: (bench) => broadcast(bench, targetBuffer),
  });
}
