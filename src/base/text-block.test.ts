import { describe, expect, it } from 'vitest';
import { hasBlock, isInstructions, leftWithoutUs, withBlock, withoutBlock } from './text-block.ts';

const block = withBlock('', 'ours');

describe('our block in a text', () => {
  it('is the whole text where there was none, and ends with a line break', () => {
    expect(block.split('\n')).toEqual([expect.stringMatching(/begin/), 'ours', expect.stringMatching(/end/), '']);
    expect(withBlock('', '\n ours \n\n')).toBe(block);
  });

  it('stands below what was there, after one empty line', () => {
    expect(withBlock('theirs\n', 'ours')).toBe(`theirs\n\n${block}`);
    expect(withBlock('theirs', 'ours')).toBe(`theirs\n\n${block}`);
  });

  it('is replaced where it stands', () => {
    const text = `${withBlock('above\n', 'old')}\nbelow\n`;
    expect(withBlock(text, 'ours')).toBe(`above\n\n${block}\nbelow\n`);
    expect(withBlock(`${block}below\n`, 'new')).toBe(`${withBlock('', 'new')}below\n`);
    expect(withBlock(withBlock('above', 'ours'), 'ours')).toBe(withBlock('above', 'ours'));
  });

  it('is known by its first and its last line', () => {
    expect(hasBlock(block)).toBe(true);
    expect(hasBlock(`above\n${block}`)).toBe(true);
    expect(hasBlock(block.trimEnd())).toBe(true);
    const [begin, , end] = block.split('\n');
    for (const part of ['', 'text', begin!, end!, `${end}\n${begin}`, `> ${begin}\n${end}`])
      expect(hasBlock(part), part).toBe(false);
    // The marker is text and no pattern: its full stop stands for itself alone.
    expect(hasBlock(block.replace('begin.', 'begin!'))).toBe(false);
  });

  it('is taken out without a trace of it, and the rest stays', () => {
    expect(withoutBlock('theirs')).toBe('theirs');
    expect(withoutBlock(block)).toBe('');
    expect(withoutBlock(withBlock('above\n', 'one\ntwo'))).toBe('above\n');
    expect(withoutBlock(`above\n\n${block}below\n`)).toBe('above\nbelow\n');
    // A text that has two blocks loses the first one only up to its own end.
    expect(withoutBlock(`${block}between\n${block}`)).toBe(`between\n${block}`);
  });
});

describe('what is left without us', () => {
  it('of a file with text of somebody else is that text', () => {
    expect(leftWithoutUs('AGENTS.md', withBlock('theirs\n', 'ours'))).toBe('theirs\n');
    expect(leftWithoutUs('x/SKILL.md', 'theirs\n')).toBe('theirs\n');
    expect(leftWithoutUs('AGENTS.md', ' \n')).toBe(' \n');
  });

  it('of a file that is ours is nothing: only our block, or a skill of ours', () => {
    expect(leftWithoutUs('AGENTS.md', ` \n${block}\n\n`)).toBe('');
    expect(leftWithoutUs('skills/overnight/SKILL.md', withBlock('---\nname: overnight\n---\n', 'ours'))).toBe('');
  });
});

describe('files of instructions', () => {
  it.each([
    'AGENTS.md',
    'CLAUDE.md',
    'deep/er/GEMINI.md',
    '.agents/skills/overnight/SKILL.md',
    'a/.claude/skills/overnight/SKILL.md',
  ])('%s is one', (path) => {
    expect(isInstructions(path)).toBe(true);
  });

  it.each([
    'MY-AGENTS.md',
    'AGENTS.md.ts',
    'AGENTSxmd',
    'AGENTS.md/x',
    'README.md',
    'a.claude/skills/overnight/SKILL.md',
    '.claude/skills/overnight/SKILL.md/x',
    '.claude/skills/overnight/SKILLxmd',
    'xclaude/skills/overnight/SKILL.md',
    '.claude/skills/other/SKILL.md',
    '.codex/skills/overnight/SKILL.md',
  ])('%s is none', (path) => {
    expect(isInstructions(path)).toBe(false);
  });
});
