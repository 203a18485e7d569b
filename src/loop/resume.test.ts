/** What a killed session left is ended, named and removed, and said once. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { instantSandbox } from '../testing/instant-sandbox.ts';
import { Script, SCRIPT_DEVICE } from '../testing/script.ts';
import { recoverKilledSession } from './resume.ts';

let work = '';
beforeEach(() => {
  work = join(mkdtempSync(join(tmpdir(), 'overnight-resume-')), 'work');
  mkdirSync(join(work, 'm3', 'arena'), { recursive: true });
  writeFileSync(join(work, 'm3', 'arena', 'x.ts'), 'half\n');
});
afterEach(() => rmSync(join(work, '..'), { recursive: true, force: true }));

it('ends its processes in every sandbox, records what is lost, and empties the work folder', async () => {
  const { ledger } = new Script().addCalibration([5, 5.1, 4.9]);
  ledger.append({
    type: 'measuring',
    m: 3,
    n: 0,
    purpose: 'replicate',
    seed: 1,
    judgeSeed: 1,
    session: 0,
    deviceClass: SCRIPT_DEVICE,
    cores: [],
  });
  const sandboxes = [instantSandbox(() => undefined, 2), instantSandbox(() => undefined, 1)];
  expect(await recoverKilledSession(ledger, sandboxes, 'overnight-ab12', work)).toBe(3);
  expect(sandboxes.flatMap((sandbox) => sandbox.swept)).toEqual(['overnight-ab12', 'overnight-ab12']);
  expect(ledger.events.slice(-2)).toMatchObject([
    { type: 'lost', m: 3, reason: 'the harness was killed while it ran' },
    { type: 'session.died', session: 0, processes: 3 },
  ]);
  expect(existsSync(work)).toBe(true);
  expect(readdirSync(work)).toEqual([]);
});

it('records nothing twice', async () => {
  const { ledger } = new Script().addCalibration([5, 5.1, 4.9]);
  await recoverKilledSession(ledger, [], 'overnight-ab12', work);
  const before = ledger.events.length;
  await recoverKilledSession(ledger, [], 'overnight-ab12', work);
  expect(ledger.events).toHaveLength(before);
});
