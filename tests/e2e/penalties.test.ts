/**
 * Stability as a penalty and ties broken by packages, for real: the number that decides carries its parts, and the
 * audit derives it from them.
 */
import { expect, it } from 'vitest';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { auditLab } from '../../src/audit/audit.ts';
import { standardDeviationOf } from '../../src/base/stats.ts';
import type { Brief, Proposal } from '../../src/core/ports.ts';
import { reportMarkdown } from '../../src/render/markdown.ts';
import { viewLab } from '../../src/view/lab/lab.ts';
import { openLab } from '../../src/app/open-lab.ts';
import { MANIFEST, smallArena } from '../fixtures/cli.ts';

/** Three days of results around X: spread SPREAD. The mean alone would say that the last idea is the best. */
const CANDIDATE = '#!/bin/sh\nX=9\nSPREAD=1\n: > "$OVERNIGHT_START"\necho "$X $SPREAD" > "$OVERNIGHT_OUT/x.txt"\n';
const JUDGE =
  'read -r X S < "$OVERNIGHT_ARTEFACT/x.txt"\nprintf "nonce: %s\\nloss: %s\\nsamples: %s %s %s\\n" "$OVERNIGHT_NONCE" "$X" "$((X - S))" "$X" "$((X + S))" > "$OVERNIGHT_RESULT"\n';

it(
  'a steady result beats a better one that jumps, and one package fewer breaks a tie',
  { timeout: 60_000 },
  async () => {
    const manifest = MANIFEST.replace(
      /knobs:.*\n/,
      'penalties: [{ metric: sample_sd, weight: 2 }]\ndecide: { controls: 0, drift: 0 }\n',
    ).replace('[x.sh]', '[x.sh, package.json]');
    const folder = smallArena({ manifest, candidate: CANDIDATE, judge: JUDGE, git: false });
    const packages = (names: Record<string, string>): string => JSON.stringify({ dependencies: names });
    writeFileSync(join(folder, 'package.json'), packages({ one: '1', two: '2' }));
    const ideas: ((files: ReadonlyMap<string, string>) => readonly [string, string])[] = [
      (files) => ['x.sh', files.get('x.sh')!.replace('X=9', 'X=8').replace('SPREAD=1', 'SPREAD=3')],
      (files) => ['x.sh', files.get('x.sh')!.replace('SPREAD=1', 'SPREAD=0')],
      () => ['package.json', packages({ one: '1', two: '2', three: '3' })],
      () => ['package.json', packages({ one: '1' })],
    ];
    const propose = async ({ files }: Brief): Promise<Proposal> => {
      const [path, content] = ideas.shift()!(files);
      return { kind: 'edit', hypothesis: path, edits: [{ path, content }] };
    };
    const { run, state, paths } = await openLab({
      folder,
      tag: 't',
      proposer: { name: 'test', propose },
      limits: { experiments: 4 },
    });
    await run();
    expect(
      state.experiments.slice(1).map((x) => x.state === 'decided' && [x.decision.verdict, x.snapshot.dependencies]),
    ).toEqual([
      ['discarded', undefined],
      ['kept', undefined],
      ['discarded', 1],
      ['kept', -1],
    ]);
    const [, jumps] = [...state.measurements.filter((m) => m.purpose === 'calibrate' || m.purpose === 'idea')].slice(1);
    expect(jumps).toMatchObject({
      outcome: { value: 8 + 2 * standardDeviationOf([5, 8, 11]), metrics: { before_penalties: 8, sample_sd: 3 } },
    });
    const report = reportMarkdown(viewLab(state, { now: state.lastAt, alive: false, tip: '' }));
    expect(report).toContain('Penalties: 2 × sample_sd is added to every loss; the result decides');
    expect((await auditLab(paths.lab, paths.store)).checks.filter(({ ok }) => !ok)).toEqual([]);
  },
);
