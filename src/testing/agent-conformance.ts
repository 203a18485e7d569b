/**
 * What every agent must do, as named cases on a stage that can make it behave well and badly. Knows no test runner:
 * each case throws when it fails. Speeds are not judged.
 */
import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Agent, AgentResult, AgentTask } from '../core/ports.ts';
import { taggedPids } from '../os/proc.ts';

/** How the agent is to behave: append a line to `open.txt`; say something and edit nothing; fail; work for ever. */
export type Behaviour = 'edit' | 'talk' | 'fail' | 'endless';

export interface AgentStage {
  /** A fresh agent that behaves so. */
  makeAgent(behaviour: Behaviour): Promise<Agent>;
}

export interface AgentCase {
  readonly name: string;
  run(stage: AgentStage): Promise<void>;
}

interface TaskFixture {
  readonly dir: string;
  makeTask(overrides?: Partial<AgentTask>): AgentTask;
}

let taskCount = 0;

async function withTask(action: (fixture: TaskFixture) => Promise<void>): Promise<void> {
  const taskDir = mkdtempSync(join(tmpdir(), 'overnight-conformance-'));
  mkdirSync(join(taskDir, 'data'));
  writeFileSync(join(taskDir, 'open.txt'), 'one\n');
  writeFileSync(join(taskDir, 'frozen.txt'), 'frozen\n');
  writeFileSync(join(taskDir, 'data', 'given'), 'given\n');
  const processTag = `agent-conformance-${process.pid}-${++taskCount}-`;
  const makeTask = (overrides: Partial<AgentTask> = {}): AgentTask => ({
    prompt: 'Append the line "two" to open.txt.\n',
    dir: taskDir,
    writable: ['open.txt'],
    limits: { wallMs: 60_000 },
    cores: [],
    tag: processTag,
    signal: new AbortController().signal,
    ...overrides,
  });
  try {
    await action({ dir: taskDir, makeTask });
    deepStrictEqual(taggedPids(processTag, 'prefix'), [], 'a process of the call is left');
    strictEqual(readFileSync(join(taskDir, 'frozen.txt'), 'utf8'), 'frozen\n');
    strictEqual(readFileSync(join(taskDir, 'data', 'given'), 'utf8'), 'given\n');
  } finally {
    rmSync(taskDir, { recursive: true, force: true });
  }
}

const makeCase = (name: string, action: (stage: AgentStage, fixture: TaskFixture) => Promise<void>): AgentCase => ({
  name,
  run: (stage) => withTask((fixture) => action(stage, fixture)),
});

function requireFailure(result: AgentResult): Extract<AgentResult, { kind: 'failed' }> {
  ok(result.kind === 'failed', `it was done: ${JSON.stringify(result)}`);
  ok(result.message.length > 0);
  return result;
}

export const AGENT_CASES: readonly AgentCase[] = [
  makeCase('says what it is and what holds it', async (stage) => {
    const agent = await stage.makeAgent('edit');
    ok(agent.name.length > 0 && agent.reason.length > agent.name.length);
  }),
  makeCase('edits the file that it may edit, and tells how long it took', async (stage, { dir, makeTask }) => {
    const result = await (await stage.makeAgent('edit')).run(makeTask());
    ok(result.kind === 'done', JSON.stringify(result));
    strictEqual(readFileSync(join(dir, 'open.txt'), 'utf8'), 'one\ntwo\n');
    strictEqual(result.incidents, undefined);
    ok(result.wallS >= 0 && result.wallS < 60);
  }),
  makeCase('does the same again in a folder of its own: nothing is carried over', async (stage, { makeTask }) => {
    const agent = await stage.makeAgent('edit');
    await agent.run(makeTask());
    await withTask(async (secondFixture) => {
      strictEqual((await agent.run(secondFixture.makeTask())).kind, 'done');
      strictEqual(readFileSync(join(secondFixture.dir, 'open.txt'), 'utf8'), 'one\ntwo\n');
    });
  }),
  makeCase('that only talks leaves the folder as it was and says so in its words', async (stage, { dir, makeTask }) => {
    const result = await (await stage.makeAgent('talk')).run(makeTask());
    ok(result.kind === 'done', JSON.stringify(result));
    ok(result.text.length > 0);
    strictEqual(readFileSync(join(dir, 'open.txt'), 'utf8'), 'one\n');
  }),
  makeCase('that fails is a classified result, never an exception', async (stage, { makeTask }) => {
    requireFailure(await (await stage.makeAgent('fail')).run(makeTask()));
  }),
  makeCase('that works for ever is ended at the wall limit', async (stage, { makeTask }) => {
    const result = requireFailure(await (await stage.makeAgent('endless')).run(makeTask({ limits: { wallMs: 1500 } })));
    strictEqual(result.class, 'hung');
  }),
  makeCase('that works for ever is ended by the signal', async (stage, { makeTask }) => {
    const stopController = new AbortController();
    setTimeout(() => stopController.abort(), 1000);
    strictEqual(
      requireFailure(await (await stage.makeAgent('endless')).run(makeTask({ signal: stopController.signal }))).class,
      'aborted',
    );
  }),
  makeCase('is not started when nobody wants it any more', async (stage, { dir, makeTask }) => {
    const stopController = new AbortController();
    stopController.abort();
    strictEqual(
      requireFailure(await (await stage.makeAgent('edit')).run(makeTask({ signal: stopController.signal }))).class,
      'aborted',
    );
    strictEqual(readFileSync(join(dir, 'open.txt'), 'utf8'), 'one\n');
  }),
];
