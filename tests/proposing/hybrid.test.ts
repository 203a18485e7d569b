/**
 * `--agent command,hybrid` as a person types it: the agent and the optimizer on one budget, each recorded under its own
 * name.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { chooseSandbox } from '../../src/sandbox/choose.ts';
import { CANDIDATE, expectClean, expectError, MANIFEST, overnight, smallArena } from '../fixtures/cli.ts';
import { unless, withReason } from '../fixtures/skipping.ts';

const { info } = (await chooseSandbox()).sandbox;
const noJail = unless(info.level === 'bubblewrap', info.reason);
const manifest = MANIFEST.replace(/knobs:.*/, 'knobs: [{ name: X, file: x.sh, kind: int, range: [0, 400] }]');
const arena = (): string => smallArena({ manifest, candidate: CANDIDATE.replace('X=9', 'X=300') });

it.skipIf(noJail)(
  withReason(
    'asks the agent for its share of the ideas, the optimizer for the rest, and tells the agent what the optimizer knows',
    noJail,
  ),
  async () => {
    const folder = arena();
    const script = join(folder, '..', 'agent.sh');
    writeFileSync(script, '#!/bin/sh\nsed -i "s/X=.*/X=$(( $(sed -n \'s/^X=//p\' x.sh) + 7 ))/" x.sh\n', {
      mode: 0o755,
    });
    const args = ['run', '--json', '--experiments', '16', '--agent', 'command,hybrid', '--agent-command', script];
    const ended = await overnight(args, { cwd: folder });
    expect(ended.status, ended.stdout + ended.stderr).toBe(0);
    expect(ended.json.find((event) => event.type === 'session.started')).toMatchObject({
      proposer: 'command+search',
      proposerReason: expect.stringMatching(/^as asked: .*; beside an optimizer over the knobs .* shares the budget$/),
    });
    const proposed = ended.json.filter((event) => event.type === 'proposed' && event.kind === 'idea');
    const by = (who: string): Record<string, unknown>[] => proposed.filter((event) => event.proposer === who);
    expect(by('search').length).toBeGreaterThan(by('command').length);
    expect(by('command').length).toBeGreaterThan(0);
    // Each is a choice of the knobs; one that was measured before is refused, and recorded without them.
    const repeated = ended.json
      .filter((event) => event.type === 'refused' && event.code === 'duplicate')
      .map(({ n }) => n);
    for (const idea of by('command'))
      if (!repeated.includes(idea.n)) expect(idea).toMatchObject({ knobs: { X: expect.any(Number) } });
    await expectClean(folder);
  },
  120_000,
);

it('is not understood alone, in front, or beside the optimizer', async () => {
  for (const names of ['hybrid', 'hybrid,command', 'command,search,hybrid'])
    expectError(
      await overnight(['run', '--json', '--agent', names], { cwd: arena() }),
      'E_USAGE',
      2,
      /"hybrid" is the optimizer/,
    );
});
