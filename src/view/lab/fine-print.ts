/** Everything somebody needs who does not believe the report. */
import { count, oneLine } from '../../base/text.ts';
import { type Basis, meanOf } from '../basis.ts';
import { dateTime, whole } from '../format.ts';
import { choosersText } from '../brief/choosers.ts';
import { paretoText } from '../pictures/pareto.ts';
import type { Span } from './time.ts';
import type { LabView } from '../types.ts';

export function finePrint(b: Basis, spans: readonly Span[]): LabView['finePrint'] {
  const { state, arena, facts } = b;
  const lab = state.lab!;
  const session = state.sessions.at(-1)?.start;
  const seeds = new Set(state.measurements.map((m) => m.seed));
  const { source } = lab;
  const rules = new Set(state.experiments.flatMap((x) => (x.state === 'decided' ? [x.decision.rule] : [])));
  for (const claim of state.confirmations) rules.add(claim.rule);
  const lines: [string, string | undefined][] = [
    ['Lab', `${lab.lab}, tag ${lab.tag}, opened ${dateTime(lab.at, b.zone)}`],
    ['Ledger', `${count(state.seq + 1, 'event')}, tip ${facts.tip}`],
    [
      'Source',
      `${source.commit ? `commit ${source.commit}` : 'no commit'}${source.dirty ? ', with uncommitted changes' : ''}`,
    ],
    ['Files', `editable ${lab.files.editable.slice(0, 16)}…, frozen ${lab.files.frozen.slice(0, 16)}…`],
    ['Seeds', seedsText(b, seeds)],
    ['Measurements', `${whole(state.measurements.length)} in ${count(spans.length, 'session')}`],
    ['Ideas by', choosersText(state)],
    ['Pareto set', b.arena.front ? undefined : paretoText(b)],
    ['Budget', `${arena.budget.seconds} s of training each, hard limit ${arena.budget.wall_s} s`],
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
    ['Score', scoreText(b)],
    ['Penalties', penaltiesText(arena)],
    ['Rule', rules.size > 0 ? [...rules].join(', ') : `${arena.decide.rule}, nothing decided yet`],
    [
      'Intervals',
      'All are 95 %. After ± stands half of one. Confirmed effects come from fresh measurements made in turn with the other side, so that drift cancels; they need not equal the difference of the means.',
    ],
  ];
  return lines.flatMap(([label, text]) => (text ? [{ label, text }] : []));
}

/** Which measurements the champion's number is the mean of, and what all of them say. Never the best of them. */
function scoreText(b: Basis): string {
  const n = b.state.champion > 0 ? b.state.champion : b.state.incumbent;
  const found = n > 0 ? meanOf(b.state, n, b.device) : undefined;
  if (!found) return '';
  const { all } = found;
  const text = (value: number): string => b.format.value(value);
  if (all.n === 1) return `#${n} stands at ${text(all.mean)}, the one measurement by which it was chosen`;
  if (found.n === all.n)
    return `#${n} stands at ${text(all.mean)}, the mean of all its ${all.n} measurements, the one that it was chosen by among them`;
  return `#${n} stands at ${text(found.mean)}, the mean of the ${found.n} fresh of its measurements, which nothing was chosen by; the mean of all ${all.n} is ${text(all.mean)}`;
}

function penaltiesText({ penalties = [], metric }: Basis['arena']): string {
  const parts = penalties.map((one) => `${one.weight} × ${one.metric}`).join(' + ');
  return (
    parts &&
    `every ${metric.name} stands with ${parts} ${metric.direction === 'minimize' ? 'added' : 'taken off'}: that number decides`
  );
}

function seedsText(b: Basis, seeds: ReadonlySet<number>): string {
  if (b.arena.seeds.fixed) return `fixed: ${b.arena.seeds.first} for every measurement`;
  const first = [...seeds].slice(0, 3).join(', ');
  return `the lab’s seed is ${b.state.lab!.seed}; ${count(seeds.size, 'seed')} derived from it${first ? ` (${first}${seeds.size > 3 ? ', …' : ''})` : ''}, another for every measurement`;
}
