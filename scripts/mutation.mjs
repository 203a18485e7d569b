// Mutation testing: `npm run test:mutation` does all folders, `npm run test:mutation base` one, `npm run test:mutation
// base src/base/json.ts` some files of it, or lines of one (`src/base/json.ts:10-20`). Results of what did not change are
// kept; `--force` measures anew, which code that runs when a module is loaded needs after its tests changed. Writes
// docs/mutation.md from Stryker's reports and from the reasons in tests/mutation/reasons.yaml; fails when a folder
// scores less than it must.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import picomatch from 'picomatch';
import * as prettier from 'prettier';
import { parse } from 'yaml';
import { FOLDERS, reportOf } from '../tests/mutation/folders.mjs';

const root = path.resolve(import.meta.dirname, '..');
const STRYKER = path.join(root, 'node_modules/@stryker-mutator/core/bin/stryker.js');
const PAGE = path.join(root, 'docs/mutation.md');
const reasons = parse(fs.readFileSync(path.join(root, 'tests/mutation/reasons.yaml'), 'utf8')) ?? [];

/** Runs Stryker on a folder, or on some of its files. */
function mutate(folder, files) {
  const chosen = files.length > 0 ? ['--mutate', files.join(',')] : [];
  const command = [STRYKER, 'run', 'tests/mutation/stryker.config.mjs', ...chosen, ...(isForced ? ['--force'] : [])];
  const env = { ...process.env, MUTATION_FOLDER: folder };
  const { status } = spawnSync(process.execPath, command, { cwd: root, env, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

/** All mutants of a folder's newest report; nothing of files that are gone. */
function readMutants(folder) {
  const report = path.join(root, reportOf(folder));
  if (!fs.existsSync(report)) return [];
  const { files } = JSON.parse(fs.readFileSync(report, 'utf8'));
  return Object.entries(files)
    .filter(([file]) => fs.existsSync(path.join(root, file)))
    .flatMap(([file, { source, mutants }]) =>
      mutants.map((mutant) => ({ ...mutant, file, original: textAt(source, mutant.location) })),
    );
}

/** The part of a source that a mutant replaces, and the lines that it stands on. */
function textAt(source, { start, end }) {
  const lines = source.split('\n').slice(start.line - 1, end.line);
  const line = lines.map((text) => text.trim()).join(' ');
  lines[lines.length - 1] = lines.at(-1).slice(0, end.column - 1);
  lines[0] = lines[0].slice(start.column - 1);
  return { line, code: lines.map((text) => text.trim()).join(' ') };
}

const isCaught = ({ status }) => status === 'Killed' || status === 'Timeout';
const isMissed = ({ status }) => status === 'Survived' || status === 'NoCoverage';

/** Per cent of the changes that a test noticed. */
function scoreOf(mutants) {
  const [caught, missed] = [mutants.filter(isCaught).length, mutants.filter(isMissed).length];
  return caught + missed === 0 ? undefined : (100 * caught) / (caught + missed);
}

/** Files of a folder that no report has: no test of theirs was ever tried. */
function unmeasuredFiles(folder, mutants) {
  const measured = new Set(mutants.map(({ file }) => file));
  const isMutated = picomatch(FOLDERS[folder].mutate);
  return fs
    .readdirSync(path.join(root, 'src', folder), { recursive: true })
    .map((file) => `src/${folder}/${file}`)
    .filter((file) => isMutated(file) && !file.endsWith('.test.ts') && !measured.has(file) && hasCode(file))
    .sort();
}

/** False for a file of types and exports, in which there is nothing to change. */
function hasCode(file) {
  const source = fs.readFileSync(path.join(root, file), 'utf8');
  return /^(export )?(async )?(function|class|const)\b/m.test(source);
}

/** Why no test notices: the first entry that names the file, and code, mutator or replacement where it says so. */
function reasonFor({ file, original, mutatorName, replacement }) {
  return reasons.find(
    (entry) =>
      (entry.file === undefined || entry.file === file) &&
      (entry.folder === undefined || path.dirname(file) === entry.folder) &&
      (entry.code === undefined || original.line.includes(entry.code)) &&
      (entry.mutator === undefined || entry.mutator === mutatorName) &&
      (entry.to === undefined || entry.to === replacement),
  )?.why;
}

const cell = (text) => text.replaceAll('\n', ' ').replaceAll(/\s+/g, ' ').replaceAll('|', '\\|');
const code = (text) => `\`${cell(text).slice(0, 90).replaceAll('`', '´')}\``;
/** The heads of a table of scores, behind its first column. */
const COLUMNS = '| score | killed | timeout | survived | no test | without a reason |\n|---|---|---|---|---|---|---|';
const percent = (score) => (score === undefined ? 'not measured' : `${score.toFixed(1)} %`);

const countUnexplained = (mutants) =>
  mutants.filter((mutant) => isMissed(mutant) && reasonFor(mutant) === undefined).length;

function scoreRow(name, mutants) {
  const count = (status) => mutants.filter((mutant) => mutant.status === status).length;
  const counts = ['Killed', 'Timeout', 'Survived', 'NoCoverage'].map(count);
  return `| ${name} | ${percent(scoreOf(mutants))} | ${counts.join(' | ')} | ${countUnexplained(mutants)} |`;
}

function filesOf(mutants) {
  return [...new Set(mutants.map(({ file }) => file))].sort();
}

function section(folder, mutants) {
  const rows = filesOf(mutants).map((file) =>
    scoreRow(
      file,
      mutants.filter((mutant) => mutant.file === file),
    ),
  );
  const missed = mutants.filter(isMissed);
  const lines = missed.map(
    (mutant) =>
      `| ${mutant.file.replace(`src/${folder}/`, '')} | ${code(mutant.original.code)} | ${code(mutant.replacement ?? '')} | ${cell(reasonFor(mutant) ?? '')} |`,
  );
  const head = `| file ${COLUMNS}`;
  const survivors =
    lines.length > 0
      ? `| file | code | changed to | why |\n|---|---|---|---|\n${[...new Set(lines)].join('\n')}`
      : 'None.';
  const others = unmeasuredFiles(folder, mutants);
  const note = others.length > 0 ? `\n\nNot measured: ${others.map((file) => `\`${file}\``).join(', ')}.` : '';
  if (mutants.length === 0) return `## src/${folder}${note}\n`;
  return `## src/${folder}\n\n${head}\n${rows.join('\n')}${note}\n\n### Changes in src/${folder} that no test notices\n\n${survivors}\n`;
}

async function writePage(folders) {
  const least = (folder) => (FOLDERS[folder].least === undefined ? '' : `, at least ${FOLDERS[folder].least} %`);
  const summary = folders.map(({ folder, mutants }) => scoreRow(`src/${folder}${least(folder)}`, mutants));
  const text = `# Mutation testing

Generated by \`npm run test:mutation\` from Stryker's reports and from the reasons in \`tests/mutation/reasons.yaml\`.

Stryker changes the code in one place and runs the tests of the folder. A change that no test notices is a hole in the
tests, or a change that means the same. The score is the share of changes that a test notices. A timeout counts as
noticed: the change made a loop endless.

Each folder is judged by its own tests. Changes of the text of strings are left out, because behaviour never hangs on the
wording of a sentence. \`src/loop\` is measured in its pure files; tests with real processes cover the others.
\`src/search\` is judged by its quick tests; those that play whole searches notice more than the scores say.

A change that no test notices stands in a list with its reason; the last column counts those that have none yet.

| folder ${COLUMNS}
${summary.join('\n')}

${folders.map(({ folder, mutants }) => section(folder, mutants)).join('\n')}`;
  const options = { ...(await prettier.resolveConfig(PAGE)), filepath: PAGE };
  fs.writeFileSync(PAGE, await prettier.format(text, options));
}

const isForced = process.argv.includes('--force');
const [chosen, ...files] = process.argv.slice(2).filter((word) => word !== '--force');
if (chosen !== undefined && chosen !== '--page' && FOLDERS[chosen] === undefined) {
  console.error(`${chosen} is not one of ${Object.keys(FOLDERS).join(', ')}`);
  process.exit(2);
}
if (chosen !== '--page')
  for (const folder of chosen === undefined ? Object.keys(FOLDERS) : [chosen]) mutate(folder, files);
const folders = Object.keys(FOLDERS).map((folder) => ({ folder, mutants: readMutants(folder) }));
await writePage(folders);
let isLow = false;
for (const { folder, mutants } of folders) {
  const score = scoreOf(mutants);
  console.log(`src/${folder}: ${percent(score)}, ${countUnexplained(mutants)} without a reason`);
  if (score !== undefined && score < (FOLDERS[folder].least ?? 0)) isLow = true;
}
process.exit(isLow ? 1 : 0);
