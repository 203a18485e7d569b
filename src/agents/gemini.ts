/**
 * Gemini CLI and Qwen Code, which was made from it, headless. Inside the jail every tool is allowed (`--approval-mode
 * yolo`); without a jail only edits. Extensions and MCP servers of the person are not loaded: the home is a fresh one.
 */
import { defined } from '../base/defined.ts';
import { asFields, asList } from './gateway/apis.ts';
import { jsonLines, ownUsage, type Reading, type Recipe, asText } from './recipe.ts';

export const gemini: Recipe = {
  name: 'gemini',
  programs: ['gemini'],
  apis: ['gemini'],
  defaultModel: { gemini: 'gemini-2.5-pro' },
  needs: ['--output-format', '--approval-mode', '--prompt'],
  help: ['--help'],
  argv: ({ task, model, isJailed }) => [
    ...['--prompt', task.prompt, '--output-format', 'stream-json', '--approval-mode', isJailed ? 'yolo' : 'auto_edit'],
    ...(model === undefined ? [] : ['--model', model]),
  ],
  env: ({ layout, model }) => ({
    ...(model !== undefined && { GEMINI_MODEL: model }),
    GEMINI_API_KEY: layout.token,
    GOOGLE_GEMINI_BASE_URL: layout.gateway,
    GEMINI_SANDBOX: 'false',
    GEMINI_CLI_TRUST_WORKSPACE: 'true',
    NO_BROWSER: '1',
  }),
  files: () => ({
    '.gemini/settings.json': JSON.stringify({
      general: { disableAutoUpdate: true, disableUpdateNag: true, enableAutoUpdate: false },
      privacy: { usageStatisticsEnabled: false },
      telemetry: { enabled: false },
      security: { auth: { selectedType: 'gemini-api-key' } },
      tools: { exclude: ['google_web_search', 'web_fetch'] },
    }),
  }),
  prompt: 'argument',
  read: (stdout) => {
    const events = jsonLines(stdout);
    const lastToolIndex = events.findLastIndex((event) => event.type === 'tool_result' || event.type === 'tool_use');
    const closingMessages = events
      .slice(lastToolIndex + 1)
      .filter((event) => event.type === 'message' && event.role === 'assistant');
    const result = asFields(events.findLast((event) => event.type === 'result'));
    const stats = asFields(result.stats);
    const cachedTokens = Number(stats.cached ?? 0);
    const failureEvent =
      result.status === 'error'
        ? result
        : events.findLast((event) => event.type === 'error' && event.severity === 'error');
    return defined({
      text: closingMessages
        .map((event) => asText(event.content))
        .join('')
        .trim(),
      usage: ownUsage({
        input: Number(stats.input_tokens ?? 0) - cachedTokens,
        cached: cachedTokens,
        output: stats.output_tokens,
      }),
      error:
        failureEvent &&
        (asText(asFields(failureEvent.error).message) || asText(failureEvent.message) || 'it reports an error'),
    });
  },
};

export const qwen: Recipe = {
  name: 'qwen',
  programs: ['qwen'],
  apis: ['chat'],
  defaultModel: { chat: 'qwen3-coder-plus' },
  needs: ['--output-format', '--approval-mode', '--auth-type'],
  help: ['--help'],
  argv: ({ task, isJailed, hasFlag }) => [
    ...['--prompt', task.prompt, '--auth-type', 'openai', '--output-format', 'json'],
    ...['--approval-mode', isJailed ? 'yolo' : 'auto-edit'],
    // With --bare it reads no instructions of the person and starts quickly. Its tools are then `edit` and the shell,
    // which can also make new files.
    ...(hasFlag('--bare') ? ['--bare'] : []),
  ],
  env: ({ layout, model }) => ({
    OPENAI_API_KEY: layout.token,
    OPENAI_BASE_URL: `${layout.gateway}/v1`,
    OPENAI_MODEL: model ?? '',
    NO_BROWSER: '1',
  }),
  files: () => ({
    '.qwen/settings.json': JSON.stringify({
      general: { enableAutoUpdate: false },
      privacy: { usageStatisticsEnabled: false },
      telemetry: { enabled: false },
    }),
  }),
  prompt: 'argument',
  read: (stdout) => readMessages(stdout),
};

/** Qwen prints one array of messages. The last one is the result. */
function readMessages(stdout: string): Reading {
  const arrayStart = stdout.indexOf('[');
  let messages: readonly unknown[] = [];
  try {
    messages = asList(JSON.parse(stdout.slice(arrayStart)));
  } catch {
    messages = jsonLines(stdout);
  }
  const result = asFields(messages.map(asFields).findLast((message) => message.type === 'result'));
  const usage = asFields(result.usage);
  const cachedTokens = Number(usage.cache_read_input_tokens ?? 0);
  return defined({
    text: asText(result.result),
    usage: ownUsage({
      calls: result.num_turns,
      input: Number(usage.input_tokens ?? 0) - cachedTokens,
      cached: cachedTokens,
      output: usage.output_tokens,
    }),
    error:
      result.is_error === true
        ? asText(asFields(result.error).message) || asText(result.result) || 'it reports an error'
        : undefined,
  });
}
