/** A proposer beside an adviser that hangs, throws, or may not be paid. */
import { describe, expect, it } from 'vitest';
import type { Experiment } from '../core/experiment.ts';
import type { Adviser, AgentResult, Brief, CallJournal, Proposal } from '../core/ports.ts';
import type { RunLimits } from '../core/session.ts';
import { Script } from '../testing/script.ts';
import { advisedProposer, readAdvice } from './advised.ts';

interface Told {
  readonly proposal: Proposal;
  readonly script: Script;
  readonly remarks: readonly string[];
  /** The advice that the inner proposer was shown. */
  readonly shown: readonly Brief['adviser'][];
}

/** Asks for an idea until one belongs to a block with advice. */
async function askBeside(
  ask: Adviser['ask'],
  options: { runLimits?: RunLimits; mayStop?: boolean; signal?: AbortSignal } = {},
): Promise<Told> {
  const script = new Script().addCalibration([5, 5.1, 4.9]);
  const remarks: string[] = [];
  const shown: Brief['adviser'][] = [];
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
  const proposer = advisedProposer(
    {
      name: 'inner',
      propose: async (brief) => {
        shown.push(brief.adviser);
        return { kind: 'edit', hypothesis: 'x', edits: [], call: 0 };
      },
    },
    {
      adviser: { model: 'gpt-5', reason: 'a test', ask },
      every: 1,
      mayStop: options.mayStop ?? false,
      runLimits: options.runLimits ?? {},
      session: 0,
      writeQuestion: () => 'What was missed?',
      onRemark: (remark) => remarks.push(remark),
    },
  );
  const brief: Omit<Brief, 'state'> = {
    arena: script.state.lab!.arena,
    files: new Map(),
    n: 1,
    commit: 'c',
    signal: options.signal ?? new AbortController().signal,
    journal,
  };
  const asked = { state: 'proposed', idea: { n: 1, call: 0 } } as unknown as Experiment;
  const tried = [...script.state.experiments, asked];
  // Which block comes first is the lab's chance; the turns before are recorded as if their ideas had been made.
  for (let seed = 1; seed < 100; seed++) {
    const state = { ...script.state, lab: { ...script.state.lab!, seed } };
    const live = new Proxy(state, {
      get: (_, key) =>
        key === 'lab' ? state.lab : key === 'experiments' ? tried : script.state[key as keyof typeof script.state],
    });
    const proposal = await proposer.propose({ ...brief, state: live });
    if (proposal.kind === 'none' || proposal.adviser === 'on') return { proposal, script, remarks, shown };
  }
  throw new Error('no block had advice');
}

const done = (text: string): AgentResult => ({ kind: 'done', text, wallS: 1 });

describe('an adviser', () => {
  it('that answers is shown, and the idea says so', async () => {
    const told = await askBeside(async () => done('{"untried": ["y"], "contradicts": [], "stop": false}'));
    expect(told.proposal).toMatchObject({ kind: 'edit', adviser: 'on' });
    expect(told.shown.at(-1)).toMatchObject({ untried: ['y'], n: 1 });
    expect(told.script.state.advice).toHaveLength(1);
    expect(told.remarks).toEqual([]);
  });

  it.each<readonly [string, Adviser['ask']]>([
    ['that throws', () => Promise.reject(new TypeError('a mistake'))],
    ['that fails', async () => ({ kind: 'failed', class: 'hung', message: 'nothing came', wallS: 120 })],
    ['that says nothing', async () => done('')],
  ])('%s leaves the idea as it is', async (_, ask) => {
    const told = await askBeside(ask);
    expect(told.proposal).toMatchObject({ kind: 'edit', adviser: 'on' });
    expect(told.shown.at(-1)).toBeUndefined();
    expect(told.script.state.calls.at(-1)!.end!.outcome).toMatch(/failed|empty/);
    expect(told.remarks).toHaveLength(1);
  });

  it('that never answers is given a bound, and is given up with the idea', async () => {
    const controller = new AbortController();
    let wallMs = 0;
    const told = await askBeside(
      (_, { signal, limits }) =>
        new Promise((resolve) => {
          wallMs = limits.wallMs;
          signal.addEventListener('abort', () =>
            resolve({ kind: 'failed', class: 'aborted', message: 'it was stopped', wallS: 1 }),
          );
          controller.abort();
        }),
      { signal: controller.signal },
    );
    expect(wallMs).toBeLessThanOrEqual(180_000);
    expect(told.script.state.calls.at(-1)!.end).toMatchObject({ outcome: 'failed', class: 'aborted' });
  });

  it('is not asked when nothing may be spent', async () => {
    let asked = 0;
    const told = await askBeside(
      async () => {
        asked++;
        return done('{"untried": []}');
      },
      { runLimits: { usd: 0 } },
    );
    expect(told.proposal).toMatchObject({ kind: 'edit', adviser: 'on' });
    expect(asked).toBe(0);
  });

  it('that would stop ends it only where it may', async () => {
    const ask = async (): Promise<AgentResult> => done('{"untried": [], "stop": "enough"}');
    expect((await askBeside(ask)).proposal.kind).toBe('edit');
    expect((await askBeside(ask, { mayStop: true })).proposal).toEqual({
      kind: 'none',
      reason: 'the adviser (gpt-5) would stop: enough',
    });
  });
});

it.each<readonly [string, ReturnType<typeof readAdvice>]>([
  ['nothing', undefined],
  ['{"stop": true}', undefined],
  ['{"untried": "a"}', { untried: [], contradicts: [] }],
  ['{"untried": [], "stop": true}', { untried: [], contradicts: [], stop: 'it gave no reason' }],
  ['{"untried": [], "stop": ""}', { untried: [], contradicts: [] }],
  ['{"untried": [], "stop": "false"}', { untried: [], contradicts: [] }],
  ['I think:\n```json\n{"untried": [" a ", {}], "contradicts": ["b"]}\n```', { untried: ['a'], contradicts: ['b'] }],
])('of %j is read %j', (text, advice) => {
  expect(readAdvice(text)).toEqual(advice);
});
