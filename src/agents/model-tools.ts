/**
 * What the built-in agent can do: list, read, search and edit files of its folder, and look at earlier experiments. It
 * runs in our own process and therefore never executes anything, follows no link, and touches nothing outside the
 * folder. Arguments come from a model: every one is checked.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { oneLine } from '../base/text.ts';
import type { AgentTask } from '../core/ports.ts';
import { listTree } from '../os/files.ts';

const MOST_LINES = 400;
const MOST_CHARS = 20_000;
const MOST_HITS = 60;
const MOST_FILE_BYTES = 1 << 20;
const MOST_FILES = 400;

/** A mistake of the model's: told to it, never thrown at us. */
class Refused extends Error {}

export class FolderTools {
  readonly #task: Pick<AgentTask, 'dir' | 'writable' | 'earlier'>;
  readonly #root: string;

  constructor(task: Pick<AgentTask, 'dir' | 'writable' | 'earlier'>) {
    this.#task = task;
    this.#root = fs.realpathSync(task.dir);
  }

  list(): string {
    const files = listTree(this.#root);
    const shown = files
      .slice(0, MOST_FILES)
      .map((file) => (this.#isWritable(file) ? `${file} (yours to change)` : file));
    return [...shown, ...(files.length > MOST_FILES ? [`… and ${files.length - MOST_FILES} more`] : [])].join('\n');
  }

  /** Lines from `from` (1 is the first), with their numbers. */
  read(file: string, from = 1, lines = MOST_LINES): string {
    return answer(() => {
      const all = this.#text(file).split('\n');
      const start = Math.max(1, Math.floor(from));
      const part = all.slice(start - 1, start - 1 + Math.min(MOST_LINES, Math.max(1, Math.floor(lines))));
      const shown = part
        .map((line, i) => `${start + i}\t${line}`)
        .join('\n')
        .slice(0, MOST_CHARS);
      return `${shown}\n(${all.length} lines in all)`;
    });
  }

  /**
   * Lines that hold the words, whatever their case. Plain text: an expression of a model's could keep us busy for ever.
   */
  search(words: string): string {
    return answer(() => {
      if (words.trim() === '') throw new Refused('nothing to search for');
      const wanted = words.toLowerCase();
      const hits: string[] = [];
      for (const file of listTree(this.#root)) {
        const text = this.#readable(file);
        for (const [i, line] of (text ?? '').split('\n').entries()) {
          if (!line.toLowerCase().includes(wanted)) continue;
          hits.push(`${file}:${i + 1}: ${oneLine(line, 200)}`);
          if (hits.length >= MOST_HITS) return [...hits, '… there are more'].join('\n');
        }
      }
      return hits.length > 0 ? hits.join('\n') : 'no line has it';
    });
  }

  /** Replace text that stands in a file exactly once. */
  edit(file: string, before: string, after: string): string {
    return answer(() => {
      const text = this.#text(file);
      const times = before === '' ? 0 : text.split(before).length - 1;
      if (times !== 1)
        throw new Refused(`the text to replace stands ${times} times in ${file}; give a piece that stands there once`);
      this.#put(
        file,
        text.replace(before, () => after),
      );
      return `${file} is changed`;
    });
  }

  /** Write a whole file, or a new one. */
  write(file: string, content: string): string {
    return answer(() => {
      this.#put(file, content);
      return `${file} is written`;
    });
  }

  async earlier(n: number): Promise<string> {
    const text = await this.#task.earlier?.(Math.floor(n));
    return (text ?? 'earlier experiments cannot be looked at here').slice(0, MOST_CHARS);
  }

  #put(file: string, content: string): void {
    const place = this.#inside(file);
    if (!this.#isWritable(path.relative(this.#root, place)))
      throw new Refused(`${oneLine(file, 100)} is not yours to change`);
    if (Buffer.byteLength(content) > MOST_FILE_BYTES) throw new Refused('that is more than 1 MB');
    fs.mkdirSync(path.dirname(place), { recursive: true });
    fs.writeFileSync(place, content);
  }

  #text(file: string): string {
    const text = this.#readable(path.relative(this.#root, this.#inside(file)));
    if (text === undefined) throw new Refused(`${oneLine(file, 100)} is no text file here`);
    return text;
  }

  #readable(file: string): string | undefined {
    const stat = fs.lstatSync(path.join(this.#root, file), { throwIfNoEntry: false });
    if (!stat?.isFile() || stat.size > MOST_FILE_BYTES) return undefined;
    const text = fs.readFileSync(path.join(this.#root, file), 'utf8');
    return text.includes('\0') ? undefined : text;
  }

  /** The place of a path below the folder. No part of it that exists may be a link, lest it lead out. */
  #inside(file: string): string {
    const place = path.resolve(this.#root, file);
    const below = path.relative(this.#root, place);
    if (below === '' || below.startsWith('..') || path.isAbsolute(below) || file.includes('\0'))
      throw new Refused(`${oneLine(file, 100)} is not below the folder`);
    let at = this.#root;
    for (const part of below.split(path.sep)) {
      at = path.join(at, part);
      if (fs.lstatSync(at, { throwIfNoEntry: false })?.isSymbolicLink())
        throw new Refused(`${oneLine(file, 100)} is a link`);
    }
    return place;
  }

  #isWritable(file: string): boolean {
    return this.#task.writable.some((each) => each === '.' || file === each || file.startsWith(`${each}/`));
  }
}

function answer(work: () => string): string {
  try {
    return work();
  } catch (thrown) {
    if (thrown instanceof Refused) return `error: ${thrown.message}`;
    const { code } = thrown as NodeJS.ErrnoException;
    if (code === undefined) throw thrown;
    return `error: ${code}`;
  }
}
