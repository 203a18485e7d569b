/**
 * A small agent of our own for whoever has a key, or a local server, and no agent installed: a model with tools for its
 * folder, and nothing else. Runs in this process, so it executes no code; its requests pass the gateway like
 * everybody's, except to Bedrock, whose signatures cannot be passed on. The libraries are optional peers, loaded at the
 * first call: start-up does not pay for them.
 */
import type { LanguageModel } from 'ai';
import { z } from 'zod';
import { LabError, reasonOf } from '../base/error.ts';
import type { CallFailure, Usage } from '../core/event.ts';
import type { Agent, AgentResult, AgentTask } from '../core/ports.ts';
import { monotonicMs } from '../os/clock.ts';
import type { AgentHost } from './cli-agent.ts';
import type { Api } from './gateway/apis.ts';
import { classifyResponse, classifyText, redactSecrets } from './gateway/classify.ts';
import type { OpenCall } from './gateway/gateway.ts';
import { usdOf } from './gateway/prices.ts';
import { requireModelPackages } from './model-packages.ts';
import { FolderTools } from './model-tools.ts';

export type Provider = 'anthropic' | 'openai' | 'compatible' | 'bedrock';
const PROVIDERS: readonly Provider[] = ['anthropic', 'openai', 'compatible', 'bedrock'];
const API_OF_PROVIDER: Readonly<Record<Exclude<Provider, 'bedrock'>, Api>> = {
  anthropic: 'anthropic',
  openai: 'responses',
  compatible: 'chat',
};
const DEFAULT_MODELS: Readonly<Partial<Record<Provider, string>>> = {
  anthropic: 'claude-sonnet-4-5',
  openai: 'gpt-5.5',
};

/** Rounds of tools and answers in one call. */
const MAX_STEPS = 40;
/** Of one answer: enough to rewrite a long file. */
const MAX_OUTPUT_TOKENS = 16_000;
const MAX_TEXT_CHARS = 32_000;

const SYSTEM_PROMPT = `You are a researcher who improves one measured number by editing files. You have tools to list, read, search and edit files of one folder and to look at earlier
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

/** Throws E_AGENT when no provider can be reached, or its libraries are not installed. */
export function modelAgent(choice: ModelChoice, agentHost: Pick<AgentHost, 'gateway' | 'within'>): Agent {
  const environment = choice.env ?? process.env;
  const { provider, model } = resolveModel(choice.model, agentHost, environment);
  requireModelPackages(provider);
  const accessRoute = provider === 'bedrock' ? 'directly: its own figures' : 'through the gateway';
  return {
    name: 'model',
    model,
    reason: `the built-in agent with ${model} (${provider}), in this process: it edits files and runs nothing, ${accessRoute}`,
    run: (task) => callModel(task, provider, model, agentHost, environment),
  };
}

/** Can any provider be reached? */
export const canAskModels = (
  gateway: AgentHost['gateway'],
  environment: Readonly<Record<string, string | undefined>>,
): boolean => gateway.speaksApi('anthropic') || gateway.speaksApi('chat') || hasBedrock(environment);

const hasBedrock = (environment: Readonly<Record<string, string | undefined>>): boolean =>
  Boolean(environment.AWS_BEARER_TOKEN_BEDROCK || (environment.AWS_ACCESS_KEY_ID && environment.AWS_SECRET_ACCESS_KEY));

function resolveModel(
  requestedModel: string | undefined,
  { gateway }: Pick<AgentHost, 'gateway'>,
  environment: Readonly<Record<string, string | undefined>>,
): { readonly provider: Provider; readonly model: string } {
  const [, providerName, nameWithoutProvider] = /^([a-z]+):(.+)$/.exec(requestedModel ?? '') ?? [];
  const givenProvider = PROVIDERS.find((knownProvider) => knownProvider === providerName);
  const isLocal = Boolean(environment.OPENAI_BASE_URL || environment.OPENAI_API_BASE);
  const guessedProvider: Provider | undefined =
    requestedModel !== undefined && /^claude/.test(requestedModel) && gateway.speaksApi('anthropic')
      ? 'anthropic'
      : gateway.speaksApi('chat') && (isLocal || requestedModel !== undefined || !gateway.speaksApi('anthropic'))
        ? isLocal
          ? 'compatible'
          : 'openai'
        : gateway.speaksApi('anthropic')
          ? 'anthropic'
          : hasBedrock(environment)
            ? 'bedrock'
            : undefined;
  const provider = givenProvider ?? guessedProvider;
  if (
    provider === undefined ||
    (provider === 'bedrock' ? !hasBedrock(environment) : !gateway.speaksApi(API_OF_PROVIDER[provider]))
  ) {
    throw new LabError('E_AGENT', {
      what: 'The built-in agent has no way to a model.',
      why: provider === undefined ? 'No key and no address of a server is set.' : `Nothing is set for ${provider}.`,
      next: 'Set ANTHROPIC_API_KEY, OPENAI_API_KEY, OPENAI_BASE_URL (a compatible server) or AWS keys, or let the optimizer propose.',
    });
  }
  const modelName = (givenProvider === undefined ? requestedModel : nameWithoutProvider) ?? DEFAULT_MODELS[provider];
  if (modelName === undefined) {
    throw new LabError('E_AGENT', {
      what: 'The built-in agent needs the name of a model.',
      why: `${provider === 'bedrock' ? 'Bedrock' : 'A compatible server'} has no default model.`,
      next: 'Give one with --model, for example --model qwen3:8b.',
    });
  }
  return { provider, model: modelName };
}

type ModelEnvironment = Readonly<Record<string, string | undefined>>;

async function callModel(
  task: AgentTask,
  provider: Provider,
  modelName: string,
  agentHost: Pick<AgentHost, 'gateway' | 'within'>,
  environment: ModelEnvironment,
): Promise<AgentResult> {
  const beganMs = monotonicMs();
  const giveUpController = new AbortController();
  const { tokens, usd } = task.limits;
  const openCall = await agentHost.gateway.openCall({
    allowance: { ...(tokens !== undefined && { tokens }), ...(usd !== undefined && { usd }) },
    within: agentHost.within,
    onGiveUp: () => giveUpController.abort(),
  });
  const timeoutSignal = AbortSignal.timeout(task.limits.wallMs);
  const resultFields = (reportedUsage?: Usage): { wallS: number; usage?: Usage } => {
    const usage = openCall.call.buildReport().usage ?? reportedUsage;
    return { wallS: (monotonicMs() - beganMs) / 1000, ...(usage && { usage }) };
  };
  const failureResult = (
    failureClass: CallFailure,
    message: string,
    retryFields: { retryAt?: string } = {},
  ): AgentResult => ({
    kind: 'failed',
    class: failureClass,
    message: redactSecrets(message),
    ...retryFields,
    ...resultFields(),
  });
  try {
    const exhaustedReason = openCall.call.account.whyExhausted();
    if (exhaustedReason !== undefined) return failureResult('budget', exhaustedReason);
    const languageModel = await openLanguageModel(provider, modelName, openCall, environment);
    const conversation = await runConversation(
      languageModel,
      provider,
      task,
      AbortSignal.any([task.signal, timeoutSignal, giveUpController.signal]),
    );
    const reportedUsage = provider === 'bedrock' ? usageOfTokens(modelName, conversation.tokens) : undefined;
    return {
      kind: 'done',
      text: redactSecrets(conversation.text).slice(-MAX_TEXT_CHARS),
      ...resultFields(reportedUsage),
    };
  } catch (thrownError) {
    const gatewayFailure = openCall.call.buildReport().failure;
    if (task.signal.aborted) return failureResult('aborted', 'it was stopped');
    if (gatewayFailure)
      return failureResult(
        gatewayFailure.class,
        gatewayFailure.message,
        gatewayFailure.retryAt === undefined ? {} : { retryAt: gatewayFailure.retryAt },
      );
    if (timeoutSignal.aborted)
      return failureResult('hung', `it was not done after ${Math.round(task.limits.wallMs / 1000)} s`);
    const { class: failureClass, message, retryAt } = classifyThrown(thrownError);
    return failureResult(failureClass, message, retryAt === undefined ? {} : { retryAt });
  } finally {
    await openCall.close();
  }
}

function classifyThrown(thrownError: unknown): { class: CallFailure; message: string; retryAt?: string } {
  const lastError = (thrownError as { lastError?: unknown }).lastError ?? thrownError;
  const { statusCode, responseHeaders, responseBody } = lastError as {
    statusCode?: number;
    responseHeaders?: Record<string, string>;
    responseBody?: string;
  };
  if (statusCode !== undefined && statusCode >= 400)
    return classifyResponse(statusCode, responseHeaders ?? {}, responseBody ?? '', Date.now());
  return classifyText(reasonOf(lastError), Date.now()) ?? { class: 'crashed', message: reasonOf(lastError) };
}

async function openLanguageModel(
  provider: Provider,
  modelName: string,
  openCall: OpenCall,
  environment: ModelEnvironment,
): Promise<LanguageModel> {
  if (provider === 'bedrock') {
    const { createAmazonBedrock } = await import('@ai-sdk/amazon-bedrock');
    const endpointUrl = environment.AWS_ENDPOINT_URL_BEDROCK_RUNTIME;
    return createAmazonBedrock({
      region: environment.AWS_REGION ?? environment.AWS_DEFAULT_REGION ?? 'us-east-1',
      ...(environment.AWS_BEARER_TOKEN_BEDROCK && { apiKey: environment.AWS_BEARER_TOKEN_BEDROCK }),
      ...(environment.AWS_ACCESS_KEY_ID && { accessKeyId: environment.AWS_ACCESS_KEY_ID }),
      ...(environment.AWS_SECRET_ACCESS_KEY && { secretAccessKey: environment.AWS_SECRET_ACCESS_KEY }),
      ...(environment.AWS_SESSION_TOKEN && { sessionToken: environment.AWS_SESSION_TOKEN }),
      ...(endpointUrl && { baseURL: endpointUrl }),
    })(modelName);
  }
  const gatewayAccess = { baseURL: `http://127.0.0.1:${await openCall.port()}/v1`, apiKey: openCall.call.token };
  if (provider === 'anthropic') return (await import('@ai-sdk/anthropic')).createAnthropic(gatewayAccess)(modelName);
  if (provider === 'openai') return (await import('@ai-sdk/openai')).createOpenAI(gatewayAccess).responses(modelName);
  return (await import('@ai-sdk/openai-compatible')).createOpenAICompatible({ name: 'compatible', ...gatewayAccess })(
    modelName,
  );
}

interface Conversation {
  readonly text: string;
  readonly tokens: {
    readonly input: number;
    readonly cacheRead: number;
    readonly cacheWrite: number;
    readonly output: number;
    readonly calls: number;
  };
}

async function runConversation(
  languageModel: LanguageModel,
  provider: Provider,
  task: AgentTask,
  abortSignal: AbortSignal,
): Promise<Conversation> {
  const { generateText, stepCountIs, tool } = await import('ai');
  // It would print to the terminal what only concerns us.
  (globalThis as { AI_SDK_LOG_WARNINGS?: boolean }).AI_SDK_LOG_WARNINGS = false;
  const folderTools = new FolderTools(task);
  const filePathSchema = z.string().describe('path below the folder');
  const tools = {
    list_files: tool({
      description: 'List the files of the folder.',
      inputSchema: z.object({}),
      execute: async () => folderTools.listFiles(),
    }),
    read_file: tool({
      description: 'Read lines of a file, with their numbers.',
      inputSchema: z.object({ file: filePathSchema, from: z.number().optional(), lines: z.number().optional() }),
      execute: async (input) => folderTools.readLines(input.file, input.from, input.lines),
    }),
    search: tool({
      description: 'Find lines that hold some words, in all files.',
      inputSchema: z.object({ words: z.string() }),
      execute: async (input) => folderTools.findLines(input.words),
    }),
    edit_file: tool({
      description: 'Replace a piece of text that stands exactly once in a file.',
      inputSchema: z.object({ file: filePathSchema, before: z.string(), after: z.string() }),
      execute: async (input) => folderTools.replaceText(input.file, input.before, input.after),
    }),
    write_file: tool({
      description: 'Write a whole file.',
      inputSchema: z.object({ file: filePathSchema, content: z.string() }),
      execute: async (input) => folderTools.writeFile(input.file, input.content),
    }),
    earlier_experiment: tool({
      description: 'What an earlier experiment changed and how it ended, by its number.',
      inputSchema: z.object({ n: z.number() }),
      execute: async (input) => folderTools.describeEarlier(input.n),
    }),
  };
  const cacheOptions =
    provider === 'anthropic'
      ? { providerOptions: { anthropic: { cacheControl: { type: 'ephemeral' as const } } } }
      : {};
  const generation = await generateText({
    model: languageModel,
    system: { role: 'system', content: SYSTEM_PROMPT, ...cacheOptions },
    prompt: task.prompt,
    tools,
    stopWhen: stepCountIs(MAX_STEPS),
    maxOutputTokens: MAX_OUTPUT_TOKENS,
    maxRetries: 2,
    abortSignal,
  });
  const { inputTokens = 0, outputTokens = 0, inputTokenDetails: tokenDetails } = generation.totalUsage;
  const [cacheReadTokens, cacheWriteTokens] = [tokenDetails.cacheReadTokens ?? 0, tokenDetails.cacheWriteTokens ?? 0];
  const uncachedTokens = Math.max(0, inputTokens - cacheReadTokens - cacheWriteTokens);
  const spokenText = generation.steps
    .map((step) => step.text)
    .filter(Boolean)
    .join('\n');
  return {
    text: spokenText,
    tokens: {
      input: uncachedTokens,
      cacheRead: cacheReadTokens,
      cacheWrite: cacheWriteTokens,
      output: outputTokens,
      calls: generation.steps.length,
    },
  };
}

function usageOfTokens(modelName: string, { calls, ...tokens }: Conversation['tokens']): Usage {
  const usd = usdOf(modelName, tokens);
  return {
    calls,
    inputTokens: tokens.input + tokens.cacheWrite,
    cachedTokens: tokens.cacheRead,
    outputTokens: tokens.output,
    ...(usd !== undefined && { usd }),
    source: 'agent',
  };
}
