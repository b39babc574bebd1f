// Checks a model before it is trained; which check, its kind and its rule say. It changes nothing.
import type { CheckOptions } from './checkBench.node.ts';
import type { CheckResult } from './checkResult.ts';
import { checkPass } from './checkPass.node.ts';
import { checkSettling, type CourseSet } from './checkSettling.node.ts';
import { checkSpiking } from './checkSpiking.node.ts';

/** Rules that learn while a network settles; all others of rate models make a pass. */
const settling = ['ep', 'bptt'];

/** Whether a check of the model follows updates over time. */
export const hasCourses = ({ model, rule }: Pick<CheckOptions, 'model' | 'rule'>): boolean =>
  model.kind === 'rate' && settling.includes(rule?.name ?? model.learning.rule);

/** `courses`: partial updates over time at each beta, for a picture; too many numbers for a result. */
export async function check(options: CheckOptions): Promise<{ result: CheckResult; courses: CourseSet[] | null }> {
  if (hasCourses(options)) return checkSettling(options);
  return { result: await (options.model.kind === 'rate' ? checkPass(options) : checkSpiking(options)), courses: null };
}
