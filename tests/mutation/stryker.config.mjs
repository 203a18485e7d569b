/**
 * Mutation testing: Stryker changes the code in one place, and a test must notice. `npm run test:mutation` starts it
 * once for each folder. docs/mutation.md has the scores, and every change that no test notices with its reason.
 */
import { mutate, name, reportOf } from './folders.mjs';

export default {
  mutate: [...mutate, '!src/**/*.test.ts'],
  mutator: {
    // Behaviour never hangs on the wording of a sentence, so no test holds one.
    excludedMutations: ['StringLiteral'],
  },
  plugins: ['@stryker-mutator/vitest-runner'],
  testRunner: 'vitest',
  vitest: { configFile: 'tests/mutation/vitest.config.mjs' },
  coverageAnalysis: 'perTest',
  concurrency: 2,
  timeoutMS: 15_000,
  // No test that runs here reads these; without them the copy that is tested is small.
  ignorePatterns: ['arenas', 'docs/nights', 'examples', 'web', 'dist', '.overnight'],
  tempDirName: '.stryker/tmp',
  incremental: true,
  incrementalFile: reportOf(name),
  reporters: ['clear-text', 'progress-append-only'],
  clearTextReporter: { logTests: false, reportTests: false, allowColor: false, skipFull: true },
};
