/**
 * Make src/agents/gateway/price-table.ts from an unpacked copy of the npm package @pydantic/genai-prices (MIT):
 * `node scripts/prices.mjs FOLDER-OF-THE-PACKAGE DATE-OF-ITS-RELEASE`. Nothing of it is needed at run time.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [folder, date] = process.argv.slice(2);
const source = readFileSync(join(folder, 'dist', 'index.cjs'), 'utf8');
const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
const WANTED = {
  anthropic: /^claude-(?!2|instant|v1)/,
  openai: /^(gpt-(4\.1|4o|[5-9])|o[3-9]|codex|chat-latest)/,
  google: /^gemini-(2\.5|[3-9]|flash|pro)/,
  deepseek: /./,
  moonshotai: /^kimi/,
  mistral: /^(devstral|codestral|mistral-(large|medium|small))/,
  'x-ai': /^grok/,
};
const SKIPPED = /audio|realtime|image|tts|transcribe|embedding|search|live|video|imagen/;

/** The embedded data: the array literal that begins with the first provider. */
function embedded() {
  const start = source.indexOf('const E=[{') + 'const E='.length;
  let depth = 0;
  let quote = '';
  for (let at = start; at < source.length; at++) {
    const c = source[at];
    if (quote) {
      if (c === '\\') at++;
      else if (c === quote) quote = '';
    } else if ('"\'`'.includes(c)) quote = c;
    else if ('[{'.includes(c)) depth++;
    else if (']}'.includes(c) && --depth === 0) return new Function(`return ${source.slice(start, at + 1)}`)();
  }
  throw new Error('The data was not found: the package has another shape.');
}

const patterns = (match) =>
  match.and
    ? patterns(match.and[0]) // the others only leave out what SKIPPED leaves out too
    : match.or
      ? match.or.flatMap(patterns)
      : match.equals
        ? [match.equals]
        : match.starts_with
          ? [`${match.starts_with}*`]
          : match.regex
            ? [`/${match.regex}/`]
            : [];
/** Of several prices the newest that is in force. */
const inForce = (prices) =>
  Array.isArray(prices)
    ? (prices.filter((p) => !p.constraint?.start_date || p.constraint.start_date <= date).at(-1)?.prices ?? {})
    : prices;
const base = (price) => (typeof price === 'object' ? price.base : price);
const tier = (price) => (typeof price === 'object' ? price.tiers.at(-1) : undefined);

const rows = embedded()
  .filter(({ id }) => WANTED[id])
  .flatMap(({ id, models }) => models.filter((m) => WANTED[id].test(m.id) && !SKIPPED.test(m.id)))
  .flatMap((model) => {
    const p = inForce(model.prices);
    if (base(p.input_mtok) === undefined || base(p.output_mtok) === undefined) return [];
    const four = (pick) => {
      const input = pick(p.input_mtok);
      return [input, pick(p.cache_read_mtok) ?? input, pick(p.cache_write_mtok) ?? input, pick(p.output_mtok)];
    };
    const long = tier(p.input_mtok);
    const above = long ? [long.start, ...four((price) => tier(price)?.price ?? base(price))] : [];
    return [`  [${JSON.stringify(patterns(model.match).join(' '))}, ${[...four(base), ...above].join(', ')}],`];
  });

writeFileSync(
  join(import.meta.dirname, '..', 'src', 'agents', 'gateway', 'price-table.ts'),
  `/**
 * What models cost, made by scripts/prices.mjs from ${'@pydantic/genai-prices'} ${version} (MIT, released ${date}). US
 * dollars per million tokens; knows nothing newer than its date. Each row: names (exact, \`prefix*\` or \`/pattern/\`),
 * input, read from cache, written to cache, output; then, where long requests cost more: from how many input tokens,
 * and the four prices above that.
 */
export const PRICES_FROM = '${'@pydantic/genai-prices'} ${version}, ${date}';

export const PRICE_ROWS: readonly (readonly [string, ...number[]])[] = [
${rows.join('\n')}
];
`,
);
