/**
 * The manifest's knobs as a search space, and what the files say now as a configuration of it. Knows no sampler and no
 * ledger.
 */
import { parseComparison } from '../core/admission/knob-rules.ts';
import type { Arena, Knob } from '../core/arena.ts';
import { findKnob, type KnobValue, snapKnob, writeKnob } from '../core/admission/knobs.ts';
import type { FileEdit } from '../core/ports.ts';
import { type Constraint, createSpace, type Param, type Space, type Values } from '../search/index.ts';

/** Value of every knob, as its file says it; or why one of them cannot be read. */
export function readKnobs(
  knobs: readonly Knob[],
  files: ReadonlyMap<string, string>,
): { readonly ok: true; readonly values: Values } | { readonly ok: false; readonly problem: string } {
  const values: Record<string, KnobValue> = {};
  for (const knob of knobs) {
    const found = findKnob(knob, files.get(knob.file) ?? '');
    if (!found.ok) return { ok: false, problem: found.problem };
    if (knob.kind !== 'choice' && typeof found.value !== 'number')
      return { ok: false, problem: `${knob.file}: ${knob.name} is a text, and the manifest says ${knob.kind}` };
    values[knob.name] = found.value;
  }
  return { ok: true, values };
}

/**
 * The manifest's knobs, their conditions and rules as a space whose known-good default is `start`. A start outside the
 * declared range counts as the nearest end; a knob that is not active counts in rules as it stands `now`. Throws
 * SearchError E_SPACE where the start breaks a rule.
 */
export function knobSpace(
  { knobs, knob_rules: rules = [] }: Pick<Arena, 'knobs' | 'knob_rules'>,
  start: Values,
  now = start,
): Space {
  return createSpace({
    constraints: rules.map((text) => ruleOf(text, now)),
    params: knobs.map((knob): Param => {
      const name = { name: knob.name, ...(knob.when && { when: { param: knob.when.knob, in: knob.when.in } }) };
      const at = snapKnob(knob, start[knob.name]!);
      switch (knob.kind) {
        case 'float':
          return {
            ...name,
            kind: 'float',
            low: knob.range[0],
            high: knob.range[1],
            log: knob.log,
            digits: 4,
            default: Number(at),
          };
        case 'int':
          return { ...name, kind: 'int', low: knob.range[0], high: knob.range[1], log: knob.log, default: Number(at) };
        case 'pow2':
          return { ...name, kind: 'pow2', low: knob.range[0], high: knob.range[1], default: Number(at) };
        case 'choice':
          return { ...name, kind: inOrder(knob.values) ? 'ordinal' : 'categorical', values: knob.values, default: at };
        default:
          return knob satisfies never;
      }
    }),
  });
}

function ruleOf(text: string, now: Values): Constraint {
  const rule = parseComparison(text);
  if ('problem' in rule) throw new RangeError(`${text}: ${rule.problem}`);
  return { name: text, holds: (values) => rule.holds({ ...now, ...values }) };
}

/** Numbers listed from small to large (or back) have an order worth knowing. */
const inOrder = (values: readonly KnobValue[]): boolean =>
  values.length > 2 &&
  values.every((v) => typeof v === 'number') &&
  [1, -1].some((sign) => values.every((v, i) => i === 0 || sign * (Number(v) - Number(values[i - 1])) > 0));

/**
 * What to change so that the files say `wanted` where it differs from `now`: one literal per knob, everything else
 * untouched.
 */
export function knobEdits(
  knobs: readonly Knob[],
  files: ReadonlyMap<string, string>,
  now: Values,
  wanted: Values,
): FileEdit[] {
  const changed = new Map<string, string>();
  for (const knob of knobs) {
    const value = wanted[knob.name];
    if (value === undefined || value === now[knob.name]) continue;
    changed.set(knob.file, writeKnob(knob, changed.get(knob.file) ?? files.get(knob.file)!, value));
  }
  return [...changed]
    .filter(([file, content]) => content !== files.get(file))
    .map(([path, content]) => ({ path, content }));
}
