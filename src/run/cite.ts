// How a run is cited: the software with its version, the model with its source, the rule's papers, the data. Pure.
import { dataPapers, type PaperKey, papers, rulePapers } from './papers.ts';

export interface Citation {
  readonly text: string;
  /** Entries of BibTeX, a blank line between two. */
  readonly bibtex: string;
}

/** Text that BibTeX and TeX take as it is. */
const plain = (text: string): string =>
  text
    .replace(/[{}]/g, '')
    .replace(/[&%#_$]/g, '\\$&')
    .replace(/\s+/g, ' ');

function entry(kind: string, key: string, fields: Readonly<Record<string, string>>): string {
  const lines = Object.entries(fields).map(([name, value]) => `  ${name} = {${value}}`);
  return `@${kind}{${key},\n${lines.join(',\n')}\n}`;
}

/** From the facts of a provenance. */
export function citation(facts: Readonly<Record<string, unknown>>): Citation {
  const say = (key: string): string => (typeof facts[key] === 'string' ? facts[key] : 'unknown');
  const rule = rulePapers[say('rule')] ?? [];
  const data = dataPapers[say('data')] ?? [];
  const paper = (key: PaperKey): string => entry(papers[key].kind, key, papers[key].fields);
  const source = say('source') === '' ? 'no source is given' : say('source');
  const model = say('model');
  return {
    bibtex: [
      entry('software', 'settle', {
        title: '{settle}: spiking networks that learn by equilibrium propagation',
        version: say('version'),
        note: `commit ${say('commit')}`,
      }),
      entry('misc', `settle-model-${model}`, {
        title: `Model ${plain(model)} of {settle}`,
        howpublished: plain(source),
        note: `SHA-256 ${say('modelSha256')}`,
      }),
      ...[...new Set([...rule, ...data])].map(paper),
    ].join('\n\n'),
    text: [
      `Model: ${model} (${source}), SHA-256 ${say('modelSha256')}`,
      `Rule: ${say('rule')} (${rule.length > 0 ? rule.join(', ') : 'no paper of it is known here'})`,
      `Data: ${say('data')}${data.length > 0 ? ` (${data.join(', ')})` : ''}, SHA-256 ${say('dataSha256')}`,
    ].join('\n'),
  };
}
