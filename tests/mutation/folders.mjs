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
  'core/reading': { mutate: ['src/core/reading/*.ts'] },
  'core/rules': { mutate: ['src/core/rules/*.ts'], least: 85 },
  // The pure files of the loop. The others touch files and processes, and tests/ covers them with real ones.
  loop: { mutate: ['src/loop/{faults,protocol}.ts'] },
  // Its quick tests: those of search.test.ts play whole searches, and take seconds each.
  search: { mutate: ['src/search/*.ts'], tests: 'src/search/!(search|sampling|docs).test.ts' },
  'search/sobol': { mutate: ['src/search/sobol/*.ts'], tests: 'src/search/sampling.test.ts' },
  'search/math': { mutate: ['src/search/math/*.ts'], tests: 'src/search/sampling.test.ts' },
  'search/tpe': { mutate: ['src/search/tpe/*.ts'], tests: 'src/search/sampling.test.ts' },
  'search/cma': { mutate: ['src/search/cma/*.ts'] },
  'search/gp': { mutate: ['src/search/gp/*.ts'] },
};

/** The folder of this run: `scripts/mutation.mjs` starts Stryker once for each. */
export const name = process.env['MUTATION_FOLDER'] ?? 'base';
export const { mutate, tests = `src/${name}/*.test.ts` } = FOLDERS[name];

/** What Stryker found in the folder: a report in the format of mutation-testing-report-schema. */
export const reportOf = (folder) => `.stryker/${folder.replaceAll('/', '-')}.json`;
