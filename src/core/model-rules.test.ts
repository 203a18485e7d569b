/** The key `model` of a manifest: what is allowed, and what is wrong with it. */
import { describe, expect, it } from 'vitest';
import { parseArena } from './manifest-check.ts';
import { isAllowedModel, mayUseModels, modelSchema, targetUserOf } from './model-rules.ts';

const MODEL = { for: 'candidate', allow: ['small', 'big-*'], budget: { tokens: 100 } };
const ARENA = {
  overnight: 1,
  name: 'prompts',
  metric: { name: 'score', direction: 'maximize' },
  editable: ['prompt.txt'],
  run: { command: 'true' },
  artefact: ['prompt.txt'],
  budget: { seconds: 1, wall_s: 2 },
};
const problemsOf = (model: object, arena: object = { evaluate: { command: 'true' } }): string[] => {
  const parsed = parseArena({ ...ARENA, ...arena, model });
  return 'problems' in parsed ? parsed.problems.map(({ at, message }) => `${at}: ${message}`) : [];
};

it('the defaults are fresh answers of the OpenAI API within two minutes', () => {
  expect(problemsOf(MODEL)).toEqual([]);
  expect(modelSchema.parse(MODEL)).toMatchObject({ api: 'openai', cache: 'fresh', timeout_s: 120, prices: {} });
});

describe('what is wrong with it is said at its key', () => {
  it.each<readonly [string, object, RegExp]>([
    ['no models', { allow: [] }, /^model\.allow: /],
    ['a name with a space', { allow: ['a b'] }, /^model\.allow\.0: a model name without spaces/],
    [
      'a pattern first',
      { allow: ['big-*'] },
      /^model\.allow\.0: "big-\*" is a pattern; the first is what \$OVERNIGHT_MODEL/,
    ],
    ['no budget', { budget: {} }, /^model\.budget: needs `tokens` or `usd`/],
    ['a budget of nothing', { budget: { tokens: 0 } }, /^model\.budget\.tokens: /],
    ['a budget below nothing', { budget: { usd: -1 } }, /^model\.budget\.usd: /],
    ['a user that is none', { for: 'guards' }, /^model\.for: /],
    ['a key in place of its name', { key: 'sk-abc-1' }, /^model\.key: the name of an environment variable/],
    ['a URL that is none', { url: 'localhost' }, /^model\.url: "localhost" is no URL/],
    ['a URL of a file', { url: 'file:///etc/passwd' }, /^model\.url: must begin with http/],
    ['a URL with a password', { url: 'https://me:secret@host/v1' }, /^model\.url: holds a name or a password/],
    ['a URL with a query', { url: 'https://host/v1?key=a' }, /^model\.url: must end with a path/],
    ['an unknown cache', { cache: 'always' }, /^model\.cache: /],
    ['a price below nothing', { prices: { small: { input: -1, output: 0 } } }, /^model\.prices\.small\.input: /],
    ['an unknown key', { alow: ['a'] }, /^model: unknown key: alow \(Did you mean `allow`\?\)/],
  ])('(%s)', (_, change, message) => {
    expect(problemsOf({ ...MODEL, ...change })).toEqual([expect.stringMatching(message)]);
  });

  it('a model of an evaluator that is not there', () => {
    expect(problemsOf({ ...MODEL, for: 'both' }, {})).toEqual([
      'model.for: is both, and there is no `evaluate` command',
    ]);
    expect(problemsOf(MODEL, {})).toEqual([]);
  });
});

it.each([
  ['small', true],
  ['small ', false],
  ['Small', false],
  ['small-2', false],
  ['big-1', true],
  ['big-', true],
  ['big', false],
  ['a-big-1', false],
  ['big-a/b', true],
  ['big-a b', false],
  ['big-a\nb', false],
  ['', false],
])('of small and big-*, %j is allowed: %s', (name, expected) => {
  expect(isAllowedModel(modelSchema.parse(MODEL), name)).toBe(expected);
});

it('signs of a pattern are no expression', () => {
  const rules = { allow: ['a.b+(c)[1]*'] };
  expect(isAllowedModel(rules, 'a.b+(c)[1]-x')).toBe(true);
  expect(isAllowedModel(rules, 'aXb+(c)[1]-x')).toBe(false);
});

it('the target is who asks for the candidate', () => {
  const rulesFor = (user: string) => modelSchema.parse({ ...MODEL, for: user });
  expect(['candidate', 'evaluator', 'both'].map((user) => targetUserOf(rulesFor(user)))).toEqual([
    'candidate',
    'evaluator',
    'candidate',
  ]);
  expect(mayUseModels(rulesFor('candidate'), 'evaluator')).toBe(false);
  expect(mayUseModels(rulesFor('both'), 'evaluator')).toBe(true);
  expect(mayUseModels(undefined, 'candidate')).toBe(false);
});
