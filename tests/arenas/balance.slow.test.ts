/** balance: the baseline's score, a strong policy that is kept, and cheats that end without a number. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { openLab } from '../../src/app/open-lab.ts';
import { measurementsOf } from '../../src/core/state.ts';
import type { Proposer } from '../../src/core/ports.ts';

const ARENA = join(import.meta.dirname, '../../arenas/balance');
const work = mkdtempSync(join(tmpdir(), 'balance-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));

/** The text of policy.mjs with a shipped patch applied. */
function patched(patch: string): string {
  const folder = mkdtempSync(join(work, 'patch-'));
  cpSync(join(ARENA, 'policy.mjs'), join(folder, 'policy.mjs'));
  execFileSync('git', ['apply', join(ARENA, 'examples', patch)], { cwd: folder });
  return readFileSync(join(folder, 'policy.mjs'), 'utf8');
}

it('scores its baseline as the README says, keeps the strong policy and refuses both cheats', async () => {
  const folder = join(work, 'arena');
  cpSync(ARENA, folder, {
    recursive: true,
    filter: (file) => !/node_modules|\.overnight|tests/.test(file.slice(ARENA.length)),
  });
  const manifest = readFileSync(join(folder, 'arena.yaml'), 'utf8');
  writeFileSync(join(folder, 'arena.yaml'), manifest.replace('replicates: 3', 'replicates: 2'));
  const patches = ['cheat-reads-the-world.patch', 'cheat-infinite-force.patch', 'strong-full-state.patch'];
  const proposer: Proposer = {
    name: 'patches',
    propose: async () => {
      const patch = patches.shift();
      if (patch === undefined) return { kind: 'none', reason: 'no more' };
      return { kind: 'edit', hypothesis: patch, edits: [{ path: 'policy.mjs', content: patched(patch) }] };
    },
  };
  const opened = await openLab({ folder, tag: 't', proposer, limits: { experiments: 3 } });
  await opened.run();
  const { state } = opened;
  const valuesOf = (n: number): number[] =>
    measurementsOf(state, n).flatMap((measurement) =>
      measurement.state === 'finished' && measurement.outcome.kind === 'measured' ? [measurement.outcome.value] : [],
    );
  expect(valuesOf(0)[0]).toBeGreaterThan(2.8);
  expect(valuesOf(0)[0]).toBeLessThan(4.4);
  const verdictOfPatch = (patch: string): unknown => {
    const experiment = state.experiments.find(({ idea }) => idea.hypothesis === patch)!;
    return experiment.state === 'decided' ? experiment.decision.verdict : experiment.state;
  };
  expect(verdictOfPatch('cheat-reads-the-world.patch')).toBe('crashed');
  expect(verdictOfPatch('cheat-infinite-force.patch')).toBe('crashed');
  expect(verdictOfPatch('strong-full-state.patch')).toBe('kept');
  const strong = state.experiments.find(({ idea }) => idea.hypothesis === 'strong-full-state.patch')!;
  expect(valuesOf(strong.idea.n)[0]).toBeGreaterThan(7.5);
}, 120_000);
