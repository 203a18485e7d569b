/** Several measurements at once, killed, stopped, guarded, alone. */
import { describe, expect, it } from 'vitest';
import { expectClean, expectError, ledgerLines, overnight, processesOf, smallArena, start } from '../fixtures/cli.ts';
import { SLEEPING, PATIENT, sleepy, occupancy, run } from './sleeping.ts';

describe('run --slots', () => {
  it('that are 1 record what they always did', async () => {
    const folder = sleepy();
    const ended = await run(folder, '--slots', '1', '--experiments', '2');
    expect(ended.status).toBe(0);
    expect(occupancy(folder)).toMatchObject({ most: 1, slots: new Set([undefined]) });
    expect(ended.json.find((event) => event.type === 'session.started')).not.toHaveProperty('slots');
  }, 60_000);

  it('are refused by an arena whose measurements disturb each other; auto is one there', async () => {
    const folder = smallArena({
      candidate: SLEEPING,
      manifest: PATIENT.replace('memory_mb: 256,', 'memory_mb: 256, exclusive: true,'),
    });
    expectError(await run(folder, '--slots', '2', '--experiments', '1'), 'E_USAGE', 2, /resources\.exclusive: true/);
    const ended = await run(folder, '--slots', 'auto', '--experiments', '1');
    expect(ended.status, ended.stdout + ended.stderr).toBe(0);
    expect(occupancy(folder).most).toBe(1);
  }, 60_000);

  it('whose harness is killed leave nothing running, count nothing twice, and go on in as many slots', async () => {
    const folder = sleepy();
    const killed = start(['run', '--json', '--slots', '3', '--experiments', '9'], { cwd: folder });
    await killed.until(/"type":"decided"/);
    killed.child.kill('SIGKILL');
    await killed.ended;
    const ended = await run(folder);
    expect(ended.status, ended.stdout + ended.stderr).toBe(0);
    expect(ended.json.find((event) => event.type === 'session.started')).toMatchObject({ slots: 3 });
    const lines = ledgerLines(folder);
    const numbers = lines.filter(({ type }) => type === 'decided').map(({ n }) => n);
    expect(new Set(numbers).size).toBe(numbers.length);
    const started = lines.filter(({ type }) => type === 'measuring').length;
    expect(lines.filter(({ type }) => type === 'measured' || type === 'lost')).toHaveLength(started);
    expect(processesOf(folder)).toEqual([]);
    await expectClean(folder);
  }, 120_000);

  it('end with the session when it is stopped at once: every measurement is lost, none is a crash of its idea', async () => {
    const folder = smallArena({ candidate: SLEEPING.replace('sleep 0.5', 'sleep 2'), manifest: PATIENT });
    const stopped = start(['run', '--slots', '3', '--experiments', '9', '--json'], { cwd: folder });
    await stopped.until(/"purpose":"idea"/);
    stopped.child.kill('SIGINT');
    stopped.child.kill('SIGTERM');
    const ended = await stopped.ended;
    expect(ended.status, ended.stdout + ended.stderr).toBe(130);
    const lines = ledgerLines(folder);
    expect(lines.filter(({ type }) => type === 'lost').length).toBeGreaterThan(0);
    expect(lines.filter(({ type }) => type === 'decided')).toEqual([]);
    expect(processesOf(folder)).toEqual([]);
    await expectClean(folder);
  }, 60_000);

  it('are measured by doctor before a night, beside the same code alone', async () => {
    const folder = sleepy();
    const ended = await overnight(['doctor', '--slots', '3', '--json'], { cwd: folder });
    const { checks } = ended.json.at(-1) as unknown as { checks: { name: string; ok: boolean; detail: string }[] };
    expect(checks.find(({ name }) => name === 'neighbours')).toMatchObject({
      ok: true,
      detail: expect.stringMatching(/^9 .* with 3 at once, 9 .* alone: `--slots 3` is fine$/),
    });
    expect(processesOf(folder)).toEqual([]);
  }, 180_000);

  it('run guards in slots too, and keep nothing that fails them', async () => {
    const folder = sleepy(`guards: [{ name: even, command: "x=$(sed -n 's/^X=//p' x.sh); test $((x % 2)) = 1" }]\n`);
    const ended = await run(folder, '--slots', '3', '--experiments', '6');
    expect(ended.status, ended.stdout + ended.stderr).toBe(0);
    const lines = ledgerLines(folder);
    const kept = lines.filter(({ type }) => type === 'advanced').map(({ n }) => n);
    for (const n of kept) {
      const knobs = lines.find((event) => event.type === 'proposed' && event.n === n)!.knobs as { X: number };
      expect(knobs.X % 2).toBe(1);
    }
    expect(lines.some(({ type }) => type === 'guarded')).toBe(true);
    await expectClean(folder);
  }, 120_000);
});
