/**
 * An adviser: a second model that reads what was tried and says what it misses. When it is asked, so that its worth can
 * be measured; and of which family of models it is. Pure; knows nothing about how it is asked.
 */
import { createRandom, seedOf } from '../base/random.ts';
import type { AdviserTurn } from './advice.ts';
import type { LabState } from './state.ts';

export interface AdviserBlock {
  readonly turn: AdviserTurn;
  /** Number of the first idea of the block that the next idea belongs to; `n` of that next idea where it begins one. */
  readonly from: number;
}

/**
 * Ideas come in blocks of `every`. Of each two blocks one has advice; which one follows from the lab's seed, so that
 * neither drift nor a habit of the proposer favours a side. Only ideas that were proposed beside an adviser count.
 */
export function adviserBlockOf(state: Pick<LabState, 'lab' | 'experiments'>, every: number, n: number): AdviserBlock {
  const counted = state.experiments.filter(({ idea }) => idea.adviser !== undefined).map(({ idea }) => idea.n);
  const block = Math.floor(counted.length / every);
  const pair = Math.floor(block / 2);
  const isFirstOn = createRandom(seedOf(`${state.lab!.seed}/adviser/${pair}`)).uniform() < 0.5;
  const turn = (block % 2 === 0) === isFirstOn ? 'on' : 'off';
  return { turn, from: counted[block * every] ?? n };
}

/** Families of models by how their names begin. */
const FAMILIES: readonly (readonly [string, RegExp])[] = [
  ['Claude', /claude|anthropic|sonnet|opus|haiku|fable/],
  ['GPT', /gpt|codex|openai|chatgpt|\bo[1345]\b/],
  ['Gemini', /gemini|gemma|google/],
  ['Grok', /grok|xai/],
  ['DeepSeek', /deepseek/],
  ['Qwen', /qwen|qwq/],
  ['Llama', /llama|meta/],
  ['Mistral', /mistral|mixtral|devstral|codestral|magistral/],
  ['Kimi', /kimi|moonshot/],
  ['GLM', /\bglm|zhipu|z-ai/],
];

/** The family of a model or an agent by its name; `undefined` where the name does not tell. */
export const familyOf = (name: string): string | undefined =>
  FAMILIES.find(([, pattern]) => pattern.test(name.toLowerCase()))?.[0];
