/**
 * Where models are reached, from the variables that every client of these APIs knows. Keys are read here and given to
 * the gateway alone.
 */
import { LabError } from '../../base/error.ts';
import type { Api } from './apis.ts';
import type { OwnPrices } from './prices.ts';
import type { Upstream } from './upstream.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

const filled = (value: string | undefined): string | undefined =>
  value === undefined || value.trim() === '' ? undefined : value.trim();

/** An API is there when there is a key for it, or an address of a server (a local one needs no key). */
export function upstreamsFrom(env: Environment): Readonly<Partial<Record<Api, Upstream>>> {
  const openai = upstream(
    'https://api.openai.com/v1',
    filled(env.OPENAI_BASE_URL) ?? filled(env.OPENAI_API_BASE),
    filled(env.OPENAI_API_KEY),
  );
  const token = filled(env.ANTHROPIC_AUTH_TOKEN);
  const anthropic = upstream(
    'https://api.anthropic.com',
    filled(env.ANTHROPIC_BASE_URL),
    filled(env.ANTHROPIC_API_KEY) ?? token,
  );
  const google = filled(env.GEMINI_API_KEY) ?? filled(env.GOOGLE_API_KEY);
  const gemini = upstream('https://generativelanguage.googleapis.com', filled(env.GOOGLE_GEMINI_BASE_URL), google);
  return {
    ...(anthropic && {
      anthropic: { ...anthropic, ...(token !== undefined && !filled(env.ANTHROPIC_API_KEY) && { bearer: true }) },
    }),
    ...(openai && { chat: openai, responses: openai }),
    ...(gemini && { gemini }),
  };
}

function upstream(usual: string, given: string | undefined, key: string | undefined): Upstream | undefined {
  if (given === undefined && key === undefined) return undefined;
  return { baseUrl: given ?? usual, ...(key !== undefined && { key }) };
}

/** The person's own prices, from OVERNIGHT_PRICES. Throws E_USAGE when it is not what it should be. */
export function pricesFrom(env: Environment): OwnPrices {
  const given = filled(env.OVERNIGHT_PRICES);
  if (given === undefined) return {};
  try {
    const parsed: unknown = JSON.parse(given);
    if (isPrices(parsed)) return parsed;
  } catch {
    // said below
  }
  throw new LabError('E_USAGE', {
    what: 'OVERNIGHT_PRICES cannot be understood.',
    why: `It is ${given.slice(0, 100)}.`,
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
      Object.values(price).every((each) => typeof each === 'number' && each >= 0),
  );
