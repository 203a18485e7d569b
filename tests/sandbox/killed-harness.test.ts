/**
 * The harness itself is killed with SIGKILL: namespaces take everything along; without them the next harness sweeps.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { chooseSandbox } from '../../src/sandbox/choose.ts';
import { PROGRAMS, processesWith } from './support.ts';
import { unless, withReason } from '../fixtures/skipping.ts';

const HARNESS = join(PROGRAMS, 'harness.ts');
const LOADER = join(import.meta.dirname, '..', '..', 'node_modules', 'tsx', 'dist', 'loader.mjs');

/** Start a harness, wait until its tree stands, kill it, and give what is left a moment to die. */
async function killedHarness(kind: string, tag: string, word: string, watched: boolean): Promise<string> {
  const args = ['--import', LOADER, HARNESS, kind, tag, word, ...(watched ? ['watched'] : [])];
  const harness: ChildProcess = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const said = await new Promise<string>((resolve) => harness.stdout?.once('data', (chunk) => resolve(String(chunk))));
  expect(processesWith(`WORD=${word}`).length).toBeGreaterThanOrEqual(4);
  const gone = new Promise((resolve) => harness.once('exit', resolve));
  harness.kill('SIGKILL');
  await gone;
  await new Promise((resolve) => setTimeout(resolve, 150));
  return said;
}

/** Other tests' groups come and go meanwhile: a folder that vanishes under the search is no answer. */
function groupsOf(tag: string): readonly string[] {
  if (!existsSync('/sys/fs/cgroup')) return [];
  for (;;) {
    try {
      const all = readdirSync('/sys/fs/cgroup', { recursive: true, encoding: 'utf8' });
      return all.filter((path) => path.includes(`overnight-${tag}`));
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code !== 'ENOENT') throw thrown;
    }
  }
}

const bubblewrap = (await chooseSandbox()).sandbox.info;
const absent = unless(bubblewrap.level === 'bubblewrap', bubblewrap.reason);

/** The folders that the killed harnesses could not remove themselves. */
afterAll(() => {
  for (const name of readdirSync(tmpdir()).filter((each) => each.startsWith('overnight-nasty-kill-'))) {
    rmSync(join(tmpdir(), name), { recursive: true, force: true });
  }
});

describe.concurrent('a harness that was killed', () => {
  for (const watched of [false, true]) {
    const limits = watched ? 'watched' : 'as found';
    it.skipIf(absent)(withReason(`leaves no process of a bubblewrap run (limits ${limits})`, absent), async () => {
      const [tag, word] = [`kill-${randomUUID()}`, randomUUID()];
      const said = await killedHarness('bubblewrap', tag, word, watched);
      expect(said).toMatch(/^bubblewrap/);
      expect(processesWith(`WORD=${word}`)).toEqual([]);
      const { sandbox } = await chooseSandbox();
      expect(await sandbox.sweep(tag)).toBe(0);
      expect(groupsOf(tag)).toEqual([]);
    });

    it(`leaves a plain process tree, which the next harness ends by its tag (limits ${limits})`, async () => {
      const [tag, word] = [`kill-${randomUUID()}`, randomUUID()];
      await killedHarness('process', tag, word, watched);
      expect(processesWith(`WORD=${word}`).length).toBeGreaterThanOrEqual(4);
      const { sandbox } = await chooseSandbox({ forbid: 'bubblewrap' });
      expect(await sandbox.sweep(`${tag}-another`)).toBe(0);
      expect(await sandbox.sweep(tag)).toBeGreaterThanOrEqual(4);
      expect(processesWith(`WORD=${word}`)).toEqual([]);
      expect(await sandbox.sweep(tag)).toBe(0);
      expect(groupsOf(tag)).toEqual([]);
    });
  }
});
