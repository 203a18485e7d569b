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
  make(behaviour: Behaviour): Promise<Agent>;
}

export interface AgentCase {
  readonly name: string;
  run(stage: AgentStage): Promise<void>;
}

interface Given {
  readonly dir: string;
  task(change?: Partial<AgentTask>): AgentTask;
}

let tasks = 0;

async function withTask(act: (given: Given) => Promise<void>): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'overnight-conformance-'));
  mkdirSync(join(dir, 'data'));
  writeFileSync(join(dir, 'open.txt'), 'one\n');
  writeFileSync(join(dir, 'frozen.txt'), 'frozen\n');
  writeFileSync(join(dir, 'data', 'given'), 'given\n');
  const tag = `agent-conformance-${process.pid}-${++tasks}-`;
  const task = (change: Partial<AgentTask> = {}): AgentTask => ({
    prompt: 'Append the line "two" to open.txt.\n',
    dir,
    writable: ['open.txt'],
    limits: { wallMs: 60_000 },
    cores: [],
    tag,
    signal: new AbortController().signal,
    ...change,
  });
  try {
    await act({ dir, task });
    deepStrictEqual(taggedPids(tag, 'prefix'), [], 'a process of the call is left');
    strictEqual(readFileSync(join(dir, 'frozen.txt'), 'utf8'), 'frozen\n');
    strictEqual(readFileSync(join(dir, 'data', 'given'), 'utf8'), 'given\n');
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

const onCase = (name: string, act: (stage: AgentStage, given: Given) => Promise<void>): AgentCase => ({
  name,
  run: (stage) => withTask((given) => act(stage, given)),
});

function failed(result: AgentResult): Extract<AgentResult, { kind: 'failed' }> {
  ok(result.kind === 'failed', `it was done: ${JSON.stringify(result)}`);
  ok(result.message.length > 0);
  return result;
}

export const AGENT_CASES: readonly AgentCase[] = [
  onCase('says what it is and what holds it', async (stage) => {
    const agent = await stage.make('edit');
    ok(agent.name.length > 0 && agent.reason.length > agent.name.length);
  }),
  onCase('edits the file that it may edit, and tells how long it took', async (stage, { dir, task }) => {
    const result = await (await stage.make('edit')).run(task());
    ok(result.kind === 'done', JSON.stringify(result));
    strictEqual(readFileSync(join(dir, 'open.txt'), 'utf8'), 'one\ntwo\n');
    strictEqual(result.incidents, undefined);
    ok(result.wallS >= 0 && result.wallS < 60);
  }),
  onCase('does the same again in a folder of its own: nothing is carried over', async (stage, { task }) => {
    const agent = await stage.make('edit');
    await agent.run(task());
    await withTask(async (second) => {
      strictEqual((await agent.run(second.task())).kind, 'done');
      strictEqual(readFileSync(join(second.dir, 'open.txt'), 'utf8'), 'one\ntwo\n');
    });
  }),
  onCase('that only talks leaves the folder as it was and says so in its words', async (stage, { dir, task }) => {
    const result = await (await stage.make('talk')).run(task());
    ok(result.kind === 'done', JSON.stringify(result));
    ok(result.text.length > 0);
    strictEqual(readFileSync(join(dir, 'open.txt'), 'utf8'), 'one\n');
  }),
  onCase('that fails is a classified result, never an exception', async (stage, { task }) => {
    failed(await (await stage.make('fail')).run(task()));
  }),
  onCase('that works for ever is ended at the wall limit', async (stage, { task }) => {
    const result = failed(await (await stage.make('endless')).run(task({ limits: { wallMs: 1500 } })));
    strictEqual(result.class, 'hung');
  }),
  onCase('that works for ever is ended by the signal', async (stage, { task }) => {
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 1000);
    strictEqual(failed(await (await stage.make('endless')).run(task({ signal: stop.signal }))).class, 'aborted');
  }),
  onCase('is not started when nobody wants it any more', async (stage, { dir, task }) => {
    const stop = new AbortController();
    stop.abort();
    strictEqual(failed(await (await stage.make('edit')).run(task({ signal: stop.signal }))).class, 'aborted');
    strictEqual(readFileSync(join(dir, 'open.txt'), 'utf8'), 'one\n');
  }),
];
