/**
 * pi, headless (`pi -p --mode json`). It has no permissions of its own (but its tools can be chosen), and ends with
 * exit status 0 after a fatal error of the model.
 */
import type { Api } from './gateway/apis.ts';
import { fields, list } from './gateway/apis.ts';
import { jsonLines, ownUsage, type Recipe, text } from './recipe.ts';

const API_NAMES: Readonly<Record<Api, readonly [name: string, base: string]>> = {
  anthropic: ['anthropic-messages', ''],
  chat: ['openai-completions', '/v1'],
  responses: ['openai-responses', '/v1'],
  gemini: ['google-generative-ai', '/v1beta'],
};

export const pi: Recipe = {
  name: 'pi',
  programs: ['pi'],
  apis: ['anthropic', 'responses', 'chat', 'gemini'],
  defaultModel: { anthropic: 'claude-sonnet-4-5', responses: 'gpt-5.5', chat: 'gpt-5.5', gemini: 'gemini-2.5-pro' },
  needs: ['--mode', '--provider', '--no-session'],
  help: ['--help'],
  argv: ({ task, model, jailed }) => [
    ...['--provider', 'overnight', '--model', model ?? '', '--mode', 'json', '-p', '--no-session'],
    ...(jailed ? [] : ['--tools', 'read,edit,write']), // no shell
    ...['--no-extensions', '--no-skills', '--no-prompt-templates', '--no-context-files', task.prompt],
  ],
  env: ({ place }) => ({
    PI_CODING_AGENT_DIR: `${place.home}/.pi`,
    PI_OFFLINE: '1',
    PI_TELEMETRY: '0',
    PI_SKIP_VERSION_CHECK: '1',
    OVERNIGHT_GATEWAY_TOKEN: place.token,
  }),
  files: ({ place, way, model }) => {
    const [api, base] = API_NAMES[way as Api];
    const limits = {
      contextWindow: 128_000,
      maxTokens: 16_000,
      cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
    };
    const only = { id: model ?? '', name: model ?? '', reasoning: false, input: ['text'], ...limits };
    const provider = { baseUrl: `${place.gateway}${base}`, api, apiKey: 'OVERNIGHT_GATEWAY_TOKEN', models: [only] };
    return { '.pi/models.json': JSON.stringify({ providers: { overnight: provider } }) };
  },
  prompt: 'argument',
  read: (stdout) => {
    const messages = jsonLines(stdout)
      .filter((event) => event.type === 'message_end')
      .map((event) => fields(event.message))
      .filter((message) => message.role === 'assistant');
    const last = messages.at(-1);
    const sum = (name: string): number =>
      messages.reduce((total, message) => total + Number(fields(message.usage)[name] ?? 0), 0);
    const failed = last?.stopReason === 'error' || last?.stopReason === 'aborted';
    return {
      text: list(last?.content)
        .map((part) => text(fields(part).text))
        .join('\n')
        .trim(),
      ...ownUsage({
        calls: messages.length,
        input: sum('input') + sum('cacheWrite'),
        cached: sum('cacheRead'),
        output: sum('output'),
      }),
      ...(failed && { error: text(last?.errorMessage) || 'it stopped with an error' }),
    };
  },
};
