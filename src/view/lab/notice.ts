/** Which events people are notified of, and in which words: the verdict's own. Pure. */
import { defined } from '../../base/defined.ts';
import { oneLine } from '../../base/text.ts';
import type { LedgerEvent } from '../../core/event.ts';
import type { StopReason } from '../../core/session.ts';
import type { LabView } from '../types.ts';

export type NoticeKind = 'champion' | 'budget' | 'stall' | 'failure' | 'end';

export interface Notice {
  readonly kind: NoticeKind;
  readonly title: string;
  readonly text: string;
  /** The verdict's sentence alone, the first of the text. */
  readonly verdict: string;
  readonly arena: string;
  readonly tag: string;
  /** The metric of what the report claims, where something is confirmed. */
  readonly value?: number;
  readonly experiment?: number;
  /** Why the session ended. */
  readonly reason?: StopReason;
  readonly detail?: string;
}

const NOTICE_KINDS: Readonly<Record<StopReason, NoticeKind>> = {
  budget: 'budget',
  finalized: 'end',
  idle: 'stall',
  plateau: 'end',
  experiments: 'budget',
  deadline: 'budget',
  target: 'end',
  asked: 'end',
  interrupted: 'end',
  'proposer exhausted': 'end',
  stuck: 'failure',
  'agents failing': 'failure',
  error: 'failure',
};

/** Are people notified of this event at all? Cheap: asked for every event, before a view is made. */
export const isTold = (event: LedgerEvent): boolean =>
  (event.type === 'confirmation' && event.passed) || event.type === 'session.ended' || event.type === 'stage.failed';

/** The notice of an event, with the view that includes it. */
export function noticeOf(event: LedgerEvent, labView: LabView): Notice | undefined {
  switch (event.type) {
    case 'confirmation':
      if (!event.passed) return undefined;
      return createNotice(labView, 'champion', `New champion #${event.n}: ${labView.verdict.headline}`, event.n);
    case 'session.ended': {
      const kind = NOTICE_KINDS[event.reason];
      const { reason, detail } = event;
      return {
        ...createNotice(labView, kind, `${NOTICE_TITLES[kind]}: ${oneLine(detail, 160)}`),
        reason,
        detail: oneLine(detail, 500),
      };
    }
    case 'stage.failed':
      return createNotice(labView, 'failure', `${event.stage} failed: ${oneLine(event.message, 200)}`);
    default:
      return undefined;
  }
}

export const stallNotice = (labView: LabView): Notice =>
  createNotice(labView, 'stall', `Stalled: ${labView.state.text}`);

const NOTICE_TITLES: Readonly<Record<NoticeKind, string>> = {
  champion: 'New champion',
  budget: 'The budget is used up',
  stall: 'Stalled',
  failure: 'The run failed',
  end: 'The run is over',
};

function createNotice(labView: LabView, kind: NoticeKind, title: string, experiment?: number): Notice {
  const nextLine = labView.next[0] ? `\nNext: ${labView.next[0]}` : '';
  const confirmedValue = labView.champion && labView.champion.n > 0 ? labView.champion.mean?.raw : undefined;
  return defined({
    kind,
    title: `${labView.arena}: ${title}`,
    text: `${labView.verdict.sentence}\n${labView.counts.text}; ${labView.spend.text}.${nextLine}`,
    verdict: labView.verdict.sentence,
    arena: labView.arena,
    tag: labView.tag,
    value: confirmedValue,
    experiment,
  });
}
