/**
 * Live branches with real git: an idea from a runner-up takes the line over, two near misses are crossed, and a killed
 * night goes on from the ledger alone.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { auditLab } from '../../src/audit/audit.ts';
import type { Brief, Proposal, Proposer } from '../../src/core/ports.ts';
import { liveBases } from '../../src/core/bases/live-bases.ts';
import { codeOf, lineage } from '../../src/core/state.ts';
import { openLab } from '../../src/app/open-lab.ts';
import { openWorkspace } from '../../src/workspace/git.ts';
import {
  expectClean,
  freshFolder,
  ledgerLines,
  MANIFEST,
  overnight,
  processesOf,
  smallArena,
  start,
} from '../fixtures/cli.ts';

type Letters = 'A' | 'B' | 'C' | 'J';
/** Lines apart, so that git can merge what changes one of them. */
const candidate =
  '#!/bin/sh\nA=0\n\n# first\n\nB=0\n\n# second\n\nC=0\n\n# third\n\nJ=0\n: > "$OVERNIGHT_START"\necho "$A $B $C $J" > "$OVERNIGHT_OUT/x.txt"\n';
/** Flat in A and in C alone; B helps after A and hurts without it; A and C help together. J is what never helps. */
const judge =
  'read -r A B C J < "$OVERNIGHT_ARTEFACT/x.txt"\nprintf "nonce: %s\\nloss: %s\\n" "$OVERNIGHT_NONCE" "$((100 - 30 * A * B + 20 * B * (1 - A) - 10 * A * C + J))" > "$OVERNIGHT_RESULT"\n';
const manifest = `${MANIFEST.replace(/^knobs:.*$/m, 'search: { branches: 3 }')}decide: { controls: 0 }\n`;
const made = () => smallArena({ manifest, candidate, judge });

const set = (files: Brief['files'], letter: Letters, value: number): Proposal => ({
  kind: 'edit',
  hypothesis: `${letter}=${value}`,
  edits: [
    { path: 'x.sh', content: files.get('x.sh')!.replace(new RegExp(`^${letter}=.*`, 'm'), `${letter}=${value}`) },
  ],
});
/** Two flat changes first, then nothing that helps from the incumbent; `aside` is what it does from another base. */
const proposer = (
  aside: (brief: Brief) => Proposal,
  first: readonly (readonly [Letters, number])[] = [
    ['A', 1],
    ['C', 1],
  ],
): Proposer => ({
  name: 'scripted',
  propose: async (brief) => {
    if (brief.base) return aside(brief);
    const [letter, value] = first[brief.n - 1] ?? (['J', brief.n] as const);
    return set(brief.files, letter, value);
  },
});
const junk = ({ files, n }: Brief): Proposal => set(files, 'J', n);
const clean = async (paths: { lab: string; store: string }): Promise<void> =>
  expect((await auditLab(paths.lab, paths.store)).checks.filter(({ ok }) => !ok)).toEqual([]);

describe('live branches', () => {
  it(
    'an idea from a runner-up beats the incumbent: the line moves there, and take and finish line follow it',
    { timeout: 120_000 },
    async () => {
      const folder = made();
      const lab = await openLab({
        folder,
        tag: 't',
        proposer: proposer(({ files }) => set(files, 'B', 1)),
        limits: { experiments: 14 },
      });
      await lab.run();
      const { state, paths } = lab;
      expect(lineage(state, state.incumbent)).toEqual([0, 1, 14]);
      expect(state.experiments[14]!.idea).toMatchObject({
        parent: 1,
        why: expect.stringMatching(/^from #1, runner-up, .*no sure gain in 13 ideas since the baseline$/),
      });
      expect(state.experiments[14]).toMatchObject({
        decision: { verdict: 'kept', against: 0, effect: 30 },
        advanced: true,
      });
      const workspace = await openWorkspace(folder, paths.store);
      expect(await workspace.resolveRef('refs/heads/overnight/t')).toBe(codeOf(state, 14)!.commit);
      await clean(paths);
      const patches = join(freshFolder(), 'patches');
      expect((await overnight(['take', '--patches', patches, '--json'], { cwd: folder })).status).toBe(0);
      expect(
        readdirSync(patches)
          .sort()
          .map((file) => /^[+-][A-Z]=.*$/gm[Symbol.match](readFileSync(join(patches, file), 'utf8'))),
      ).toEqual([
        ['-A=0', '+A=1'],
        ['-B=0', '+B=1'],
      ]);
      const other = join(freshFolder(), 'other');
      expect(
        (await overnight(['take', '--experiment', '2', '--patches', other, '--json'], { cwd: folder })).status,
      ).toBe(0);
      expect(readdirSync(other)).toHaveLength(1);
      const last = await openLab({ folder, tag: 't', proposer: proposer(junk), limits: { finalize: true } });
      expect(await last.run()).toMatchObject({ reason: 'finalized' });
      expect(last.state.finalComparison).toMatchObject({ n: 14, effect: 30, dropped: [] });
      await clean(paths);
    },
  );

  it(
    'two near misses that touch different lines are merged three-way, with both parents named',
    { timeout: 120_000 },
    async () => {
      const lab = await openLab({ folder: made(), tag: 't', proposer: proposer(junk), limits: { experiments: 17 } });
      await lab.run();
      const crossed = lab.state.experiments.find(({ idea }) => idea.crosses)!;
      expect(crossed.idea).toMatchObject({
        parent: 0,
        bundles: [1, 2],
        proposer: 'harness',
        hypothesis: 'Crossed: #1 A=1 with #2 C=1',
        why: expect.stringMatching(/no sure gain/),
      });
      expect(crossed).toMatchObject({ decision: { verdict: 'kept', effect: 10, n: 3 } });
      await clean(lab.paths);
    },
  );

  it(
    'knobs on neighbouring lines are crossed by their values, and stay a trial of the optimizer',
    { timeout: 120_000 },
    async () => {
      const next = candidate.replace('\n\n# first\n\nB=0\n\n# second\n\n', '\nB=0\n').replace('\n\n# third\n\n', '\n');
      const knobs = `knobs: [${['A', 'C'].map((name) => `{ name: ${name}, file: x.sh, kind: int, range: [0, 9] }`).join(', ')}]\n`;
      const folder = smallArena({ manifest: `${manifest}${knobs}`, candidate: next, judge });
      const values = (files: Brief['files']): Record<string, number> =>
        Object.fromEntries(
          ['A', 'C'].map((name) => [name, Number(new RegExp(`^${name}=(.*)`, 'm').exec(files.get('x.sh')!)![1])]),
        );
      const inner = proposer(junk);
      const turns: Proposer = {
        name: 'turns',
        propose: async (brief) => {
          const idea = await inner.propose(brief);
          const isTurn = idea.kind === 'edit' && /^[AC]=/.test(idea.hypothesis);
          return isTurn ? { ...idea, knobs: values(new Map([['x.sh', idea.edits[0]!.content!]])) } : idea;
        },
      };
      const lab = await openLab({ folder, tag: 't', proposer: turns, limits: { experiments: 20 } });
      await lab.run();
      const crossed = lab.state.experiments.find(({ idea }) => idea.crosses)!;
      expect(crossed).toMatchObject({
        idea: { bundles: [1, 2], knobs: { A: 1, C: 1 } },
        decision: { verdict: 'kept', effect: 10 },
      });
      await clean(lab.paths);
    },
  );

  it('two that change the same line are refused as incompatible', { timeout: 120_000 }, async () => {
    const lab = await openLab({
      folder: made(),
      tag: 't',
      proposer: proposer(junk, [
        ['A', 1],
        ['A', 2],
      ]),
      limits: { experiments: 17 },
    });
    await lab.run();
    expect(lab.state.experiments.find(({ idea }) => idea.crosses)).toMatchObject({
      state: 'refused',
      code: 'conflict',
      reason: 'its parts change the same lines or knobs',
    });
    await clean(lab.paths);
  });

  it('a proposer may name a live base itself, and no other experiment', { timeout: 120_000 }, async () => {
    const seen: unknown[] = [];
    const names: Proposer = {
      name: 'names',
      propose: async (brief) => {
        if (brief.n === 1) return set(brief.files, 'A', 1);
        seen.push(brief.bases!.map(({ n, role }) => [n, role]));
        const other = brief.bases!.find(({ n }) => n === 1);
        const files = await (other ?? brief.bases![0]!).files();
        return { ...set(files, 'B', brief.n), base: brief.n === 2 ? 1 : 77 } as Proposal;
      },
    };
    const lab = await openLab({ folder: made(), tag: 't', proposer: names, limits: { experiments: 3 } });
    await lab.run();
    expect(seen[0]).toEqual([
      [0, 'incumbent'],
      [1, 'runner-up'],
    ]);
    expect(lab.state.experiments[2]).toMatchObject({ idea: { parent: 1 }, decision: { verdict: 'kept' } });
    expect(lab.state.experiments[3]).toMatchObject({
      state: 'refused',
      code: 'conflict',
      reason: expect.stringContaining('#77'),
    });
    await clean(lab.paths);
  });

  it(
    'a proposer may park what measured nearly as well, as a person may; nonsense is passed over',
    { timeout: 120_000 },
    async () => {
      const inner = proposer(junk);
      const parks: Proposer = {
        name: 'parks',
        propose: async (brief) =>
          ({ ...(await inner.propose(brief)), ...(brief.n === 4 && { note: { park: [2, 77, 4] } }) }) as Proposal,
      };
      const lab = await openLab({ folder: made(), tag: 't', proposer: parks, limits: { experiments: 5 } });
      await lab.run();
      expect(lab.state.steering.parked).toEqual([2]);
      expect(liveBases(lab.state).map(({ n, role }) => [n, role])).toEqual([
        [0, 'incumbent'],
        [2, 'parked'],
        [1, 'runner-up'],
      ]);
      await clean(lab.paths);
    },
  );

  it(
    'goes on from the ledger alone after a kill in the midst of an idea from a branch',
    { timeout: 120_000 },
    async () => {
      const folder = made();
      const first = await openLab({ folder, tag: 'a', proposer: proposer(junk), limits: { experiments: 1 } });
      await first.run();
      // Nothing helps from the incumbent; from the runner-up it knows what does.
      const agent = join(freshFolder(), 'agent.sh');
      writeFileSync(
        agent,
        `#!/bin/sh\nif grep -q '^A=1' x.sh && grep -q '^B=0' x.sh; then sed -i 's/^B=.*/B=1/' x.sh\nelse sed -i "s/^J=.*/J=$(od -An -N3 -tu4 /dev/urandom | tr -d ' ')/" x.sh; fi\necho '{"hypothesis": "another"}'\n`,
        { mode: 0o755 },
      );
      const args = ['run', '--tag', 'a', '--json', '--agent', 'command', '--agent-command', agent, '--unsafe'];
      const run = start([...args, '--experiments', '14'], { cwd: folder });
      await run.until(/no sure gain/);
      run.child.kill('SIGKILL');
      await run.ended;
      const again = await overnight([...args, '--experiments', '3'], { cwd: folder });
      expect(again.status, again.stdout.slice(-800) + again.stderr).toBe(0);
      const kept = ledgerLines(folder, 'a').filter(({ type }) => type === 'advanced');
      const ideas = ledgerLines(folder, 'a').filter(({ type }) => type === 'proposed');
      expect(kept).toHaveLength(1);
      expect(ideas.find(({ n }) => n === kept[0]!.n)).toMatchObject({
        parent: 1,
        why: expect.stringMatching(/^from #1/),
      });
      expect(processesOf(folder)).toEqual([]);
      await expectClean(folder);
    },
  );
});
