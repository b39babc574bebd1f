// Streams of random numbers (math/random.ts) of models without learning: one for each thing drawn, so that no two share
// numbers and none depends on the engine, the backend or the number of threads.
const kinds = 16;
const first = 1 << 20;
const population = { initial: 0, bias: 1, source: 2, drive: 3, noise: 4 } as const;
const projection = { pairs: 8, weight: 9, delay: 10 } as const;

/** The stream of what is drawn for the population (in the order of the file). */
export const populationStream = (index: number, what: keyof typeof population): number =>
  first + index * kinds + population[what];

/** The stream of what is drawn for the projection (in the order of the file). */
export const projectionStream = (index: number, what: keyof typeof projection): number =>
  first + index * kinds + projection[what];

/** The stream of a variable's initial values or of a parameter of equations (population and variable in the order of the file). */
export const equationStream = (index: number, what: 'initial' | 'parameter', k: number): number =>
  (1 << 28) + index * 2048 + (what === 'parameter' ? 1024 : 0) + k;
