// Direct feedback alignment with the sign of the output's error only: one bit and a half an output goes out to every layer.
// (As `sDFA` in Frenkel, Lefebvre, Bol, Front. Neurosci. 15:629892, 2021.)
import { call, name as named } from '../expr/tools.ts';
import { broadcast } from './broadcast.ts';
import { demandsOf, errorTransport } from './errorTransport.ts';
import type { Rule } from './rule.ts';

export function sdfa(): Rule {
  return errorTransport({
    name: 'sdfa',
    demands: demandsOf(),
    circuit(bench) {
      const { units, error, name } = bench.output;
      const into = bench.builder.buffer(`${name}.sign`, [units], { batch: true });
      const circuit = broadcast(bench, into);
      const sign = { op: 'map', units, assign: [{ into, value: call('sign', named(error)) }] } as const;
      return { ...circuit, transport: [sign, ...circuit.transport] };
    },
  });
}
