/**
 * Claude Code, headless (`claude -p`). Its exit status and its `subtype` are not believed (`success` comes together
 * with `is_error`). Not covered: what its own settings and plugins would have done; they are left out on purpose.
 */
import { fields, list } from './gateway/apis.ts';
import { jsonLines, ownUsage, type Recipe, text, tunnelEnv } from './recipe.ts';

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
  argv: ({ model, jailed, has }) => [
    ...['-p', '--output-format', 'stream-json', '--verbose', '--setting-sources', '', '--strict-mcp-config'],
    ...(has('--no-session-persistence') ? ['--no-session-persistence'] : []),
    ...(model === undefined ? [] : ['--model', model]),
    ...(jailed
      ? ['--dangerously-skip-permissions']
      : [
          '--permission-mode',
          'dontAsk',
          '--allowedTools',
          'Read,Edit,Write,Glob,Grep',
          ...(has('--restricted') ? ['--restricted'] : []),
        ]),
    ...['--disallowedTools', 'WebFetch,WebSearch'],
  ],
  env: ({ place, way, jailed }) => ({
    CLAUDE_CONFIG_DIR: `${place.home}/.claude`,
    CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    DISABLE_AUTOUPDATER: '1',
    DISABLE_TELEMETRY: '1',
    DISABLE_ERROR_REPORTING: '1',
    ENABLE_TOOL_SEARCH: 'false',
    CLAUDE_CODE_MAX_RETRIES: '4',
    ...(jailed && { IS_SANDBOX: '1' }), // without it, it refuses --dangerously-skip-permissions to root
    ...(way === 'login' ? tunnelEnv(place) : { ANTHROPIC_BASE_URL: place.gateway, ANTHROPIC_API_KEY: place.token }),
  }),
  read: (stdout) => {
    const events = jsonLines(stdout);
    const result = fields(events.findLast((event) => event.type === 'result'));
    const usage = fields(result.usage);
    const denied = list(result.permission_denials).map(
      (each) => `was denied ${text(fields(each).tool_name)} by its own permissions`,
    );
    const said = text(result.result);
    const failed = result.is_error === true || (result.subtype !== undefined && result.subtype !== 'success');
    return {
      text: said,
      ...ownUsage({
        calls: result.num_turns,
        input: Number(usage.input_tokens ?? 0) + Number(usage.cache_creation_input_tokens ?? 0),
        cached: usage.cache_read_input_tokens,
        output: usage.output_tokens,
        usd: result.total_cost_usd,
      }),
      ...(failed && { error: said || text(result.subtype) || 'it reports an error' }),
      ...(denied.length > 0 && { incidents: denied }),
    };
  },
};
