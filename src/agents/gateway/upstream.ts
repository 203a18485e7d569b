/**
 * One request to a provider and its answer back to the agent, byte for byte, while the tokens in it are counted. The
 * real key is put in here and nowhere else. Knows nothing about budgets or jails.
 */
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import * as http from 'node:http';
import * as https from 'node:https';
import { monotonicMs } from '../../os/clock.ts';
import { type Api, fields, merged, NO_TOKENS, type Route, sumOf, type Tokens, tokensIn } from './apis.ts';

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
  readonly tokens: Tokens;
  /**
   * `complete`: answered to the end. `silent`: nothing came for too long. `cut`: the agent went away. `broken`: no
   * connection, or it ended early.
   */
  readonly how: 'complete' | 'silent' | 'cut' | 'broken';
  readonly reason?: string;
}

const NOT_PASSED_ON =
  /^(host|connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|content-length|expect|accept-encoding|authorization|x-api-key|x-goog-api-key|cookie|forwarded|x-forwarded-.*)$/;
const NOT_PASSED_BACK = /^(connection|keep-alive|transfer-encoding|set-cookie)$/;
const MOST_ERROR_BYTES = 64 * 1024;
/** The longest answer that is read whole; counting stops beyond it. */
const MOST_ANSWER_BYTES = 16 * 1024 * 1024;
const agents = { http: new http.Agent({ keepAlive: true }), https: new https.Agent({ keepAlive: true }) };

/** Never rejects. `silenceMs` bounds the wait for the first byte and between any two. */
export function exchange(
  route: Route,
  upstream: Upstream,
  request: IncomingMessage,
  body: Buffer,
  response: ServerResponse,
  silenceMs: number,
): Promise<Exchange> {
  return new Promise((resolve) => {
    const url = targetOf(route, upstream, request.url ?? '/');
    const secure = url.protocol === 'https:';
    const headers = headersFor(route.api, upstream, request.headers, body.length);
    let over = false;
    let counter: Counter | undefined;
    let answer: IncomingMessage | undefined;
    const timer = { id: undefined as NodeJS.Timeout | undefined };
    const finish = (how: Exchange['how'], reason?: string): void => {
      if (over) return;
      over = true;
      clearTimeout(timer.id);
      const tokens = counter?.total(body.length, how) ?? NO_TOKENS;
      const status = answer?.statusCode ?? 0;
      const failed = { body: counter?.errorText ?? '', failedLate: counter?.failedLate ?? false };
      resolve({
        status,
        headers: answer?.headers ?? {},
        ...failed,
        tokens,
        how,
        ...(reason !== undefined && { reason }),
      });
      if (how !== 'complete') sent.destroy();
    };
    const alive = (): void => {
      clearTimeout(timer.id);
      const begun = monotonicMs();
      timer.id = setTimeout(
        () => finish('silent', `nothing came for ${Math.round((monotonicMs() - begun) / 1000)} s`),
        silenceMs,
      );
    };
    const sent = (secure ? https : http).request(
      url,
      { method: request.method ?? 'GET', headers, agent: secure ? agents.https : agents.http },
      (got) => {
        answer = got;
        const streamed = /event-stream/.test(got.headers['content-type'] ?? '');
        counter = new Counter(route.api, streamed, got.statusCode ?? 0);
        response.writeHead(got.statusCode ?? 502, backHeaders(got.headers));
        got.on('data', (chunk: Buffer) => {
          alive();
          counter!.push(chunk);
        });
        got.on('end', () => finish('complete'));
        got.on('close', () => finish('broken', 'the connection ended within the answer'));
        got.on('error', () => finish('broken', 'the connection ended within the answer'));
        got.pipe(response);
      },
    );
    sent.on('error', (error) => finish('broken', error.message));
    response.on('close', () => finish('cut'));
    alive();
    sent.end(body);
  });
}

function targetOf(route: Route, upstream: Upstream, asked: string): URL {
  const url = new URL(upstream.baseUrl.replace(/\/+$/, '') + route.rest);
  const given = new URL(asked, 'http://gateway');
  for (const [name, value] of given.searchParams) if (name !== 'key') url.searchParams.append(name, value);
  return url;
}

function headersFor(
  api: Api,
  upstream: Upstream,
  given: IncomingHttpHeaders,
  length: number,
): http.OutgoingHttpHeaders {
  const kept = Object.entries(given).filter(([name]) => !NOT_PASSED_ON.test(name));
  const name = upstream.bearer ? 'authorization' : KEY_HEADER[api];
  const key =
    upstream.key === undefined ? {} : { [name]: name === 'authorization' ? `Bearer ${upstream.key}` : upstream.key };
  return {
    ...Object.fromEntries(kept),
    ...key,
    ...upstream.headers,
    'accept-encoding': 'identity',
    'content-length': length,
  };
}

const KEY_HEADER: Readonly<Record<Api, string>> = {
  anthropic: 'x-api-key',
  chat: 'authorization',
  responses: 'authorization',
  gemini: 'x-goog-api-key',
};

const backHeaders = (headers: IncomingHttpHeaders): http.OutgoingHttpHeaders =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !NOT_PASSED_BACK.test(name)));

/** Counts the tokens of an answer while it passes. Where the provider says nothing, it estimates. */
class Counter {
  readonly #api: Api;
  readonly #streamed: boolean;
  readonly #status: number;
  readonly #decoder = new TextDecoder();
  #text = '';
  #seen: Tokens | undefined;
  #events = 0;
  #bytes = 0;
  #error = '';

  constructor(api: Api, streamed: boolean, status: number) {
    this.#api = api;
    this.#streamed = streamed;
    this.#status = status;
  }

  get errorText(): string {
    return this.#status >= 400 ? this.#text.slice(0, MOST_ERROR_BYTES) : this.#error;
  }

  get failedLate(): boolean {
    return this.#error !== '';
  }

  push(chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#text.length > MOST_ANSWER_BYTES) return;
    this.#text += this.#decoder.decode(chunk, { stream: true });
    if (!this.#streamed || this.#status >= 400) return;
    const lines = this.#text.split('\n');
    this.#text = lines.pop()!;
    for (const line of lines) if (line.startsWith('data:')) this.#event(line.slice(5).trim());
  }

  /**
   * What the request cost. An answer that was cut or does not say is estimated: four bytes a token in, an event a token
   * out.
   */
  total(sentBytes: number, how: Exchange['how']): Tokens {
    if (this.#status < 200 || this.#status >= 300) return NO_TOKENS;
    if (!this.#streamed) this.#event(this.#text);
    const estimate = {
      ...NO_TOKENS,
      input: Math.ceil(sentBytes / 4),
      output: this.#streamed ? this.#events : Math.ceil(this.#bytes / 4),
    };
    if (!this.#seen || sumOf(this.#seen) === 0) return this.#seen && how === 'complete' ? this.#seen : estimate;
    return how === 'complete' ? this.#seen : { ...this.#seen, output: Math.max(this.#seen.output, estimate.output) };
  }

  #event(data: string): void {
    this.#events++;
    try {
      const event = fields(JSON.parse(data));
      const tokens = tokensIn(this.#api, event);
      if (tokens) this.#seen = merged(this.#seen, tokens);
      const error = event.error ?? fields(event.response).error;
      if (error) this.#error ||= JSON.stringify({ error }).slice(0, MOST_ERROR_BYTES);
    } catch {
      // `[DONE]`, or something that is no JSON: says nothing about tokens
    }
  }
}
