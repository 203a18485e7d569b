/**
 * Whether program.md still says what the manifest says: files that are not there, files that may not be changed,
 * another metric, another direction. Reads words in backticks and two fixed phrases; it does not understand the page.
 * Pure.
 */
import type { Arena } from '../core/arena.ts';
import { matchingFiles, roleOf } from '../core/file-roles.ts';

/** Endings of what is surely the name of a file; `Math.floor` is none. */
const FILE_ENDINGS =
  /\.(?:[cm]?[jt]sx?|py|ipynb|c|h|cc|cpp|hpp|rs|go|java|rb|sh|md|txt|csv|tsv|jsonl?|ya?ml|toml|onnx|bin|npy|parquet|sql|html|css)$/i;
const PLAIN_PATH = /^[\w.*@{},!/-]+$/;
/** Files that the harness itself speaks of. */
const KNOWN_FILES = new Set(['arena.yaml', 'program.md', 'curve.csv', 'items.csv', 'overnight-note.json', 'AGENTS.md']);
/** Problems that are named. */
const MAX_PROBLEMS = 4;

/** What does not fit, each a clause to be read after "it"; empty where nothing is seen. `files`: paths of the arena. */
export function pageProblems(page: string, arena: Arena, files: readonly string[]): readonly string[] {
  return [...new Set([...metricProblems(page, arena), ...fileProblems(page, arena, files)])].slice(0, MAX_PROBLEMS);
}

const quoted = (text: string): string[] => [...text.matchAll(/`([^`\n]+)`/g)].map(([, word]) => word!.trim());

function metricProblems(page: string, { metric }: Arena): string[] {
  const isBetter = metric.direction === 'minimize' ? 'lower' : 'higher';
  const said = [...page.matchAll(/(?:`([\w.@/-]+)`[^`.\n]{0,40}?)?\b(lower|higher) is better/gi)];
  return said.flatMap(([, name, direction]) => {
    const isOther = name !== undefined && name !== metric.name;
    if (isOther && !isNamed(page, metric.name))
      return [`says that \`${name}\` is measured; arena.yaml measures \`${metric.name}\``];
    if (isOther || direction!.toLowerCase() === isBetter) return [];
    return [
      `says that ${direction!.toLowerCase()} is better; in arena.yaml \`${metric.name}\` is to be ${metric.direction === 'minimize' ? 'minimised' : 'maximised'}`,
    ];
  });
}

const isNamed = (page: string, name: string): boolean => quoted(page).includes(name);

function fileProblems(page: string, arena: Arena, files: readonly string[]): string[] {
  const manifestText = JSON.stringify(arena);
  const isKnown = (name: string): boolean =>
    KNOWN_FILES.has(name) ||
    manifestText.includes(name) ||
    files.some((file) => file === name || file.endsWith(`/${name}`)) ||
    matchingFiles([name], files).length > 0;
  const isFileName = (word: string): boolean => PLAIN_PATH.test(word) && FILE_ENDINGS.test(word);
  const missing = quoted(page)
    .filter((word) => isFileName(word) && !isKnown(word))
    .map((name) => `names \`${name}\`, which is no file of the arena`);
  const fileRoleOf = roleOf(arena);
  const allowed = [...page.matchAll(/\bmay (?:change|edit)([^\n]*)/gi)].flatMap(([, rest]) =>
    quoted(rest!.split(/\bnot\b|\bnothing else\b|\. /i)[0]!),
  );
  const frozen = allowed
    .filter((word) => files.includes(word) && fileRoleOf(word) !== 'editable')
    .map((name) => `says that \`${name}\` may be changed; in arena.yaml it is ${fileRoleOf(name)}`);
  return [...missing, ...frozen];
}
