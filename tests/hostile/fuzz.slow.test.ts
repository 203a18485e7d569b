/**
 * Generated names, depths, modes and bytes against the real functions on a real file system: what a candidate leaves,
 * what an agent leaves, edits, requests in the inbox, the environment of a lab. Ten thousand cases in sum;
 * OVERNIGHT_FUZZ=N multiplies them (`npm run test:fuzz`). A failure prints its seed, which OVERNIGHT_FUZZ_SEED repeats.
 */
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { styleOf } from '../../src/cli/output.ts';
import { admitIdea } from '../../src/core/admission/policy.ts';
import { arenaSchema } from '../../src/core/arena.ts';
import { roleOf } from '../../src/core/file-roles.ts';
import { replayEvents } from '../../src/core/replay.ts';
import { whyRefused } from '../../src/core/request-check.ts';
import { openInbox } from '../../src/ledger/inbox.ts';
import { collectArtefacts, findChangedArtefact } from '../../src/loop/artefacts.ts';
import { readConfig, readCurve } from '../../src/loop/side-files.ts';
import { parseResult } from '../../src/loop/protocol.ts';
import { removeTree } from '../../src/os/remove-tree.ts';
import { hashTree, listTree, stampTree } from '../../src/os/trees.ts';
import { collectChanges, fingerprintsOf, readNoteFile } from '../../src/proposers/folder.ts';
import { MINIMAL_MANIFEST } from '../../src/testing/script.ts';
import { openWorkspace } from '../../src/workspace/git.ts';
import { anyName, anySteps, asOrdinaryUser, runs, SECRET, takeSteps } from './fuzz-support.ts';

const base = fs.mkdtempSync(join(tmpdir(), 'overnight-fuzz-'));
fs.chmodSync(base, 0o777);
afterAll(() => removeTree(base));
let count = 0;
/** A fresh folder that everybody may write. */
function fresh(): string {
  const folder = join(base, String(count++));
  fs.mkdirSync(folder);
  fs.chmodSync(folder, 0o777);
  return folder;
}

const victim = join(base, 'victim');
fs.mkdirSync(victim);
fs.writeFileSync(join(victim, 'x.txt'), SECRET);
fs.writeFileSync(join(victim, 'config.txt'), SECRET);
const victimState = (): string =>
  [victim, ...fs.readdirSync(victim).map((name) => join(victim, name))]
    .map((path) => `${path} ${fs.lstatSync(path).mode} ${fs.lstatSync(path).size}`)
    .concat(hashTree(victim))
    .join('\n');
const victimBefore = victimState();

const HOUR_MS = 3600_000;
vi.setConfig({ testTimeout: HOUR_MS });

describe('whatever a candidate leaves', () => {
  const arena = arenaSchema.parse({
    ...MINIMAL_MANIFEST,
    artefact: ['x.txt', 'model/x.txt', 'a/b/x.txt'],
    resources: { disk_mb: 8 },
  });

  it('is collected or refused, touches nothing outside, and can be removed', async () => {
    const outcomes = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(anySteps, fc.boolean(), fc.nat(7), async (steps, isOrdinary, honest) => {
        const work = fresh();
        await asOrdinaryUser(isOrdinary, async () => {
          const [out, artefact] = [join(work, 'out'), join(work, 'artefact')];
          for (const folder of [out, artefact]) fs.mkdirSync(folder);
          // Most cases leave what is declared, so that it is collected in spite of the rest.
          if (honest > 0) {
            for (const folder of ['model', 'a/b']) fs.mkdirSync(join(out, folder), { recursive: true });
            for (const name of arena.artefact) fs.writeFileSync(join(out, name), name);
          }
          takeSteps(out, victim, steps);
          hashTree(out, undefined, 1e6);
          stampTree(out);
          const shown = [readConfig(out), readCurve(out)].join('');
          const collected = await collectArtefacts(
            arena,
            { work, arena: work, out, artefact, result: out, held: out },
            undefined,
          );
          outcomes.set(
            collected.failure ? 'refused' : 'collected',
            (outcomes.get(collected.failure ? 'refused' : 'collected') ?? 0) + 1,
          );
          const names = listTree(artefact);
          for (const name of names) {
            const stats = fs.lstatSync(join(artefact, name));
            expect(stats.isFile()).toBe(true);
            expect([0o644, 0o755]).toContain(stats.mode & 0o7777);
          }
          if (!collected.failure) {
            expect(names).toEqual([...arena.artefact].sort());
            expect(await findChangedArtefact(arena, artefact, collected.hash)).toBeUndefined();
          }
          // A second name of a file of somebody's shows its bytes, where no sandbox stands between.
          const hasSecondName = steps.some((step) => step.do === 'second name');
          if (!hasSecondName)
            expect(shown + names.map((name) => fs.readFileSync(join(artefact, name))).join('')).not.toContain(SECRET);
          removeTree(work);
        });
        expect(fs.existsSync(work)).toBe(false);
        expect(victimState()).toBe(victimBefore);
      }),
      runs(1500),
    );
    expect(outcomes.get('collected')).toBeGreaterThan(5);
    expect(outcomes.get('refused')).toBeGreaterThan(5);
  });
});

const editArena = arenaSchema.parse({ ...MINIMAL_MANIFEST, editable: ['x.ts', 'lib/**', 'own/**'] });
const editFiles = new Map([
  ['x.ts', 'one\n'],
  ['lib/a.ts', 'two\n'],
]);
const emptyState = replayEvents([]);
const admit = (edits: Parameters<typeof admitIdea>[4]): ReturnType<typeof admitIdea> =>
  admitIdea(editArena, emptyState, { parent: 0 }, editFiles, edits);

describe('whatever an agent leaves in its folder', () => {
  it('is read as edits, strays or a refusal; an edit that is fine counts, and nothing outside is read', async () => {
    await fc.assert(
      fc.asyncProperty(anySteps, fc.boolean(), async (steps, isOrdinary) => {
        const folder = fresh();
        await asOrdinaryUser(isOrdinary, () => {
          const own = join(folder, 'own');
          for (const name of [own, join(folder, 'lib')]) fs.mkdirSync(name);
          for (const [name, content] of editFiles) fs.writeFileSync(join(folder, name), content);
          const before = fingerprintsOf(folder);
          fs.writeFileSync(join(own, 'fine.ts'), 'fine\n');
          takeSteps(
            folder,
            victim,
            steps.filter((step) => step.do !== 'mode'),
          );
          takeSteps(join(folder, 'lib'), victim, steps);
          const changes = collectChanges(folder, before, roleOf(editArena), new Set(['note.json']));
          const note = readNoteFile(folder, 'x.txt') ?? '';
          if (!changes.refusal) expect(changes.edits).toContainEqual({ path: 'own/fine.ts', content: 'fine\n' });
          if (!steps.some((step) => step.do === 'second name'))
            expect(note + JSON.stringify(changes.edits)).not.toContain(SECRET.trim());
          JSON.stringify(changes);
          admit(changes.edits);
          removeTree(folder);
        });
        expect(fs.existsSync(folder)).toBe(false);
        expect(victimState()).toBe(victimBefore);
      }),
      runs(1500),
    );
  });
});

const anyPath = fc.oneof(
  fc
    .array(
      fc.oneof(fc.constantFrom('lib', 'own', 'a', '..', '.git', ''), fc.string({ unit: 'binary', maxLength: 300 })),
      {
        minLength: 1,
        maxLength: 8,
      },
    )
    .map((parts) => parts.join('/')),
  fc
    .array(anyName, { minLength: 1, maxLength: 12 })
    .map((parts) => `lib/${parts.map((part) => part.toString('utf8')).join('/')}`),
  fc.string({ unit: 'binary' }).map((name) => `own/${name}\uD800`),
  fc.constantFrom('x.ts', 'lib/a.ts', 'own/__proto__', 'lib/__proto__/x', 'own/constructor'),
);
const anyEdits = fc.uniqueArray(
  fc.record({ path: anyPath, content: fc.option(fc.string({ unit: 'binary', maxLength: 200 })) }),
  { minLength: 1, maxLength: 6, selector: ({ path }) => path },
);

describe('whatever is proposed', () => {
  it('is refused with a reason, or can be written to a file system as it is named', () => {
    let admitted = 0;
    fc.assert(
      fc.property(anyEdits, (edits) => {
        const answer = admit(edits);
        if (!answer.ok) {
          expect(answer.reason).not.toBe('');
          return;
        }
        admitted++;
        const folder = fresh();
        const written = edits.filter(({ content }) => content !== null);
        for (const { path, content } of written) {
          fs.mkdirSync(join(folder, path, '..'), { recursive: true });
          fs.writeFileSync(join(folder, path), content!);
        }
        expect(listTree(folder)).toEqual(written.map(({ path }) => path).sort());
        removeTree(folder);
      }),
      runs(4700),
    );
    expect(admitted).toBeGreaterThan(5);
  });

  it('and admitted is committed and laid out by git as it is', async () => {
    const [arenaFolder, store] = [fresh(), join(fresh(), 'store.git')];
    fs.mkdirSync(join(arenaFolder, 'lib'));
    for (const [name, content] of editFiles) fs.writeFileSync(join(arenaFolder, name), content);
    const workspace = await openWorkspace(arenaFolder, store);
    const time = '2026-03-07T20:00:00.000Z';
    const parent = (await workspace.importBaseline('refs/overnight/f/0', time)).commit;
    await fc.assert(
      fc.asyncProperty(
        anyEdits.filter((edits) => admit(edits).ok),
        async (edits) => {
          const { commit } = await workspace.snapshot(parent, edits, 'refs/overnight/f/1', 'fuzz', time);
          const folder = join(fresh(), 'laid');
          await workspace.checkout(commit, folder);
          expect(await workspace.findDifference(commit, folder)).toBeUndefined();
          for (const { path, content } of edits)
            if (content !== null) expect(fs.readFileSync(join(folder, path), 'utf8')).toBe(content);
          removeTree(folder);
        },
      ),
      runs(100),
    );
  });
});

const anyJson = fc.oneof(
  fc.json(),
  fc.json().map((text) => text.slice(1)),
  fc.constantFrom('', '[', '['.repeat(100_000), '{"a":'.repeat(50_000), '\uFEFF{}', 'null'),
  fc.string({ unit: 'binary' }),
);
const anyRequest = fc
  .record({
    id: fc.oneof(fc.uuid(), fc.string()),
    from: fc.oneof(fc.constant('person'), fc.string({ unit: 'binary' })),
    wish: fc.oneof(
      fc.record({ verb: fc.constantFrom('steer', 'note'), text: fc.string({ unit: 'binary' }) }),
      fc.record({
        verb: fc.constantFrom('skip', 'veto', 'park', 'pin', 'star', 'unstar', 'note'),
        n: fc.oneof(fc.nat(), fc.double(), fc.constant(-1)),
      }),
      fc.record({
        verb: fc.constant('submit'),
        hypothesis: fc.string({ unit: 'binary' }),
        edits: fc.dictionary(fc.string({ unit: 'binary' }), fc.option(fc.string({ unit: 'binary' }))),
      }),
    ),
  })
  .map((request) => JSON.stringify(request));

describe('whatever lies in the inbox', () => {
  it('is a request, or is set aside, and never stops the harness', async () => {
    let requests = 0;
    const anyFile = fc.record({
      name: anyName.map((name) => Buffer.concat([name.subarray(0, 250), Buffer.from('.json')])),
      content: fc.oneof(anyJson, anyRequest),
      kind: fc.constantFrom('file', 'file', 'file', 'folder', 'link', 'hole'),
      mode: fc.constantFrom(0o644, 0o644, 0o000),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(anyFile, { maxLength: 8 }), fc.boolean(), async (files, isOrdinary) => {
        const folder = fresh();
        await asOrdinaryUser(isOrdinary, () => {
          for (const { name, content, kind, mode } of files) {
            const path = Buffer.concat([Buffer.from(`${folder}/`), name]);
            if (fs.existsSync(path)) continue;
            if (kind === 'folder') fs.mkdirSync(path);
            else if (kind === 'link') fs.symlinkSync(join(victim, 'x.txt'), path);
            else fs.writeFileSync(path, content);
            if (kind === 'hole') fs.truncateSync(path, 1e10);
            if (kind === 'file' || kind === 'hole') fs.chmodSync(path, mode);
          }
          const inbox = openInbox(folder);
          for (const { request, remove } of inbox.listRequests()) {
            requests++;
            expect(request.id).toMatch(/^[A-Za-z0-9-]{8,64}$/);
            if (request.wish.verb === 'submit' || request.wish.verb === 'try-out')
              admit(Object.entries(request.wish.edits).map(([path, content]) => ({ path, content })));
            else whyRefused(emptyState, request.wish);
            remove();
          }
          expect(inbox.listRequests()).toEqual([]);
          removeTree(folder);
        });
        expect(victimState()).toBe(victimBefore);
      }),
      runs(1700),
    );
    expect(requests).toBeGreaterThan(5);
  });
});

describe('whatever stands in results and in the environment', () => {
  it('is a number or a failure with a reason', () => {
    const { metric } = editArena;
    const anyLine = fc.oneof(
      fc.constantFrom(
        'nonce: secret',
        'loss: 1',
        'loss: 1e999',
        'loss: -0',
        '__proto__: 1',
        'samples: 1 2',
        'constructor: 3',
      ),
      fc.string({ unit: 'binary' }),
      fc.tuple(fc.string(), fc.string()).map(([key, value]) => `${key}: ${value}`),
    );
    fc.assert(
      fc.property(fc.array(anyLine, { maxLength: 8 }), (lines) => {
        const outcome = parseResult(lines.join('\n'), metric, 'secret');
        if (outcome.kind === 'measured') expect(Number.isFinite(outcome.value)).toBe(true);
        else expect(outcome.message).not.toBe('');
        JSON.stringify(outcome);
      }),
      runs(250),
    );
  });

  it('changes at most how text looks', () => {
    const names = ['NO_COLOR', 'FORCE_COLOR', 'TERM', 'LC_ALL', 'LC_CTYPE', 'LANG', 'COLUMNS'];
    const saved = { ...process.env };
    const anyValue = fc.oneof(
      fc.constantFrom('', 'C', 'dumb', 'linux', '0', '1'),
      fc.string().map((text) => text.replaceAll('\0', '')),
    );
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...names), anyValue), (environment) => {
        for (const name of names) delete process.env[name];
        Object.assign(process.env, environment);
        expect(styleOf(process.stdout).columns).toBeGreaterThanOrEqual(40);
      }),
      runs(250),
    );
    for (const name of names) delete process.env[name];
    Object.assign(process.env, saved);
  });
});
