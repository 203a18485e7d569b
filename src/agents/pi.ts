/**
 * pi, headless (`pi -p --mode json`). It has no permissions of its own, but its tools can be chosen. After a fatal
 * error of the model it ends with exit status 0.
 */
import { defined } from '../base/defined.ts';
import type { Api } from './gateway/apis.ts';
import { asFields, asList } from './gateway/apis.ts';
import { jsonLines, ownUsage, type Recipe, asText } from './recipe.ts';

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
  argv: ({ task, model, isJailed }) => [
    ...['--provider', 'overnight', '--model', model ?? '', '--mode', 'json', '-p', '--no-session'],
    ...(isJailed ? [] : ['--tools', 'read,edit,write']), // no shell
    ...['--no-extensions', '--no-skills', '--no-prompt-templates', '--no-context-files', task.prompt],
  ],
  env: ({ layout }) => ({
    PI_CODING_AGENT_DIR: `${layout.home}/.pi`,
    PI_OFFLINE: '1',
    PI_TELEMETRY: '0',
    PI_SKIP_VERSION_CHECK: '1',
    OVERNIGHT_GATEWAY_TOKEN: layout.token,
  }),
  files: ({ layout, route, model }) => {
    const [apiName, basePath] = API_NAMES[route as Api];
    const modelLimits = {
      contextWindow: 128_000,
      maxTokens: 16_000,
      cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
    };
    const modelEntry = { id: model ?? '', name: model ?? '', reasoning: false, input: ['text'], ...modelLimits };
    const provider = {
      baseUrl: `${layout.gateway}${basePath}`,
      api: apiName,
      apiKey: 'OVERNIGHT_GATEWAY_TOKEN',
      models: [modelEntry],
    };
    return { '.pi/models.json': JSON.stringify({ providers: { overnight: provider } }) };
  },
  prompt: 'argument',
  read: (stdout) => {
    const messages = jsonLines(stdout)
      .filter((event) => event.type === 'message_end')
      .map((event) => asFields(event.message))
      .filter((message) => message.role === 'assistant');
    const lastMessage = messages.at(-1);
    const sumOfUsage = (fieldName: string): number =>
      messages.reduce((total, message) => total + Number(asFields(message.usage)[fieldName] ?? 0), 0);
    const hasFailed = lastMessage?.stopReason === 'error' || lastMessage?.stopReason === 'aborted';
    return defined({
      text: asList(lastMessage?.content)
        .map((part) => asText(asFields(part).text))
        .join('\n')
        .trim(),
      usage: ownUsage({
        calls: messages.length,
        input: sumOfUsage('input') + sumOfUsage('cacheWrite'),
        cached: sumOfUsage('cacheRead'),
        output: sumOfUsage('output'),
      }),
      error: hasFailed ? asText(lastMessage?.errorMessage) || 'it stopped with an error' : undefined,
    });
  },
};
