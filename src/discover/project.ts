/** What discovery may know of a folder: its files, as git lists them, and their text. Pure; the caller reads. */
import type { MetricRead } from '../core/arena.ts';

/** A person's folder. */
export interface Project {
  /** Paths below the folder, sorted, without what git ignores. */
  readonly files: readonly string[];
  /** Text of a file, cut at a megabyte; undefined where there is none. Also of files that git ignores. */
  readonly read: (path: string) => string | undefined;
}

/** One way to research a project, with the reason why it was found. Absent fields are not known. */
export interface Suggestion {
  /** For people: `package.json, script "bench"`. */
  readonly found: string;
  readonly command?: string;
  /** Globs of files that may change. */
  readonly editable?: readonly string[];
  readonly metric?: SuggestedMetric;
  readonly guards?: readonly { readonly name: string; readonly command: string }[];
  /** The program keeps its own time and is done after so many seconds at most. */
  readonly selfTimedS?: number;
  /** It writes beside its sources. */
  readonly isBuiltInPlace?: boolean;
  /** Installed packages beside the sources, which git ignores: node_modules, .venv. */
  readonly installed?: readonly string[];
}

export interface SuggestedMetric {
  readonly name: string;
  readonly direction?: 'minimize' | 'maximize';
  readonly unit?: string;
  readonly read?: MetricRead;
}

/** Files whose path matches. */
export function filesLike(project: Project, pattern: RegExp): string[] {
  return project.files.filter((path) => pattern.test(path));
}

/** A few globs that match the files: whole top folders by extension, and single files of the top level. Sorted. */
export function globsOf(files: readonly string[]): string[] {
  const globs = files.map((file) => {
    const [top, ...rest] = file.split('/');
    return rest.length === 0 ? file : `${top}/**/*.${file.split('.').at(-1)}`;
  });
  return [...new Set(globs)].sort();
}
