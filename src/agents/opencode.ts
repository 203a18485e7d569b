/**
 * opencode and Copilot CLI, headless, both with a provider of one's own. Neither can use a subscription through the
 * gateway.
 */
import { fields } from './gateway/apis.ts';
import { jsonLines, ownUsage, type Recipe, text } from './recipe.ts';

export const opencode: Recipe = {
  name: 'opencode',
  programs: ['opencode'],
  apis: ['chat'],
  defaultModel: { chat: 'gpt-5.5' },
  needs: ['--format'],
  help: ['run', '--help'],
  argv: ({ task }) => ['run', '--format', 'json', task.prompt],
  env: ({ place }) => ({
    OPENCODE_CONFIG: `${place.home}/opencode.json`,
    XDG_CONFIG_HOME: `${place.home}/.config`,
    XDG_DATA_HOME: `${place.home}/.local/share`,
    XDG_STATE_HOME: `${place.home}/.local/state`,
    OPENCODE_DISABLE_AUTOUPDATE: '1',
    OPENCODE_DISABLE_MODELS_FETCH: '1',
    OPENCODE_DISABLE_LSP_DOWNLOAD: '1',
    OPENCODE_DISABLE_DEFAULT_PLUGINS: '1',
    OPENCODE_DISABLE_CLAUDE_CODE: '1',
  }),
  files: ({ place, model = '', jailed }) => ({
    'opencode.json': JSON.stringify({
      autoupdate: false,
      share: 'disabled',
      snapshot: false,
      enabled_providers: ['overnight'],
      model: `overnight/${model}`,
      small_model: `overnight/${model}`,
      provider: {
        overnight: {
          npm: '@ai-sdk/openai-compatible',
          name: 'Overnight',
          options: { baseURL: `${place.gateway}/v1`, apiKey: place.token },
          models: { [model]: { name: model, limit: { context: 128_000, output: 16_000 } } },
        },
      },
      permission: jailed
        ? { '*': 'allow', webfetch: 'deny', websearch: 'deny', question: 'deny' }
        : { '*': 'deny', read: 'allow', glob: 'allow', grep: 'allow', edit: 'allow' },
    }),
  }),
  prompt: 'argument',
  read: (stdout) => {
    const events = jsonLines(stdout);
    const steps = events.filter((event) => event.type === 'step_finish').map((event) => fields(event.part));
    const sum = (pick: (tokens: Readonly<Record<string, unknown>>) => unknown): number =>
      steps.reduce((total, step) => total + Number(pick(fields(step.tokens)) ?? 0), 0);
    const failed = events.findLast((event) => event.type === 'error');
    const error = fields(failed?.error);
    return {
      text: text(fields(events.findLast((event) => event.type === 'text')?.part).text),
      ...ownUsage({
        calls: steps.length,
        input: sum((tokens) => tokens.input) + sum((tokens) => fields(tokens.cache).write),
        cached: sum((tokens) => fields(tokens.cache).read),
        output: sum((tokens) => tokens.output) + sum((tokens) => tokens.reasoning),
      }),
      ...(failed && {
        error: text(fields(error.data).message) || text(error.message) || text(error.name) || 'it reports an error',
      }),
    };
  },
};

export const copilot: Recipe = {
  name: 'copilot',
  programs: ['copilot'],
  apis: ['chat'],
  defaultModel: { chat: 'gpt-5.5' },
  needs: ['--allow-all-tools', '--output-format', '--no-ask-user'],
  help: ['--help'],
  argv: ({ task, jailed }) => [
    ...['-p', task.prompt, '--output-format', 'json', '--no-ask-user', '--no-auto-update'],
    ...(jailed ? ['--allow-all-tools'] : ['--allow-tool=write']),
  ],
  env: ({ place, model }) => ({
    COPILOT_HOME: `${place.home}/.copilot`,
    COPILOT_OFFLINE: 'true',
    COPILOT_AUTO_UPDATE: 'false',
    COPILOT_PROVIDER_BASE_URL: `${place.gateway}/v1`,
    COPILOT_PROVIDER_API_KEY: place.token,
    COPILOT_MODEL: model ?? '',
  }),
  prompt: 'argument',
  read: (stdout) => {
    const events = jsonLines(stdout);
    const said = events.findLast(
      (event) => event.type === 'assistant.message' && text(fields(event.data).content) !== '',
    );
    const failed = events.findLast((event) => /error$/.test(text(event.type)));
    return {
      text: text(fields(said?.data).content),
      ...(failed && !said && { error: text(fields(failed.data).message) || 'it reports an error' }),
    };
  },
};
