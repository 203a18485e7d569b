/** `overnight confirm`: a person asks for a claim, while nothing runs and while something does. */
import { describe, it } from 'vitest';
import type { Brief, Proposal, Proposer } from '../../src/core/ports.ts';
import { openLab } from '../../src/app/open-lab.ts';
import { expectError, ledgerLines, overnight, smallArena } from '../fixtures/cli.ts';

/** Each idea is one better than the one before. */
const proposer: Proposer = {
  name: 'counting',
  propose: async (brief: Brief): Promise<Proposal> => {
    const content = brief.files.get('x.sh')!.replace(/X=(\d+)/, (_, x) => `X=${Number(x) - 1}`);
    return { kind: 'edit', hypothesis: 'one less', edits: [{ path: 'x.sh', content }] };
  },
};

/** A lab of so many steps, stopped before their claim was tested. */
async function labOf(steps: number): Promise<string> {
  const folder = smallArena();
  let advanced = 0;
  const opened = await openLab({
    folder,
    proposer,
    limits: { experiments: 9 },
    watch: { onEvent: (event) => event.type === 'advanced' && ++advanced === steps && opened.lab.stopSoon() },
  });
  await opened.run();
  return folder;
}

const confirmations = (folder: string) => ledgerLines(folder).filter(({ type }) => type === 'confirmation');
const ideas = (folder: string): number => ledgerLines(folder).filter(({ type }) => type === 'proposed').length;

describe.concurrent('overnight confirm', () => {
  it('without a running session tests the claim in one of its own, and does nothing else', async ({ expect }) => {
    const folder = await labOf(2);
    expect(confirmations(folder)).toEqual([]);
    const tried = ideas(folder);
    expect((await overnight(['confirm'], { cwd: folder })).status).toBe(0);
    expect(confirmations(folder)).toMatchObject([{ n: 2, against: 0, passed: true, rule: 'confirm/4' }]);
    expect(ideas(folder)).toBe(tried);
    expectError(
      await overnight(['confirm', '--json'], { cwd: folder }),
      'E_WISH',
      2,
      /nothing to confirm: #2 is confirmed/,
    );
  }, 60_000);

  it('tests an earlier step when it is named, and only that', async ({ expect }) => {
    const folder = await labOf(2);
    expect((await overnight(['confirm', '1'], { cwd: folder })).status).toBe(0);
    expect(confirmations(folder)).toMatchObject([{ n: 1, against: 0, passed: true }]);
  }, 60_000);

  it('is refused with the reason where there is nothing to test', async ({ expect }) => {
    const folder = await labOf(1);
    expectError(await overnight(['confirm', '0', '--json'], { cwd: folder }), 'E_WISH', 2, /#0 is the baseline/);
    expect((await overnight(['confirm', '9', '--json'], { cwd: folder })).status).not.toBe(0);
    expect(confirmations(folder)).toEqual([]);
  }, 60_000);
});
