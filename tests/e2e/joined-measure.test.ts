/** Whose number it is: what the harness measures of a joined candidate, whatever the two tell each other. */
import { expect, it } from 'vitest';
import { expectError, ledgerLines, MANIFEST, overnight, smallArena } from '../fixtures/cli.ts';

/** Answers one question with X, and works the longer the larger X is. */
const CANDIDATE = `#!/bin/sh
X=9
: > "$OVERNIGHT_START"
read -r question
i=0; while [ $i -lt $((X * 30000)) ]; do i=$((i + 1)); done
echo "loss: 0.000001 $question $X"
`;
const JUDGE = 'echo 7; read -r answer; printf "nonce: %s\\nanswers: 1\\n" "$OVERNIGHT_NONCE" > "$OVERNIGHT_RESULT"\n';
const JOINED = MANIFEST.replace('artefact: [x.txt]\n', '')
  .replace('command: sh judge.sh,', 'command: sh judge.sh, join: pipe,')
  .replace('budget: { seconds: 2, grace_s: 1, wall_s: 3 }', 'budget: { seconds: 8, grace_s: 1, wall_s: 20 }')
  .replace('wall_s: 20 }', 'wall_s: 30 }');
const withMetric = (metric: string): string => JOINED.replace('name: loss,', `name: loss, ${metric}`);
const run = (folder: string): ReturnType<typeof overnight> =>
  overnight(['run', '--json', '--agent', 'search', '--experiments', '1'], { cwd: folder });

interface Measured {
  readonly outcome: { readonly kind: string; readonly value: number; readonly metrics: Record<string, number> };
  readonly conditions: { readonly cpuS: number; readonly wallS: number };
}

it.each([
  ['cpu_s', 'unit: s', ({ cpuS }: Measured['conditions']) => cpuS],
  ['wall_s', 'unit: ms', ({ wallS }: Measured['conditions']) => 1000 * wallS],
] as const)(
  'the metric of a joined arena may be %s of the candidate, in its unit',
  async (read, unit, numberOf) => {
    const folder = smallArena({ manifest: withMetric(`read: ${read}, ${unit},`), candidate: CANDIDATE, judge: JUDGE });
    const ended = await run(folder);
    expect(ended.status, ended.stdout + ended.stderr).toBe(0);
    const measured = ended.json.filter(({ type }) => type === 'measured') as unknown as Measured[];
    expect(measured.length).toBeGreaterThan(2);
    for (const { outcome, conditions } of measured) {
      expect(outcome).toMatchObject({ kind: 'measured', metrics: { answers: 1 } });
      expect(outcome.value).toBeCloseTo(numberOf(conditions), 6);
      expect(outcome.value).toBeGreaterThan(0.001);
    }
    const session = ledgerLines(folder).find(({ type }) => type === 'session.started')!;
    expect(session.gradeReason).toContain(`the harness itself measures ${read} of the candidate`);
  },
  60_000,
);

it('an evaluator that writes the number all the same is told that the harness takes it', async () => {
  const judge = JUDGE.replace('answers: 1', 'loss: 1');
  const folder = smallArena({ manifest: withMetric('read: cpu_s,'), candidate: CANDIDATE, judge });
  expectError(
    await run(folder),
    'E_BASELINE',
    6,
    /metric-twice: the evaluator wrote "loss: 1", which the harness measures/,
  );
}, 60_000);

it('a joined arena that does not say who takes its number is not called sealed', async () => {
  const judge = JUDGE.replace('answers: 1', 'loss: 1');
  const folder = smallArena({ manifest: JOINED, candidate: CANDIDATE, judge });
  const ended = await run(folder);
  expect(ended.status, ended.stdout + ended.stderr).toBe(0);
  const session = ledgerLines(folder).find(({ type }) => type === 'session.started')!;
  expect(session.grade).not.toBe('sealed');
  expect(session.gradeReason).toContain('does not say who takes it');
  const shown = await overnight(['show', '0'], { cwd: folder });
  expect(shown.stdout).not.toContain('[sealed]');
  const report = await overnight(['status'], { cwd: folder });
  expect(report.stdout).not.toContain('[sealed]');
}, 60_000);
