// How a run is cited: the software with its version, the model with its source, the data. Pure.

export interface Citation {
  readonly text: string;
  readonly bibtex: string;
}

/** From the facts of a provenance. */
export function citation(facts: Readonly<Record<string, unknown>>): Citation {
  const say = (key: string): string => (typeof facts[key] === 'string' ? facts[key] : 'unknown');
  return {
    bibtex:
      `@software{settle,\n  title = {settle: spiking networks that learn by equilibrium propagation},\n` +
      `  version = {${say('version')}},\n  note = {commit ${say('commit')}}\n}`,
    text: `Model: ${say('model')} (${say('source')}), SHA-256 ${say('modelSha256')}\nData: ${say('data')}, SHA-256 ${say('dataSha256')}`,
  };
}
