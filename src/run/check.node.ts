// Checks a model before it is trained; which check, its kind and its rule say. It changes nothing.
import type { CheckOptions } from './checkBench.node.ts';
import type { CheckResult } from './checkResult.ts';
import { checkPass } from './checkPass.node.ts';
import { checkSettling, type CourseSet } from './checkSettling.node.ts';
import { checkSpiking } from './checkSpiking.node.ts';

/** Rules that learn while a network settles; all others of rate models make a pass. */
const settling = ['ep', 'bptt'];

/** `courses`: partial updates over time at each beta, for a picture; too many numbers for a result. */
export async function check(options: CheckOptions): Promise<{ result: CheckResult; courses: CourseSet[] | null }> {
  if (options.model.kind === 'spiking') return { result: await checkSpiking(options), courses: null };
  const rule = options.rule?.name ?? options.model.learning.rule;
  return settling.includes(rule) ? checkSettling(options) : { result: await checkPass(options), courses: null };
}
