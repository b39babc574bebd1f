// Two projects: `quick` (npm test, under 3 minutes on two cores) and `long` (npm run test:long).
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: [
      // Both cores of a small machine: by itself vitest leaves one free.
      {
        test: {
          name: 'quick',
          include: ['test/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          maxWorkers: '100%',
        },
      },
      {
        test: {
          name: 'long',
          include: ['test/**/*.long.ts'],
          testTimeout: 600_000,
          hookTimeout: 600_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
