/**
 * Acting on a running lab: the dashboard with --control and its token, and the keys of the terminal. Wishes only; no
 * number can be changed.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { syntheticLab } from '../../src/testing/synthetic.ts';
import { CANDIDATE, freshFolder, ledgerLines, MANIFEST, smallArena } from '../fixtures/cli.ts';
import { ask, serve } from '../fixtures/dashboard.ts';
import { putLab } from '../fixtures/ledgers.ts';
import { hasTerminal, inTerminal } from '../fixtures/terminal.ts';
import { unless, withReason } from '../fixtures/skipping.ts';

const inboxOf = (lab: string): unknown[] =>
  readdirSync(join(lab, 'inbox')).map(
    (name) => (JSON.parse(readFileSync(join(lab, 'inbox', name), 'utf8')) as { wish: unknown }).wish,
  );

describe('the dashboard with --control', () => {
  it('takes requests from whoever has the token, and only sensible ones', async () => {
    const root = freshFolder('labs');
    const lab = putLab(root, 'ten', syntheticLab({ n: 10, noise: 0.0009 }).events);
    const cut = putLab(root, 'cut', []);
    writeFileSync(join(cut, 'ledger.jsonl'), readFileSync(join(lab, 'ledger.jsonl'), 'utf8').slice(0, -40));
    const { port, said } = await serve(root, ['--port', '0', '--control']);
    const token = /#token=([\w-]+)/.exec(said)![1]!;
    const send = (wish: object, bearer: string, headers = {}): ReturnType<typeof ask> =>
      ask(
        port,
        '/api/request?lab=ten/mar7',
        { authorization: `Bearer ${bearer}`, 'content-type': 'application/json', ...headers },
        'POST',
        JSON.stringify(wish),
      );
    expect((await send({ verb: 'pause' }, 'wrong')).status).toBe(403);
    expect((await send({ verb: 'pause' }, token, { origin: 'http://evil.example' })).status).toBe(403);
    expect((await send({ verb: 'submit', hypothesis: 'x', edits: {} }, token)).status).toBe(400);
    expect((await send({ verb: 'veto', n: 999 }, token)).body).toMatch(/no experiment #999/);
    const broken = await ask(
      port,
      '/api/request?lab=cut/mar7',
      { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      'POST',
      JSON.stringify({ verb: 'pause' }),
    );
    expect(broken).toMatchObject({
      status: 409,
      body: expect.stringMatching(/Read-only: The last line of the ledger is cut/),
    });
    expect((await send({ verb: 'pause' }, token)).status).toBe(200);
    expect((await send({ verb: 'steer', text: 'try less <b>depth</b>' }, token)).status).toBe(200);
    expect(inboxOf(lab)).toEqual([{ verb: 'pause' }, { verb: 'steer', text: 'try less <b>depth</b>' }]);
  });
});

const noTerminal = unless(hasTerminal, 'no `script` on PATH to make a terminal');

describe.skipIf(noTerminal)(withReason('the keys of a running lab', noTerminal), () => {
  it('pause, go on, steer, and stop after the current experiment', async () => {
    const cwd = smallArena({
      manifest: MANIFEST.replace('range: [0, 9]', 'range: [0, 900]'),
      candidate: CANDIDATE.replace('echo', 'sleep 0.4\necho'),
    });
    const { see, type, ended } = inTerminal('run', { cwd });
    await see(/q stop after/);
    type('p');
    await see(/Pausing/);
    await see(/paused by a person/);
    type('p');
    await see(/Going on with new ideas/);
    type('t');
    await see(/steer: ▏/);
    type('less noisex\x7f\r');
    await see(/Told the proposers: less noise/);
    type('q');
    await see(/Stopping after/);
    expect(await ended).toBe(0);
    const wishes = ledgerLines(cwd).flatMap((event) => (event.type === 'steered' ? [event.wish] : []));
    expect(wishes).toEqual([
      { verb: 'pause' },
      { verb: 'resume' },
      { verb: 'steer', text: 'less noise' },
      { verb: 'stop' },
    ]);
  });
});
