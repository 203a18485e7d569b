/**
 * Do the labels of validation or of the holdout lie in anything that must not see them? Compares the content of what
 * the manifest keeps from candidates, and from the evaluator of validation, with all that it shows them. Reads files;
 * changes nothing.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { sha256Hex } from '../base/hash.ts';
import { matchingFiles, roleOf } from '../core/file-roles.ts';
import { dataFolderOf } from '../core/vendored-data.ts';
import { walkTree } from '../os/trees.ts';
import type { Bench } from './process-specs.ts';

/** Labels in a place where they are seen. */
export interface ExposedLabels {
  /** The labels, as the manifest names them. */
  readonly labels: string;
  /** Where else they lie. */
  readonly place: string;
  readonly viewer: 'candidates' | 'the evaluator of validation';
  /** `the same bytes`, or how many of the lines. */
  readonly how: string;
}

interface NamedFile {
  readonly name: string;
  readonly location: string | Buffer;
}

interface Content {
  readonly bytes: number;
  readonly hash: string;
  /** Undefined where it is no text, or too much. */
  readonly lines: readonly string[] | undefined;
}

/** Smaller files may be the same by chance, bytes. */
const MIN_BYTES = 16;
/** Files above this are compared as a whole alone, bytes. */
const MAX_TEXT_BYTES = 32 << 20;
/** Files above this are not read at all, bytes. */
const MAX_READ_BYTES = 256 << 20;
/** Fewer lines than this say nothing: they may be alike by chance. */
const MIN_LINES = 4;
/** Share of a file's lines that must lie elsewhere. */
const EXPOSED_SHARE = 0.5;
/** The same where only the first and the last word of a line are compared. */
const EXPOSED_ENDS_SHARE = 0.95;

/** `files` are all files of the arena's folder. */
export function findExposedLabels(bench: Bench, files: readonly string[]): ExposedLabels[] {
  const { arena } = bench;
  const roleOfFile = roleOf(arena);
  const heldFiles = matchingFiles(arena.holdout?.hidden ?? [], files);
  const inFolder = (paths: readonly string[]): NamedFile[] =>
    paths.map((file) => ({ name: file, location: path.join(bench.personFolder, file) }));
  const heldEntries = arena.holdout?.data ?? [];
  const validationEntries = bench.data
    ? fs.readdirSync(bench.data.dir).filter((entry) => !heldEntries.includes(entry))
    : [];
  const holdoutLabels = [...filesOf('$OVERNIGHT_DATA', bench.data?.dir, heldEntries), ...inFolder(heldFiles)];
  const validationLabels = filesOf('$OVERNIGHT_DATA', bench.data?.dir, arena.data.evaluator);
  const seenByCandidates = [
    ...inFolder(files.filter((file) => roleOfFile(file) !== 'hidden')),
    ...filesOf('$OVERNIGHT_DATA', bench.data?.dir, arena.data.candidate),
    ...filesOf('$OVERNIGHT_DEPS', bench.deps, arena.setup?.visible ?? []),
  ];
  const dataFolder = dataFolderOf(arena);
  const isData = (file: string): boolean => dataFolder !== undefined && file.startsWith(`${dataFolder}/`);
  const isSeen = (file: string): boolean =>
    roleOfFile(file) !== 'editable' && !heldFiles.includes(file) && !isData(file);
  const seenByEvaluator = [
    ...inFolder(files.filter(isSeen)),
    ...filesOf('$OVERNIGHT_DATA', bench.data?.dir, validationEntries),
  ];
  return [
    ...compareFiles([...validationLabels, ...holdoutLabels], seenByCandidates, 'candidates'),
    ...compareFiles(holdoutLabels, seenByEvaluator, 'the evaluator of validation'),
  ];
}

function filesOf(variable: string, folder: string | undefined, entries: readonly string[]): NamedFile[] {
  if (folder === undefined) return [];
  return entries.flatMap((entry): NamedFile[] => {
    const location = path.join(folder, entry);
    const target = fs.statSync(location, { throwIfNoEntry: false });
    if (!target?.isDirectory()) return target ? [{ name: `${variable}/${entry}`, location }] : [];
    return walkTree(fs.realpathSync(location))
      .filter((file) => file.kind === 'file')
      .map((file) => ({ name: `${variable}/${entry}/${file.path}`, location: file.location }));
  });
}

function compareFiles(
  labelFiles: readonly NamedFile[],
  seenFiles: readonly NamedFile[],
  viewer: ExposedLabels['viewer'],
): ExposedLabels[] {
  const labels = labelFiles.flatMap((file) => {
    const content = readContent(file.location);
    return content && content.bytes >= MIN_BYTES ? [{ ...file, content }] : [];
  });
  if (labels.length === 0) return [];
  const found: ExposedLabels[] = [];
  for (const seenFile of seenFiles) {
    const seen = readContent(seenFile.location);
    if (!seen) continue;
    const seenLines = new Set(seen.lines);
    const seenEnds = new Set(seen.lines?.map(endsOf));
    for (const label of labels) {
      const how = howExposed(label.content, seen, seenLines, seenEnds);
      if (how) found.push({ labels: label.name, place: seenFile.name, viewer, how });
    }
  }
  return found;
}

function howExposed(
  label: Content,
  seen: Content,
  seenLines: ReadonlySet<string>,
  seenEnds: ReadonlySet<string>,
): string | undefined {
  if (label.hash === seen.hash) return 'the same bytes';
  // A line of one word is an identifier or a label alone: it says nothing about which belongs to which.
  const lines = [...new Set(label.lines)].filter((line) => line.includes(' '));
  if (lines.length < MIN_LINES) return undefined;
  const wholeCount = lines.filter((line) => seenLines.has(line)).length;
  const endsCount = lines.filter((line) => seenEnds.has(endsOf(line))).length;
  const isExposed = wholeCount >= EXPOSED_SHARE * lines.length || endsCount >= EXPOSED_ENDS_SHARE * lines.length;
  return isExposed ? `${Math.max(wholeCount, endsCount)} of ${lines.length} lines` : undefined;
}

/** The first and the last word: an identifier and its label, whatever stands between them. */
function endsOf(line: string): string {
  const words = line.split(' ');
  return `${words[0]} ${words.at(-1)}`;
}

/** Undefined where it is no regular file or too large. Separators and quotes are alike. */
function readContent(location: string | Buffer): Content | undefined {
  const status = fs.statSync(location, { throwIfNoEntry: false });
  if (!status?.isFile() || status.size > MAX_READ_BYTES) return undefined;
  const bytes = fs.readFileSync(location);
  const isText = bytes.length <= MAX_TEXT_BYTES && !bytes.subarray(0, 8192).includes(0);
  const words = (line: string): string => line.replaceAll(/[\s,;|:="'{}[\]()]+/g, ' ').trim();
  const lines = isText
    ? bytes
        .toString('utf8')
        .split('\n')
        .map(words)
        .filter((line) => line !== '')
    : undefined;
  return { bytes: bytes.length, hash: sha256Hex(bytes), lines };
}
