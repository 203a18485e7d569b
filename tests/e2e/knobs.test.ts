/** `overnight knobs` as a person uses it: look, write, run; and every way in which knobs and files can disagree. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CANDIDATE, everything, expectError, freshFolder, MANIFEST, overnight, smallArena } from '../fixtures/cli.ts';

const SOURCE = `import os

RATE = 0.3  # how far a step goes
DEPTH = 4
MODE = 'fast'
open(os.environ['OVERNIGHT_START'], 'w').close()
print('loss:', (RATE - 0.5) ** 2 + (DEPTH - 6) ** 2)
`;

function pythonArena(): string {
  const folder = freshFolder('python');
  writeFileSync(join(folder, 'x.py'), SOURCE);
  writeFileSync(
    join(folder, 'arena.yaml'),
    'overnight: 1 # mine\nname: python\nmetric: { name: loss, direction: minimize }\neditable: [x.py]\nrun: { command: python3 x.py }\nbudget: { seconds: 5, wall_s: 9 }\ncalibrate: { replicates: 2 }\n',
  );
  return folder;
}

describe('overnight knobs', () => {
  it('shows what it would declare and changes nothing', async () => {
    const folder = pythonArena();
    const before = everything(folder);
    const { status, stdout } = await overnight(['knobs'], { cwd: folder });
    expect(status, stdout).toBe(0);
    expect(stdout).toMatch(/^ {2}- \{ name: RATE, file: x\.py, kind: float, range: \[0\.075, 1\.2\], log: true \}$/m);
    expect(stdout).toMatch(/x\.py:5 MODE: it is a text/);
    expect(stdout).toMatch(/^2 knobs proposed, 0 declared already, 1 left out\.\nNothing was written\./m);
    expect(everything(folder)).toBe(before);
  });

  it('writes them with --write, keeps the rest of the manifest, and the optimizer uses them', async () => {
    const folder = pythonArena();
    const file = join(folder, 'arena.yaml');
    const before = readFileSync(file, 'utf8');
    const written = await overnight(['knobs', '--write', '--json'], { cwd: folder });
    expect(written.json[0], written.stdout).toMatchObject({
      written: file,
      proposed: [{ name: 'RATE', now: 0.3 }, {}],
    });
    expect(readFileSync(file, 'utf8').startsWith(before)).toBe(true);
    const again = await overnight(['knobs', '--write'], { cwd: folder });
    expect(again.stdout).toMatch(/0 knobs proposed, 2 declared already, 1 left out\.\nNothing to add\./);
    const run = await overnight(['run', '--experiments', '1', '--json'], { cwd: folder });
    expect(
      run.json.find((event) => event.type === 'proposed' && event.n === 1),
      run.stdout,
    ).toMatchObject({
      hypothesis: expect.stringMatching(/^(RATE|DEPTH) \S+ → \S+/),
    });
  });

  it('takes only the ones that were named, and says which names it does not know', async () => {
    const folder = pythonArena();
    expectError(
      await overnight(['knobs', '--only', 'RATE,WIDTH', '--json'], { cwd: folder }),
      'E_USAGE',
      2,
      /There is no proposal WIDTH; there are RATE, DEPTH\./,
    );
    const { stdout } = await overnight(['knobs', '--only', 'DEPTH', '--write'], { cwd: folder });
    expect(stdout).toMatch(/^1 knob written, 0 declared already/m);
    expect(readFileSync(join(folder, 'arena.yaml'), 'utf8')).not.toContain('RATE');
  });

  it('names a knob whose constant has vanished, and two knobs on one constant', async () => {
    const gone = smallArena({ candidate: CANDIDATE.replace('X=9', 'Y=9') });
    expectError(await overnight(['knobs', '--json'], { cwd: gone }), 'E_KNOB', 2, /knobs\.0: x\.sh: X is not set/);
    const knob = '{ name: X, file: x.sh, kind: int, range: [0, 9] }';
    const twice = smallArena({ manifest: MANIFEST.replace(`[${knob}]`, `[${knob}, ${knob}]`) });
    expectError(
      await overnight(['knobs', '--json'], { cwd: twice }),
      'E_MANIFEST',
      2,
      /a second knob on the constant x\.sh:X/,
    );
  });

  it('names a rule of the manifest that the files break', async () => {
    const folder = smallArena({ manifest: `${MANIFEST}knob_rules: ["X % 2 == 0"]\n` });
    const ended = await overnight(['knobs', '--json'], { cwd: folder });
    expectError(ended, 'E_KNOB', 2, /knob_rules\.0: "X % 2 == 0" does not hold for X = 9/);
  });
});
