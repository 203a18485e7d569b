/**
 * One request to a provider. Its answer is passed back to the agent as it comes, without the real key, and its tokens
 * are counted. Only this file adds the real key. Knows nothing about budgets or jails.
 */
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import * as http from 'node:http';
import * as https from 'node:https';
import { defined } from '../../base/defined.ts';
import { reasonOf } from '../../base/error.ts';
import { monotonicMs } from '../../os/clock.ts';
import type { Api, Route } from './apis.ts';
import { KeyFilter } from './key-filter.ts';
import {
  type CountedTokens,
  type Ending,
  type ExpectedTokens,
  TokenCounter,
  tokensWithoutAnswer,
} from './token-counter.ts';

export interface Upstream {
  /**
   * As clients of the API expect it: without a path for Anthropic and Gemini, with `/v1` for OpenAI and compatible
   * servers.
   */
  readonly baseUrl: string;
  /** The real key, sent only to `baseUrl`. A local server needs none. */
  readonly key?: string;
  /** Send the key as `Authorization: Bearer` instead of in the API's usual header. */
  readonly bearer?: boolean;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What is sent, and to whom the answer goes. */
export interface UpstreamRequest {
  readonly route: Route;
  readonly upstream: Upstream;
  /** What its client asked: headers and query parameters that are known are passed on. */
  readonly request: Pick<IncomingMessage, 'method' | 'url' | 'headers'>;
  /** Absent where the method has none. */
  readonly body?: Buffer | undefined;
  readonly response: ServerResponse;
  /** Bounds the wait for the first byte and the wait between any two. */
  readonly silenceMs: number;
  /** Bounds the whole answer, ms. No bound when absent. */
  readonly wholeMs?: number;
  readonly expected: ExpectedTokens;
  /** Called once when the body is no longer held. */
  readonly onSent?: () => void;
  /** Answers with these statuses are read and not passed back: the caller asks again, or answers itself. */
  readonly isHeldBack?: (status: number) => boolean;
  /** Called with each piece of the answer as it is passed back. */
  readonly onPassed?: (passedChunk: Buffer) => void;
}

export interface Exchange extends CountedTokens {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Beginning of the body of an error answer, or the event of a stream that reports an error. */
  readonly body: string;
  /** True when a stream began without an error and reported one later. */
  readonly failedLate: boolean;
  readonly ending: Ending;
  readonly reason?: string;
}

/** Headers of a request that are passed on. Any other is left out: some name another account, method or address. */
const PASSED_ON =
  /^(accept|accept-language|user-agent|anthropic-(version|beta|dangerous-direct-browser-access)|openai-beta|originator|session[-_]id|thread[-_]id|conversation[-_]id|version|x-app|x-title|http-referer|x-client-request-id|x-request-id|x-goog-api-client|x-(claude-code|codex|stainless|initiator|interaction)[\w-]*)$/;
/** Query parameters that are passed on. */
const PASSED_PARAMETERS = new Set(['alt', 'beta', 'api-version', 'limit', 'after_id', 'before_id', 'pageSize']);
const NOT_PASSED_BACK =
  /^(connection|keep-alive|transfer-encoding|content-length|set-cookie|trailer|upgrade|proxy-.*)$/;
const keepAliveAgents = { http: new http.Agent({ keepAlive: true }), https: new https.Agent({ keepAlive: true }) };

/** Never rejects. */
export function exchangeWithUpstream(exchange: UpstreamRequest): Promise<Exchange> {
  const { route, response, silenceMs, expected } = exchange;
  return new Promise((resolve) => {
    let counter: TokenCounter | undefined;
    let answer: IncomingMessage | undefined;
    let upstreamRequest: http.ClientRequest | undefined;
    let wasSent = false;
    let isOver = false;
    let isWaitedFor = false;
    const finishExchange = (ending: Ending, reason?: string): void => {
      if (isOver) return;
      isOver = true;
      silenceTimer.stop();
      clearTimeout(wholeTimer);
      // Counting reads the rest of the answer, and may find an error in it: it comes first.
      const counted = counter?.countTokens(expected, ending) ?? tokensWithoutAnswer(expected, ending, wasSent);
      resolve(describeExchange(answer, counter, counted, ending, reason));
      if (ending !== 'complete') upstreamRequest?.destroy();
    };
    // When the client does not read, the provider is not to blame; nor where it was ever waited for, since it may have
    // taken the time.
    const endUnread = (wasWaitedFor: boolean, reason: string): void =>
      wasWaitedFor || response.writableNeedDrain ? finishExchange('cut') : finishExchange('silent', reason);
    const silenceTimer = createSilenceTimer(silenceMs, (reason) => endUnread(false, reason));
    const wholeTimer = startDeadline(exchange.wholeMs, (reason) => endUnread(isWaitedFor, reason));
    const passBack = (upstreamResponse: IncomingMessage): void => {
      answer = upstreamResponse;
      counter = createTokenCounter(route.api, upstreamResponse);
      passOrHold(exchange, upstreamResponse, (passedChunk) => {
        silenceTimer.restart();
        counter!.addChunk(passedChunk);
        isWaitedFor ||= response.writableNeedDrain;
      });
      upstreamResponse.on('end', () => finishExchange('complete'));
      upstreamResponse.on('close', () => finishExchange('broken', 'the connection ended within the answer'));
      upstreamResponse.on('error', () => finishExchange('broken', 'the connection ended within the answer'));
    };
    response.on('close', () => finishExchange('cut'));
    silenceTimer.restart();
    try {
      upstreamRequest = openRequest(exchange);
      upstreamRequest.on('error', (error) => finishExchange('broken', error.message));
      upstreamRequest.on('finish', () => {
        wasSent = true;
        exchange.onSent?.();
      });
      upstreamRequest.on('response', (upstreamResponse) => {
        try {
          passBack(upstreamResponse);
        } catch (thrown) {
          finishExchange('broken', `its answer cannot be passed back: ${reasonOf(thrown)}`);
        }
      });
      upstreamRequest.end(exchange.body);
    } catch (thrown) {
      finishExchange('broken', `nothing can be sent: ${reasonOf(thrown)}`);
    }
  });
}

/** Calls back with the reason when an answer has taken so long; never where there is no bound. */
function startDeadline(wholeMs: number | undefined, onLate: (reason: string) => void): NodeJS.Timeout | undefined {
  if (wholeMs === undefined) return undefined;
  return setTimeout(() => onLate(`the answer had not ended after ${formatSeconds(wholeMs)}`), wholeMs);
}

/** Pass an answer back to the client, or only read it where its status says so. Throws as `passAnswerBack`. */
function passOrHold(
  { response, upstream, isHeldBack, onPassed }: UpstreamRequest,
  upstreamResponse: IncomingMessage,
  onChunk: (chunk: Buffer) => void,
): void {
  const keyFilter = new KeyFilter(upstream.key);
  if (isHeldBack?.(upstreamResponse.statusCode ?? 0)) {
    upstreamResponse.on('data', (chunk: Buffer) => onChunk(keyFilter.filterChunk(chunk)));
    return;
  }
  passAnswerBack(upstreamResponse, response, keyFilter, (passedChunk) => {
    onChunk(passedChunk);
    onPassed?.(passedChunk);
  });
}

const formatSeconds = (ms: number): string => `${Number((ms / 1000).toPrecision(3))} s`;

function openRequest({ route, upstream, request, body }: UpstreamRequest): http.ClientRequest {
  const targetUrl = targetUrlOf(route, upstream, request.url ?? '/');
  const headers = requestHeadersFor(route.api, upstream, request.headers, body);
  const method = request.method ?? 'GET';
  return targetUrl.protocol === 'https:'
    ? https.request(targetUrl, { method, headers, agent: keepAliveAgents.https })
    : http.request(targetUrl, { method, headers, agent: keepAliveAgents.http });
}

/** Pass an answer back as it comes, and no faster than the agent reads. Throws where its head cannot be passed. */
function passAnswerBack(
  upstreamResponse: IncomingMessage,
  response: ServerResponse,
  keyFilter: KeyFilter,
  onPassed: (passedChunk: Buffer) => void,
): void {
  const encoding = upstreamResponse.headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity')
    throw new Error(`it is encoded (${encoding}), although that was not accepted`);
  response.writeHead(upstreamResponse.statusCode ?? 502, responseHeadersFrom(upstreamResponse.headers, keyFilter));
  const pass = (chunk: Buffer): void => {
    onPassed(chunk);
    if (chunk.length === 0 || response.write(chunk)) return;
    upstreamResponse.pause();
    response.once('drain', () => upstreamResponse.resume());
  };
  upstreamResponse.on('data', (chunk: Buffer) => pass(keyFilter.filterChunk(chunk)));
  upstreamResponse.on('end', () => {
    pass(keyFilter.flush());
    response.end();
  });
}

interface SilenceTimer {
  /** Something came, or the wait begins. */
  restart(): void;
  stop(): void;
}

function createSilenceTimer(silenceMs: number, onSilence: (reason: string) => void): SilenceTimer {
  let timeout: NodeJS.Timeout | undefined;
  return {
    restart: () => {
      clearTimeout(timeout);
      const beganMs = monotonicMs();
      timeout = setTimeout(
        () => onSilence(`nothing came for ${Math.round((monotonicMs() - beganMs) / 1000)} s`),
        silenceMs,
      );
    },
    stop: () => clearTimeout(timeout),
  };
}

function describeExchange(
  answer: IncomingMessage | undefined,
  counter: TokenCounter | undefined,
  counted: CountedTokens,
  ending: Ending,
  reason: string | undefined,
): Exchange {
  return defined({
    ...counted,
    status: answer?.statusCode ?? 0,
    headers: answer?.headers ?? {},
    body: counter?.errorText ?? '',
    failedLate: counter?.failedLate ?? false,
    ending,
    reason,
  });
}

function targetUrlOf(route: Route, upstream: Upstream, askedPath: string): URL {
  const targetUrl = new URL(upstream.baseUrl.replace(/\/+$/, '') + route.rest);
  const givenUrl = new URL(askedPath, 'http://gateway');
  for (const [parameterName, value] of givenUrl.searchParams)
    if (PASSED_PARAMETERS.has(parameterName)) targetUrl.searchParams.append(parameterName, value);
  return targetUrl;
}

function requestHeadersFor(
  api: Api,
  upstream: Upstream,
  givenHeaders: IncomingHttpHeaders,
  body: Buffer | undefined,
): http.OutgoingHttpHeaders {
  const keptHeaders = Object.entries(givenHeaders).filter(([headerName]) => PASSED_ON.test(headerName));
  return {
    ...Object.fromEntries(keptHeaders),
    ...keyHeadersOf(api, upstream),
    ...upstream.headers,
    'accept-encoding': 'identity',
    ...(body && { 'content-type': 'application/json', 'content-length': body.length }),
  };
}

/** The header that holds the key; none where there is no key. */
export function keyHeadersOf(api: Api, upstream: Upstream): Readonly<Record<string, string>> {
  const headerName = upstream.bearer ? 'authorization' : KEY_HEADER[api];
  if (upstream.key === undefined) return {};
  return { [headerName]: headerName === 'authorization' ? `Bearer ${upstream.key}` : upstream.key };
}

const KEY_HEADER: Readonly<Record<Api, string>> = {
  anthropic: 'x-api-key',
  chat: 'authorization',
  responses: 'authorization',
  gemini: 'x-goog-api-key',
};

const responseHeadersFrom = (upstreamHeaders: IncomingHttpHeaders, keyFilter: KeyFilter): http.OutgoingHttpHeaders =>
  Object.fromEntries(
    Object.entries(upstreamHeaders)
      .filter(([headerName]) => !NOT_PASSED_BACK.test(headerName))
      .map(([headerName, value]) => [
        headerName,
        Array.isArray(value)
          ? value.map((each) => keyFilter.filterText(each))
          : keyFilter.filterText(String(value ?? '')),
      ]),
  );

function createTokenCounter(api: Api, answer: IncomingMessage): TokenCounter {
  const isStreamed = /event-stream/.test(answer.headers['content-type'] ?? '');
  return new TokenCounter(api, isStreamed, answer.statusCode ?? 0);
}
