/**
 * The manifest's knobs as a search space, and the values in the files as a configuration of it. Knows no sampler and no
 * ledger.
 */
import { defined } from '../base/defined.ts';
import { parseComparison } from '../core/admission/knob-rules.ts';
import type { Arena, Knob } from '../core/arena.ts';
import { findKnob, type KnobValue, snapKnob, writeKnob } from '../core/admission/knobs.ts';
import type { FileEdit } from '../core/ports.ts';
import { type Constraint, createSpace, type Param, type Space, type Values } from '../search/index.ts';

/** The value of every knob in its file; or why one of them cannot be read. */
export function readKnobs(
  knobs: readonly Knob[],
  files: ReadonlyMap<string, string>,
): { readonly ok: true; readonly values: Values } | { readonly ok: false; readonly problem: string } {
  const knobValues: Record<string, KnobValue> = {};
  for (const knob of knobs) {
    const knobLiteral = findKnob(knob, files.get(knob.file) ?? '');
    if (!knobLiteral.ok) return { ok: false, problem: knobLiteral.problem };
    if (knob.kind !== 'choice' && typeof knobLiteral.value !== 'number')
      return { ok: false, problem: `${knob.file}: ${knob.name} is a text, but the manifest says ${knob.kind}` };
    knobValues[knob.name] = knobLiteral.value;
  }
  return { ok: true, values: knobValues };
}

/**
 * The manifest's knobs, their conditions and rules as a space whose known-good default is `start`. A start outside of
 * the declared range counts as the nearest end. For a knob that is not active, rules use its value in `currentValues`.
 * Throws SearchError E_SPACE when the start breaks a rule.
 */
export function knobSpace(
  { knobs, knob_rules: rules = [] }: Pick<Arena, 'knobs' | 'knob_rules'>,
  start: Values,
  currentValues = start,
): Space {
  return createSpace({
    constraints: rules.map((ruleText) => constraintOf(ruleText, currentValues)),
    params: knobs.map((knob): Param => {
      const paramBase = defined({
        name: knob.name,
        when: knob.when && { param: knob.when.knob, in: knob.when.in },
      });
      const startValue = snapKnob(knob, start[knob.name]!);
      switch (knob.kind) {
        case 'float':
          return {
            ...paramBase,
            kind: 'float',
            low: knob.range[0],
            high: knob.range[1],
            log: knob.log,
            digits: 4,
            default: Number(startValue),
          };
        case 'int':
          return {
            ...paramBase,
            kind: 'int',
            low: knob.range[0],
            high: knob.range[1],
            log: knob.log,
            default: Number(startValue),
          };
        case 'pow2':
          return { ...paramBase, kind: 'pow2', low: knob.range[0], high: knob.range[1], default: Number(startValue) };
        case 'choice':
          return {
            ...paramBase,
            kind: isInOrder(knob.values) ? 'ordinal' : 'categorical',
            values: knob.values,
            default: startValue,
          };
        default:
          return knob satisfies never;
      }
    }),
  });
}

function constraintOf(ruleText: string, currentValues: Values): Constraint {
  const parsedRule = parseComparison(ruleText);
  if ('problem' in parsedRule) throw new RangeError(`${ruleText}: ${parsedRule.problem}`);
  return { name: ruleText, holds: (trialValues) => parsedRule.holds({ ...currentValues, ...trialValues }) };
}

/** True for numbers that are listed in ascending or descending order. */
const isInOrder = (values: readonly KnobValue[]): boolean =>
  values.length > 2 &&
  values.every((listedValue) => typeof listedValue === 'number') &&
  [1, -1].some((sign) =>
    values.every((listedValue, i) => i === 0 || sign * (Number(listedValue) - Number(values[i - 1])) > 0),
  );

/** The edits that change the files from `currentValues` to `wantedValues`: one literal per knob, nothing else. */
export function knobEdits(
  knobs: readonly Knob[],
  files: ReadonlyMap<string, string>,
  currentValues: Values,
  wantedValues: Values,
): FileEdit[] {
  const changedFiles = new Map<string, string>();
  for (const knob of knobs) {
    const wantedValue = wantedValues[knob.name];
    if (wantedValue === undefined || wantedValue === currentValues[knob.name]) continue;
    changedFiles.set(knob.file, writeKnob(knob, changedFiles.get(knob.file) ?? files.get(knob.file)!, wantedValue));
  }
  return [...changedFiles]
    .filter(([filePath, content]) => content !== files.get(filePath))
    .map(([path, content]) => ({ path, content }));
}
