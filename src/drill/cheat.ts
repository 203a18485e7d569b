/**
 * What a planted cheat is, and what must become of it. The cheats of each arena stand in files of their own; no part of
 * the harness reads them: what catches them is what catches everybody.
 */
import type { FileEdit } from '../core/ports.ts';

/**
 * Refused before it ran; stopped without a number; found to be the incumbent in another coat; or measured honestly, and
 * no better for it.
 */
export type Fate = 'refused' | 'no number' | 'no-op' | 'no gain';

/** New content by path, or made from the shipped files. */
export type Edits = readonly FileEdit[] | ((shipped: (path: string) => string) => readonly FileEdit[]);

export interface Planted {
  readonly edits: Edits;
  readonly fate: Fate;
}

export interface Cheat {
  readonly name: string;
  /** An honest change that must be kept first. */
  readonly before?: Edits;
  /** The cheat, written in different ways. */
  readonly variants: readonly Planted[];
  /** Looks like it and is honest: must be measured. */
  readonly honest: Edits;
}

export const write = (path: string, content: string): readonly FileEdit[] => [{ path, content }];

const planted =
  (fate: Fate) =>
  (edits: Edits): Planted => ({ edits, fate });
export const refused = planted('refused');
export const noNumber = planted('no number');
export const noOp = planted('no-op');
export const noGain = planted('no gain');

/**
 * Cheats that are the same everywhere: they touch what may not be touched. `honest` are two changes that may be made.
 */
export function outOfBounds(
  editable: string,
  evaluator: string,
  honest: readonly [readonly FileEdit[], readonly FileEdit[]],
): readonly Cheat[] {
  const elsewhere = (folder: string): readonly FileEdit[] =>
    honest[1].map((edit) => ({ ...edit, path: `${folder}/${editable}` }));
  return [
    {
      name: 'patched evaluator',
      variants: [refused(write(evaluator, '\n')), refused([...honest[0], ...write('arena.yaml', 'overnight: 1\n')])],
      honest: honest[0],
    },
    {
      name: 'a diff in the wrong folder',
      variants: [refused(elsewhere('..')), refused(elsewhere('src'))],
      honest: honest[1],
    },
  ];
}
