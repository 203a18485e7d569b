/** Everything that a reader needs to check the report: versions, seeds, budgets, rules. */
import { formatCount, oneLine } from '../../base/text.ts';
import { clockWords } from '../../core/clock-words.ts';
import { type Basis, halfOfEstimate, meanOf } from '../basis.ts';
import { dateTime, decimalsOfSpread, formatDuration, formatInteger } from '../format.ts';
import { choosersText } from '../brief/choosers.ts';
import { paretoText } from '../pictures/pareto.ts';
import type { TimeSpan } from './time-span.ts';
import type { LabView } from '../types.ts';

export function finePrintLines(basis: Basis, workSpans: readonly TimeSpan[]): LabView['finePrint'] {
  const { state, arena, facts } = basis;
  const labRecord = state.lab!;
  const session = state.sessions.at(-1)?.start;
  const seeds = new Set(state.measurements.map((measurement) => measurement.seed));
  const { source } = labRecord;
  const rules = new Set(
    state.experiments.flatMap((experiment) => (experiment.state === 'decided' ? [experiment.decision.rule] : [])),
  );
  for (const claim of state.confirmations) rules.add(claim.rule);
  const lines: [string, string | undefined][] = [
    ['Lab', `${labRecord.lab}, tag ${labRecord.tag}, opened ${dateTime(labRecord.at, basis.zone)}`],
    ['Ledger', `${formatCount(state.seq + 1, 'event')}, tip ${facts.tip}`],
    [
      'Source',
      `${source.commit ? `commit ${source.commit}` : 'no commit'}${source.dirty ? ', with uncommitted changes' : ''}`,
    ],
    ['Files', `editable ${labRecord.files.editable.slice(0, 16)}…, frozen ${labRecord.files.frozen.slice(0, 16)}…`],
    ['Seeds', seedsText(basis, seeds)],
    ['Measurements', `${formatInteger(state.measurements.length)} in ${formatCount(workSpans.length, 'session')}`],
    ['Scratch tries', state.tries.length > 0 ? triesText(state) : undefined],
    ['Ideas by', choosersText(state)],
    ['Pareto set', basis.arena.front ? undefined : paretoText(basis)],
    [
      'Budget',
      `${formatDuration(arena.budget.seconds)}${clockWords(arena.budget)} of training each, hard limit ${formatDuration(arena.budget.wall_s)}`,
    ],
    ['Machine', session && `${oneLine(session.device, 200)} (${session.deviceClass})`],
    [
      'Sandbox',
      session && `${session.sandbox.level}: ${oneLine(session.sandbox.reason, 200)}; limits: ${session.sandbox.limits}`,
    ],
    [
      'Versions',
      session &&
        Object.entries(session.versions)
          .map(([name, version]) => `${name} ${version}`)
          .join(', '),
    ],
    ['Score', scoreText(basis)],
    ['Penalties', penaltiesText(arena)],
    ['Rule', rules.size > 0 ? [...rules].join(', ') : `${arena.decide.rule}, nothing decided yet`],
    [
      'Intervals',
      'All intervals are 95 %; the number after ± is half of one. Confirmed effects come from fresh measurements that alternate with the other side, so that drift cancels; they can differ from the difference of the means.',
    ],
  ];
  return lines.flatMap(([label, text]) => (text ? [{ label, text }] : []));
}

function triesText({ tries }: Basis['state']): string {
  const seconds = tries.reduce((total, { end }) => total + (end?.seconds?.wall ?? 0), 0);
  return `${formatInteger(tries.length)}, ${formatDuration(seconds)} in all: runs of a few seconds without a number`;
}

/** Which measurements the champion's number is the mean of, and the mean of all of them. Never the best of them. */
function scoreText(basis: Basis): string {
  const n = basis.state.champion > 0 ? basis.state.champion : basis.state.incumbent;
  const estimate = n > 0 ? meanOf(basis.state, n, basis.device) : undefined;
  if (!estimate) return '';
  const half = halfOfEstimate(basis, estimate);
  const { overall } = estimate;
  if (overall.n === 1)
    return `#${n} has ${basis.format.raw(overall.mean)}, its only measurement, by which it was chosen`;
  const formatValue = (value: number): string => basis.format.value(value, decimalsOfSpread(half?.raw ?? 0));
  if (estimate.n === overall.n)
    return `#${n} has ${formatValue(overall.mean)}, the mean of all its ${overall.n} measurements, including the one by which it was chosen`;
  return `#${n} has ${formatValue(estimate.mean)}, the mean of its ${estimate.n} fresh measurements, which played no part in choosing it; the mean of all ${overall.n} is ${formatValue(overall.mean)}`;
}

function penaltiesText({ penalties = [], metric }: Basis['arena']): string {
  const terms = penalties.map((penalty) => `${penalty.weight} × ${penalty.metric}`).join(' + ');
  return (
    terms &&
    `${terms} is ${metric.direction === 'minimize' ? 'added to' : 'subtracted from'} every ${metric.name}; the result decides`
  );
}

function seedsText(basis: Basis, seeds: ReadonlySet<number>): string {
  if (basis.arena.seeds.fixed) return `fixed: ${basis.arena.seeds.first} for every measurement`;
  const firstSeeds = [...seeds].slice(0, 3).join(', ');
  return `the lab’s seed is ${basis.state.lab!.seed}; ${formatCount(seeds.size, 'seed')} derived from it${firstSeeds ? ` (${firstSeeds}${seeds.size > 3 ? ', …' : ''})` : ''}, a different one for every measurement`;
}
