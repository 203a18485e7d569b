/** How the search goes: whether short runs may drop ideas. Words for what core/halving decided; decides nothing. */
import { count } from '../base/text.ts';
import { halving } from '../core/halving.ts';
import type { Basis } from './basis.ts';
import { fixed } from './format.ts';
import type { HealthView } from './types.ts';

export function shortRunLines(b: Basis): HealthView[] {
  const now = halving(b.state, b.device);
  if (!now || b.state.shorts.size === 0) return [];
  const { agreement, phase } = now;
  const dropped = b.state.experiments.filter((x) => x.state === 'decided' && x.decision.kind === 'screened').length;
  const [low, high] = agreement.interval;
  const seen = `Kendall’s τ ${fixed(agreement.tau, 2)}, 95 %: ${fixed(low, 2)} to ${fixed(high, 2)}, over ${count(agreement.pairs, 'idea')} run both ways`;
  const spared = `${dropped} of ${count(b.state.shorts.size, 'idea')} dropped after a short run`;
  const text = {
    checking: agreement.warning && agreement.pairs >= 6 ? `not shown to rank like full ones (${seen}): nothing is dropped meanwhile` : `being checked against full ones (${seen}): nothing is dropped yet`,
    halving: `they rank like full ones (${seen}); ${spared}`,
    stopped: `they do not rank like full ones (${seen}): halving is switched off, every idea is measured in full again; ${spared} before`,
  }[phase];
  return [{ what: 'Short runs', text, warning: phase === 'stopped' || (phase === 'checking' && agreement.pairs >= 6 && agreement.warning !== undefined) }];
}
