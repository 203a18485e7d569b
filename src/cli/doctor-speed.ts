/** What `overnight doctor` says of time: guards, seconds a measurement, experiments an hour, and the machine's load. */
import { defined } from '../base/defined.ts';
import { oneLine } from '../base/text.ts';
import { medianOf } from '../base/stats.ts';
import { type Arena, replicatesOf } from '../core/arena.ts';
import { type LabState, measurementsOf } from '../core/state.ts';
import { adviseOnTiming } from '../discover/timing-advice.ts';
import { describeChange } from '../discover/manifest-changes.ts';
import { formatDuration } from '../view/format.ts';
import type { DoctorCheck } from './doctor-check.ts';

/** Measurements of an idea under `margin`, as a multiple of `decide.replicates`: some are made again. */
const REPEATS = 1.4;
/** Sides of a pair. */
const SIDES = 2;
/** Share of the ideas whose numbers would make them a step, so that their guards run. */
const STEP_SHARE = 1 / 3;

type Report = (check: DoctorCheck) => void;

/** One line for each guard: it passed, in so many seconds. */
export function reportGuards(reportCheck: Report, state: LabState): void {
  for (const run of state.guardRuns) {
    if (run.state !== 'finished' || run.failure) continue;
    for (const { name, wallS, lines } of run.outcomes) {
      const said = lines === '' ? '' : `: ${oneLine(lines, 120)}`;
      reportCheck({
        name: `guard ${name}`,
        ok: true,
        detail: `passed on the unchanged code in ${formatDuration(wallS)}${said}`,
      });
    }
  }
}

export function reportSpeed(reportCheck: Report, arena: Arena, state: LabState): void {
  const { measurementS, ideaS, measurements, guardS } = expectedTime(arena, state);
  const perIdea = `${measurements.toFixed(1)} measurements an idea${arena.decide.rule === 'paired' || arena.decide.rule === 'sequential' ? ' in pairs' : ''}`;
  const guards = guardS > 0 ? `, ${formatDuration(guardS)} of guards` : '';
  const detail = `${formatDuration(measurementS)} a measurement with all that is around it, about ${Math.round(3600 / ideaS)} experiments an hour with ${perIdea}${guards}`;
  reportCheck({ name: 'speed', ok: true, detail });
}

/** Seconds that an idea takes on average, from what the unchanged code took here. */
export function expectedTime(
  arena: Arena,
  state: LabState,
): { readonly measurementS: number; readonly measurements: number; readonly guardS: number; readonly ideaS: number } {
  const elapsed = measurementsOf(state, 0).flatMap((measurement) =>
    measurement.state === 'finished' ? [(Date.parse(measurement.at) - Date.parse(measurement.startedAt)) / 1000] : [],
  );
  const measurementS = Math.max(0.001, elapsed.length > 0 ? medianOf(elapsed) : 0);
  const inPairs = arena.decide.rule === 'paired' || arena.decide.rule === 'sequential';
  const measurements = REPEATS * (inPairs ? SIDES : replicatesOf(arena));
  const secondsOfGuard = new Map<string, number>();
  for (const run of state.guardRuns)
    if (run.state === 'finished') for (const { name, wallS } of run.outcomes) secondsOfGuard.set(name, wallS);
  const guardS = arena.guards.reduce(
    (total, { name, early }) => total + (early ? 1 : STEP_SHARE) * (secondsOfGuard.get(name) ?? 0),
    0,
  );
  return { measurementS, measurements, guardS, ideaS: measurements * measurementS + guardS };
}

/** Work of others on this machine, before doctor measures anything. */
export function loadCheck(load: number, cores: number): DoctorCheck {
  const isBusy = load > cores;
  const detail = `${load.toFixed(1)} on ${cores} ${cores === 1 ? 'core' : 'cores'}`;
  return defined({
    name: 'load',
    ok: true,
    warning: isBusy || undefined,
    detail: isBusy ? `${detail}: other work runs here and disturbs what hangs on time` : detail,
    fix: isBusy ? 'stop other work, or measure processor time, or in pairs (docs/arena.md)' : undefined,
  });
}

/** Where the number hangs on time and the machine disturbs it, or it does not repeat: what makes it steadier. */
export function reportTiming(reportCheck: Report, arena: Arena, state: LabState, cores: number): void {
  const runs = measurementsOf(state, 0).flatMap((run) =>
    run.state === 'finished' && run.outcome.kind === 'measured'
      ? [{ value: run.outcome.value, conditions: run.conditions }]
      : [],
  );
  const advice = adviseOnTiming(arena, runs, cores);
  if (!advice) return;
  const { detail, change, fix = `set \`${describeChange(change!)}\` in arena.yaml` } = advice;
  reportCheck({ name: 'timing', ok: true, warning: true, detail, fix, ...defined({ change }) });
}
