/**
 * The dashboard's server: what the browser may ask, as routes. Read-only but for `control`, which needs a token and
 * puts a wish into the lab's inbox. Every number comes from view. Does not protect against other programs of the same
 * user, who can read the ledger anyway.
 */
import { timingSafeEqual } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { type Context, Hono } from 'hono';
import { streamSSE } from 'hono/streaming';
import { sha256 } from '../base/hash.ts';
import type { LabState } from '../core/state.ts';
import { now, sleep } from '../os/clock.ts';
import type { LabCard, ReadingCard } from '../view/answers.ts';
import { dateTime } from '../view/format.ts';
import { viewFactors } from '../view/pictures/factors.ts';
import {
  boardAt,
  chainHolds,
  curveOf,
  type DiffOf,
  diffOf,
  experimentAt,
  logOf,
  machinesAt,
  stateAt,
} from './details.ts';
import { Feed } from './feed.ts';
import { guard } from './guard.ts';
import { cardOf, findLabs, type LabFolder } from './labs.ts';

/** What the composition root lends the server: it runs no git, audits nothing and knows no optimizer itself. */
export interface ServerParts {
  /** The folder below which labs are shown. */
  readonly root: string;
  /** The built browser half. */
  readonly web: string;
  readonly zoneMinutes: number;
  readonly diff: DiffOf;
  readonly audit: (lab: LabFolder) => Promise<unknown>;
  readonly importance: (state: LabState) => readonly { readonly name: string; readonly share: number }[];
  readonly control?: Control;
}

export interface Control {
  readonly token: string;
  /** Throws when the wish makes no sense in this state. */
  readonly send: (lab: LabFolder, wish: unknown, state: LabState) => void;
}

/** How often the start page's list is looked at while somebody watches it. */
const LIST_MS = 2000;
/** The same while ledgers are read for the first time. */
const READING_MS = 150;
const HEARTBEAT_MS = 15_000;

export function createApp(parts: ServerParts, port: () => number): { readonly app: Hono; readonly close: () => void } {
  const app = new Hono();
  const labs = new Labs(parts);
  app.use('*', guard(port));
  app.onError((error, c) => c.json({ error: error.message }, 500));
  app.get('/api/labs', async (c) => {
    await labs.load();
    return c.json(labs.cards());
  });
  app.get('/api/stream', (c) => (c.req.query('lab') ? labStream(c, labs) : listStream(c, labs)));
  addReads(app, labs, parts);
  if (parts.control) addControl(app, labs, parts.control);
  app.get('/assets/*', (c) => asset(c, parts.web));
  app.get('/', (c) => shell(c, parts));
  return { app, close: () => labs.close() };
}

/** The labs below the root and their feeds, opened when somebody asks for them. */
class Labs {
  readonly #parts: ServerParts;
  readonly #feeds = new Map<string, Feed>();
  readonly #cards = new Map<string, { readonly size: number; readonly alive: boolean; readonly card: LabCard }>();

  constructor(parts: ServerParts) {
    this.#parts = parts;
  }

  feed(id: string | undefined): Feed | undefined {
    const known = this.#feeds.get(id ?? '');
    if (known) return known;
    const folder = findLabs(this.#parts.root).find((lab) => lab.id === id);
    if (!folder) return undefined;
    const feed = new Feed(folder, this.#parts.zoneMinutes);
    this.#feeds.set(folder.id, feed);
    return feed;
  }

  /** Every ledger read, one after the other. */
  async load(): Promise<void> {
    for (const { id } of findLabs(this.#parts.root)) await this.feed(id)?.load();
  }

  /** A card is made anew when its ledger grew or its writer came or went. */
  cards(): (LabCard | ReadingCard)[] {
    return findLabs(this.#parts.root).map((lab) => {
      const feed = this.feed(lab.id)!;
      if (feed.reading) return { id: lab.id, reading: feed.reading };
      const { view } = feed;
      const known = this.#cards.get(lab.id);
      if (known?.size === lab.size && known.alive === feed.tail.alive) return known.card;
      const card = cardOf(lab, view, dateTime(new Date(lab.changedMs).toISOString(), this.#parts.zoneMinutes));
      this.#cards.set(lab.id, { size: lab.size, alive: feed.tail.alive, card });
      return card;
    });
  }

  close(): void {
    for (const feed of this.#feeds.values()) feed.close();
  }
}

/** One stream a page: first what is there (or what changed since the cursor), then what changes. */
function labStream(c: Context, labs: Labs): Response {
  const feed = labs.feed(c.req.query('lab'));
  if (!feed) return gone(c);
  const cursor = c.req.header('last-event-id') ?? c.req.query('after');
  return streamSSE(c, async (stream) => {
    const stop = feed.follow(cursor, ({ kind, cursor: id, data }) => {
      void stream.writeSSE({ event: kind, id, data });
    });
    await untilClosed(stream);
    stop();
  });
}

function listStream(c: Context, labs: Labs): Response {
  return streamSSE(c, async (stream) => {
    let last = '';
    void labs.load();
    while (!stream.aborted) {
      const cards = labs.cards();
      const data = JSON.stringify(cards);
      if (data !== last) await stream.writeSSE({ event: 'labs', data });
      last = data;
      await sleep(cards.some((card) => 'reading' in card) ? READING_MS : LIST_MS);
    }
  });
}

async function untilClosed(stream: {
  readonly aborted: boolean;
  readonly writeSSE: (m: { event: string; data: string }) => Promise<void>;
  readonly onAbort: (f: () => void) => void;
}): Promise<void> {
  const ended = new AbortController();
  stream.onAbort(() => ended.abort());
  while (!stream.aborted) {
    await sleep(HEARTBEAT_MS, ended.signal);
    if (!stream.aborted) await stream.writeSSE({ event: 'alive', data: now() });
  }
}

function addReads(app: Hono, labs: Labs, parts: ServerParts): void {
  const read = (where: string, answer: (feed: Feed, c: Context) => unknown): void => {
    app.get(where, async (c) => {
      const feed = labs.feed(c.req.query('lab'));
      if (!feed) return gone(c);
      await feed.load();
      const found = await answer(feed, c);
      return found === undefined ? c.json({ error: 'There is nothing of this kind.' }, 404) : c.json(found);
    });
  };
  const at = (c: Context): number | undefined => whole(c, 'at');
  read('/api/board', (feed, c) => boardAt(feed, at(c) ?? Number.MAX_SAFE_INTEGER));
  read('/api/experiment', (feed, c) => experimentAt(feed, whole(c, 'n') ?? -1, at(c)));
  read('/api/machines', (feed, c) => machinesAt(feed, at(c)));
  read('/api/factors', (feed, c) => {
    const { state, facts } = stateAt(feed, at(c));
    return { ...viewFactors(state, facts), importance: parts.importance(state) };
  });
  read('/api/diff', (feed, c) => diffOf(feed, whole(c, 'from') ?? -1, whole(c, 'to') ?? -1, parts.diff));
  read('/api/log', (feed, c) => logOf(feed, blob(c)));
  read('/api/curve', (feed, c) => {
    const [from, to] = [Number(c.req.query('from') ?? Number.NaN), Number(c.req.query('to') ?? Number.NaN)];
    const range = Number.isFinite(from) && Number.isFinite(to) ? { range: [from, to] as const } : {};
    const most = Math.min(4000, Math.max(2, whole(c, 'width') ?? 800));
    return curveOf(feed, blob(c), { column: whole(c, 'column'), most, ...range });
  });
  read('/api/chain', (feed) => ({ ok: chainHolds(feed) && feed.tail.problem === undefined, events: feed.tail.count }));
  read('/api/audit', (feed) => parts.audit(feed.folder));
}

function addControl(app: Hono, labs: Labs, control: Control): void {
  app.post('/api/wish', async (c) => {
    if (!same(c.req.header('authorization') ?? '', `Bearer ${control.token}`))
      return c.json({ error: 'The token is wrong: open the address that `overnight serve --control` printed.' }, 403);
    const feed = labs.feed(c.req.query('lab'));
    if (!feed) return gone(c);
    await feed.load();
    if (feed.tail.problem !== undefined) return c.json({ error: `Read-only: ${feed.tail.problem}` }, 409);
    try {
      control.send(feed.folder, await c.req.json(), feed.tail.state);
    } catch (thrown) {
      return c.json({ error: thrown instanceof Error ? thrown.message : String(thrown) }, 400);
    }
    return c.json({ ok: true });
  });
}

/** Equal, in a time that tells nothing about where they differ. */
const same = (a: string, b: string): boolean => timingSafeEqual(Buffer.from(sha256(a)), Buffer.from(sha256(b)));

const gone = (c: Context): Response => c.json({ error: 'There is no such lab below this folder (any more).' }, 404);

function whole(c: Context, name: string): number | undefined {
  const text = c.req.query(name);
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/** The hash of a blob; anything else names none. */
const blob = (c: Context): string => {
  const text = c.req.query('blob') ?? '';
  return /^[0-9a-f]{64}$/.test(text) ? text : '0'.repeat(64);
};

const TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** Files of the browser half; their names carry their hash, so they never change. */
function asset(c: Context, web: string): Response | Promise<Response> {
  const name = path.basename(new URL(c.req.url).pathname);
  const type = TYPES[path.extname(name)];
  const file = path.join(web, 'assets', name);
  if (!type || !fs.existsSync(file)) return c.notFound();
  return c.body(fs.readFileSync(file, 'utf8'), 200, {
    'Content-Type': type,
    'Cache-Control': 'public, max-age=31536000, immutable',
  });
}

function shell(c: Context, parts: ServerParts): Response | Promise<Response> {
  const html = fs.readFileSync(path.join(parts.web, 'index.html'), 'utf8');
  return c.html(html.replace('data-control="no"', `data-control="${parts.control ? 'yes' : 'no'}"`));
}
