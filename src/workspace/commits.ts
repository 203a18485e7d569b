/** Commits of the person's repository, read as ideas: their messages and what each changed. */
import { gitText } from './command.ts';

/** Oldest first: the commits of a range such as `main..autoresearch/mar5`. Undefined where git knows no such range. */
export async function listCommits(
  folder: string,
  range: string,
): Promise<{ readonly commit: string; readonly subject: string }[] | undefined> {
  if (range.startsWith('-')) return undefined;
  const listed = await gitText(['log', '--reverse', '--no-merges', '--format=%H%x09%s', range, '--'], {
    cwd: folder,
    allow: [128],
  });
  const commits = listed.split('\n').flatMap((line) => {
    const [commit, ...subject] = line.split('\t');
    return commit && subject.length > 0 ? [{ commit, subject: subject.join('\t') }] : [];
  });
  return commits.length === 0 ? undefined : commits;
}

/** What a commit changed below the folder, as a diff; empty where git has no such commit. */
export async function diffOfCommit(folder: string, commit: string): Promise<string> {
  if (!/^[0-9a-f]{7,64}$/.test(commit)) return '';
  return gitText(['diff', '--relative', `${commit}^`, commit, '--', '.'], { cwd: folder, allow: [128] });
}
