/**
 * Short runs that rank, for real: the best share goes on, a killed night goes on where it was, and an arena whose short
 * runs mislead is found out.
 */
import { describe, expect, it } from 'vitest';
import { expectClean, expectError, ledgerLines, MANIFEST, overnight, smallArena, start } from '../fixtures/cli.ts';

const manifest = MANIFEST.replace('range: [0, 9]', 'range: [0, 200]').replace(
  'calibrate:',
  'screen: { seconds: 0.3, ranks: true }\ncalibrate:',
);
const candidate = '#!/bin/sh\nX=90\n: > "$OVERNIGHT_START"\necho "$X $OVERNIGHT_BUDGET_S" > "$OVERNIGHT_OUT/x.txt"\n';
/** In full the loss is X; `short` is what a short run gives. */
const judge = (short: string): string =>
  `read -r X B < "$OVERNIGHT_ARTEFACT/x.txt"\n[ "$B" = 2 ] && L=$X || L=$((${short}))\nprintf "nonce: %s\\nloss: %s\\n" "$OVERNIGHT_NONCE" "$L" > "$OVERNIGHT_RESULT"\n`;

type Line = Record<string, unknown>;
const decisions = (folder: string): Line[] =>
  ledgerLines(folder)
    .filter((e) => e.type === 'decided')
    .map((e) => e.decision as Line);
const ofPurpose = (folder: string, purpose: string): Line[] =>
  ledgerLines(folder).filter((e) => e.type === 'measuring' && e.purpose === purpose);

describe('successive halving', () => {
  it(
    'spends the whole budget on the best share of short runs alone; the record proves who went on',
    { timeout: 120_000 },
    async () => {
      const folder = smallArena({ manifest, candidate, judge: judge('1000 + X') });
      const first = start(['run', '--experiments', '26', '--json'], { cwd: folder });
      // A kill while ideas are being dropped: the rest of the night follows from the ledger alone.
      await first.until(/"kind":"screened"/);
      first.child.kill('SIGKILL');
      await first.ended;
      const second = await overnight(['run', '--json'], { cwd: folder });
      expect(second.status, second.stdout + second.stderr).toBe(0);
      const screened = decisions(folder).filter(({ kind }) => kind === 'screened');
      expect(screened.length).toBeGreaterThan(6);
      // Lost ones are made again.
      expect(ofPurpose(folder, 'screen').length).toBeGreaterThanOrEqual(26);
      expect(ofPurpose(folder, 'idea').length).toBeLessThanOrEqual(27 - screened.length);
      // A short number (above 1,000 here) stands behind no verdict.
      for (const { effect = 0 } of decisions(folder)) expect(Math.abs(Number(effect))).toBeLessThan(500);
      await expectClean(folder);
      const status = await overnight(['status', '--json'], { cwd: folder });
      expect(JSON.stringify(status.json)).toMatch(/it ranks like full measurements/);
    },
  );

  it('is switched off, and says so, where short runs are shown to mislead', { timeout: 120_000 }, async () => {
    const folder = smallArena({ manifest, candidate, judge: judge('1000 - X') });
    const ended = await overnight(['run', '--experiments', '16', '--json'], { cwd: folder });
    expect(ended.status, ended.stdout + ended.stderr).toBe(0);
    expect(decisions(folder).filter(({ kind }) => kind === 'screened')).toEqual([]);
    expect(ofPurpose(folder, 'screen').length).toBeLessThan(14);
    expect(ofPurpose(folder, 'idea')).toHaveLength(16);
    const status = await overnight(['status'], { cwd: folder });
    expect(status.stdout).toMatch(/! Screening: it does not rank like full measurements/);
    await expectClean(folder);
  });

  it('wants a share only with `ranks`', async () => {
    const folder = smallArena({ manifest: manifest.replace('ranks: true', 'one_in: 4'), candidate, judge: judge('X') });
    expectError(
      await overnight(['run', '--json'], { cwd: folder }),
      'E_MANIFEST',
      2,
      /screen\.one_in: means nothing without/,
    );
  });
});
