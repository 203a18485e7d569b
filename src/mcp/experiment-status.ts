/** How a submission that became an experiment stands: its verdict with the numbers, or where it is on its way. */
import { defined } from '../base/defined.ts';
import { oneLine } from '../base/text.ts';
import { currentDevice, type LabState } from '../core/state.ts';
import { viewExperiment } from '../view/lab/experiment.ts';
import { secondaryMetricsOf, secondaryText } from '../view/lab/secondary.ts';
import type { Facts } from '../view/types.ts';
import { progressOf } from './progress.ts';
import type { SubmissionStatus } from './submission-status.ts';

export function experimentStatus(state: LabState, id: string, n: number, facts: Facts): SubmissionStatus {
  const page = viewExperiment(state, n, facts)!;
  const { verdict, effect, mean, reason } = page.row;
  const { text, ...progress } = progressOf(state, n, facts.alive);
  const isOpen = verdict === 'running' || verdict === 'waiting';
  const secondary = secondaryMetricsOf(state, n, currentDevice(state)).map(secondaryText);
  const statusParts = [
    `#${n} ${isOpen ? text : verdict}`,
    mean && `${page.metric} ${mean.text}`,
    effect?.text,
    oneLine(reason, 400),
    secondary.length > 0 && `beside it ${oneLine(secondary.join(', '), 700)}`,
  ];
  return defined({
    id,
    state: progress.phase === 'stopped' ? ('stopped' as const) : isOpen ? ('running' as const) : ('done' as const),
    ...progress,
    experiment: n,
    verdict: isOpen ? undefined : verdict,
    text: statusParts.filter(Boolean).join('; '),
  });
}
