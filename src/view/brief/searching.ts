/**
 * How the search goes: whether it stands still and what is done about it, which bases are live, whether short runs may
 * drop ideas. Words for what core/frontier and core/halving say; decides nothing.
 */
import { FEWEST_RANKED } from '../../base/rank.ts';
import { count } from '../../base/text.ts';
import { bases, explored, plateau } from '../../core/plan/bases.ts';
import { halving } from '../../core/plan/screening.ts';
import type { Basis } from '../basis.ts';
import { fixed, percent } from '../format.ts';
import type { HealthView } from '../types.ts';

export function shortRunLines(b: Basis): HealthView[] {
  const now = halving(b.state, b.device);
  if (!now || b.state.shorts.size === 0) return [];
  const { agreement, phase } = now;
  const dropped = b.state.experiments.filter((x) => x.state === 'decided' && x.decision.kind === 'screened').length;
  const [low, high] = agreement.interval;
  const seen = `Kendall’s τ ${fixed(agreement.tau, 2)}, 95 %: ${fixed(low, 2)} to ${fixed(high, 2)}, over ${count(agreement.pairs, 'idea')} run both ways`;
  const spared = `${dropped} of ${count(b.state.shorts.size, 'idea')} dropped after a short run`;
  const unproven = agreement.pairs >= FEWEST_RANKED && agreement.warning !== undefined;
  const text = {
    checking: unproven
      ? `not shown to rank like full ones (${seen}): nothing is dropped meanwhile`
      : `being checked against full ones (${seen}): nothing is dropped yet`,
    halving: `they rank like full ones (${seen}); ${spared}`,
    stopped: `they do not rank like full ones (${seen}): halving is switched off, every idea is measured in full again; ${spared} before`,
  }[phase];
  return [{ what: 'Short runs', text, warning: phase === 'stopped' || (phase === 'checking' && unproven) }];
}

/** Nothing where the manifest allows one line alone. */
export function branchLines(b: Basis): HealthView[] {
  const { state, arena } = b;
  if ((arena.search?.branches ?? 1) < 2) return [];
  const [, ...others] = bases(state);
  const live = others.map(({ n, role, why }) => `#${n} (${role}: ${why})`).join('; ');
  const still = plateau(state, arena.knobs.length);
  const since = `${count(still.ideas, 'idea')} since the last sure gain${still.since > 0 ? `, #${still.since}` : ''}`;
  const wide =
    still.explore > 0
      ? `standing still, ${since}: ${percent(still.explore / 2)} of the ideas start from a branch or a crossing, ${explored(state, still)} so far`
      : `${since}, standing still from ${still.patience}`;
  return [
    { what: 'Branches', text: live === '' ? 'none but the line itself' : live, warning: false },
    { what: 'Exploration', text: wide, warning: false },
  ];
}
