/**
 * A block of our own in a text file of somebody else's: put in, replaced, taken out again without touching what stands
 * around it.
 */

const BEGIN =
  '<!-- overnight: begin. This block is written by `overnight install`; what stands around it is yours. -->';
const END = '<!-- overnight: end -->';
const BLOCK = new RegExp(`(?:^|\\n)${BEGIN.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}[\\s\\S]*?${END}\\n?`);

export const hasBlock = (fileText: string): boolean => BLOCK.test(fileText);

/** The text with our block at its end, or in the place where it stood. */
export function withBlock(fileText: string, body: string): string {
  const block = `${BEGIN}\n${body.trim()}\n${END}\n`;
  if (hasBlock(fileText))
    return fileText.replace(BLOCK, (previous) => `${previous.startsWith('\n') ? '\n' : ''}${block}`);
  return fileText === '' ? block : `${fileText.endsWith('\n') ? fileText : `${fileText}\n`}\n${block}`;
}

/** The text as it is without us; empty where nothing else stands there. */
export const withoutBlock = (fileText: string): string => fileText.replace(BLOCK, '');

/** What is left of such a file without us: nothing of one that is ours from its first line. */
export const leftWithoutUs = (filePath: string, fileText: string): string => {
  if (!hasBlock(fileText)) return fileText;
  return filePath.endsWith('/SKILL.md') || withoutBlock(fileText).trim() === '' ? '' : withoutBlock(fileText);
};

/** Files that `overnight install` may write: instructions for agents, not part of anybody's program. */
export const isInstructions = (filePath: string): boolean =>
  /(^|\/)(AGENTS|CLAUDE|GEMINI)\.md$/.test(filePath) ||
  /(^|\/)\.(agents|claude)\/skills\/overnight\/SKILL\.md$/.test(filePath);
