// Room for other events while this process computes: signals, messages, a page that asks.
import { performance } from 'node:perf_hooks';

/** Milliseconds between two looks at the rest of the world. */
const breath = 50;

/** To be called often: mostly it returns at once; when it is time, what it returns is to be awaited. */
export function breather(): () => Promise<void> | undefined {
  let breathed = performance.now();
  return () => {
    if (performance.now() - breathed < breath) return undefined;
    return new Promise((resolve) => {
      setImmediate(() => {
        breathed = performance.now();
        resolve();
      });
    });
  };
}
