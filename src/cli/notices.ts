/**
 * `--notify` and `--notify-command`: watches a run and sends notices. Knows which events are worth one, not how it is
 * sent.
 */
import { defined } from '../base/defined.ts';
import { LabError } from '../base/error.ts';
import type { LedgerEvent } from '../core/event.ts';
import type { LabState } from '../core/state.ts';
import { openNotifier, shapeOf } from '../notify/notify.ts';
import { currentTime } from '../os/clock.ts';
import { viewLab } from '../view/lab/lab.ts';
import { isTold, noticeOf, stallNotice } from '../view/lab/notice.ts';
import type { LabView } from '../view/types.ts';
import type { ParsedOptions } from './command.ts';
import type { NOTIFY_OPTIONS } from './options.ts';
import { zoneMinutes } from './output.ts';

export interface NotifyTargets {
  readonly urls: readonly string[];
  readonly commands: readonly string[];
  /** Seconds of silence that count as a stall; absent: derived from the measurements. */
  readonly patienceS?: number;
}

/** How often the watch looks for a stall, at least. */
const WATCH_MS = 30_000;

/**
 * Throws E_USAGE for an address that cannot be used. The variable OVERNIGHT_NOTIFY counts too, because an address is a
 * secret.
 */
export function targetsOf(options: ParsedOptions<typeof NOTIFY_OPTIONS>): NotifyTargets {
  const { notify, notifyCommand, stallMinutes } = options;
  const targets = [notify, process.env.OVERNIGHT_NOTIFY].flatMap((target) => (target ? [target] : []));
  const urls = targets.filter((target) => ADDRESS_PATTERN.test(target));
  for (const url of urls) requireAddress(url);
  const commands = targets.filter((target) => !ADDRESS_PATTERN.test(target));
  return defined({
    urls,
    commands: notifyCommand === undefined ? commands : [...commands, notifyCommand],
    patienceS: stallMinutes === undefined ? undefined : 60 * stallMinutes,
  });
}

/** A target that looks like an address is one; every other target is a command. */
const ADDRESS_PATTERN = /^[a-z][a-z0-9+.-]*:\/\//i;

function requireAddress(address: string): void {
  try {
    if (/^https?:$/.test(shapeOf(address).url.protocol)) return;
  } catch {
    // An address that cannot be parsed and one that is not HTTP get the same message.
  }
  throw new LabError('E_USAGE', {
    what: 'This address cannot be notified.',
    why: `"${address.slice(0, 24)}…" is not an http or https address.`,
    next: 'Give one such as https://ntfy.sh/TOPIC; a prefix names its format: slack+https://…, discord+…, ntfy+…, json+….',
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
    viewLab(labState, defined({ now: currentTime(), alive: true, tip: '', zoneMinutes: zoneMinutes(), patienceS }));
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
