// Creatures as a task of evolution: a trial's score, one line for a reader, and the page of those that were the best of their time.
import type { EvolutionSpec } from '../model/evolution.ts';
import { type CreatureReport, creaturesPage } from '../report/creatures.ts';
import { bodyOf } from '../search/creatures/body.ts';
import { brainStep } from '../search/creatures/brain.ts';
import { comingFrom, type Individual, type SimsState } from '../search/creatures/sims.ts';
import { finer, once, type Task, trial } from '../search/creatures/trial.ts';
import { openPhysics } from '../search/creatures/world.ts';
import type { Progress } from '../search/evolve.ts';

export async function tried({ genotype }: Individual, task: Task): Promise<number> {
  await openPhysics();
  return trial(genotype, { task }).score;
}

export function creatureWords({ id, how, genotype }: Individual): string {
  const parts = bodyOf(genotype) ?? [];
  const neurons = genotype.centre.length + parts.reduce((sum, { node }) => sum + genotype.nodes[node]!.neurons.length, 0);
  return `creature ${id} (${how}): ${parts.length} parts, ${neurons} neurons`;
} // prettier-ignore

/** The records are lived through again: trials are the same bit for bit. */
export async function creaturesOf({ state, records, evaluations }: Progress<Individual, SimsState>, spec: EvolutionSpec, task: Task): Promise<string> {
  await openPhysics();
  const best = state.records.map(({ generation, score, individual }): CreatureReport => {
    // The usual steps of physics: that finer ones agree is known.
    const { length, distance, track } = once(individual.genotype, bodyOf(individual.genotype)!, { task, record: true }, finer[0]);
    return { id: individual.id, generation, score, length, distance, sides: track?.sides ?? [], poses: track?.poses ?? new Float64Array(), step: brainStep };
  });
  const champion = state.records.at(-1)?.individual;
  return creaturesPage({
    name: `${spec.name}-${spec.seed}`, task, best,
    facts: [['task', task], ['population', String(state.alive.length + state.asked.length)], ['evaluations', String(evaluations)], ['seed', String(spec.seed)]],
    family: champion ? comingFrom(state.family, [champion.id]) : [],
    curve: { generation: records.map(({ generation }) => generation), best: records.map((each) => each.best), median: records.map((each) => each.median) },
  });
} // prettier-ignore
