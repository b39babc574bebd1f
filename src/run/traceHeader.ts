// What a trace of a run says first.
import type { Model } from '../model/model.ts';

export function traceHeader(model: Model, rule: string) {
  return {
    schema: 'settle-trace/1',
    run: `${model.name}-${rule}-${model.seed}`,
    model: model.name,
    seed: model.seed,
    step: model.step,
    units: { time: 'steps', membrane: 'as in the model', trace: 'activity' },
  };
}
