/**
 * Gemini CLI and its relative Qwen Code, headless. Inside the jail every tool is allowed (`--yolo`, `--approval-mode
 * yolo`); outside of one only edits. Not covered: extensions and MCP servers of the person; the home is a fresh one.
 */
import { fields, list } from './gateway/apis.ts';
import { jsonLines, ownUsage, type Reading, type Recipe, text } from './recipe.ts';

export const gemini: Recipe = {
  name: 'gemini',
  programs: ['gemini'],
  apis: ['gemini'],
  defaultModel: { gemini: 'gemini-2.5-pro' },
  needs: ['--output-format', '--approval-mode', '--prompt'],
  help: ['--help'],
  argv: ({ task, model, jailed }) => [
    ...['--prompt', task.prompt, '--output-format', 'stream-json', '--approval-mode', jailed ? 'yolo' : 'auto_edit'],
    ...(model === undefined ? [] : ['--model', model]),
  ],
  env: ({ place, model }) => ({
    ...(model !== undefined && { GEMINI_MODEL: model }),
    GEMINI_API_KEY: place.token,
    GOOGLE_GEMINI_BASE_URL: place.gateway,
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
    const lastTool = events.findLastIndex((event) => event.type === 'tool_result' || event.type === 'tool_use');
    const said = events.slice(lastTool + 1).filter((event) => event.type === 'message' && event.role === 'assistant');
    const result = fields(events.findLast((event) => event.type === 'result'));
    const stats = fields(result.stats);
    const cached = Number(stats.cached ?? 0);
    const failed =
      result.status === 'error'
        ? result
        : events.findLast((event) => event.type === 'error' && event.severity === 'error');
    return {
      text: said
        .map((event) => text(event.content))
        .join('')
        .trim(),
      ...ownUsage({ input: Number(stats.input_tokens ?? 0) - cached, cached, output: stats.output_tokens }),
      ...(failed && { error: text(fields(failed.error).message) || text(failed.message) || 'it reports an error' }),
    };
  },
};

export const qwen: Recipe = {
  name: 'qwen',
  programs: ['qwen'],
  apis: ['chat'],
  defaultModel: { chat: 'qwen3-coder-plus' },
  needs: ['--output-format', '--approval-mode', '--auth-type'],
  help: ['--help'],
  argv: ({ task, jailed, has }) => [
    ...['--prompt', task.prompt, '--auth-type', 'openai', '--output-format', 'json'],
    ...['--approval-mode', jailed ? 'yolo' : 'auto-edit'],
    // Bare reads no instructions of the person and starts quickly; it leaves `edit` and the shell, which make new files
    // too.
    ...(has('--bare') ? ['--bare'] : []),
  ],
  env: ({ place, model }) => ({
    OPENAI_API_KEY: place.token,
    OPENAI_BASE_URL: `${place.gateway}/v1`,
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

/** Qwen prints one array of messages, the last being the result. */
function readMessages(stdout: string): Reading {
  const from = stdout.indexOf('[');
  let messages: readonly unknown[] = [];
  try {
    messages = list(JSON.parse(stdout.slice(from)));
  } catch {
    messages = jsonLines(stdout);
  }
  const result = fields(messages.map(fields).findLast((message) => message.type === 'result'));
  const usage = fields(result.usage);
  const cached = Number(usage.cache_read_input_tokens ?? 0);
  return {
    text: text(result.result),
    ...ownUsage({
      calls: result.num_turns,
      input: Number(usage.input_tokens ?? 0) - cached,
      cached,
      output: usage.output_tokens,
    }),
    ...(result.is_error === true && {
      error: text(fields(result.error).message) || text(result.result) || 'it reports an error',
    }),
  };
}
