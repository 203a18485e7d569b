/**
 * Reads an arena's folder and checks all of it: manifest, globs, knobs. One E_MANIFEST, E_FILES or E_KNOB names every
 * problem. Writes nothing.
 */
import * as path from 'node:path';
import { defined } from '../base/defined.ts';
import { parseComparison } from '../core/admission/knob-rules.ts';
import { isInstructions, leftWithoutUs } from '../base/text-block.ts';
import { LabError } from '../base/error.ts';
import { sha256Hex, sha256Parts } from '../base/hash.ts';
import { formatCount } from '../base/text.ts';
import type { Arena } from '../core/arena.ts';
import { checkFiles, type ManifestProblem, parseArena } from '../core/manifest-check.ts';
import { isPageOfPerson, roleOf } from '../core/file-roles.ts';
import { findKnob } from '../core/admission/knobs.ts';
import { hashEditable } from '../core/admission/policy.ts';
import { readText } from '../os/files.ts';
import { hashKit, namesKit } from '../os/kit.ts';
import { hashLargeFile } from '../os/trees.ts';
import { parseManifestYaml } from './manifest-yaml.ts';
import { type FoundSource, readFolder, readSource, type SourceFile, sourceOf } from './source.ts';

export const MANIFEST_FILE = 'arena.yaml';
const MAX_EDITABLE_BYTES = 16_000_000;

export interface LoadedArena {
  readonly arena: Arena;
  readonly folder: string;
  readonly source: FoundSource;
  readonly files: readonly string[];
  /** Text of the editable files as they are now. */
  readonly editable: ReadonlyMap<string, string>;
  /** Hashes of the files as they are now. `program.md` and roles/*.md may change during a lab and are in neither. */
  readonly hashes: { readonly editable: string; readonly frozen: string; readonly kit?: string };
  /** Values of the knobs in the files. */
  readonly knobs: Readonly<Record<string, number | string>>;
  readonly program?: string;
}

export async function loadArena(folder: string): Promise<LoadedArena> {
  const arena = readManifest(folder);
  const source = await sourceOf(folder);
  const sourceFiles = await readFolder(folder);
  const fileNames = sourceFiles.map((sourceFile) => sourceFile.path);
  const problems = checkFiles(arena, fileNames);
  if (problems.length > 0)
    throw arenaError(
      'E_FILES',
      folder,
      problems,
      'Correct the globs, or add the files; patterns are relative to the folder of arena.yaml.',
    );
  const roleOfFile = roleOf(arena);
  requireSmallEditable(
    folder,
    sourceFiles.filter((sourceFile) => roleOfFile(sourceFile.path) === 'editable'),
  );
  const editableFiles = new Map(
    sourceFiles
      .filter((sourceFile) => roleOfFile(sourceFile.path) === 'editable')
      .map((sourceFile) => [sourceFile.path, readSource(sourceFile).toString('utf8')]),
  );
  const frozenFiles = sourceFiles.filter(
    (sourceFile) => roleOfFile(sourceFile.path) !== 'editable' && !isPageOfPerson(sourceFile.path),
  );
  const programText = readText(path.join(folder, 'program.md'));
  return {
    arena,
    folder,
    source,
    files: fileNames,
    editable: editableFiles,
    knobs: readKnobs(arena, editableFiles, folder),
    hashes: {
      editable: hashEditable(editableFiles),
      frozen: sha256Parts(frozenFiles.flatMap(hashFrozen)),
      ...(namesKit(sourceFiles) && { kit: hashKit() }),
    },
    ...defined({ program: programText }),
  };
}

/** An idea is new text of editable files, so that each of them must be one that a proposer can read and write. */
function requireSmallEditable(folder: string, editableFiles: readonly SourceFile[]): void {
  const problems = editableFiles
    .filter(({ size }) => size > MAX_EDITABLE_BYTES)
    .map(({ path: filePath, size }) => ({
      at: 'editable',
      message: `${filePath} has ${Math.ceil(size / 1e6)} MB, at most ${MAX_EDITABLE_BYTES / 1e6} are allowed`,
    }));
  if (problems.length > 0)
    throw arenaError('E_FILES', folder, problems, 'Leave large files out of `editable`: they are frozen then.');
}

/** What is hashed of a frozen file: its name, its mode and its content. Undefined for one that is not there to us. */
function hashFrozen(sourceFile: SourceFile): readonly string[] {
  const contentHash = hashWithoutOurInstructions(sourceFile);
  return contentHash === undefined ? [] : [sourceFile.path, sourceFile.mode, contentHash];
}

/** Without the text that `overnight install` writes for agents: installing must not end a lab. */
function hashWithoutOurInstructions(sourceFile: SourceFile): string | undefined {
  const { path: filePath, mode, location, size } = sourceFile;
  if (!isInstructions(filePath))
    return mode === '120000' ? sha256Hex(readSource(sourceFile)) : hashLargeFile(location, size);
  const bytes = readSource(sourceFile);
  const instructions = bytes.toString('utf8');
  const remainingText = leftWithoutUs(filePath, instructions);
  if (remainingText === instructions) return sha256Hex(bytes);
  return remainingText === '' ? undefined : sha256Hex(remainingText);
}

/** Read and validate the manifest alone. */
export function readManifest(folder: string): Arena {
  const manifestFile = path.join(folder, MANIFEST_FILE);
  const manifestText = readText(manifestFile);
  if (manifestText === undefined) {
    throw new LabError('E_NO_ARENA', {
      what: 'There is no arena here.',
      why: `${manifestFile} does not exist.`,
      next: 'Create one with `overnight new`, or try a shipped one with `overnight try hello`.',
    });
  }
  const manifestValue = parseManifestYaml(manifestText, MANIFEST_FILE);
  const parsedManifest = parseArena(manifestValue);
  if ('problems' in parsedManifest)
    throw arenaError(
      'E_MANIFEST',
      folder,
      parsedManifest.problems,
      'Correct arena.yaml; docs/arena.md lists every key.',
    );
  return parsedManifest.arena;
}

function readKnobs(
  arena: Arena,
  editableFiles: ReadonlyMap<string, string>,
  folder: string,
): Record<string, number | string> {
  const knobValues: Record<string, number | string> = {};
  const problems: ManifestProblem[] = [];
  for (const [position, knob] of arena.knobs.entries()) {
    const literal = findKnob(knob, editableFiles.get(knob.file) ?? '');
    const problemPath = `knobs.${position}`;
    if (!literal.ok) problems.push({ at: problemPath, message: literal.problem });
    else if (
      knob.kind === 'choice'
        ? !knob.values.includes(literal.value)
        : typeof literal.value !== 'number' || literal.value < knob.range[0] || literal.value > knob.range[1]
    ) {
      const allowedValues = knob.kind === 'choice' ? knob.values.join(', ') : `${knob.range[0]} to ${knob.range[1]}`;
      problems.push({
        at: problemPath,
        message: `${knob.name} is ${literal.value} in ${knob.file}, outside ${allowedValues}`,
      });
    } else knobValues[knob.name] = literal.value;
  }
  for (const [position, ruleText] of (problems.length > 0 ? [] : (arena.knob_rules ?? [])).entries()) {
    const comparison = parseComparison(ruleText);
    if ('holds' in comparison && !comparison.holds(knobValues))
      problems.push({
        at: `knob_rules.${position}`,
        message: `"${ruleText}" does not hold for ${comparison.names.map((knobName) => `${knobName} = ${knobValues[knobName]}`).join(', ')} as the files have it`,
      });
  }
  if (problems.length > 0)
    throw arenaError('E_KNOB', folder, problems, 'Correct the knobs in arena.yaml or the constants in the file.');
  return knobValues;
}

function arenaError(
  code: 'E_MANIFEST' | 'E_FILES' | 'E_KNOB',
  folder: string,
  problems: readonly ManifestProblem[],
  nextStep: string,
): LabError {
  const manifestFile = path.join(folder, MANIFEST_FILE);
  const problemList = problems.map(({ at, message }) => `${at}: ${message}`).join('; ');
  return new LabError(code, {
    what: {
      E_KNOB: `The knobs of ${manifestFile} do not fit their files.`,
      E_FILES: `The globs of ${manifestFile} do not fit the files.`,
      E_MANIFEST: `${manifestFile} does not validate.`,
    }[code],
    why: `${formatCount(problems.length, 'problem')}: ${problemList}.`,
    next: nextStep,
  });
}
