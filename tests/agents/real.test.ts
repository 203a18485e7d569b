/**
 * Real agents at pinned versions, headless, in the jail, without a network: they edit, they are metered, and nothing of
 * a call is left.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { taggedPids } from '../../src/os/proc.ts';
import {
  calling,
  EVALUATE,
  following,
  honest,
  leftFolders,
  programOf,
  REAL,
  REAL_KEY,
  REAL_NAMES,
  type Scene,
  scene,
  tagOf,
  titled,
  TRAIN,
  whyNot,
} from './scene.ts';

async function within(make: Promise<Scene>, act: (place: Scene) => Promise<void>): Promise<void> {
  const place = await make;
  try {
    await act(place);
  } finally {
    await place.close();
  }
}

describe.skipIf(whyNot).each(REAL_NAMES)(titled('%s'), (name) => {
  it('edits the editable file, is metered by the gateway, and leaves nothing', () =>
    within(scene(honest), async (place) => {
      const agent = await place.agent(name);
      expect(agent.reason).toMatch(
        new RegExp(`^${name} \\d+\\.\\d+.* in bubblewrap, through the gateway; it sees .*node_modules$`),
      );
      const result = await agent.run(place.task());
      expect(result).toMatchObject({ kind: 'done', text: 'Done.' });
      expect(result).not.toHaveProperty('incidents');
      expect(place.train()).toBe(TRAIN.replace('x = 0', 'x = 42'));
      expect(readFileSync(join(place.dir, 'evaluate.py'), 'utf8')).toBe(EVALUATE);
      expect(readdirSync(place.dir).sort()).toEqual(['README.md', 'evaluate.py', 'train.py']);
      const work = place.server.asked.filter((asked) => asked.tools.length > 0);
      const all = place.server.asked.length;
      const input = place.server.asked.reduce((sum, asked) => sum + 1000 + 10 * asked.step, 0);
      expect(result.usage).toMatchObject({
        calls: all,
        inputTokens: input,
        cachedTokens: 0,
        outputTokens: 50 * all,
        source: 'gateway',
      });
      expect(result.usage!.usd).toBeGreaterThan(0);
      expect(new Set(work.map((asked) => asked.api))).toEqual(new Set([REAL[name].api]));
      for (const { headers } of place.server.asked) expect(JSON.stringify(headers)).toContain(REAL_KEY);
      expect(taggedPids(tagOf(place.dir), 'prefix')).toEqual([]);
      expect(leftFolders()).toEqual([]);
    }));

  it('edits a file in a folder of its own, beside files that it may not touch', () => {
    const script = following((d) =>
      calling(
        d.read?.('src/deep/train.py'),
        d.edit('src/deep/train.py', 'x = 0', 'x = 7'),
        d.write('src/new/made.py', 'y = 1'),
      ),
    );
    return within(scene(script), async (place) => {
      mkdirSync(join(place.dir, 'src/deep'), { recursive: true });
      for (const file of ['train.py', 'frozen.py']) writeFileSync(join(place.dir, 'src/deep', file), TRAIN);
      const agent = await place.agent(name);
      const result = await agent.run(place.task({ writable: ['src/deep/train.py', 'src/new/'] }));
      expect(result.kind, JSON.stringify(result)).toBe('done');
      expect(readFileSync(join(place.dir, 'src/deep/train.py'), 'utf8')).toContain('x = 7');
      expect(readFileSync(join(place.dir, 'src/new/made.py'), 'utf8')).toContain('y = 1');
      expect(readFileSync(join(place.dir, 'src/deep/frozen.py'), 'utf8')).toBe(TRAIN);
    });
  });
});

describe.skipIf(whyNot)(titled('by the Agent Client Protocol'), () => {
  it('Gemini CLI edits, says its last words and is metered', () =>
    within(scene(honest), async (place) => {
      const agent = await place.open({ name: 'acp', command: `${programOf('gemini')} --acp` });
      expect(agent).toMatchObject({ name: 'acp:gemini', model: 'gemini-2.5-pro' });
      const result = await agent.run(place.task());
      expect(result).toMatchObject({ kind: 'done', text: 'Done.', usage: { source: 'gateway' } });
      expect(place.train()).toContain('x = 42');
      expect(taggedPids(tagOf(place.dir), 'prefix')).toEqual([]);
    }));

  it('an agent that does not speak it is a crash with its words', () =>
    within(scene(honest), async (place) => {
      const agent = await place.open({
        name: 'acp',
        command: 'sh -c "echo hello; echo no such option --acp >&2; exit 2"',
      });
      expect(await agent.run(place.task())).toMatchObject({
        kind: 'failed',
        class: 'crashed',
        message: expect.stringContaining('ended before it answered'),
      });
    }));
});
