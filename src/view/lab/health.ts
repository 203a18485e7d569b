/** Signs that a run went wrong, and what to do next. Every line is a fact with its number. */
import { formatCount } from '../../base/text.ts';
import { QUARANTINE_FACTOR, usualGain } from '../../core/rules/quarantine.ts';
import { type Measurement, valueOf, verdictOf } from '../../core/experiment.ts';
import { ideasTried } from '../../core/plan/pace.ts';
import { lineage, measurementsOf, values } from '../../core/state.ts';
import { tQuantile } from '../../base/distributions.ts';
import { compareSamples, emptyPool, poolWithout, varianceOf } from '../../base/stats.ts';
import { type Basis, comparedText, effectView } from '../basis.ts';
import { isFinalShown } from './final-comparison.ts';
import { holdoutLines, holdoutObjection, type HoldoutStanding } from './holdout.ts';
import { agentTroubleLines } from './agent-trouble.ts';
import { modelRefusalLines } from './target-usage.ts';
import { noiseWarnings } from './noise.ts';
import { takeCommand } from './take.ts';
import { formatFixed, formatPercent, formatInteger } from '../format.ts';
import { falseKeepView } from './shrunken-effects.ts';
import { frontLines, softLimitLines } from '../pictures/pareto.ts';
import { branchLines, screeningLines } from '../brief/searching.ts';
import type { TimeView } from '../cost-types.ts';
import { stackLines } from './place.ts';
import type { HealthView } from '../health-types.ts';
import type { EffectView, ExperimentView, LabView, StateView, UndecidedView } from '../types.ts';

export interface HealthInputs {
  readonly rows: readonly ExperimentView[];
  readonly time: TimeView;
  readonly crashes: LabView['crashes'];
  readonly refusals: LabView['refusals'];
  /** Confirmed improvement over the baseline. */
  readonly gain: EffectView | undefined;
}

/** Share of idle time and of failures above which a person should look. */
const WORRYING_SHARE = 0.3;

export function healthViews(basis: Basis, inputs: HealthInputs): HealthView[] {
  const { rows, time } = inputs;
  const ideaCount = rows.length - 1;
  const failureCount = inputs.crashes.reduce((total, crash) => total + crash.count, 0);
  const refusedCount = inputs.refusals.reduce((total, refusal) => total + refusal.count, 0);
  const listItems = (items: readonly { count: number; what: string }[]): string =>
    items.map((item) => `${item.count} ${item.what}`).join(', ');
  const crashes = inputs.crashes.map((crash) => ({ count: crash.count, what: crash.class }));
  const refusals = inputs.refusals.map((refusal) => ({ count: refusal.count, what: refusal.code }));
  const lines: HealthView[] = [
    {
      code: 'failures',
      what: 'Crashes and timeouts',
      text: failureCount === 0 ? 'none' : `${failureCount}: ${listItems(crashes)}`,
      warning: ideaCount > 5 && failureCount > WORRYING_SHARE * ideaCount,
    },
    {
      code: 'refusals',
      what: 'Refused before measuring',
      text: refusedCount === 0 ? 'none' : `${refusedCount}: ${listItems(refusals)}`,
      warning: ideaCount > 5 && refusedCount > WORRYING_SHARE * ideaCount,
    },
    {
      code: 'idle',
      what: 'Idle',
      text: `${time.text.idle} of ${time.text.sessions} (${time.text.idleShare}), longest gap ${time.text.longestGap}`,
      warning: time.sessionsS > 60 && time.idleShare > WORRYING_SHARE,
    },
  ];
  return [
    ...lines,
    ...agentTroubleLines(basis.state),
    ...falseKeepLines(basis, rows),
    ...controlLines(basis),
    ...reviewLines(basis),
    ...driftLines(basis),
    ...holdoutLines(basis, inputs.gain),
    ...softLimitLines(basis),
    ...screeningLines(basis),
    ...stackLines(basis.state),
    ...branchLines(basis),
    ...frontLines(basis),
    ...modelRefusalLines(basis.state),
    ...mishapLines(basis),
  ];
}

/** Gains far above the usual ones: they were replicated before they were kept, and a person should look at them. */
function reviewLines(basis: Basis): HealthView[] {
  const { state } = basis;
  return lineage(state, state.incumbent).flatMap((n) => {
    // Before the baseline is known there is no experiment 0 either.
    const experiment = state.experiments[n];
    if (experiment?.state !== 'decided' || experiment.decision.effect === undefined || experiment.idea.kind !== 'idea')
      return [];
    const factor =
      experiment.decision.effect / (usualGain(state, experiment.decision.against) ?? Number.POSITIVE_INFINITY);
    if (!(factor > QUARANTINE_FACTOR)) return [];
    const evidence =
      experiment.decision.n > 1
        ? `measured ${experiment.decision.n} times before it was carried on`
        : 'carried on after one measurement';
    return [
      {
        code: 'review',
        what: 'Review',
        text: `#${n} gained ${Number.isFinite(factor) ? `${formatFixed(factor, 0)} times` : 'far more than'} the usual gain, ${evidence}: look at what it does, \`overnight diff ${n}\``,
        warning: true,
      },
    ];
  });
}

/**
 * How many of the kept experiments are expected not to help: those that harm and those that do nothing, by what all
 * numbers of the lab say of them; else by the probabilities at which they were kept, which give a lower bound.
 */
function falseKeepLines(basis: Basis, experimentRows: readonly ExperimentView[]): HealthView[] {
  const keptRows = experimentRows.filter((experiment) => experiment.verdict === 'kept');
  if (keptRows.length === 0) return [];
  const beliefs = keptRows.flatMap(({ n }) => basis.shrunkenEffects()?.[n] ?? []);
  const areAllKnown = beliefs.length === keptRows.length;
  const [harm, nothing] = [sum(beliefs.map((belief) => belief.harm)), sum(beliefs.map((belief) => belief.nothing))];
  const atLeast = sum(keptRows.map(({ effect }) => 1 - (effect?.probability ?? 1)));
  const expectedFalse = areAllKnown ? harm + nothing : atLeast;
  const text = areAllKnown
    ? `about ${formatFixed(expectedFalse, 1)} of ${keptRows.length}: ${formatFixed(harm, 1)} harm and ${formatFixed(nothing, 1)} do nothing, by the numbers of all ideas`
    : `at least ${formatFixed(expectedFalse, 1)} of ${keptRows.length}, by the probabilities at which they were carried on`;
  return [{ code: 'false-keeps', what: 'Expected false steps', text, warning: expectedFalse > 0.5 * keptRows.length }];
}

const sum = (amounts: readonly number[]): number => amounts.reduce((total, amount) => total + amount, 0);

function controlLines({ state }: Basis): HealthView[] {
  const { decided, wouldKeep, text } = falseKeepView(state);
  if (decided === 0) return [];
  return [{ code: 'controls', what: 'False positives', text, warning: decided >= 4 && wouldKeep > 0.5 * decided }];
}

/** Share of labs on a quiet machine in which later numbers of unchanged code raise an alarm, all looks together. */
const DRIFT_ALARM = 0.02;

function driftLines(basis: Basis): HealthView[] {
  const warnings = noiseWarnings(basis).map((text): HealthView => ({
    code: 'noise',
    what: 'Noise',
    text,
    warning: true,
  }));
  const isScheduled = (basis.arena.decide.drift ?? 0) > 0;
  const champion = basis.state.champion;
  const watchedExperiments = isScheduled && champion > 0 ? [0, champion] : [0];
  return [
    ...warnings,
    ...watchedExperiments.flatMap((n) => driftLinesOf(basis, n, DRIFT_ALARM / watchedExperiments.length)),
  ];
}

/** Do the later numbers of code that nobody changed agree with its first ones? */
function driftLinesOf(basis: Basis, n: number, alarmRate: number): HealthView[] {
  const isScheduled = (basis.arena.decide.drift ?? 0) > 0;
  const measurements = measurementsOf(basis.state, n).filter((measurement) => measurement.deviceClass === basis.device);
  const isLate = (measurement: Measurement): boolean =>
    measurement.purpose === 'drift' || (n === 0 && measurement.purpose === 'confirm');
  // The champion was chosen by its first number, which is therefore too good; that it regresses is no drift.
  const isChosen = (measurement: Measurement): boolean => n > 0 && measurement.purpose === 'idea';
  const selectValues = (wantsLate: boolean): number[] =>
    measurements
      .filter((measurement) => isLate(measurement) === wantsLate && !isChosen(measurement))
      .flatMap((measurement) => valueOf(measurement) ?? []);
  const [earlyValues, lateValues] = [selectValues(false), selectValues(true).slice(isScheduled ? -2 : 0)];
  const { sigma, dof } = noiseBeside(basis, n, earlyValues);
  if (earlyValues.length < (n === 0 ? 2 : 1) || lateValues.length < (isScheduled ? 1 : 2) || sigma === 0) return [];
  const comparison = compareSamples(lateValues, earlyValues, sigma, dof);
  const hasMoved = Math.abs(comparison.z) > tQuantile(1 - alarmRate / 2, dof);
  const change = effectView(basis, comparison.difference * basis.sign);
  const subject = n === 0 ? 'the baseline' : `the champion #${n}`;
  const text = hasMoved
    ? `${subject} is now ${comparedText(change, 'at the start')}: the machine changed, and decisions in between are less certain`
    : `none seen: later measurements of ${subject} agree with the first ones (${lateValues.length} + ${earlyValues.length} measurements)`;
  return [{ code: 'drift', what: 'Drift', text, warning: hasMoved }];
}

/** The noise that experiment `n` is held against: drift must not widen it, so its own later numbers do not count. */
function noiseBeside(basis: Basis, n: number, earlyValues: readonly number[]): { sigma: number; dof: number } {
  const pool = basis.state.noise.get(basis.device)?.pool ?? emptyPool;
  const others = poolWithout(pool, values(basis.state, n, basis.device));
  const earlyFreedom = Math.max(0, earlyValues.length - 1);
  const dof = others.dof + earlyFreedom;
  const squares = others.ss + varianceOf(earlyValues) * earlyFreedom;
  return { sigma: dof > 0 ? Math.sqrt(squares / dof) : 0, dof: Math.max(1, dof) };
}

function mishapLines(basis: Basis): HealthView[] {
  const { state } = basis;
  const lostCount = state.measurements.filter((measurement) => measurement.state === 'lost').length;
  const diedCount = state.sessions.filter((session) => session.end?.reason === 'died').length;
  const loads = state.measurements.flatMap((measurement) =>
    measurement.state === 'finished' ? [measurement.conditions.load] : [],
  );
  const busyCount = loads.filter((load) => load > basis.arena.resources.cpus + 2).length;
  const lines: HealthView[] = [...calibrationLines(state)];
  if (lostCount > 0)
    lines.push({
      code: 'lost',
      what: 'Lost',
      text: `${formatCount(lostCount, 'measurement')} lost and repeated`,
      warning: false,
    });
  if (state.farOut.size > 0)
    lines.push({
      code: 'far-out',
      what: 'Far out',
      text: `${formatCount(state.farOut.size, 'measurement')} set aside because repeats of the same code do not agree with ${state.farOut.size === 1 ? 'it' : 'them'}`,
      warning: false,
    });
  if (diedCount > 0)
    lines.push({
      code: 'died',
      what: 'Died',
      text: `${formatCount(diedCount, 'session')} ended without a record of why`,
      warning: true,
    });
  if (state.tailsSetAside > 0)
    lines.push({
      code: 'ledger',
      what: 'Ledger',
      text: `${formatCount(state.tailsSetAside, 'torn line')} set aside after a crash`,
      warning: true,
    });
  const sampleCounts = new Set(
    state.measurements.flatMap((measurement) =>
      measurement.state === 'finished' && measurement.outcome.kind === 'measured' && measurement.outcome.samples
        ? [measurement.outcome.samples.length]
        : [],
    ),
  );
  if (sampleCounts.size > 1) {
    const text = `the numbers are means over ${Math.min(...sampleCounts)} to ${Math.max(...sampleCounts)} samples: they do not average the same things`;
    lines.push({ code: 'samples', what: 'Samples', text, warning: true });
  }
  if (loads.length > 0 && busyCount > WORRYING_SHARE * loads.length)
    lines.push({
      code: 'machine',
      what: 'Machine',
      text: `busy with other work in ${formatPercent(busyCount / loads.length)} of the measurements`,
      warning: true,
    });
  return lines;
}

/** Runs of the unchanged code that gave no number: one in a session is made again. */
function calibrationLines(state: Basis['state']): HealthView[] {
  const failedCalibrations = state.measurements.flatMap((measurement) =>
    measurement.purpose === 'calibrate' && measurement.state === 'finished' && measurement.outcome.kind !== 'measured'
      ? [measurement.outcome.class]
      : [],
  );
  if (failedCalibrations.length === 0) return [];
  const text = `${formatCount(failedCalibrations.length, 'run')} of the unchanged code gave no number (${[...new Set(failedCalibrations)].join(', ')})`;
  return [{ code: 'calibration', what: 'Calibration', text, warning: true }];
}

/** Where most ideas give no number, more ideas do not help. */
function failureAdvice({ state }: Basis): string | undefined {
  const failureCount = state.counts.crashed + state.counts['timed out'];
  const ideaCount = ideasTried(state) - state.counts.refused;
  if (ideaCount < 4 || failureCount < 0.6 * ideaCount) return undefined;
  const lastFailure = state.experiments.findLast(
    (experiment) => verdictOf(experiment) === 'crashed' || verdictOf(experiment) === 'timed out',
  )!.idea.n;
  return `Find out why ${formatInteger(failureCount)} of ${formatCount(ideaCount, 'idea')} gave no number: \`overnight show ${lastFailure}\`.`;
}

/** How to get more ideas: another run, or, where nobody had any left, somebody else. */
function moreIdeas({ state }: Basis): string {
  const { end } = state.sessions.at(-1) ?? {};
  if (end?.reason === 'agents failing')
    return 'Repair what the agent says, try its command by hand, or name another one: `overnight run --agent NAME`.';
  return end?.reason === 'proposer exhausted'
    ? 'Nobody has more ideas: let an agent propose (`overnight run --help` lists them), or declare more knobs (`overnight knobs`).'
    : 'Try more ideas: `overnight run --experiments 50`.';
}

/** What a person would do next, best first. */
export function nextSteps(
  basis: Basis,
  status: StateView,
  undecided: readonly UndecidedView[],
  holdout: HoldoutStanding | undefined,
): string[] {
  const steps: string[] = [];
  const { incumbent, champion } = basis.state;
  if (status.kind === 'never run') return ['Start a run: `overnight run`.'];
  if (basis.facts.ledgerProblem) steps.push('Check the record: `overnight audit`.');
  else if (status.kind === 'broken')
    steps.push('Find out what broke: `overnight doctor`; then `overnight run` continues where it stopped.');
  if (status.kind === 'stalled')
    steps.push('Look at what hangs: `overnight log`; or stop it with Ctrl-C and `overnight run` again.');
  if (status.kind === 'died') steps.push('Continue where it stopped; nothing is lost: `overnight run`.');
  const failureStep = failureAdvice(basis);
  if (failureStep) steps.push(failureStep);
  const { finalComparison: final } = basis.state;
  const hasFailedFinal = final?.n === incumbent && !isFinalShown(basis.state);
  const claim = basis.state.confirmations.findLast((confirmation) => confirmation.n === incumbent);
  const hasFailedClaim =
    champion === 0 && incumbent > 0 && final?.n !== incumbent && claim !== undefined && !claim.passed;
  const isUnshown = hasFailedClaim || hasFailedFinal;
  const isUntested = incumbent !== champion && final?.n !== incumbent && claim === undefined;
  if (status.kind === 'running')
    steps.push(
      isUntested
        ? `Let it run: #${incumbent} is tested with fresh measurements before it ends.`
        : 'Let it run; `overnight steer` sends instructions to the proposer.',
    );
  else {
    // A claim fails most often because the run was too short; a final comparison would measure the same again.
    if (isUnshown)
      steps.push(
        `${moreIdeas(basis)} ${hasFailedFinal ? 'The final comparison' : 'Fresh measurements'} did not show #${incumbent} to be better.`,
      );
    if (isUntested) steps.push(`Test #${incumbent} with fresh measurements: \`overnight run\` does so before it ends.`);
    if (incumbent > 0 && final?.n !== incumbent)
      steps.push(
        'Finalize: `overnight finalize` leaves out steps that do not help and compares the rest with the baseline side by side.',
      );
  }
  const bestN = final?.n ?? champion;
  const objection = holdoutObjection(holdout);
  if (bestN > 0 && !hasFailedFinal && objection !== undefined)
    steps.push(
      `Find out what #${bestN} learned of the validation data before you take it (\`overnight diff 0 ${bestN}\`): ${objection}.`,
    );
  else if (bestN > 0 && !hasFailedFinal)
    steps.push(
      `Look at what #${bestN} changed, then take it: \`overnight diff 0 ${bestN}\`, \`${takeCommand(basis.state, bestN)}\`.`,
    );
  const affordable = undecided.find((candidate) => candidate.n !== incumbent && candidate.measurements !== undefined);
  if (affordable) steps.push(`Settle #${affordable.n}, which is inconclusive: ${affordable.cost}.`);
  const hasEnded =
    status.kind === 'finished' || status.kind === 'stopped on budget' || status.kind === 'stopped by person';
  if (hasEnded && !isUnshown) steps.push(moreIdeas(basis));
  return steps;
}
