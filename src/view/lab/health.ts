/** Signs that a night went wrong, and what to do in the morning. Every line is a fact with its number. */
import { count } from '../../base/text.ts';
import { QUARANTINE_FACTOR, usualGain } from '../../core/rules/judge.ts';
import { type Measurement, valueOf, verdictOf } from '../../core/experiment.ts';
import { ideasTried } from '../../core/plan/plan.ts';
import { lineage, measurementsOf, rulesOf } from '../../core/state.ts';
import { compare } from '../../base/stats.ts';
import { type Basis, effectView } from '../basis.ts';
import { holdoutLines } from './final-comparison.ts';
import { fixed, percent, whole } from '../format.ts';
import { luckView } from './shrunken-effects.ts';
import { frontLines, softLines } from '../pictures/pareto.ts';
import { branchLines, shortRunLines } from '../brief/searching.ts';
import type { ExperimentView, HealthView, LabView, StateView, TimeView, UndecidedView } from '../types.ts';

export interface HealthParts {
  readonly rows: readonly ExperimentView[];
  readonly time: TimeView;
  readonly crashes: LabView['crashes'];
  readonly refusals: LabView['refusals'];
  /** Confirmed improvement over the baseline, metric units. */
  readonly gain: number | undefined;
}

/** Share of idle time and of failures above which a person should look. */
const WORRYING = 0.3;

export function healthViews(b: Basis, parts: HealthParts): HealthView[] {
  const { rows, time } = parts;
  const ideas = rows.length - 1;
  const failures = parts.crashes.reduce((sum, c) => sum + c.count, 0);
  const refused = parts.refusals.reduce((sum, r) => sum + r.count, 0);
  const listed = (items: readonly { count: number; what: string }[]): string =>
    items.map((item) => `${item.count} ${item.what}`).join(', ');
  const crashes = parts.crashes.map((c) => ({ count: c.count, what: c.class }));
  const refusals = parts.refusals.map((r) => ({ count: r.count, what: r.code }));
  const lines: HealthView[] = [
    {
      what: 'Crashes and timeouts',
      text: failures === 0 ? 'none' : `${failures}: ${listed(crashes)}`,
      warning: ideas > 5 && failures > WORRYING * ideas,
    },
    {
      what: 'Refused before measuring',
      text: refused === 0 ? 'none' : `${refused}: ${listed(refusals)}`,
      warning: ideas > 5 && refused > WORRYING * ideas,
    },
    {
      what: 'Idle',
      text: `${time.text.idle} of ${time.text.sessions} (${time.text.idleShare}), longest gap ${time.text.longestGap}`,
      warning: time.sessionsS > 60 && time.idleShare > WORRYING,
    },
  ];
  return [
    ...lines,
    ...falseKeeps(rows),
    ...controlLines(b),
    ...reviewLines(b),
    ...driftLines(b),
    ...holdoutLines(b, parts.gain),
    ...softLines(b),
    ...shortRunLines(b),
    ...branchLines(b),
    ...frontLines(b),
    ...mishaps(b),
  ];
}

/** Gains far above the usual ones: replicated before they were kept, and still for a person to look at. */
function reviewLines(b: Basis): HealthView[] {
  const { state } = b;
  if (rulesOf(state) === 1) return [];
  return lineage(state, state.incumbent).flatMap((n) => {
    // Before the baseline is known there is no experiment 0 either.
    const x = state.experiments[n];
    if (x?.state !== 'decided' || x.decision.effect === undefined || x.idea.kind !== 'idea') return [];
    const times = x.decision.effect / (usualGain(state, x.decision.against) ?? Number.POSITIVE_INFINITY);
    if (!(times > QUARANTINE_FACTOR)) return [];
    const seen = x.decision.n > 1 ? `measured ${x.decision.n} times before it was kept` : 'kept on one measurement';
    return [
      {
        what: 'Review',
        text: `#${n} gained ${Number.isFinite(times) ? `${fixed(times, 0)} times` : 'far more than'} the usual, ${seen}: look at what it does, \`overnight diff ${n}\``,
        warning: true,
      },
    ];
  });
}

/**
 * How many keeps are expected to be luck: by what each is worth without luck, else by the chances at which they were
 * kept, which is a floor.
 */
function falseKeeps(rows: readonly ExperimentView[]): HealthView[] {
  const kept = rows.filter((row) => row.verdict === 'kept');
  if (kept.length === 0) return [];
  const known = kept.every((row) => row.shrunken?.probability !== undefined);
  const expected = kept.reduce(
    (sum, { shrunken, effect }) => sum + 1 - ((known ? shrunken : effect)?.probability ?? 1),
    0,
  );
  const text = known
    ? `about ${fixed(expected, 1)} of ${kept.length} expected, by what each is worth without luck`
    : `at least ${fixed(expected, 1)} of ${kept.length} expected, from the chances at which they were kept`;
  return [{ what: 'Kept by luck', text, warning: expected > 0.5 * kept.length }];
}

function controlLines({ state }: Basis): HealthView[] {
  const { decided, wouldKeep, text } = luckView(state);
  if (decided === 0) return [];
  return [{ what: 'A/A controls', text, warning: decided >= 4 && wouldKeep > 0.5 * decided }];
}

/**
 * Standard errors at which a later number of unchanged code is an alarm: where it is looked for on a schedule, and in
 * older labs.
 */
const [ALARM_Z, OLD_ALARM_Z] = [2, 3];

function driftLines(b: Basis): HealthView[] {
  const calibrated = b.state.noise.get(b.device)?.calibrated;
  const warnings = (calibrated?.warnings ?? []).map((text) => ({ what: 'Noise', text, warning: true }));
  const scheduled = (b.arena.decide.drift ?? 0) > 0 && rulesOf(b.state) > 1;
  const champion = b.state.champion;
  const sides = scheduled && champion > 0 ? [0, champion] : [0];
  return [...warnings, ...sides.flatMap((n) => driftOf(b, n, scheduled))];
}

/** Do the later numbers of code that nobody changed agree with its first ones? */
function driftOf(b: Basis, n: number, scheduled: boolean): HealthView[] {
  const found = measurementsOf(b.state, n).filter((m) => m.deviceClass === b.device);
  const isLate = (m: Measurement): boolean => m.purpose === 'drift' || (n === 0 && m.purpose === 'confirm');
  // By its first number the champion was chosen: that was luck in part, and its passing is no drift.
  const isChosen = (m: Measurement): boolean => n > 0 && m.purpose === 'idea';
  const of = (late: boolean): number[] =>
    found.filter((m) => isLate(m) === late && !isChosen(m)).flatMap((m) => valueOf(m) ?? []);
  const [early, late] = [of(false), of(true).slice(scheduled ? -2 : 0)];
  // The noise as calibrated: what has drifted must not widen the yardstick that it is held against.
  const first = b.state.noise.get(b.device)?.calibrated;
  const [sigma, dof] = scheduled && first ? [first.sigma, first.dof] : [b.sigma, b.dof];
  if (early.length < (n === 0 ? 2 : 1) || late.length < (scheduled ? 1 : 2) || sigma === 0) return [];
  const c = compare(late, early, sigma, dof);
  const moved = Math.abs(c.z) > (scheduled ? ALARM_Z : OLD_ALARM_Z);
  const change = effectView(b, c.difference * b.sign, undefined);
  const who = n === 0 ? 'the baseline' : `the champion #${n}`;
  const text = moved
    ? `${who} measures ${change.text} now than at the start: the machine changed, ideas judged in between are less sure`
    : `none seen: ${who} measured again later agrees with the start (${late.length} + ${early.length} measurements)`;
  return [{ what: 'Drift', text, warning: moved }];
}

function mishaps(b: Basis): HealthView[] {
  const { state } = b;
  const lost = state.measurements.filter((m) => m.state === 'lost').length;
  const died = state.sessions.filter((s) => s.end?.reason === 'died').length;
  const loads = state.measurements.flatMap((m) => (m.state === 'finished' ? [m.conditions.load] : []));
  const busy = loads.filter((load) => load > b.arena.resources.cpus + 2).length;
  const lines: HealthView[] = [];
  if (lost > 0)
    lines.push({ what: 'Lost', text: `${count(lost, 'measurement')} cut off and made again`, warning: false });
  if (died > 0) lines.push({ what: 'Died', text: `${count(died, 'session')} ended without a word`, warning: true });
  if (state.tailsSetAside > 0)
    lines.push({
      what: 'Ledger',
      text: `${count(state.tailsSetAside, 'torn line')} set aside after a crash`,
      warning: true,
    });
  const items = new Set(
    state.measurements.flatMap((m) =>
      m.state === 'finished' && m.outcome.kind === 'measured' && m.outcome.samples ? [m.outcome.samples.length] : [],
    ),
  );
  if (items.size > 1) {
    const text = `between ${Math.min(...items)} and ${Math.max(...items)} samples stand behind the numbers: they are not means over the same things`;
    lines.push({ what: 'Samples', text, warning: true });
  }
  if (loads.length > 0 && busy > WORRYING * loads.length)
    lines.push({
      what: 'Machine',
      text: `busy with other work in ${percent(busy / loads.length)} of the measurements`,
      warning: true,
    });
  return lines;
}

/** Where most ideas give no number, more ideas are not what is needed. */
function mostlyFailing({ state }: Basis): string | undefined {
  const failures = state.counts.crashed + state.counts['timed out'];
  const ideas = ideasTried(state) - state.counts.refused;
  if (ideas < 4 || failures < 0.6 * ideas) return undefined;
  const last = state.experiments.findLast((x) => verdictOf(x) === 'crashed' || verdictOf(x) === 'timed out')!.idea.n;
  return `Find out why ${whole(failures)} of ${count(ideas, 'idea')} gave no number: \`overnight show ${last}\`.`;
}

const MORE = '`overnight run --experiments 50`';

/** What a person would do next, best first. */
export function nextSteps(b: Basis, state: StateView, undecided: readonly UndecidedView[]): string[] {
  const steps: string[] = [];
  const { incumbent, champion } = b.state;
  if (state.kind === 'never run') return ['Start the night: `overnight run`.'];
  if (b.facts.ledgerProblem) steps.push('Check the record: `overnight audit`.');
  else if (state.kind === 'broken')
    steps.push('Find out what broke: `overnight doctor`; then `overnight run` goes on where it stopped.');
  if (state.kind === 'stalled')
    steps.push('Look at what hangs: `overnight log`, or stop it with Ctrl-C and `overnight run` again.');
  if (state.kind === 'died') steps.push('Go on where it stopped, nothing is lost: `overnight run`.');
  const failing = mostlyFailing(b);
  if (failing) steps.push(failing);
  const { final } = b.state;
  const claim = b.state.confirmations.findLast((c) => c.n === incumbent);
  const unshown = champion === 0 && incumbent > 0 && final?.n !== incumbent && claim !== undefined && !claim.passed;
  const untested = incumbent !== champion && final?.n !== incumbent && claim === undefined;
  if (state.kind === 'running')
    steps.push(
      untested
        ? `Let it run: #${incumbent} is tested with fresh measurements before it ends.`
        : 'Let it run; `overnight steer` tells whoever proposes what you think.',
    );
  else {
    // A claim that failed is most often a night that was too short: a line drawn under it would measure the same again.
    if (unshown)
      steps.push(
        `Give it more ideas: fresh measurements did not show #${incumbent} to be better, and another session goes on from there: ${MORE}.`,
      );
    if (untested) steps.push(`Test #${incumbent} with fresh measurements: \`overnight run\` does so before it ends.`);
    if (incumbent > 0 && final?.n !== incumbent)
      steps.push(
        'Draw the line under the stack: `overnight finalize` drops what does not pay and measures the rest side by side.',
      );
  }
  const best = final?.n ?? champion;
  if (best > 0)
    steps.push(`Look at what #${best} changed, then take it: \`overnight diff ${best}\`, \`overnight take\`.`);
  const cheap = undecided.find((u) => u.n !== incumbent && u.measurements !== undefined);
  if (cheap) steps.push(`Settle #${cheap.n}, which is inconclusive: ${cheap.cost}.`);
  const ended = state.kind === 'finished' || state.kind === 'stopped on budget' || state.kind === 'stopped by person';
  if (ended && !unshown) steps.push(`Try more ideas: ${MORE}.`);
  return steps;
}
