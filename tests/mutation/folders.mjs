/**
 * The folders whose code mutation testing changes. Each one is judged by the tests in the same folder: whoever changes
 * a file finds the test that holds it beside it, and a run takes minutes instead of hours.
 */
export const FOLDERS = {
  base: { mutate: ['src/base/*.ts'], least: 85 },
  // The fold is covered by the tests of replay.ts.
  core: { mutate: ['src/core/*.ts', 'src/core/fold/*.ts'], least: 85 },
  'core/admission': { mutate: ['src/core/admission/*.ts'], least: 85 },
  'core/bases': { mutate: ['src/core/bases/*.ts'] },
  'core/plan': { mutate: ['src/core/plan/*.ts'], least: 85 },
  'core/rules': { mutate: ['src/core/rules/*.ts'], least: 85 },
  // The pure files of the loop. The others touch files and processes, and tests/ covers them with real ones.
  loop: { mutate: ['src/loop/{faults,protocol}.ts'] },
  search: { mutate: ['src/search/**/*.ts'], tests: 'src/search/**/*.test.ts' },
};

/** The folder of this run: `scripts/mutation.mjs` starts Stryker once for each. */
export const name = process.env['MUTATION_FOLDER'] ?? 'base';
export const { mutate, tests = `src/${name}/*.test.ts` } = FOLDERS[name];

/** What Stryker found in the folder: a report in the format of mutation-testing-report-schema. */
export const reportOf = (folder) => `.stryker/${folder.replaceAll('/', '-')}.json`;
