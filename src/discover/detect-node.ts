/** Node projects: the scripts of package.json that measure, and the packages that are installed beside it. */
import type { Project, Suggestion } from './project.ts';

const MEASURES = /bench|perf/i;

export function detectNode(project: Project): Suggestion[] {
  const manifest = parseObject(project.read('package.json'));
  if (!manifest) return [];
  const scripts = Object.entries(objectOf(manifest['scripts'])).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  );
  const test = scripts.find(([name, text]) => name === 'test' && !/no test specified/.test(text));
  const builds = scripts.some(([name]) => name === 'build');
  return scripts
    .filter(([name]) => MEASURES.test(name))
    .map(([name, text]) => ({
      found: `package.json, script "${name}": ${text}`,
      command: `npm run --silent ${name}`,
      editable: sourcesOf(project),
      guards: test ? [{ name: 'tests', command: 'npm test --silent' }] : [],
      installed: ['node_modules'],
      isBuiltInPlace: builds,
    }));
}

/** The folders that hold a package's code; else the code at the top. */
function sourcesOf(project: Project): string[] {
  const folders = ['src', 'lib'].filter((folder) => project.files.some((file) => file.startsWith(`${folder}/`)));
  if (folders.length > 0) return folders.map((folder) => `${folder}/**`);
  return project.files.filter((file) => /^[^/]+\.(?:[cm]?[jt]s)$/.test(file) && !/test|bench|config/i.test(file));
}

function parseObject(text: string | undefined): Record<string, unknown> | undefined {
  try {
    return text === undefined ? undefined : objectOf(JSON.parse(text));
  } catch {
    return undefined;
  }
}

const objectOf = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
