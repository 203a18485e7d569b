/**
 * The broker: gives each process of a measurement that may ask models a socket of its own. The key stays here. Tokens
 * and money are counted here, answers are recorded here, and nothing here believes what a candidate says.
 */
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { LabError, reasonOf } from '../../base/error.ts';
import { sleep } from '../../os/clock.ts';
import type { ModelRules } from '../../core/model-rules.ts';
import type { ModelBroker, ModelRequester, OpenModels } from '../../core/model-use.ts';
import type { Allowance } from '../gateway/account.ts';
import { asFields } from '../gateway/apis.ts';
import { ByteBudget, MAX_HELD_BYTES } from '../gateway/body.ts';
import { classifyResponse, redactSecrets } from '../gateway/classify.ts';
import { type Environment, pricesFrom, upstreamsFrom } from '../gateway/environment.ts';
import { type OwnPrices, priceOf } from '../gateway/prices.ts';
import { keyHeadersOf, type Upstream } from '../gateway/upstream.ts';
import { makeCallDirs } from '../jail.ts';
import { AnswerStore } from './answer-store.ts';
import { APIS_OF, ModelSocket } from './model-socket.ts';
import { Tally } from './tally.ts';

export interface BrokerOptions {
  readonly rules: ModelRules;
  readonly environment: Environment;
  /** Where answers are recorded. */
  readonly folder: string;
  /** Begins the names of temporary folders, so that the cleanup after a kill finds them. */
  readonly tag: string;
}

const SOCKET_NAME = 'model';
/** Failures of the provider in a row over one commit after which the harness looks whether it is the commit's doing. */
const MAX_FAILURES = 2;
const MAX_PAUSE_MS = 60_000;
const PROBE_MS = 20_000;
const PROBE_TOKENS = 16;

/** The provider as the manifest and the environment name it. Throws E_MODEL where one of them lacks something. */
export function providerOf(rules: ModelRules, environment: Environment): Upstream {
  const key = rules.key === undefined ? undefined : environment[rules.key]?.trim();
  if (rules.key !== undefined && !key)
    throw new LabError('E_MODEL', {
      what: 'The arena asks a model, and there is no key for it.',
      why: `arena.yaml says \`model.key: ${rules.key}\`, and that variable is ${environment[rules.key] === undefined ? 'not set' : 'empty'}.`,
      next: `Set ${rules.key} where you start Overnight. The key stays with Overnight; no candidate sees it.`,
    });
  const found = upstreamsFrom(environment)[APIS_OF[rules.api][0]!];
  if (rules.url !== undefined) return key ? { baseUrl: rules.url, key } : { baseUrl: rules.url };
  if (found === undefined)
    throw new LabError('E_MODEL', {
      what: 'The arena asks a model, and no provider is known.',
      why: `arena.yaml has no \`model.url\`, and the environment names no provider of the ${rules.api} API.`,
      next: `Set ${VARIABLES[rules.api]}, or write \`model.url\` and \`model.key\` into arena.yaml.`,
    });
  return key ? { ...found, key } : found;
}

const VARIABLES: Readonly<Record<ModelRules['api'], string>> = {
  openai: 'OPENAI_API_KEY (or OPENAI_BASE_URL of a compatible server)',
  anthropic: 'ANTHROPIC_API_KEY (or ANTHROPIC_BASE_URL)',
  gemini: 'GEMINI_API_KEY',
};

export class Broker implements ModelBroker {
  readonly #options: BrokerOptions;
  readonly #upstream: Upstream;
  readonly #prices: OwnPrices;
  readonly #store: AnswerStore;
  readonly #heldBytes = new ByteBudget(MAX_HELD_BYTES);
  readonly #underWay = new Map<string, Promise<void>>();
  /** Measurements in a row that came to nothing because the provider failed, by commit. */
  readonly #failures = new Map<string, number>();
  #pauseUntilMs = 0;

  /** Throws E_MODEL where no provider can be asked, and E_USAGE for prices that cannot be read. */
  constructor(options: BrokerOptions) {
    const { rules, environment } = options;
    this.#options = options;
    this.#upstream = providerOf(rules, environment);
    this.#prices = { ...pricesFrom(environment), ...ownPricesOf(rules) };
    this.#store = new AnswerStore(options.folder);
  }

  async open({ space, draw }: ModelRequester): Promise<OpenModels> {
    await this.#waitForProvider();
    const { rules, tag } = this.#options;
    const tally = new Tally(allowanceOf(rules));
    const folders = makeCallDirs(tag);
    const socket = new ModelSocket({
      rules,
      upstream: this.#upstream,
      heldBytes: this.#heldBytes,
      tally,
      store: this.#store,
      underWay: this.#underWay,
      prices: this.#prices,
      timeoutMs: rules.timeout_s * 1000,
      space,
      draw: draw ?? '',
      occurrences: new Map(),
    });
    const socketPath = join(folders.socketDir, SOCKET_NAME);
    try {
      await socket.openAt(socketPath);
      // Whoever runs inside may be another user; the folder above, which belongs to the person, keeps others away.
      chmodSync(socketPath, 0o666);
    } catch (thrown) {
      folders.remove();
      throw thrown;
    }
    return {
      socketDir: folders.socketDir,
      socketName: SOCKET_NAME,
      use: () => tally.use(),
      get trouble() {
        return tally.trouble;
      },
      get waitedS() {
        return tally.waitedMs / 1000;
      },
      get overBudget() {
        return tally.overBudget;
      },
      get notAllowed() {
        return tally.notAllowed;
      },
      close: async () => {
        await socket.close();
        folders.remove();
        this.#pauseUntilMs = Math.max(this.#pauseUntilMs, tally.retryAtMs);
      },
    };
  }

  async whoIsToBlame(commit: string): Promise<'provider' | 'code'> {
    const failures = (this.#failures.get(commit) ?? 0) + 1;
    this.#failures.set(commit, failures);
    if (failures < MAX_FAILURES) return 'provider';
    const { rules } = this.#options;
    const { path, body } = probeRequest(rules);
    const trouble = await askProvider(rules, this.#upstream, path, { method: 'POST', body: JSON.stringify(body) });
    return trouble === undefined ? 'code' : 'provider';
  }

  forgetTrouble(commit: string): void {
    this.#failures.delete(commit);
  }

  async #waitForProvider(): Promise<void> {
    const waitMs = Math.min(this.#pauseUntilMs - Date.now(), MAX_PAUSE_MS);
    if (waitMs > 0) await sleep(waitMs);
  }
}

/** Ask the provider for its list of models, which costs nothing. Resolves with what is wrong, or `undefined`. */
export const listProviderModels = (rules: ModelRules, upstream: Upstream): Promise<string | undefined> =>
  askProvider(rules, upstream, rules.api === 'openai' ? '/models' : LIST_PATHS[rules.api], { method: 'GET' });

const LIST_PATHS = { anthropic: '/v1/models', gemini: '/v1beta/models' } as const;

function probeRequest({ api, allow }: ModelRules): { readonly path: string; readonly body: object } {
  const model = allow[0]!;
  const messages = [{ role: 'user', content: 'Answer with one word.' }];
  if (api === 'anthropic') return { path: '/v1/messages', body: { model, messages, max_tokens: PROBE_TOKENS } };
  if (api === 'openai') return { path: '/chat/completions', body: { model, messages, max_tokens: PROBE_TOKENS } };
  return {
    path: `/v1beta/models/${model}:generateContent`,
    body: { contents: [{ role: 'user', parts: [{ text: 'Answer with one word.' }] }] },
  };
}

/** A request that the provider refuses as wrong was read by it all the same: then it is in order. */
async function askProvider(
  { api }: ModelRules,
  upstream: Upstream,
  path: string,
  init: { readonly method: string; readonly body?: string },
): Promise<string | undefined> {
  const headers = {
    ...keyHeadersOf(APIS_OF[api][0]!, upstream),
    ...(api === 'anthropic' && { 'anthropic-version': '2023-06-01' }),
    ...(init.body !== undefined && { 'content-type': 'application/json' }),
  };
  try {
    const answer = await fetch(upstream.baseUrl.replace(/\/+$/, '') + path, {
      ...init,
      headers,
      redirect: 'error',
      signal: AbortSignal.timeout(PROBE_MS),
    });
    const text = (await answer.text()).slice(0, 4000);
    if (answer.ok) return undefined;
    const failure = classifyResponse(answer.status, {}, text, Date.now());
    return failure.class === 'refused' || failure.class === 'model' ? undefined : failure.message;
  } catch (thrown) {
    const cause = asFields((thrown as Error).cause);
    return redactSecrets(typeof cause.code === 'string' ? `${reasonOf(thrown)} (${cause.code})` : reasonOf(thrown));
  }
}

/** Is it known what a request to this model costs? */
export function priceIsKnown(rules: ModelRules, environment: Environment, modelName: string): boolean {
  return priceOf(modelName, 0, { ...pricesFrom(environment), ...ownPricesOf(rules) }) !== undefined;
}

function allowanceOf({ budget }: ModelRules): Allowance {
  return {
    ...(budget.tokens !== undefined && { tokens: budget.tokens }),
    ...(budget.usd !== undefined && { usd: budget.usd }),
  };
}

function ownPricesOf({ prices }: ModelRules): OwnPrices {
  return Object.fromEntries(
    Object.entries(prices).map(([modelName, { input, output, cache_read: cacheRead }]) => [
      modelName,
      { input, output, ...(cacheRead !== undefined && { cacheRead }) },
    ]),
  );
}
