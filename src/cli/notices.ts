/**
 * `--notify` and `--notify-command`: watches a run and tells people what is worth it. Knows which events, not how they
 * are sent.
 */
import { LabError } from '../base/error.ts';
import type { LedgerEvent } from '../core/event.ts';
import type { LabState } from '../core/state.ts';
import { openNotifier, shapeOf } from '../notify/notify.ts';
import { currentTime } from '../os/clock.ts';
import { viewLab } from '../view/lab/lab.ts';
import { isTold, noticeOf, stallNotice } from '../view/lab/notice.ts';
import type { LabView } from '../view/types.ts';
import { numberOption } from './limits.ts';
import { zoneMinutes } from './output.ts';
import type { Invocation } from './spec.ts';

export interface NotifyTargets {
  readonly urls: readonly string[];
  readonly commands: readonly string[];
  /** Silence that is a stall, where the person says so. */
  readonly patienceS?: number;
}

/** How often the silence is looked at, at least. */
const WATCH_MS = 30_000;

/**
 * Throws E_USAGE for an address that is none. The environment's OVERNIGHT_NOTIFY is taken too: an address is a secret.
 */
export function targetsOf(invocation: Invocation): NotifyTargets {
  const targets = [invocation.options.notify, process.env.OVERNIGHT_NOTIFY].flatMap((target) =>
    typeof target === 'string' && target !== '' ? [target] : [],
  );
  const { notifyCommand } = invocation.options;
  const urls = targets.filter((target) => ADDRESS_PATTERN.test(target));
  for (const url of urls) requireAddress(url);
  const commands = targets.filter((target) => !ADDRESS_PATTERN.test(target));
  const stallMinutes = numberOption(invocation, 'stallMinutes', false);
  return {
    urls,
    commands: typeof notifyCommand === 'string' ? [...commands, notifyCommand] : commands,
    ...(stallMinutes !== undefined && { patienceS: 60 * stallMinutes }),
  };
}

/** What looks like an address is one; everything else is a command. */
const ADDRESS_PATTERN = /^[a-z][a-z0-9+.-]*:\/\//i;

function requireAddress(address: string): void {
  try {
    if (/^https?:$/.test(shapeOf(address).url.protocol)) return;
  } catch {
    // The same words for both.
  }
  throw new LabError('E_USAGE', {
    what: 'This address cannot be notified.',
    why: `"${address.slice(0, 24)}…" is no http or https address.`,
    next: 'Give one such as https://ntfy.sh/TOPIC, or with its shape: slack+https://…, discord+…, ntfy+…, json+….',
  });
}

export interface NoticeWatch {
  readonly onEvent: (event: LedgerEvent, state: LabState) => void;
  close(): Promise<void>;
}

export function watchNotices(targets: NotifyTargets, onTrouble: (message: string) => void): NoticeWatch {
  if (targets.urls.length + targets.commands.length === 0) return { onEvent: () => {}, close: async () => {} };
  const notifier = openNotifier({ ...targets, onTrouble });
  let state: LabState | undefined;
  let wasStalled = false;
  const { patienceS } = targets;
  const viewState = (labState: LabState): LabView =>
    viewLab(labState, {
      now: currentTime(),
      alive: true,
      tip: '',
      zoneMinutes: zoneMinutes(),
      ...(patienceS !== undefined && { patienceS }),
    });
  const timer = setInterval(
    () => {
      const view = state && viewState(state);
      const isStalled = view?.state.kind === 'stalled';
      if (view && isStalled && !wasStalled) notifier.sendNotice(stallNotice(view));
      wasStalled = isStalled;
    },
    Math.min(WATCH_MS, 250 * (patienceS ?? Number.POSITIVE_INFINITY)),
  ).unref();
  return {
    onEvent: (event, nextState) => {
      state = nextState;
      if (!isTold(event)) return;
      const notice = noticeOf(event, viewState(nextState));
      if (notice) notifier.sendNotice(notice);
    },
    close: async () => {
      clearInterval(timer);
      await notifier.close();
    },
  };
}
