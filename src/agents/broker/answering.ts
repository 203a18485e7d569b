/**
 * One allowed request of a candidate or an evaluator: answered from the cache, or by the provider, which is asked again
 * when it fails. Knows nothing about sockets, and never lets a failure of the provider look like one of the code.
 */
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { Json } from '../../base/json.ts';
import { monotonicMs, sleep } from '../../os/clock.ts';
import type { Cost, Settle } from '../gateway/account.ts';
import { answerTokensOf, type Fields, NO_TOKENS, type Route, totalTokensOf } from '../gateway/apis.ts';
import { encodeBody, failureOf } from '../gateway/ask-model.ts';
import type { ProviderFailure } from '../gateway/classify.ts';
import { type OwnPrices, usdOf } from '../gateway/prices.ts';
import { sendError } from '../gateway/reply.ts';
import { type Exchange, exchangeWithUpstream, type Upstream } from '../gateway/upstream.ts';
import { type AnswerStore, hashOfKey, MAX_ANSWER_BYTES } from './answer-store.ts';
import type { Tally } from './tally.ts';

export interface AnsweringDeps {
  readonly tally: Tally;
  readonly store: AnswerStore;
  /** Requests under way by the hash of their key: who asks the same meanwhile waits for that answer. */
  readonly underWay: Map<string, Promise<void>>;
  readonly prices: OwnPrices;
  readonly timeoutMs: number;
  readonly space: string;
  readonly draw: string;
  /** How often each request was asked in this measurement, by hash. */
  readonly occurrences: Map<string, number>;
}

/** A request whose body, content and model are allowed. */
export interface AllowedRequest {
  readonly route: Route;
  readonly upstream: Upstream;
  readonly modelName: string;
  readonly body: Fields;
  readonly headers: IncomingHttpHeaders;
  readonly response: ServerResponse;
  /** Aborted when the client closes the connection. */
  readonly gone: AbortSignal;
}

const BYTES_PER_TOKEN = 4;
/** Tokens that a provider may add to a request: its own words about tools. */
const MAX_ADDED_TOKENS = 1000;
const MAX_ATTEMPTS = 4;
const FIRST_WAIT_MS = 500;
/** The only headers of a client that reach the provider: all others could name another account or method. */
const SENT_HEADERS = ['accept', 'anthropic-version'];

/** Never leaves a request without an answer or a closed connection. */
export async function answerRequest(deps: AnsweringDeps, request: AllowedRequest): Promise<void> {
  const { route, upstream, body, headers } = request;
  const sentBody = encodeBody(route.api, body);
  const key = {
    api: route.api,
    url: upstream.baseUrl,
    path: route.rest,
    body: [JSON.parse(sentBody.toString('utf8')) as Json, String(headers['anthropic-version'] ?? '')],
    space: deps.space,
    draw: deps.draw,
  };
  const sameRequest = hashOfKey({ ...key, occurrence: 0 });
  const occurrence = deps.occurrences.get(sameRequest) ?? 0;
  deps.occurrences.set(sameRequest, occurrence + 1);
  const hash = hashOfKey({ ...key, occurrence });
  while (deps.underWay.has(hash)) await deps.underWay.get(hash);
  if (await answerFromStore(deps, request, sentBody, hash)) return;
  const asking = askProvider(deps, request, sentBody, hash);
  const ended = asking.then(
    () => {},
    () => {},
  );
  deps.underWay.set(hash, ended);
  try {
    await asking;
  } finally {
    if (deps.underWay.get(hash) === ended) deps.underWay.delete(hash);
  }
}

/** True when the request is answered: by what was recorded, or by a refusal for the budget. */
async function answerFromStore(
  deps: AnsweringDeps,
  request: AllowedRequest,
  sentBody: Buffer,
  hash: string,
): Promise<boolean> {
  const stored = deps.store.get(hash);
  if (!stored) return false;
  const { tally } = deps;
  const cost = costOf(deps, request.modelName, stored.tokens);
  const refusal = tally.account.whyRefused(readCostOf(deps, request.modelName, sentBody), request.modelName);
  if (refusal !== undefined) refuseForBudget(tally, request.response, refusal);
  else {
    tally.account.reserve({ most: cost, assumed: cost })(cost, false);
    tally.recordFromCache();
    request.response.writeHead(200, {
      'content-type': stored.contentType,
      'content-length': stored.body.length,
      'x-overnight-cache': 'hit',
    });
    await endWithin(request.response, stored.body, deps.timeoutMs);
  }
  return true;
}

/** Send an answer; a client that does not read it in time is cut off, so that it holds no memory. */
function endWithin(response: ServerResponse, body: Buffer, timeoutMs: number): Promise<void> {
  return new Promise((resolve) => {
    const timeout = setTimeout(() => response.destroy(), timeoutMs);
    response.once('close', () => {
      clearTimeout(timeout);
      resolve();
    });
    response.end(body);
  });
}

const costOf = ({ prices }: AnsweringDeps, modelName: string, tokens: typeof NO_TOKENS): Cost => ({
  tokens,
  usd: totalTokensOf(tokens) === 0 ? 0 : usdOf(modelName, tokens, prices),
});

const readCostOf = (deps: AnsweringDeps, modelName: string, sentBody: Buffer): Cost =>
  costOf(deps, modelName, { ...NO_TOKENS, input: Math.ceil(sentBody.length / BYTES_PER_TOKEN) });

function refuseForBudget(tally: Tally, response: ServerResponse, reason: string): void {
  tally.overBudget = reason;
  tally.recordRefusal(reason);
  const message = `Overnight: ${reason} No further request of this measurement can be answered that costs as much.`;
  sendError(response, { status: 403, type: 'permission_error', message, code: 'budget_exhausted' });
}

async function askProvider(
  deps: AnsweringDeps,
  request: AllowedRequest,
  sentBody: Buffer,
  hash: string,
): Promise<void> {
  const { tally } = deps;
  const { modelName, gone } = request;
  const answerTokens = answerTokensOf(request.route.api, request.body);
  const readCost = readCostOf(deps, modelName, sentBody);
  const input = readCost.tokens.input;
  const reservation = {
    most: costOf(deps, modelName, {
      ...NO_TOKENS,
      input: sentBody.length + MAX_ADDED_TOKENS,
      output: answerTokens.most,
    }),
    assumed: costOf(deps, modelName, { ...NO_TOKENS, input, output: answerTokens.assumed }),
  };
  for (;;) {
    if (gone.aborted) return;
    const refusal = tally.account.whyRefused(readCost, modelName);
    if (refusal !== undefined) return refuseForBudget(tally, request.response, refusal);
    if (tally.account.hasRoomFor(readCost)) break;
    await tally.account.nextSettlement(gone);
  }
  const settle = tally.reserve(reservation);
  try {
    await exchangeAgain(deps, request, {
      sentBody,
      hash,
      settle,
      expected: { input, answer: answerTokens.assumed },
    });
  } finally {
    settle({ tokens: NO_TOKENS, usd: 0 }, false);
  }
}

interface Sending {
  readonly sentBody: Buffer;
  readonly hash: string;
  readonly settle: Settle;
  readonly expected: { readonly input: number; readonly answer: number };
}

/** Ask until there is an answer, the time is up, or another attempt makes no sense. */
async function exchangeAgain(deps: AnsweringDeps, request: AllowedRequest, sending: Sending): Promise<void> {
  const { tally } = deps;
  const { response, gone, modelName } = request;
  const beganMs = monotonicMs();
  let waitedMs = 0;
  for (let attempt = 1; ; attempt++) {
    const leftMs = deps.timeoutMs - (monotonicMs() - beganMs);
    const answer = await exchangeOnce(deps, request, sending, leftMs);
    const failure = failureOf(answer);
    if (!failure) {
      sending.settle(costOf(deps, modelName, answer.tokens), answer.isEstimated);
      tally.waitedMs += waitedMs;
      if (answer.ending === 'cut') response.destroy(); // its client is gone, or did not read it in time
      return;
    }
    const waitMs = waitBefore(attempt, failure);
    const mayAskAgain =
      isTransient(failure, answer) && !response.headersSent && attempt < MAX_ATTEMPTS && !gone.aborted;
    if (mayAskAgain && waitMs < deps.timeoutMs - (monotonicMs() - beganMs)) {
      await sleep(waitMs, gone).catch(() => {});
      waitedMs = monotonicMs() - beganMs;
      continue;
    }
    sending.settle(costOf(deps, modelName, answer.tokens), answer.isEstimated);
    tally.waitedMs += waitedMs;
    return endFailed(tally, response, failure);
  }
}

async function exchangeOnce(
  deps: AnsweringDeps,
  { route, upstream, headers, response }: AllowedRequest,
  { sentBody, hash, expected }: Sending,
  leftMs: number,
): Promise<Exchange> {
  const pieces: Buffer[] = [];
  let byteCount = 0;
  const sentHeaders = Object.fromEntries(
    SENT_HEADERS.flatMap((name) => (headers[name] === undefined ? [] : [[name, headers[name]]])),
  ) as IncomingHttpHeaders;
  const answer = await exchangeWithUpstream({
    route,
    upstream,
    request: { method: 'POST', url: route.rest, headers: sentHeaders },
    response,
    body: sentBody,
    expected,
    silenceMs: leftMs,
    wholeMs: leftMs,
    isHeldBack: (status) =>
      status === 401 || status === 402 || status === 403 || status === 429 || isServerStatus(status),
    onPassed: (chunk) => {
      byteCount += chunk.length;
      if (byteCount <= MAX_ANSWER_BYTES) pieces.push(chunk);
      else pieces.length = 0;
    },
  });
  const isWhole = answer.ending === 'complete' && answer.status === 200 && !answer.failedLate;
  if (isWhole && byteCount <= MAX_ANSWER_BYTES)
    deps.store.put(hash, {
      contentType: String(answer.headers['content-type'] ?? 'application/json'),
      body: Buffer.concat(pieces),
      tokens: answer.tokens,
    });
  return answer;
}

const isServerStatus = (status: number): boolean => status >= 500 || status === 408 || status === 409;

/** May the same request be answered a little later? */
function isTransient(failure: ProviderFailure, { ending }: Exchange): boolean {
  if (ending === 'broken') return true;
  return failure.class === 'rate-limit' || failure.class === 'server';
}

/** Milliseconds before the next attempt: twice as long each time, or what the provider asks for. */
function waitBefore(attempt: number, { retryAt }: ProviderFailure): number {
  const askedMs = retryAt === undefined ? 0 : Date.parse(retryAt) - Date.now();
  return Math.max(FIRST_WAIT_MS * 2 ** (attempt - 1), askedMs);
}

/** What the client is told. An error that the provider passed back is on its way already. */
function endFailed(tally: Tally, response: ServerResponse, failure: ProviderFailure): void {
  const isProviders = tally.recordFailure(failure);
  if (response.headersSent) {
    if (isProviders && !response.writableEnded) response.destroy();
    return;
  }
  const message = `Overnight: the model cannot be asked (${failure.class}: ${failure.message}). This is not the fault of the code that asks: the measurement is repeated.`;
  const status = failure.class === 'hung' ? 504 : 502;
  sendError(response, { status, type: 'api_error', message, code: 'provider_failed' });
}
