/**
 * What the built-in agent can do: list, read, search and edit files of its folder, and look at earlier experiments. It
 * runs in this process and therefore never executes anything, follows no link, and touches nothing outside the folder.
 * Arguments come from a model, so each of them is checked.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { oneLine } from '../base/text.ts';
import type { AgentTask } from '../core/ports.ts';
import { listTree } from '../os/files.ts';

const MAX_LINES = 400;
const MAX_CHARS = 20_000;
const MAX_HITS = 60;
const MAX_FILE_BYTES = 1 << 20;
const MAX_FILES = 400;

/** A mistake of the model. It is reported to the model and never leaves this file. */
class ToolRefusal extends Error {}

export class FolderTools {
  readonly #task: Pick<AgentTask, 'dir' | 'writable' | 'earlier'>;
  readonly #rootDir: string;

  constructor(task: Pick<AgentTask, 'dir' | 'writable' | 'earlier'>) {
    this.#task = task;
    this.#rootDir = fs.realpathSync(task.dir);
  }

  listFiles(): string {
    const files = listTree(this.#rootDir);
    const shownFiles = files
      .slice(0, MAX_FILES)
      .map((filePath) => (this.#isWritable(filePath) ? `${filePath} (editable)` : filePath));
    return [...shownFiles, ...(files.length > MAX_FILES ? [`… and ${files.length - MAX_FILES} more`] : [])].join('\n');
  }

  /** Lines from `firstLine` (1 is the first), with their numbers. */
  readLines(filePath: string, firstLine = 1, lineCount = MAX_LINES): string {
    return answerOrRefuse(() => {
      const allLines = this.#readOwnText(filePath).split('\n');
      const startLine = Math.max(1, Math.floor(firstLine));
      const selectedLines = allLines.slice(
        startLine - 1,
        startLine - 1 + Math.min(MAX_LINES, Math.max(1, Math.floor(lineCount))),
      );
      const shownText = selectedLines
        .map((line, i) => `${startLine + i}\t${line}`)
        .join('\n')
        .slice(0, MAX_CHARS);
      return `${shownText}\n(${allLines.length} lines in all)`;
    });
  }

  /**
   * Lines that contain the words, upper or lower case. The words are plain text, because a regular expression from a
   * model could run for ever.
   */
  findLines(searchWords: string): string {
    return answerOrRefuse(() => {
      if (searchWords.trim() === '') throw new ToolRefusal('there is nothing to search for');
      const lowerCaseWords = searchWords.toLowerCase();
      const matchingLines: string[] = [];
      for (const filePath of listTree(this.#rootDir)) {
        const fileText = this.#readTextFile(filePath);
        for (const [lineIndex, line] of (fileText ?? '').split('\n').entries()) {
          if (!line.toLowerCase().includes(lowerCaseWords)) continue;
          matchingLines.push(`${filePath}:${lineIndex + 1}: ${oneLine(line, 200)}`);
          if (matchingLines.length >= MAX_HITS) return [...matchingLines, '… and more'].join('\n');
        }
      }
      return matchingLines.length > 0 ? matchingLines.join('\n') : 'no line contains it';
    });
  }

  /** Replace a text that the file contains exactly once. */
  replaceText(filePath: string, textBefore: string, textAfter: string): string {
    return answerOrRefuse(() => {
      const fileText = this.#readOwnText(filePath);
      const occurrences = textBefore === '' ? 0 : fileText.split(textBefore).length - 1;
      if (occurrences !== 1)
        throw new ToolRefusal(
          `${filePath} contains the text to replace ${occurrences} times; give a piece that it contains once`,
        );
      this.#putFile(
        filePath,
        fileText.replace(textBefore, () => textAfter),
      );
      return `${filePath} was changed`;
    });
  }

  /** Write a whole file, or a new one. */
  writeFile(filePath: string, content: string): string {
    return answerOrRefuse(() => {
      this.#putFile(filePath, content);
      return `${filePath} was written`;
    });
  }

  async describeEarlier(n: number): Promise<string> {
    const description = await this.#task.earlier?.(Math.floor(n));
    return (description ?? 'earlier experiments cannot be shown here').slice(0, MAX_CHARS);
  }

  #putFile(filePath: string, content: string): void {
    const absolutePath = this.#resolveInside(filePath);
    if (!this.#isWritable(path.relative(this.#rootDir, absolutePath)))
      throw new ToolRefusal(`${oneLine(filePath, 100)} is not editable`);
    if (Buffer.byteLength(content) > MAX_FILE_BYTES) throw new ToolRefusal('the content is larger than 1 MB');
    fs.mkdirSync(path.dirname(absolutePath), { recursive: true });
    fs.writeFileSync(absolutePath, content);
  }

  #readOwnText(filePath: string): string {
    const fileText = this.#readTextFile(path.relative(this.#rootDir, this.#resolveInside(filePath)));
    if (fileText === undefined) throw new ToolRefusal(`${oneLine(filePath, 100)} is not a text file of this folder`);
    return fileText;
  }

  #readTextFile(relativePath: string): string | undefined {
    const fileStat = fs.lstatSync(path.join(this.#rootDir, relativePath), { throwIfNoEntry: false });
    if (!fileStat?.isFile() || fileStat.size > MAX_FILE_BYTES) return undefined;
    const fileText = fs.readFileSync(path.join(this.#rootDir, relativePath), 'utf8');
    return fileText.includes('\0') ? undefined : fileText;
  }

  /** The absolute path of a path below the folder. No existing part of it may be a link, which could lead outside. */
  #resolveInside(filePath: string): string {
    const absolutePath = path.resolve(this.#rootDir, filePath);
    const relativePath = path.relative(this.#rootDir, absolutePath);
    if (
      relativePath === '' ||
      relativePath.startsWith('..') ||
      path.isAbsolute(relativePath) ||
      filePath.includes('\0')
    )
      throw new ToolRefusal(`${oneLine(filePath, 100)} is outside of the folder`);
    let checkedPath = this.#rootDir;
    for (const pathPart of relativePath.split(path.sep)) {
      checkedPath = path.join(checkedPath, pathPart);
      if (fs.lstatSync(checkedPath, { throwIfNoEntry: false })?.isSymbolicLink())
        throw new ToolRefusal(`${oneLine(filePath, 100)} is a link`);
    }
    return absolutePath;
  }

  #isWritable(filePath: string): boolean {
    return this.#task.writable.some(
      (writablePath) => writablePath === '.' || filePath === writablePath || filePath.startsWith(`${writablePath}/`),
    );
  }
}

function answerOrRefuse(runTool: () => string): string {
  try {
    return runTool();
  } catch (thrownError) {
    if (thrownError instanceof ToolRefusal) return `error: ${thrownError.message}`;
    const { code } = thrownError as NodeJS.ErrnoException;
    if (code === undefined) throw thrownError;
    return `error: ${code}`;
  }
}
