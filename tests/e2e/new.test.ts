/** `overnight new` on a terminal: it asks, an empty answer is an answer, and Ctrl-C writes nothing. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { describe, expect, it } from 'vitest';
import { freshFolder } from '../fixtures/cli.ts';
import { unless, withReason } from '../fixtures/skipping.ts';
import { hasTerminal, inTerminal } from '../fixtures/terminal.ts';

const noTerminal = unless(hasTerminal, 'there is no `script` to make a terminal');

describe.skipIf(noTerminal)(withReason('`overnight new` on a terminal', noTerminal), () => {
  const project = (): string => {
    const folder = freshFolder('project');
    writeFileSync(join(folder, 'train.sh'), 'echo "loss: 1"\n');
    return folder;
  };

  it('makes an arena whose candidate prints its number: empty answers are answers', async () => {
    const folder = project();
    const terminal = inTerminal('new', { cwd: folder });
    await terminal.see(/name of the arena \[project\]: /);
    terminal.type('\r');
    await terminal.see(/files that may change.*: /);
    terminal.type('\r');
    await terminal.see(/files that may change.*: [^]*files that may change.*: /);
    terminal.type('train.sh\r');
    await terminal.see(/command that runs a candidate.*: /);
    terminal.type('sh train.sh\r');
    await terminal.see(/command that scores it.*: /);
    terminal.type('\r');
    await terminal.see(/files that a candidate leaves.*: /);
    terminal.type('\r');
    await terminal.see(/name that is printed before the number.*: /);
    terminal.type('loss\r');
    expect(await terminal.ended, terminal.shown()).toBe(0);
    const manifest = parse(readFileSync(join(folder, 'arena.yaml'), 'utf8')) as Record<string, unknown>;
    expect(manifest).toMatchObject({ name: 'project', editable: ['train.sh'], metric: { name: 'loss' } });
    expect(manifest).not.toHaveProperty('evaluate');
    expect(manifest).not.toHaveProperty('artefact');
  });

  it('ends at Ctrl-C with status 130 and writes nothing', async () => {
    const folder = project();
    const terminal = inTerminal('new', { cwd: folder });
    await terminal.see(/name of the arena/);
    terminal.type('\x03');
    expect(await terminal.ended).toBe(130);
    expect(terminal.shown()).toMatch(/Nothing was written\./);
    expect(terminal.shown()).not.toMatch(/E_INTERNAL|AbortError/);
    expect(existsSync(join(folder, 'arena.yaml'))).toBe(false);
    expect(readdirSync(folder)).toEqual(['train.sh']);
  });
});
