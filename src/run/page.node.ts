// The page of a run, from its history, its last read-out and its recorded examples.
import type { Finish } from './output.node.ts';
import type { Model } from '../model/model.ts';

export interface PageInput extends Finish {
  readonly model: Model;
  /** Lines of metrics.jsonl, its header first. */
  readonly history: readonly Readonly<Record<string, unknown>>[];
}

export function pageOf(input: PageInput): string {
  return `<!doctype html><title>${input.model.name}</title>`;
}
