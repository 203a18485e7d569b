/**
 * The dashboard's server: what the browser may ask, as routes. Read-only but for `control`, which needs a token and
 * puts a request into the lab's inbox. Every number comes from view. Does not protect against other programs of the
 * same user, who can read the ledger anyway.
 */
import { timingSafeEqual } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { type Context, Hono } from 'hono';
import { streamSSE } from 'hono/streaming';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { cleanJson } from '../base/escape.ts';
import { sha256Hex } from '../base/hash.ts';
import { isItemBlob } from '../core/items.ts';
import type { LabState } from '../core/state.ts';
import { readBlobAround } from '../ledger/jsonl.ts';
import { currentTime, sleep } from '../os/clock.ts';
import type { LabCard, ReadingCard } from '../view/answers.ts';
import { dateTime } from '../view/format.ts';
import { viewFactors } from '../view/pictures/factors.ts';
import { AnswerCache, BusyError } from './answer-cache.ts';
import {
  boardAt,
  chainHolds,
  curveOf,
  type DiffCommits,
  diffOf,
  experimentAt,
  logAround,
  logOf,
  machinesAt,
  stateAt,
} from './details.ts';
import { Feed } from './feed.ts';
import { guardRequests } from './guard.ts';
import { searchLog } from './log-search.ts';
import { cardOf, findLabs, type LabFolder } from './labs.ts';

/** The composition root's part: the server itself runs no git, audits nothing and knows no optimizer. */
export interface ServerDeps {
  /** The folder below which labs are shown. */
  readonly root: string;
  /** The built browser half. */
  readonly webFolder: string;
  readonly zoneMinutes: number;
  readonly diffCommits: DiffCommits;
  readonly auditLab: (labFolder: LabFolder) => Promise<unknown>;
  readonly knobImportance: (state: LabState) => readonly { readonly name: string; readonly share: number }[];
  readonly control?: Control;
}

export interface Control {
  readonly token: string;
  /** Throws when the request makes no sense in this state. */
  readonly send: (labFolder: LabFolder, request: unknown, state: LabState) => void;
}

/** How often the start page's list is refreshed while somebody watches it. */
const LIST_MS = 2000;
/** The same while ledgers are read for the first time. */
const READING_MS = 150;
/** Characters of what is looked for in an output. */
const MAX_WORDS = 500;
const HEARTBEAT_MS = 15_000;

export function createApp(
  deps: ServerDeps,
  portInUse: () => number,
): { readonly app: Hono; readonly close: () => void } {
  const app = new Hono();
  const labFeeds = new LabFeeds(deps);
  app.use('*', guardRequests(portInUse));
  app.onError((error, context) =>
    respondJson(context, { error: error.message }, error instanceof BusyError ? 503 : 500),
  );
  app.get('/api/labs', async (context) => {
    await labFeeds.loadAll();
    return respondJson(context, labFeeds.listCards());
  });
  app.get('/api/stream', (context) =>
    context.req.query('lab') ? streamLab(context, labFeeds) : streamList(context, labFeeds),
  );
  addReadRoutes(app, labFeeds, deps);
  if (deps.control) addControlRoutes(app, labFeeds, deps.control);
  app.get('/assets/*', (context) => serveAsset(context, deps.webFolder));
  app.get('/', (context) => serveShell(context, deps));
  return { app, close: () => labFeeds.close() };
}

/** The labs below the root and their feeds, opened when somebody asks for them. */
class LabFeeds {
  readonly #deps: ServerDeps;
  readonly #feeds = new Map<string, Feed>();
  readonly #cards = new Map<string, { readonly size: number; readonly alive: boolean; readonly card: LabCard }>();

  constructor(deps: ServerDeps) {
    this.#deps = deps;
  }

  feedOf(id: string | undefined): Feed | undefined {
    const openFeed = this.#feeds.get(id ?? '');
    if (openFeed) return openFeed;
    const folder = findLabs(this.#deps.root).find((labFolder) => labFolder.id === id);
    if (!folder) return undefined;
    const newFeed = new Feed(folder, this.#deps.zoneMinutes);
    this.#feeds.set(folder.id, newFeed);
    return newFeed;
  }

  /** Every ledger read, one after the other. */
  async loadAll(): Promise<void> {
    for (const { id } of findLabs(this.#deps.root)) await this.feedOf(id)?.loadLedger();
  }

  /** A card is made anew when its ledger grew or its writer came or went. */
  listCards(): (LabCard | ReadingCard)[] {
    return findLabs(this.#deps.root).map((labFolder) => {
      const feed = this.feedOf(labFolder.id)!;
      if (feed.reading) return { id: labFolder.id, reading: feed.reading };
      const { view } = feed;
      const knownCard = this.#cards.get(labFolder.id);
      if (knownCard?.size === labFolder.size && knownCard.alive === feed.tail.isAlive) return knownCard.card;
      const labCard = cardOf(
        labFolder,
        view,
        dateTime(new Date(labFolder.changedMs).toISOString(), this.#deps.zoneMinutes),
      );
      this.#cards.set(labFolder.id, { size: labFolder.size, alive: feed.tail.isAlive, card: labCard });
      return labCard;
    });
  }

  close(): void {
    for (const feed of this.#feeds.values()) feed.close();
  }
}

/** One stream per page: first everything (or the changes since the cursor), then each change. */
function streamLab(context: Context, labFeeds: LabFeeds): Response {
  const feed = labFeeds.feedOf(context.req.query('lab'));
  if (!feed) return respondNotFound(context);
  const cursor = context.req.header('last-event-id') ?? context.req.query('after');
  return streamSSE(context, async (stream) => {
    const stopFollowing = feed.followFrom(cursor, ({ kind, cursor: eventId, data }) => {
      void stream.writeSSE({ event: kind, id: eventId, data });
    });
    await waitUntilClosed(stream);
    stopFollowing();
  });
}

function streamList(context: Context, labFeeds: LabFeeds): Response {
  return streamSSE(context, async (stream) => {
    let lastData = '';
    void labFeeds.loadAll();
    while (!stream.aborted) {
      const cards = labFeeds.listCards();
      const cardsJson = cleanJson(JSON.stringify(cards));
      if (cardsJson !== lastData) await stream.writeSSE({ event: 'labs', data: cardsJson });
      lastData = cardsJson;
      await sleep(cards.some((card) => 'reading' in card) ? READING_MS : LIST_MS);
    }
  });
}

async function waitUntilClosed(stream: {
  readonly aborted: boolean;
  readonly writeSSE: (message: { event: string; data: string }) => Promise<void>;
  readonly onAbort: (listener: () => void) => void;
}): Promise<void> {
  const closing = new AbortController();
  stream.onAbort(() => closing.abort());
  while (!stream.aborted) {
    await sleep(HEARTBEAT_MS, closing.signal);
    if (!stream.aborted) await stream.writeSSE({ event: 'alive', data: currentTime() });
  }
}

/** A question about one lab; undefined answers that it does not exist. */
type AddRoute = (route: string, respond: (feed: Feed, context: Context) => unknown) => void;

function addReadRoutes(app: Hono, labFeeds: LabFeeds, deps: ServerDeps): void {
  const answers = new AnswerCache();
  const addRoute: AddRoute = (route, respond) => {
    app.get(route, async (context) => {
      const feed = labFeeds.feedOf(context.req.query('lab'));
      if (!feed) return respondNotFound(context);
      await feed.loadLedger();
      const answer = await respond(feed, context);
      return answer === undefined
        ? respondJson(context, { error: 'It does not exist.' }, 404)
        : respondJson(context, answer);
    });
  };
  const requestedSeq = (context: Context): number | undefined => queryNumber(context, 'at');
  addRoute('/api/board', (feed, context) => boardAt(feed, requestedSeq(context) ?? Number.MAX_SAFE_INTEGER));
  addRoute('/api/experiment', (feed, context) =>
    experimentAt(feed, queryNumber(context, 'n') ?? -1, requestedSeq(context)),
  );
  addRoute('/api/machines', (feed, context) => machinesAt(feed, requestedSeq(context)));
  addRoute('/api/factors', async (feed, context) => {
    const { state, facts } = stateAt(feed, requestedSeq(context));
    const importance = await answers.findAnswer(feed.folder.id, `importance ${state.seq}`, feed.stamp, () =>
      deps.knobImportance(state),
    );
    return { ...viewFactors(state, facts), importance };
  });
  addRoute('/api/diff', (feed, context) => {
    const [baseN, targetN] = [queryNumber(context, 'from') ?? -1, queryNumber(context, 'to') ?? -1];
    return answers.findAnswer(`diff ${feed.folder.id}`, `${baseN} ${targetN}`, feed.stamp, () =>
      diffOf(feed, baseN, targetN, deps.diffCommits),
    );
  });
  addLogRoutes(addRoute, answers);
  addRoute('/api/curve', (feed, context) => {
    const [rangeStart, rangeEnd] = [
      Number(context.req.query('from') ?? Number.NaN),
      Number(context.req.query('to') ?? Number.NaN),
    ];
    const range =
      Number.isFinite(rangeStart) && Number.isFinite(rangeEnd) ? { range: [rangeStart, rangeEnd] as const } : {};
    const maxPoints = Math.min(4000, Math.max(2, queryNumber(context, 'width') ?? 800));
    return curveOf(feed, publicBlob(feed, context), { column: queryNumber(context, 'column'), maxPoints, ...range });
  });
  addRoute('/api/chain', (feed) =>
    answers.findAnswer(`chain ${feed.folder.id}`, '', feed.stamp, () => ({
      ok: chainHolds(feed) && feed.tail.problem === undefined,
      events: feed.tail.count,
    })),
  );
  addRoute('/api/audit', (feed) =>
    answers.findAnswer(`audit ${feed.folder.id}`, '', feed.stamp, () => deps.auditLab(feed.folder)),
  );
}

function addLogRoutes(addRoute: AddRoute, answers: AnswerCache): void {
  addRoute('/api/log', (feed, context) => {
    const at = queryNumber(context, 'at');
    const blobHash = publicBlob(feed, context);
    return at === undefined ? logOf(feed, blobHash) : logAround(feed, blobHash, at);
  });
  addRoute('/api/log-search', (feed, context) => {
    const [blobHash, words] = [publicBlob(feed, context), (context.req.query('find') ?? '').slice(0, MAX_WORDS)];
    if (words.trim() === '') return undefined;
    // An output never changes: the answer holds however the ledger grows.
    return answers.findAnswer(`log ${feed.folder.id}`, `${blobHash} ${words}`, '', () =>
      searchLog(feed.folder.lab, blobHash, words),
    );
  });
}

function addControlRoutes(app: Hono, labFeeds: LabFeeds, control: Control): void {
  app.post('/api/request', async (context) => {
    if (!isSameSecret(context.req.header('authorization') ?? '', `Bearer ${control.token}`))
      return respondJson(
        context,
        { error: 'The token is wrong: open the address that `overnight serve --control` printed.' },
        403,
      );
    const feed = labFeeds.feedOf(context.req.query('lab'));
    if (!feed) return respondNotFound(context);
    await feed.loadLedger();
    if (feed.tail.problem !== undefined) return respondJson(context, { error: `Read-only: ${feed.tail.problem}` }, 409);
    try {
      control.send(feed.folder, await context.req.json(), feed.tail.state);
    } catch (thrown) {
      return respondJson(context, { error: thrown instanceof Error ? thrown.message : String(thrown) }, 400);
    }
    return respondJson(context, { ok: true });
  });
}

/** Equal, in a time that tells nothing about where they differ. */
const isSameSecret = (given: string, expected: string): boolean =>
  timingSafeEqual(Buffer.from(sha256Hex(given)), Buffer.from(sha256Hex(expected)));

const respondNotFound = (context: Context): Response =>
  respondJson(context, { error: 'There is no such lab below this folder (any more).' }, 404);

/** Every answer of the server is JSON in which no text holds what a page or a terminal would obey. */
const respondJson = (context: Context, value: unknown, status: ContentfulStatusCode = 200): Response =>
  context.body(cleanJson(JSON.stringify(value)), status, { 'Content-Type': 'application/json' });

function queryNumber(context: Context, parameter: string): number | undefined {
  const queryText = context.req.query(parameter);
  return queryText !== undefined && /^\d{1,15}$/.test(queryText) ? Number(queryText) : undefined;
}

/** The hash of a blob; anything else names none. */
const NO_BLOB = '0'.repeat(64);

/** The blob that is asked for; none where it tells anything of items. */
function publicBlob(feed: Feed, context: Context): string {
  const blobHash = context.req.query('blob') ?? '';
  if (!/^[0-9a-f]{64}$/.test(blobHash)) return NO_BLOB;
  const beginning = readBlobAround(feed.folder.lab, blobHash, 0, 64);
  return beginning && isItemBlob(beginning.bytes) ? NO_BLOB : blobHash;
}

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** Files of the browser half; their names carry their hash, so they never change. */
function serveAsset(context: Context, webFolder: string): Response | Promise<Response> {
  const fileName = path.basename(new URL(context.req.url).pathname);
  const contentType = CONTENT_TYPES[path.extname(fileName)];
  const filePath = path.join(webFolder, 'assets', fileName);
  if (!contentType || !fs.existsSync(filePath)) return context.notFound();
  return context.body(fs.readFileSync(filePath, 'utf8'), 200, {
    'Content-Type': contentType,
    'Cache-Control': 'public, max-age=31536000, immutable',
  });
}

function serveShell(context: Context, deps: ServerDeps): Response | Promise<Response> {
  const indexHtml = fs.readFileSync(path.join(deps.webFolder, 'index.html'), 'utf8');
  return context.html(indexHtml.replace('data-control="no"', `data-control="${deps.control ? 'yes' : 'no'}"`));
}
