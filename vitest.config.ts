import { defineConfig } from 'vitest/config';

const node = { environment: 'node' as const, passWithNoTests: false };

/** Three projects by what a test needs: `unit` Node alone, `api` a real API server, `e2e` a kind cluster. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...node,
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/**/*.api.test.ts', 'test/**/*.e2e.test.ts'],
        },
      },
      {
        test: {
          ...node,
          name: 'api',
          globalSetup: ['test/cluster/vitest-api.ts'],
          include: ['test/**/*.api.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
          maxWorkers: 2,
        },
      },
      {
        test: {
          ...node,
          name: 'e2e',
          globalSetup: ['test/cluster/vitest-kind.ts'],
          include: ['test/**/*.e2e.test.ts'],
          testTimeout: 600_000,
          hookTimeout: 600_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
