/** What misled an agent once: what is excluded, cut, in force, and what there is before the first run. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { CANDIDATE, expectError, MANIFEST, overnight, smallArena, start, commitAll, gitIn } from '../fixtures/cli.ts';

const IDEA =
  'X becomes three because the loss falls with it, which the table of all values that were tried before in this lab shows beyond doubt';

it('an agent reads the task before the first run, excluded files are frozen, and long ideas are shown and taken whole', async () => {
  const manifest = MANIFEST.replace('editable: [x.sh]', 'editable: [x.sh, "lib/*.sh", "!lib/*.spec.sh"]');
  const folder = smallArena({ manifest, git: false });
  mkdirSync(join(folder, 'lib'));
  for (const name of ['a.sh', 'a.spec.sh']) writeFileSync(join(folder, 'lib', name), '# as it is\n');
  writeFileSync(join(folder, 'AGENTS.md'), '# Mine\nBe kind.\n');
  commitAll(folder);
  const call = (...args: string[]) => overnight(args, { cwd: folder });

  const before = await call('brief');
  expect(before.status, before.stderr).toBe(0);
  expect(before.stdout).toMatch(/^## Improve loss of small \(lower is better\)\nNothing is measured yet/);
  expect(before.stdout).toMatch(/You may change: x\.sh, lib\/\*\.sh, !lib\/\*\.spec\.sh\./);
  expect(before.stdout).toContain('# Find a small X');
  expect(before.stdout).toContain('X = 9 (0 to 9, x.sh)');
  expectError(await call('brief', '--tag', 'other', '--json'), 'E_NO_LAB', 2, /no ledger/);

  const ran = await call(
    'run',
    '--json',
    '--agent',
    'search',
    '--max-usd',
    '0',
    '--experiments',
    '1',
    '--until',
    '100',
  );
  expect(ran.status, ran.stderr + ran.stdout).toBe(0);
  const copy = join(folder, '..', 'copy');
  await call('checkout', copy);
  writeFileSync(join(copy, 'lib', 'a.spec.sh'), '# weakened\n');
  const submit = (): ReturnType<typeof call> => call('submit', '--from', copy, '--hypothesis', IDEA, '--json');
  expectError(await submit(), 'E_SUBMIT', 2, /not editable: lib\/a\.spec\.sh/);
  writeFileSync(join(copy, 'x.sh'), CANDIDATE.replace('X=9', 'X=3'));
  const { id } = (await submit()).json[0] as { id: string };

  const harness = start(['run', '--agent', 'submissions', '--json'], { cwd: folder });
  const done = await call('poll', id, '--wait', '25', '--json');
  expect(done.json[0]).toMatchObject({ verdict: 'kept', text: expect.stringContaining('67 % of the baseline') });
  await call('pause');
  expect((await call('status')).stdout).toMatch(/paused by a person, no new ideas until `/);
  await call('stop');
  await harness.ended;
  expect((await call('status')).stdout).toMatch(/paused by a person, no new ideas until `resume`; stopped by/);

  expect((await call('log')).stdout).toContain(IDEA);
  // What was installed for agents is no part of what is taken.
  expect((await call('take', '--branch', 'taken', '--json')).json[0]).toMatchObject({ startsWithUncommitted: false });
  expect(gitIn(folder, 'show', '--name-only', '--format=', 'taken').trim()).toBe('x.sh');
  const patches = join(folder, '..', 'patches');
  const taken = await call('take', '--patches', patches);
  expect(taken.status, taken.stderr).toBe(0);
  const patch = readFileSync(join(patches, readdirSync(patches)[0]!), 'utf8');
  const subject = /^Subject: \[PATCH\] (.*(?:\n .*)*)/m.exec(patch)![1]!;
  expect(subject.replace(/\n /g, ' ')).toBe('X becomes three because the loss falls with it, which the table of...');
  expect(patch.replace(/\s+/g, ' ')).toContain(IDEA);
}, 120_000);

it('a manifest whose patterns only exclude is refused', async () => {
  const folder = smallArena({ manifest: MANIFEST.replace('editable: [x.sh]', 'editable: ["!judge.sh"]') });
  expectError(await overnight(['run', '--json'], { cwd: folder }), 'E_FILES', 2, /only patterns that exclude files/);
}, 60_000);
