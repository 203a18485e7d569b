/**
 * Whatever an agent leaves behind becomes an idea, a refusal with its reason, or nothing with its reason. Real folders,
 * a scripted agent.
 */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { CallJournal, Proposal } from '../core/ports.ts';
import { arenaWith, Script } from '../testing/script.ts';
import { type ScriptedAct, noteText, scriptedAgent } from '../testing/scripted-agent.ts';
import { agentProposer } from './agent.ts';

const home = fs.mkdtempSync(path.join(os.tmpdir(), 'overnight-agent-'));
afterAll(() => fs.rmSync(home, { recursive: true, force: true }));

const arena = arenaWith({ editable: ['x.ts', 'lib/**'], hidden: ['secret.ts'] });
const FILES = { 'x.ts': 'one\n', 'judge.ts': 'frozen\n', 'lib/a.ts': 'a\n', 'program.md': 'old\n' };

interface Asked {
  readonly proposal: Proposal;
  readonly called: Record<string, unknown>;
  readonly script: Script;
  readonly task: ReturnType<typeof scriptedAgent>['tasks'][number] | undefined;
}

async function ask(
  act: ScriptedAct | ((dir: string) => ScriptedAct),
  limits = {},
  before?: (script: Script) => void,
): Promise<Asked> {
  const script = new Script(arena).addCalibration([5, 5.1, 4.9]);
  before?.(script);
  const agent = scriptedAgent((task) => (typeof act === 'function' ? act(task.dir) : act));
  const journal: CallJournal = {
    calling: (about) => {
      const call = script.state.calls.length;
      script.addEvent({ type: 'calling', call, n: 1, session: 0, ...about });
      return call;
    },
    called: (call, outcome) => void script.addEvent({ type: 'called', call, ...outcome }),
    advised: (advice) => void script.addEvent({ type: 'advised', ...advice }),
    putBlob: (text) => script.ledger.putBlob(text),
    getBlob: (hash) => script.ledger.getBlob(hash),
  };
  const proposer = agentProposer({
    agent,
    layOutFiles: async (_, dir) => {
      for (const [file, text] of Object.entries(FILES)) {
        fs.mkdirSync(path.dirname(path.join(dir, file)), { recursive: true });
        fs.writeFileSync(path.join(dir, file), text);
      }
    },
    workDirOf: (call) => path.join(home, `call-${call}`),
    readProgram: () => 'be bold',
    writeBrief: () => 'the brief',
    noteFile: 'note.json',
    callLimits: { wallMs: 100, usd: 2 },
    runLimits: limits,
    session: 0,
    cores: [],
    tagOf: (call) => `t${call}`,
  });
  const proposal = await proposer.propose({
    arena,
    state: script.state,
    files: new Map([
      ['x.ts', 'one\n'],
      ['lib/a.ts', 'a\n'],
    ]),
    n: 1,
    commit: 'c',
    signal: new AbortController().signal,
    journal,
  });
  expect(fs.readdirSync(home)).toEqual([]);
  const end = script.state.calls.at(-1)?.end;
  return { proposal, script, task: agent.tasks[0], called: { ...end } };
}

describe('an edit with a note', () => {
  it('is an idea: what changed, what it expects, under which instructions', async () => {
    const text = noteText('halve it', { mechanism: 'rate', heeds: ['w1'] });
    const { proposal, called, script, task } = await ask({
      edits: { 'x.ts': 'two\n', 'lib/b.ts': 'b\n', 'lib/a.ts': null },
      text,
    });
    expect(proposal).toMatchObject({
      kind: 'edit',
      hypothesis: 'halve it',
      note: { mechanism: 'rate', heeds: ['w1'] },
      edits: [
        { path: 'lib/a.ts', content: null },
        { path: 'lib/b.ts', content: 'b\n' },
        { path: 'x.ts', content: 'two\n' },
      ],
      program: script.ledger.putBlob('be bold'),
    });
    expect(called).toMatchObject({ outcome: 'edit', reply: script.ledger.putBlob(text) });
    expect(script.state.calls[0]!.start).toMatchObject({
      purpose: 'idea',
      agent: 'scripted',
      brief: script.ledger.putBlob('the brief'),
    });
    expect(task).toMatchObject({ prompt: 'the brief', writable: ['lib', 'lib/a.ts', 'note.json', 'x.ts'], tag: 't0' });
  });

  it('may leave the note as a file, which is no edit', async () => {
    const { proposal } = await ask({
      edits: { 'x.ts': 'two\n', 'note.json': '{"hypothesis": "from a file"}' },
      text: 'bye',
    });
    expect(proposal).toMatchObject({ hypothesis: 'from a file', edits: [{ path: 'x.ts' }] });
  });

  it('counts without what else was touched, and says what that was', async () => {
    const { proposal, called } = await ask({
      edits: { 'x.ts': 'two\n', 'judge.ts': 'mine\n', 'junk.txt': 'j' },
      text: noteText('h'),
    });
    expect(proposal).toMatchObject({ edits: [{ path: 'x.ts' }], why: expect.stringContaining('judge.ts') });
    expect(called.message).toContain('changed frozen files');
  });
});

describe('a bad answer', () => {
  it.each([
    [
      'no note',
      { edits: { 'x.ts': 'two\n' }, text: 'I made the loop shorter.' },
      'I made the loop shorter.',
      'no note',
    ],
    [
      'a note that is no JSON',
      { edits: { 'x.ts': 'two\n' }, text: '{"hypothesis": "x' },
      'changes x.ts',
      'not valid JSON',
    ],
    ['an empty hypothesis', { edits: { 'x.ts': 'two\n' }, text: '{"hypothesis": ""}' }, 'changes x.ts', 'empty'],
  ])('%s: the edit is tried all the same, and the record says so', async (_, act, hypothesis, problem) => {
    const { proposal, called } = await ask(act);
    expect(proposal).toMatchObject({ kind: 'edit', hypothesis, note: { problem: expect.stringContaining(problem) } });
    expect(called.message).toContain(problem);
  });

  it.each([
    ['a binary file', { 'x.ts': new Uint8Array([65, 0, 66]) }, 'not-text', /binary/],
    ['bytes that are no UTF-8', { 'x.ts': new Uint8Array([0xff, 0xfe, 65]) }, 'not-text', /UTF-8/],
    ['10 MB', { 'x.ts': 'x'.repeat(10 << 20) }, 'too-large', /10485760 bytes/],
    ['a frozen file changed', { 'judge.ts': 'loss: 0' }, 'not-editable', /judge\.ts/],
  ])('%s is refused with its reason', async (_, edits, code, reason) => {
    const { proposal } = await ask({ edits, text: noteText('h') });
    expect(proposal).toMatchObject({
      kind: 'edit',
      edits: [],
      refusal: { code, reason: expect.stringMatching(reason) },
    });
  });

  it('a frozen file renamed, or an editable one replaced by a link, is refused; nothing is read through the link', async () => {
    const renamed = await ask((dir) => ({
      text: noteText('h'),
      editFolder: () => fs.renameSync(path.join(dir, 'judge.ts'), path.join(dir, 'lib', 'judge.ts')),
    }));
    expect(renamed.proposal).toMatchObject({
      edits: [{ path: 'lib/judge.ts' }],
      why: expect.stringContaining('judge.ts'),
    });
    const linked = await ask((dir) => ({
      text: noteText('h'),
      editFolder: () => {
        fs.rmSync(path.join(dir, 'x.ts'));
        fs.symlinkSync('/etc/hostname', path.join(dir, 'x.ts'));
      },
    }));
    expect(linked.proposal).toMatchObject({
      edits: [],
      refusal: { code: 'not-text', reason: 'x.ts is no longer a plain file' },
    });
  });

  it.each([
    ['a question', { text: 'I could do two things.\nWhich one do you prefer?' }, /asked instead of editing: Which one/],
    ['words only', { text: 'Nothing to do.' }, /no change: Nothing to do/],
    ['silence', {}, /no change and no answer/],
    ['only other files', { edits: { 'PLAN.md': 'x' }, text: noteText('h') }, /no editable file was changed.*PLAN\.md/],
  ])('%s is no idea, and no failure', async (_, act, reason) => {
    const { proposal, called } = await ask(act);
    expect(proposal).toEqual({ kind: 'none', reason: expect.stringMatching(reason) });
    expect(called).toMatchObject({ outcome: 'empty' });
  });

  it('a failed call is recorded with its class, and what it had edited is not used', async () => {
    const failed = await ask({ class: 'quota', message: 'come back later', retryAt: '2026-03-08T00:00:00Z' });
    expect(failed.proposal).toEqual({ kind: 'none', class: 'quota', reason: 'come back later' });
    expect(failed.called).toMatchObject({ outcome: 'failed', class: 'quota', retryAt: '2026-03-08T00:00:00Z' });
    expect((await ask('hang')).called).toMatchObject({ outcome: 'failed', class: 'hung' });
  });

  it('an agent that throws is one that crashed', async () => {
    const { called } = await ask(() => {
      throw new Error('a mistake in an adapter');
    });
    expect(called).toMatchObject({ outcome: 'failed', class: 'crashed', message: 'a mistake in an adapter' });
  });
});

describe('budgets', () => {
  it('nobody is called when there is nothing left, or was never anything', async () => {
    for (const limits of [{ usd: 0 }, { tokens: 0 }]) {
      const { proposal, script } = await ask({ edits: { 'x.ts': 'two\n' } }, limits);
      expect(proposal).toMatchObject({ kind: 'none', class: 'budget', reason: expect.stringContaining('spent') });
      expect(script.state.calls).toEqual([]);
    }
  });

  it('a call may spend what is left, and at most its own share', async () => {
    const spend = (script: Script): void =>
      void script.addEvent({ type: 'calling', call: 0, n: 1, purpose: 'idea', agent: 'a', session: 0 }).addEvent({
        type: 'called',
        call: 0,
        outcome: 'empty',
        wallS: 1,
        usage: { calls: 1, inputTokens: 60, cachedTokens: 0, outputTokens: 40, usd: 4, source: 'gateway' },
      });
    const { task } = await ask({ text: 'x' }, { usd: 5, tokens: 1000 }, spend);
    expect(task!.limits).toEqual({ wallMs: 100, usd: 1, tokens: 900 });
  });
});
