/** Which ways to research a project its files show. The most certain one comes first. */
import { detectAutoresearch, detectPiAutoresearch } from './detect-autoresearch.ts';
import { detectNative, detectSql } from './detect-native.ts';
import { detectNode } from './detect-node.ts';
import { detectNotebook, detectPython } from './detect-python.ts';
import { globsOf, type Project, type Suggestion } from './project.ts';

const DETECTORS: readonly ((project: Project) => readonly Suggestion[])[] = [
  detectAutoresearch,
  detectPiAutoresearch,
  detectNode,
  detectPython,
  detectNative,
  detectSql,
  detectNotebook,
];

/** All suggestions, the most certain first. */
export function detectSetups(project: Project): Suggestion[] {
  return DETECTORS.flatMap((detect) => detect(project));
}

const CODE = /\.(?:py|m?js|cjs|m?ts|tsx|c|cc|cpp|h|hpp|rs|go|rb|java|kt|sql|jl|R|lua|php|sh|ipynb)$/;
const TESTS =
  /(?:^|\/)(?:tests?|spec|__tests__|bench(?:marks?)?|perf(?:ormance)?|examples?|docs?|vendor|third_party)\/|(?:^|\/|[._-])(?:test|spec|bench(?:mark)?)[._-]|[._-](?:test|spec|bench(?:mark)?)\.\w+$/i;

/** Programs that judge other code, by their names. */
const JUDGES = /(?:^|\/)(?:check|measure|eval(?:uate)?|score|judge|compare)\.\w+$/i;
/** What a file takes from its neighbours: JavaScript, Python, C. */
const LOCAL_IMPORTS = [
  /(?:from|import|require\()\s*['"](\.[^'"]+)['"]/g,
  /^\s*(?:from|import)\s+([\w.]+)/gm,
  /^\s*#\s*include\s+"([^"]+)"/gm,
];

/**
 * Which files may change when a command is given: the code files that it names; where it names none or only one that
 * measures, what that one takes from the project, else the project's code without tests and benchmarks. Undefined where
 * there is no code.
 */
export function editableFor(project: Project, command: string): readonly string[] | undefined {
  const named = command.split(/[\s'"=;|&<>()]+/).map((word) => word.replace(/^\.\//, ''));
  const files = named.filter((word) => CODE.test(word) && project.files.includes(word));
  const measures = (file: string): boolean => TESTS.test(file) || JUDGES.test(file);
  if (files.length > 0 && !files.every(measures)) return [...new Set(files)];
  const sources = project.files.filter((file) => CODE.test(file) && !measures(file) && !files.includes(file));
  const used = sources.filter((source) => files.some((file) => takesFrom(project.read(file) ?? '', source)));
  if (used.length > 0) return used;
  if (sources.length === 0) return files.length > 0 ? files : undefined;
  return globsOf(sources);
}

/** True where the text imports the file, by whatever path: the last part of the name decides. */
function takesFrom(text: string, file: string): boolean {
  const stem = (path: string): string =>
    path.split(/[/.]/).findLast((part) => part !== '' && !/^(?:m?[jt]s|cjs|py|h|hpp)$/.test(part)) ?? '';
  return LOCAL_IMPORTS.some((pattern) =>
    [...text.matchAll(pattern)].some(([, imported]) => stem(imported!) === stem(file)),
  );
}
