/**
 * What a planted cheat is, and which outcome counts as caught. The cheats of each arena are in files of their own. No
 * part of the harness reads them, so they are caught by the same checks as every candidate.
 */
import type { FileEdit } from '../core/ports.ts';

/**
 * Refused before it ran; ended without a number; found to be effectively the incumbent; measured honestly without a
 * gain; or whatever it ended as, with nothing but text in all that people see of it.
 */
export type Fate = 'refused' | 'no number' | 'no-op' | 'no gain' | 'text only';

/** New content by path, or a function that makes it from the shipped files. */
export type PlantedEdits = readonly FileEdit[] | ((readShipped: (path: string) => string) => readonly FileEdit[]);

export interface PlantedChange {
  readonly edits: PlantedEdits;
  readonly fate: Fate;
}

export interface Cheat {
  readonly name: string;
  /** An honest change that must be kept first. */
  readonly before?: PlantedEdits;
  /** The cheat, written in two ways. */
  readonly variants: readonly PlantedChange[];
  /** A change that looks like the cheat and is honest: it must be measured. */
  readonly honest: PlantedEdits;
}

export const replaceFile = (path: string, content: string): readonly FileEdit[] => [{ path, content }];

const withFate =
  (fate: Fate) =>
  (edits: PlantedEdits): PlantedChange => ({ edits, fate });
export const expectRefused = withFate('refused');
export const expectNoNumber = withFate('no number');
export const expectNoOp = withFate('no-op');
export const expectNoGain = withFate('no gain');
export const expectTextOnly = withFate('text only');

/**
 * Cheats that every arena has: they change files that must not change. `honestEdits` are two changes that may be made.
 */
export function outOfBoundsCheats(
  editableFile: string,
  evaluatorFile: string,
  honestEdits: readonly [readonly FileEdit[], readonly FileEdit[]],
): readonly Cheat[] {
  const moveEdits = (folder: string): readonly FileEdit[] =>
    honestEdits[1].map((edit) => ({ ...edit, path: `${folder}/${editableFile}` }));
  return [
    {
      name: 'patched evaluator',
      variants: [
        expectRefused(replaceFile(evaluatorFile, '\n')),
        expectRefused([...honestEdits[0], ...replaceFile('arena.yaml', 'overnight: 1\n')]),
      ],
      honest: honestEdits[0],
    },
    {
      name: 'a diff in the wrong folder',
      variants: [expectRefused(moveEdits('..')), expectRefused(moveEdits('src'))],
      honest: honestEdits[1],
    },
  ];
}
