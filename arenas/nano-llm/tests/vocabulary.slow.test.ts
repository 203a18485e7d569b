// Other vocabularies than the contract's: an edit of one line of contract.ts, and everything else follows.

import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createRandom } from '../tensor/random.ts';
import { freshFolder } from './folders.ts';
import { arena, editedArena, runLinked } from './training.ts';

/** The arena with another vocabulary and few rows to score, so that little text is enough. */
function withVocabulary(size: number): string {
  const dir = editedArena({}, []);
  let contract = readFileSync(join(arena, 'contract.ts'), 'utf8');
  for (const [name, value] of [
    ['VOCAB_SIZE', size],
    ['EVAL_ROWS', 16],
    ['HOLDOUT_ROWS', 8],
  ] as const) {
    const changed = contract.replace(new RegExp(`${name} = \\d+;`), `${name} = ${value};`);
    expect(changed).not.toBe(contract);
    contract = changed;
  }
  rmSync(join(dir, 'contract.ts'));
  writeFileSync(join(dir, 'contract.ts'), contract);
  return dir;
}

/** Sources of made-up words, drawn unevenly as words are. */
function writeCorpus(deps: string): void {
  const random = createRandom(5);
  const letters = (): string =>
    Array.from({ length: 3 + random.below(8) }, () => String.fromCharCode(97 + random.below(26))).join('');
  const words = Array.from({ length: 6_000 }, letters);
  const word = (): string => words[Math.floor(words.length * random.uniform() ** 2)] ?? '';
  const text = join(deps, 'corpus', 'node_modules', 'text');
  mkdirSync(text, { recursive: true });
  for (let i = 0; i < 8; i++) {
    const paragraphs = Array.from({ length: 60 }, () => Array.from({ length: 120 }, word).join(' '));
    writeFileSync(join(text, `${i}.d.ts`), paragraphs.join('\n\n'));
  }
}

test.each([512, 8192])('a vocabulary of %i is learnt, trained on, scored and printed from', (size) => {
  const dir = withVocabulary(size);
  const room = freshFolder('vocabulary');
  writeCorpus(room);
  const env = {
    PATH: process.env.PATH ?? '',
    OVERNIGHT_DEPS: room,
    OVERNIGHT_DATA: join(room, 'data'),
    OVERNIGHT_OUT: join(room, 'out'),
    OVERNIGHT_ARTEFACT: join(room, 'out'),
    OVERNIGHT_RESULT: join(room, 'result'),
    OVERNIGHT_NONCE: '1a2b3c4d',
    OVERNIGHT_BUDGET_S: '60',
    OVERNIGHT_BUDGET_STEPS: '3',
    OVERNIGHT_CPUS: '2',
  };
  for (const name of ['data', 'out']) mkdirSync(join(room, name));
  const node = (...args: string[]): string => {
    const child = runLinked(dir, args, env);
    expect(`${child.stderr}${child.status}`).toMatch(/0$/);
    return child.stdout + child.stderr;
  };
  expect(node('prepare.ts')).toContain(`tokenizer: ${size} tokens`);
  expect(node('start.ts')).toMatch(/num_steps:\s+3\n/);
  node('evaluate.ts');
  const result = readFileSync(join(room, 'result'), 'utf8');
  // Three steps from nothing: about as good as an even guess among all tokens.
  const [, bpb, bytes, tokens] = (/val_bpb: (\S+)\nbytes: (\d+)\ntokens: (\d+)/.exec(result) ?? []).map(Number);
  const even = (Math.log2(size) * (tokens ?? 0)) / (bytes ?? 0);
  expect(bpb).toBeGreaterThan(0.5 * even);
  expect(bpb).toBeLessThan(1.2 * even);
  expect(node('sample.ts', join(room, 'out'), 'abc', '--tokens', '5')).toMatch(/^abc/);
});
