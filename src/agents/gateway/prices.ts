/**
 * What a request cost, from the offline table or the person's own prices. Pure; an unknown model has no price, never a
 * guessed one.
 */
import type { Tokens } from './apis.ts';
import { PRICE_ROWS } from './price-table.ts';

/** US dollars per million tokens. */
export interface Price {
  readonly input: number;
  readonly output: number;
  /** As `input` when absent. */
  readonly cacheRead?: number;
  readonly cacheWrite?: number;
}

/** Prices by model name, before the table: for local servers, contracts, models newer than the table. */
export type OwnPrices = Readonly<Record<string, Price>>;

export function usdOf(model: string, tokens: Tokens, own: OwnPrices = {}): number | undefined {
  const read = tokens.input + tokens.cacheRead + tokens.cacheWrite;
  const price = priceOf(model, read, own);
  if (!price) return undefined;
  const { input, output, cacheRead = input, cacheWrite = input } = price;
  const micro =
    tokens.input * input + tokens.cacheRead * cacheRead + tokens.cacheWrite * cacheWrite + tokens.output * output;
  return micro / 1e6;
}

/**
 * The price of a model for a request that reads so many tokens; a name with a provider before it (`openai/gpt-5`)
 * counts as the bare one.
 */
export function priceOf(model: string, readTokens: number, own: OwnPrices = {}): Price | undefined {
  const names = [model, model.slice(model.lastIndexOf('/') + 1)].map((name) => name.toLowerCase());
  for (const name of [model, ...names]) if (Object.hasOwn(own, name)) return own[name];
  for (const name of names) {
    const row = PRICE_ROWS.find(([patterns]) => patterns.split(' ').some((pattern) => fits(pattern, name)));
    if (!row) continue;
    const [, input = 0, cacheRead = 0, cacheWrite = 0, output = 0, from, ...above] = row;
    if (from === undefined || readTokens <= from) return { input, cacheRead, cacheWrite, output };
    return { input: above[0]!, cacheRead: above[1]!, cacheWrite: above[2]!, output: above[3]! };
  }
  return undefined;
}

function fits(pattern: string, name: string): boolean {
  if (pattern.startsWith('/')) return new RegExp(pattern.slice(1, -1)).test(name);
  return pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
}
