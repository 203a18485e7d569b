/** What `overnight doctor` advises for the usual first failures: the change that cures it, never itself. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'vitest';
import { chooseSandbox } from '../../src/sandbox/choose.ts';
import { type Ended, freshFolder, overnight } from '../fixtures/cli.ts';
import { unless, withReason } from '../fixtures/skipping.ts';

const { sandbox } = await chooseSandbox();
const noSandbox = unless(sandbox.info.level === 'bubblewrap', sandbox.info.reason);

const doctorOf = (train: string): Promise<Ended> => overnight(['doctor'], { cwd: folderWith(train) });

function folderWith(train: string): string {
  const folder = freshFolder();
  writeFileSync(
    join(folder, 'arena.yaml'),
    `overnight: 1
name: first
metric: { name: val_loss, direction: minimize }
editable: [train.sh]
run: { command: sh train.sh }
budget: { seconds: 2, grace_s: 1, wall_s: 3 }
resources: { memory_mb: 256, pids: 32, disk_mb: 16 }
`,
  );
  writeFileSync(join(folder, 'train.sh'), train);
  return folder;
}

describe.skipIf(noSandbox).concurrent(withReason('doctor', noSandbox), () => {
  // Case 14-doctor-trust-fix.
  it('names bounds as the cure of grade reported, not bubblewrap, which it has just proven', async ({
    expect: see,
  }) => {
    const { stdout } = await doctorOf('echo "val_loss: 1.5"\n');
    see(stdout).toMatch(/✗ trust grade: reported.*→ set `metric\.plausible/);
    see(stdout).not.toMatch(/→ install bubblewrap/);
    see(stdout).toMatch(/✓ ideas: /);
  });

  // Case setup-08-noise-larger-than-the-number.
  it('fails where the noise hides every plausible gain', async ({ expect: see }) => {
    const { status, stdout } = await doctorOf('echo "val_loss: $(( $(od -An -N1 -tu1 /dev/urandom) + 1 ))"\n');
    see(status).toBe(6);
    see(stdout).toMatch(/✗ smallest effect: .*→ no gain below \d+/);
  });

  // Case 13-doctor-sends-to-doctor; src/discover/cures.test.ts has its other programs.
  it('sees that the program writes into its own folder, and does not send to doctor', async ({ expect: see }) => {
    const { stdout } = await doctorOf('echo 1 > result.txt || exit 1\necho "val_loss: 1.5"\n');
    see(stdout).toMatch(/✗ metric parses: .*Read-only file system.*→ .*writable/s);
    see(stdout).not.toMatch(/`overnight doctor`/);
  });

  it('writes the cure into arena.yaml when it is asked to, and passes then', async ({ expect: see }) => {
    const folder = folderWith('echo 1 > result.txt || exit 1\necho "val_loss: 1.5"\n');
    const manifest = (): string => readFileSync(join(folder, 'arena.yaml'), 'utf8');
    const before = manifest();
    see((await overnight(['doctor'], { cwd: folder })).stdout).toMatch(
      /`overnight doctor --write` writes `run\.writable: true` into arena\.yaml/,
    );
    see(manifest()).toBe(before);
    const written = await overnight(['doctor', '--write'], { cwd: folder });
    see(written.stdout).toMatch(/Written to arena\.yaml: `run\.writable: true`\. Run `overnight doctor` again/);
    see(manifest()).toContain('writable: true');
    see((await overnight(['doctor'], { cwd: folder })).stdout).toMatch(/✓ metric parses: val_loss = 1\.5/);
  });

  it('asks for no more than the machine has when it is told to write', async ({ expect: see }) => {
    const folder = folderWith('echo "val_loss: 1.5"\n');
    const manifest = readFileSync(join(folder, 'arena.yaml'), 'utf8');
    writeFileSync(join(folder, 'arena.yaml'), manifest.replace('resources: {', 'resources: { cpus: 4000,'));
    see((await overnight(['doctor', '--write'], { cwd: folder })).stdout).toMatch(/✗ cores: 4,000 cores of \d+/);
    see((await overnight(['doctor'], { cwd: folder })).stdout).toMatch(/✓ cores: /);
  });

  it('reads `name=value`, and a number on standard error is found or told', async ({ expect: see }) => {
    see((await doctorOf('echo "METRIC val_loss=1.5"\n')).stdout).toMatch(/✓ metric parses: val_loss = 1\.5/);
    see((await doctorOf('echo "val_loss: 1.5" >&2\n')).stdout).toMatch(
      /✓ metric parses: val_loss = 1\.5|✗ metric parses: .*standard error/,
    );
  });
});
