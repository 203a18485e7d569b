/**
 * Everything a provider can do to a real agent: each call ends soon, with its class, and with the time at which asking
 * again makes sense.
 */
import { describe, expect, it } from 'vitest';
import { taggedPids } from '../../src/os/proc.ts';
import type { AgentResult, AgentTask } from '../../src/core/ports.ts';
import type { Script } from '../fixtures/models/server.ts';
import {
  honest,
  leftFolders,
  REAL_KEY,
  REAL_NAMES,
  type RealName,
  scene,
  type SceneOptions,
  tagOf,
  titled,
  TRAIN,
  whyNot,
} from './scene.ts';

interface Case {
  readonly what: string;
  readonly script: () => Script;
  readonly class: string;
  readonly options?: SceneOptions;
  readonly task?: Partial<AgentTask>;
  readonly check?: (result: AgentResult & { kind: 'failed' }) => void;
}

const failing =
  (status: number, json?: unknown, headers?: Record<string, string>): (() => Script) =>
  () =>
  () => ({
    status,
    ...(json !== undefined && { json }),
    ...(headers && { headers }),
  });

const later = (result: AgentResult & { kind: 'failed' }, seconds: number): void => {
  const wait = (Date.parse(result.retryAt ?? '') - Date.now()) / 1000;
  expect(wait).toBeGreaterThan(seconds - 90);
  expect(wait).toBeLessThan(seconds + 5);
};

const CASES: readonly Case[] = [
  {
    what: 'a wrong key',
    script: failing(401, { error: { type: 'authentication_error', message: `invalid x-api-key ${REAL_KEY}` } }),
    class: 'login',
  },
  {
    what: 'a used-up quota',
    script: failing(
      429,
      { error: { type: 'insufficient_quota', code: 'insufficient_quota', message: 'You exceeded your current quota' } },
      { 'retry-after': '3600' },
    ),
    class: 'quota',
    check: (result) => later(result, 3600),
  },
  {
    what: 'a long rate limit',
    script: failing(429, undefined, { 'retry-after': '600' }),
    class: 'rate-limit',
    check: (result) => later(result, 600),
  },
  {
    what: 'an unknown model',
    script: failing(404, {
      error: { type: 'not_found_error', message: 'model: fake-9 not found', code: 'model_not_found' },
    }),
    class: 'model',
  },
  {
    what: 'a server that hangs',
    script: () => () => ({ hang: true }),
    class: 'hung',
    options: { gateway: { silenceMs: 1500 } },
  },
  { what: 'a budget of zero', script: () => honest, class: 'budget', task: { limits: { wallMs: 30_000, usd: 0 } } },
  {
    what: 'a budget that is too small for the first request',
    script: () => honest,
    class: 'budget',
    task: { limits: { wallMs: 30_000, tokens: 100 } },
  },
];

async function outcome(name: RealName, one: Case): Promise<void> {
  const place = await scene(one.script(), one.options);
  try {
    const agent = await place.agent(name);
    const result = await agent.run(place.task({ limits: { wallMs: 60_000 }, ...one.task }));
    expect(result, JSON.stringify(result)).toMatchObject({ kind: 'failed', class: one.class });
    if (result.kind !== 'failed') return;
    expect(result.message).not.toBe('');
    expect(result.message).not.toContain(REAL_KEY);
    expect(result.wallS).toBeLessThan(45); // well before the wall limit: the gateway gave up for it
    one.check?.(result);
    expect(place.train()).toBe(TRAIN);
    expect(taggedPids(tagOf(place.dir), 'prefix')).toEqual([]);
    expect(leftFolders()).toEqual([]);
  } finally {
    await place.close();
  }
}

/**
 * The two that are written in JavaScript take seconds to start; what differs between agents is how they fail, not each
 * class.
 */
const SLOW: readonly RealName[] = ['gemini', 'pi'];
const casesOf = (name: RealName): readonly Case[] =>
  SLOW.includes(name) ? CASES.filter((one) => ['login', 'quota', 'hung'].includes(one.class)) : CASES;

describe.skipIf(whyNot).each(REAL_NAMES)(titled('%s'), (name) => {
  it.each(casesOf(name).map((one) => [one.what, one] as const))('%s is a failed call of its class', (_, one) =>
    outcome(name, one),
  );

  it('a rate limit that passes is waited for', async () => {
    let left = 1;
    const place = await scene((asked) =>
      asked.tools.length > 0 && left-- > 0 ? { status: 429, headers: { 'retry-after': '1' } } : honest(asked),
    );
    try {
      const result = await (await place.agent(name)).run(place.task());
      expect(result.kind, JSON.stringify(result)).toBe('done');
      expect(place.train()).toContain('x = 42');
    } finally {
      await place.close();
    }
  });
});

describe.skipIf(whyNot)(titled('a server that fails again and again'), () => {
  it.each(['claude', 'pi'] as const)('is given up by the gateway before %s gives up', async (name) => {
    await outcome(name, { what: '', script: failing(500), class: 'server' });
  });
});

describe.skipIf(whyNot)(titled('a call'), () => {
  it('is stopped by its signal', async () => {
    const place = await scene(() => ({ hang: true }));
    try {
      const stop = new AbortController();
      const agent = await place.agent('codex');
      setTimeout(() => stop.abort(), 1500);
      const result = await agent.run(place.task({ signal: stop.signal }));
      expect(result).toMatchObject({ kind: 'failed', class: 'aborted' });
      expect(taggedPids(tagOf(place.dir), 'prefix')).toEqual([]);
      expect(await agent.run(place.task({ signal: stop.signal }))).toMatchObject({
        kind: 'failed',
        class: 'aborted',
        wallS: 0,
      });
    } finally {
      await place.close();
    }
  });

  it('ends at its wall limit', async () => {
    const place = await scene(() => ({ hang: true }));
    try {
      const result = await (await place.agent('codex')).run(place.task({ limits: { wallMs: 2000 } }));
      expect(result).toMatchObject({
        kind: 'failed',
        class: 'hung',
        message: expect.stringContaining('not done after 2 s'),
      });
    } finally {
      await place.close();
    }
  });

  it('of an agent that only asks is marked so', async () => {
    const place = await scene(() => ({ text: 'I can do this in two ways. Which one would you like?' }));
    try {
      expect(await (await place.agent('codex')).run(place.task())).toMatchObject({ kind: 'done', asks: true });
      expect(place.train()).toBe(TRAIN);
    } finally {
      await place.close();
    }
  });
});
