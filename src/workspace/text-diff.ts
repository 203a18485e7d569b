/** A unified diff of texts that are in no commit. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { removeTree } from '../os/files.ts';
import { makeTemporaryFolder } from '../os/folders.ts';
import { gitText } from './command.ts';

export interface TextChange {
  /** A plain path below the arena. */
  readonly path: string;
  /** Absent: the file is new. */
  readonly before?: string | undefined;
  /** `null`: the file is removed. */
  readonly after: string | null;
}

/** As `git diff` writes it, with a/ and b/ before the paths. */
export async function diffTexts(changes: readonly TextChange[]): Promise<string> {
  const folder = makeTemporaryFolder('overnight-text-');
  try {
    for (const side of ['a', 'b']) fs.mkdirSync(path.join(folder, side));
    for (const { path: filePath, before, after } of changes) {
      if (before !== undefined) writeBelow(path.join(folder, 'a'), filePath, before);
      if (after !== null) writeBelow(path.join(folder, 'b'), filePath, after);
    }
    const format = ['--no-index', '--no-prefix', '--no-color', '--no-ext-diff', '--no-textconv', '--no-renames'];
    const text = await gitText(['diff', ...format, 'a', 'b'], { cwd: folder, allow: [1] });
    return text;
  } finally {
    removeTree(folder);
  }
}

function writeBelow(folder: string, filePath: string, content: string): void {
  const target = path.join(folder, filePath);
  fs.mkdirSync(path.dirname(target), { recursive: true });
  fs.writeFileSync(target, content);
}
