/**
 * Three projects: `quick` (pure and small, no build, under half a minute), `full` (real processes, real git, real
 * time), `agents` (real coding agents).
 */
import { defineConfig } from 'vitest/config';

const QUICK = ['src/**/*.test.ts', 'tests/tidy/**/*.test.ts', 'tests/tiny.test.ts'];

export default defineConfig({
  test: {
    // Most of the time is spent waiting for other processes; more workers than this disturb what is measured.
    maxWorkers: 2,
    reporters: ['default'],
    projects: [
      // One set of modules a worker: pure tests share nothing that they change, and importing took half of the time.
      { test: { name: 'quick', include: QUICK, isolate: false, testTimeout: 30_000, hookTimeout: 30_000 } },
      {
        test: {
          name: 'full',
          include: ['tests/**/*.test.ts', 'arenas/*/tests/**/*.test.ts'],
          exclude: [...QUICK, 'tests/agents/**', '**/node_modules/**', '**/.overnight/**'],
          globalSetup: ['tests/fixtures/build.ts'],
          testTimeout: 180_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'agents',
          include: ['tests/agents/*.test.ts'],
          globalSetup: ['tests/fixtures/build.ts'],
          testTimeout: 180_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
