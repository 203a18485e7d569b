/** The finish line and the holdout, for real: a stack with a step that stopped paying, sides measured in turn, a split that nobody else sees. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { audit } from '../src/audit/audit.ts';
import type { Proposer } from '../src/core/ports.ts';
import type { LabState } from '../src/core/state.ts';
import { readBlob } from '../src/ledger/jsonl.ts';
import { removeTree } from '../src/os/files.ts';
import { labPaths } from '../src/os/paths.ts';
import { viewLab } from '../src/view/lab.ts';
import { openLab } from '../src/wire.ts';

const homes: string[] = [];
afterAll(() => {
  for (const home of homes) removeTree(home);
});

const candidate = (a: number, b: number, c: number): string =>
  `A=${a}\n\n# second\n\nB=${b}\n\n# third\n\nC=${c}\n: > "$OVERNIGHT_START"\necho "$A $B $C" > "$OVERNIGHT_OUT/abc"\n`;
/** C helps while A is 0 and costs once it is 1. `shift` is what this judge alone adds. */
const judge = (shift: string): string =>
  `awk -v seed="$OVERNIGHT_SEED" -v nonce="$OVERNIGHT_NONCE" -v shift="$(cat ${shift})" '{
  srand(seed); rand(); noise = 0.02 * (rand() + rand() + rand() - 1.5)
  printf "nonce: %s\\nloss: %.6f\\n", nonce, 10 + shift + 4 * (1 - $1) ^ 2 + (2 - $2) ^ 2 - 0.5 * $3 * (1 - $1) + 0.3 * $3 * $1 + noise
}' "$OVERNIGHT_ARTEFACT/abc" > "$OVERNIGHT_RESULT"\n`;

interface Made {
  readonly prepare?: string;
  readonly held?: string;
}

function arena({ prepare = 'mkdir "$OVERNIGHT_DATA/held"; echo 777 > "$OVERNIGHT_DATA/held/shift"', held }: Made = {}): string {
  const home = fs.mkdtempSync(path.join(os.tmpdir(), 'overnight-finalize-'));
  homes.push(home);
  const folder = path.join(home, 'arena');
  fs.mkdirSync(folder);
  const files: Record<string, string> = {
    'arena.yaml': `overnight: 1
name: stack
metric: { name: loss, direction: minimize }
editable: [x.sh]
hidden: [judge.sh, held.sh]
prepare: { command: 'echo 0 > "$OVERNIGHT_DATA/shift"; ${prepare}' }
data: { evaluator: [shift] }
run: { command: sh x.sh }
artefact: [abc]
evaluate: { command: sh judge.sh, wall_s: 10 }
holdout: { command: sh held.sh, data: [held], reads: 9 }
budget: { seconds: 2, grace_s: 1, wall_s: 5 }
resources: { memory_mb: 128, pids: 32, disk_mb: 16 }
decide: { controls: 0 }
`,
    'program.md': 'Lower is better.\n',
    'x.sh': candidate(0, 0, 0),
    'judge.sh': judge('"$OVERNIGHT_DATA/shift"'),
    'held.sh': held ?? judge('"$OVERNIGHT_DATA/held/shift"'),
  };
  for (const [name, text] of Object.entries(files)) fs.writeFileSync(path.join(folder, name), text);
  return folder;
}

const nobody: Proposer = { name: 'nobody', propose: async () => ({ kind: 'none', reason: 'no ideas' }) };

/** Three kept steps, then the finish line. */
async function finished(folder: string): Promise<LabState> {
  const first = await openLab({ folder, tag: 't', proposer: nobody, limits: { experiments: 0 } });
  const settle = async (): Promise<void> => {
    for (let job = await first.lab.ask(); job.do === 'measure'; job = await first.lab.ask())
      await first.lab.tell(job, await first.lab.measure(job));
  };
  await settle();
  for (const [a, b, c] of [
    [0, 0, 1],
    [1, 0, 1],
    [1, 2, 1],
  ] as const) {
    await first.lab.submit('test', `A=${a} B=${b} C=${c}`, [{ path: 'x.sh', content: candidate(a, b, c) }]);
    await settle();
  }
  await first.run();
  const last = await openLab({ folder, tag: 't', proposer: nobody, limits: { finalize: true } });
  expect(await last.run()).toMatchObject({ reason: 'finalized' });
  return last.state;
}

const viewOf = (state: LabState) => viewLab(state, { now: state.lastAt, alive: false, tip: '' });

describe('the finish line', () => {
  it('drops the step that no longer pays, and makes the rest, measured in pairs, the headline', { timeout: 120_000 }, async () => {
    const folder = arena();
    const state = await finished(folder);
    expect(state.final).toMatchObject({ against: 0, pairs: 5, dropped: [1], rule: 'final/1' });
    expect(state.final!.effect).toBeGreaterThan(7.9);
    expect(state.final!.effect).toBeLessThan(8.1);
    expect(state.ablations.size).toBe(3);
    const { verdict, counts, next, take, limits } = viewOf(state);
    const { n } = state.final!;
    expect([next[0], take[0]!.command]).toEqual([`Look at what #${n} changed, then take it: \`overnight diff ${n}\`, \`overnight take\`.`, `overnight diff ${n}`]);
    expect(limits.bars).toContainEqual({ label: '10 of 10 last measurements', share: 1 });
    expect(verdict.sentence).toMatch(/^Final: loss of #4 \(without #1, which did not pay\) is 44[.\d]* % better/);
    expect(counts.tried).toBe(3);
    const turns = state.measurements.filter((m) => m.purpose === 'final').map((m) => (m.n === 0 ? 'B' : 'A'));
    expect(turns.join('')).toBe('ABBAABBAAB');
    const paths = labPaths(folder, 't');
    expect((await audit(paths.lab, paths.store)).checks.filter((check) => !check.ok)).toEqual([]);
    // The holdout agrees, and said so nowhere that a proposer reads.
    expect(state.final!.holdout).toMatchObject({ effect: expect.closeTo(8, 0) });
    expect(viewOf(state).health.find((line) => line.what === 'Holdout')?.text).toMatch(/a gap of/);
    const logs = state.measurements.flatMap((m) => (m.state === 'finished' ? [m.outcome, m.conditions] : []));
    expect(JSON.stringify(logs)).not.toMatch(/78\d\.\d/);
    for (const m of state.measurements) {
      const log = m.state === 'finished' ? m.conditions.log : undefined;
      if (log) expect(Buffer.from(readBlob(paths.lab, log)!).toString()).not.toMatch(/78\d/);
    }
  });

  it('a holdout that gives no number is said to back nothing', { timeout: 120_000 }, async () => {
    const state = await finished(arena({ held: 'exit 3\n' }));
    expect(state.final!.holdout).toMatchObject({ problem: expect.stringContaining('status 3') });
    expect(viewOf(state).verdict.sentence).toMatch(/The holdout does not back it: it gave no number/);
    expect(viewOf(state).health.find((line) => line.what === 'Holdout')).toMatchObject({ warning: true });
  });

  it('a split that prepare did not make stops the lab before anything is measured', async () => {
    const folder = arena({ prepare: 'true' });
    await expect(openLab({ folder, tag: 't', proposer: nobody })).rejects.toMatchObject({
      code: 'E_PREPARE',
      message: expect.stringContaining('held'),
    });
  });
});
