/**
 * What a candidate leaves is data. Attacks by links, names, depth, size, modes and file systems: nothing outside is
 * touched, the session goes on, and the next one starts.
 */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { hashTree } from '../../src/os/trees.ts';
import { chooseSandbox } from '../../src/sandbox/choose.ts';
import { expectClean, freshFolder, ledgerLines, ownFiles, processesOf } from '../fixtures/cli.ts';
import { withReason } from '../fixtures/skipping.ts';
import {
  type Attack,
  attackArena,
  endings,
  giveTo,
  overnightAs,
  PEOPLE,
  type Person,
  victimFolder,
} from './support.ts';

const { sandbox } = await chooseSandbox();
const LEVELS = sandbox.info.level === 'bubblewrap' ? (['bubblewrap', 'process'] as const) : (['process'] as const);
const shared = existsSync('/dev/shm') ? mkdtempSync('/dev/shm/overnight-test-') : freshFolder();
afterAll(() => rmSync(shared, { recursive: true, force: true }));

const node = (script: string): string => `"${process.execPath}" -e '${script}'`;
/** Makes folders inside each other by relative steps, which no length of a path stops. */
const dig = (name: string, depth: number): string =>
  node(
    `const d = ${name}; for (let i = 0; i < ${depth}; i++) { fs.mkdirSync(d); process.chdir(d); } fs.writeFileSync("end", "x");`,
  );
const inOut = (line: string): string => `(cd "$OVERNIGHT_OUT" && ${line})`;
const instead = (line: string): string => `rm -r "$M"\n${line}`;

const linkAttacks = (victim: string, elsewhere: string): readonly Attack[] => [
  { name: 'linkedFolder', lines: instead(`ln -s "${victim}" "$M"`), failure: 'no-artefact' },
  {
    name: 'relativeLink',
    lines: instead(`ln -s "../../../../../../../../../../..${victim}" "$M"`),
    failure: 'no-artefact',
  },
  {
    name: 'linkToLink',
    lines: instead(`ln -s "${victim}" "$OVERNIGHT_OUT/a"; ln -s a "$M"`),
    failure: 'no-artefact',
  },
  { name: 'linkedFile', lines: `ln -sf "${victim}/x.txt" "$M/x.txt"`, failure: 'no-artefact' },
  { name: 'otherFileSystem', lines: instead(`ln -s "${elsewhere}" "$M"`), failure: 'no-artefact' },
  { name: 'ownProcess', lines: instead(`ln -s /proc/self/cwd "$M"`), failure: 'no-artefact' },
  {
    name: 'linkedSideFiles',
    lines: inOut(`ln -s "${victim}/config.txt" config.txt; ln -s "${victim}/x.txt" curve.csv`),
  },
  { name: 'folderIsFile', lines: instead('echo 5 > "$M"'), failure: 'no-artefact' },
  { name: 'fileIsFolder', lines: 'rm "$M/x.txt"; mkdir "$M/x.txt"', failure: 'no-artefact' },
  { name: 'pipes', lines: `rm "$M/x.txt"; mkfifo "$M/x.txt"`, failure: 'no-artefact' },
  { name: 'pipesBeside', lines: inOut('mkfifo config.txt curve.csv') },
];

const SHAPES: readonly Attack[] = [
  { name: 'deepLongNames', lines: inOut(dig('"d".repeat(200)', 60)) },
  { name: 'deepShortNames', lines: inOut(dig('"d"', 3000)) },
  { name: 'deepBesideArtefact', lines: `(cd "$M" && ${dig('"\\u00e4".repeat(120)', 40)})` },
  { name: 'modeOfArtefact', lines: 'chmod 000 "$M/x.txt"' },
  { name: 'modeOfFolder', lines: 'chmod 000 "$M"' },
  { name: 'modeOfOut', lines: 'chmod 000 "$OVERNIGHT_OUT"' },
  {
    name: 'modeOfDeepFolders',
    lines: inOut(
      'mkdir -p a/b/c; echo x > a/b/c/d; chmod 000 a/b/c/d a/b/c a/b a; echo "a: b" > config.txt; chmod 000 config.txt',
    ),
  },
  { name: 'setuid', lines: 'chmod 6755 "$M/x.txt"' },
  { name: 'sticky', lines: 'chmod 1777 "$M/x.txt" "$M"' },
  { name: 'secondName', lines: 'ln "$M/x.txt" "$M/y.txt"; chmod 4711 "$M/y.txt"' },
  {
    name: 'names',
    lines: inOut(
      node(
        'const n = [Buffer.from([255, 254, 47 ^ 255]), Buffer.from("a\\nb"), Buffer.from("-rf"), Buffer.alloc(255, 110), Buffer.from([27, 91, 51])]; for (const b of n) { fs.mkdirSync(b); fs.writeFileSync(Buffer.concat([b, Buffer.from("/"), b]), "x"); }',
      ),
    ),
  },
];

async function surviveAll(
  person: Person,
  level: string,
  attacks: readonly Attack[],
  victims: ReturnType<typeof victimFolder>[],
) {
  const folder = attackArena(attacks);
  giveTo(person, folder);
  const [before, victimsBefore] = [ownFiles(folder), victims.map(({ state }) => state())];
  const env: Record<string, string> = level === 'process' ? { OVERNIGHT_SANDBOX: 'process' } : {};
  const args = ['run', '--json', '--tag', 'hostile', '--experiments'];
  const ended = await overnightAs(person, [...args, String(attacks.length)], folder, env);
  expect(ended.status, ended.stdout.slice(-3000) + ended.stderr).toBe(0);
  expect(victims.map(({ state }) => state())).toEqual(victimsBefore);
  const expected = Object.fromEntries(attacks.map(({ name, failure = 'measured' }) => [name, failure]));
  expect(endings(folder)).toEqual(expected);
  expect(existsSync(join(folder, '.overnight', 'work', 'hostile'))).toBe(false);
  expect(processesOf(folder)).toEqual([]);
  expect(ownFiles(folder)).toBe(before);
  const again = await overnightAs(person, [...args, '1'], folder, env);
  expect(again.status, again.stdout.slice(-3000) + again.stderr).toBe(0);
  await expectClean(folder);
  return folder;
}

describe.each(PEOPLE)('run by $name', (person) => {
  for (const level of LEVELS) {
    const victimsFor = () => {
      const victims = [victimFolder(), victimFolder(mkdtempSync(join(shared, 'victim-')))];
      for (const { folder } of victims) giveTo(person, folder);
      return victims;
    };

    it.skipIf(person.skip)(withReason(`links lead a candidate nowhere (${level})`, person.skip), async () => {
      const victims = victimsFor();
      await surviveAll(person, level, linkAttacks(victims[0]!.folder, victims[1]!.folder), victims);
    });

    it.skipIf(person.skip)(
      withReason(`depth, modes and names of what a candidate leaves stop nothing (${level})`, person.skip),
      async () => {
        const folder = await surviveAll(person, level, SHAPES, victimsFor());
        const best = join(folder, '.overnight', 'labs', 'hostile', 'best');
        for (const name of existsSync(best) ? readdirSync(best) : [])
          if (name === 'model') expect([0o644, 0o755]).toContain(statSync(join(best, name, 'x.txt')).mode & 0o7777);
      },
    );
  }
});

describe('an artefact', () => {
  it('that is kept may stay a program, and has no other right that the candidate gave it', async () => {
    const folder = attackArena([{ name: 'better', lines: 'echo 1 > "$M/x.txt"; chmod 6755 "$M/x.txt"' }]);
    const ended = await overnightAs(PEOPLE[0]!, ['run', '--json', '--experiments', '1', '--tag', 'kept'], folder);
    expect(ended.status, ended.stderr).toBe(0);
    expect(ledgerLines(folder).some(({ type }) => type === 'advanced')).toBe(true);
    const kept = join(folder, '.overnight', 'labs', 'kept', 'best', 'model', 'x.txt');
    expect(readFileSync(kept, 'utf8')).toBe('1\n');
    expect(statSync(kept).mode & 0o7777).toBe(0o755);
  });

  it('larger than 2 GiB is measured where the arena allows it, and refused where it does not', async () => {
    const judge =
      'X=$(head -c 2 "$OVERNIGHT_ARTEFACT/model/x.txt" | tr -d "\\000")\nprintf "nonce: %s\\nloss: %s\\n" "$OVERNIGHT_NONCE" "$X" > "$OVERNIGHT_RESULT"\n';
    const attacks: readonly Attack[] = [
      { name: 'sparse', lines: 'truncate -s 2200M "$M/x.txt"' },
      { name: 'sparseOfNothing', lines: 'rm "$M/x.txt"; truncate -s 2200M "$M/x.txt"', failure: 'metric-text' },
    ];
    const folder = attackArena(attacks, { judge });
    const manifest = readFileSync(join(folder, 'arena.yaml'), 'utf8').replace('disk_mb: 64', 'disk_mb: 5000');
    writeFileSync(join(folder, 'arena.yaml'), manifest);
    const ended = await overnightAs(PEOPLE[0]!, ['run', '--json', '--experiments', '2'], folder);
    expect(ended.status, ended.stdout.slice(-2000) + ended.stderr).toBe(0);
    expect(endings(folder)).toEqual({ sparse: 'measured', sparseOfNothing: 'metric-text' });
  });

  it('cannot be taken out of the caches of the lab, and nobody’s next measurement fails over it', async () => {
    const prepare = 'prepare: { command: sh make.sh }\ndata: { evaluator: [secret] }\n';
    const folder = attackArena([{ name: 'unused', lines: ':' }], { manifest: prepare });
    writeFileSync(
      join(folder, 'make.sh'),
      'mkdir "$OVERNIGHT_DATA/secret"; echo -9 > "$OVERNIGHT_DATA/secret/x.txt"\n',
    );
    const first = await overnightAs(PEOPLE[0]!, ['run', '--json', '--experiments', '1', '--tag', 'first'], folder);
    expect(first.status, first.stderr).toBe(0);
    const cache = join(folder, '.overnight', 'cache');
    const secret = join(
      cache,
      readdirSync(cache).find((name) => name.startsWith('prepare-'))!,
      'output',
      'secret',
    );
    const before = hashTree(cache);
    const candidate = readFileSync(join(folder, 'x.sh'), 'utf8').replace(
      'unused)\n:',
      `unused)\nrm -r "$M"; ln -s "${secret}" "$M"`,
    );
    expect(candidate).toContain(secret);
    writeFileSync(join(folder, 'x.sh'), candidate);
    const second = await overnightAs(PEOPLE[0]!, ['run', '--json', '--experiments', '1', '--tag', 'second'], folder);
    expect(second.status, second.stderr).toBe(0);
    const decided = ledgerLines(folder, 'second').filter(({ type }) => type === 'decided');
    expect(decided.map(({ decision }) => (decision as { failure: string }).failure)).toEqual(['no-artefact']);
    expect(hashTree(cache)).toBe(before);
    mkdirSync(join(folder, 'unrelated'));
    await expectClean(folder);
  });
});
