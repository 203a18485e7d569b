/**
 * opencode and Copilot CLI, headless. Both accept the gateway as a provider of models. Neither can use a subscription
 * through the gateway.
 */
import { defined } from '../base/defined.ts';
import { asFields, type Fields } from './gateway/apis.ts';
import { jsonLines, ownUsage, type Recipe, asText } from './recipe.ts';

export const opencode: Recipe = {
  name: 'opencode',
  programs: ['opencode'],
  apis: ['chat'],
  defaultModel: { chat: 'gpt-5.5' },
  needs: ['--format'],
  help: ['run', '--help'],
  argv: ({ task }) => ['run', '--format', 'json', task.prompt],
  env: ({ layout }) => ({
    OPENCODE_CONFIG: `${layout.home}/opencode.json`,
    XDG_CONFIG_HOME: `${layout.home}/.config`,
    XDG_DATA_HOME: `${layout.home}/.local/share`,
    XDG_STATE_HOME: `${layout.home}/.local/state`,
    OPENCODE_DISABLE_AUTOUPDATE: '1',
    OPENCODE_DISABLE_MODELS_FETCH: '1',
    OPENCODE_DISABLE_LSP_DOWNLOAD: '1',
    OPENCODE_DISABLE_DEFAULT_PLUGINS: '1',
    OPENCODE_DISABLE_CLAUDE_CODE: '1',
  }),
  files: ({ layout, model = '', isJailed }) => ({
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
          options: { baseURL: `${layout.gateway}/v1`, apiKey: layout.token },
          models: { [model]: { name: model, limit: { context: 128_000, output: 16_000 } } },
        },
      },
      permission: isJailed
        ? { '*': 'allow', webfetch: 'deny', websearch: 'deny', question: 'deny' }
        : { '*': 'deny', read: 'allow', glob: 'allow', grep: 'allow', edit: 'allow' },
    }),
  }),
  prompt: 'argument',
  read: (stdout) => {
    const events = jsonLines(stdout);
    const steps = events.filter((event) => event.type === 'step_finish').map((event) => asFields(event.part));
    const sumOfSteps = (pickCount: (tokens: Readonly<Record<string, unknown>>) => unknown): number =>
      steps.reduce((total, step) => total + Number(pickCount(asFields(step.tokens)) ?? 0), 0);
    const failureEvent = events.findLast((event) => event.type === 'error');
    return defined({
      text: asText(asFields(events.findLast((event) => event.type === 'text')?.part).text),
      usage: ownUsage({
        calls: steps.length,
        input: sumOfSteps((tokens) => tokens.input) + sumOfSteps((tokens) => asFields(tokens.cache).write),
        cached: sumOfSteps((tokens) => asFields(tokens.cache).read),
        output: sumOfSteps((tokens) => tokens.output) + sumOfSteps((tokens) => tokens.reasoning),
      }),
      error: failureEvent && (messageOf(asFields(failureEvent.error)) || 'it reports an error'),
    });
  },
};

const messageOf = (errorFields: Fields): string =>
  asText(asFields(errorFields.data).message) || asText(errorFields.message) || asText(errorFields.name);

export const copilot: Recipe = {
  name: 'copilot',
  programs: ['copilot'],
  apis: ['chat'],
  defaultModel: { chat: 'gpt-5.5' },
  needs: ['--allow-all-tools', '--output-format', '--no-ask-user'],
  help: ['--help'],
  argv: ({ task, isJailed }) => [
    ...['-p', task.prompt, '--output-format', 'json', '--no-ask-user', '--no-auto-update'],
    ...(isJailed ? ['--allow-all-tools'] : ['--allow-tool=write']),
  ],
  env: ({ layout, model }) => ({
    COPILOT_HOME: `${layout.home}/.copilot`,
    COPILOT_OFFLINE: 'true',
    COPILOT_AUTO_UPDATE: 'false',
    COPILOT_PROVIDER_BASE_URL: `${layout.gateway}/v1`,
    COPILOT_PROVIDER_API_KEY: layout.token,
    COPILOT_MODEL: model ?? '',
  }),
  prompt: 'argument',
  read: (stdout) => {
    const events = jsonLines(stdout);
    const lastMessage = events.findLast(
      (event) => event.type === 'assistant.message' && asText(asFields(event.data).content) !== '',
    );
    const failureEvent = events.findLast((event) => /error$/.test(asText(event.type)));
    const error = asText(asFields(failureEvent?.data).message) || 'it reports an error';
    return defined({
      text: asText(asFields(lastMessage?.data).content),
      error: failureEvent && !lastMessage ? error : undefined,
    });
  },
};
