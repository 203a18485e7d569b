/** An open lab, with runs that do at once what a test says: what is recorded, when, and what is left on disk. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openLab, type OpenedLab, type OpenOptions } from '../app/open-lab.ts';
import type { LedgerEvent } from '../core/event.ts';
import type { Proposer, RunSpec } from '../core/ports.ts';
import { codeOf } from '../core/state.ts';
import { instantSandbox, type PlayRun } from '../testing/instant-sandbox.ts';

const MANIFEST = {
  overnight: 1,
  name: 'instant',
  metric: { name: 'loss', direction: 'minimize' },
  editable: ['x.txt'],
  frozen: ['judge.txt'],
  run: { command: 'candidate' },
  artefact: ['x.txt'],
  evaluate: { command: 'evaluator' },
  budget: { seconds: 1, wall_s: 2 },
  calibrate: { replicates: 2 },
};
let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'overnight-lab-'));
  writeFileSync(join(folder, 'arena.yaml'), JSON.stringify(MANIFEST));
  writeFileSync(join(folder, 'x.txt'), '9\n');
  writeFileSync(join(folder, 'judge.txt'), 'judge\n');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** The candidate copies its number, the evaluator scores it. */
const playHonestly: PlayRun = ({ env }) => {
  if (env.OVERNIGHT_STAGE === 'evaluate') {
    const value = readFileSync(join(env.OVERNIGHT_ARTEFACT!, 'x.txt'), 'utf8').trim();
    writeFileSync(env.OVERNIGHT_RESULT!, `nonce: ${env.OVERNIGHT_NONCE}\nloss: ${value}\n`);
  } else writeFileSync(join(env.OVERNIGHT_OUT!, 'x.txt'), readFileSync(join(env.OVERNIGHT_ARENA!, 'x.txt')));
  return undefined;
};

/** Each idea is one better than the last. */
const countDown: Proposer = {
  name: 'countdown',
  propose: async ({ n }) => ({
    kind: 'edit',
    hypothesis: `try ${9 - n}`,
    edits: [{ path: 'x.txt', content: `${9 - n}\n` }],
  }),
};

function open(play: PlayRun, events: LedgerEvent[], more: Partial<OpenOptions> = {}): Promise<OpenedLab> {
  const watch = { onEvent: (event: LedgerEvent) => void events.push(event) };
  const sandbox = instantSandbox(play);
  return openLab({ folder, tag: 'instant', sandbox, proposer: countDown, limits: { experiments: 2 }, watch, ...more });
}

const foldersOfMeasurements = (opened: OpenedLab): string[] =>
  readdirSync(opened.paths.work).filter((entryName) => /^m\d+$/.test(entryName));

it('removes the folder of each measurement as soon as it is told', async () => {
  const opened = await open(playHonestly, []);
  const leftFolders: string[] = [];
  await opened.run({ onTold: () => leftFolders.push(...foldersOfMeasurements(opened)) });
  expect(opened.state.measurements.length).toBeGreaterThan(3);
  expect(leftFolders).toEqual([]);
});

it('moves the branch before it records that the branch moved', async () => {
  const branchAtEvent: string[] = [];
  const readBranch = (store: string): string =>
    execFileSync('git', [`--git-dir=${store}`, 'rev-parse', 'refs/heads/overnight/instant'])
      .toString()
      .trim();
  let store = '';
  const opened = await open(playHonestly, [], {
    watch: {
      onOpen: ({ paths }) => {
        store = paths.store;
      },
      onEvent: (event) => {
        if (event.type === 'advanced') branchAtEvent.push(readBranch(store));
      },
    },
  });
  await opened.run();
  expect(opened.state.incumbent).toBeGreaterThan(0);
  expect(branchAtEvent.at(-1)).toBe(codeOf(opened.state, opened.state.incumbent)!.commit);
  expect(branchAtEvent).toHaveLength(2);
});

it('records a measurement that a person stopped as lost, and the next session repeats it', async () => {
  const events: LedgerEvent[] = [];
  let isStuck = false;
  const play: PlayRun = (spec: RunSpec) => (isStuck ? 'hangs' : playHonestly(spec));
  const opened = await open(play, events);
  const stopped = await opened.run({
    onJob: (job) => {
      if (job.purpose !== 'idea') return;
      isStuck = true;
      setImmediate(() => opened.lab.abort());
    },
  });
  expect(stopped.reason).toBe('interrupted');
  const m = opened.state.measurements.length - 1;
  const { n } = opened.state.measurements[m]!;
  expect(events).toContainEqual(expect.objectContaining({ type: 'lost', m, reason: 'stopped by the person' }));
  expect(opened.state.experiments[n]!.state).toBe('open');

  const again = await open(playHonestly, events);
  await again.run();
  expect(again.state.measurements[m + 1]).toMatchObject({ n, state: 'finished' });
  expect(again.state.experiments[n]!.state).toBe('decided');
});
