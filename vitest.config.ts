/**
 * Four projects. `npm test` runs `quick` (pure and small, no build, under half a minute) and `full` (real processes,
 * real git, real time). `npm run test:all` adds `slow` (whole sweeps that take minutes, and the installed package) and
 * `agents` (real coding agents, which are a gigabyte to install).
 */
import { defineConfig } from 'vitest/config';

const QUICK = ['src/**/*.test.ts', 'tests/tidy/**/*.test.ts', 'tests/tiny.test.ts'];
const SLOW = ['tests/**/*.slow.test.ts', 'arenas/*/tests/**/*.slow.test.ts'];
const AGENTS = ['tests/agents/*.test.ts'];
const NOT_OURS = ['**/node_modules/**', '**/.overnight/**'];

/** Tests that start the built program as a person would. */
const withProgram = { globalSetup: ['tests/fixtures/build.ts'], testTimeout: 180_000, hookTimeout: 120_000 };

export default defineConfig({
  test: {
    // Most of the time is spent waiting for other processes; more workers than this disturb what is measured.
    maxWorkers: 2,
    reporters: ['default', './tests/fixtures/not-passed.ts'],
    projects: [
      // One set of modules a worker: pure tests share nothing that they change, and importing took half of the time.
      { test: { name: 'quick', include: QUICK, isolate: false, testTimeout: 30_000, hookTimeout: 30_000 } },
      {
        test: {
          name: 'full',
          include: ['tests/**/*.test.ts', 'arenas/*/tests/**/*.test.ts'],
          exclude: [...QUICK, ...SLOW, ...AGENTS, ...NOT_OURS],
          ...withProgram,
        },
      },
      { test: { name: 'slow', include: SLOW, exclude: NOT_OURS, ...withProgram } },
      { test: { name: 'agents', include: AGENTS, ...withProgram } },
    ],
  },
});
