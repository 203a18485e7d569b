/**
 * The four model APIs as the gateway sees them: which path is which, what model is asked, what an answer says about
 * tokens, which tools a conversation has used, how long an answer may be. Pure; knows nothing about sockets, keys or
 * budgets.
 */
export type Api = 'anthropic' | 'chat' | 'responses' | 'gemini';
export const APIS: readonly Api[] = ['anthropic', 'chat', 'responses', 'gemini'];

/** A request that the gateway accepts. `ask` costs tokens; the others only return information. */
export interface Route {
  readonly api: Api;
  readonly kind: 'ask' | 'count' | 'models';
  /** Path below the upstream's base URL. */
  readonly rest: string;
}

/**
 * The route of a path. Agents get the gateway's address as base URL in the form that their API expects: without a path
 * for Anthropic and Gemini, with `/v1` for OpenAI. Everything that is not listed here (files, batches, fine tuning) is
 * refused.
 */
export function routeOf(
  httpMethod: string,
  requestPath: string,
  headers: Readonly<Record<string, unknown>>,
): Route | undefined {
  const isPost = httpMethod === 'POST';
  if (isPost && requestPath === '/v1/messages') return { api: 'anthropic', kind: 'ask', rest: requestPath };
  if (isPost && requestPath === '/v1/messages/count_tokens')
    return { api: 'anthropic', kind: 'count', rest: requestPath };
  if (isPost && requestPath === '/v1/chat/completions') return { api: 'chat', kind: 'ask', rest: '/chat/completions' };
  if (isPost && requestPath === '/v1/responses') return { api: 'responses', kind: 'ask', rest: '/responses' };
  if (isPost && /^\/v1(beta|alpha)?\/models\/[\w.:@-]+:(stream)?generateContent$/i.test(requestPath))
    return { api: 'gemini', kind: 'ask', rest: requestPath };
  if (isPost && /^\/v1(beta|alpha)?\/models\/[\w.:@-]+:countTokens$/.test(requestPath))
    return { api: 'gemini', kind: 'count', rest: requestPath };
  if (httpMethod === 'GET' && /^\/v1(\/models(\/[\w.:@-]+)?)$/.test(requestPath)) {
    const isAnthropic = 'anthropic-version' in headers || 'x-api-key' in headers;
    return isAnthropic
      ? { api: 'anthropic', kind: 'models', rest: requestPath }
      : { api: 'chat', kind: 'models', rest: requestPath.slice(3) };
  }
  if (httpMethod === 'GET' && /^\/v1(beta|alpha)\/models(\/[\w.:@-]+)?$/.test(requestPath))
    return { api: 'gemini', kind: 'models', rest: requestPath };
  return undefined;
}

/** The model that a request is for. */
export function modelOf(api: Api, requestPath: string, requestBody: Fields): string {
  if (api === 'gemini') return /\/models\/([^:/]+)/.exec(requestPath)?.[1] ?? 'unknown';
  return typeof requestBody.model === 'string' ? requestBody.model : 'unknown';
}

/**
 * Tokens, counted the same way for all APIs. `input` are those read that neither came from a cache nor went into one.
 */
export interface TokenCounts {
  readonly input: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
  readonly output: number;
}

export const NO_TOKENS: TokenCounts = { input: 0, cacheRead: 0, cacheWrite: 0, output: 0 };
export const totalTokensOf = (tokens: TokenCounts): number =>
  tokens.input + tokens.cacheRead + tokens.cacheWrite + tokens.output;

export type Fields = Readonly<Record<string, unknown>>;
export const asFields = (value: unknown): Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
export const asList = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const asCount = (value: unknown): number =>
  typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : 0;

/** The tokens that an answer, or an event of a streamed answer, reports; `undefined` when it reports none. */
export function tokensIn(api: Api, answer: unknown): TokenCounts | undefined {
  const answerFields = asFields(answer);
  if (api === 'anthropic') {
    const usage = asFields(answerFields.usage ?? asFields(answerFields.message).usage);
    if (Object.keys(usage).length === 0) return undefined;
    return {
      input: asCount(usage.input_tokens),
      cacheRead: asCount(usage.cache_read_input_tokens),
      cacheWrite: asCount(usage.cache_creation_input_tokens),
      output: asCount(usage.output_tokens),
    };
  }
  if (api === 'gemini') {
    const usage = asFields(answerFields.usageMetadata);
    if (Object.keys(usage).length === 0) return undefined;
    const cachedTokens = asCount(usage.cachedContentTokenCount);
    const inputTokens = asCount(usage.promptTokenCount) + asCount(usage.toolUsePromptTokenCount) - cachedTokens;
    return {
      input: inputTokens,
      cacheRead: cachedTokens,
      cacheWrite: 0,
      output: asCount(usage.candidatesTokenCount) + asCount(usage.thoughtsTokenCount),
    };
  }
  const usage = asFields(
    api === 'chat' ? answerFields.usage : (answerFields.usage ?? asFields(answerFields.response).usage),
  );
  if (Object.keys(usage).length === 0) return undefined;
  const details = asFields(usage.prompt_tokens_details ?? usage.input_tokens_details);
  const cachedTokens = asCount(details.cached_tokens) || asCount(usage.prompt_cache_hit_tokens);
  const cacheWriteTokens = asCount(details.cache_write_tokens);
  const inputTokens = asCount(usage.prompt_tokens) + asCount(usage.input_tokens) - cachedTokens - cacheWriteTokens;
  return {
    input: Math.max(0, inputTokens),
    cacheRead: cachedTokens,
    cacheWrite: cacheWriteTokens,
    output: asCount(usage.completion_tokens) + asCount(usage.output_tokens),
  };
}

/** Events of one stream repeat and complete each other, so the larger count is the right one. */
export function mergeTokens(earlier: TokenCounts | undefined, later: TokenCounts): TokenCounts {
  if (!earlier) return later;
  return {
    input: Math.max(earlier.input, later.input),
    cacheRead: Math.max(earlier.cacheRead, later.cacheRead),
    cacheWrite: Math.max(earlier.cacheWrite, later.cacheWrite),
    output: Math.max(earlier.output, later.output),
  };
}

/** Tokens of an answer that names no bound: what the longest answers of today's models have. */
const LONGEST_ANSWER_TOKENS = 128_000;
/** Tokens that are assumed of an answer that nobody awaited and that had no bound. */
const ASSUMED_ANSWER_TOKENS = 32_000;

/** How many tokens the answer to a request can have at most, and how many are assumed when it is not awaited. */
export function answerTokensOf(api: Api, requestBody: Fields): { readonly most: number; readonly assumed: number } {
  const generation = asFields(requestBody.generationConfig ?? requestBody.generation_config);
  const bounds = [
    requestBody.max_tokens,
    requestBody.max_completion_tokens,
    requestBody.max_output_tokens,
    generation.maxOutputTokens,
    generation.max_output_tokens,
  ].map(asCount);
  const bound = Math.max(...bounds);
  const choices = api === 'anthropic' || api === 'responses' ? 1 : requestBody.n;
  const answers = Math.max(
    1,
    asCount(choices),
    asCount(generation.candidateCount),
    asCount(generation.candidate_count),
  );
  return {
    most: answers * (bound || LONGEST_ANSWER_TOKENS),
    assumed: answers * (bound || ASSUMED_ANSWER_TOKENS),
  };
}

/**
 * True when a request offers tools of the agent: it belongs to the work, and does not only make a title or a summary.
 */
export const hasTools = (requestBody: Fields): boolean => asList(requestBody.tools).length > 0;

/** A call of a tool that the model requested. */
export interface ToolCall {
  readonly id: string;
  readonly name: string;
  /** The arguments as text. */
  readonly input: string;
}

/** All tool calls in a request: agents send the whole history with every request. */
export function toolCallsIn(api: Api, requestBody: Fields): readonly ToolCall[] {
  const asArgumentText = (value: unknown): string =>
    typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
  const toolCallOf = (callId: unknown, toolName: unknown, argumentValue: unknown): ToolCall => ({
    id: String(callId ?? `${String(toolName)} ${asArgumentText(argumentValue)}`),
    name: String(toolName ?? ''),
    input: asArgumentText(argumentValue),
  });
  if (api === 'anthropic')
    return asList(requestBody.messages).flatMap((message) =>
      asList(asFields(message).content)
        .map(asFields)
        .filter((part) => part.type === 'tool_use')
        .map((part) => toolCallOf(part.id, part.name, part.input)),
    );
  if (api === 'chat')
    return asList(requestBody.messages).flatMap((message) =>
      asList(asFields(message).tool_calls).map((callValue) => {
        const functionFields = asFields(asFields(callValue).function);
        return toolCallOf(asFields(callValue).id, functionFields.name, functionFields.arguments);
      }),
    );
  if (api === 'responses')
    return asList(requestBody.input)
      .map(asFields)
      .filter((item) => /^(function|custom_tool|local_shell)_call$/.test(String(item.type)))
      .map((item) => toolCallOf(item.call_id, item.name ?? item.type, item.arguments ?? item.input ?? item.action));
  return asList(requestBody.contents).flatMap((content) =>
    asList(asFields(content).parts)
      .map((part) => asFields(asFields(part).functionCall))
      .filter((functionCall) => functionCall.name !== undefined)
      .map((functionCall) => toolCallOf(functionCall.id, functionCall.name, functionCall.args)),
  );
}
