/** `overnight import`: what another loop tried becomes words in record, report and brief; its commits become ideas. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'vitest';
import { listTags } from '../../src/os/paths.ts';
import { commitAll, expectError, gitIn, ledgerLines, overnight, smallArena } from '../fixtures/cli.ts';

const TABLE =
  'commit\tloss\tmemory_gb\tstatus\tdescription\naaaaaaa\t4.5\t0.1\tkeep\thalve the step\nbbbbbbb\t6.0\t0.1\tdiscard\twider net\n';

describe.concurrent('a history from elsewhere', () => {
  it('stands in the record, the report and the brief as not comparable', async ({ expect }) => {
    const folder = smallArena();
    await overnight(['run', '--experiments', '1', '--json'], { cwd: folder });
    writeFileSync(join(folder, '..', 'results.tsv'), TABLE);
    const imported = await overnight(['import', '../results.tsv'], { cwd: folder });
    expect(imported.status, imported.stderr).toBe(0);
    expect(imported.stdout).toMatch(/2 earlier attempts from .*not comparable/);
    await overnight(['run', '--experiments', '1', '--json'], { cwd: folder });
    const words = 'Measured elsewhere (results.tsv), not comparable; kept, 1: halve the step (4.5)';
    expect(ledgerLines(folder).filter(({ type }) => type === 'steered')).toMatchObject([
      { from: 'import', wish: { verb: 'note', text: words } },
      { from: 'import', wish: { verb: 'note' } },
    ]);
    const brief = (await overnight(['brief'], { cwd: folder })).stdout;
    expect(brief).toMatch(/Tried before, measured elsewhere[^]*halve the step[^]*wider net/);
    const report = join(folder, '.overnight', 'labs', listTags(folder)[0]!, 'report', 'report.md');
    expect(readFileSync(report, 'utf8')).toMatch(/halve the step/);
    expect(ledgerLines(folder).some((line) => JSON.stringify(line).includes('"value":4.5'))).toBe(false);
  });

  it('of commits is measured here with --submit; what changes nothing editable is refused with its reason', async ({
    expect,
  }) => {
    const folder = smallArena();
    await overnight(['run', '--experiments', '1', '--json'], { cwd: folder });
    const base = gitIn(folder, 'rev-parse', 'HEAD').trim();
    const file = join(folder, 'x.sh');
    writeFileSync(file, readFileSync(file, 'utf8').replace('X=9', 'X=2'));
    commitAll(folder);
    writeFileSync(join(folder, 'evaluate.sh'), 'exit 0\n');
    commitAll(folder);
    const range = `${base}..HEAD`;
    gitIn(folder, 'checkout', '-q', '-b', 'other');
    const imported = await overnight(['import', range, '--submit', '--json'], { cwd: folder });
    expect(imported.status, imported.stderr).toBe(0);
    const { submitted } = JSON.parse(imported.stdout) as { submitted: { result: string }[] };
    expect(submitted).toHaveLength(2);
    expect(submitted[1]!.result).toMatch(/^refused: .*evaluate\.sh/);
    gitIn(folder, 'checkout', '-q', base);
    const ended = await overnight(['run', '--experiments', '1', '--json'], { cwd: folder });
    expect(ended.status, ended.stderr).toBe(0);
    expect(ledgerLines(folder)).toContainEqual(expect.objectContaining({ type: 'proposed', proposer: 'import' }));
  });

  it.for([
    ['no-such-file.tsv', /neither a file nor a range of commits/],
    ['--output=x', /unknown option|does not know/i],
    ['x.sh', /neither a table/],
  ] as const)('%s is refused with what can be read', async ([source, why], { expect }) => {
    const folder = smallArena();
    await overnight(['run', '--experiments', '1', '--json'], { cwd: folder });
    const ended = await overnight(['import', source, '--json'], { cwd: folder });
    expect(ended.status).toBe(2);
    expect(ended.stdout + ended.stderr).toMatch(why);
    if (!source.startsWith('--')) expectError(ended, 'E_USAGE', 2, why);
  });
});
