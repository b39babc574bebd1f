// The process of one evaluator: receives an evolution file, then candidates, and answers each with its score. It ends when whoever
// started it lets go.
import process from 'node:process';
import { loadEvolution } from '../model/evolution.ts';
import { scored } from '../search/search.ts';
import type { EvaluatorMessage, EvaluatorTask } from './evolvePool.node.ts';
import { type Problem, problemOf } from './evolution.node.ts';
import { heard } from './process.node.ts';

let problem: Problem | null = null;
// Ctrl-C reaches every process of a terminal; the starter decides.
for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => {});
process.on('disconnect', () => process.exit(0));
process.on('message', (message: EvaluatorTask | EvaluatorMessage) => {
  if ('text' in message) problem = problemOf(loadEvolution(message.text, message.file, message.set));
  else void answer(message.candidates);
});

async function answer(candidates: readonly unknown[]): Promise<void> {
  process.send?.(heard);
  for (const candidate of candidates) {
    const score = await scored((each: unknown) => problem!.evaluate(each), candidate);
    await new Promise((sent) => process.send?.({ score }, sent));
  }
}
