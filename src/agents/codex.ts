/**
 * Codex, headless (`codex exec`). Its own sandbox is switched off inside the jail: it needs a system bubblewrap newer
 * than many have, and fails with exit status 0 without one. Not covered: its plugins and MCP servers; they are left out
 * on purpose.
 */
import { fields } from './gateway/apis.ts';
import { jsonLines, ownUsage, type Recipe, text, tunnelEnv } from './recipe.ts';

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
  argv: ({ model, jailed, has }) => [
    ...['exec', '--json', '--skip-git-repo-check'],
    ...(has('--ephemeral') ? ['--ephemeral'] : []),
    ...(jailed ? ['--dangerously-bypass-approvals-and-sandbox'] : ['--sandbox', 'workspace-write']),
    ...(model === undefined ? [] : ['--model', model]),
    '-',
  ],
  env: ({ place, way }) => ({
    CODEX_HOME: `${place.home}/.codex`,
    RUST_LOG: 'error',
    ...(way === 'login' ? tunnelEnv(place) : { OVERNIGHT_GATEWAY_TOKEN: place.token }),
  }),
  files: ({ place, way, model }) => ({
    '.codex/config.toml': [
      ...(model === undefined ? [] : [`model = ${JSON.stringify(model)}`]),
      ...(way === 'login' ? [] : ['model_provider = "overnight"']),
      'check_for_update_on_startup = false',
      'web_search = "disabled"',
      '[features]',
      'plugins = false',
      '[analytics]',
      'enabled = false',
      '[feedback]',
      'enabled = false',
      ...(way === 'login'
        ? []
        : [
            '[model_providers.overnight]',
            'name = "Overnight\'s gateway"',
            `base_url = "${place.gateway}/v1"`,
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
    const message = events.findLast((event) => fields(event.item).type === 'agent_message');
    const usage = fields(events.findLast((event) => event.type === 'turn.completed')?.usage);
    const failed = events.findLast((event) => event.type === 'turn.failed' || event.type === 'error');
    const cached = Number(usage.cached_input_tokens ?? 0);
    const over = events.findIndex((event) => event.type === 'turn.completed') >= 0;
    const error = text(fields(failed?.error).message) || text(failed?.message);
    return {
      text: text(fields(message?.item).text),
      ...ownUsage({ input: Number(usage.input_tokens ?? 0) - cached, cached, output: usage.output_tokens }),
      ...(failed && !over && { error: error || 'the turn failed' }),
    };
  },
};
