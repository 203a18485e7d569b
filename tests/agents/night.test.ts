/**
 * A short night with each real agent, started as a person does: ideas from the agent, numbers from the harness, a
 * ledger that verifies.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { overnight, smallArena } from '../fixtures/cli.ts';
import { dialectOf } from '../fixtures/models/dialects.ts';
import { type Script, startModelServer } from '../fixtures/models/server.ts';
import { calling, INSIDE, programOf, REAL, REAL_KEY, REAL_NAMES, titled, whyNot } from './scene.ts';

const NOTE = JSON.stringify({ hypothesis: 'a smaller X gives a smaller loss', expected: '-2', next: 'smaller still' });

/** Reads the file, makes X smaller by two, leaves a note. */
const smaller: Script = (asked) => {
  const d = dialectOf(asked, INSIDE);
  if (!d) return { text: `no known tools among ${asked.tools.join(', ')}` };
  const from = /X=(-?\d+)/.exec(asked.results[0] ?? '')?.[1] ?? '9';
  const steps = calling(
    d.read?.('x.sh') ?? d.shell!('cat x.sh'),
    d.edit('x.sh', `X=${from}`, `X=${Number(from) - 2}`),
    d.write('overnight-note.json', NOTE),
  );
  return steps[asked.step] ?? { text: 'X is smaller now.' };
};

type Line = { readonly type: string } & Readonly<Record<string, never>>;

describe.skipIf(whyNot).each(REAL_NAMES)(titled('a night with %s'), (name) => {
  it('keeps what is really better, records every call with what it cost, and its ledger verifies', async () => {
    const server = await startModelServer(smaller);
    const folder = smallArena();
    const env = {
      ANTHROPIC_BASE_URL: server.url,
      ANTHROPIC_API_KEY: REAL_KEY,
      OPENAI_BASE_URL: `${server.url}/v1`,
      OPENAI_API_KEY: REAL_KEY,
      GOOGLE_GEMINI_BASE_URL: server.url,
      GEMINI_API_KEY: REAL_KEY,
    };
    try {
      const args = ['run', '--experiments', '2', '--agent', `${name}=${programOf(name)}`, '--model', REAL[name].model];
      const ended = await overnight(args, { cwd: folder, env });
      expect(ended.status, ended.stdout + ended.stderr).toBe(0);
      const labs = join(folder, '.overnight', 'labs');
      const text = readFileSync(join(labs, readdirSync(labs)[0]!, 'ledger.jsonl'), 'utf8');
      const lines = text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Line);
      const of = (type: string): readonly Line[] => lines.filter((line) => line.type === type);
      expect(of('calling')).toHaveLength(2);
      expect(of('called')).toMatchObject([1, 2].map(() => ({ outcome: 'edit', usage: { source: 'gateway' } })));
      const ideas = of('proposed').filter(({ kind }) => kind === 'idea');
      expect(ideas).toMatchObject(
        [1, 2].map(() => ({ hypothesis: expect.stringContaining('a smaller X gives a smaller loss') })),
      );
      expect(
        of('decided').map((line) => (line as unknown as { decision: { verdict: string } }).decision.verdict),
      ).toContain('kept');
      expect(text).not.toContain(REAL_KEY);
      // The judge is hidden from the candidate, and from the agent.
      expect(JSON.stringify(server.asked.map(({ body }) => body))).not.toContain('OVERNIGHT_NONCE');
      const audit = await overnight(['audit'], { cwd: folder });
      expect(audit.status, audit.stdout + audit.stderr).toBe(0);
    } finally {
      await server.close();
    }
  });
});
