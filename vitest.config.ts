import { defineConfig } from 'vitest/config';

const node = { environment: 'node' as const, passWithNoTests: false };

/** Projects by what a test needs: `unit` Node alone, `interop` other people's EPP software, `api` a real API server, `e2e` a kind cluster. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...node,
          name: 'unit',
          setupFiles: ['test/support/property-seed.ts'],
          // A process and a copy of all modules for each of hundreds of files took longer than the tests: files of one worker share both.
          // So a test puts back what it changes of the process, as of its environment.
          isolate: false,
          maxWorkers: 2,
          // For a busy machine; nothing should come near it.
          testTimeout: 40_000,
          hookTimeout: 40_000,
          include: ['test/**/*.test.ts'],
          exclude: ['test/**/*.api.test.ts', 'test/**/*.e2e.test.ts', 'test/**/*.interop.test.ts'],
        },
      },
      {
        test: {
          ...node,
          name: 'interop',
          include: ['test/**/*.interop.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 300_000,
          // packages are installed one at a time
          fileParallelism: false,
        },
      },
      {
        test: {
          ...node,
          name: 'api',
          globalSetup: ['test/cluster/vitest-api.ts'],
          include: ['test/**/*.api.test.ts'],
          testTimeout: 240_000,
          hookTimeout: 240_000,
          // They wait more than they work
          maxWorkers: 3,
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
