/**
 * One request to a provider. Its answer is passed back to the agent byte for byte, and its tokens are counted. Only
 * this file adds the real key. Knows nothing about budgets or jails.
 */
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import * as http from 'node:http';
import * as https from 'node:https';
import { defined } from '../../base/defined.ts';
import { monotonicMs } from '../../os/clock.ts';
import {
  type Api,
  asFields,
  mergeTokens,
  NO_TOKENS,
  type Route,
  totalTokensOf,
  type TokenCounts,
  tokensIn,
} from './apis.ts';

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

export interface Exchange {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Beginning of the body of an error answer, or the event of a stream that reports an error. */
  readonly body: string;
  /** True when a stream began without an error and reported one later. */
  readonly failedLate: boolean;
  readonly tokens: TokenCounts;
  /**
   * `complete`: the answer arrived whole. `silent`: nothing arrived for too long. `cut`: the agent closed the
   * connection. `broken`: no connection to the provider, or it ended early.
   */
  readonly ending: 'complete' | 'silent' | 'cut' | 'broken';
  readonly reason?: string;
}

const NOT_PASSED_ON =
  /^(host|connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|content-length|expect|accept-encoding|authorization|x-api-key|x-goog-api-key|cookie|forwarded|x-forwarded-.*)$/;
const NOT_PASSED_BACK = /^(connection|keep-alive|transfer-encoding|set-cookie)$/;
const MAX_ERROR_BYTES = 64 * 1024;
/** Longest answer whose tokens are counted. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;
const keepAliveAgents = { http: new http.Agent({ keepAlive: true }), https: new https.Agent({ keepAlive: true }) };

/** Never rejects. `silenceMs` bounds the wait for the first byte and the wait between any two. */
export function exchangeWithUpstream(
  route: Route,
  upstream: Upstream,
  request: IncomingMessage,
  requestBody: Buffer,
  response: ServerResponse,
  silenceMs: number,
): Promise<Exchange> {
  return new Promise((resolve) => {
    const targetUrl = targetUrlOf(route, upstream, request.url ?? '/');
    const headers = requestHeadersFor(route.api, upstream, request.headers, requestBody.length);
    let counter: TokenCounter | undefined;
    let answer: IncomingMessage | undefined;
    let isOver = false;
    const finishExchange = (ending: Exchange['ending'], reason?: string): void => {
      if (isOver) return;
      isOver = true;
      silenceTimer.stop();
      resolve(describeExchange(answer, counter, requestBody.length, ending, reason));
      if (ending !== 'complete') upstreamRequest.destroy();
    };
    const silenceTimer = createSilenceTimer(silenceMs, (reason) => finishExchange('silent', reason));
    const upstreamRequest = openRequest(targetUrl, request.method ?? 'GET', headers);
    upstreamRequest.on('response', (upstreamResponse) => {
      answer = upstreamResponse;
      counter = createTokenCounter(route.api, upstreamResponse);
      response.writeHead(upstreamResponse.statusCode ?? 502, responseHeadersFrom(upstreamResponse.headers));
      upstreamResponse.on('data', (chunk: Buffer) => {
        silenceTimer.restart();
        counter!.addChunk(chunk);
      });
      upstreamResponse.on('end', () => finishExchange('complete'));
      upstreamResponse.on('close', () => finishExchange('broken', 'the connection ended within the answer'));
      upstreamResponse.on('error', () => finishExchange('broken', 'the connection ended within the answer'));
      upstreamResponse.pipe(response);
    });
    upstreamRequest.on('error', (error) => finishExchange('broken', error.message));
    response.on('close', () => finishExchange('cut'));
    silenceTimer.restart();
    upstreamRequest.end(requestBody);
  });
}

function openRequest(targetUrl: URL, method: string, headers: http.OutgoingHttpHeaders): http.ClientRequest {
  return targetUrl.protocol === 'https:'
    ? https.request(targetUrl, { method, headers, agent: keepAliveAgents.https })
    : http.request(targetUrl, { method, headers, agent: keepAliveAgents.http });
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
  sentBytes: number,
  ending: Exchange['ending'],
  reason: string | undefined,
): Exchange {
  // Counting reads the rest of the answer, and may find an error in it: it comes first.
  const tokens = counter?.countTokens(sentBytes, ending) ?? NO_TOKENS;
  return defined({
    status: answer?.statusCode ?? 0,
    headers: answer?.headers ?? {},
    body: counter?.errorText ?? '',
    failedLate: counter?.failedLate ?? false,
    tokens,
    ending,
    reason,
  });
}

function targetUrlOf(route: Route, upstream: Upstream, askedPath: string): URL {
  const targetUrl = new URL(upstream.baseUrl.replace(/\/+$/, '') + route.rest);
  const givenUrl = new URL(askedPath, 'http://gateway');
  for (const [parameterName, value] of givenUrl.searchParams)
    if (parameterName !== 'key') targetUrl.searchParams.append(parameterName, value);
  return targetUrl;
}

function requestHeadersFor(
  api: Api,
  upstream: Upstream,
  givenHeaders: IncomingHttpHeaders,
  bodyLength: number,
): http.OutgoingHttpHeaders {
  const keptHeaders = Object.entries(givenHeaders).filter(([headerName]) => !NOT_PASSED_ON.test(headerName));
  const keyHeaderName = upstream.bearer ? 'authorization' : KEY_HEADER[api];
  const keyHeaders =
    upstream.key === undefined
      ? {}
      : { [keyHeaderName]: keyHeaderName === 'authorization' ? `Bearer ${upstream.key}` : upstream.key };
  return {
    ...Object.fromEntries(keptHeaders),
    ...keyHeaders,
    ...upstream.headers,
    'accept-encoding': 'identity',
    'content-length': bodyLength,
  };
}

const KEY_HEADER: Readonly<Record<Api, string>> = {
  anthropic: 'x-api-key',
  chat: 'authorization',
  responses: 'authorization',
  gemini: 'x-goog-api-key',
};

const responseHeadersFrom = (upstreamHeaders: IncomingHttpHeaders): http.OutgoingHttpHeaders =>
  Object.fromEntries(Object.entries(upstreamHeaders).filter(([headerName]) => !NOT_PASSED_BACK.test(headerName)));

function createTokenCounter(api: Api, answer: IncomingMessage): TokenCounter {
  const isStreamed = /event-stream/.test(answer.headers['content-type'] ?? '');
  return new TokenCounter(api, isStreamed, answer.statusCode ?? 0);
}

/** Counts the tokens of an answer while it passes. Where the provider gives no counts, it estimates them. */
class TokenCounter {
  readonly #api: Api;
  readonly #isStreamed: boolean;
  readonly #status: number;
  readonly #decoder = new TextDecoder();
  #pendingText = '';
  #seenTokens: TokenCounts | undefined;
  #eventCount = 0;
  #byteCount = 0;
  #streamError = '';

  constructor(api: Api, isStreamed: boolean, status: number) {
    this.#api = api;
    this.#isStreamed = isStreamed;
    this.#status = status;
  }

  get errorText(): string {
    return this.#status >= 400 ? this.#pendingText.slice(0, MAX_ERROR_BYTES) : this.#streamError;
  }

  get failedLate(): boolean {
    return this.#streamError !== '';
  }

  addChunk(chunk: Buffer): void {
    this.#byteCount += chunk.length;
    if (this.#pendingText.length > MAX_ANSWER_BYTES) return;
    this.#pendingText += this.#decoder.decode(chunk, { stream: true });
    if (!this.#isStreamed || this.#status >= 400) return;
    const lines = this.#pendingText.split('\n');
    this.#pendingText = lines.pop()!;
    for (const line of lines) if (line.startsWith('data:')) this.#countEvent(line.slice(5).trim());
  }

  /**
   * Tokens of the request and its answer. When the answer was cut or gives no counts, they are estimated: four bytes
   * are a token of the request, an event is a token of the answer.
   */
  countTokens(sentBytes: number, ending: Exchange['ending']): TokenCounts {
    if (this.#status < 200 || this.#status >= 300) return NO_TOKENS;
    if (!this.#isStreamed) this.#countEvent(this.#pendingText);
    const estimate = {
      ...NO_TOKENS,
      input: Math.ceil(sentBytes / 4),
      output: this.#isStreamed ? this.#eventCount : Math.ceil(this.#byteCount / 4),
    };
    if (!this.#seenTokens || totalTokensOf(this.#seenTokens) === 0)
      return this.#seenTokens && ending === 'complete' ? this.#seenTokens : estimate;
    return ending === 'complete'
      ? this.#seenTokens
      : { ...this.#seenTokens, output: Math.max(this.#seenTokens.output, estimate.output) };
  }

  #countEvent(eventText: string): void {
    this.#eventCount++;
    try {
      const event = asFields(JSON.parse(eventText));
      const tokens = tokensIn(this.#api, event);
      if (tokens) this.#seenTokens = mergeTokens(this.#seenTokens, tokens);
      const eventError = event.error ?? asFields(event.response).error;
      if (eventError) this.#streamError ||= JSON.stringify({ error: eventError }).slice(0, MAX_ERROR_BYTES);
    } catch {
      // `[DONE]`, or something else that is not JSON: it says nothing about tokens
    }
  }
}
