/**
 * `--notify` and `--notify-command`: watches a run and tells people what is worth it. Knows which events, not how they
 * are sent.
 */
import { LabError } from '../base/error.ts';
import type { LedgerEvent } from '../core/event.ts';
import type { LabState } from '../core/state.ts';
import { openNotifier, shapeOf } from '../notify/notify.ts';
import { now } from '../os/clock.ts';
import { viewLab } from '../view/lab/lab.ts';
import { isTold, noticeOf, stallNotice } from '../view/lab/notice.ts';
import type { LabView } from '../view/types.ts';
import { numberOption } from './limits.ts';
import { zoneMinutes } from './output.ts';
import type { Call } from './spec.ts';

export interface Targets {
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
export function targetsOf(call: Call): Targets {
  const targets = [call.options.notify, process.env.OVERNIGHT_NOTIFY].flatMap((text) =>
    typeof text === 'string' && text !== '' ? [text] : [],
  );
  const { notifyCommand } = call.options;
  const urls = targets.filter((text) => ADDRESS.test(text));
  for (const url of urls) check(url);
  const commands = targets.filter((text) => !ADDRESS.test(text));
  const minutes = numberOption(call, 'stallMinutes', false);
  return {
    urls,
    commands: typeof notifyCommand === 'string' ? [...commands, notifyCommand] : commands,
    ...(minutes !== undefined && { patienceS: 60 * minutes }),
  };
}

/** What looks like an address is one; everything else is a command. */
const ADDRESS = /^[a-z][a-z0-9+.-]*:\/\//i;

function check(url: string): void {
  try {
    if (/^https?:$/.test(shapeOf(url).url.protocol)) return;
  } catch {
    // The same words for both.
  }
  throw new LabError('E_USAGE', {
    what: 'This address cannot be notified.',
    why: `"${url.slice(0, 24)}…" is no http or https address.`,
    next: 'Give one such as https://ntfy.sh/TOPIC, or with its shape: slack+https://…, discord+…, ntfy+…, json+….',
  });
}

export interface Watch {
  readonly onEvent: (event: LedgerEvent, state: LabState) => void;
  close(): Promise<void>;
}

export function watchNotices(targets: Targets, onTrouble: (text: string) => void): Watch {
  if (targets.urls.length + targets.commands.length === 0) return { onEvent: () => {}, close: async () => {} };
  const notifier = openNotifier({ ...targets, onTrouble });
  let state: LabState | undefined;
  let stalled = false;
  const { patienceS } = targets;
  const look = (of: LabState): LabView =>
    viewLab(of, {
      now: now(),
      alive: true,
      tip: '',
      zoneMinutes: zoneMinutes(),
      ...(patienceS !== undefined && { patienceS }),
    });
  const timer = setInterval(
    () => {
      const view = state && look(state);
      const still = view?.state.kind === 'stalled';
      if (view && still && !stalled) notifier.tell(stallNotice(view));
      stalled = still;
    },
    Math.min(WATCH_MS, 250 * (patienceS ?? Number.POSITIVE_INFINITY)),
  ).unref();
  return {
    onEvent: (event, after) => {
      state = after;
      if (!isTold(event)) return;
      const notice = noticeOf(event, look(after));
      if (notice) notifier.tell(notice);
    },
    close: async () => {
      clearInterval(timer);
      await notifier.close();
    },
  };
}
