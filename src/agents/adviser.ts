/**
 * A model that is asked one question and has no tools: it reads text and answers text. Its requests pass the gateway
 * like those of any agent. Needs no library.
 */
import { defined } from '../base/defined.ts';
import { LabError, reasonOf } from '../base/error.ts';
import type { Adviser, AgentResult } from '../core/ports.ts';
import { monotonicMs } from '../os/clock.ts';
import { asFields, asList } from './gateway/apis.ts';
import { classifyText, type ProviderFailure, redactSecrets } from './gateway/classify.ts';
import type { Gateway, OpenCall } from './gateway/gateway.ts';

type AdviserApi = 'anthropic' | 'chat';

const MAX_ANSWER_TOKENS = 4000;
const PREFIXES: Readonly<Record<string, AdviserApi>> = { anthropic: 'anthropic', openai: 'chat', compatible: 'chat' };

/**
 * `name` is a model, or a model with its provider before it: `openai:gpt-5`. Throws E_AGENT where that provider cannot
 * be asked.
 */
export function openAdviser(name: string, gateway: Pick<Gateway, 'speaksApi' | 'openCall'>): Adviser {
  const [, prefix = '', afterPrefix] = /^([a-z]+):(.+)$/.exec(name) ?? [];
  const named = PREFIXES[prefix];
  const model = named === undefined ? name : afterPrefix!;
  const api = named ?? (model.startsWith('claude') && gateway.speaksApi('anthropic') ? 'anthropic' : 'chat');
  if (!gateway.speaksApi(api))
    throw new LabError('E_AGENT', {
      what: `The adviser ${model} cannot be asked.`,
      why: `No key and no server is set for the ${api === 'anthropic' ? 'Anthropic' : 'OpenAI'} API.`,
      next: `Set ${api === 'anthropic' ? 'ANTHROPIC_API_KEY' : 'OPENAI_API_KEY, or OPENAI_BASE_URL of a compatible server'}, or run without --adviser.`,
    });
  return {
    model,
    reason: `${model} through the gateway (${api} API)`,
    ask: (question, options) => askOnce(gateway, api, model, question, options),
  };
}

async function askOnce(
  gateway: Pick<Gateway, 'openCall'>,
  api: AdviserApi,
  model: string,
  question: string,
  { signal, limits }: Parameters<Adviser['ask']>[1],
): Promise<AgentResult> {
  const beganMs = monotonicMs();
  const timeout = AbortSignal.timeout(limits.wallMs);
  const { tokens, usd } = limits;
  const openCall = await gateway.openCall({ allowance: defined({ tokens, usd }) });
  const about = (): { wallS: number; usage?: NonNullable<AgentResult['usage']> } =>
    defined({ wallS: (monotonicMs() - beganMs) / 1000, usage: openCall.call.buildReport().usage });
  try {
    const text = await requestText(openCall, api, model, question, AbortSignal.any([signal, timeout]));
    return { kind: 'done', text: redactSecrets(text), ...about() };
  } catch (thrown) {
    const failure = whyNone(thrown, signal, timeout, openCall.call.buildReport().failure);
    return { kind: 'failed', ...failure, message: redactSecrets(failure.message), ...about() };
  } finally {
    await openCall.close();
  }
}

async function requestText(
  openCall: OpenCall,
  api: AdviserApi,
  model: string,
  question: string,
  signal: AbortSignal,
): Promise<string> {
  const path = api === 'anthropic' ? '/v1/messages' : '/v1/chat/completions';
  const messages = [{ role: 'user', content: question }];
  const body = { model, messages, ...(api === 'anthropic' && { max_tokens: MAX_ANSWER_TOKENS }) };
  const response = await fetch(`http://127.0.0.1:${await openCall.port()}${path}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${openCall.call.token}`,
      ...(api === 'anthropic' && { 'anthropic-version': '2023-06-01' }),
    },
    body: JSON.stringify(body),
    signal,
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`status ${response.status}: ${text.slice(0, 500)}`);
  const answer = asFields(JSON.parse(text));
  const parts = api === 'anthropic' ? asList(answer.content) : [asFields(asFields(asList(answer.choices)[0]).message)];
  return parts.map((part) => String(asFields(part)[api === 'anthropic' ? 'text' : 'content'] ?? '')).join('\n');
}

/** A stop by the person says more than the failure that it caused, and the gateway more than a status. */
function whyNone(
  thrown: unknown,
  signal: AbortSignal,
  timeout: AbortSignal,
  gatewayFailure: ProviderFailure | undefined,
): ProviderFailure {
  if (signal.aborted) return { class: 'aborted', message: 'it was stopped' };
  if (gatewayFailure) return gatewayFailure;
  if (timeout.aborted) return { class: 'hung', message: 'it did not answer in time' };
  return classifyText(reasonOf(thrown), Date.now()) ?? { class: 'crashed', message: reasonOf(thrown) };
}
