/**
 * What takes longer than two seconds says so, and how far it is: as a bar on a terminal, as plain lines elsewhere,
 * never as escape codes in a file.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { syntheticLab } from '../../src/testing/synthetic.ts';
import { CANDIDATE, freshFolder, MANIFEST, overnight, smallArena } from '../fixtures/cli.ts';
import { linesOf, putLab } from '../fixtures/ledgers.ts';
import { hasTerminal, inTerminal } from '../fixtures/terminal.ts';
import { unless, withReason } from '../fixtures/skipping.ts';

const noTerminal = unless(hasTerminal, 'no `script` on PATH to make a terminal');
const STAGES = 'setup: { command: sh setup.sh, key: [setup.sh] }\nprepare: { command: sh prepare.sh }\n';

/** Setup is silent, as a package manager is that writes to no terminal; prepare tells how far its download is. */
function slowArena(): string {
  const cwd = smallArena({ manifest: MANIFEST + STAGES, candidate: CANDIDATE.replace('echo', 'sleep 0.3\necho') });
  writeFileSync(join(cwd, 'setup.sh'), 'sleep 2.6\n');
  writeFileSync(join(cwd, 'prepare.sh'), 'for k in 1 2 3 4; do echo "shard $k of 4" >&2; sleep 0.4; done\n');
  return cwd;
}

const ESCAPE = '\u001b';

describe('what takes a while', () => {
  it.skipIf(noTerminal)(
    withReason('has a bar on a terminal: setup, prepare, calibration, each measurement', noTerminal),
    async () => {
      const { see, ended, shown } = inTerminal('run --experiments 1', { cwd: slowArena() });
      await see(/ setup [▓░]{10} \d\.\d s/);
      await see(/ prepare ▓{5}░{5} 50 % \d\.\d s {2}shard 2 of 4/);
      await see(/ measuring the noise of the unchanged code ▓{5}░{5}/);
      await see(/ #0 [▓░]{10} \d\.\d s of 2\.0 s measuring the noise/);
      expect(await ended).toBe(0);
      expect(shown()).toContain('setup: ');
    },
  );

  it('is a plain line now and then where there is no terminal', async () => {
    const ran = await overnight(['run', '--experiments', '1'], { cwd: slowArena() });
    expect(ran.stdout).toMatch(/^setup: \d\.\d s so far$/m);
    expect(ran.stdout).toMatch(/^ {2}prepare: shard 4 of 4$/m);
    expect(ran.stdout + ran.stderr).not.toContain(ESCAPE);
  });

  it.skipIf(noTerminal)(
    withReason('is said of a large ledger that is read, and of every verdict that is derived again', noTerminal),
    async () => {
      const root = freshFolder('large');
      const lab = putLab(root, 'a', []);
      const { ledger } = syntheticLab({ n: 12, noise: 0.0009 });
      for (let k = 0; k < 400_000; k++) ledger.append({ type: 'note', from: 'a test', text: `${k} words` });
      writeFileSync(join(lab, 'ledger.jsonl'), linesOf(ledger.events));
      const cwd = join(root, 'a');
      for (const [command, words] of [
        ['status', 'reading the ledger'],
        ['audit', 'deriving every verdict again'],
      ] as const) {
        // Without its compiler JavaScript is slow enough on any machine.
        const { ended, shown } = inTerminal(command, { cwd, env: { NODE_OPTIONS: '--jitless' } });
        await ended;
        expect(shown(), command).toMatch(new RegExp(` ${words} [▓░]{10} \\d+ % \\d+(\\.\\d)? s`));
        // Taken away again: what stays is the answer.
        expect(shown().slice(shown().lastIndexOf(words))).toContain(`\r${ESCAPE}[K`);
      }
      const plain = await overnight(['status', '--json'], { cwd });
      expect(plain.stdout.split('\n').filter(Boolean)).toHaveLength(1);
      expect(plain.stdout + plain.stderr).not.toContain(ESCAPE);
    },
  );
});
