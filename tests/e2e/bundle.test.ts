/**
 * Near misses tried together, for real: merged in git, measured three times, kept or dissolved; and tried again once
 * the incumbent is far from where it was.
 */
import { expect, it } from 'vitest';
import { auditLab } from '../../src/audit/audit.ts';
import type { Brief, Proposal } from '../../src/core/ports.ts';
import { codeOf, type LabState, values, noiseIn } from '../../src/core/state.ts';
import { openLab } from '../../src/app/open-lab.ts';
import { openWorkspace } from '../../src/workspace/git.ts';
import { MANIFEST, smallArena } from '../fixtures/cli.ts';

/** Each number on a line of its own, far enough from the others to merge. */
const NAMES = ['A', 'B', 'C', 'D', 'E'] as const;
const CANDIDATE = `${NAMES.map((name) => `${name}=0\n\n# after ${name}\n`).join('\n')}
: > "$OVERNIGHT_START"
echo "$A $B $C $D $E" > "$OVERNIGHT_OUT/x.txt"
`;
/**
 * Loss 9, less the sum. A and B together are worth 1 more, C and D cost 1. Only the unchanged code is measured with
 * noise.
 */
const JUDGE = `awk -v seed="$OVERNIGHT_SEED" -v nonce="$OVERNIGHT_NONCE" '{
  srand(seed); rand(); noise = ($1 $2 $3 $4 $5 == "00000") * 0.2 * (rand() + rand() - 1)
  printf "nonce: %s\\nloss: %.9f\\n", nonce, 9 - $1 - $2 - $3 - $4 - $5 - ($1 * $2 != 0) + ($3 * $4 != 0) + noise
}' "$OVERNIGHT_ARTEFACT/x.txt" > "$OVERNIGHT_RESULT"
`;

const DEVICE = (state: LabState): string => state.sessions.at(-1)!.start.deviceClass;

/** What a number must be so that it alone measures so many standard errors below the baseline's mean. */
function nearMiss(state: LabState, z: number): number {
  const seen = values(state, 0, DEVICE(state));
  const mean = seen.reduce((a, b) => a + b, 0) / seen.length;
  return 9 - mean + z * noiseIn(state, DEVICE(state)).sigma * Math.sqrt(1 + 1 / seen.length);
}

/**
 * Near misses that do not get on, near misses that do, then eight steps that are gains beyond doubt: with the bundle
 * before them more than eight keeps.
 */
const steps = [
  ...(
    [
      ['C', -0.05],
      ['D', -0.05],
      ['A', -0.3],
      ['B', -0.3],
    ] as const
  ).map(
    ([name, z]) =>
      (state: LabState) =>
        [name, nearMiss(state, z)] as const,
  ),
  ...Array.from({ length: 8 }, (_, i) => () => ['E', 3 * (i + 1)] as const),
];

it(
  'are kept or dissolved as one, and dissolved ones get a second turn after eight keeps',
  { timeout: 120_000 },
  async () => {
    const manifest = MANIFEST.replace('replicates: 2', 'replicates: 6').replace(
      /knobs:.*\n/,
      'decide: { bundle: 2, controls: 0, drift: 0 }\n',
    );
    const folder = smallArena({ manifest, candidate: CANDIDATE, judge: JUDGE });
    const left = [...steps];
    const propose = async ({ state, files }: Brief): Promise<Proposal> => {
      const step = left.shift();
      if (!step) return { kind: 'none', reason: 'no ideas' };
      const [name, value] = step(state);
      const content = files.get('x.sh')!.replace(new RegExp(`^${name}=.*`, 'm'), `${name}=${value}`);
      return { kind: 'edit', hypothesis: `${name} = ${value}`, edits: [{ path: 'x.sh', content }] };
    };
    const opened = await openLab({
      folder,
      tag: 't',
      proposer: { name: 'test', propose },
      limits: { experiments: 16 },
    });
    await opened.run();
    const { state, paths } = opened;
    const bundles = state.experiments.filter(({ idea }) => idea.bundles);
    const seen = bundles.map((x) => [
      x.idea.bundles,
      x.state === 'decided' && x.decision.verdict,
      x.state === 'decided' && x.decision.n,
    ]);
    const reasons = state.experiments.map((x) =>
      x.state === 'decided' ? `#${x.idea.n} ${x.decision.reason}` : x.state,
    );
    expect(seen.slice(0, 2), reasons.join('\n')).toEqual([
      [[1, 2], 'discarded', 3],
      [[4, 5], 'kept', 3],
    ]);
    const kept = bundles[1]!;
    const store = await openWorkspace(paths.arena, paths.store);
    const source = (await store.readFiles(codeOf(state, kept.idea.n)!.commit, ['x.sh'])).get('x.sh')!;
    expect(source.match(/^[A-E]=0$/gm), 'both changes and no other').toEqual(['C=0', 'D=0', 'E=0']);
    expect(kept.idea).toMatchObject({
      proposer: 'harness',
      hypothesis: expect.stringMatching(/^Together: #4 A = .*; #5 B = /),
    });
    // Eight keeps later those that were dissolved have another turn, on the code of then.
    expect(bundles[2]?.idea).toMatchObject({ bundles: [1, 2], parent: 13 });
    expect(bundles[2]).toMatchObject({ state: 'decided', decision: { verdict: 'discarded', n: 3, against: 13 } });
    expect((await auditLab(paths.lab, paths.store)).checks.filter(({ ok }) => !ok)).toEqual([]);
  },
);
