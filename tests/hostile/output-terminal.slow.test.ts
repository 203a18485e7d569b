/** A candidate that writes escape sequences wherever it can, seen by a person on a terminal while it runs. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CANDIDATE, ledgerLines, MANIFEST, overnight, smallArena } from '../fixtures/cli.ts';
import { hasTerminal, inTerminal } from '../fixtures/terminal.ts';

/** As a shell's printf writes them: a title, colours, a link, the clipboard, eight-bit controls, turned text. */
const ESCAPES = String.raw`\033]0;PWNED\007\033[31m\033]8;;http://evil.example\033\\x\033]52;c;eA==\007\302\2335m\302\2350;PWNED\302\234\342\200\256`;
const LOUD = [
  CANDIDATE.replace(
    'echo "$X"',
    `printf 'step,${ESCAPES}loss\\n1,2\\n2,1\\n' > "$OVERNIGHT_OUT/curve.csv"\nprintf '${ESCAPES}\\n' >&2\nsleep 1.2\necho "$X"`,
  ),
  `if [ "$X" -lt 5 ]; then printf 'failed ${ESCAPES} here\\n' >&2; exit 7; fi\n`,
].join('');

/** What the program itself tells a terminal: colours, the synchronised redraw, erasing its own lines. */
const OWN = /\x1b\[(?:0|1|2|31|32|33|34|36)m|\x1b\[\?2026[hl]|\x1b\[\d+A|\x1b\[0J|\x1b\[K|\x1b\[\?25[hl]/g;

describe('escape sequences of a candidate', () => {
  it.skipIf(!hasTerminal)(
    'reach no terminal: not from its curve, its output or its reason; the run goes on',
    async () => {
      const folder = smallArena({
        candidate: LOUD,
        manifest: MANIFEST.replace(/budget: .*/, 'budget: { seconds: 4, grace_s: 1, wall_s: 8 }'),
      });
      const terminal = inTerminal('run --experiments 3', { cwd: folder });
      expect(await terminal.ended).toBe(0);
      const shown = terminal.shown();
      expect(shown).toContain('loss');
      const foreign = shown.replace(OWN, '').match(/[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e]|\]0;PWNED\x07/);
      expect(foreign).toBeNull();
      expect(ledgerLines(folder).at(-1)).toMatchObject({ type: 'session.ended' });
      for (const command of [['log'], ['show', '1'], ['status'], ['report']]) {
        const ended = await overnight(command, { cwd: folder, env: { FORCE_COLOR: '1', NO_COLOR: '' } });
        expect(ended.stdout.replace(OWN, ''), command[0]).not.toMatch(/[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]/);
      }
      const tag = String(ledgerLines(folder)[0]!.tag);
      const report = readFileSync(join(folder, '.overnight', 'labs', tag, 'report', 'report.html'), 'utf8');
      expect(report).not.toMatch(/[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]/);
      expect((await overnight(['run', '--experiments', '1', '--json'], { cwd: folder })).error).toBeUndefined();
    },
  );

  it('spell themselves in a diff on a terminal, and stay bytes in a pipe', async () => {
    const folder = smallArena({ candidate: `${CANDIDATE}# hidden \x1b[2K\u202e text\n` });
    await overnight(['run', '--experiments', '2', '--json'], { cwd: folder });
    const piped = await overnight(['diff', '0', '1'], { cwd: folder });
    expect(piped.stdout).toMatch(/^diff --git/);
    expect(piped.stdout).toContain('\x1b[2K\u202e');
    if (!hasTerminal) return;
    const terminal = inTerminal('diff 0 1', { cwd: folder });
    expect(await terminal.ended).toBe(0);
    expect(terminal.shown()).toContain('⟨U+001B⟩[2K⟨U+202E⟩');
    expect(terminal.shown()).not.toMatch(/\x1b\[2K|\u202e/);
  });
});
