/**
 * Does the number depend on the candidate? `doctor` measures it once with its files emptied, and where repeats are
 * identical once with every knob at its other end. A number that stays the same measures something else.
 */
import { defined } from '../base/defined.ts';
import { findKnob, writeKnob } from '../core/admission/knobs.ts';
import type { Arena, Knob } from '../core/arena.ts';
import { type Experiment, verdictOf } from '../core/experiment.ts';
import type { FileEdit, Proposer } from '../core/ports.ts';
import { type LabState, measurementsOf } from '../core/state.ts';
import type { LoadedArena } from '../workspace/arena.ts';
import type { DoctorCheck } from './doctor-check.ts';

const EMPTIED = 'sabotage: every editable file emptied';
const MOVED = 'sabotage: every knob at its other end';
export const MAX_SABOTAGES = 2;

/** `readState`: the lab's, which says whether repeats are identical by the time an idea is asked for. */
export function proposeSabotage({ arena, editable }: LoadedArena, readState: () => LabState | undefined): Proposer {
  const emptied = [...editable.keys()].map((path): FileEdit => ({ path, content: '\n' }));
  const plans = [
    { hypothesis: EMPTIED, makeEdits: () => emptied },
    { hypothesis: MOVED, makeEdits: () => (isExact(readState()) ? moveKnobs(arena, editable) : []) },
  ];
  return {
    name: 'doctor',
    propose: async () => {
      const plan = plans.shift();
      const edits = plan?.makeEdits() ?? [];
      return plan && edits.length > 0
        ? { kind: 'edit', hypothesis: plan.hypothesis, edits }
        : { kind: 'none', reason: 'doctor has no ideas' };
    },
  };
}

const isExact = (state: LabState | undefined): boolean =>
  [...(state?.noise.values() ?? [])][0]?.calibrated?.sigma === 0;

function moveKnobs(arena: Arena, editable: ReadonlyMap<string, string>): readonly FileEdit[] {
  const texts = new Map(editable);
  for (const knob of arena.knobs) {
    const text = texts.get(knob.file) ?? '';
    const literal = findKnob(knob, text);
    if (literal.ok) texts.set(knob.file, writeKnob(knob, text, otherEnd(knob, literal.value)));
  }
  return [...texts].filter(([path, text]) => text !== editable.get(path)).map(([path, content]) => ({ path, content }));
}

function otherEnd(knob: Knob, value: string | number): string | number {
  if (knob.kind === 'choice') return knob.values.find((other) => other !== value)!;
  const [low, high] = knob.range;
  return Number(value) > (low + high) / 2 ? low : high;
}

/** What came of it; nothing for a sabotage that was not tried or not allowed. */
export function judgeSabotage(arena: Arena, state: LabState): readonly DoctorCheck[] {
  const baseline = valuesOf(state, 0);
  return state.experiments.flatMap((experiment): readonly DoctorCheck[] => {
    if (experiment.state !== 'decided' || experiment.idea.n === 0) return [];
    const { hypothesis } = experiment.idea;
    if (hypothesis === EMPTIED) return [judgeEmptied(arena, experiment, baseline, valuesOf(state, experiment.idea.n))];
    return hypothesis === MOVED ? [judgeMoved(arena, experiment, baseline, valuesOf(state, experiment.idea.n))] : [];
  });
}

const valuesOf = (state: LabState, n: number): readonly number[] =>
  measurementsOf(state, n).flatMap((measurement) =>
    measurement.state === 'finished' && measurement.outcome.kind === 'measured' ? [measurement.outcome.value] : [],
  );

function judgeEmptied(
  arena: Arena,
  experiment: Experiment,
  baseline: readonly number[],
  found: readonly number[],
): DoctorCheck {
  const name = 'sabotaged candidate';
  const fix =
    'let the evaluator score what the candidate made, and list as `editable` what the command runs; a benchmark needs a guard or an evaluator that checks the answers';
  if (found.length === 0)
    return { name, ok: true, detail: 'with every editable file emptied there is no number, as it should be' };
  const range = `${arena.metric.name} = ${found[0]}`;
  if (verdictOf(experiment) === 'kept')
    return { name, ok: false, detail: `with every editable file emptied it counts as better (${range})`, fix };
  return isWithin(found, baseline)
    ? { name, ok: false, detail: `with every editable file emptied the number is the same (${range})`, fix }
    : { name, ok: true, detail: `with every editable file emptied the number is another (${range})` };
}

function judgeMoved(
  arena: Arena,
  experiment: Experiment,
  baseline: readonly number[],
  found: readonly number[],
): DoctorCheck {
  const name = 'zero noise';
  const count = `every knob (${arena.knobs.map((knob) => knob.name).join(', ')}) at its other end`;
  if (found.length === 0)
    return { name, ok: true, detail: `repeats are identical; with ${count} the run fails, so it depends on them` };
  if (!isWithin(found, baseline))
    return {
      name,
      ok: true,
      detail: `repeats are identical because the score is deterministic: with ${count} ${arena.metric.name} = ${found[0]}`,
    };
  const isNoOp = experiment.state === 'decided' && experiment.decision.kind === 'no-op';
  return defined({
    name,
    ok: true,
    warning: true,
    detail: `repeats are identical, and so is the number with ${count}${isNoOp ? ': the artefact is the same, byte for byte' : ''}`,
    fix: 'check that the candidate reads these constants, and that the evaluator scores what they change',
  });
}

/** Not outside what the unchanged code gave. */
const isWithin = (found: readonly number[], baseline: readonly number[]): boolean =>
  found.every((value) => value >= Math.min(...baseline) && value <= Math.max(...baseline));
