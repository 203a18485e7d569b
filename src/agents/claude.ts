/**
 * Claude Code, headless (`claude -p`). Its exit status and its `subtype` are not trusted: `success` and `is_error` can
 * come together. The person's settings and plugins are not loaded, on purpose.
 */
import { defined } from '../base/defined.ts';
import { asFields, asList } from './gateway/apis.ts';
import { jsonLines, ownUsage, type Recipe, asText, tunnelEnv } from './recipe.ts';

export const claude: Recipe = {
  name: 'claude',
  programs: ['claude'],
  apis: ['anthropic'],
  prompt: 'stdin',
  needs: ['--output-format', '--permission-mode', '--setting-sources', '--strict-mcp-config'],
  help: ['--help'],
  login: {
    files: ['.claude/.credentials.json'],
    variables: ['CLAUDE_CODE_OAUTH_TOKEN'],
    hosts: ['api.anthropic.com:443', 'platform.claude.com:443', 'console.anthropic.com:443'],
  },
  argv: ({ model, isJailed, hasFlag }) => [
    ...['-p', '--output-format', 'stream-json', '--verbose', '--setting-sources', '', '--strict-mcp-config'],
    ...(hasFlag('--no-session-persistence') ? ['--no-session-persistence'] : []),
    ...(model === undefined ? [] : ['--model', model]),
    ...(isJailed
      ? ['--dangerously-skip-permissions']
      : [
          '--permission-mode',
          'dontAsk',
          '--allowedTools',
          'Read,Edit,Write,Glob,Grep',
          ...(hasFlag('--restricted') ? ['--restricted'] : []),
        ]),
    ...['--disallowedTools', 'WebFetch,WebSearch'],
  ],
  env: ({ layout, route, isJailed }) => ({
    CLAUDE_CONFIG_DIR: `${layout.home}/.claude`,
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    DISABLE_AUTOUPDATER: '1',
    DISABLE_TELEMETRY: '1',
    DISABLE_ERROR_REPORTING: '1',
    ENABLE_TOOL_SEARCH: 'false',
    CLAUDE_CODE_MAX_RETRIES: '4',
    ...(isJailed && { IS_SANDBOX: '1' }), // else it refuses --dangerously-skip-permissions to root
    ...(route === 'login'
      ? tunnelEnv(layout)
      : { ANTHROPIC_BASE_URL: layout.gateway, ANTHROPIC_API_KEY: layout.token }),
  }),
  read: (stdout) => {
    const events = jsonLines(stdout);
    const result = asFields(events.findLast((event) => event.type === 'result'));
    const usage = asFields(result.usage);
    const denials = asList(result.permission_denials).map(
      (denial) => `was denied ${asText(asFields(denial).tool_name)} by its own permissions`,
    );
    const lastWords = asText(result.result);
    const hasFailed = result.is_error === true || (result.subtype !== undefined && result.subtype !== 'success');
    return defined({
      text: lastWords,
      usage: ownUsage({
        calls: result.num_turns,
        input: Number(usage.input_tokens ?? 0) + Number(usage.cache_creation_input_tokens ?? 0),
        cached: usage.cache_read_input_tokens,
        output: usage.output_tokens,
        usd: result.total_cost_usd,
      }),
      error: hasFailed ? lastWords || asText(result.subtype) || 'it reports an error' : undefined,
      incidents: denials.length > 0 ? denials : undefined,
    });
  },
};
