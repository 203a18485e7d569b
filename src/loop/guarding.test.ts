/** Guards around an open lab: stopped, failing to start, failing over what a candidate left; the artefact meanwhile. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openLab, type OpenedLab, type OpenOptions } from '../app/open-lab.ts';
import { auditLab } from '../audit/audit.ts';
import type { LedgerEvent } from '../core/event.ts';
import type { Proposer } from '../core/ports.ts';
import { postRequest } from '../ledger/inbox.ts';
import { instantSandbox, type PlayRun } from '../testing/instant-sandbox.ts';

const MANIFEST = {
  overnight: 1,
  name: 'instant',
  metric: { name: 'loss', direction: 'minimize' },
  editable: ['x.txt'],
  run: { command: 'candidate' },
  artefact: ['x.txt'],
  evaluate: { command: 'evaluator' },
  guards: [{ name: 'tests', command: 'tests' }],
  budget: { seconds: 1, wall_s: 2 },
  calibrate: { replicates: 2 },
};
let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'overnight-guarding-'));
  writeFileSync(join(folder, 'arena.yaml'), JSON.stringify(MANIFEST));
  writeFileSync(join(folder, 'x.txt'), '9\n');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const countDown: Proposer = {
  name: 'countdown',
  propose: async ({ n }) => ({
    kind: 'edit',
    hypothesis: `try ${9 - n}`,
    edits: [{ path: 'x.txt', content: `${9 - n}\n` }],
  }),
};
const isGuard = ({ env }: Parameters<PlayRun>[0]): boolean => env.OVERNIGHT_STAGE === 'guard';

/** Candidate and evaluator do their work; guards do what `playGuard` says, given how many ran before. */
const playing =
  (playGuard: (count: number) => ReturnType<PlayRun>): PlayRun =>
  (spec) => {
    const { env } = spec;
    if (isGuard(spec)) return playGuard(guardCount++);
    if (env.OVERNIGHT_STAGE === 'evaluate') {
      const value = readFileSync(join(env.OVERNIGHT_ARTEFACT!, 'x.txt'), 'utf8').trim();
      writeFileSync(env.OVERNIGHT_RESULT!, `nonce: ${env.OVERNIGHT_NONCE}\nloss: ${value}\n`);
    } else writeFileSync(join(env.OVERNIGHT_OUT!, 'x.txt'), readFileSync(join(env.OVERNIGHT_ARENA!, 'x.txt')));
    return undefined;
  };
let guardCount = 0;
beforeEach(() => {
  guardCount = 0;
});

function open(play: PlayRun, more: Partial<OpenOptions> = {}): Promise<OpenedLab> {
  return openLab({
    folder,
    tag: 'instant',
    sandbox: instantSandbox(play),
    proposer: countDown,
    limits: { experiments: 1 },
    ...more,
  });
}
const verdicts = ({ state }: OpenedLab): string[] =>
  state.experiments.flatMap((experiment) => (experiment.state === 'decided' ? [experiment.decision.verdict] : []));
const guardStates = ({ state }: OpenedLab): string[] => state.guardRuns.map((run) => `#${run.n} ${run.state}`);
async function expectClean({ paths }: OpenedLab): Promise<void> {
  const audited = await auditLab(paths.lab, paths.store);
  expect(audited.checks.filter(({ ok }) => !ok)).toEqual([]);
}

it('guards that a person stopped are lost, and the next session runs them and decides without another measurement', async () => {
  let opened: OpenedLab | undefined;
  const stopped = await open(
    playing((count) => {
      if (count === 0) return undefined;
      setImmediate(() => opened!.lab.abort());
      return 'hangs';
    }),
  );
  opened = stopped;
  expect(await stopped.run()).toMatchObject({ reason: 'interrupted' });
  expect(guardStates(stopped)).toEqual(['#0 finished', '#1 lost']);
  const measuredCount = stopped.state.measurements.length;

  const again = await open(playing(() => undefined));
  const decidedAfter: number[] = [];
  await again.run({ onJob: () => decidedAfter.push(verdicts(again).length) });
  expect(guardStates(again).filter((text) => !text.startsWith('#2'))).toEqual([
    '#0 finished',
    '#1 lost',
    '#1 finished',
  ]);
  expect(again.state.experiments[1]).toMatchObject({ decision: { verdict: 'kept' } });
  expect(decidedAfter[0], 'no job before the verdict').toBe(1);
  expect(measuredCount).toBe(3);
  await expectClean(again);
});

it('an idea that a person gives up while its guards run is given up', async () => {
  let opened: OpenedLab | undefined;
  const running = await open(
    playing((count) => {
      if (count === 0) return undefined;
      postRequest(opened!.paths.inbox, 'me', { verb: 'skip', n: 1 });
      return { exitCode: 1 };
    }),
  );
  opened = running;
  await running.run();
  expect(running.state.experiments[1]).toMatchObject({ decision: { reason: 'given up by a person' } });
  await expectClean(running);
});

it('guards that cannot be started are tried again, and end the session when that never works', async () => {
  const startFailure = 'the folder cannot be entered';
  const flaky = await open(playing((count) => (count === 1 ? { startFailure } : undefined)));
  await flaky.run();
  expect(guardStates(flaky)).toEqual(['#0 finished', '#1 lost', '#1 finished']);
  expect(verdicts(flaky)).toEqual(['kept']);

  rmSync(join(folder, '.overnight'), { recursive: true, force: true });
  guardCount = 0;
  const broken = await open(playing(() => ({ startFailure })));
  await expect(broken.run()).rejects.toMatchObject({ code: 'E_STUCK' });
  expect(guardStates(broken)).toEqual(['#0 lost', '#0 lost', '#0 lost']);
});

it('what the harness fails over twice is the candidate’s failure', async () => {
  const opened = await open(
    playing((count) => {
      if (count > 0) throw new TypeError('a path that nobody expected');
      return undefined;
    }),
  );
  await opened.run();
  expect(guardStates(opened)).toEqual(['#0 finished', '#1 lost', '#1 finished']);
  expect(opened.state.experiments[1]).toMatchObject({
    decision: { verdict: 'crashed', failure: 'infrastructure', reason: /could not run its guards, twice/ },
  });
  await expectClean(opened);
});

it.each([
  ['ran too long', { ending: 'wall' as const }, /guard tests failed: it ran longer than its 60 s/],
  ['was ended for memory', { ending: 'memory' as const }, /guard tests failed: it was ended \(memory\)/],
  ['printed nothing', { exitCode: 3 }, /guard tests failed: it printed nothing/],
  [
    'printed to standard output alone',
    { exitCode: 1, stdout: { text: 'PASS a\n✕ adds up\n', bytes: 17 } },
    /guard tests failed: ✕ adds up\n/,
  ],
])('the reason of a guard that %s says so', async (_, ending, reason) => {
  const opened = await open(playing((count) => (count === 0 ? undefined : ending)));
  await opened.run();
  expect(opened.state.experiments[1]).toMatchObject({
    decision: { failure: 'guard', reason: expect.stringMatching(reason) },
  });
});

it('the artefact is kept when the guards have passed, and nothing is left when they failed', async () => {
  const events: LedgerEvent[] = [];
  const left: string[][] = [];
  const opened = await open(
    playing((count) => (count === 2 ? { exitCode: 1 } : undefined)),
    {
      limits: { experiments: 2 },
      watch: {
        onEvent: (event) => {
          events.push(event);
          if (event.type === 'decided') left.push(readdirSync(opened.paths.work));
        },
      },
    },
  );
  await opened.run();
  expect(verdicts(opened)).toEqual(['kept', 'crashed']);
  expect(readFileSync(join(opened.paths.lab, 'best', 'x.txt'), 'utf8')).toBe('8\n');
  expect(left.flat().filter((name) => /^g\d+$|^m\d+$/.test(name))).toEqual([]);
  expect(existsSync(opened.paths.work)).toBe(false);
});
