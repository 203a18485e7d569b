/**
 * Everything once, in about two seconds: open, calibrate, try ideas, decide, keep, confirm, report, audit, hand over,
 * go on, in a lab that measures fast.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { auditLab } from '../src/audit/audit.ts';
import { codeOf } from '../src/core/state.ts';
import { readLedger } from '../src/ledger/jsonl.ts';
import { resultsTsv } from '../src/render/tsv.ts';
import { openLab } from '../src/app/open-lab.ts';
import { takePatches } from '../src/workspace/take.ts';

const folder = mkdtempSync(join(tmpdir(), 'overnight-tiny-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const MANIFEST = `
overnight: 1
name: tiny
metric: { name: loss, direction: minimize }
editable: [x.sh]
hidden: [judge.sh]
run: { command: sh x.sh }
artefact: [x.txt]
evaluate: { command: sh judge.sh }
budget: { seconds: 2, grace_s: 1, wall_s: 4 }
calibrate: { replicates: 2 }
knobs: [{ name: X, file: x.sh, kind: int, range: [0, 9] }]
`;

it('runs a whole small night and everything that a morning needs', async () => {
  writeFileSync(join(folder, 'arena.yaml'), MANIFEST);
  writeFileSync(join(folder, 'x.sh'), '#!/bin/sh\nX=9\n: > "$OVERNIGHT_START"\necho "$X" > "$OVERNIGHT_OUT/x.txt"\n');
  const judge =
    'read -r X < "$OVERNIGHT_ARTEFACT/x.txt"\necho "nonce: $OVERNIGHT_NONCE\nloss: $X" > "$OVERNIGHT_RESULT"\n';
  writeFileSync(join(folder, 'judge.sh'), judge);
  execFileSync('git', ['init', '--quiet', folder]);
  execFileSync('git', ['-C', folder, 'add', '.']);
  const who = ['-c', 'user.name=A Person', '-c', 'user.email=person@localhost'];
  execFileSync('git', ['-C', folder, ...who, 'commit', '--quiet', '-m', 'code']);

  const first = await openLab({ folder, tag: 'tiny', limits: { experiments: 2 } });
  expect((await first.run()).reason).toBe('experiments');

  const { state } = readLedger(first.paths.lab);
  expect(state.experiments.length).toBe(3);
  expect(state.counts.kept).toBeGreaterThanOrEqual(1);
  expect(state.incumbent).toBeGreaterThan(0);
  expect(state.champion).toBe(state.incumbent);
  expect(existsSync(first.paths.work)).toBe(false);
  expect(readFileSync(first.paths.tsv, 'utf8')).toBe(resultsTsv(state));

  const again = await openLab({ folder, limits: { experiments: 1 } });
  expect(again.resumed).toBe(true);
  await again.run();
  const checked = await auditLab(again.paths.lab, again.paths.store);
  expect(checked.checks.filter(({ ok }) => !ok)).toEqual([]);

  const steps = [{ commit: codeOf(state, state.incumbent)!.commit, message: 'better' }];
  const patches = await takePatches(first.paths.store, '', codeOf(state, 0)!.commit, steps, join(folder, 'patches'));
  expect(readFileSync(patches[0]!, 'utf8')).toMatch(/^-X=9$/m);
  expect(execFileSync('git', ['-C', folder, 'status', '--porcelain']).toString()).toBe('?? patches/\n');
});
