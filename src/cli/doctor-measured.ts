/** What `overnight doctor` finds by measuring: the unchanged code, a few times, in a lab that is removed afterwards. */
import { defined } from '../base/defined.ts';
import { LabError } from '../base/error.ts';
import { formatCount } from '../base/text.ts';
import { replicatesOf } from '../core/arena.ts';
import { confirmableGain } from '../core/rules/power.ts';
import type { Noise } from '../base/stats.ts';
import type { Arena } from '../core/arena.ts';
import type { LedgerEvent } from '../core/event.ts';
import type { Sandbox } from '../core/ports.ts';
import type { LabState } from '../core/state.ts';
import { gradeOf } from '../core/trust-grade.ts';
import type { Cure } from '../discover/cures.ts';
import { removeTree } from '../os/files.ts';
import { allowedCores } from '../os/machine.ts';
import { DOCTOR_TAG, labPaths } from '../os/paths.ts';
import { openLab } from '../app/open-lab.ts';
import { type CanaryFindings, findCanaries } from '../loop/canaries.ts';
import { findExposedLabels } from '../loop/exposed-labels.ts';
import type { Bench } from '../loop/process-specs.ts';
import type { LoadedArena } from '../workspace/arena.ts';
import { calibratedItemsText } from '../view/lab/items.ts';
import { shareIn } from '../view/lab/progress.ts';
import { decimalsOfExact, decimalsOfSpread, formatFixed, spreadText } from '../view/format.ts';
import { cureFor } from './cure-for.ts';
import type { DoctorCheck } from './doctor-check.ts';
import { judgeSabotage, MAX_SABOTAGES, proposeSabotage } from './doctor-sabotage.ts';
import { reportGuards, reportSpeed, reportTiming } from './doctor-speed.ts';
import type { Progress } from './progress.ts';

const REPEAT_COUNT = 3;
/** A gain of a fifth is large for anything that was worked on before. */
const MAX_USEFUL_EFFECT = 0.2;

/** Set up, prepare, and repeat the unchanged code: the first minutes of a run. Resolves with the noise of repeats. */
export async function measureUnchangedCode(
  folder: string,
  reportCheck: (check: DoctorCheck) => void,
  loadedArena: LoadedArena,
  sandbox: Sandbox,
  progress: Progress,
): Promise<Noise | undefined> {
  const { arena, files } = loadedArena;
  const doctorPaths = labPaths(folder, DOCTOR_TAG);
  removeTree(doctorPaths.lab);
  let state: LabState | undefined;
  try {
    const opened = await openLab({
      folder,
      tag: DOCTOR_TAG,
      sandbox,
      calibrate: REPEAT_COUNT,
      limits: { experiments: MAX_SABOTAGES },
      proposer: proposeSabotage(loadedArena, () => state),
      command: 'doctor',
      watch: {
        onStage: (stage, outputLine) => progress.updateShare(shareIn(outputLine), `${stage}: ${outputLine}`),
        onEvent: (event, currentState) => {
          const progressText = repeatsText(event, currentState.measurements.length);
          if (progressText) progress.updateShare(shareIn(progressText), progressText);
        },
      },
    });
    state = opened.state;
    reportLabels(reportCheck, opened.bench, files);
    await opened.run();
    reportMeasurements(reportCheck, arena, state, sandbox);
    for (const check of judgeSabotage(arena, state)) reportCheck(check);
    reportCanaries(reportCheck, findCanaries(opened.bench, files, [doctorPaths.lab]));
    return [...state.noise.values()][0]?.calibrated;
  } catch (thrown) {
    if (!(thrown instanceof LabError)) throw thrown;
    const cure = thrown.code === 'E_BASELINE' ? findBaselineCure(folder, arena, thrown.parts.why) : undefined;
    reportCheck({
      name: 'metric parses',
      ok: false,
      detail: `${thrown.parts.what} ${thrown.parts.why}`,
      fix: thrown.code === 'E_BASELINE' ? baselineFix(cure) : thrown.parts.next,
      ...defined({ change: cure?.change }),
    });
    return undefined;
  } finally {
    removeTree(doctorPaths.lab);
  }
}

/** Exposed labels that are named one by one. */
const MAX_NAMED = 3;

/** Nothing where the manifest keeps nothing from candidates. */
function reportLabels(reportCheck: (check: DoctorCheck) => void, bench: Bench, files: readonly string[]): void {
  const { data, holdout } = bench.arena;
  const kept = [...data.evaluator, ...(holdout?.data ?? []), ...(holdout?.hidden ?? [])];
  if (kept.length === 0) return;
  const exposed = findExposedLabels(bench, files);
  const places = exposed
    .slice(0, MAX_NAMED)
    .map(({ labels, place, viewer, how }) => `${labels} lies open to ${viewer} in ${place} (${how})`);
  const more = exposed.length > MAX_NAMED ? ` and ${exposed.length - MAX_NAMED} more` : '';
  const unseen = holdout
    ? 'neither in what candidates see nor, of the holdout, in what validation sees'
    : 'not in what candidates see';
  reportCheck({
    name: 'labels',
    ok: exposed.length === 0,
    detail: exposed.length === 0 ? `${kept.join(', ')}: ${unseen}` : `${places.join('; ')}${more}`,
    fix: 'name the file under `hidden`, or under `holdout.hidden` where only `prepare` and the holdout need it; or let `prepare` write the labels into an entry of their own',
  });
}

/** Nothing where no hidden file holds one. */
function reportCanaries(reportCheck: (check: DoctorCheck) => void, { count, seenIn }: CanaryFindings): void {
  if (count === 0) return;
  reportCheck({
    name: 'canaries',
    ok: seenIn.length === 0,
    detail:
      seenIn.length === 0
        ? `${formatCount(count, 'canary', 'canaries')} of hidden files, seen nowhere else and in nothing that a candidate left`
        : `a canary of a hidden file is in ${seenIn.slice(0, MAX_NAMED).join(', ')}`,
    fix: 'whoever reads that file reads what is hidden: take the copy away, or name the file under `hidden`',
  });
}

/** The known cure, else what a person can look at. Never `doctor`: this is doctor. */
const baselineFix = (cure: Cure | undefined): string =>
  cure ? `${cure.why}: ${cure.fix}` : 'correct the command or the files, then run doctor again';

function findBaselineCure(folder: string, arena: Arena, why: string): Cure | undefined {
  const { run, budget, sandbox, resources } = arena;
  const manifest = {
    read: sandbox.read,
    home: sandbox.home ?? [],
    installed: sandbox.installed ?? [],
    isWritable: run.writable ?? false,
    gpus: resources.gpus,
  };
  const kind = /^([a-z-]+):/.exec(why)?.[1] ?? '';
  return cureFor({ folder, command: run.command, budgetS: budget.seconds, manifest, kind, text: why });
}

function repeatsText(event: LedgerEvent, measurementCount: number): string | undefined {
  if (event.type === 'stage.started') return event.stage;
  return event.type === 'measuring'
    ? `repeating the unchanged code, ${measurementCount - 1} of ${REPEAT_COUNT}`
    : undefined;
}

function reportMeasurements(
  reportCheck: (check: DoctorCheck) => void,
  arena: Arena,
  state: LabState,
  sandbox: Sandbox,
): void {
  reportGuards(reportCheck, state);
  const noiseFloor = [...state.noise.values()][0]!.calibrated!;
  const meanOfRepeats = formatFixed(
    noiseFloor.mean,
    decimalsOfSpread(noiseFloor.sigma) ?? decimalsOfExact([noiseFloor.mean]),
  );
  reportCheck({
    name: 'metric parses',
    ok: true,
    detail: `${arena.metric.name} = ${meanOfRepeats} ${arena.metric.unit}`.trim(),
  });
  const repeatsSpread =
    noiseFloor.sigma === 0
      ? 'identical every time'
      : `standard deviation ${spreadText(noiseFloor.sigma)} (${spreadText((100 * noiseFloor.sigma) / Math.abs(noiseFloor.mean || 1))} %)`;
  reportCheck({
    name: 'metric repeats',
    ok: true,
    detail: `${REPEAT_COUNT} runs of the unchanged code: ${repeatsSpread}`,
  });
  const warnings = state.noise.values().next().value?.items && noiseFloor.sigma === 0 ? [] : noiseFloor.warnings;
  for (const warning of warnings) reportCheck({ name: '  note', ok: true, detail: warning });
  const { items } = [...state.noise.values()][0]!;
  if (items) reportCheck({ name: 'smallest effect', ok: true, detail: calibratedItemsText(items, spreadText) });
  else reportSmallestEffect(reportCheck, arena, noiseFloor);
  reportTiming(reportCheck, arena, state, allowedCores().length);
  reportSpeed(reportCheck, arena, state);
  const { grade, reason } = gradeOf(arena, sandbox.info.level, sandbox.info);
  reportCheck({
    name: 'trust grade',
    ok: grade !== 'reported',
    detail: `${grade}: ${reason}`,
    fix: gradeFix(sandbox, arena),
    ...(isTakerUnknown(arena) && { warning: true }),
  });
}

/** One line in the manifest would say whose process takes the number. */
const isTakerUnknown = ({ evaluate, metric }: Arena): boolean =>
  evaluate?.join === 'pipe' && metric.taken_by === undefined && metric.read === undefined;

/** What the noise of single numbers lets one show. */
function reportSmallestEffect(reportCheck: (check: DoctorCheck) => void, arena: Arena, noiseFloor: Noise): void {
  const gainWith = (factor: number): number =>
    confirmableGain({
      sigma: noiseFloor.sigma,
      dof: noiseFloor.dof,
      calibration: noiseFloor.n,
      replicates: factor * replicatesOf(arena),
      rule: arena.decide.rule,
    });
  const [singleRunEffect, threeRunEffect] = [gainWith(1), gainWith(3)];
  const plausibleGain = MAX_USEFUL_EFFECT * Math.abs(noiseFloor.mean);
  reportCheck({
    name: 'smallest effect',
    ok: plausibleGain === 0 || threeRunEffect <= plausibleGain,
    detail: `a gain of ${spreadText(singleRunEffect)} is confirmed in four of five sessions of 60 ideas, ${spreadText(threeRunEffect)} with three times the measurements (--replicates ${3 * replicatesOf(arena)})`,
    fix: `no gain below ${spreadText((100 * threeRunEffect) / Math.abs(noiseFloor.mean || 1))} % can be shown: measure longer, repeat the work inside the command and print its median, use processor time (\`metric.read: cpu_s\`), \`decide.rule: paired\`, or a quieter machine`,
  });
}

/** What lifts an arena above grade `reported`. */
const gradeFix = (sandbox: Sandbox, arena: Arena): string =>
  isTakerUnknown(arena)
    ? 'say `metric.taken_by: evaluator` where the evaluator takes the number itself, `candidate` where the candidate sends it, or let the harness measure: `metric.read: cpu_s`'
    : sandbox.info.level === 'bubblewrap'
      ? 'set `metric.plausible: { min: …, max: … }` in arena.yaml, or give it an `evaluate` command'
      : 'install bubblewrap';
