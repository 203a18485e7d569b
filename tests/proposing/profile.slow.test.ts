/** The arena's own profile: run once on each best version while agents propose, shown to them, and never a number. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import {
  type Ended,
  expectClean,
  expectError,
  ledgerLines,
  MANIFEST,
  overnight,
  processesOf,
  smallArena,
  start,
  type Started,
} from '../fixtures/cli.ts';

const PROFILE = `profile: { command: "grep '^X=' x.sh; echo '80 % in parse'; ls judge.sh 2>&1 | tail -1", wall_s: 20 }\n`;
const call = (folder: string, ...args: string[]): Promise<Ended> => overnight(args, { cwd: folder });
const profiled = (folder: string): Record<string, unknown>[] =>
  ledgerLines(folder).filter((event) => event.type === 'try.asked' && event.profile === true);

async function submitting(manifest: string): Promise<{ readonly folder: string; readonly harness: Started }> {
  const folder = smallArena({ manifest });
  const harness = start(['run', '--agent', 'submissions', '--json'], { cwd: folder });
  await harness.until(/"type":"calibrated"/);
  return { folder, harness };
}

it('of the best code is in the brief and beside the experiment, made again when the best code is another one', async () => {
  const { folder, harness } = await submitting(MANIFEST + PROFILE);
  await harness.until(/"type":"try\.ended","tryOut":0/);
  const brief = await call(folder, 'brief');
  expect(brief.stdout).toContain('Profile of #0, the best code');
  expect(brief.stdout).toMatch(/X=9\n.*80 % in parse/);
  // It runs where a candidate runs, so what is hidden from candidates is hidden from it.
  expect(brief.stdout).toMatch(/judge\.sh.*No such file/i);
  const diff = join(folder, '..', 'three.diff');
  writeFileSync(diff, '--- a/x.sh\n+++ b/x.sh\n@@ -1,3 +1,3 @@\n #!/bin/sh\n-X=9\n+X=3\n : > "$OVERNIGHT_START"\n');
  const submitted = await call(folder, 'submit', diff, '--hypothesis', 'three');
  expect(submitted.status, submitted.stdout + submitted.stderr).toBe(0);
  await harness.until(/"type":"advanced"/);
  await harness.until(/"type":"try\.ended","tryOut":1/);
  const n = Number(profiled(folder)[1]!.parent);
  expect((await call(folder, 'show', String(n))).stdout).toMatch(
    /Profile \(text of untrusted code\):\nX=3\n80 % in parse/,
  );
  expect(profiled(folder).map(({ from }) => from)).toEqual(['harness', 'harness']);
  const asked = await call(folder, 'try-out', '--profile', '--parent', '0', '--by', 'ann');
  expect(asked.stdout).toMatch(/profiled in \d+\.\d s[^]*X=9/);
  await call(folder, 'stop');
  const { json, stderr } = await harness.ended;
  expect(json.at(-1), stderr).toHaveProperty('stop');
  expect(processesOf(folder)).toEqual([]);
  await expectClean(folder);
}, 180_000);

it('is asked for by nobody where the arena has none, and one that fails is shown as no profile', async () => {
  const { folder, harness } = await submitting(MANIFEST);
  expectError(await overnight(['try-out', '--profile', '--json'], { cwd: folder }), 'E_WISH', 2, /declares no profile/);
  await call(folder, 'stop');
  await harness.ended;
  expect(profiled(folder)).toEqual([]);
  const failing = await submitting(`${MANIFEST}profile: { command: "echo partly; exit 3" }\n`);
  await failing.harness.until(/"type":"try\.ended","tryOut":0/);
  expect((await call(failing.folder, 'brief')).stdout).not.toContain('Profile of');
  await call(failing.folder, 'stop');
  await failing.harness.ended;
  expect(profiled(failing.folder)).toHaveLength(1);
}, 180_000);
