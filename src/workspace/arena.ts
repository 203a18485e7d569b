/**
 * An arena folder read from disk and checked whole: manifest, globs, knobs. Reads only. Everything wrong with it is one
 * E_MANIFEST, E_FILES or E_KNOB.
 */
import * as path from 'node:path';
import { parse as parseYaml, YAMLParseError } from 'yaml';
import { parseComparison } from '../core/admission/knob-rules.ts';
import { isInstructions, leftWithoutUs } from '../base/text-block.ts';
import { LabError, reasonOf } from '../base/error.ts';
import { sha256, sha256Parts } from '../base/hash.ts';
import { count } from '../base/text.ts';
import { type Arena, checkFiles, type ManifestProblem, parseArena, roleOf } from '../core/arena.ts';
import { findKnob } from '../core/admission/knobs.ts';
import { editableHash } from '../core/admission/policy.ts';
import { readText } from '../os/files.ts';
import { readFolder, type Source, type SourceFile, sourceOf } from './source.ts';

export const MANIFEST = 'arena.yaml';

export interface LoadedArena {
  readonly arena: Arena;
  readonly folder: string;
  readonly source: Source;
  readonly files: readonly string[];
  /** The editable files as they lie there now, as text. */
  readonly editable: ReadonlyMap<string, string>;
  /** Hashes of the files as they lie there now. `program.md` may change during a lab and is in neither. */
  readonly hashes: { readonly editable: string; readonly frozen: string };
  /** Values of the knobs in the files. */
  readonly knobs: Readonly<Record<string, number | string>>;
  readonly program?: string;
}

export async function loadArena(folder: string): Promise<LoadedArena> {
  const arena = readManifest(folder);
  const source = await sourceOf(folder);
  const files = await readFolder(folder);
  const names = files.map((file) => file.path);
  const problems = checkFiles(arena, names);
  if (problems.length > 0)
    throw wrong(
      'E_FILES',
      folder,
      problems,
      'Correct the globs, or add the files; patterns are relative to the folder of arena.yaml.',
    );
  const role = roleOf(arena);
  const editable = new Map(
    files
      .filter((file) => role(file.path) === 'editable')
      .map((file) => [file.path, Buffer.from(file.bytes).toString('utf8')]),
  );
  const frozen = files
    .filter((file) => role(file.path) !== 'editable' && file.path !== 'program.md')
    .flatMap(withoutOurs);
  const program = readText(path.join(folder, 'program.md'));
  return {
    arena,
    folder,
    source,
    files: names,
    editable,
    knobs: readKnobs(arena, editable, folder),
    hashes: { editable: editableHash(editable), frozen: frozenHash(frozen) },
    ...(program !== undefined && { program }),
  };
}

/** What `overnight install` wrote for agents is no part of the arena: installing must not end a lab. */
function withoutOurs(file: SourceFile): SourceFile[] {
  if (!isInstructions(file.path)) return [file];
  const text = Buffer.from(file.bytes).toString('utf8');
  const left = leftWithoutUs(file.path, text);
  if (left === text) return [file];
  return left === '' ? [] : [{ ...file, bytes: Buffer.from(left) }];
}

const frozenHash = (files: readonly SourceFile[]): string =>
  sha256Parts(files.flatMap((file) => [file.path, file.mode, sha256(file.bytes)]));

/** The manifest alone, validated. */
export function readManifest(folder: string): Arena {
  const file = path.join(folder, MANIFEST);
  const text = readText(file);
  if (text === undefined) {
    throw new LabError('E_NO_ARENA', {
      what: 'There is no arena here.',
      why: `${file} does not exist.`,
      next: 'Create one with `overnight new`, or try a shipped one with `overnight try hello`.',
    });
  }
  let value: unknown;
  try {
    value = parseYaml(text);
  } catch (thrown) {
    const where = thrown instanceof YAMLParseError && thrown.linePos ? ` at line ${thrown.linePos[0].line}` : '';
    throw new LabError(
      'E_MANIFEST',
      {
        what: `${MANIFEST} is not YAML${where}.`,
        why: `${reasonOf(thrown)
          .split('\n')[0]!
          .replace(/[:.\s]+$/, '')}.`,
        next: 'Correct that line; docs/arena.md has an example.',
      },
      thrown,
    );
  }
  const parsed = parseArena(value);
  if ('problems' in parsed)
    throw wrong('E_MANIFEST', folder, parsed.problems, 'Correct arena.yaml; docs/arena.md lists every key.');
  return parsed.arena;
}

function readKnobs(
  arena: Arena,
  editable: ReadonlyMap<string, string>,
  folder: string,
): Record<string, number | string> {
  const values: Record<string, number | string> = {};
  const problems: ManifestProblem[] = [];
  for (const [i, knob] of arena.knobs.entries()) {
    const found = findKnob(knob, editable.get(knob.file) ?? '');
    const at = `knobs.${i}`;
    if (!found.ok) problems.push({ at, message: found.problem });
    else if (
      knob.kind === 'choice'
        ? !knob.values.includes(found.value)
        : typeof found.value !== 'number' || found.value < knob.range[0] || found.value > knob.range[1]
    ) {
      const allowed = knob.kind === 'choice' ? knob.values.join(', ') : `${knob.range[0]} to ${knob.range[1]}`;
      problems.push({ at, message: `${knob.name} is ${found.value} in ${knob.file}, outside ${allowed}` });
    } else values[knob.name] = found.value;
  }
  for (const [i, text] of (problems.length > 0 ? [] : (arena.knob_rules ?? [])).entries()) {
    const rule = parseComparison(text);
    if ('holds' in rule && !rule.holds(values))
      problems.push({
        at: `knob_rules.${i}`,
        message: `"${text}" does not hold for ${rule.names.map((name) => `${name} = ${values[name]}`).join(', ')} as the files have it`,
      });
  }
  if (problems.length > 0)
    throw wrong('E_KNOB', folder, problems, 'Correct the knobs in arena.yaml or the constants in the file.');
  return values;
}

function wrong(
  code: 'E_MANIFEST' | 'E_FILES' | 'E_KNOB',
  folder: string,
  problems: readonly ManifestProblem[],
  next: string,
): LabError {
  const what =
    code === 'E_KNOB'
      ? `The knobs of ${path.join(folder, MANIFEST)} do not fit their files.`
      : code === 'E_FILES'
        ? `The globs of ${path.join(folder, MANIFEST)} do not fit the files.`
        : `${path.join(folder, MANIFEST)} does not validate.`;
  const list = problems.map(({ at, message }) => `${at}: ${message}`).join('; ');
  return new LabError(code, { what, why: `${count(problems.length, 'problem')}: ${list}.`, next });
}
