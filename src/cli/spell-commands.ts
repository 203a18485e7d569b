/**
 * Commands that a message names, written so that they work where the person stands: with the way the program is
 * started, the folder and the lab. Messages name a command as `overnight …` in backticks and know nothing of this.
 */
import * as path from 'node:path';
import type { LabView } from '../view/types.ts';
import type { CommandSpec } from './command.ts';
import { quoteWord } from './program-name.ts';

export interface CallPlace {
  /** How the program is started. */
  readonly program: string;
  readonly cwd: string;
  /** The folder as the person gave it with --dir. */
  readonly dir: string | undefined;
  readonly tag: string | undefined;
}

/** The commands that a view of a lab advises, spelled. */
export const spellView = (view: LabView, spell: (text: string) => string): LabView => ({
  ...view,
  next: view.next.map(spell),
  take: view.take.map(({ command, what }) => ({ command: spell(`\`${command}\``).slice(1, -1), what })),
  health: view.health.map((line) => ({ ...line, text: spell(line.text) })),
});

export type SpellCommands = (text: string, labFolder?: string) => string;

/** `labFolder` is the arena's folder of the lab that the text is about, where it is not the folder of the call. */
export function commandSpeller(commands: readonly CommandSpec[], place: CallPlace): SpellCommands {
  return (text, labFolder) => {
    const dir = labFolder === undefined ? place.dir : folderFrom(place.cwd, labFolder, place.dir);
    return text.replace(/`([^`]*)`/g, (span: string, content: string) =>
      /(^|\| )overnight /.test(content) ? `\`${spellLine(commands, { ...place, dir }, content)}\`` : span,
    );
  };
}

function folderFrom(cwd: string, labFolder: string, givenDir: string | undefined): string | undefined {
  if (givenDir !== undefined && path.resolve(cwd, givenDir) === labFolder) return givenDir;
  const relativeFolder = path.relative(cwd, labFolder);
  return relativeFolder === '' ? undefined : relativeFolder;
}

/** One command line: `overnight diff 3`, also after a pipe. */
export function spellLine(commands: readonly CommandSpec[], { program, dir, tag }: CallPlace, line: string): string {
  const [, before = '', rest = ''] = /^(.*?)\bovernight (.*)$/.exec(line) ?? [];
  const spec = commands.find((command) => command.name === /^[a-z-]+/.exec(rest)?.[0]);
  const needsDir = dir !== undefined && spec?.options.dir !== undefined && !/ (-C|--dir)\b/.test(rest);
  const needsTag = tag !== undefined && spec?.options.tag !== undefined && !/ --tag\b/.test(rest);
  return [
    `${before}${program} ${rest}`,
    ...(needsDir ? [`-C ${quoteWord(dir)}`] : []),
    ...(needsTag ? [`--tag ${quoteWord(tag)}`] : []),
  ].join(' ');
}
