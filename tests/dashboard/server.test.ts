/**
 * The dashboard's server as a process: who may talk to it, what it says of labs in every condition, and that it goes on
 * while they change.
 */
import { appendFileSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { syntheticLab } from '../../src/testing/synthetic.ts';
import { type Board, type BoardPatch, applyPatch } from '../../src/view/board.ts';
import { expectError, freshFolder, overnight } from '../fixtures/cli.ts';
import { ask, serve } from '../fixtures/dashboard.ts';
import { curveText, growingLab, hugeBlob, linesOf, longLab, putBlob, putLab, zoo } from '../fixtures/ledgers.ts';

let root = '';
let port = 0;
beforeAll(async () => {
  root = freshFolder('labs');
  zoo(root);
  port = (await serve(root)).port;
});

interface Message {
  readonly event: string;
  readonly id: string;
  readonly data: { readonly seq: number; readonly patch: BoardPatch };
}

/** Messages of a stream until `enough`. */
async function stream(
  query: string,
  enough: (messages: readonly Message[]) => boolean,
  act: (got: number) => void = () => {},
): Promise<Message[]> {
  const ended = new AbortController();
  const answer = await fetch(`http://127.0.0.1:${port}/api/stream?${query}`, { signal: ended.signal });
  const messages: Message[] = [];
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of answer.body!) {
    text += decoder.decode(chunk as Uint8Array, { stream: true });
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const field = (name: string): string => new RegExp(`^${name}: (.*)$`, 'm').exec(text.slice(0, end))?.[1] ?? '';
      messages.push({ event: field('event'), id: field('id'), data: JSON.parse(field('data')) as Message['data'] });
      text = text.slice(end + 2);
      act(messages.length);
    }
    if (enough(messages)) break;
  }
  ended.abort();
  return messages;
}

const EMPTY = { experiments: [] } as unknown as Board;

describe('who may talk to the server', () => {
  it('answers only to its own name, so that a rebound one reads nothing', async () => {
    expect((await ask(port, '/api/labs', { host: `evil.example:${port}` })).status).toBe(421);
    expect((await ask(port, '/api/labs', { host: '127.0.0.1:1' })).status).toBe(421);
    expect((await ask(port, '/api/labs')).status).toBe(200);
    expect((await ask(port, '/api/labs', { host: `localhost:${port}` })).status).toBe(200);
  });

  it('gives no data to pages of other sites, but lets a link open the page', async () => {
    expect((await ask(port, '/api/labs', { 'sec-fetch-site': 'cross-site' })).status).toBe(403);
    expect((await ask(port, '/api/labs', { origin: 'http://evil.example' })).status).toBe(403);
    expect((await ask(port, '/', { 'sec-fetch-site': 'cross-site' })).status).toBe(200);
  });

  it('forbids inline scripts and everything from elsewhere', async () => {
    const { headers, body } = await ask(port, '/');
    expect(headers['content-security-policy']).toMatch(/default-src 'none'; script-src 'self'; style-src 'self'/);
    expect(body).not.toMatch(/<script(?![^>]* src=)|<style| on\w+=/);
  });

  it('reads no file but its own', async () => {
    for (const path of [
      '/assets/../index.html',
      '/assets/%2e%2e/%2e%2e/package.json',
      '/etc/passwd',
      '/api/log?lab=ten/mar7&blob=../../ledger.jsonl',
    ]) {
      expect((await ask(port, path)).status, path).toBe(404);
    }
  });

  it('has nothing that can be written to', async () => {
    for (const method of ['POST', 'PUT', 'DELETE'])
      expect((await ask(port, '/api/request?lab=ten/mar7', {}, method)).status).toBe(404);
  });
});

describe('labs in every condition', () => {
  it('lists all labs below the folder with their states', async () => {
    const cards = JSON.parse((await ask(port, '/api/labs')).body) as { id: string; state: { kind: string } }[];
    const kinds = Object.fromEntries(cards.map((card) => [card.id, card.state.kind]));
    expect(kinds).toMatchObject({
      'empty/mar7': 'never run',
      'one/mar7': 'finished',
      'opened/mar7': 'died',
      'cut/mar7': 'broken',
      'edited/mar7': 'broken',
      'thousand/mar7': 'finished',
    });
  });

  it('shows a broken ledger up to the line before, with the reason', async () => {
    const [message] = await stream('lab=edited/mar7', (m) => m.length > 0);
    const board = applyPatch(EMPTY, message!.data.patch);
    expect(board.state).toMatchObject({ kind: 'broken' });
    expect(board.state.text).toMatch(/hash chain .* breaks at line 42/);
    expect(board.experiments.length).toBeGreaterThan(0);
  });

  it('sends the same board that `status --json` prints', async () => {
    const [message] = await stream('lab=ten/mar7', (m) => m.length > 0);
    const board = applyPatch(EMPTY, message!.data.patch);
    const view = (await overnight(['status', '--json', '--dir', join(root, 'ten')], { cwd: root }))
      .json[0] as unknown as Board;
    expect(board.verdict).toEqual(view.verdict);
    expect(board.counts).toEqual(view.counts);
    expect(board.noise).toEqual(view.noise);
    expect(board.champion).toEqual(view.champion);
    expect(board.economics).toEqual(view.economics);
  });

  it('answers the pages of an experiment, its past, and its curve in least and greatest values', async () => {
    const read = async (what: string): Promise<Record<string, never>> =>
      JSON.parse((await ask(port, `/api/${what}`)).body) as Record<string, never>;
    expect(await read('experiment?lab=ten/mar7&n=3')).toMatchObject({ row: { n: 3 } });
    expect((await ask(port, '/api/experiment?lab=ten/mar7&n=999')).status).toBe(404);
    const past = (await read('board?lab=ten/mar7&at=30')) as unknown as Board;
    expect(past.state.kind).toBe('running');
    expect(past.experiments.length).toBeLessThan(11);
    const blob = putBlob(join(root, 'ten', '.overnight', 'labs', 'mar7'), curveText(50_000));
    const curve = (await read(`curve?lab=ten/mar7&blob=${blob}&width=500`)) as unknown as {
      x: number[];
      low: number[];
      high: number[];
      points: number;
    };
    expect(curve.points).toBe(50_000);
    expect(curve.x.length).toBeLessThanOrEqual(500);
    expect([curve.x[0], curve.x.at(-1)]).toEqual([1, 50_000]);
    expect(Math.max(...curve.high)).toBeGreaterThan(6);
    expect(await read('factors?lab=ten/mar7')).toMatchObject({
      axes: expect.any(Array),
      importance: expect.any(Array),
    });
    expect(await read('machines?lab=ten/mar7')).toMatchObject({ lanes: [expect.anything(), expect.anything()] });
    expect(await read('audit?lab=edited/mar7')).toMatchObject({ ok: false });
  });

  it('reads only the end of an output of a gigabyte', async () => {
    const lab = join(root, 'ten', '.overnight', 'labs', 'mar7');
    const blob = hugeBlob(lab, 1e9, `${`${'x'.repeat(99)}\n`.repeat(4000)}the end\n`);
    const log = JSON.parse((await ask(port, `/api/log?lab=ten/mar7&blob=${blob}`)).body) as {
      text: string;
      bytes: number;
      cut: boolean;
    };
    expect(log).toMatchObject({ bytes: 1e9 + 400_008, cut: true });
    expect(log.text.endsWith('the end\n')).toBe(true);
    expect(log.text.length).toBeLessThanOrEqual(200_000);
  });
});

describe('a lab that grows while it is watched', () => {
  it('sends what changed and nothing twice, and goes on from a cursor', async () => {
    const made = syntheticLab({ n: 30, noise: 0.0009, best: 0.9 });
    const { grow } = growingLab(root, 'grows', made, 40);
    const messages = await stream(
      'lab=grows/mar7',
      (m) => m.length >= 9,
      (got) => void (got < 9 && grow(got < 5 ? 1 : 25)),
    );
    expect(messages.map((m) => m.event)).toEqual(['snapshot', ...Array(8).fill('patch')]);
    const all = messages.reduce((board, m) => applyPatch(board, m.data.patch), EMPTY);
    const fresh = applyPatch(EMPTY, (await stream('lab=grows/mar7', (m) => m.length > 0))[0]!.data.patch);
    expect(all.experiments).toEqual(fresh.experiments);
    expect(all.verdict).toEqual(fresh.verdict);
    // One event names one experiment; noise that is known better may touch the others.
    expect(messages.slice(1, 5).some(({ data }) => data.patch.rows.length <= 1 && data.patch.count > 3)).toBe(true);
    const [caughtUp] = await stream(`lab=grows/mar7&after=${messages[7]!.id}`, (m) => m.length > 0);
    expect(caughtUp!.event).toBe('patch');
    expect(caughtUp!.data.patch).toEqual(messages[8]!.data.patch);
    const [strange] = await stream('lab=grows/mar7&after=another-5', (m) => m.length > 0);
    expect(strange!.event).toBe('snapshot');
  });

  it('waits for the rest of a line, and says when the file is cut, replaced or gone', async () => {
    const made = syntheticLab({ n: 8, noise: 0.0009 });
    const lab = putLab(root, 'torn', made.events.slice(0, 50));
    const file = join(lab, 'ledger.jsonl');
    const whole = linesOf(made.events.slice(50, 51));
    const states: string[] = [];
    const acts = [
      () => appendFileSync(file, whole.slice(0, 20)),
      () => appendFileSync(file, whole.slice(20)),
      () => rmSync(lab, { recursive: true }),
    ];
    let board = EMPTY;
    await stream(
      'lab=torn/mar7',
      (messages) => {
        board = applyPatch(board, messages.at(-1)!.data.patch);
        states.push(board.state.text);
        return /file is gone/.test(board.state.text);
      },
      (got) => acts[got - 1]?.(),
    );
    expect(states[1]).toMatch(/last line of the ledger is cut/);
    expect(states[2]).not.toMatch(/broken/);
    expect(states.at(-1)).toMatch(/file is gone/);
    expect(board.experiments.length).toBeGreaterThan(0);
  });
});

describe('a ledger that takes a while to read', () => {
  it('is answered for at once, tells how far it is, then shows everything; others are answered meanwhile', async () => {
    const here = freshFolder('long');
    longLab(here);
    putLab(here, 'small', syntheticLab({ n: 3, noise: 0.0009 }).events);
    port = (await serve(here)).port;
    const meanwhile: ReturnType<typeof ask>[] = [];
    const messages = await stream(
      'lab=long/mar7',
      (m) => m.at(-1)?.event === 'snapshot',
      (got) => void (got === 1 && meanwhile.push(ask(port, '/'))),
    );
    const kinds = messages.map((m) => m.event);
    expect([kinds[0], kinds.at(-1)]).toEqual(['reading', 'snapshot']);
    expect((await meanwhile[0]!).status).toBe(200);
    const first = messages[0]!.data as unknown as { readonly share: number; readonly text: string };
    expect(first.share).toBeLessThan(1);
    expect(first.text).toMatch(/^reading the ledger, \d+\.\d of \d+\.\d MB$/);
    expect(applyPatch(EMPTY, messages.at(-1)!.data.patch).experiments).toHaveLength(13);
  });

  it('has a place on the start page before it has figures', async () => {
    const here = freshFolder('long');
    longLab(here);
    port = (await serve(here)).port;
    const lists = (
      await stream('', (m) => (m.at(-1)?.data as unknown as { headline?: string }[])[0]?.headline !== undefined)
    ).map((m) => m.data as unknown as object[]);
    expect(lists[0]).toEqual([{ id: 'long/mar7', reading: expect.objectContaining({ share: expect.any(Number) }) }]);
    expect(lists.at(-1)).toMatchObject([{ arena: 'synthetic', state: { kind: 'finished' } }]);
  });

  it('answers a page’s questions when it is read', async () => {
    const here = freshFolder('long');
    longLab(here);
    const at = (await serve(here)).port;
    expect(JSON.parse((await ask(at, '/api/experiment?lab=long/mar7&n=3')).body)).toMatchObject({ row: { n: 3 } });
  });
});

describe('the port', () => {
  it('is the same for the same folder, and another one when it is taken', async () => {
    const here = freshFolder('same');
    const first = await serve(here, []);
    first.started.child.kill('SIGINT');
    await first.started.ended;
    const again = await serve(here, []);
    expect(again.port).toBe(first.port);
    const beside = await serve(here, []);
    expect(beside.port).not.toBe(first.port);
  });

  it('says what to do when the one asked for is taken', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => taken.once('listening', resolve));
    const { port: used } = taken.address() as { port: number };
    expectError(await overnight(['serve', '--json', '--port', String(used)], { cwd: root }), 'E_PORT', 3, /EADDRINUSE/);
    taken.close();
  });

  it('leaves the ledgers as they were', () => {
    const made = linesOf(syntheticLab({ n: 1, noise: 0.0009, best: 0.9 }).events);
    expect(readFileSync(join(root, 'one', '.overnight', 'labs', 'mar7', 'ledger.jsonl'), 'utf8')).toBe(made);
  });
});
