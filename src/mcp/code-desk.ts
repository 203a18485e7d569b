/**
 * The code of an experiment for an agent that has no folder: list its files, read and search them, change them by
 * search and replace. Hidden files are not there: they are not listed, and to ask for one says that there is none.
 * Every answer is bounded and says what it left out.
 */
import * as path from 'node:path';
import { formatCount, oneLine, revealText } from '../base/text.ts';
import { type FileRole, roleOf } from '../core/file-roles.ts';
import type { Workspace } from '../core/ports.ts';
import { arenaOf, codeOf, type LabState } from '../core/state.ts';
import { readLedger } from '../ledger/jsonl.ts';
import { readText } from '../os/files.ts';
import type { LabPaths } from '../os/paths.ts';
import { LabError } from '../base/error.ts';
import { listSizedFiles, type SizedFile } from '../workspace/file-sizes.ts';
import { openWorkspace } from '../workspace/git.ts';
import { diffTexts } from '../workspace/text-diff.ts';
import { notFoundError } from './desk.ts';
import { unusableError } from './refusals.ts';
import { replaceTexts, type TextEdit } from './replace-text.ts';

const MAX_FILES = 400;
const MAX_READ_CHARS = 24_000;
const MAX_LINE_CHARS = 2000;
const MAX_HITS = 50;
const MAX_HIT_CHARS = 200;
/** Larger files are not searched or read. */
const MAX_FILE_BYTES = 1 << 20;
const MAX_DIFF_CHARS = 16_000;
const MAX_EDITS = 200;
const LINK_MODE = '120000';

interface OpenCode {
  readonly state: LabState;
  readonly n: number;
  readonly commit: string;
  readonly workspace: Workspace;
  readonly fileRoleOf: (filePath: string) => FileRole;
  /** Without hidden ones. */
  readonly files: readonly SizedFile[];
}

export interface AppliedEdits {
  readonly base: number;
  readonly files: readonly string[];
  readonly diff: string;
  /** Where a hypothesis was given: the proposal. */
  readonly submission?: unknown;
}

/** Proposes a change; what it returns goes to the caller as it is. */
type Submit = (submission: {
  readonly hypothesis: string;
  readonly files: Readonly<Record<string, string | null>>;
  readonly parent: number;
}) => Promise<unknown>;

export class CodeDesk {
  readonly #paths: LabPaths;
  readonly #submit: Submit;

  constructor(paths: LabPaths, submit: Submit) {
    this.#paths = paths;
    this.#submit = submit;
  }

  /** Path, bytes and role of each file. */
  async listFiles(n?: number): Promise<string> {
    const code = await this.#open(n);
    const lines = code.files.slice(0, MAX_FILES).map(({ path, bytes, mode }) => {
      const role = mode === LINK_MODE ? 'frozen, a link' : code.fileRoleOf(path);
      return `${revealText(path)}  ${bytes} bytes  ${role}`;
    });
    const left = code.files.length - lines.length;
    return [
      `The files of #${code.n}${code.n === code.state.incumbent ? ', the best code so far' : ''}:`,
      ...lines,
      ...(left > 0 ? [`[… ${formatCount(left, 'more file')}, not listed]`] : []),
    ].join('\n');
  }

  /** Lines of one file, from `from` (1 when absent) to `to`. */
  async readFile(wish: {
    path: string;
    n?: number | undefined;
    from?: number | undefined;
    to?: number | undefined;
  }): Promise<string> {
    const code = await this.#open(wish.n);
    const text = this.#currentPage(wish) ?? (await readTextOf(code, wish.path));
    const lines = text.replace(/\n$/, '').split('\n');
    const from = wish.from ?? 1;
    const last = Math.min(wish.to ?? lines.length, lines.length);
    const shown: string[] = [];
    let charsLeft = MAX_READ_CHARS;
    for (let i = from; i <= last; i++) {
      const line = cutLine(lines[i - 1]!);
      if (line.length + 1 > charsLeft) break;
      charsLeft -= line.length + 1;
      shown.push(line);
    }
    const end = from + shown.length - 1;
    const range = shown.length === 0 ? 'no lines' : `lines ${from} to ${end}`;
    const rest =
      end < lines.length
        ? `\n[… ${formatCount(lines.length - Math.max(end, 0), 'more line')}: ask from ${Math.max(end, 0) + 1}]`
        : '';
    return `${revealText(wish.path)} of #${code.n}, ${range} of ${lines.length}:\n${revealText(shown.join('\n'))}${from > lines.length ? '' : rest}`;
  }

  /** Lines that hold a text, with their numbers. */
  async searchFiles(wish: {
    text: string;
    n?: number | undefined;
    under?: string | undefined;
    ignoreCase?: boolean | undefined;
  }): Promise<string> {
    const code = await this.#open(wish.n);
    const fold = (text: string): string => (wish.ignoreCase === true ? text.toLowerCase() : text);
    const under = wish.under ?? '';
    const files = code.files.filter(({ path, mode }) => path.startsWith(under) && mode !== LINK_MODE);
    const readable = files.filter(({ bytes }) => bytes <= MAX_FILE_BYTES);
    const contents = await code.workspace.readFiles(
      code.commit,
      readable.map(({ path }) => path),
    );
    const hits: string[] = [];
    let count = 0;
    for (const [filePath, content] of contents)
      for (const [i, line] of content.split('\n').entries()) {
        if (!fold(line).includes(fold(wish.text))) continue;
        if (++count <= MAX_HITS) hits.push(`${revealText(filePath)}:${i + 1}: ${oneLine(line, MAX_HIT_CHARS)}`);
      }
    const skipped = files.length - readable.length;
    return [
      `${formatCount(count, 'line')} of #${code.n} with ${JSON.stringify(oneLine(wish.text, 80))}${count === 0 ? '.' : ':'}`,
      ...hits,
      ...(count > MAX_HITS
        ? [`[… ${formatCount(count - MAX_HITS, 'more line')}: search for more of the text, or under a folder]`]
        : []),
      ...(skipped > 0 ? [`[… ${formatCount(skipped, 'file')} of more than 1 MB not searched]`] : []),
    ].join('\n');
  }

  /** The diff that edits give; with a hypothesis they are proposed too. Throws E_SUBMIT, naming what did not match. */
  async applyEdits(wish: {
    edits: readonly TextEdit[];
    n?: number | undefined;
    hypothesis?: string | undefined;
  }): Promise<AppliedEdits> {
    const { edits, hypothesis } = wish;
    if (edits.length === 0 || edits.length > MAX_EDITS)
      throw unusableError(
        `It has ${edits.length} edits; one to ${MAX_EDITS} are possible.`,
        'Give the edits of one idea.',
      );
    const code = await this.#open(wish.n);
    const foreign = edits.find(({ path }) => !isPlainPath(path) || code.fileRoleOf(path) !== 'editable');
    if (foreign)
      throw unusableError(
        `It changes ${oneLine(foreign.path, 200)}, which is not editable.`,
        'Change editable files only; the tool `files` lists them.',
      );
    const present = new Set(code.files.map(({ path }) => path));
    const wanted = [...new Set(edits.map(({ path }) => path))].filter((filePath) => present.has(filePath));
    const contents = new Map<string, string>();
    for (const filePath of wanted) contents.set(filePath, await readTextOf(code, filePath));
    const { files, problems } = replaceTexts(contents, edits);
    if (problems.length > 0)
      throw unusableError(
        `${formatCount(problems.length, 'edit')} of ${edits.length} cannot be made on #${code.n}, so none was. ${problems.map((problem) => `${problem[0]!.toUpperCase()}${problem.slice(1)}`).join('. ')}.`,
        'Read the file again with the tool `read`, and send all edits once more.',
      );
    const changes = [...files].map(([path, after]) => ({ path, before: contents.get(path), after }));
    const diff = revealText(await diffTexts(changes));
    const submission =
      hypothesis === undefined
        ? undefined
        : await this.#submit({ hypothesis, files: Object.fromEntries(files), parent: code.n });
    return {
      base: code.n,
      files: [...files.keys()],
      diff:
        diff.length <= MAX_DIFF_CHARS
          ? diff
          : `${diff.slice(0, MAX_DIFF_CHARS)}\n[… ${diff.length - MAX_DIFF_CHARS} characters left out]`,
      ...(submission !== undefined && { submission }),
    };
  }

  /** The person may edit program.md while a lab goes on: without a number it is read as it stands now. */
  #currentPage({ path: filePath, n }: { path: string; n?: number | undefined }): string | undefined {
    return filePath === 'program.md' && n === undefined ? readText(path.join(this.#paths.arena, filePath)) : undefined;
  }

  async #open(wanted: number | undefined): Promise<OpenCode> {
    const { state } = readLedger(this.#paths.lab);
    const n = wanted ?? state.incumbent;
    const code = codeOf(state, n);
    if (!code) throw notFoundError(n, state);
    const workspace = await openWorkspace(this.#paths.arena, this.#paths.store);
    const fileRoleOf = roleOf(arenaOf(state));
    const files = (await listSizedFiles(this.#paths.store, code.commit)).filter(
      ({ path }) => fileRoleOf(path) !== 'hidden',
    );
    return { state, n, commit: code.commit, workspace, fileRoleOf, files };
  }
}

const isPlainPath = (filePath: string): boolean =>
  !filePath.includes('\0') && filePath.split('/').every((segment) => !['', '.', '..', '.git'].includes(segment));

const cutLine = (line: string): string =>
  line.length <= MAX_LINE_CHARS
    ? line
    : `${line.slice(0, MAX_LINE_CHARS)}[… ${line.length - MAX_LINE_CHARS} characters of this line left out]`;

/** Text of one visible file. Throws E_NOT_FOUND: a hidden file and one that is not there are told alike. */
async function readTextOf(code: OpenCode, filePath: string): Promise<string> {
  const file = code.files.find(({ path }) => path === filePath);
  if (file === undefined)
    throw new LabError('E_NOT_FOUND', {
      what: `#${code.n} has no file ${oneLine(filePath, 200)} to read.`,
      why: 'It is not among the files that an agent may see.',
      next: 'The tool `files` lists them.',
    });
  const problem =
    file.bytes > MAX_FILE_BYTES ? `has ${file.bytes} bytes, at most ${MAX_FILE_BYTES} are read` : undefined;
  const text = problem === undefined ? (await code.workspace.readFiles(code.commit, [filePath])).get(filePath)! : '';
  const reason = problem ?? (/[\0\ufffd]/.test(text) ? 'is no UTF-8 text' : undefined);
  if (reason === undefined) return text;
  throw new LabError('E_NOT_FOUND', {
    what: `${oneLine(filePath, 200)} of #${code.n} cannot be shown.`,
    why: `It ${reason}.`,
    next: '`overnight checkout FOLDER` makes a copy of all files.',
  });
}
