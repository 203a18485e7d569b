/**
 * The cost of a request, from the price table or the person's own prices. Pure. An unknown model has no price: a price
 * is never guessed.
 */
import type { TokenCounts } from './apis.ts';
import { PRICE_ROWS } from './price-table.ts';

/** US dollars per million tokens. */
export interface Price {
  readonly input: number;
  readonly output: number;
  /** As `input` when absent. */
  readonly cacheRead?: number;
  /** As `input` when absent. */
  readonly cacheWrite?: number;
}

/** Prices by model name. They override the table: for local servers, contracts, models newer than the table. */
export type OwnPrices = Readonly<Record<string, Price>>;

export function usdOf(modelName: string, tokens: TokenCounts, ownPrices: OwnPrices = {}): number | undefined {
  const readTokens = tokens.input + tokens.cacheRead + tokens.cacheWrite;
  const price = priceOf(modelName, readTokens, ownPrices);
  if (!price) return undefined;
  const {
    input: inputPrice,
    output: outputPrice,
    cacheRead: cacheReadPrice = inputPrice,
    cacheWrite: cacheWritePrice = inputPrice,
  } = price;
  const microDollars =
    tokens.input * inputPrice +
    tokens.cacheRead * cacheReadPrice +
    tokens.cacheWrite * cacheWritePrice +
    tokens.output * outputPrice;
  return microDollars / 1e6;
}

/**
 * The price of a model for a request that reads `readTokens`. A provider before the name (`openai/gpt-5`) is ignored.
 */
export function priceOf(modelName: string, readTokens: number, ownPrices: OwnPrices = {}): Price | undefined {
  const bareNames = [modelName, modelName.slice(modelName.lastIndexOf('/') + 1)].map((nameVariant) =>
    nameVariant.toLowerCase(),
  );
  for (const candidateName of [modelName, ...bareNames])
    if (Object.hasOwn(ownPrices, candidateName)) return ownPrices[candidateName];
  for (const candidateName of bareNames) {
    const priceRow = PRICE_ROWS.find(([patterns]) =>
      patterns.split(' ').some((pattern) => matchesPattern(pattern, candidateName)),
    );
    if (!priceRow) continue;
    const [
      ,
      inputPrice = 0,
      cacheReadPrice = 0,
      cacheWritePrice = 0,
      outputPrice = 0,
      longRequestTokens,
      ...longRequestPrices
    ] = priceRow;
    if (longRequestTokens === undefined || readTokens <= longRequestTokens)
      return { input: inputPrice, cacheRead: cacheReadPrice, cacheWrite: cacheWritePrice, output: outputPrice };
    return {
      input: longRequestPrices[0]!,
      cacheRead: longRequestPrices[1]!,
      cacheWrite: longRequestPrices[2]!,
      output: longRequestPrices[3]!,
    };
  }
  return undefined;
}

function matchesPattern(pattern: string, modelName: string): boolean {
  if (pattern.startsWith('/')) return new RegExp(pattern.slice(1, -1)).test(modelName);
  return pattern.endsWith('*') ? modelName.startsWith(pattern.slice(0, -1)) : modelName === pattern;
}
