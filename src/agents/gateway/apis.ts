/**
 * The four model APIs as the gateway sees them: which path is which, what model is asked, what an answer says about
 * tokens, which tools a conversation has used. Pure; knows nothing about sockets, keys or budgets.
 */
export type Api = 'anthropic' | 'chat' | 'responses' | 'gemini';
export const APIS: readonly Api[] = ['anthropic', 'chat', 'responses', 'gemini'];

/** A request that the gateway lets through: `ask` costs tokens, the others tell something and cost nothing. */
export interface Route {
  readonly api: Api;
  readonly kind: 'ask' | 'count' | 'models';
  /** Path below the upstream's base URL. */
  readonly rest: string;
}

/**
 * Where a path leads. Agents get the gateway's address as base URL the way their API wants it: bare for Anthropic and
 * Gemini, with `/v1` for OpenAI. Everything that is not listed here (files, batches, fine tuning) does not exist.
 */
export function routeOf(method: string, path: string, headers: Readonly<Record<string, unknown>>): Route | undefined {
  const post = method === 'POST';
  if (post && path === '/v1/messages') return { api: 'anthropic', kind: 'ask', rest: path };
  if (post && path === '/v1/messages/count_tokens') return { api: 'anthropic', kind: 'count', rest: path };
  if (post && path === '/v1/chat/completions') return { api: 'chat', kind: 'ask', rest: '/chat/completions' };
  if (post && path === '/v1/responses') return { api: 'responses', kind: 'ask', rest: '/responses' };
  if (post && /^\/v1(beta|alpha)?\/models\/[\w.:@-]+:(stream)?generateContent$/i.test(path))
    return { api: 'gemini', kind: 'ask', rest: path };
  if (post && /^\/v1(beta|alpha)?\/models\/[\w.:@-]+:countTokens$/.test(path))
    return { api: 'gemini', kind: 'count', rest: path };
  if (method === 'GET' && /^\/v1(\/models(\/[\w.:@-]+)?)$/.test(path)) {
    const anthropic = 'anthropic-version' in headers || 'x-api-key' in headers;
    return anthropic
      ? { api: 'anthropic', kind: 'models', rest: path }
      : { api: 'chat', kind: 'models', rest: path.slice(3) };
  }
  if (method === 'GET' && /^\/v1(beta|alpha)\/models(\/[\w.:@-]+)?$/.test(path))
    return { api: 'gemini', kind: 'models', rest: path };
  return undefined;
}

/** The model that a request asks. */
export function modelOf(api: Api, path: string, body: Fields): string {
  if (api === 'gemini') return /\/models\/([^:/]+)/.exec(path)?.[1] ?? 'unknown';
  return typeof body.model === 'string' ? body.model : 'unknown';
}

/** Tokens, counted the same way for all: `input` is what was read and neither came from a cache nor went into one. */
export interface Tokens {
  readonly input: number;
  readonly cacheRead: number;
  readonly cacheWrite: number;
  readonly output: number;
}

export const NO_TOKENS: Tokens = { input: 0, cacheRead: 0, cacheWrite: 0, output: 0 };
export const sumOf = (t: Tokens): number => t.input + t.cacheRead + t.cacheWrite + t.output;

export type Fields = Readonly<Record<string, unknown>>;
export const fields = (value: unknown): Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
export const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const number = (value: unknown): number => (typeof value === 'number' && value > 0 ? value : 0);

/** What one answer, or one event of a streamed answer, says about tokens; `undefined` when it says nothing. */
export function tokensIn(api: Api, answer: unknown): Tokens | undefined {
  const a = fields(answer);
  if (api === 'anthropic') {
    const u = fields(a.usage ?? fields(a.message).usage);
    if (Object.keys(u).length === 0) return undefined;
    return {
      input: number(u.input_tokens),
      cacheRead: number(u.cache_read_input_tokens),
      cacheWrite: number(u.cache_creation_input_tokens),
      output: number(u.output_tokens),
    };
  }
  if (api === 'gemini') {
    const u = fields(a.usageMetadata);
    if (Object.keys(u).length === 0) return undefined;
    const cacheRead = number(u.cachedContentTokenCount);
    const input = number(u.promptTokenCount) + number(u.toolUsePromptTokenCount) - cacheRead;
    return { input, cacheRead, cacheWrite: 0, output: number(u.candidatesTokenCount) + number(u.thoughtsTokenCount) };
  }
  const u = fields(api === 'chat' ? a.usage : (a.usage ?? fields(a.response).usage));
  if (Object.keys(u).length === 0) return undefined;
  const details = fields(u.prompt_tokens_details ?? u.input_tokens_details);
  const cacheRead = number(details.cached_tokens) || number(u.prompt_cache_hit_tokens);
  const cacheWrite = number(details.cache_write_tokens);
  const input = number(u.prompt_tokens) + number(u.input_tokens) - cacheRead - cacheWrite;
  return {
    input: Math.max(0, input),
    cacheRead,
    cacheWrite,
    output: number(u.completion_tokens) + number(u.output_tokens),
  };
}

/** Events of one stream repeat and complete each other: the larger figure holds. */
export function merged(a: Tokens | undefined, b: Tokens): Tokens {
  if (!a) return b;
  return {
    input: Math.max(a.input, b.input),
    cacheRead: Math.max(a.cacheRead, b.cacheRead),
    cacheWrite: Math.max(a.cacheWrite, b.cacheWrite),
    output: Math.max(a.output, b.output),
  };
}

/** Tools that the provider would run on its own machines, with a network of their own: a way round the jail. */
export function serverTools(api: Api, body: Fields): readonly string[] {
  const found = list(body.tools).flatMap((each): string[] => {
    const tool = fields(each);
    if (api === 'gemini') return Object.keys(tool).filter((name) => !/^function_?declarations$/i.test(name));
    const type = String(tool.type ?? '');
    if (api === 'anthropic') return /^(web_search|web_fetch|code_execution|mcp)/.test(type) ? [type] : [];
    return /^(web_search|code_interpreter|mcp|file_search|image_generation|computer)/.test(type) ? [type] : [];
  });
  if (api === 'anthropic' && list(body.mcp_servers).length > 0) found.push('mcp_servers');
  if (api === 'chat' && body.web_search_options !== undefined) found.push('web_search_options');
  return found;
}

/**
 * True when a request offers tools of the agent's own: it belongs to the work, not to a title or a summary beside it.
 */
export const hasTools = (body: Fields): boolean => list(body.tools).length > 0;

/** A tool that the model told the agent to use. */
export interface ToolCall {
  readonly id: string;
  readonly name: string;
  /** The arguments as text. */
  readonly input: string;
}

/** All uses of tools that a request tells of: the history that agents send along with every request. */
export function toolCallsIn(api: Api, body: Fields): readonly ToolCall[] {
  const text = (value: unknown): string => (typeof value === 'string' ? value : (JSON.stringify(value) ?? ''));
  const call = (id: unknown, name: unknown, input: unknown): ToolCall => ({
    id: String(id ?? `${String(name)} ${text(input)}`),
    name: String(name ?? ''),
    input: text(input),
  });
  if (api === 'anthropic')
    return list(body.messages).flatMap((message) =>
      list(fields(message).content)
        .map(fields)
        .filter((part) => part.type === 'tool_use')
        .map((part) => call(part.id, part.name, part.input)),
    );
  if (api === 'chat')
    return list(body.messages).flatMap((message) =>
      list(fields(message).tool_calls).map((each) => {
        const made = fields(fields(each).function);
        return call(fields(each).id, made.name, made.arguments);
      }),
    );
  if (api === 'responses')
    return list(body.input)
      .map(fields)
      .filter((item) => /^(function|custom_tool|local_shell)_call$/.test(String(item.type)))
      .map((item) => call(item.call_id, item.name ?? item.type, item.arguments ?? item.input ?? item.action));
  return list(body.contents).flatMap((content) =>
    list(fields(content).parts)
      .map((part) => fields(fields(part).functionCall))
      .filter((made) => made.name !== undefined)
      .map((made) => call(made.id, made.name, made.args)),
  );
}
