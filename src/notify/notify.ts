/**
 * Sends notices to people: to a webhook in the shape that Slack, Discord or ntfy read, as plain JSON to any other, or
 * to a command. Never delays or ends a run: notices wait in a queue, each has seconds to arrive, and a target that
 * cannot be reached is named once on the screen.
 */
import { defined } from '../base/defined.ts';
import { reasonOf } from '../base/error.ts';
import { escapeDiscord, escapeEnvironment, escapeNotice, escapeSlack, stringifyJson } from '../base/escape.ts';
import { monotonicMs, sleep } from '../os/clock.ts';
import { captureOutput } from '../os/spawn.ts';
import type { Notice } from '../view/lab/notice.ts';

export interface NotifyOptions {
  readonly urls: readonly string[];
  readonly commands: readonly string[];
  /** Called when a target cannot be reached, at most once for each target. */
  readonly onTrouble: (message: string) => void;
}

export interface Notifier {
  sendNotice(notice: Notice): void;
  /** Wait a moment for notices that are being sent, then drop the rest. */
  close(): Promise<void>;
}

const ATTEMPT_MS = 10_000;
const MAX_ATTEMPTS = 3;
const PAUSE_MS = 1_000;
const COMMAND_MS = 30_000;
/** The end of a run waits no longer than this for its notices. */
const LAST_WORDS_MS = 15_000;
/** Notices that wait for one target. Older ones are dropped, because nobody reads a hundred at once. */
const MAX_WAITING = 20;

export function openNotifier(options: NotifyOptions): Notifier {
  const queues = [
    ...options.urls.map(
      (url) => new NoticeQueue(shownHost(url), (notice, signal) => postNotice(url, notice, signal), options.onTrouble),
    ),
    ...options.commands.map(
      (command) => new NoticeQueue(`\`${command}\``, (notice) => runCommand(command, notice), options.onTrouble),
    ),
  ];
  return {
    sendNotice: (notice) => {
      for (const queue of queues) queue.enqueueNotice(notice);
    },
    close: async () => {
      const deadlineMs = monotonicMs() + LAST_WORDS_MS;
      while (queues.some((queue) => queue.isBusy) && monotonicMs() < deadlineMs) await sleep(50);
      for (const queue of queues) queue.dropWaiting();
    },
  };
}

type SendNotice = (notice: Notice, signal: AbortSignal) => Promise<void>;

/** One target: notices are sent one after the other, in order. */
class NoticeQueue {
  readonly #name: string;
  readonly #send: SendNotice;
  readonly #onTrouble: (message: string) => void;
  #waiting: Notice[] = [];
  #isRunning = false;
  #hasComplained = false;
  readonly #endController = new AbortController();

  constructor(name: string, send: SendNotice, onTrouble: (message: string) => void) {
    this.#name = name;
    this.#send = send;
    this.#onTrouble = onTrouble;
  }

  get isBusy(): boolean {
    return this.#isRunning;
  }

  enqueueNotice(notice: Notice): void {
    this.#waiting = [...this.#waiting, notice].slice(-MAX_WAITING);
    if (!this.#isRunning) void this.#deliverWaiting();
  }

  dropWaiting(): void {
    this.#waiting = [];
    this.#endController.abort();
  }

  async #deliverWaiting(): Promise<void> {
    this.#isRunning = true;
    for (let nextNotice = this.#waiting.shift(); nextNotice; nextNotice = this.#waiting.shift())
      await this.#deliverNotice(nextNotice);
    this.#isRunning = false;
  }

  async #deliverNotice(notice: Notice): Promise<void> {
    for (let attempt = 1; !this.#endController.signal.aborted; attempt++) {
      try {
        return await this.#send(notice, AbortSignal.any([AbortSignal.timeout(ATTEMPT_MS), this.#endController.signal]));
      } catch (thrown) {
        if (attempt < MAX_ATTEMPTS && !(thrown instanceof RefusedNotice))
          await sleep(PAUSE_MS * attempt, this.#endController.signal);
        else return this.#complainOnce(thrown);
      }
    }
  }

  #complainOnce(thrown: unknown): void {
    if (!this.#hasComplained) this.#onTrouble(`Could not notify ${this.#name}: ${reasonOf(thrown)}. The run goes on.`);
    this.#hasComplained = true;
  }
}

/** The target understood the notice and refused it, so trying again would not help. */
class RefusedNotice extends Error {}

export type PayloadShape = 'slack' | 'discord' | 'ntfy' | 'json';

/** The shape that a target reads: its prefix says it (`ntfy+http://…`), else its address. */
export function shapeOf(address: string): { readonly shape: PayloadShape; readonly url: URL } {
  const [, prefix, plainUrl] = /^(?:(slack|discord|ntfy|json)\+)?(https?:\/\/.*)$/.exec(address) ?? [];
  const url = new URL(plainUrl ?? address);
  if (prefix) return { shape: prefix as PayloadShape, url };
  if (url.hostname === 'hooks.slack.com') return { shape: 'slack', url };
  if (/(^|\.)discord(app)?\.com$/.test(url.hostname)) return { shape: 'discord', url };
  return { shape: /(^|\.)ntfy\.sh$/.test(url.hostname) ? 'ntfy' : 'json', url };
}

/** Body and headers of a notice. Candidate output cannot mention or notify anybody. */
export function messageOf(
  shape: PayloadShape,
  notice: Notice,
): { readonly body: string; readonly headers: Record<string, string> } {
  const jsonHeaders = { 'content-type': 'application/json' };
  const fullText = `${notice.title}\n${notice.text}`;
  const noUnfurling = { mrkdwn: false, unfurl_links: false, unfurl_media: false };
  switch (shape) {
    case 'slack':
      return {
        headers: jsonHeaders,
        body: stringifyJson({ text: escapeSlack(fullText.slice(0, 2500)), ...noUnfurling }),
      };
    case 'discord':
      return {
        headers: jsonHeaders,
        body: stringifyJson({
          content: escapeDiscord(fullText.slice(0, 1500)).slice(0, 1990),
          allowed_mentions: { parse: [] },
          flags: DISCORD_NO_EMBEDS,
        }),
      };
    case 'ntfy': {
      // Headers carry ASCII only; the body has the whole text.
      const title = notice.title.replace(/[^\x20-\x7e]/g, '?').slice(0, 200);
      const headers = {
        title,
        priority: URGENT_KINDS.has(notice.kind) ? 'high' : 'default',
        'content-type': 'text/plain; charset=utf-8',
      };
      return { headers, body: escapeNotice(fullText.slice(0, 3500)) };
    }
    case 'json':
      return { headers: jsonHeaders, body: stringifyJson(notice) };
    default:
      return shape satisfies never;
  }
}

/** SUPPRESS_EMBEDS of Discord's message flags. */
const DISCORD_NO_EMBEDS = 1 << 2;

const URGENT_KINDS = new Set<Notice['kind']>(['failure', 'stall']);

async function postNotice(address: string, notice: Notice, signal: AbortSignal): Promise<void> {
  const { shape, url } = shapeOf(address);
  const response = await fetch(url, { method: 'POST', ...messageOf(shape, notice), signal, redirect: 'error' });
  await response.body?.cancel();
  if (response.ok) return;
  const problem = `it answered ${response.status}`;
  throw response.status >= 400 && response.status < 500 && response.status !== 429
    ? new RefusedNotice(problem)
    : new Error(problem);
}

/**
 * The notice as JSON on standard input, its parts in the environment: no text of a candidate becomes part of a command
 * line.
 */
async function runCommand(command: string, notice: Notice): Promise<void> {
  const { kind, title, text, arena, verdict, reason, detail } = notice;
  const variables = defined({
    NOTICE: kind,
    TITLE: title,
    TEXT: text,
    ARENA: arena,
    VERDICT: verdict,
    REASON: reason,
    DETAIL: detail,
  });
  const ownEntries = Object.entries(variables).map(([name, value]) => [`OVERNIGHT_${name}`, escapeEnvironment(value)]);
  const env = { ...process.env, ...Object.fromEntries(ownEntries) };
  const commandResult = await captureOutput('sh', ['-c', command], {
    input: stringifyJson(notice),
    env,
    timeoutMs: COMMAND_MS,
  });
  if (commandResult.status !== 0)
    throw new RefusedNotice(
      `it ended with ${commandResult.status ?? commandResult.failure}: ${commandResult.stderr.slice(-200).trim()}`,
    );
}

/** Webhook addresses are secrets: only the host is shown. */
const shownHost = (url: string): string => shapeOf(url).url.host;
