/** How a submission that became an experiment stands: its verdict with the numbers, or where it is on its way. */
import { defined } from '../base/defined.ts';
import { oneLine } from '../base/text.ts';
import { currentDevice, type LabState } from '../core/state.ts';
import { basisOf, withPercent } from '../view/basis.ts';
import { type ExperimentPage, viewExperiment } from '../view/lab/experiment.ts';
import { guardPartsOf } from '../view/lab/guards.ts';
import { phasesOf, phasesText } from '../view/lab/phases.ts';
import { endOfIdea } from '../view/lab/place.ts';
import { secondaryMetricsOf, secondaryText } from '../view/lab/secondary.ts';
import type { Facts } from '../view/types.ts';
import { verdictWord } from '../view/words.ts';
import { readConflict } from './conflict.ts';
import { curveOf } from './experiment-text.ts';
import { progressOf } from './progress.ts';
import type { SubmissionStatus } from './submission-status.ts';

/** `labFolder` is where conflicts and curves are read. */
export function experimentStatus(
  labFolder: string,
  state: LabState,
  id: string,
  n: number,
  facts: Facts,
): SubmissionStatus {
  const page = viewExperiment(state, n, facts)!;
  const end = endOfIdea(state, n);
  const { text: progressText, ...progress } = progressOf(state, n, facts.alive);
  const isOpen = end === undefined;
  const isCarried = end !== undefined && end !== n;
  const { verdict, discard } = page.row;
  return defined({
    id,
    state: progress.phase === 'stopped' ? ('stopped' as const) : isOpen ? ('running' as const) : ('done' as const),
    ...progress,
    experiment: n,
    verdict: isOpen ? undefined : isCarried ? viewExperiment(state, end, facts)!.row.verdict : verdict,
    carried: isCarried ? end : undefined,
    conflict: readConflict(labFolder, page.conflict),
    text: [
      `#${n} ${isOpen ? progressText : verdictWord(verdict, discard)}`,
      page.row.place,
      isCarried && carrierText(state, end, facts),
      ...numberParts(labFolder, state, page, facts),
    ]
      .filter(Boolean)
      .join('; '),
  });
}

/** Number, effect, reason, guards, other metrics, times and curve, where there are any. */
function numberParts(
  labFolder: string,
  state: LabState,
  page: ExperimentPage,
  facts: Facts,
): (string | false | undefined)[] {
  const { n, effect, mean, reason } = page.row;
  const share = effect && withPercent(basisOf(state, facts), effect).percentText;
  const secondary = secondaryMetricsOf(state, n, currentDevice(state)).map(secondaryText);
  const phases = phasesText(phasesOf(state, n, currentDevice(state)));
  const curve = curveOf(labFolder, state, n);
  return [
    mean && `${page.metric} ${mean.text} [${page.trust.grade}]`,
    effect && `${effect.text}${share ? `, ${share} of the baseline` : ''}`,
    oneLine(reason, 400),
    ...guardPartsOf(page),
    secondary.length > 0 && `beside it ${oneLine(secondary.join(', '), 700)}`,
    phases && `time of a measurement: ${phases}`,
    curve && `curve: ${oneLine(curve, 300)}`,
  ];
}

/** What became of the idea as the experiment that carries it over. */
function carrierText(state: LabState, n: number, facts: Facts): string {
  const { row, metric } = viewExperiment(state, n, facts)!;
  const numbers = [row.mean && `${metric} ${row.mean.text}`, row.effect && `${row.effect.text} against #${row.parent}`];
  return [`#${n} ${verdictWord(row.verdict, row.discard)}`, ...numbers, oneLine(row.reason, 300)]
    .filter(Boolean)
    .join(', ');
}
