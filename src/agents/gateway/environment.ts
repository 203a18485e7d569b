/**
 * The addresses and keys of model providers, from the environment variables that clients of these APIs read. Keys are
 * read here and given to the gateway only.
 */
import { defined } from '../../base/defined.ts';
import { LabError } from '../../base/error.ts';
import type { Api } from './apis.ts';
import type { OwnPrices } from './prices.ts';
import type { Upstream } from './upstream.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

const nonEmpty = (value: string | undefined): string | undefined =>
  value === undefined || value.trim() === '' ? undefined : value.trim();

/** The providers by API: those with a key, or with the address of a server (a local server needs no key). */
export function upstreamsFrom(environment: Environment): Readonly<Partial<Record<Api, Upstream>>> {
  const openaiUpstream = createUpstream(
    'https://api.openai.com/v1',
    nonEmpty(environment.OPENAI_BASE_URL) ?? nonEmpty(environment.OPENAI_API_BASE),
    nonEmpty(environment.OPENAI_API_KEY),
  );
  const authToken = nonEmpty(environment.ANTHROPIC_AUTH_TOKEN);
  const anthropicUpstream = createUpstream(
    'https://api.anthropic.com',
    nonEmpty(environment.ANTHROPIC_BASE_URL),
    nonEmpty(environment.ANTHROPIC_API_KEY) ?? authToken,
  );
  const geminiKey = nonEmpty(environment.GEMINI_API_KEY) ?? nonEmpty(environment.GOOGLE_API_KEY);
  const geminiUpstream = createUpstream(
    'https://generativelanguage.googleapis.com',
    nonEmpty(environment.GOOGLE_GEMINI_BASE_URL),
    geminiKey,
  );
  const usesAuthToken = authToken !== undefined && !nonEmpty(environment.ANTHROPIC_API_KEY);
  return defined({
    anthropic: anthropicUpstream && usesAuthToken ? { ...anthropicUpstream, bearer: true } : anthropicUpstream,
    chat: openaiUpstream,
    responses: openaiUpstream,
    gemini: geminiUpstream,
  });
}

function createUpstream(
  defaultUrl: string,
  givenUrl: string | undefined,
  apiKey: string | undefined,
): Upstream | undefined {
  if (givenUrl === undefined && apiKey === undefined) return undefined;
  return defined({ baseUrl: givenUrl ?? defaultUrl, key: apiKey });
}

/** The person's own prices, from OVERNIGHT_PRICES. Throws E_USAGE when they cannot be read. */
export function pricesFrom(environment: Environment): OwnPrices {
  const pricesText = nonEmpty(environment.OVERNIGHT_PRICES);
  if (pricesText === undefined) return {};
  try {
    const parsed: unknown = JSON.parse(pricesText);
    if (isPrices(parsed)) return parsed;
  } catch {
    // reported below
  }
  throw new LabError('E_USAGE', {
    what: 'OVERNIGHT_PRICES cannot be understood.',
    why: `It is ${pricesText.slice(0, 100)}.`,
    next: `Write it as '{"my-model": {"input": 0.5, "output": 2}}', in dollars per million tokens.`,
  });
}

const isPrices = (value: unknown): value is OwnPrices =>
  typeof value === 'object' &&
  value !== null &&
  Object.values(value).every(
    (price) =>
      typeof price?.input === 'number' &&
      typeof price.output === 'number' &&
      Object.values(price).every((amount) => typeof amount === 'number' && amount >= 0),
  );
