/**
 * A unified diff as data: files, hunks, lines with their numbers. Lines of a hunk are counted by its header, so that
 * content which looks like a header stays content. Pure.
 */

export interface DiffLine {
  readonly kind: 'same' | 'add' | 'del';
  /** Line numbers of the two sides, from 1; absent on the side that lacks the line. */
  readonly oldN?: number;
  readonly newN?: number;
  readonly text: string;
}

export interface Hunk {
  readonly oldStart: number;
  readonly newStart: number;
  readonly lines: readonly DiffLine[];
}

export interface FileDiff {
  readonly path: string;
  /** What the lines do not say: a new, removed, renamed or binary file, a missing newline at the end. */
  readonly notes: readonly string[];
  readonly hunks: readonly Hunk[];
  readonly added: number;
  readonly deleted: number;
}

const HUNK_HEADER = /^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@/;

/** Files in the order of the diff. Lines before the first file, as after a cut, are left out. */
export function parseDiff(diffText: string): FileDiff[] {
  const lines = diffText.split('\n');
  const files: { path: string; notes: string[]; hunks: Hunk[] }[] = [];
  for (let at = 0; at < lines.length;) {
    const line = lines[at]!;
    const file = files.at(-1);
    const header = file && HUNK_HEADER.exec(line);
    if (line.startsWith('diff --git ')) {
      files.push({ path: pathOfHeader(line), notes: [], hunks: [] });
      at++;
    } else if (header) {
      const { hunk, next } = parseHunk(lines, at + 1, header);
      file.hunks.push(hunk);
      at = next;
    } else {
      if (file) takeHeaderLine(file, line);
      at++;
    }
  }
  return files.map((file) => ({ ...file, ...countChanges(file.hunks) }));
}

function takeHeaderLine(file: { path: string; notes: string[] }, line: string): void {
  const named = /^(?:\+\+\+ "?b\/|--- "?a\/)(.*?)"?\t?$/.exec(line);
  if (named) file.path = named[1]!;
  else if (line.startsWith('new file mode')) file.notes.push('new file');
  else if (line.startsWith('deleted file mode')) file.notes.push('removed');
  else if (line.startsWith('rename from ')) file.notes.push(`renamed from ${line.slice('rename from '.length)}`);
  else if (line.startsWith('new mode ')) file.notes.push(`mode ${line.slice('new mode '.length)}`);
  else if (line.startsWith('Binary files ')) file.notes.push('binary file');
  else if (line.startsWith('\\ ')) file.notes.push(line.slice(2).toLowerCase());
  else if (line.startsWith('[… cut')) file.notes.push(line);
}

/** `diff --git a/PATH b/PATH`: both are the same where nothing is renamed. */
const pathOfHeader = (line: string): string =>
  /^diff --git "?a\/(.*?)"? "?b\/\1"?$/.exec(line)?.[1] ?? line.slice('diff --git '.length);

function parseHunk(lines: readonly string[], start: number, header: RegExpExecArray): { hunk: Hunk; next: number } {
  const [, oldStart, oldCount = '1', newStart, newCount = '1'] = header;
  let [oldN, newN] = [Number(oldStart), Number(newStart)];
  let [oldLeft, newLeft] = [Number(oldCount), Number(newCount)];
  const taken: DiffLine[] = [];
  let at = start;
  for (; at < lines.length && (oldLeft > 0 || newLeft > 0); at++) {
    const [sign, text] = [lines[at]!.slice(0, 1), lines[at]!.slice(1)];
    if (sign === '\\') continue;
    if (sign === '+') taken.push({ kind: 'add', newN: newN++, text });
    else if (sign === '-') taken.push({ kind: 'del', oldN: oldN++, text });
    else if (sign === ' ' || sign === '') taken.push({ kind: 'same', oldN: oldN++, newN: newN++, text });
    else break;
    if (sign !== '+') oldLeft--;
    if (sign !== '-') newLeft--;
  }
  return { hunk: { oldStart: Number(oldStart), newStart: Number(newStart), lines: taken }, next: at };
}

function countChanges(hunks: readonly Hunk[]): Pick<FileDiff, 'added' | 'deleted'> {
  let [added, deleted] = [0, 0];
  for (const { lines } of hunks)
    for (const { kind } of lines) {
      if (kind === 'add') added++;
      if (kind === 'del') deleted++;
    }
  return { added, deleted };
}
