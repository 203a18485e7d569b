/**
 * Tells people what happened: to a webhook in the shape that Slack, Discord or ntfy read, as plain JSON to any other,
 * or to a command. Never holds up or breaks a night: messages wait in line, each has seconds to arrive, and what could
 * not be said is said once on the screen.
 */
import { reasonOf } from '../base/error.ts';
import { monotonicMs, sleep } from '../os/clock.ts';
import { capture } from '../os/spawn.ts';
import type { Notice } from '../view/lab/notice.ts';

export interface NotifyOptions {
  readonly urls: readonly string[];
  readonly commands: readonly string[];
  /** Something could not be told; at most once a target. */
  readonly onTrouble: (text: string) => void;
}

export interface Notifier {
  tell(notice: Notice): void;
  /** Wait for what is under way, but not for long. */
  close(): Promise<void>;
}

const ATTEMPT_MS = 10_000;
const ATTEMPTS = 3;
const PAUSE_MS = 1_000;
const COMMAND_MS = 30_000;
/** The end of a night waits no longer than this for its messages. */
const LAST_WORDS_MS = 15_000;
/** Messages that wait for one target; beyond, the oldest are dropped: nobody reads a hundred at once. */
const MOST_WAITING = 20;

export function openNotifier(options: NotifyOptions): Notifier {
  const targets = [
    ...options.urls.map(
      (url) => new Line(shown(url), (notice, signal) => post(url, notice, signal), options.onTrouble),
    ),
    ...options.commands.map(
      (command) => new Line(`\`${command}\``, (notice) => runCommand(command, notice), options.onTrouble),
    ),
  ];
  return {
    tell: (notice) => {
      for (const target of targets) target.put(notice);
    },
    close: async () => {
      const end = monotonicMs() + LAST_WORDS_MS;
      while (targets.some((target) => target.busy) && monotonicMs() < end) await sleep(50);
      for (const target of targets) target.drop();
    },
  };
}

type Send = (notice: Notice, signal: AbortSignal) => Promise<void>;

/** One target: messages go one after the other, in order. */
class Line {
  readonly #name: string;
  readonly #send: Send;
  readonly #onTrouble: (text: string) => void;
  #waiting: Notice[] = [];
  #running = false;
  #complained = false;
  readonly #ended = new AbortController();

  constructor(name: string, send: Send, onTrouble: (text: string) => void) {
    this.#name = name;
    this.#send = send;
    this.#onTrouble = onTrouble;
  }

  get busy(): boolean {
    return this.#running;
  }

  put(notice: Notice): void {
    this.#waiting = [...this.#waiting, notice].slice(-MOST_WAITING);
    if (!this.#running) void this.#work();
  }

  drop(): void {
    this.#waiting = [];
    this.#ended.abort();
  }

  async #work(): Promise<void> {
    this.#running = true;
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) await this.#deliver(next);
    this.#running = false;
  }

  async #deliver(notice: Notice): Promise<void> {
    for (let attempt = 1; !this.#ended.signal.aborted; attempt++) {
      try {
        return await this.#send(notice, AbortSignal.any([AbortSignal.timeout(ATTEMPT_MS), this.#ended.signal]));
      } catch (thrown) {
        if (attempt < ATTEMPTS && !(thrown instanceof Refused)) await sleep(PAUSE_MS * attempt, this.#ended.signal);
        else return this.#complain(thrown);
      }
    }
  }

  #complain(thrown: unknown): void {
    if (!this.#complained) this.#onTrouble(`Could not notify ${this.#name}: ${reasonOf(thrown)}. The night goes on.`);
    this.#complained = true;
  }
}

/** The other side understood and does not want it: trying again would not help. */
class Refused extends Error {}

export type Shape = 'slack' | 'discord' | 'ntfy' | 'json';

/** Which shape a target reads: said as a prefix (`ntfy+http://…`), else known by its address. */
export function shapeOf(text: string): { readonly shape: Shape; readonly url: URL } {
  const [, said, rest] = /^(?:(slack|discord|ntfy|json)\+)?(https?:\/\/.*)$/.exec(text) ?? [];
  const url = new URL(rest ?? text);
  if (said) return { shape: said as Shape, url };
  if (url.hostname === 'hooks.slack.com') return { shape: 'slack', url };
  if (/(^|\.)discord(app)?\.com$/.test(url.hostname)) return { shape: 'discord', url };
  return { shape: /(^|\.)ntfy\.sh$/.test(url.hostname) ? 'ntfy' : 'json', url };
}

/** Body and headers of a message. Names and links in what candidates wrote must not ping anybody. */
export function messageOf(
  shape: Shape,
  notice: Notice,
): { readonly body: string; readonly headers: Record<string, string> } {
  const json = { 'content-type': 'application/json' };
  const words = `${notice.title}\n${notice.text}`;
  switch (shape) {
    case 'slack': {
      const text = words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
      return { headers: json, body: JSON.stringify({ text: text.slice(0, 3000) }) };
    }
    case 'discord':
      return {
        headers: json,
        body: JSON.stringify({ content: words.slice(0, 1900), allowed_mentions: { parse: [] } }),
      };
    case 'ntfy': {
      // Headers carry ASCII only; the body says all.
      const title = notice.title.replace(/[^\x20-\x7e]/g, '?').slice(0, 200);
      const headers = {
        title,
        priority: URGENT.has(notice.kind) ? 'high' : 'default',
        'content-type': 'text/plain; charset=utf-8',
      };
      return { headers, body: words.slice(0, 3500) };
    }
    case 'json':
      return { headers: json, body: JSON.stringify(notice) };
    default:
      return shape satisfies never;
  }
}

const URGENT = new Set<Notice['kind']>(['failure', 'stall']);

async function post(target: string, notice: Notice, signal: AbortSignal): Promise<void> {
  const { shape, url } = shapeOf(target);
  const answer = await fetch(url, { method: 'POST', ...messageOf(shape, notice), signal, redirect: 'error' });
  await answer.body?.cancel();
  if (answer.ok) return;
  const words = `it answered ${answer.status}`;
  throw answer.status >= 400 && answer.status < 500 && answer.status !== 429 ? new Refused(words) : new Error(words);
}

/**
 * The notice as JSON on standard input, its parts in the environment: no text of a candidate becomes part of a command
 * line.
 */
async function runCommand(command: string, notice: Notice): Promise<void> {
  const env = {
    ...process.env,
    OVERNIGHT_NOTICE: notice.kind,
    OVERNIGHT_TITLE: notice.title,
    OVERNIGHT_TEXT: notice.text,
    OVERNIGHT_ARENA: notice.arena,
    OVERNIGHT_VERDICT: notice.text.split('\n')[0],
    OVERNIGHT_REASON: notice.reason,
    OVERNIGHT_DETAIL: notice.detail,
  };
  const ended = await capture('sh', ['-c', command], { input: JSON.stringify(notice), env, timeoutMs: COMMAND_MS });
  if (ended.status !== 0)
    throw new Refused(`it ended with ${ended.status ?? ended.failure}: ${ended.stderr.slice(-200).trim()}`);
}

/** Webhook addresses are secrets: only the host is shown. */
const shown = (url: string): string => shapeOf(url).url.host;
