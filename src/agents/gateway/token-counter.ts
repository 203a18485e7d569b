/**
 * Counts the tokens of an answer while it passes. Where the provider gives no counts, or the answer does not arrive
 * whole, it estimates them and says so. Knows nothing about connections.
 */
import { type Api, asFields, mergeTokens, NO_TOKENS, totalTokensOf, type TokenCounts, tokensIn } from './apis.ts';

/**
 * How an exchange ended. `complete`: the answer arrived whole. `silent`: nothing arrived for too long. `cut`: the agent
 * closed the connection. `broken`: no connection to the provider, or it ended early.
 */
export type Ending = 'complete' | 'silent' | 'cut' | 'broken';

export interface CountedTokens {
  readonly tokens: TokenCounts;
  readonly isEstimated: boolean;
}

/** What is known of a request before its answer, in tokens. */
export interface ExpectedTokens {
  readonly input: number;
  /** Of an answer that nobody awaits. */
  readonly answer: number;
}

const MAX_ERROR_BYTES = 64 * 1024;
/** Longest answer, or longest event of a streamed one, that is read for its counts. */
const MAX_READ_CHARS = 8 * 1024 * 1024;
const CHARS_PER_TOKEN = 4;

/** Tokens of a request that got no answer. `wasSent`: the provider has all of it. */
export function tokensWithoutAnswer(expected: ExpectedTokens, ending: Ending, wasSent: boolean): CountedTokens {
  if (!wasSent) return { tokens: NO_TOKENS, isEstimated: false };
  // The agent left and the provider goes on; or the provider itself did not answer.
  const output = ending === 'cut' ? expected.answer : 0;
  return { tokens: { ...NO_TOKENS, input: expected.input, output }, isEstimated: true };
}

export class TokenCounter {
  readonly #api: Api;
  readonly #isStreamed: boolean;
  readonly #status: number;
  readonly #decoder = new TextDecoder();
  #pendingText = '';
  /** The event that is being received is longer than what is read. */
  #isSkipping = false;
  #seenTokens: TokenCounts | undefined;
  #eventCount = 0;
  #textChars = 0;
  #byteCount = 0;
  #streamError = '';

  constructor(api: Api, isStreamed: boolean, status: number) {
    this.#api = api;
    this.#isStreamed = isStreamed;
    this.#status = status;
  }

  /** Beginning of an error answer, or the event of a stream that reports an error. */
  get errorText(): string {
    return this.#status >= 400 ? this.#pendingText.slice(0, MAX_ERROR_BYTES) : this.#streamError;
  }

  /** True when a stream began without an error and reported one later. */
  get failedLate(): boolean {
    return this.#streamError !== '';
  }

  addChunk(chunk: Buffer): void {
    this.#byteCount += chunk.length;
    const text = this.#decoder.decode(chunk, { stream: true });
    if (!this.#isStreamed || this.#status >= 400) {
      if (this.#pendingText.length <= MAX_READ_CHARS) this.#pendingText += text;
      return;
    }
    const [firstPiece = '', ...nextLines] = text.split('\n');
    this.#addToLine(firstPiece);
    for (const nextLine of nextLines) {
      this.#endLine();
      this.#addToLine(nextLine);
    }
  }

  #addToLine(piece: string): void {
    if (!this.#isSkipping) this.#pendingText += piece;
    if (this.#pendingText.length <= MAX_READ_CHARS) return;
    this.#isSkipping = true;
    this.#textChars += this.#pendingText.length;
    this.#pendingText = '';
  }

  #endLine(): void {
    if (this.#pendingText.startsWith('data:')) this.#countEvent(this.#pendingText.slice(5).trim());
    this.#pendingText = '';
    this.#isSkipping = false;
  }

  /** Tokens of the request and of what has arrived of its answer. */
  countTokens(expected: ExpectedTokens, ending: Ending): CountedTokens {
    if (this.#status < 200 || this.#status >= 300) return { tokens: NO_TOKENS, isEstimated: false };
    if (this.#isStreamed) this.#endLine();
    else this.#countEvent(this.#pendingText);
    const seen = this.#seenTokens;
    if (seen && ending === 'complete') return { tokens: seen, isEstimated: false };
    const output = this.#estimateOutput(expected, ending);
    if (!seen || totalTokensOf(seen) === 0)
      return { tokens: { ...NO_TOKENS, input: expected.input, output }, isEstimated: true };
    return { tokens: { ...seen, output: Math.max(seen.output, output) }, isEstimated: true };
  }

  /** An event is at least a token, four characters are one. A whole answer that was cut was made whole all the same. */
  #estimateOutput(expected: ExpectedTokens, ending: Ending): number {
    if (this.#isStreamed) return Math.max(this.#eventCount, Math.ceil(this.#textChars / CHARS_PER_TOKEN));
    const received = Math.ceil(this.#byteCount / CHARS_PER_TOKEN);
    return ending === 'cut' ? Math.max(received, expected.answer) : received;
  }

  #countEvent(eventText: string): void {
    if (eventText === '') return;
    this.#eventCount++;
    try {
      const event = asFields(JSON.parse(eventText));
      const tokens = tokensIn(this.#api, event);
      if (tokens) this.#seenTokens = mergeTokens(this.#seenTokens, tokens);
      if (event.type === undefined || /delta/.test(String(event.type))) this.#textChars += textCharsIn(event, 0);
      const eventError = event.error ?? asFields(event.response).error;
      if (eventError) this.#streamError ||= JSON.stringify({ error: eventError }).slice(0, MAX_ERROR_BYTES);
    } catch {
      // `[DONE]`, or something else that is not JSON: it says nothing about tokens
    }
  }
}

/** Keys under which the four APIs put what a model says. */
const SAID_KEY = /^(text|content|delta|thinking|partial_json|arguments|input|reasoning\w*|refusal|args)$/;

function textCharsIn(value: unknown, depth: number): number {
  if (typeof value !== 'object' || value === null || depth > 10) return 0;
  return Object.entries(value).reduce(
    (sum, [key, inner]) =>
      sum + (typeof inner === 'string' && SAID_KEY.test(key) ? inner.length : textCharsIn(inner, depth + 1)),
    0,
  );
}
