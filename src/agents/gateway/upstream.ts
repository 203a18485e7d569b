/**
 * One request to a provider and its answer back to the agent, byte for byte, while the tokens in it are counted. The
 * real key is put in here and nowhere else. Knows nothing about budgets or jails.
 */
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import * as http from 'node:http';
import * as https from 'node:https';
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
   * As the API's own clients take it: bare for Anthropic and Gemini, with `/v1` for OpenAI and what is compatible with
   * it.
   */
  readonly baseUrl: string;
  /** The real key. Never leaves this process but towards `baseUrl`; a local server needs none. */
  readonly key?: string;
  /** Send the key as `Authorization: Bearer`, whatever is usual for the API. */
  readonly bearer?: boolean;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Exchange {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** The beginning of the body of an answer that is an error; the event of a stream that reports one. */
  readonly body: string;
  /** True when a stream that began well reported an error. */
  readonly failedLate: boolean;
  readonly tokens: TokenCounts;
  /**
   * `complete`: answered to the end. `silent`: nothing came for too long. `cut`: the agent went away. `broken`: no
   * connection, or it ended early.
   */
  readonly ending: 'complete' | 'silent' | 'cut' | 'broken';
  readonly reason?: string;
}

const NOT_PASSED_ON =
  /^(host|connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|content-length|expect|accept-encoding|authorization|x-api-key|x-goog-api-key|cookie|forwarded|x-forwarded-.*)$/;
const NOT_PASSED_BACK = /^(connection|keep-alive|transfer-encoding|set-cookie)$/;
const MAX_ERROR_BYTES = 64 * 1024;
/** The longest answer that is read whole; counting stops beyond it. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;
const keepAliveAgents = { http: new http.Agent({ keepAlive: true }), https: new https.Agent({ keepAlive: true }) };

/** Never rejects. `silenceMs` bounds the wait for the first byte and between any two. */
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
    const isSecure = targetUrl.protocol === 'https:';
    const requestHeaders = requestHeadersFor(route.api, upstream, request.headers, requestBody.length);
    let isOver = false;
    let counter: TokenCounter | undefined;
    let answer: IncomingMessage | undefined;
    const silenceTimer = { id: undefined as NodeJS.Timeout | undefined };
    const finishExchange = (ending: Exchange['ending'], reason?: string): void => {
      if (isOver) return;
      isOver = true;
      clearTimeout(silenceTimer.id);
      const countedTokens = counter?.countTokens(requestBody.length, ending) ?? NO_TOKENS;
      const statusCode = answer?.statusCode ?? 0;
      const failureFields = { body: counter?.errorText ?? '', failedLate: counter?.failedLate ?? false };
      resolve({
        status: statusCode,
        headers: answer?.headers ?? {},
        ...failureFields,
        tokens: countedTokens,
        ending,
        ...(reason !== undefined && { reason }),
      });
      if (ending !== 'complete') upstreamRequest.destroy();
    };
    const restartSilenceTimer = (): void => {
      clearTimeout(silenceTimer.id);
      const beganMs = monotonicMs();
      silenceTimer.id = setTimeout(
        () => finishExchange('silent', `nothing came for ${Math.round((monotonicMs() - beganMs) / 1000)} s`),
        silenceMs,
      );
    };
    const upstreamRequest = (isSecure ? https : http).request(
      targetUrl,
      {
        method: request.method ?? 'GET',
        headers: requestHeaders,
        agent: isSecure ? keepAliveAgents.https : keepAliveAgents.http,
      },
      (upstreamResponse) => {
        answer = upstreamResponse;
        const isStreamed = /event-stream/.test(upstreamResponse.headers['content-type'] ?? '');
        counter = new TokenCounter(route.api, isStreamed, upstreamResponse.statusCode ?? 0);
        response.writeHead(upstreamResponse.statusCode ?? 502, responseHeadersFrom(upstreamResponse.headers));
        upstreamResponse.on('data', (chunk: Buffer) => {
          restartSilenceTimer();
          counter!.addChunk(chunk);
        });
        upstreamResponse.on('end', () => finishExchange('complete'));
        upstreamResponse.on('close', () => finishExchange('broken', 'the connection ended within the answer'));
        upstreamResponse.on('error', () => finishExchange('broken', 'the connection ended within the answer'));
        upstreamResponse.pipe(response);
      },
    );
    upstreamRequest.on('error', (error) => finishExchange('broken', error.message));
    response.on('close', () => finishExchange('cut'));
    restartSilenceTimer();
    upstreamRequest.end(requestBody);
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

/** Counts the tokens of an answer while it passes. Where the provider says nothing, it estimates. */
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
   * What the request cost. An answer that was cut or does not say is estimated: four bytes a token in, an event a token
   * out.
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
      // `[DONE]`, or something that is no JSON: says nothing about tokens
    }
  }
}
