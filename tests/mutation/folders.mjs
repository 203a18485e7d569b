/**
 * The folders whose code mutation testing changes. Each one is judged by its own tests only: whoever changes a folder
 * finds the test that holds it beside it, and a run takes minutes instead of hours.
 */
export const FOLDERS = {
  base: ['src/base/**/*.ts'],
  core: ['src/core/**/*.ts'],
  search: ['src/search/**/*.ts'],
  // The parts of the loop that are pure. The others touch files and processes, and tests/ covers them with real ones.
  loop: ['src/loop/{faults,protocol}.ts'],
};

/** Per cent of the changes that a test must notice. */
export const MIN_SCORES = { base: 85, core: 85 };

/** The folder of this run: `scripts/mutation.mjs` starts Stryker once for each. */
export const folder = process.env['MUTATION_FOLDER'] ?? 'base';
