/**
 * A small agent of our own for whoever has a key, or a local server, and no agent installed: a model with tools for its
 * folder, and nothing else. Runs in this process, so it executes no code; its requests pass the gateway like
 * everybody's, except to Bedrock, whose signatures cannot be passed on. The libraries are loaded at the first call:
 * start-up does not pay for them.
 */
import type { LanguageModel } from 'ai';
import { z } from 'zod';
import { LabError, reasonOf } from '../base/error.ts';
import type { CallFailure, Usage } from '../core/event.ts';
import type { Agent, AgentResult, AgentTask } from '../core/ports.ts';
import { monotonicMs } from '../os/clock.ts';
import type { AgentHost } from './cli-agent.ts';
import type { Api } from './gateway/apis.ts';
import { classifyResponse, classifyText, redacted } from './gateway/classify.ts';
import type { OpenCall } from './gateway/gateway.ts';
import { usdOf } from './gateway/prices.ts';
import { FolderTools } from './model-tools.ts';

export type Provider = 'anthropic' | 'openai' | 'compatible' | 'bedrock';
const PROVIDERS: readonly Provider[] = ['anthropic', 'openai', 'compatible', 'bedrock'];
const API: Readonly<Record<Exclude<Provider, 'bedrock'>, Api>> = {
  anthropic: 'anthropic',
  openai: 'responses',
  compatible: 'chat',
};
const DEFAULT_MODEL: Readonly<Partial<Record<Provider, string>>> = {
  anthropic: 'claude-sonnet-4-5',
  openai: 'gpt-5.5',
};

/** Rounds of tools and answers in one call. */
const MOST_STEPS = 40;
/** Of one answer: enough to rewrite a long file. */
const MOST_OUTPUT_TOKENS = 16_000;
const MOST_TEXT = 32_000;

const SYSTEM = `You are a researcher who improves one measured number by editing files. You have tools to list, read, search and edit files of one folder and to look at earlier
experiments; you cannot run anything. Read what you need, make one change, then end with the JSON note that the task asks for. Never ask questions.`;

export interface ModelChoice {
  /**
   * `claude-sonnet-4-5`, or with its provider before it: `compatible:qwen3:8b`, `bedrock:…`. Absent: the provider's
   * default.
   */
  readonly model?: string;
  /** Reads keys of Bedrock; the process's own when absent. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** Throws E_AGENT when no provider can be reached. */
export function modelAgent(choice: ModelChoice, host: Pick<AgentHost, 'gateway' | 'within'>): Agent {
  const env = choice.env ?? process.env;
  const { provider, model } = resolve(choice.model, host, env);
  const how = provider === 'bedrock' ? 'directly: its own figures' : 'through the gateway';
  return {
    name: 'model',
    model,
    reason: `the built-in agent with ${model} (${provider}), in this process: it edits files and runs nothing, ${how}`,
    run: (task) => call(task, provider, model, host, env),
  };
}

/** Can any provider be reached? */
export const canAskModels = (
  gateway: AgentHost['gateway'],
  env: Readonly<Record<string, string | undefined>>,
): boolean => gateway.speaks('anthropic') || gateway.speaks('chat') || hasBedrock(env);

const hasBedrock = (env: Readonly<Record<string, string | undefined>>): boolean =>
  Boolean(env.AWS_BEARER_TOKEN_BEDROCK || (env.AWS_ACCESS_KEY_ID && env.AWS_SECRET_ACCESS_KEY));

function resolve(
  asked: string | undefined,
  { gateway }: Pick<AgentHost, 'gateway'>,
  env: Readonly<Record<string, string | undefined>>,
): { readonly provider: Provider; readonly model: string } {
  const [, named, rest] = /^([a-z]+):(.+)$/.exec(asked ?? '') ?? [];
  const given = PROVIDERS.find((each) => each === named);
  const local = Boolean(env.OPENAI_BASE_URL || env.OPENAI_API_BASE);
  const guess: Provider | undefined =
    asked !== undefined && /^claude/.test(asked) && gateway.speaks('anthropic')
      ? 'anthropic'
      : gateway.speaks('chat') && (local || asked !== undefined || !gateway.speaks('anthropic'))
        ? local
          ? 'compatible'
          : 'openai'
        : gateway.speaks('anthropic')
          ? 'anthropic'
          : hasBedrock(env)
            ? 'bedrock'
            : undefined;
  const provider = given ?? guess;
  if (provider === undefined || (provider === 'bedrock' ? !hasBedrock(env) : !gateway.speaks(API[provider]))) {
    throw new LabError('E_AGENT', {
      what: 'The built-in agent has no way to a model.',
      why: provider === undefined ? 'No key and no address of a server is set.' : `Nothing is set for ${provider}.`,
      next: 'Set ANTHROPIC_API_KEY, OPENAI_API_KEY, OPENAI_BASE_URL (a compatible server) or AWS keys, or let the optimizer propose.',
    });
  }
  const model = (given === undefined ? asked : rest) ?? DEFAULT_MODEL[provider];
  if (model === undefined) {
    throw new LabError('E_AGENT', {
      what: 'The built-in agent needs the name of a model.',
      why: `${provider === 'bedrock' ? 'Bedrock' : 'A compatible server'} has no default model.`,
      next: 'Give one with --model, for example --model qwen3:8b.',
    });
  }
  return { provider, model };
}

type Env = Readonly<Record<string, string | undefined>>;

async function call(
  task: AgentTask,
  provider: Provider,
  model: string,
  host: Pick<AgentHost, 'gateway' | 'within'>,
  env: Env,
): Promise<AgentResult> {
  const begun = monotonicMs();
  const over = new AbortController();
  const { tokens, usd } = task.limits;
  const open = await host.gateway.open({
    allowance: { ...(tokens !== undefined && { tokens }), ...(usd !== undefined && { usd }) },
    within: host.within,
    onGiveUp: () => over.abort(),
  });
  const clock = AbortSignal.timeout(task.limits.wallMs);
  const spent = (own?: Usage): { wallS: number; usage?: Usage } => {
    const usage = open.call.report().usage ?? own;
    return { wallS: (monotonicMs() - begun) / 1000, ...(usage && { usage }) };
  };
  const failed = (why: CallFailure, message: string, more: { retryAt?: string } = {}): AgentResult => ({
    kind: 'failed',
    class: why,
    message: redacted(message),
    ...more,
    ...spent(),
  });
  try {
    const nothing = open.call.account.exhausted();
    if (nothing !== undefined) return failed('budget', nothing);
    const language = await languageModel(provider, model, open, env);
    const done = await converse(language, provider, task, AbortSignal.any([task.signal, clock, over.signal]));
    const own = provider === 'bedrock' ? ownUsage(model, done.tokens) : undefined;
    return { kind: 'done', text: redacted(done.text).slice(-MOST_TEXT), ...spent(own) };
  } catch (thrown) {
    const seen = open.call.report().failure;
    if (task.signal.aborted) return failed('aborted', 'it was stopped');
    if (seen) return failed(seen.class, seen.message, seen.retryAt === undefined ? {} : { retryAt: seen.retryAt });
    if (clock.aborted) return failed('hung', `it was not done after ${Math.round(task.limits.wallMs / 1000)} s`);
    const { class: why, message, retryAt } = classified(thrown);
    return failed(why, message, retryAt === undefined ? {} : { retryAt });
  } finally {
    await open.close();
  }
}

function classified(thrown: unknown): { class: CallFailure; message: string; retryAt?: string } {
  const last = (thrown as { lastError?: unknown }).lastError ?? thrown;
  const { statusCode, responseHeaders, responseBody } = last as {
    statusCode?: number;
    responseHeaders?: Record<string, string>;
    responseBody?: string;
  };
  if (statusCode !== undefined && statusCode >= 400)
    return classifyResponse(statusCode, responseHeaders ?? {}, responseBody ?? '', Date.now());
  return classifyText(reasonOf(last), Date.now()) ?? { class: 'crashed', message: reasonOf(last) };
}

async function languageModel(provider: Provider, model: string, open: OpenCall, env: Env): Promise<LanguageModel> {
  if (provider === 'bedrock') {
    const { createAmazonBedrock } = await import('@ai-sdk/amazon-bedrock');
    const address = env.AWS_ENDPOINT_URL_BEDROCK_RUNTIME;
    return createAmazonBedrock({
      region: env.AWS_REGION ?? env.AWS_DEFAULT_REGION ?? 'us-east-1',
      ...(env.AWS_BEARER_TOKEN_BEDROCK && { apiKey: env.AWS_BEARER_TOKEN_BEDROCK }),
      ...(env.AWS_ACCESS_KEY_ID && { accessKeyId: env.AWS_ACCESS_KEY_ID }),
      ...(env.AWS_SECRET_ACCESS_KEY && { secretAccessKey: env.AWS_SECRET_ACCESS_KEY }),
      ...(env.AWS_SESSION_TOKEN && { sessionToken: env.AWS_SESSION_TOKEN }),
      ...(address && { baseURL: address }),
    })(model);
  }
  const at = { baseURL: `http://127.0.0.1:${await open.port()}/v1`, apiKey: open.call.token };
  if (provider === 'anthropic') return (await import('@ai-sdk/anthropic')).createAnthropic(at)(model);
  if (provider === 'openai') return (await import('@ai-sdk/openai')).createOpenAI(at).responses(model);
  return (await import('@ai-sdk/openai-compatible')).createOpenAICompatible({ name: 'compatible', ...at })(model);
}

interface Said {
  readonly text: string;
  readonly tokens: {
    readonly input: number;
    readonly cacheRead: number;
    readonly cacheWrite: number;
    readonly output: number;
    readonly calls: number;
  };
}

async function converse(
  model: LanguageModel,
  provider: Provider,
  task: AgentTask,
  abortSignal: AbortSignal,
): Promise<Said> {
  const { generateText, stepCountIs, tool } = await import('ai');
  // It would print to the terminal what only concerns us.
  (globalThis as { AI_SDK_LOG_WARNINGS?: boolean }).AI_SDK_LOG_WARNINGS = false;
  const own = new FolderTools(task);
  const file = z.string().describe('path below the folder');
  const tools = {
    list_files: tool({
      description: 'List the files of the folder.',
      inputSchema: z.object({}),
      execute: async () => own.list(),
    }),
    read_file: tool({
      description: 'Read lines of a file, with their numbers.',
      inputSchema: z.object({ file, from: z.number().optional(), lines: z.number().optional() }),
      execute: async (a) => own.read(a.file, a.from, a.lines),
    }),
    search: tool({
      description: 'Find lines that hold some words, in all files.',
      inputSchema: z.object({ words: z.string() }),
      execute: async (a) => own.search(a.words),
    }),
    edit_file: tool({
      description: 'Replace a piece of text that stands exactly once in a file.',
      inputSchema: z.object({ file, before: z.string(), after: z.string() }),
      execute: async (a) => own.edit(a.file, a.before, a.after),
    }),
    write_file: tool({
      description: 'Write a whole file.',
      inputSchema: z.object({ file, content: z.string() }),
      execute: async (a) => own.write(a.file, a.content),
    }),
    earlier_experiment: tool({
      description: 'What an earlier experiment changed and how it ended, by its number.',
      inputSchema: z.object({ n: z.number() }),
      execute: async (a) => own.earlier(a.n),
    }),
  };
  const cached =
    provider === 'anthropic'
      ? { providerOptions: { anthropic: { cacheControl: { type: 'ephemeral' as const } } } }
      : {};
  const result = await generateText({
    model,
    system: { role: 'system', content: SYSTEM, ...cached },
    prompt: task.prompt,
    tools,
    stopWhen: stepCountIs(MOST_STEPS),
    maxOutputTokens: MOST_OUTPUT_TOKENS,
    maxRetries: 2,
    abortSignal,
  });
  const { inputTokens = 0, outputTokens = 0, inputTokenDetails: detail } = result.totalUsage;
  const [cacheRead, cacheWrite] = [detail.cacheReadTokens ?? 0, detail.cacheWriteTokens ?? 0];
  const input = Math.max(0, inputTokens - cacheRead - cacheWrite);
  const text = result.steps
    .map((step) => step.text)
    .filter(Boolean)
    .join('\n');
  return { text, tokens: { input, cacheRead, cacheWrite, output: outputTokens, calls: result.steps.length } };
}

function ownUsage(model: string, { calls, ...tokens }: Said['tokens']): Usage {
  const usd = usdOf(model, tokens);
  return {
    calls,
    inputTokens: tokens.input + tokens.cacheWrite,
    cachedTokens: tokens.cacheRead,
    outputTokens: tokens.output,
    ...(usd !== undefined && { usd }),
    source: 'agent',
  };
}
