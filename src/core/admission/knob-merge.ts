/**
 * Merges knob values by three ways. Constants often stand on neighbouring lines, which no merge of lines can tell
 * apart. Pure.
 */
import type { Knob } from '../arena.ts';
import type { FileEdit } from '../ports.ts';
import { findKnob, type KnobValue, writeKnob } from './knobs.ts';

type Files = ReadonlyMap<string, string>;

export interface KnobMerge {
  /** Edits of `ours` that turn the knobs as `theirs` did. */
  readonly edits: readonly FileEdit[];
  /** Files with a knob that both turned, each to another value. */
  readonly conflicts: readonly string[];
}

/**
 * Turn the knobs of `ours` as they were turned from `base` to `theirs`. Undefined where anything but values of knobs
 * was changed, or where `ours` has such a knob no more: then lines must be merged.
 */
export function mergeKnobValues(
  knobs: readonly Knob[],
  ours: Files,
  base: Files,
  theirs: Files,
): KnobMerge | undefined {
  const changedPaths = [...new Set([...base.keys(), ...theirs.keys()])].filter(
    (path) => base.get(path) !== theirs.get(path),
  );
  const turned = knobs.flatMap((knob) => {
    const [before, after] = [valueIn(knob, base), valueIn(knob, theirs)];
    return before !== undefined && after !== undefined && before !== after ? [{ knob, before, after }] : [];
  });
  const isAllKnobs = changedPaths.every((path) => {
    const source = base.get(path);
    if (source === undefined) return false;
    const rewritten = turned
      .filter(({ knob }) => knob.file === path)
      .reduce((text, { knob, after }) => writeKnob(knob, text, after), source);
    return rewritten === theirs.get(path);
  });
  if (turned.length === 0 || !isAllKnobs) return undefined;
  const merged = new Map(ours);
  const conflicts = new Set<string>();
  for (const { knob, before, after } of turned) {
    const current = valueIn(knob, ours);
    if (current === undefined) return undefined;
    if (current === before) merged.set(knob.file, writeKnob(knob, merged.get(knob.file)!, after));
    else if (current !== after) conflicts.add(knob.file);
  }
  const edits = [...merged]
    .filter(([path, content]) => ours.get(path) !== content)
    .map(([path, content]) => ({ path, content }));
  return { edits, conflicts: [...conflicts] };
}

function valueIn(knob: Knob, files: Files): KnobValue | undefined {
  const literal = findKnob(knob, files.get(knob.file) ?? '');
  return literal.ok ? literal.value : undefined;
}
