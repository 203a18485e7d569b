/**
 * Which model a candidate or an evaluator may ask, what that may cost, and whether answers are used again: the key
 * `model` of the manifest. Pure; knows nothing about sockets and keys.
 */
import { z } from 'zod';

const environmentName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'the name of an environment variable');

const priceSchema = z.strictObject({
  input: z.number().min(0),
  output: z.number().min(0),
  cache_read: z
    .number()
    .min(0)
    .optional()
    .describe('tokens that the provider read from its cache; `input` when absent'),
});

export const modelSchema = z.strictObject({
  for: z.enum(['candidate', 'evaluator', 'both']).describe('who gets a socket: `run`, `evaluate`, or each its own'),
  api: z
    .enum(['openai', 'anthropic', 'gemini'])
    .default('openai')
    .describe('what the provider and the socket speak; `openai`: Chat Completions and Responses'),
  allow: z
    .array(z.string().regex(/^[^\s]{1,200}$/, 'a model name without spaces'))
    .min(1)
    .max(50)
    .describe(
      'models that may be asked, as the provider spells them; `*` stands for any characters; the first has none',
    ),
  url: z
    .string()
    .optional()
    .describe(
      'base URL of the provider, with `/v1` for `openai`; absent: as agents find it, OPENAI_BASE_URL and the like',
    ),
  key: environmentName
    .optional()
    .describe('environment variable of the harness that holds the key; with `url` and without `key` none is sent'),
  budget: z
    .strictObject({
      tokens: z.number().int().positive().optional().describe('all tokens, those read and those written'),
      usd: z.number().positive().optional().describe('US dollars; needs a price of every model that is asked'),
    })
    .refine(({ tokens, usd }) => tokens !== undefined || usd !== undefined, 'needs `tokens` or `usd`')
    .describe('most that one measurement may use; answers from the cache count as if they were new'),
  prices: z
    .record(z.string(), priceSchema)
    .default({})
    .describe('US dollars per million tokens, by model name; before the price table of Overnight'),
  cache: z
    .enum(['fresh', 'reuse'])
    .default('fresh')
    .describe('`fresh`: every measurement draws new answers; `reuse`: those that compare ideas get recorded ones'),
  timeout_s: z.number().positive().max(3600).default(120).describe('most that one answer may take, retries included'),
});

export type ModelRules = z.infer<typeof modelSchema>;

/** Who asks. */
export type ModelUser = 'candidate' | 'evaluator';

/** Does this process get a socket? */
export const mayUseModels = (rules: ModelRules | undefined, user: ModelUser): boolean =>
  rules !== undefined && (rules.for === 'both' || rules.for === user);

/** Whose tokens are the target's: the candidate's where it asks models, else the evaluator's, which asks for it. */
export const targetUserOf = (rules: ModelRules): ModelUser => (rules.for === 'evaluator' ? 'evaluator' : 'candidate');

/** Names are compared letter by letter: no provider decides what another spelling means. */
export const isAllowedModel = ({ allow }: Pick<ModelRules, 'allow'>, modelName: string): boolean =>
  allow.some((pattern) => matchesModel(pattern, modelName));

function matchesModel(pattern: string, modelName: string): boolean {
  if (!pattern.includes('*')) return pattern === modelName;
  const parts = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('[^\\s\\\\]*?')}$`).test(modelName);
}

/** What is wrong with the rules beyond their schema, with the key below `model`. */
export function checkModelRules(rules: ModelRules): { readonly at: string; readonly message: string }[] {
  const first = rules.allow[0]!;
  return [
    ...(first.includes('*')
      ? [
          {
            at: 'allow.0',
            message: `"${first}" is a pattern; the first is what $OVERNIGHT_MODEL says, so name a model`,
          },
        ]
      : []),
    ...(rules.url === undefined ? [] : checkUrl(rules.url)),
  ];
}

function checkUrl(url: string): { readonly at: string; readonly message: string }[] {
  const problem = (message: string): { readonly at: string; readonly message: string }[] => [{ at: 'url', message }];
  if (!URL.canParse(url)) return problem(`"${url.slice(0, 80)}" is no URL`);
  const { protocol, username, password, search, hash } = new URL(url);
  if (protocol !== 'http:' && protocol !== 'https:') return problem(`must begin with http:// or https://`);
  if (username !== '' || password !== '')
    return problem('holds a name or a password, which the record would keep; name a variable in `key`');
  return search === '' && hash === '' ? [] : problem('must end with a path, without `?` and `#`');
}
