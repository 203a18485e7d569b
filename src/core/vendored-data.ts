/** `data.from`: an arena whose data lie in a folder of its own. What is hidden, and what must be there. */
import type { Arena } from './arena.ts';

/** Beside the data: lines of `sha256sum`, the files as they lie there. */
export const HASH_FILE = 'SHA256SUMS';

/** The name under which a file of the folder is found in $OVERNIGHT_DATA. */
export const unpackedName = (name: string): string => name.replace(/\.gz$/, '');

/** The folder without `./` before and `/` behind it. */
export const dataFolderOf = ({ data }: Pick<Arena, 'data'>): string | undefined =>
  data.from?.replace(/^(?:\.\/)+/, '').replace(/\/+$/, '');

/** A word of a command that names a file of the arena: `evaluate.mjs` in `node evaluate.mjs --split holdout`. */
const FILE_WORD = /^(?:\.\/)?([A-Za-z0-9_][\w./-]*\.[A-Za-z]\w*)$/;

/**
 * With `data.from` the folder is always hidden, and where `hidden` is absent so are the files that the evaluators'
 * commands name. A manifest without it means what it says.
 */
export function withDefaultHidden(arena: Arena, saysHidden: boolean): Arena {
  const folder = dataFolderOf(arena);
  if (folder === undefined) return arena;
  const words = [arena.evaluate, arena.holdout].flatMap((stage) => stage?.command.split(/\s+/) ?? []);
  const evaluatorFiles = saysHidden ? [] : words.flatMap((word) => FILE_WORD.exec(word)?.[1] ?? []);
  return { ...arena, hidden: [...new Set([...arena.hidden, ...evaluatorFiles, `${folder}/**`])] };
}

/** What is wrong between the manifest's data and the files of the folder. */
export function checkVendoredData(
  arena: Arena,
  files: readonly string[],
): { readonly at: string; readonly message: string }[] {
  const folder = dataFolderOf(arena);
  if (folder === undefined) return [];
  const inside = files.filter((file) => file.startsWith(`${folder}/`)).map((file) => file.slice(folder.length + 1));
  if (inside.length === 0) return [{ at: 'data.from', message: `there are no files in ${folder}/` }];
  const entries = new Set(inside.map((file) => unpackedName(file).split('/')[0]!));
  const missing = [...arena.data.candidate, ...arena.data.evaluator, ...(arena.holdout?.data ?? [])].filter(
    (entry) => !entries.has(entry),
  );
  const problems = missing.map((entry) => ({ at: 'data', message: `${folder}/ has neither ${entry} nor ${entry}.gz` }));
  const doubled = inside.filter((file) => file.endsWith('.gz') && inside.includes(unpackedName(file)));
  return [
    ...problems,
    ...doubled.map((file) => ({
      at: 'data.from',
      message: `${folder}/ has both ${file} and ${unpackedName(file)}; one of them must go`,
    })),
  ];
}
