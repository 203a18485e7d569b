/**
 * kill -9 of the harness at effect boundaries: the real program, with every write, rename, removal and start of a
 * process named as it happens, is killed before some of them; then `run` again must end the same night as if nothing
 * had been.
 */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { auditLab } from '../../src/audit/audit.ts';
import {
  copyOf,
  type Ended,
  gitIn,
  ledgerLines,
  MANIFEST,
  overnight,
  ownFiles,
  processesOf,
  ROOT,
  smallArena,
} from '../fixtures/cli.ts';

const IDEAS = 2;
const EFFECTS = join(ROOT, 'tests', 'fixtures', 'bin', 'effects.mjs');
const tag = 'a';
/**
 * A shell that starts nothing that is not needed: the plain process, which leaves more behind than the sandbox when its
 * harness dies.
 */
const PLAIN = { OVERNIGHT_SANDBOX: 'process' };

const night = (folder: string, env: Readonly<Record<string, string>>, flags: readonly string[]): Promise<Ended> =>
  overnight(['run', '--tag', tag, '--json', ...flags], {
    cwd: folder,
    env: { ...PLAIN, ...env },
    node: ['--import', EFFECTS],
  });

export interface Undisturbed {
  readonly arena: string;
  /** Every kind of effect, in the order in which a night has them: `measured > renameSync .overnight/…`. */
  readonly boundaries: readonly string[];
}

/** An arena, and the effects of a night there that nobody disturbs. */
export async function undisturbed(): Promise<Undisturbed> {
  const prepare = 'setup: { command: sh setup.sh, key: [setup.sh] }\n';
  const guards =
    "guards: [{ name: tests, command: 'grep -q X= x.sh' }, { name: types, command: 'true', early: true }]\n";
  const arena = smallArena({ manifest: `${MANIFEST}${prepare}${guards}` });
  writeFileSync(join(arena, 'setup.sh'), 'echo ready > "$OVERNIGHT_DEPS/ready"\n');
  gitIn(arena, 'add', '.');
  gitIn(arena, 'commit', '--quiet', '--message', 'setup');
  const folder = copyOf(arena);
  const trace = join(folder, '..', 'trace');
  const whole = await night(folder, { TRACE: trace }, ['--experiments', String(IDEAS)]);
  expect(whole.status, whole.stdout + whole.stderr).toBe(0);
  const boundaries = [...new Set(readFileSync(trace, 'utf8').split('\n').filter(Boolean))];
  expect(boundaries.length).toBeGreaterThan(40);
  return { arena, boundaries };
}

/** What must hold after any crash and one more run. */
async function expectWhole(folder: string, before: string, broken: Buffer): Promise<void> {
  const last = ledgerLines(folder, tag);
  const good = broken.subarray(0, broken.lastIndexOf(10) + 1);
  const file = readFileSync(join(folder, '.overnight', 'labs', tag, 'ledger.jsonl'));
  expect(file.subarray(0, good.length).equals(good), 'what was recorded stays').toBe(true);
  const of = (type: string): Record<string, unknown>[] => last.filter((event) => event.type === type);
  expect(of('lab.opened')).toHaveLength(1);
  expect(of('proposed').map(({ n }) => n)).toEqual(Array.from({ length: IDEAS + 1 }, (_, n) => n));
  const judged = [...of('decided'), ...of('refused')].map(({ n }) => n as number);
  expect(judged.toSorted((a, b) => a - b)).toEqual(Array.from({ length: IDEAS }, (_, i) => i + 1));
  expect(of('snapshot').length).toBe(new Set(of('snapshot').map(({ n }) => n)).size);
  const measured = [...of('measured'), ...of('lost')].map(({ m }) => m as number);
  expect(measured.toSorted((a, b) => a - b)).toEqual(of('measuring').map(({ m }) => m));
  expect(of('guarded').map(({ g }) => g)).toEqual(of('guarding').map(({ g }) => g));
  const kept = of('decided').filter(({ decision }) => (decision as { verdict: string }).verdict === 'kept');
  const lost = new Set(of('guarded').flatMap(({ g, lost: reason }) => (reason === undefined ? [] : [g])));
  const ended = of('guarding').filter(({ g, when }) => when === 'keep' && !lost.has(g));
  expect(
    ended.map(({ n }) => n),
    'each kept one was guarded once',
  ).toEqual(kept.map(({ n }) => n));
  expect([...of('session.ended'), ...of('session.died')]).toHaveLength(of('session.started').length);
  expect(processesOf(folder)).toEqual([]);
  expect(existsSync(join(folder, '.overnight', 'work', tag))).toBe(false);
  const strange = readdirSync(join(folder, '.overnight', 'labs', tag)).filter(
    (name) => !/^(ledger\.jsonl|ledger\.torn-\d+|blobs|report|results\.tsv|best)$/.test(name),
  );
  expect(strange).toEqual([]);
  const best = readFileSync(join(folder, '.overnight', 'labs', tag, 'best', 'x.txt'), 'utf8');
  expect(Number(best), 'the artefact of a kept idea').toBeLessThan(9);
  expect(ownFiles(folder)).toBe(before);
  expect(gitIn(folder, 'status', '--porcelain')).toBe('');
  expect(gitIn(join(folder, '.overnight', 'store.git'), 'fsck', '--no-dangling')).toBe('');
  const lab = join(folder, '.overnight', 'labs', tag);
  const checked = await auditLab(lab, join(folder, '.overnight', 'store.git'));
  expect(checked.checks.filter(({ ok }) => !ok)).toEqual([]);
}

async function killedAt(arena: string, name: string, half: boolean): Promise<void> {
  const folder = copyOf(arena);
  const before = ownFiles(folder);
  const first = await night(folder, { KILL_AT: name, ...(half && { HALF: '1' }) }, ['--experiments', String(IDEAS)]);
  expect(first.signal, `${name}: ${first.stdout.slice(-500)}${first.stderr}`).toBe('SIGKILL');
  const file = join(folder, '.overnight', 'labs', tag, 'ledger.jsonl');
  const broken = existsSync(file) ? readFileSync(file) : Buffer.alloc(0);
  const good = broken.subarray(0, broken.lastIndexOf(10) + 1);
  // What an interrupted session still had to do is done by the next one without being told. A session that never was
  // must be told, and one that had ended needs only to be cleaned up after: a target that is reached already.
  const ended = good.includes('"type":"session.ended"') ? ['--until', '99999'] : [];
  const told = good.includes('"type":"session.started"') ? ended : ['--experiments', String(IDEAS)];
  const second = await night(folder, {}, told);
  expect(second.status, `${name}: ${second.stdout.slice(-800)}${second.stderr}`).toBe(0);
  await expectWhole(folder, before, broken);
  rmSync(join(folder, '..'), { recursive: true, force: true });
}

/** Kill at all of them, a few at a time; every failure is told, not only the first. */
export async function expectGoesOn(arena: string, names: readonly string[], { half = false } = {}): Promise<void> {
  const queue = [...names];
  const failures: string[] = [];
  const worker = async (): Promise<void> => {
    for (let name = queue.shift(); name !== undefined; name = queue.shift())
      await killedAt(arena, name, half).catch((thrown: Error) =>
        failures.push(`${name}\n    ${thrown.message.slice(0, 600)}`),
      );
  };
  await Promise.all([worker(), worker(), worker()]);
  expect(failures.join('\n')).toBe('');
}
