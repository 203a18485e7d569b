/** The store is packed, and a git that is killed while it packs loses no object and stops no later one. */
import { execFileSync, spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { openLab } from '../../src/app/open-lab.ts';
import { hashObject, readObjects } from '../../src/workspace/objects.ts';
import { openWorkspace } from '../../src/workspace/git.ts';
import { countLooseObjects, MAX_LOOSE_OBJECTS, packLooseObjects } from '../../src/workspace/pack.ts';
import { ROOT, smallArena } from '../fixtures/cli.ts';
import { nobody } from '../fixtures/stack.ts';

const TIMEOUT = { timeout: 120_000 };
const AT = '2026-03-07T20:00:00.000Z';

/** A store with so many experiments, three objects each; answers the commit and the content of each. */
async function filledStore(experiments: number, tag = 'a') {
  const folder = smallArena({ git: false });
  const store = join(folder, '.overnight', 'store.git');
  const workspace = await openWorkspace(folder, store);
  const { commit: baseline } = await workspace.importBaseline(`refs/overnight/${tag}/0`, AT);
  const commits: string[] = [];
  for (let n = 1; n <= experiments; n++) {
    const edits = [{ path: 'x.sh', content: `X=${n}\n${'# a line of the candidate\n'.repeat(50)}` }];
    commits.push((await workspace.snapshot(baseline, edits, `refs/overnight/${tag}/${n}`, `#${n}`, AT)).commit);
  }
  return { folder, store, workspace, commits };
}

async function expectWhole(store: string, commits: readonly string[]): Promise<void> {
  expect(execFileSync('git', ['--git-dir', store, 'fsck', '--full', '--strict'], { stdio: 'pipe' }).toString()).toBe(
    '',
  );
  const objects = await readObjects(store, commits);
  expect(objects.size).toBe(commits.length);
  for (const [oid, { content, isIntact }] of objects)
    expect([isIntact, hashObject('commit', content, oid)]).toEqual([true, oid]);
}

const packsOf = (store: string): string[] =>
  readdirSync(join(store, 'objects', 'pack')).filter((name) => name.endsWith('.pack'));

describe('the loose objects of the store', () => {
  it('are packed once there are many, and can be read and added to as before', TIMEOUT, async () => {
    const { store, workspace, commits } = await filledStore(40);
    const before = countLooseObjects(store);
    expect(before).toBeGreaterThan(100);
    expect(await packLooseObjects(store, before)).toEqual({});
    expect([countLooseObjects(store), packsOf(store).length]).toEqual([before, 0]);
    expect(await packLooseObjects(store, before - 1)).toEqual({});
    expect([countLooseObjects(store), packsOf(store).length]).toEqual([0, 1]);
    await expectWhole(store, commits);
    const again = await workspace.snapshot(
      commits[0]!,
      [{ path: 'x.sh', content: 'X=0\n' }],
      'refs/overnight/a/99',
      'm',
      AT,
    );
    expect((await workspace.readFiles(again.commit, ['x.sh'])).get('x.sh')).toBe('X=0\n');
    await expectWhole(store, [...commits, again.commit]);
  });

  it('survive a kill at any moment of the packing, and the next packing removes what it left', TIMEOUT, async () => {
    const { store, commits } = await filledStore(150);
    const script = `import { packLooseObjects } from ${JSON.stringify(join(ROOT, 'src/workspace/pack.ts'))};
console.log('go'); await packLooseObjects(${JSON.stringify(store)}, 0);`;
    let killed = 0;
    for (const delayMs of [0, 5, 10, 20, 30, 45, 60, 80]) {
      const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
        cwd: ROOT,
        detached: true,
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      const ended = new Promise<NodeJS.Signals | null>((resolve) =>
        child.on('close', (_status, signal) => resolve(signal)),
      );
      await new Promise((resolve) => child.stdout.once('data', resolve));
      await setTimeout(delayMs);
      try {
        process.kill(-child.pid!, 'SIGKILL');
      } catch {
        // It was faster.
      }
      if ((await ended) === 'SIGKILL') killed++;
      await expectWhole(store, commits);
    }
    expect(killed).toBeGreaterThan(2);
    expect(await packLooseObjects(store, 0)).toEqual({});
    expect(countLooseObjects(store)).toBe(0);
    expect(readdirSync(join(store, 'objects', 'pack')).filter((name) => /^\.?tmp/.test(name))).toEqual([]);
    await expectWhole(store, commits);
  });

  it('are packed when a session ends, not while another lab of the arena is open', TIMEOUT, async () => {
    const { folder, store, commits } = await filledStore(Math.ceil(MAX_LOOSE_OBJECTS / 3) + 1);
    expect(countLooseObjects(store)).toBeGreaterThan(MAX_LOOSE_OBJECTS);
    const session = (tag: string) => openLab({ folder, tag, proposer: nobody, limits: { experiments: 0 } });
    const other = await session('other');
    await (await session('first')).run();
    expect(countLooseObjects(store)).toBeGreaterThan(MAX_LOOSE_OBJECTS);
    other.close();
    await (await session('second')).run();
    expect(countLooseObjects(store)).toBeLessThan(10);
    await expectWhole(store, commits);
  });
});
