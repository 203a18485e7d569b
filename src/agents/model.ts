/**
 * The built-in agent, for people who have a key or a local server but no agent installed: a model with tools to read
 * and edit the files of its folder. It runs in this process and executes no code. Its requests pass the gateway like
 * those of any agent, except requests to Bedrock, whose signatures a gateway cannot pass on. The libraries are optional
 * peers and are loaded at the first call, so that they do not slow down start-up.
 */
import type { LanguageModel } from 'ai';
import { z } from 'zod';
import { defined } from '../base/defined.ts';
import { LabError, reasonOf } from '../base/error.ts';
import type { Usage } from '../core/agent-call.ts';
import type { Agent, AgentResult, AgentTask } from '../core/ports.ts';
import { monotonicMs } from '../os/clock.ts';
import type { AgentHost } from './cli-agent.ts';
import type { Api } from './gateway/apis.ts';
import { classifyResponse, classifyText, type ProviderFailure, redactSecrets } from './gateway/classify.ts';
import type { OpenCall } from './gateway/gateway.ts';
import { usdOf } from './gateway/prices.ts';
import { type Provider, requireModelPackages } from './model-packages.ts';
import { FolderTools } from './model-tools.ts';

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

/** Rounds of tool calls and answers in one call. */
const MAX_STEPS = 40;
/** Tokens of one answer: enough to rewrite a long file. */
const MAX_OUTPUT_TOKENS = 16_000;
const MAX_TEXT_CHARS = 32_000;

const SYSTEM_PROMPT =
  'You are a researcher. You improve one measured number by editing files. ' +
  'Your tools list, read, search and edit the files of one folder and show earlier experiments. You cannot run anything. ' +
  'Read what you need, make one change, then end with the JSON note that the task asks for. Do not ask questions.';

export interface ModelChoice {
  /**
   * `claude-sonnet-4-5`, or with its provider before it: `compatible:qwen3:8b`, `bedrock:…`. Absent: the provider's
   * default.
   */
  readonly model?: string;
  /** Reads keys of Bedrock; the process's own when absent. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

type ModelEnvironment = Readonly<Record<string, string | undefined>>;

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

/** True when any provider can be reached. */
export const canAskModels = (gateway: AgentHost['gateway'], environment: ModelEnvironment): boolean =>
  gateway.speaksApi('anthropic') || gateway.speaksApi('chat') || hasBedrock(environment);

const hasBedrock = (environment: ModelEnvironment): boolean =>
  Boolean(environment.AWS_BEARER_TOKEN_BEDROCK || (environment.AWS_ACCESS_KEY_ID && environment.AWS_SECRET_ACCESS_KEY));

function resolveModel(
  requestedModel: string | undefined,
  { gateway }: Pick<AgentHost, 'gateway'>,
  environment: ModelEnvironment,
): { readonly provider: Provider; readonly model: string } {
  const [, providerName, nameWithoutProvider] = /^([a-z]+):(.+)$/.exec(requestedModel ?? '') ?? [];
  const givenProvider = PROVIDERS.find((knownProvider) => knownProvider === providerName);
  const provider = givenProvider ?? guessProvider(requestedModel, gateway, environment);
  if (
    provider === undefined ||
    (provider === 'bedrock' ? !hasBedrock(environment) : !gateway.speaksApi(API_OF_PROVIDER[provider]))
  ) {
    throw new LabError('E_AGENT', {
      what: 'The built-in agent cannot reach a model.',
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

/** The provider of a model that was named without one. A local server is preferred to a paid one. */
function guessProvider(
  requestedModel: string | undefined,
  gateway: AgentHost['gateway'],
  environment: ModelEnvironment,
): Provider | undefined {
  const hasAnthropic = gateway.speaksApi('anthropic');
  const hasChat = gateway.speaksApi('chat');
  const isLocal = Boolean(environment.OPENAI_BASE_URL || environment.OPENAI_API_BASE);
  if (requestedModel?.startsWith('claude') && hasAnthropic) return 'anthropic';
  if (hasChat && isLocal) return 'compatible';
  if (hasChat && (requestedModel !== undefined || !hasAnthropic)) return 'openai';
  if (hasAnthropic) return 'anthropic';
  return hasBedrock(environment) ? 'bedrock' : undefined;
}

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
    allowance: defined({ tokens, usd }),
    within: agentHost.within,
    onGiveUp: () => giveUpController.abort(),
  });
  const timeoutSignal = AbortSignal.timeout(task.limits.wallMs);
  const resultFields = (reportedUsage?: Usage): { wallS: number; usage?: Usage } =>
    defined({
      wallS: (monotonicMs() - beganMs) / 1000,
      usage: openCall.call.buildReport().usage ?? reportedUsage,
    });
  const failedWith = ({ message, ...failure }: ProviderFailure): AgentResult => ({
    kind: 'failed',
    ...failure,
    message: redactSecrets(message),
    ...resultFields(),
  });
  try {
    const exhaustedReason = openCall.call.account.whyExhausted();
    if (exhaustedReason !== undefined) return failedWith({ class: 'budget', message: exhaustedReason });
    const conversation = await runConversation(
      await openLanguageModel(provider, modelName, openCall, environment),
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
    return failedWith(whyNoAnswer(thrownError, task, openCall.call.buildReport().failure, timeoutSignal));
  } finally {
    await openCall.close();
  }
}

/** A stop by the person says more than the failure that it caused, and the gateway more than the library. */
function whyNoAnswer(
  thrownError: unknown,
  task: AgentTask,
  gatewayFailure: ProviderFailure | undefined,
  timeoutSignal: AbortSignal,
): ProviderFailure {
  if (task.signal.aborted) return { class: 'aborted', message: 'it was stopped' };
  if (gatewayFailure) return gatewayFailure;
  if (timeoutSignal.aborted)
    return { class: 'hung', message: `it was not done after ${Math.round(task.limits.wallMs / 1000)} s` };
  return classifyThrown(thrownError);
}

function classifyThrown(thrownError: unknown): ProviderFailure {
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
  // Without this the library prints its warnings to the terminal.
  (globalThis as { AI_SDK_LOG_WARNINGS?: boolean }).AI_SDK_LOG_WARNINGS = false;
  const cacheOptions =
    provider === 'anthropic'
      ? { providerOptions: { anthropic: { cacheControl: { type: 'ephemeral' as const } } } }
      : {};
  const generation = await generateText({
    model: languageModel,
    system: { role: 'system', content: SYSTEM_PROMPT, ...cacheOptions },
    prompt: task.prompt,
    tools: toolsOf(new FolderTools(task), tool),
    stopWhen: stepCountIs(MAX_STEPS),
    maxOutputTokens: MAX_OUTPUT_TOKENS,
    maxRetries: 2,
    abortSignal,
  });
  const { inputTokens = 0, outputTokens = 0, inputTokenDetails: tokenDetails } = generation.totalUsage;
  const { cacheReadTokens = 0, cacheWriteTokens = 0 } = tokenDetails;
  const spokenText = generation.steps
    .map((step) => step.text)
    .filter(Boolean)
    .join('\n');
  return {
    text: spokenText,
    tokens: {
      input: Math.max(0, inputTokens - cacheReadTokens - cacheWriteTokens),
      cacheRead: cacheReadTokens,
      cacheWrite: cacheWriteTokens,
      output: outputTokens,
      calls: generation.steps.length,
    },
  };
}

/** The tools that the model is offered. */
function toolsOf(folderTools: FolderTools, tool: (typeof import('ai'))['tool']) {
  const filePathSchema = z.string().describe('path below the folder');
  return {
    list_files: tool({
      description: 'List the files of the folder.',
      inputSchema: z.object({}),
      execute: async () => folderTools.listFiles(),
    }),
    read_file: tool({
      description: 'Read lines of a file. Each line is shown with its number.',
      inputSchema: z.object({
        file: filePathSchema,
        from: z.number().optional().describe('number of the first line; 1 when absent'),
        lines: z.number().optional().describe('how many lines to read'),
      }),
      execute: async (input) => folderTools.readLines(input.file, input.from, input.lines),
    }),
    search: tool({
      description: 'Search all files for lines that contain the given words (plain text, upper or lower case).',
      inputSchema: z.object({ words: z.string() }),
      execute: async (input) => folderTools.findLines(input.words),
    }),
    edit_file: tool({
      description: 'Replace a piece of text in a file. The file must contain that piece exactly once.',
      inputSchema: z.object({ file: filePathSchema, before: z.string(), after: z.string() }),
      execute: async (input) => folderTools.replaceText(input.file, input.before, input.after),
    }),
    write_file: tool({
      description: 'Write a whole file. Creates it, or replaces all of its content.',
      inputSchema: z.object({ file: filePathSchema, content: z.string() }),
      execute: async (input) => folderTools.writeFile(input.file, input.content),
    }),
    earlier_experiment: tool({
      description: 'Show what an earlier experiment changed and how it ended, by its number.',
      inputSchema: z.object({ n: z.number() }),
      execute: async (input) => folderTools.describeEarlier(input.n),
    }),
  };
}

function usageOfTokens(modelName: string, { calls, ...tokens }: Conversation['tokens']): Usage {
  return defined({
    calls,
    inputTokens: tokens.input + tokens.cacheWrite,
    cachedTokens: tokens.cacheRead,
    outputTokens: tokens.output,
    usd: usdOf(modelName, tokens),
    source: 'agent' as const,
  });
}
