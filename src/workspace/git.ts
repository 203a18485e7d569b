/**
 * Code under version control in a private bare store: every attempt is a commit under a ref of its own. The person's
 * checkout is only read (`ls-files`, `rev-parse`, `status`), never written. Knows nothing about experiments.
 */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { LabError } from '../base/error.ts';
import type { FileEdit, Snapshot, TreeEntry, Workspace } from '../core/ports.ts';
import { isFull, listTree, readText, removeTree } from '../os/files.ts';
import { gitBytes, gitText } from './command.ts';
import { readFolder } from './source.ts';

const IDENTITY = 'Overnight <overnight@localhost>';
/** Blobs kept in memory between checkouts: frozen files are the same every time. */
const CACHE_BYTES = 64 << 20;

/** The workspace of an arena folder. Creates the store when missing. */
export async function openWorkspace(arenaFolder: string, store: string): Promise<Workspace> {
  if (!isComplete(store)) {
    fs.mkdirSync(path.dirname(store), { recursive: true });
    await gitText(['init', '--quiet', '--bare', store]);
    for (const [key, value] of [
      ['gc.auto', '0'],
      ['core.logAllRefUpdates', 'false'],
    ] as const)
      await gitText(['config', key, value], { store });
  }
  return new GitWorkspace(arenaFolder, store);
}

/** The last thing that making a store writes is there; one whose making was cut short is made again. */
const isComplete = (store: string): boolean =>
  fs.existsSync(path.join(store, 'objects')) && /logallrefupdates/i.test(readText(path.join(store, 'config')) ?? '');

function isAsCommitted(file: string, mode: string, content: Buffer): boolean {
  const stat = fs.lstatSync(file, { throwIfNoEntry: false });
  if (mode === '120000') return stat?.isSymbolicLink() === true && fs.readlinkSync(file) === content.toString('utf8');
  return (
    stat?.isFile() === true &&
    (stat.mode & 0o100) === (mode === '100755' ? 0o100 : 0) &&
    fs.readFileSync(file).equals(content)
  );
}

/** Three versions of a text as one, by git; undefined where both sides changed the same lines. */
async function mergeTexts(mine: string, base: string, theirs: string): Promise<string | undefined> {
  const room = fs.mkdtempSync(path.join(os.tmpdir(), 'overnight-merge-'));
  try {
    for (const [name, text] of Object.entries({ mine, base, theirs })) fs.writeFileSync(path.join(room, name), text);
    const conflicts = Array.from({ length: 127 }, (_, i) => i + 1);
    const merged = await gitText(['merge-file', '-p', 'mine', 'base', 'theirs'], { cwd: room, allow: conflicts });
    return /^<{7} mine$/m.test(merged) ? undefined : merged;
  } finally {
    removeTree(room);
  }
}

class GitWorkspace implements Workspace {
  readonly #folder: string;
  readonly #store: string;
  readonly #blobs = new Map<string, Buffer>();
  readonly #lists = new Map<string, readonly TreeEntry[]>();
  #cached = 0;

  constructor(folder: string, store: string) {
    this.#folder = folder;
    this.#store = store;
  }

  async importBaseline(ref: string, at: string): Promise<Snapshot> {
    const files = await readFolder(this.#folder);
    const stream = new CommitStream(ref, 'Baseline: the code as it was found', at, undefined);
    for (const file of files) stream.file(file.mode, file.path, file.bytes);
    const made = await this.#import(stream);
    return { ...made, added: 0, deleted: 0 };
  }

  async snapshot(
    parent: string,
    edits: readonly FileEdit[],
    ref: string,
    message: string,
    at: string,
  ): Promise<Snapshot> {
    const modes = new Map((await this.list(parent)).map((entry) => [entry.path, entry.mode]));
    const stream = new CommitStream(ref, message, at, parent);
    for (const { path: file, content } of edits) {
      if (content === null) stream.remove(file);
      else stream.file(modes.get(file) ?? '100644', file, Buffer.from(content));
    }
    const made = await this.#import(stream);
    const stat = await gitText(['diff-tree', '-r', '--numstat', '-z', parent, made.commit], { store: this.#store });
    let [added, deleted] = [0, 0];
    for (const [, plus, minus] of stat.matchAll(/(\d+|-)\t(\d+|-)\t[^\0]+\0/g)) {
      added += Number(plus) || 0;
      deleted += Number(minus) || 0;
    }
    return { ...made, added, deleted };
  }

  async #import(stream: CommitStream): Promise<{ commit: string; tree: string }> {
    const text = await gitText(['fast-import', '--done', '--quiet', '--force', '--date-format=raw'], {
      store: this.#store,
      input: stream.finish(),
    });
    const [commit, root] = text.split('\n');
    const tree = /^040000 tree ([0-9a-f]+)/.exec(root ?? '')?.[1];
    if (!commit || !tree)
      throw new LabError('E_GIT_FAILED', {
        what: 'git fast-import answered something else than a commit.',
        why: `It printed "${text.slice(0, 120)}".`,
        next: 'Check the installed git with `git --version` and run `overnight doctor`.',
      });
    return { commit, tree };
  }

  async list(commit: string): Promise<readonly TreeEntry[]> {
    const known = this.#lists.get(commit);
    if (known) return known;
    const text = await gitText(['ls-tree', '-r', '-z', '--full-tree', commit], { store: this.#store });
    const entries = text
      .split('\0')
      .filter(Boolean)
      .map((line) => {
        const [, mode, oid, file] = /^(\d+) \w+ ([0-9a-f]+)\t(.*)$/s.exec(line)!;
        return { path: file!, mode: mode!, oid: oid! };
      });
    if (this.#lists.size >= 8) this.#lists.delete(this.#lists.keys().next().value!);
    this.#lists.set(commit, entries);
    return entries;
  }

  async read(commit: string, paths: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const wanted = new Set(paths);
    const entries = (await this.list(commit)).filter((entry) => wanted.has(entry.path));
    const bytes = await this.#load(entries);
    return new Map(entries.map((entry) => [entry.path, bytes.get(entry.oid)!.toString('utf8')]));
  }

  async checkout(commit: string, dir: string, skip: (file: string) => boolean = () => false): Promise<void> {
    const entries = (await this.list(commit)).filter((entry) => !skip(entry.path));
    const bytes = await this.#load(entries);
    fs.mkdirSync(path.dirname(dir), { recursive: true });
    fs.mkdirSync(dir);
    const made = new Set<string>();
    try {
      for (const entry of entries) {
        const target = path.join(dir, entry.path);
        const folder = path.dirname(target);
        if (!made.has(folder)) fs.mkdirSync(folder, { recursive: true });
        made.add(folder);
        const content = bytes.get(entry.oid)!;
        if (entry.mode === '120000') fs.symlinkSync(content.toString('utf8'), target);
        else fs.writeFileSync(target, content, { mode: entry.mode === '100755' ? 0o755 : 0o644 });
      }
    } catch (thrown) {
      removeTree(dir);
      if (isFull(thrown))
        throw new LabError(
          'E_DISK_FULL',
          {
            what: 'The candidate’s files could not be laid out.',
            why: `The disk of ${dir} is full.`,
            next: 'Free some space and run again: nothing that was recorded is lost.',
          },
          thrown,
        );
      throw thrown;
    }
  }

  async differs(
    commit: string,
    dir: string,
    skip: (file: string) => boolean = () => false,
  ): Promise<string | undefined> {
    const entries = (await this.list(commit)).filter((entry) => !skip(entry.path));
    const bytes = await this.#load(entries);
    const known = new Set(entries.map((entry) => entry.path));
    return (
      entries.find((entry) => !isAsCommitted(path.join(dir, entry.path), entry.mode, bytes.get(entry.oid)!))?.path ??
      listTree(dir).find((file) => !known.has(file))
    );
  }

  async discard(dir: string): Promise<void> {
    removeTree(dir);
  }

  async without(tip: string, after: string, before: string): Promise<readonly FileEdit[] | undefined> {
    const trees = await Promise.all(
      [tip, after, before].map(async (commit) => new Map((await this.list(commit)).map((e) => [e.path, e]))),
    );
    const [now, then, old] = trees as [Map<string, TreeEntry>, Map<string, TreeEntry>, Map<string, TreeEntry>];
    const changed = [...new Set([...then.keys(), ...old.keys()])].filter(
      (file) => then.get(file)?.oid !== old.get(file)?.oid,
    );
    const edits: FileEdit[] = [];
    for (const file of changed) {
      const [mine, base, theirs] = [now.get(file), then.get(file), old.get(file)];
      if (mine?.oid === theirs?.oid) continue;
      if (mine?.oid === base?.oid) edits.push({ path: file, content: theirs ? await this.#text(theirs) : null });
      else if (!mine || !base || !theirs) return undefined;
      else {
        const merged = await mergeTexts(await this.#text(mine), await this.#text(base), await this.#text(theirs));
        if (merged === undefined) return undefined;
        edits.push({ path: file, content: merged });
      }
    }
    return edits;
  }

  async #text(entry: TreeEntry): Promise<string> {
    return (await this.#load([entry])).get(entry.oid)!.toString('utf8');
  }

  async diff(from: string, to: string): Promise<string> {
    return gitText(['diff-tree', '-r', '-p', '--no-color', '--no-ext-diff', '--no-textconv', from, to], {
      store: this.#store,
    });
  }

  async advance(ref: string, commit: string): Promise<void> {
    await gitText(['update-ref', ref, commit], { store: this.#store });
  }

  async resolve(ref: string): Promise<string | undefined> {
    const text = await gitText(['rev-parse', '--quiet', '--verify', `${ref}^{commit}`], {
      store: this.#store,
      allow: [1, 128],
    });
    return text.trim() || undefined;
  }

  /** Blobs by object id, from memory or through one `cat-file --batch`. */
  async #load(entries: readonly TreeEntry[]): Promise<Map<string, Buffer>> {
    const result = new Map<string, Buffer>();
    const missing = new Set<string>();
    for (const { oid } of entries) {
      const known = this.#blobs.get(oid);
      if (known) result.set(oid, known);
      else missing.add(oid);
    }
    if (missing.size === 0) return result;
    const output = await gitBytes(['cat-file', '--batch'], {
      store: this.#store,
      input: `${[...missing].join('\n')}\n`,
    });
    let at = 0;
    for (const oid of missing) {
      const end = output.indexOf(10, at);
      const size = Number(/^[0-9a-f]+ blob (\d+)$/.exec(output.toString('latin1', at, end))?.[1] ?? Number.NaN);
      if (!Number.isFinite(size))
        throw new LabError('E_GIT_FAILED', {
          what: 'An object is missing from the private store.',
          why: `git says "${output.toString('latin1', at, end)}".`,
          next: 'Run `overnight audit`; restore `.overnight` from a backup.',
        });
      const content = Buffer.from(output.subarray(end + 1, end + 1 + size));
      at = end + 2 + size;
      result.set(oid, content);
      this.#remember(oid, content);
    }
    return result;
  }

  #remember(oid: string, content: Buffer): void {
    if (content.length > CACHE_BYTES / 4) return;
    if (this.#cached + content.length > CACHE_BYTES) {
      this.#blobs.clear();
      this.#cached = 0;
    }
    this.#blobs.set(oid, content);
    this.#cached += content.length;
  }
}

/** A `git fast-import` stream for one commit. Paths are quoted as git quotes them, contents are sent by length. */
class CommitStream {
  readonly #parts: (string | Uint8Array)[] = [];

  constructor(ref: string, message: string, at: string, parent: string | undefined) {
    const when = `${Math.floor(Date.parse(at) / 1000)} +0000`;
    const text = Buffer.from(message);
    this.#parts.push(
      `commit ${ref}\nmark :1\nauthor ${IDENTITY} ${when}\ncommitter ${IDENTITY} ${when}\ndata ${text.length}\n`,
      text,
      '\n',
    );
    if (parent) this.#parts.push(`from ${parent}\n`);
    else this.#parts.push('deleteall\n');
  }

  file(mode: string, file: string, content: Uint8Array): void {
    this.#parts.push(`M ${mode} inline ${quote(file)}\ndata ${content.length}\n`, content, '\n');
  }

  remove(file: string): void {
    this.#parts.push(`D ${quote(file)}\n`);
  }

  finish(): Buffer {
    this.#parts.push('\nget-mark :1\nls :1 ""\ndone\n');
    return Buffer.concat(this.#parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part)));
  }
}

const quote = (file: string): string =>
  `"${file.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
