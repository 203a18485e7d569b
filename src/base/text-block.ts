/**
 * A block of our own in a text file of somebody else's: put in, replaced, taken out again without touching what stands
 * around it.
 */

const BEGIN =
  '<!-- overnight: begin. This block is written by `overnight install`; what stands around it is yours. -->';
const END = '<!-- overnight: end -->';
const BLOCK = new RegExp(`(?:^|\\n)${BEGIN.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}[\\s\\S]*?${END}\\n?`);

export const hasBlock = (text: string): boolean => BLOCK.test(text);

/** The text with our block at its end, or in the place where it stood. */
export function withBlock(text: string, body: string): string {
  const block = `${BEGIN}\n${body.trim()}\n${END}\n`;
  if (hasBlock(text)) return text.replace(BLOCK, (old) => `${old.startsWith('\n') ? '\n' : ''}${block}`);
  return text === '' ? block : `${text.endsWith('\n') ? text : `${text}\n`}\n${block}`;
}

/** The text as it is without us; empty where nothing else stands there. */
export const withoutBlock = (text: string): string => text.replace(BLOCK, '');

/** What is left of such a file without us: nothing of one that is ours from its first line. */
export const leftWithoutUs = (file: string, text: string): string => {
  if (!hasBlock(text)) return text;
  return file.endsWith('/SKILL.md') || withoutBlock(text).trim() === '' ? '' : withoutBlock(text);
};

/** Files that `overnight install` may write: instructions for agents, not part of anybody's program. */
export const isInstructions = (file: string): boolean =>
  /(^|\/)(AGENTS|CLAUDE|GEMINI)\.md$/.test(file) || /(^|\/)\.(agents|claude)\/skills\/overnight\/SKILL\.md$/.test(file);
