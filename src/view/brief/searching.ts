/**
 * How the search goes: plateau and exploration, live bases, whether screening may drop ideas. Words for the state of
 * core/plan/bases and core/plan/screening; decides nothing.
 */
import { MIN_RANKED_PAIRS } from '../../base/rank.ts';
import { formatCount } from '../../base/text.ts';
import { liveBases } from '../../core/bases/live-bases.ts';
import { countExplored } from '../../core/bases/idea-start.ts';
import { plateauOf } from '../../core/bases/plateau.ts';
import { screeningState } from '../../core/rules/screening.ts';
import type { Basis } from '../basis.ts';
import { formatFixed, formatPercent } from '../format.ts';
import type { HealthView } from '../health-types.ts';

export function screeningLines(basis: Basis): HealthView[] {
  const now = screeningState(basis.state, basis.device);
  if (!now || basis.state.screenRuns.size === 0) return [];
  const { agreement, phase } = now;
  const droppedCount = basis.state.experiments.filter(
    (experiment) => experiment.state === 'decided' && experiment.decision.kind === 'screened',
  ).length;
  const [lower, upper] = agreement.interval;
  const evidence = `Kendall’s τ ${formatFixed(agreement.tau, 2)}, 95 %: ${formatFixed(lower, 2)} to ${formatFixed(upper, 2)}, over ${formatCount(agreement.pairs, 'idea')} run both ways`;
  const droppedText = `${droppedCount} of ${formatCount(basis.state.screenRuns.size, 'idea')} dropped after screening`;
  const isUnproven = agreement.pairs >= MIN_RANKED_PAIRS && agreement.warning !== undefined;
  const text = {
    checking: isUnproven
      ? `not shown to rank like full measurements (${evidence}): nothing is dropped meanwhile`
      : `being checked against full measurements (${evidence}): nothing is dropped yet`,
    halving: `it ranks like full measurements (${evidence}); ${droppedText}`,
    stopped: `it does not rank like full measurements (${evidence}): it is switched off, and every idea is measured in full again; ${droppedText} before`,
  }[phase];
  return [
    {
      code: 'screening',
      what: 'Screening',
      text,
      warning: phase === 'stopped' || (phase === 'checking' && isUnproven),
    },
  ];
}

/** Nothing where the manifest allows one line alone. */
export function branchLines(basis: Basis): HealthView[] {
  const { state, arena } = basis;
  if ((arena.search?.branches ?? 1) < 2) return [];
  const [, ...otherBases] = liveBases(state);
  const basesText = otherBases.map(({ n, role, why }) => `#${n} (${role}: ${why})`).join('; ');
  const plateauState = plateauOf(state, arena.knobs.length);
  const sinceText = `${formatCount(plateauState.ideas, 'idea')} since the last certain gain${plateauState.since > 0 ? `, #${plateauState.since}` : ''}`;
  const explorationText =
    plateauState.explore > 0
      ? `on a plateau, ${sinceText}: ${formatPercent(plateauState.explore / 2)} of the ideas start from another branch or a crossover, ${countExplored(state, plateauState)} so far`
      : `${sinceText}; a plateau begins at ${plateauState.patience}`;
  return [
    {
      code: 'branches',
      what: 'Branches',
      text: basesText === '' ? 'none beside the main line' : basesText,
      warning: false,
    },
    { code: 'exploration', what: 'Exploration', text: explorationText, warning: false },
  ];
}
