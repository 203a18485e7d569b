/** A broker before a provider of the test's own, and one measurement's socket to it. */
import { type IncomingMessage, request } from 'node:http';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import { Broker } from '../../src/agents/broker/broker.ts';
import { type ModelRules, modelSchema } from '../../src/core/model-rules.ts';
import type { ModelRequester, OpenModels } from '../../src/core/model-use.ts';
import { freshFolder } from '../fixtures/cli.ts';
import { type Answerer, type Heard, KEY, type Provider, startProvider } from './gateway-scene.ts';

export interface ModelScene {
  readonly provider: Provider;
  readonly broker: Broker;
  readonly models: OpenModels;
  readonly socketPath: string;
  readonly folder: string;
  /** Another measurement. */
  open(requester?: Partial<ModelRequester>): Promise<OpenModels>;
}

const toClose: (() => Promise<void>)[] = [];

/** Closes what the tests of a file open, after each. */
export function closeAfterEach(): void {
  afterEach(async () => {
    for (const close of toClose.splice(0).reverse()) await close();
  });
}

export const CHAT = '/v1/chat/completions';
export const ask = (text = 'hi', model: unknown = 'target-small'): object => ({
  model,
  messages: [{ role: 'user', content: text }],
});

/** Answers with the text that it is given, and 100 tokens in and 10 out. */
export const chatAnswer = (text: (body: string, count: number) => string = () => 'ok'): Answerer =>
  (() => {
    let count = 0;
    return (response, body) => {
      response.setHeader('content-type', 'application/json');
      const message = { role: 'assistant', content: text(body, count++) };
      const usage = { prompt_tokens: 100, completion_tokens: 10 };
      response.end(JSON.stringify({ choices: [{ message }], usage }));
    };
  })();

export async function openModelScene(
  answer: Answerer = chatAnswer(),
  rules: Partial<Record<keyof ModelRules, unknown>> = {},
): Promise<ModelScene> {
  const provider = await startProvider(answer);
  const folder = freshFolder('answers');
  const broker = new Broker({
    rules: modelSchema.parse({
      for: 'candidate',
      allow: ['target-small', 'other-*'],
      url: `${provider.url}/v1`,
      key: 'TARGET_KEY',
      budget: { tokens: 1_000_000 },
      prices: { 'target-small': { input: 1, output: 2 } },
      timeout_s: 20,
      ...rules,
    }),
    environment: { TARGET_KEY: KEY, OPENAI_API_KEY: 'sk-ANOTHERKEY-0123456789' },
    folder,
    tag: 'overnight-test-broker',
  });
  const open = async (requester: Partial<ModelRequester> = {}): Promise<OpenModels> => {
    const models = await broker.open({ user: 'candidate', space: 'candidate one', draw: 'm1', ...requester });
    toClose.push(() => models.close());
    return models;
  };
  toClose.push(() => provider.close());
  const models = await open();
  return { provider, broker, models, socketPath: socketOf(models), folder, open };
}

export const socketOf = ({ socketDir, socketName }: OpenModels): string => join(socketDir, socketName);

export interface Sent {
  readonly path?: string;
  readonly method?: string;
  readonly body?: unknown;
  readonly bytes?: Buffer;
  readonly headers?: Readonly<Record<string, string>>;
  readonly onResponse?: (response: IncomingMessage) => void;
}

/** A request of a candidate. Never rejects; status 0 where the connection ended without an answer. */
export function sendTo(socketPath: string, sent: Sent = {}): Promise<Heard> {
  const { path = CHAT, method = 'POST', body = ask(), bytes, headers = {}, onResponse } = sent;
  return new Promise((resolve) => {
    const asking = request({ socketPath, path, method, headers, agent: false }, (response) => {
      onResponse?.(response);
      let text = '';
      const heard = (): void => resolve({ status: response.statusCode ?? 0, body: text, headers: response.headers });
      if (!onResponse) response.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')));
      response.on('close', heard);
      response.on('error', heard);
    });
    asking.on('error', () => resolve({ status: 0, body: '', headers: {} }));
    asking.end(method === 'GET' ? undefined : (bytes ?? JSON.stringify(body)));
  });
}
