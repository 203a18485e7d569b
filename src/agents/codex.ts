/**
 * Codex, headless (`codex exec`). Inside the jail its own sandbox is switched off: that sandbox needs a newer
 * bubblewrap than many systems have, and without one Codex fails with exit status 0. Its plugins and MCP servers are
 * not loaded, on purpose.
 */
import { defined } from '../base/defined.ts';
import { asFields } from './gateway/apis.ts';
import { jsonLines, ownUsage, type Recipe, asText, tunnelEnv } from './recipe.ts';

export const codex: Recipe = {
  name: 'codex',
  programs: ['codex'],
  apis: ['responses'],
  prompt: 'stdin',
  needs: ['--json', '--skip-git-repo-check', '--dangerously-bypass-approvals-and-sandbox'],
  help: ['exec', '--help'],
  login: {
    files: ['.codex/auth.json'],
    variables: [],
    hosts: ['chatgpt.com:443', 'auth.openai.com:443', 'api.openai.com:443'],
  },
  argv: ({ model, isJailed, hasFlag }) => [
    ...['exec', '--json', '--skip-git-repo-check'],
    ...(hasFlag('--ephemeral') ? ['--ephemeral'] : []),
    ...(isJailed ? ['--dangerously-bypass-approvals-and-sandbox'] : ['--sandbox', 'workspace-write']),
    ...(model === undefined ? [] : ['--model', model]),
    '-',
  ],
  env: ({ layout, route }) => ({
    CODEX_HOME: `${layout.home}/.codex`,
    RUST_LOG: 'error',
    ...(route === 'login' ? tunnelEnv(layout) : { OVERNIGHT_GATEWAY_TOKEN: layout.token }),
  }),
  files: ({ layout, route, model }) => ({
    '.codex/config.toml': [
      ...(model === undefined ? [] : [`model = ${JSON.stringify(model)}`]),
      ...(route === 'login' ? [] : ['model_provider = "overnight"']),
      'check_for_update_on_startup = false',
      'web_search = "disabled"',
      '[features]',
      'plugins = false',
      '[analytics]',
      'enabled = false',
      '[feedback]',
      'enabled = false',
      ...(route === 'login'
        ? []
        : [
            '[model_providers.overnight]',
            'name = "Overnight\'s gateway"',
            `base_url = "${layout.gateway}/v1"`,
            'env_key = "OVERNIGHT_GATEWAY_TOKEN"',
            'wire_api = "responses"',
            'request_max_retries = 4',
            'stream_max_retries = 2',
          ]),
      '',
    ].join('\n'),
  }),
  read: (stdout) => {
    const events = jsonLines(stdout);
    const lastMessage = events.findLast((event) => asFields(event.item).type === 'agent_message');
    const usage = asFields(events.findLast((event) => event.type === 'turn.completed')?.usage);
    const failureEvent = events.findLast((event) => event.type === 'turn.failed' || event.type === 'error');
    const cachedTokens = Number(usage.cached_input_tokens ?? 0);
    const turnCompleted = events.findIndex((event) => event.type === 'turn.completed') >= 0;
    const errorMessage = asText(asFields(failureEvent?.error).message) || asText(failureEvent?.message);
    return defined({
      text: asText(asFields(lastMessage?.item).text),
      usage: ownUsage({
        input: Number(usage.input_tokens ?? 0) - cachedTokens,
        cached: cachedTokens,
        output: usage.output_tokens,
      }),
      error: failureEvent && !turnCompleted ? errorMessage || 'the turn failed' : undefined,
    });
  },
};
