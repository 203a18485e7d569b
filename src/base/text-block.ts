/** A marked block in a text file of a person: inserted, replaced and removed without a change of the text around it. */

const BEGIN =
  '<!-- overnight: begin. This block is written by `overnight install`; what stands around it is yours. -->';
const END = '<!-- overnight: end -->';
const BLOCK = new RegExp(`(?:^|\\n)${BEGIN.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}[\\s\\S]*?${END}\\n?`);

export const hasBlock = (fileText: string): boolean => BLOCK.test(fileText);

/** The text with our block at its end, or in its old place. */
export function withBlock(fileText: string, body: string): string {
  const block = `${BEGIN}\n${body.trim()}\n${END}\n`;
  if (hasBlock(fileText))
    return fileText.replace(BLOCK, (previous) => `${previous.startsWith('\n') ? '\n' : ''}${block}`);
  return fileText === '' ? block : `${fileText.endsWith('\n') ? fileText : `${fileText}\n`}\n${block}`;
}

/** The text without our block; empty where nothing else is in it. */
export const withoutBlock = (fileText: string): string => fileText.replace(BLOCK, '');

/** The text without our block; empty where the file is ours from its first line on. */
export const leftWithoutUs = (filePath: string, fileText: string): string => {
  if (!hasBlock(fileText)) return fileText;
  return filePath.endsWith('/SKILL.md') || withoutBlock(fileText).trim() === '' ? '' : withoutBlock(fileText);
};

/** Files that `overnight install` may write: instructions for agents, not part of anybody's program. */
export const isInstructions = (filePath: string): boolean =>
  /(^|\/)(AGENTS|CLAUDE|GEMINI)\.md$/.test(filePath) ||
  /(^|\/)\.(agents|claude)\/skills\/overnight\/SKILL\.md$/.test(filePath);
