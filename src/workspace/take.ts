/**
 * The kept stack, handed over: as a new branch of the person's repository, or as patches. The only code that writes
 * into that repository, and only objects and one new ref: never the checkout, the index, or an existing branch.
 */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { LabError } from '../base/error.ts';
import { type GitOptions, gitBytes, gitText } from './command.ts';
import { sourceOf } from './source.ts';

/** A kept experiment as a commit to be made: its commit in the private store and the message it gets. */
export interface Step {
  readonly commit: string;
  readonly message: string;
}

export interface Taken {
  readonly tip: string;
  readonly commits: number;
  /** True when the branch begins with a commit of changes that were not committed when the lab was opened. */
  readonly startsWithUncommitted: boolean;
}

const AUTHOR = {
  GIT_AUTHOR_NAME: 'Overnight',
  GIT_AUTHOR_EMAIL: 'overnight@localhost',
  GIT_COMMITTER_NAME: 'Overnight',
  GIT_COMMITTER_EMAIL: 'overnight@localhost',
};

/** Make `branch` from `base` with one commit per step. The branch must not exist (E_EXISTS). */
export async function takeBranch(
  folder: string,
  store: string,
  baseline: string,
  base: string,
  steps: readonly Step[],
  branch: string,
): Promise<Taken> {
  const source = await sourceOf(folder);
  if (!source.repository) {
    throw new LabError('E_USAGE', {
      what: 'There is no repository to make a branch in.',
      why: `${folder} is not part of a git repository.`,
      next: 'Use --patches FOLDER instead.',
    });
  }
  const repository: GitOptions = { cwd: source.repository };
  const ref = `refs/heads/${branch}`;
  await gitText(['check-ref-format', ref], repository).catch(() => {
    throw new LabError('E_USAGE', {
      what: `"${branch}" cannot be a branch.`,
      why: 'git does not allow this name.',
      next: 'Choose another name.',
    });
  });
  if ((await gitText(['rev-parse', '--quiet', '--verify', ref], { ...repository, allow: [1, 128] })).trim() !== '') {
    throw new LabError('E_EXISTS', {
      what: `The branch ${branch} exists already.`,
      why: 'An existing branch is never changed.',
      next: 'Choose another name with --branch.',
    });
  }
  const prefix = source.subfolder ? `${source.subfolder}/` : '';
  const index = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'overnight-take-')), 'index');
  const env = { GIT_INDEX_FILE: index, ...AUTHOR };
  try {
    await gitText(['read-tree', base], { ...repository, env });
    let tip = base;
    const commitIndex = async (message: string): Promise<void> => {
      const tree = (await gitText(['write-tree'], { ...repository, env })).trim();
      tip = (await gitText(['commit-tree', tree, '-p', tip, '-F', '-'], { ...repository, env, input: message })).trim();
    };
    const found = await differences(store, baseline, source.repository, base, prefix);
    await stage(store, found, prefix, { ...repository, env });
    if (found.length > 0) await commitIndex('Uncommitted changes, as the lab found them\n');
    let before = baseline;
    for (const step of steps) {
      await stage(store, await changes(store, before, step.commit), prefix, { ...repository, env });
      await commitIndex(step.message);
      before = step.commit;
    }
    await gitText(['update-ref', ref, tip, '0'.repeat(40)], repository);
    return { tip, commits: steps.length + (found.length > 0 ? 1 : 0), startsWithUncommitted: found.length > 0 };
  } finally {
    fs.rmSync(path.dirname(index), { recursive: true, force: true });
  }
}

/** Write one patch file per step into a folder that must not exist; paths are those of the person's repository. */
export async function takePatches(
  store: string,
  subfolder: string,
  baseline: string,
  steps: readonly Step[],
  folder: string,
): Promise<readonly string[]> {
  if (fs.existsSync(folder))
    throw new LabError('E_EXISTS', {
      what: 'The folder for the patches exists already.',
      why: `${folder} is there.`,
      next: 'Choose another with --patches.',
    });
  fs.mkdirSync(folder, { recursive: true });
  const prefix = subfolder ? `${subfolder}/` : '';
  let tip = baseline;
  for (const step of steps) {
    tip = (
      await gitText(['commit-tree', `${step.commit}^{tree}`, '-p', tip, '-F', '-'], {
        store,
        env: AUTHOR,
        input: step.message,
      })
    ).trim();
  }
  await gitText(
    [
      'format-patch',
      '--quiet',
      '--no-signature',
      `--src-prefix=a/${prefix}`,
      `--dst-prefix=b/${prefix}`,
      '-o',
      folder,
      `${baseline}..${tip}`,
    ],
    { store },
  );
  return fs
    .readdirSync(folder)
    .sort()
    .map((name) => path.join(folder, name));
}

interface Change {
  readonly mode: string;
  readonly oid: string;
  readonly path: string;
}

const GONE = '0'.repeat(40);

async function changes(store: string, from: string, to: string): Promise<Change[]> {
  return parseRaw(await gitText(['diff-tree', '-r', '-z', '--no-renames', from, to], { store }));
}

function parseRaw(text: string): Change[] {
  const fields = text.split('\0');
  const found: Change[] = [];
  for (let i = 0; i + 1 < fields.length; i += 2) {
    const [, mode, , oid] = /^:\d+ (\d+) ([0-9a-f]+) ([0-9a-f]+)/.exec(fields[i]!) ?? [];
    if (mode && oid) found.push({ mode, oid: mode === '000000' ? GONE : oid, path: fields[i + 1]! });
  }
  return found;
}

/** Files of the baseline that differ from the commit the person's repository stood at: what was not committed then. */
async function differences(
  store: string,
  baseline: string,
  repository: string,
  base: string,
  prefix: string,
): Promise<Change[]> {
  const list = async (options: GitOptions, tree: string): Promise<Map<string, Change>> => {
    const text = await gitText(['ls-tree', '-r', '-z', '--full-tree', tree], options);
    const lines = text
      .split('\0')
      .filter(Boolean)
      .map((line) => /^(\d+) (\w+) ([0-9a-f]+)\t(.*)$/s.exec(line)!);
    return new Map(
      lines
        .filter((line) => line[2] === 'blob')
        .map((line) => [line[4]!, { mode: line[1]!, oid: line[3]!, path: line[4]! }]),
    );
  };
  const mine = await list({ store }, baseline);
  const theirs = await list({ cwd: repository }, base);
  return [...mine.values()].filter((file) => {
    const there = theirs.get(prefix + file.path);
    return there ? there.oid !== file.oid || there.mode !== file.mode : false;
  });
}

/** Copy the changed blobs into the person's object store and put them into the temporary index. */
async function stage(store: string, files: readonly Change[], prefix: string, options: GitOptions): Promise<void> {
  const lines: string[] = [];
  for (const file of files) {
    if (file.oid !== GONE)
      await gitText(['hash-object', '-w', '-t', 'blob', '--stdin'], {
        ...options,
        input: await gitBytes(['cat-file', 'blob', file.oid], { store }),
      });
    lines.push(`${file.oid === GONE ? '0' : file.mode} ${file.oid}\t${prefix}${file.path}\0`);
  }
  if (lines.length > 0) await gitText(['update-index', '-z', '--index-info'], { ...options, input: lines.join('') });
}
