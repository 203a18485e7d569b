/** Runs of the unchanged code that give no number: one is weather, two are an arena that does not measure. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openLab } from '../app/open-lab.ts';
import type { Proposer, RunResult } from '../core/ports.ts';
import { instantSandbox } from '../testing/instant-sandbox.ts';
import { viewLab } from '../view/lab/lab.ts';

const MANIFEST = {
  overnight: 1,
  name: 'instant',
  metric: { name: 'loss', direction: 'minimize' },
  editable: ['x.txt'],
  run: { command: 'candidate' },
  artefact: ['x.txt'],
  evaluate: { command: 'evaluator', wall_s: 7 },
  budget: { seconds: 1, wall_s: 2 },
  calibrate: { replicates: 3 },
};
const nobody: Proposer = { name: 'nobody', propose: async () => ({ kind: 'none', reason: 'none' }) };

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'overnight-calibration-'));
  writeFileSync(join(folder, 'arena.yaml'), JSON.stringify(MANIFEST));
  writeFileSync(join(folder, 'x.txt'), '9\n');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

type Ending = Partial<RunResult>;
const SLOW: Ending = { ending: 'wall' };
const CRASH: Ending = { exitCode: 3, stderr: { text: 'no GPU today\n', bytes: 13 } };
const SLOW_JUDGE: Ending = { ending: 'wall' };

/** A session whose runs end as listed, then well. `judge`: those of the evaluator instead of the candidate's. */
async function session(endings: readonly (Ending | undefined)[], who: 'candidate' | 'judge' = 'candidate') {
  let runs = 0;
  const sandbox = instantSandbox(({ env }) => {
    const isJudge = env.OVERNIGHT_STAGE === 'evaluate';
    if (isJudge === (who === 'judge')) {
      const ending = endings[runs++];
      if (ending) return ending;
    }
    if (isJudge) writeFileSync(env.OVERNIGHT_RESULT!, `nonce: ${env.OVERNIGHT_NONCE}\nloss: 9\n`);
    else writeFileSync(join(env.OVERNIGHT_OUT!, 'x.txt'), readFileSync(join(env.OVERNIGHT_ARENA!, 'x.txt')));
    return undefined;
  });
  const opened = await openLab({ folder, tag: 'instant', sandbox, proposer: nobody, limits: { experiments: 0 } });
  const reasons: string[] = [];
  const onTold = (_: unknown, told: { decided: boolean; reason?: string }): void =>
    void reasons.push(told.reason ?? '');
  const thrown = await opened.run({ onTold }).then(
    () => undefined,
    (error: { code: string; parts: { why: string } }) => error,
  );
  return { state: opened.state, thrown, reasons };
}

describe('a calibration run that gives no number', () => {
  it.each([
    ['the first', [SLOW]],
    ['one in the middle', [undefined, CRASH]],
    ['the last', [undefined, undefined, SLOW]],
  ])('is made again once, where it is %s', async (_, endings) => {
    const { state, thrown, reasons } = await session(endings);
    expect(thrown).toBeUndefined();
    expect([...state.noise.values()][0]!.calibrated).toMatchObject({ n: 3, mean: 9 });
    expect(state.measurements.filter(({ purpose }) => purpose === 'calibrate')).toHaveLength(4);
    expect(reasons.filter((reason) => reason.includes('so this run is made again, once'))).toHaveLength(1);
    const { health } = viewLab(state, { now: state.lastAt, alive: false, tip: '' });
    const line = health.find(({ code }) => code === 'calibration');
    expect(line?.text).toMatch(/^1 run of the unchanged code gave no number \((timeout|exit)\)$/);
  });

  it('is made again whoever is to blame', async () => {
    const { thrown, state } = await session([undefined, SLOW_JUDGE], 'judge');
    expect(thrown).toBeUndefined();
    expect(state.measurements).toHaveLength(4);
  });

  it('ends the session the second time, with both reasons', async () => {
    const { thrown, state } = await session([SLOW, undefined, CRASH]);
    expect(thrown).toMatchObject({ code: 'E_BASELINE' });
    expect(thrown!.parts.why).toMatch(
      /^timeout: the candidate ran longer than its hard limit of 2 s; and when it was run again, exit: .*no GPU today\.$/,
    );
    expect(state.measurements).toHaveLength(3);
  });

  it('says once what was the same twice, and may be made again by the next session', async () => {
    const { thrown } = await session([CRASH, CRASH]);
    expect(thrown!.parts.why).toMatch(/^exit: .*no GPU today \(twice\)\.$/);
    const later = await session([undefined, CRASH]);
    expect(later.thrown).toBeUndefined();
  });
});
